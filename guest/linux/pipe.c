/* SPDX-License-Identifier: ISC */

/* pipe(7) and fifo(7). */

#include "guest/linux/pipe_file.h"

#include "guest/linux/file_calls.h"
#include "guest/linux/ipc.h"
#include "guest/linux/signal.h"
#include "guest/linux/syscall.h"
#include "guest/linux/vfs.h"

static struct pipe *pipe_create(void)
{
	struct pipe *pipe = memory_zeroed(sizeof(*pipe));

	if (!pipe)
		return NULL;
	if (pipe_ring_init(&pipe->ring)) {
		memory_free(pipe);
		return NULL;
	}
	wait_queue_init(&pipe->queue);
	pipe->number = ipc_number();
	return pipe;
}

static void pipe_put(struct pipe *pipe)
{
	if (--pipe->files)
		return;
	if (pipe->inode)
		pipe->inode->pipe = NULL;
	pipe_ring_free(&pipe->ring);
	memory_free(pipe);
}

static bool can_be_read(const struct pipe *pipe)
{
	return !pipe->front_held &&
	       (!pipe_ring_is_empty(&pipe->ring) || !pipe->writers);
}

int64_t pipe_wait_bytes(struct pipe *pipe, bool nonblocking)
{
	int r = 0;

	if (!can_be_read(pipe) && nonblocking)
		return ipc_would_block();
	WAIT_FOR(r, &pipe->queue, can_be_read(pipe), NEVER);
	return r ? ipc_restart(r) : !pipe_ring_is_empty(&pipe->ring);
}

static int64_t pipe_read(struct file *file, struct io *io, uint64_t position)
{
	struct pipe *pipe = file->data;
	int64_t n;

	(void)position;
	if (!io->left)
		return 0;
	n = pipe_wait_bytes(pipe, file->flags & O_NONBLOCK);
	if (n <= 0)
		return n;
	n = pipe_ring_read(&pipe->ring, io);
	if (n > 0)
		wait_wake(&pipe->queue, POLL_WRITABLE);
	return n;
}

static bool can_be_written(const struct pipe *pipe)
{
	return !pipe_ring_is_full(&pipe->ring) || !pipe->readers;
}

int64_t pipe_wait_room(struct pipe *pipe, bool nonblocking)
{
	int r = 0;

	if (!can_be_written(pipe) && nonblocking)
		return ipc_would_block();
	WAIT_FOR(r, &pipe->queue, can_be_written(pipe), NEVER);
	if (r)
		return ipc_restart(r);
	if (pipe->readers)
		return 0;
	signal_send_task(task_current, SIGPIPE, NULL);
	return -EPIPE;
}

static int64_t pipe_write(struct file *file, struct io *io, uint64_t position)
{
	struct pipe *pipe = file->data;
	bool packets = file->flags & O_DIRECT;
	int64_t written = 0, n;

	(void)position;
	if (!io->left)
		return 0;
	if (!packets && pipe->readers)
		written =
		        pipe_ring_merge(&pipe->ring, io, io->left & PAGE_MASK);
	if (written < 0)
		return written;
	while (io->left) {
		n = pipe_wait_room(pipe, file->flags & O_NONBLOCK);
		if (!n)
			n = pipe_ring_write(&pipe->ring, io, packets);
		if (n < 0)
			return written ? written : n;
		written += n;
		wait_wake(&pipe->queue, POLL_READABLE);
		if (io->left && !pipe_ring_is_full(&pipe->ring))
			return written ? written : -EFAULT;
	}
	wait_wake(&pipe->queue, POLL_READABLE);
	return written;
}

