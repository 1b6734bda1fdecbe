/* SPDX-License-Identifier: ISC */

/* splice(2), tee(2), vmsplice(2): bytes from and to pipes.  They are copied
 * within the kernel: pages of files and of the program stay where they are. */

#include "guest/linux/file_calls.h"
#include "guest/linux/ipc.h"
#include "guest/linux/pipe_file.h"

#define SPLICE_F_NONBLOCK 2u
#define SPLICE_FLAGS      15u

/* Bytes of one call from a file, whatever the pipe has room for. */
#define FILE_PAGES_MAX 16u

static bool must_not_wait(const struct file *file, uint64_t flags)
{
	return file->flags & O_NONBLOCK || flags & SPLICE_F_NONBLOCK;
}

static bool is_held_open(const struct file *from, const struct file *to)
{
	return from && to && file_may_read(from) && file_may_write(to);
}

static void wake(struct pipe *pipe)
{
	wait_wake(&pipe->queue, POLL_READABLE | POLL_WRITABLE);
}

/* ------------------------------------------------------- from and to files */

/* NULL: the file's own position. */
static int64_t pipe_to_file(struct pipe *pipe, struct file *to,
                            uint64_t *position, uint64_t size, bool nonblocking)
{
	int64_t done = 0, n = pipe_wait_bytes(pipe, nonblocking);

	if (n <= 0)
		return n;
	/* While the file takes them, nobody else reads these bytes. */
	pipe->front_held = true;
	while ((uint64_t)done < size && !pipe_ring_is_empty(&pipe->ring)) {
		struct io_piece piece;
		struct io io;
		uint64_t run;
		const uint8_t *bytes = pipe_ring_front(&pipe->ring, &run);

		run = min_u64(run, size - (uint64_t)done);
		io_from_kernel(&io, &piece, (void *)(uintptr_t)bytes, run);
		n = position ? file_write_at(to, &io, position)
		             : file_write(to, &io);
		if (n <= 0)
			break;
		pipe_ring_take(&pipe->ring, (uint64_t)n);
		done += n;
		if ((uint64_t)n < run)
			break;
	}
	pipe->front_held = false;
	wake(pipe);
	return done ? done : n;
}

/* Fills SLOTS of the pipe, which are reserved. */
static int64_t fill(struct pipe *pipe, uint32_t slots, struct file *from,
                    uint64_t *position, uint64_t size)
{
	uint8_t *buffer = memory_pages(slots);
	struct io_piece piece;
	struct io io;
	int64_t n;

	pipe->ring.reserved += slots;
	io_from_kernel(&io, &piece, buffer,
	               min_u64(size, (uint64_t)slots * PAGE_SIZE));
	n = buffer ? file_read_from(from, &io, *position) : -ENOMEM;
	pipe->ring.reserved -= slots;
	if (n > 0) {
		io_from_kernel(&io, &piece, buffer, (uint64_t)n);
		n = pipe_ring_write(&pipe->ring, &io, false);
	}
	if (n > 0)
		*position += (uint64_t)n;
	wake(pipe);
	if (buffer)
		memory_free_pages(buffer, slots);
	return n;
}

static int64_t file_to_pipe(struct file *from, uint64_t *position,
                            struct pipe *pipe, uint64_t size, bool nonblocking)
{
	uint64_t slots = PAGE_UP(min_u64(size, TRANSFER_LIMIT)) / PAGE_SIZE;
	uint64_t own = from->position;
	int64_t n = pipe_wait_room(pipe, nonblocking);

	if (n)
		return n;
	slots = min_u64(slots, pipe_ring_room(&pipe->ring));
	slots = min_u64(slots, FILE_PAGES_MAX);
	n = fill(pipe, (uint32_t)slots, from, position ? position : &own, size);
	if (!position && from->has_position)
		from->position = own;
	return n;
}

/* ----------------------------------------------------------- pipe to pipe */

static int64_t pipe_to_pipe(struct pipe *from, struct pipe *to, uint64_t size,
                            bool nonblocking, bool keep)
{
	int64_t n;

	if (from == to)
		return -EINVAL;
	/* While it waits for the one, the other may have changed. */
	do {
		n = pipe_wait_bytes(from, nonblocking);
		if (n <= 0)
			return n;
		n = pipe_wait_room(to, nonblocking);
		if (n)
			return n;
	} while (pipe_ring_is_empty(&from->ring) || from->front_held);
	n = pipe_ring_move(&from->ring, &to->ring, size, keep);
	wake(from);
	wake(to);
	return n;
}

