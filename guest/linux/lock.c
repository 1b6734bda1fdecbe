/* SPDX-License-Identifier: ISC */
#include "guest/linux/lock.h"

#include "guest/linux/file_calls.h"
#include "guest/linux/syscall.h"
#include "guest/linux/task.h"
#include "guest/linux/vfs.h"

#define LAST_BYTE ((uint64_t)INT64_MAX)

/* struct flock */
struct flock {
	int16_t type, whence;
	int64_t start, length;
	int32_t process;
};

/* Held, or wanted (then not in the list). */
struct lock {
	struct list link;
	struct inode *inode;
	const struct file *owner; /* NULL: the process */
	bool whole;               /* flock(2)'s, which meets its own kind only */
	enum lock_type type;
	uint64_t first, last; /* bytes of the file */
};

static struct list locks = LIST_INIT(locks);
static struct wait_queue waiting = {LIST_INIT(waiting.entries)};

static bool overlap(const struct lock *a, const struct lock *b)
{
	return a->inode == b->inode && a->whole == b->whole &&
	       a->first <= b->last && b->first <= a->last;
}

static struct lock *find_conflict(const struct lock *wanted)
{
	struct lock *found = NULL;

	LIST_EACH(lock, &locks, struct lock, link)
		if (overlap(lock, wanted) && lock->owner != wanted->owner &&
		    (lock->type == LOCK_WRITE || wanted->type == LOCK_WRITE) &&
		    (!found || lock->first < found->first))
			found = lock;
	return found;
}

static void remove_lock(struct lock *lock)
{
	list_remove(&lock->link);
	inode_release(lock->inode);
	memory_free(lock);
}

static void insert_lock(struct lock *into, const struct lock *from)
{
	*into = *from;
	list_init(&into->link);
	inode_hold(into->inode);
	list_append(&locks, &into->link);
}

/* What LOCK has in common with ALL is cut out of it.  SPARE is used if two parts
 * are left: the result says whether. */
static bool cut(struct lock *lock, const struct lock *all, struct lock *spare)
{
	struct lock rest = *lock;

	if (lock->first < all->first && lock->last > all->last) {
		rest.first = all->last + 1;
		lock->last = all->first - 1;
		insert_lock(spare, &rest);
		return true;
	}
	if (lock->first < all->first)
		lock->last = all->first - 1;
	else if (lock->last > all->last)
		lock->first = all->last + 1;
	else
		remove_lock(lock);
	return false;
}

/* WANTED grows by the locks of its owner that it joins; from others of his its
 * bytes are taken. */
static bool make_place(struct lock *wanted, struct lock *spare)
{
	const struct lock bytes = *wanted;
	bool used = false;

	LIST_EACH(lock, &locks, struct lock, link) {
		if (lock->inode != wanted->inode ||
		    lock->whole != wanted->whole ||
		    lock->owner != wanted->owner)
			continue;
		if (lock->type == wanted->type &&
		    lock->first <= bytes.last + 1 &&
		    bytes.first <= lock->last + 1) {
			wanted->first = min_u64(wanted->first, lock->first);
			if (lock->last > wanted->last)
				wanted->last = lock->last;
			remove_lock(lock);
		} else if (overlap(lock, &bytes)) {
			used |= cut(lock, &bytes, spare);
		}
	}
	return used;
}

/* 0, or -ENOLCK. */
static int set_lock(struct lock *wanted)
{
	struct lock *new = memory_zeroed(sizeof(*new));
	struct lock *spare = memory_zeroed(sizeof(*spare));
	int r = new && spare ? 0 : -ENOLCK;

	if (!r) {
		if (make_place(wanted, spare))
			spare = NULL;
		if (wanted->type != LOCK_NONE) {
			insert_lock(new, wanted);
			new = NULL;
		}
		wait_wake(&waiting, 0);
	}
	memory_free(new);
	memory_free(spare);
	return r;
}

static int64_t take_lock(struct lock *wanted, bool may_wait)
{
	int r = 0;

	if (wanted->type == LOCK_NONE || !find_conflict(wanted))
		return set_lock(wanted);
	if (!may_wait)
		return -EAGAIN;
	WAIT_FOR(r, &waiting, !find_conflict(wanted), NEVER);
	if (r)
		return r == -EINTR ? -ERESTARTSYS : r;
	return set_lock(wanted);
}

/* Those of an owner, of one file or all. */
static void forget(const struct lock *which)
{
	bool any = false;

	LIST_EACH(lock, &locks, struct lock, link) {
		if (lock->owner != which->owner ||
		    (which->inode && lock->inode != which->inode))
			continue;
		remove_lock(lock);
		any = true;
	}
	if (any)
		wait_wake(&waiting, 0);
}

