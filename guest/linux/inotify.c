/* SPDX-License-Identifier: ISC */

/* inotify(7): instances, their queues, the calls; watch.c knows what is
 * watched. */

#include "guest/linux/file_calls.h"
#include "guest/linux/ipc.h"
#include "guest/linux/watch.h"

/* Linux's limits: /proc/sys/fs/inotify. */
#define INSTANCES_MAX 128u
#define WATCHES_MAX   65536u
#define EVENTS_MAX    16384u

#define FLAGS_OF_ADDING                                                        \
	(IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE |       \
	 IN_MASK_ADD | IN_ISDIR | IN_ONESHOT)
#define ALL_EVENTS    0xfffu
#define IN_UNMOUNT    0x2000u
#define KEPT_IN_WATCH (ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT)

struct event {
	struct list link;
	/* struct inotify_event */
	struct {
		int32_t watch;
		uint32_t mask, cookie, size;
	} head;
	char name[]; /* of head.size bytes, zeros at its end */
};

struct inotify {
	struct list events;
	struct wait_queue queue;
	uint32_t count;     /* of events */
	int32_t last_watch; /* numbers are not used again */
};

static uint32_t instances, watches;

/* --------------------------------------------------------------- the queue */

/* An event that says what the newest one says already is not told again. */
static bool repeats_last(const struct inotify *inotify, int32_t watch,
                         uint32_t mask, const char *name, size_t size)
{
	const struct event *last;

	if (list_is_empty(&inotify->events) || mask & IN_IGNORED)
		return false;
	last = CONTAINER_OF(inotify->events.previous, struct event, link);
	if (last->head.watch != watch || last->head.mask != mask)
		return false;
	if (!size)
		return !last->head.size;
	return last->head.size > size && !memcmp(last->name, name, size) &&
	       !last->name[size];
}

static bool append(struct inotify *inotify, int32_t watch, uint32_t mask,
                   uint32_t cookie, const char *name, size_t size)
{
	/* A name's zeros end at a multiple of the head's size. */
	size_t unit = sizeof(((struct event *)NULL)->head);
	size_t room = size ? (size + unit) / unit * unit : 0;
	struct event *event = memory_zeroed(sizeof(*event) + room);

	if (!event)
		return false;
	event->head.watch = watch;
	event->head.mask = mask;
	event->head.cookie = cookie;
	event->head.size = (uint32_t)room;
	if (size)
		memcpy(event->name, name, size);
	list_append(&inotify->events, &event->link);
	inotify->count++;
	wait_wake(&inotify->queue, POLL_READABLE);
	return true;
}

void inotify_queue(struct inotify *inotify, int32_t watch, uint32_t mask,
                   uint32_t cookie, const char *name, size_t size)
{
	if (repeats_last(inotify, watch, mask, name, size))
		return;
	if (inotify->count < EVENTS_MAX &&
	    append(inotify, watch, mask, cookie, name, size))
		return;
	if (!repeats_last(inotify, -1, IN_Q_OVERFLOW, NULL, 0))
		append(inotify, -1, IN_Q_OVERFLOW, 0, NULL, 0);
}

void inotify_forget(struct watch *watch)
{
	inotify_queue(watch->inotify, watch->number, IN_IGNORED, 0, NULL, 0);
	watch_destroy(watch);
	watches--;
}

static struct event *first_event(const struct inotify *inotify)
{
	return LIST_FIRST(&inotify->events, struct event, link);
}

static void drop(struct inotify *inotify, struct event *event)
{
	list_remove(&event->link);
	inotify->count--;
	memory_free(event);
}

/* ---------------------------------------------------------------- the file */

static uint64_t size_of(const struct event *event)
{
	return sizeof(event->head) + event->head.size;
}

static int64_t put(struct io *io, const struct event *event)
{
	int64_t n = io_put(io, &event->head, sizeof(event->head));

	if (n == sizeof(event->head) && event->head.size)
		n += io_put(io, event->name, event->head.size);
	return n == (int64_t)size_of(event) ? n : -EFAULT;
}

static int64_t inotify_read(struct file *file, struct io *io, uint64_t position)
{
	struct inotify *inotify = file->data;
	int64_t done = 0, n;
	int r;

	(void)position;
	if (!first_event(inotify) && file->flags & O_NONBLOCK)
		return ipc_would_block();
	WAIT_FOR(r, &inotify->queue, first_event(inotify), NEVER);
	if (r)
		return ipc_restart(r);
	if (io->left < size_of(first_event(inotify)))
		return -EINVAL;
	for (struct event *event = first_event(inotify);
	     event && size_of(event) <= io->left;
	     event = first_event(inotify)) {
		n = put(io, event);
		drop(inotify, event);
		if (n < 0)
			return done ? done : n;
		done += n;
	}
	return done;
}

