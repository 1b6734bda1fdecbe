/* SPDX-License-Identifier: ISC */
#include "guest/linux/volume/volume.h"

/* Open files of a volume. */

#define APPEND_TRIES 100u

static struct volume *volume_for(struct file *file)
{
	return volume_of(file->inode);
}

static struct volume_file *data_of(struct file *file)
{
	return file->data;
}

static int64_t read_piece(struct file *file, void *to, uint64_t size,
                          uint64_t position)
{
	struct volume_call call = {
	        .type = BH_VOLUME_READ,
	        .value = {data_of(file)->handle, position, size},
	        .reply = to,
	        .room = size,
	};
	int r = volume_call(volume_for(file), &call);

	return r ? r : (int64_t)call.size;
}

static void *piece_buffer(struct file *file, uint64_t size)
{
	return memory_allocate(min_u64(size, volume_for(file)->data_max));
}

static int64_t volume_read(struct file *file, struct io *io, uint64_t position)
{
	uint64_t max = volume_for(file)->data_max, done = 0;
	void *buffer;
	int64_t r = 0;

	if (!io->left)
		return 0;
	buffer = piece_buffer(file, io->left);
	if (!buffer)
		return -ENOMEM;
	while (io->left) {
		uint64_t wanted = min_u64(io->left, max);
		int64_t got = read_piece(file, buffer, wanted, position + done);

		r = got > 0 ? io_put(io, buffer, (uint64_t)got) : got;
		if (r <= 0)
			break;
		done += (uint64_t)r;
		if ((uint64_t)r < wanted)
			break;
	}
	memory_free(buffer);
	return done ? (int64_t)done : r;
}

/* Writes BYTES at POSITION, or, to append, where the file ends. */
static int64_t write_piece(struct file *file, const void *bytes, uint64_t size,
                           uint64_t position, bool append)
{
	struct volume_file *data = data_of(file);
	struct volume_call call = {
	        .type = BH_VOLUME_WRITE,
	        .value = {data->handle, position, append},
	        .first = bytes,
	        .first_size = size,
	};
	int r = -EAGAIN;

	for (unsigned tries = 0; r == -EAGAIN && tries < APPEND_TRIES;
	     tries++) {
		if (append)
			call.value[1] = data->end;
		r = volume_call(volume_for(file), &call);
		if (append && (!r || r == -EAGAIN))
			data->end = min_u64(call.result[1], INT64_MAX);
		if (!append)
			break;
	}
	if (r)
		return r == -EAGAIN ? -EIO : r;
	return call.result[0] <= size ? (int64_t)call.result[0] : -EIO;
}

static int sync_handle(struct file *file, bool data_only)
{
	struct volume_call call = {
	        .type = BH_VOLUME_FSYNC,
	        .value = {data_of(file)->handle, data_only},
	};

	return volume_call(volume_for(file), &call);
}

static int64_t write_all(struct file *file, struct io *io, uint64_t position,
                         void *buffer)
{
	bool append = file->flags & O_APPEND;
	uint64_t done = 0;
	int64_t r = 0;

	while (io->left) {
		uint64_t size = min_u64(io->left, volume_for(file)->data_max);
		int64_t got = io_get(io, buffer, size);

		r = got > 0 ? write_piece(file, buffer, (uint64_t)got,
		                          position + done, append)
		            : got;
		if (r <= 0)
			break;
		done += (uint64_t)r;
		if ((uint64_t)r < size)
			break;
	}
	return done ? (int64_t)done : r;
}

static int64_t volume_write(struct file *file, struct io *io, uint64_t position)
{
	void *buffer;
	int64_t r;

	if (!io->left)
		return 0;
	buffer = piece_buffer(file, io->left);
	if (!buffer)
		return -ENOMEM;
	r = write_all(file, io, position, buffer);
	memory_free(buffer);
	if (r > 0 && (file->flags & (O_DSYNC | O_SYNC))) {
		int error =
		        sync_handle(file, !(file->flags & ~O_DSYNC & O_SYNC));

		if (error)
			return error;
	}
	return r;
}

static int volume_status(struct file *file, struct linux_stat *status)
{
	struct bh_volume_attributes a;
	int r = volume_get_attributes(volume_for(file), BH_VOLUME_ATTRIBUTES,
	                              data_of(file)->handle, NULL, &a);

	if (!r)
		volume_fill_status(file->inode, &a, status);
	return r;
}

