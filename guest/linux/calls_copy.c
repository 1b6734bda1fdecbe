/* SPDX-License-Identifier: ISC */
#include "guest/linux/file_calls.h"

/* From file to file, to the disk that is not there, and what only root of a
 * whole machine may do. */

#define COPY_PAGES 16u

/* Up to SIZE bytes from FROM to TO; NULL positions: the files' own. */
static int64_t copy_piece(struct file *from, uint64_t *from_position,
                          struct file *to, uint64_t *to_position,
                          uint8_t *buffer, uint64_t size)
{
	uint64_t start = from_position ? *from_position : from->position;
	struct io_piece piece;
	struct io io;
	int64_t n, written;

	io_from_kernel(&io, &piece, buffer, size);
	n = file_read_from(from, &io, start);
	if (n <= 0)
		return n;
	io_from_kernel(&io, &piece, buffer, (uint64_t)n);
	written = to_position ? file_write_at(to, &io, to_position)
	                      : file_write(to, &io);
	/* What was not taken is read again by the next call. */
	if (written > 0) {
		if (from_position)
			*from_position = start + (uint64_t)written;
		else if (from->has_position)
			from->position = start + (uint64_t)written;
	}
	return written;
}

static int64_t copy(struct file *from, uint64_t *from_position, struct file *to,
                    uint64_t *to_position, uint64_t size)
{
	uint64_t room = COPY_PAGES * PAGE_SIZE;
	uint8_t *buffer = memory_pages(COPY_PAGES);
	int64_t done = 0, n = 0;

	if (!buffer)
		return -ENOMEM;
	size = min_u64(size, TRANSFER_LIMIT);
	while ((uint64_t)done < size) {
		uint64_t wanted = min_u64(room, size - (uint64_t)done);

		n = copy_piece(from, from_position, to, to_position, buffer,
		               wanted);
		if (n <= 0)
			break;
		done += n;
		if ((uint64_t)n < wanted)
			break;
	}
	memory_free_pages(buffer, COPY_PAGES);
	return done ? done : n;
}

static bool is_regular(const struct file *file)
{
	return file->inode && mode_is(file->inode->mode, S_IFREG);
}

SYSCALL(sendfile)
{
	HELD_FILE(to, call->a[0]);
	HELD_FILE(from, call->a[1]);
	uint64_t position = 0;
	int64_t n;

	if (!to || !from || !file_may_write(to) || !file_may_read(from))
		return -EBADF;
	if (call->a[2] && !from->ops->seek)
		return -ESPIPE;
	/* What is read may be read again: no pipes, no sockets. */
	if (!from->ops->read || !from->ops->seek || !to->ops->write ||
	    (to->flags & O_APPEND))
		return -EINVAL;
	if (!call->a[2])
		return copy(from, NULL, to, NULL, call->a[3]);
	if (user_read(&position, call->a[2], sizeof(position)))
		return -EFAULT;
	if ((int64_t)position < 0)
		return -EINVAL;
	n = copy(from, &position, to, NULL, call->a[3]);
	if (n >= 0 && user_write(call->a[2], &position, sizeof(position)))
		return -EFAULT;
	return n;
}

int call_position(uint64_t address, uint64_t *position, uint64_t **used)
{
	*used = address ? position : NULL;
	if (address && user_read(position, address, sizeof(*position)))
		return -EFAULT;
	return 0;
}

static bool is_folder(const struct file *file)
{
	return file->inode && mode_is(file->inode->mode, S_IFDIR);
}

/* As generic_copy_file_checks() of Linux. */
static int check_range(struct file *from, const uint64_t *from_position,
                       struct file *to, const uint64_t *to_position,
                       uint64_t size)
{
	uint64_t a = from_position ? *from_position : from->position;
	uint64_t b = to_position ? *to_position : to->position;

	if (is_folder(from) || is_folder(to))
		return -EISDIR;
	if (!is_regular(from) || !is_regular(to) || !from->ops->read ||
	    !to->ops->write)
		return -EINVAL;
	if (!file_may_read(from) || !file_may_write(to) ||
	    (to->flags & O_APPEND))
		return -EBADF;
	if (a + size < a || b + size < b)
		return -EOVERFLOW;
	/* Within one file, ranges that overlap would copy their own copies. */
	if ((int64_t)a < 0 || (int64_t)b < 0 ||
	    (from->inode == to->inode && (a > b ? a - b : b - a) < size))
		return -EINVAL;
	return 0;
}