void lock_close(const struct file *file)
{
	if (file->inode)
		forget(&(const struct lock){.inode = file->inode});
}

void lock_release(const struct file *file)
{
	forget(&(const struct lock){.owner = file});
}

/* ------------------------------------------------------------------- fcntl */

/* Where positions of the kind WHENCE count from. */
static int find_origin(struct file *file, int whence, int64_t *origin)
{
	struct linux_stat status;

	if (whence < SEEK_SET || whence > SEEK_END)
		return -EINVAL;
	*origin = whence == SEEK_CUR ? (int64_t)file->position : 0;
	if (whence == SEEK_END) {
		if (file_status(file, &status))
			return -EIO;
		*origin = (int64_t)status.size;
	}
	return 0;
}

/* A negative length is of the bytes before, none of all that follow. */
static int set_range(struct lock *lock, struct file *file,
                     const struct flock *from)
{
	int64_t start, end;
	int r = find_origin(file, from->whence, &start);

	if (r)
		return r;
	if (from->start > INT64_MAX - start)
		return -EOVERFLOW;
	start += from->start;
	if (start < 0)
		return -EINVAL;
	end = INT64_MAX;
	if (from->length > 0) {
		if (from->length - 1 > INT64_MAX - start)
			return -EOVERFLOW;
		end = start + from->length - 1;
	} else if (from->length < 0) {
		if (from->length + start < 0)
			return -EINVAL;
		end = start - 1;
		start += from->length;
	}
	lock->first = (uint64_t)start;
	lock->last = (uint64_t)end;
	return 0;
}

static int64_t tell_conflict(const struct lock *wanted, struct flock *flock,
                             uint64_t address)
{
	const struct lock *found = NULL;

	if (wanted->type != LOCK_NONE)
		found = find_conflict(wanted);
	flock->type = LOCK_NONE;
	if (found) {
		flock->type = (int16_t)found->type;
		flock->whence = SEEK_SET;
		flock->start = (int64_t)found->first;
		flock->length = found->last == LAST_BYTE
		                        ? 0
		                        : (int64_t)(found->last -
		                                    found->first + 1);
		flock->process = found->owner ? -1 : PROCESS_ID;
	}
	return user_write(address, flock, sizeof(*flock));
}

int64_t lock_control(struct file *file, int command, uint64_t address)
{
	bool of_file = command >= F_OFD_GETLK;
	bool tells = command == F_GETLK || command == F_OFD_GETLK;
	struct lock wanted = {.inode = file->inode,
	                      .owner = of_file ? file : NULL};
	struct flock flock;
	int r;

	if (user_read(&flock, address, sizeof(flock)))
		return -EFAULT;
	if (flock.type < LOCK_READ || flock.type > LOCK_NONE ||
	    (flock.type == LOCK_NONE && command == F_GETLK) ||
	    (of_file && flock.process))
		return -EINVAL;
	wanted.type = (enum lock_type)flock.type;
	r = set_range(&wanted, file, &flock);
	if (r)
		return r;
	if (tells)
		return tell_conflict(&wanted, &flock, address);
	if ((wanted.type == LOCK_READ && !file_may_read(file)) ||
	    (wanted.type == LOCK_WRITE && !file_may_write(file)))
		return -EBADF;
	if (!file->inode)
		return 0;
	return take_lock(&wanted, command == F_SETLKW || command == F_OFD_SETLKW);
}

/* ------------------------------------------------------------------- flock */

enum { LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8 };

/* A lock that is to become another is given up first, for good if the other one
 * cannot be had. */
static void drop_other_type(const struct lock *wanted)
{
	LIST_EACH(lock, &locks, struct lock, link)
		if (overlap(lock, wanted) && lock->owner == wanted->owner &&
		    lock->type != wanted->type) {
			remove_lock(lock);
			wait_wake(&waiting, 0);
		}
}

SYSCALL(flock)
{
	HELD_FILE(file, call->a[0]);
	int operation = call_int(call, 1) & ~LOCK_NB;
	struct lock wanted = {.whole = true, .last = LAST_BYTE};

	if (!file || (file->flags & O_PATH))
		return -EBADF;
	if (operation == LOCK_SH)
		wanted.type = LOCK_READ;
	else if (operation == LOCK_EX)
		wanted.type = LOCK_WRITE;
	else if (operation == LOCK_UN)
		wanted.type = LOCK_NONE;
	else
		return -EINVAL;
	if (!file->inode)
		return 0;
	wanted.inode = file->inode;
	wanted.owner = file;
	drop_other_type(&wanted);
	return take_lock(&wanted, !(call->a[1] & LOCK_NB));
}
