/* SPDX-License-Identifier: ISC */

/* eventfd(2). */

#include "guest/linux/ipc.h"
#include "guest/linux/syscall.h"

#define EFD_SEMAPHORE 1u
#define COUNT_MAX     (UINT64_MAX - 1)

struct eventfd {
	uint64_t count;
	bool semaphore;
	struct wait_queue queue;
};

static int64_t eventfd_read(struct file *file, struct io *io, uint64_t position)
{
	struct eventfd *e = file->data;
	uint64_t value;
	int64_t n;
	int r;

	(void)position;
	if (io->left < sizeof(value))
		return -EINVAL;
	if (!e->count) {
		if (file->flags & O_NONBLOCK)
			return ipc_would_block();
		WAIT_FOR(r, &e->queue, e->count, NEVER);
		if (r)
			return ipc_restart(r);
	}
	value = e->semaphore ? 1 : e->count;
	e->count -= value;
	wait_wake(&e->queue, POLL_WRITABLE);
	n = io_put(io, &value, sizeof(value));
	return n;
}

static int64_t eventfd_write(struct file *file, struct io *io,
                             uint64_t position)
{
	struct eventfd *e = file->data;
	uint64_t value;
	int64_t n;
	int r;

	(void)position;
	if (io->left < sizeof(value))
		return -EINVAL;
	n = io_get(io, &value, sizeof(value));
	if (n != sizeof(value))
		return -EFAULT;
	if (value == UINT64_MAX)
		return -EINVAL;
	if (value > COUNT_MAX - e->count) {
		if (file->flags & O_NONBLOCK)
			return ipc_would_block();
		WAIT_FOR(r, &e->queue, value <= COUNT_MAX - e->count, NEVER);
		if (r)
			return ipc_restart(r);
	}
	e->count += value;
	wait_wake(&e->queue, POLL_READABLE);
	return n;
}

static uint32_t eventfd_poll(struct file *file, struct poll_table *table)
{
	struct eventfd *e = file->data;
	uint32_t events = 0;

	poll_watch(table, &e->queue);
	if (e->count)
		events |= POLLIN;
	if (e->count < COUNT_MAX)
		events |= POLLOUT;
	return events;
}

static int eventfd_status(struct file *file, struct linux_stat *status)
{
	(void)file;
	return ipc_status(0600, 1, status);
}

static void eventfd_close(struct file *file)
{
	memory_free(file->data);
}

static const struct file_ops eventfd_ops = {
        .name = "[eventfd]",
        .seeks_nowhere = true,
        .read = eventfd_read,
        .write = eventfd_write,
        .poll = eventfd_poll,
        .status = eventfd_status,
        .close = eventfd_close,
};

static int64_t make(uint32_t initial, uint32_t flags)
{
	struct eventfd *e;
	int64_t r;

	if (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK | EFD_SEMAPHORE))
		return -EINVAL;
	e = memory_zeroed(sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->count = initial;
	e->semaphore = flags & EFD_SEMAPHORE;
	wait_queue_init(&e->queue);
	r = ipc_install(&eventfd_ops, e,
	                O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)));
	if (r == -ENFILE)
		memory_free(e);
	return r;
}

SYSCALL(eventfd)
{
	return make((uint32_t)call->a[0], 0);
}

SYSCALL(eventfd2)
{
	return make((uint32_t)call->a[0], (uint32_t)call->a[1]);
}