/* ------------------------------------------------------------- the calls */

/* May a position be given for FILE, the side of a splice that is no pipe? */
static int64_t check_position(const struct file *file, const uint64_t *position)
{
	if (!position)
		return 0;
	return file->ops->seek && (int64_t)*position >= 0 ? 0 : -EINVAL;
}

static int64_t splice(struct file *from, uint64_t *from_position,
                      struct file *to, uint64_t *to_position, uint64_t size,
                      uint64_t flags)
{
	struct pipe *in = pipe_of(from), *out = pipe_of(to);
	bool nonblocking = (in && must_not_wait(from, flags)) ||
	                   (out && must_not_wait(to, flags));
	int64_t r;

	if (in && out)
		return pipe_to_pipe(in, out, size, nonblocking, false);
	if (in) {
		r = check_position(to, to_position);
		if (!r && (to->flags & O_APPEND || !to->ops->write ||
		           to->ops->seeks_nowhere))
			r = -EINVAL;
		return r ? r
		         : pipe_to_file(in, to, to_position, size, nonblocking);
	}
	r = check_position(from, from_position);
	if (!r && (!out || !from->ops->read || from->ops->seeks_nowhere))
		r = -EINVAL;
	return r ? r
	         : file_to_pipe(from, from_position, out, size, nonblocking);
}

SYSCALL(splice)
{
	HELD_FILE(from, call->a[0]);
	HELD_FILE(to, call->a[2]);
	uint64_t positions[2], *from_position, *to_position;
	int64_t n;

	if (!call->a[4])
		return 0;
	if (call->a[5] & ~(uint64_t)SPLICE_FLAGS)
		return -EINVAL;
	if (!from || !to)
		return -EBADF;
	if ((pipe_of(from) && call->a[1]) || (pipe_of(to) && call->a[3]))
		return -ESPIPE;
	n = call_position(call->a[1], &positions[0], &from_position);
	if (!n)
		n = call_position(call->a[3], &positions[1], &to_position);
	if (!n && !is_held_open(from, to))
		n = -EBADF;
	if (!n)
		n = splice(from, from_position, to, to_position, call->a[4],
		           call->a[5]);
	if (n >= 0 &&
	    ((from_position && user_write(call->a[1], from_position, 8)) ||
	     (to_position && user_write(call->a[3], to_position, 8))))
		return -EFAULT;
	return n;
}

SYSCALL(tee)
{
	HELD_FILE(from, call->a[0]);
	HELD_FILE(to, call->a[1]);
	uint64_t flags = call->a[3];

	if (flags & ~(uint64_t)SPLICE_FLAGS)
		return -EINVAL;
	if (!call->a[2])
		return 0;
	if (!is_held_open(from, to))
		return -EBADF;
	if (!pipe_of(from) || !pipe_of(to))
		return -EINVAL;
	return pipe_to_pipe(
	        pipe_of(from), pipe_of(to), call->a[2],
	        must_not_wait(from, flags) || must_not_wait(to, flags), true);
}

/* As readv(2) and writev(2), but one that writes does not wait for more room
 * when it has found some. */
static int64_t vmsplice(struct file *file, struct io *io, bool nonblocking)
{
	struct pipe *pipe = pipe_of(file);
	bool writes = file_may_write(file);
	int64_t n;

	if (!io->left)
		return 0;
	n = writes ? pipe_wait_room(pipe, nonblocking)
	           : pipe_wait_bytes(pipe, nonblocking);
	if (n < 0 || (!writes && !n))
		return n;
	n = writes ? pipe_ring_write(&pipe->ring, io, false)
	           : pipe_ring_read(&pipe->ring, io);
	wake(pipe);
	return n;
}

SYSCALL(vmsplice)
{
	HELD_FILE(file, call->a[0]);
	struct io io;
	int64_t n;

	if (call->a[3] & ~(uint64_t)SPLICE_FLAGS)
		return -EINVAL;
	if (!file || !(file_may_read(file) || file_may_write(file)))
		return -EBADF;
	n = io_from_vector(&io, call->a[1], call->a[2]);
	if (n)
		return n;
	if (!pipe_of(file))
		n = -EBADF;
	else
		n = vmsplice(file, &io, must_not_wait(file, call->a[3]));
	io_release(&io);
	return n;
}