static uint32_t pipe_poll(struct file *file, struct poll_table *table)
{
	struct pipe *pipe = file->data;
	uint32_t events = 0;

	poll_watch(table, &pipe->queue);
	if (file_may_read(file)) {
		if (!pipe_ring_is_empty(&pipe->ring))
			events |= POLL_READABLE;
		/* Nobody has written to this FIFO yet: not a hang-up. */
		if (!pipe->writers && pipe->writes_opened)
			events |= POLLHUP;
	}
	if (file_may_write(file)) {
		if (!pipe_ring_is_full(&pipe->ring))
			events |= POLL_WRITABLE;
		if (!pipe->readers)
			events |= POLLERR;
	}
	return events;
}

static int64_t pipe_control(struct file *file, uint32_t request,
                            uint64_t argument)
{
	struct pipe *pipe = file->data;
	uint32_t bytes;

	if (request != FIONREAD)
		return -ENOTTY;
	bytes = (uint32_t)pipe_ring_bytes(&pipe->ring);
	return user_write(argument, &bytes, sizeof(bytes));
}

static int pipe_status(struct file *file, struct linux_stat *status)
{
	struct pipe *pipe = file->data;

	if (file->inode && file->inode->ops->status)
		return file->inode->ops->status(file->inode, status);
	return ipc_status(S_IFIFO | 0600, pipe->number, status);
}

static void pipe_close(struct file *file)
{
	struct pipe *pipe = file->data;

	if (file_may_read(file))
		pipe->readers--;
	if (file_may_write(file))
		pipe->writers--;
	if (!pipe->readers || !pipe->writers)
		wait_wake(&pipe->queue,
		          POLL_READABLE | POLL_WRITABLE | POLLERR | POLLHUP);
	pipe_put(pipe);
}

static const struct file_ops pipe_ops = {
        .name = "pipe",
        .read = pipe_read,
        .write = pipe_write,
        .poll = pipe_poll,
        .control = pipe_control,
        .status = pipe_status,
        .close = pipe_close,
};

/* Counts an end before the file exists that will count it down again. */
static void pipe_attach(struct pipe *pipe, struct file *file)
{
	file->ops = &pipe_ops;
	file->data = pipe;
	pipe->files++;
	if (file_may_read(file)) {
		pipe->readers++;
		pipe->reads_opened++;
	}
	if (file_may_write(file)) {
		pipe->writers++;
		pipe->writes_opened++;
	}
}

/* ------------------------------------------------------------------ FIFOs */

/* What inode->pipe points to until the last file of the FIFO is closed. */
static const struct file_ops hub_ops = {.name = "fifo"};

static struct pipe *fifo_pipe(struct inode *inode)
{
	struct pipe *pipe;

	if (inode->pipe)
		return inode->pipe->data;
	pipe = pipe_create();
	if (!pipe)
		return NULL;
	inode->pipe = file_create(&hub_ops, O_RDWR, pipe);
	if (!inode->pipe) {
		pipe_ring_free(&pipe->ring);
		memory_free(pipe);
		return NULL;
	}
	pipe->inode = inode;
	return pipe;
}

static void fifo_detach(struct pipe *pipe, struct file *file)
{
	struct inode *inode = pipe->inode;
	struct file *hub = inode->pipe;

	if (file_may_read(file))
		pipe->readers--;
	if (file_may_write(file))
		pipe->writers--;
	if (!pipe->readers || !pipe->writers)
		wait_wake(&pipe->queue,
		          POLL_READABLE | POLL_WRITABLE | POLLERR | POLLHUP);
	pipe_put(pipe);
	if (!inode->pipe)
		file_release(hub);
}

static void fifo_close(struct file *file)
{
	fifo_detach(file->data, file);
}

static const struct file_ops fifo_ops = {
        .name = "fifo",
        .read = pipe_read,
        .write = pipe_write,
        .poll = pipe_poll,
        .control = pipe_control,
        .status = pipe_status,
        .close = fifo_close,
};