static int volume_truncate(struct file *file, uint64_t size)
{
	struct volume_call call = {
	        .type = BH_VOLUME_TRUNCATE,
	        .value = {data_of(file)->handle, size},
	};

	return volume_call(volume_for(file), &call);
}

static int volume_allocate(struct file *file, int mode, uint64_t offset,
                           uint64_t size)
{
	struct volume_call call = {
	        .type = BH_VOLUME_ALLOCATE,
	        .value = {data_of(file)->handle, offset, size, (uint32_t)mode},
	};

	return volume_call(volume_for(file), &call);
}

/* A mapping is a copy; a shared one is written back when it is given up. */
static int volume_map(struct file *file, uint64_t address, uint64_t size,
                      int protection, bool shared, uint64_t offset)
{
	uint64_t max = volume_for(file)->data_max, done = 0;
	uint8_t *buffer = piece_buffer(file, size);
	int64_t got = 0;
	int r;

	(void)shared;
	if (!buffer)
		return -ENOMEM;
	r = mm_map_zero(address, size, protection);
	while (!r && done < size) {
		uint64_t wanted = min_u64(size - done, max);

		got = read_piece(file, buffer, wanted, offset + done);
		r = got > 0 ? mm_poke(address + done, buffer, (size_t)got)
		            : (int)got;
		if (got <= 0)
			break;
		done += (uint64_t)got;
		if ((uint64_t)got < wanted)
			break;
	}
	memory_free(buffer);
	return r;
}

/* What lies past the end of the file is not part of it. */
static int volume_write_back(struct file *file, uint64_t address, uint64_t size,
                             uint64_t offset)
{
	struct linux_stat status;
	uint64_t done = 0;
	uint8_t *buffer;
	int64_t n = 0;
	int r = 0;

	if (!file_may_write(file))
		return 0;
	r = volume_status(file, &status);
	if (r || status.size <= offset)
		return r;
	size = min_u64(size, status.size - offset);
	buffer = piece_buffer(file, size);
	if (!buffer)
		return -ENOMEM;
	while (!r && done < size) {
		uint64_t piece =
		        min_u64(size - done, volume_for(file)->data_max);

		r = user_read(buffer, address + done, piece);
		n = r ? r
		      : write_piece(file, buffer, piece, offset + done, false);
		if (n <= 0)
			r = n ? (int)n : -EIO;
		else
			done += (uint64_t)n;
	}
	memory_free(buffer);
	return r;
}

static void volume_close(struct file *file)
{
	if (!file->data)
		return;
	volume_close_handle(volume_for(file), data_of(file)->handle);
	memory_free(file->data);
}

static const struct file_ops volume_file_ops = {
        .name = "file",
        .read = volume_read,
        .write = volume_write,
        .seek = file_seek,
        .map = volume_map,
        .write_back = volume_write_back,
        .status = volume_status,
        .sync = sync_handle,
        .truncate = volume_truncate,
        .allocate = volume_allocate,
        .close = volume_close,
};

static uint64_t open_flags(const struct file *file)
{
	uint64_t flags = 0;

	if (file_may_read(file))
		flags |= BH_VOLUME_OPEN_READ;
	if (file_may_write(file))
		flags |= BH_VOLUME_OPEN_WRITE;
	if (file_may_write(file) && (file->flags & O_TRUNC))
		flags |= BH_VOLUME_OPEN_TRUNCATE;
	return flags;
}

int volume_open_file(struct inode *inode, struct file *file)
{
	struct volume_node *node = volume_node(inode);
	struct volume_file *data = memory_zeroed(sizeof(*data));
	int r = 0;

	if (!data)
		return -ENOMEM;
	if (node->fresh) {
		data->handle = node->fresh;
		node->fresh = 0;
	} else if (node->gone) {
		r = -ENOENT;
	} else {
		r = volume_open_handle(volume_of(inode), node->path,
		                       open_flags(file), 0, &data->handle);
	}
	if (r) {
		memory_free(data);
		return r;
	}
	file->ops = &volume_file_ops;
	file->has_position = true;
	file->data = data;
	return 0;
}
