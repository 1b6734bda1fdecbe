/* SPDX-License-Identifier: ISC */
#include "guest/linux/file_calls.h"

/* Reading, writing, positions. */

#define FLAGS_KNOWN 0x1fu /* RWF_HIPRI, DSYNC, SYNC, NOWAIT, APPEND */
#define FLAG_DSYNC  0x02u
#define FLAG_SYNC   0x04u
#define FLAG_APPEND 0x10u

SYSCALL(read)
{
	HELD_FILE(file, call->a[0]);
	struct io_piece piece;
	struct io io;

	if (!file)
		return -EBADF;
	io_from_buffer(&io, &piece, call->a[1],
	               min_u64(call->a[2], TRANSFER_LIMIT));
	return file_read(file, &io);
}

SYSCALL(write)
{
	HELD_FILE(file, call->a[0]);
	struct io_piece piece;
	struct io io;

	if (!file)
		return -EBADF;
	io_from_buffer(&io, &piece, call->a[1],
	               min_u64(call->a[2], TRANSFER_LIMIT));
	return file_write(file, &io);
}

/* At a position of the call's own. */
static int64_t transfer_at(struct file *file, struct io *io, int64_t position,
                           bool is_write)
{
	uint64_t at = (uint64_t)position;

	if (position < 0)
		return -EINVAL;
	if (!file->ops->seek)
		return -ESPIPE;
	if (is_write)
		return file_write_at(file, io, &at);
	if (!file_may_read(file))
		return -EBADF;
	return file_read_from(file, io, at);
}

static int64_t call_at(const struct syscall *call, bool is_write)
{
	HELD_FILE(file, call->a[0]);
	struct io_piece piece;
	struct io io;

	if (!file)
		return -EBADF;
	io_from_buffer(&io, &piece, call->a[1],
	               min_u64(call->a[2], TRANSFER_LIMIT));
	return transfer_at(file, &io, (int64_t)call->a[3], is_write);
}

SYSCALL(pread64)
{
	return call_at(call, false);
}

SYSCALL(pwrite64)
{
	return call_at(call, true);
}

/* Writes at POSITION, or, if that is NULL, where the file stands. */
static int64_t write_vector(struct file *file, struct io *io,
                            const int64_t *position, uint32_t flags)
{
	uint32_t old = file->flags;
	uint64_t end = file->position;
	int64_t n;
	int r = 0;

	if (flags & FLAG_APPEND) {
		file->flags |= O_APPEND;
		n = file_write_at(file, io, &end);
		file->flags = old;
	} else {
		n = position ? transfer_at(file, io, *position, true)
		             : file_write(file, io);
	}
	if (n > 0 && flags & (FLAG_DSYNC | FLAG_SYNC) && file->ops->sync)
		r = file->ops->sync(file, !(flags & FLAG_SYNC));
	return r ? r : n;
}

/* readv and its like.  AT: at position a[3]. */
static int64_t call_vector(const struct syscall *call, bool is_write, bool at,
                           uint32_t flags)
{
	HELD_FILE(file, call->a[0]);
	int64_t position = (int64_t)call->a[3];
	struct io io;
	int64_t n;
	int r;

	if (!file)
		return -EBADF;
	if (!(is_write ? file_may_write(file) : file_may_read(file)))
		return -EBADF;
	if (flags & ~FLAGS_KNOWN)
		return -EOPNOTSUPP;
	r = io_from_vector(&io, call->a[1], call->a[2]);
	if (r)
		return r;
	io_limit(&io);
	if (is_write)
		n = write_vector(file, &io, at ? &position : NULL, flags);
	else
		n = at ? transfer_at(file, &io, position, false)
		       : file_read(file, &io);
	io_release(&io);
	return n;
}

SYSCALL(readv)
{
	return call_vector(call, false, false, 0);
}

SYSCALL(writev)
{
	return call_vector(call, true, false, 0);
}

SYSCALL(preadv)
{
	return call_vector(call, false, true, 0);
}

SYSCALL(pwritev)
{
	return call_vector(call, true, true, 0);
}

/* Position -1: the file's own. */
SYSCALL(preadv2)
{
	return call_vector(call, false, call->a[3] != UINT64_MAX,
	                   (uint32_t)call->a[5]);
}

SYSCALL(pwritev2)
{
	return call_vector(call, true, call->a[3] != UINT64_MAX,
	                   (uint32_t)call->a[5]);
}

SYSCALL(lseek)
{
	struct file *file = descriptor_file(call->a[0]);

	if (!file || (file->flags & O_PATH))
		return -EBADF;
	if (!file->ops->seek)
		return file->ops->seeks_nowhere ? 0 : -ESPIPE;
	return file->ops->seek(file, (int64_t)call->a[1], call_int(call, 2));
}