SYSCALL(copy_file_range)
{
	HELD_FILE(from, call->a[0]);
	HELD_FILE(to, call->a[2]);
	uint64_t positions[2], *from_position, *to_position;
	int64_t n;

	if (!from || !to)
		return -EBADF;
	n = call_position(call->a[1], &positions[0], &from_position);
	if (!n)
		n = call_position(call->a[3], &positions[1], &to_position);
	if (!n && call->a[5])
		n = -EINVAL;
	if (!n)
		n = check_range(from, from_position, to, to_position,
		                call->a[4]);
	if (n)
		return n;
	n = copy(from, from_position, to, to_position, call->a[4]);
	if (n >= 0 &&
	    ((from_position && user_write(call->a[1], from_position, 8)) ||
	     (to_position && user_write(call->a[3], to_position, 8))))
		return -EFAULT;
	return n;
}

/* ------------------------------------------------------- what lasts, caches */

static int64_t sync_file(uint64_t descriptor, bool data_only)
{
	HELD_FILE(file, (int64_t)descriptor);

	if (!file || (file->flags & O_PATH))
		return -EBADF;
	if (file->ops->sync)
		return file->ops->sync(file, data_only);
	return file->inode && !mode_is(file->inode->mode, S_IFCHR) &&
	                       !mode_is(file->inode->mode, S_IFIFO)
	               ? 0
	               : -EINVAL;
}

SYSCALL(fsync)
{
	return sync_file(call->a[0], false);
}

SYSCALL(fdatasync)
{
	return sync_file(call->a[0], true);
}

/* All open files: what has been closed is in the host's cache, out of sight. */
SYSCALL(sync)
{
	(void)call;
	for (int n = descriptor_next(0); n >= 0; n = descriptor_next(n + 1)) {
		HELD_FILE(file, n);

		if (file && file->ops->sync && file_may_write(file))
			file->ops->sync(file, false);
	}
	return 0;
}

SYSCALL(syncfs)
{
	return descriptor_file(call->a[0]) ? sys_sync(call) : -EBADF;
}

SYSCALL(sync_file_range)
{
	HELD_FILE(file, call->a[0]);

	if (!file)
		return -EBADF;
	if (call->a[3] & ~(uint64_t)7 || (int64_t)call->a[1] < 0 ||
	    (int64_t)call->a[2] < 0)
		return -EINVAL;
	if (!file->ops->seek)
		return -ESPIPE;
	return file->ops->sync ? file->ops->sync(file, true) : 0;
}

SYSCALL(readahead)
{
	struct file *file = descriptor_file(call->a[0]);

	if (!file || !file_may_read(file))
		return -EBADF;
	return is_regular(file) ? 0 : -EINVAL;
}

SYSCALL(fadvise64)
{
	struct file *file = descriptor_file(call->a[0]);

	if (!file)
		return -EBADF;
	if (!file->ops->seek)
		return -ESPIPE;
	return call_int(call, 3) < 0 || call_int(call, 3) > 5 ||
	                       (int64_t)call->a[2] < 0
	               ? -EINVAL
	               : 0;
}

/* ---------------------------------------------- what this kernel never does */

SYSCALL(mount)
{
	(void)call;
	return -EPERM;
}

SYSCALL(umount2)
{
	(void)call;
	return -EPERM;
}

SYSCALL(pivot_root)
{
	(void)call;
	return -EPERM;
}

SYSCALL(name_to_handle_at)
{
	(void)call;
	return -EOPNOTSUPP;
}

SYSCALL(open_by_handle_at)
{
	(void)call;
	return -EPERM;
}