/* Waits for the other end.  0 or -errno. */
static int fifo_rendezvous(struct pipe *pipe, struct file *file)
{
	unsigned reads = pipe->reads_opened, writes = pipe->writes_opened;
	int r = 0;

	switch (file->flags & O_ACCMODE) {
	case O_RDONLY:
		if (!pipe->writers && !(file->flags & O_NONBLOCK))
			WAIT_FOR(r, &pipe->queue, pipe->writes_opened != writes,
			         NEVER);
		break;
	case O_WRONLY:
		if (!pipe->readers && (file->flags & O_NONBLOCK))
			return -ENXIO;
		if (!pipe->readers)
			WAIT_FOR(r, &pipe->queue, pipe->reads_opened != reads,
			         NEVER);
		break;
	default:
		break;
	}
	return r == -EINTR ? -ERESTARTSYS : r;
}

int fifo_open(struct inode *inode, struct file *file)
{
	struct pipe *pipe = fifo_pipe(inode);
	int r;

	if (!pipe)
		return -ENOMEM;
	/* A hang-up is what comes after this opening, not before. */
	if (!pipe->writers)
		pipe->writes_opened = 0;
	pipe_attach(pipe, file);
	wait_wake(&pipe->queue, POLL_READABLE | POLL_WRITABLE);
	r = fifo_rendezvous(pipe, file);
	if (r) {
		fifo_detach(pipe, file);
		file->ops = &hub_ops;
		return r;
	}
	file->ops = &fifo_ops;
	return 0;
}

/* ----------------------------------------------------------- the calls */

struct pipe *pipe_of(const struct file *file)
{
	bool is_pipe = file->ops == &pipe_ops || file->ops == &fifo_ops;

	return is_pipe ? file->data : NULL;
}

int64_t pipe_size(struct file *file)
{
	const struct pipe *pipe = pipe_of(file);

	return pipe ? (int64_t)pipe->ring.count * PAGE_SIZE : -EBADF;
}

int64_t pipe_set_size(struct file *file, uint64_t size)
{
	struct pipe *pipe = pipe_of(file);
	uint64_t count = 1;
	int r;

	if (!pipe)
		return -EBADF;
	if (size > UINT32_C(1) << 31)
		return -EINVAL;
	while (count * PAGE_SIZE < size)
		count *= 2;
	if (count > PIPE_SLOTS_MAX)
		return -EPERM;
	r = pipe_ring_resize(&pipe->ring, (uint32_t)count);
	return r ? r : (int64_t)count * PAGE_SIZE;
}

static struct file *pipe_file(struct pipe *pipe, uint32_t flags)
{
	struct file *file = file_create(&pipe_ops, flags, pipe);

	if (file)
		pipe_attach(pipe, file);
	return file;
}

static int64_t make_pipe(uint64_t address, uint32_t flags)
{
	struct file *ends[2];
	struct pipe *pipe;
	int32_t numbers[2];
	int r;

	if (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	if (!user_writable(address, sizeof(numbers)))
		return -EFAULT;
	pipe = pipe_create();
	if (!pipe)
		return -ENFILE;
	pipe->files = 1;
	ends[0] = pipe_file(pipe, O_RDONLY | (flags & O_NONBLOCK));
	ends[1] = pipe_file(pipe, O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)));
	pipe_put(pipe);
	if (!ends[0] || !ends[1]) {
		for (unsigned i = 0; i < 2; i++)
			if (ends[i])
				file_release(ends[i]);
		return -ENFILE;
	}
	numbers[0] = r = descriptor_install(ends[0], flags & O_CLOEXEC, 0);
	if (r < 0) {
		file_release(ends[1]);
		return r;
	}
	numbers[1] = r = descriptor_install(ends[1], flags & O_CLOEXEC, 0);
	if (r < 0) {
		descriptor_close(numbers[0]);
		return r;
	}
	return user_write(address, numbers, sizeof(numbers));
}

SYSCALL(pipe)
{
	return make_pipe(call->a[0], 0);
}

SYSCALL(pipe2)
{
	uint32_t flags = flags_from_program((uint32_t)call->a[1]);

	return make_pipe(call->a[0], flags);
}