static uint32_t inotify_poll(struct file *file, struct poll_table *table)
{
	struct inotify *inotify = file->data;

	poll_watch(table, &inotify->queue);
	return first_event(inotify) ? POLL_READABLE : 0;
}

static int64_t inotify_control(struct file *file, uint32_t request,
                               uint64_t argument)
{
	const struct inotify *inotify = file->data;
	uint32_t bytes = 0;

	if (request != FIONREAD)
		return -ENOTTY;
	LIST_EACH(event, &inotify->events, struct event, link)
	bytes += (uint32_t)size_of(event);
	return user_write(argument, &bytes, sizeof(bytes));
}

static void inotify_close(struct file *file)
{
	struct inotify *inotify = file->data;

	LIST_EACH(watch, &watch_list, struct watch, link)
	if (watch->inotify == inotify)
		inotify_forget(watch);
	while (first_event(inotify))
		drop(inotify, first_event(inotify));
	memory_free(inotify);
	instances--;
}

static const struct file_ops inotify_ops = {
        .name = "inotify",
        .seeks_nowhere = true,
        .read = inotify_read,
        .poll = inotify_poll,
        .control = inotify_control,
        .close = inotify_close,
};

/* --------------------------------------------------------------- the calls */

static int64_t make(uint32_t flags)
{
	struct inotify *inotify;
	int64_t r;

	if (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (instances >= INSTANCES_MAX)
		return -EMFILE;
	inotify = memory_zeroed(sizeof(*inotify));
	if (!inotify)
		return -ENOMEM;
	list_init(&inotify->events);
	wait_queue_init(&inotify->queue);
	instances++;
	r = ipc_install(&inotify_ops, inotify, O_RDONLY | flags);
	if (r == -ENFILE) {
		memory_free(inotify);
		instances--;
	}
	return r;
}

SYSCALL(inotify_init)
{
	(void)call;
	return make(0);
}

SYSCALL(inotify_init1)
{
	return make((uint32_t)call->a[0]);
}

/* *inotify, or -EBADF, -EINVAL. */
static int find(struct file *file, struct inotify **inotify)
{
	if (!file)
		return -EBADF;
	*inotify = file->data;
	return file->ops == &inotify_ops ? 0 : -EINVAL;
}

static struct watch *watch_of(const struct inotify *inotify,
                              const struct inode *inode)
{
	LIST_EACH(watch, &watch_list, struct watch, link)
	if (watch->inotify == inotify && watch->inode == inode)
		return watch;
	return NULL;
}

/* The new or changed watch's number. */
static int64_t add(struct inotify *inotify, struct place *place, uint32_t mask)
{
	struct watch *watch = watch_of(inotify, place->inode);
	uint32_t kept = mask & KEPT_IN_WATCH;

	if (watch && mask & IN_MASK_CREATE)
		return -EEXIST;
	if (watch) {
		watch->mask = mask & IN_MASK_ADD ? watch->mask | kept : kept;
		return watch->number;
	}
	if (watches >= WATCHES_MAX)
		return -ENOSPC;
	watch = watch_create(inotify, inotify->last_watch + 1, kept, place);
	if (!watch)
		return -ENOMEM;
	watches++;
	return ++inotify->last_watch;
}

SYSCALL(inotify_add_watch)
{
	HELD_FILE(file, call->a[0]);
	uint32_t mask = (uint32_t)call->a[2];
	const uint32_t known = ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW |
	                       IN_IGNORED | FLAGS_OF_ADDING;
	struct inotify *inotify;
	PLACE(place);
	int r;

	if (!(mask & known) || mask & ~known)
		return -EINVAL;
	r = find(file, &inotify);
	if (!r && mask & IN_MASK_ADD && mask & IN_MASK_CREATE)
		r = -EINVAL;
	if (!r)
		r = call_place(AT_FDCWD, call->a[1], 0,
		               !(mask & IN_DONT_FOLLOW), &place);
	if (!r && !place.inode)
		r = -EACCES;
	if (!r && mask & IN_ONLYDIR && !mode_is(place.inode->mode, S_IFDIR))
		r = -ENOTDIR;
	if (!r)
		r = vfs_permission(place.inode, MAY_READ);
	return r ? r : add(inotify, &place, mask);
}

SYSCALL(inotify_rm_watch)
{
	struct inotify *inotify;
	int r = find(descriptor_file(call->a[0]), &inotify);

	if (r)
		return r;
	LIST_EACH(watch, &watch_list, struct watch, link)
	{
		if (watch->inotify == inotify &&
		    watch->number == call_int(call, 1)) {
			inotify_forget(watch);
			return 0;
		}
	}
	return -EINVAL;
}
