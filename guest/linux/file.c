/* SPDX-License-Identifier: ISC */
#include "guest/linux/file.h"

#include "guest/linux/lock.h"
#include "guest/linux/signal.h"
#include "guest/linux/task.h"
#include "guest/linux/vfs.h"
#include "guest/linux/watch.h"

#define LIMIT_FILE_SIZE  1 /* RLIMIT_FSIZE */
#define SIGNAL_FILE_SIZE 25
#define POLL_ALWAYS      0x145u /* IN, OUT, RDNORM, WRNORM */

struct file *file_create(const struct file_ops *ops, uint32_t flags, void *data)
{
	struct file *file = memory_zeroed(sizeof(*file));

	if (!file)
		return NULL;
	file->ops = ops;
	file->references = 1;
	file->flags = flags;
	file->data = data;
	list_init(&file->watchers);
	return file;
}

static void report_close(const struct file *file)
{
	if (!(file->flags & O_PATH))
		watch_report_file(file, file_may_write(file) ? IN_CLOSE_WRITE
		                                             : IN_CLOSE_NOWRITE);
}

void file_release(struct file *file)
{
	if (!file || --file->references)
		return;
	if (!list_is_empty(&file->watchers) && epoll_file_gone)
		epoll_file_gone(file);
	lock_release(file);
	/* It may sleep, and then nobody may find the file again. */
	if (file->ops && file->ops->close)
		file->ops->close(file);
	report_close(file);
	inode_release(file->inode);
	memory_free(file->path);
	memory_free(file);
}

int file_status(struct file *file, struct linux_stat *status)
{
	if (file->ops->status)
		return file->ops->status(file, status);
	if (file->inode && file->inode->ops->status)
		return file->inode->ops->status(file->inode, status);
	*status = (struct linux_stat){
	        .device = device_number(0, 14),
	        .inode = inode_number(
	                14, file->ops->name ? file->ops->name : "",
	                file->ops->name ? strlen(file->ops->name) : 0),
	        .mode = 0600,
	        .links = 1,
	        .block_size = PAGE_SIZE,
	};
	return 0;
}

static bool is_regular(const struct file *file)
{
	return file->inode && mode_is(file->inode->mode, S_IFREG);
}

int64_t file_read_from(struct file *file, struct io *io, uint64_t position)
{
	int64_t n;

	if (!file->ops->read)
		return file->inode && mode_is(file->inode->mode, S_IFDIR)
		               ? -EISDIR
		               : -EINVAL;
	n = file->ops->read(file, io, position);
	if (n > 0)
		watch_report_file(file, IN_ACCESS);
	return n;
}

int64_t file_read(struct file *file, struct io *io)
{
	int64_t n;

	if (!file_may_read(file))
		return -EBADF;
	file_hold(file);
	n = file_read_from(file, io, file->position);
	if (n > 0 && file->has_position)
		file->position += (uint64_t)n;
	file_release(file);
	return n;
}

int file_may_grow(uint64_t size, uint64_t new_size)
{
	if (new_size <= size || new_size <= process.limits[LIMIT_FILE_SIZE][0])
		return 0;
	signal_send_task(task_current, SIGNAL_FILE_SIZE, NULL);
	return -EFBIG;
}

/* RLIMIT_FSIZE: less is written, or nothing and a signal is sent. */
static int limit_size(struct file *file, struct io *io, uint64_t position)
{
	uint64_t limit = process.limits[LIMIT_FILE_SIZE][0];

	if (!is_regular(file) || limit >= UINT64_MAX >> 1)
		return 0;
	if (position >= limit && io->left)
		return file_may_grow(position, position + 1);
	if (io->left > limit - position)
		io->left = limit - position;
	return 0;
}

int64_t file_write_at(struct file *file, struct io *io, uint64_t *position)
{
	struct linux_stat status;
	int64_t n;

	if (!file_may_write(file))
		return -EBADF;
	if (!file->ops->write)
		return -EINVAL;
	if ((file->flags & O_APPEND) && is_regular(file)) {
		n = file_status(file, &status);
		if (n)
			return n;
		*position = status.size;
	}
	n = limit_size(file, io, *position);
	if (n)
		return n;
	file_hold(file);
	n = file->ops->write(file, io, *position);
	if (n > 0) {
		*position += (uint64_t)n;
		watch_report_file(file, IN_MODIFY);
	}
	file_release(file);
	return n;
}

int64_t file_write(struct file *file, struct io *io)
{
	uint64_t position = file->position;
	int64_t n = file_write_at(file, io, &position);

	if (n > 0 && file->has_position)
		file->position = position;
	return n;
}

int64_t file_read_at(struct file *file, void *to, uint64_t size,
                     uint64_t position)
{
	struct io_piece piece;
	struct io io;

	if (!file->ops->read)
		return -EINVAL;
	io_from_kernel(&io, &piece, to, size);
	return file->ops->read(file, &io, position);
}

uint32_t file_poll(struct file *file, struct poll_table *table)
{
	return file->ops->poll ? file->ops->poll(file, table) : POLL_ALWAYS;
}

int64_t file_seek(struct file *file, int64_t offset, int whence)
{
	struct linux_stat status;
	int64_t base = 0;
	int r = file_status(file, &status);

	if (r)
		return r;
	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		base = (int64_t)file->position;
		break;
	case SEEK_END:
		base = (int64_t)status.size;
		break;
	case SEEK_DATA: /* All is data up to the end. */
	case SEEK_HOLE:
		if (offset < 0 || (uint64_t)offset >= status.size)
			return -ENXIO;
		if (whence == SEEK_HOLE)
			offset = (int64_t)status.size;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, offset, &base) || base < 0)
		return -EINVAL;
	file->position = (uint64_t)base;
	return base;
}
