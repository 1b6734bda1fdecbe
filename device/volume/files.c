/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "device/volume/volume.h"
#include "lib/cleanup.h"

/* Operations on open files. */

#define OPEN_FLAGS                                                             \
	(BH_VOLUME_OPEN_READ | BH_VOLUME_OPEN_WRITE | BH_VOLUME_OPEN_CREATE |  \
	 BH_VOLUME_OPEN_EXCLUSIVE | BH_VOLUME_OPEN_TRUNCATE)
#define OPEN_CHANGES                                                           \
	(BH_VOLUME_OPEN_WRITE | BH_VOLUME_OPEN_CREATE | BH_VOLUME_OPEN_TRUNCATE)

static uint64_t nanoseconds(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec;
}

int volume_reply_attributes(int fd, struct volume_reply *reply)
{
	struct bh_volume_attributes a = {0};
	struct stat status;

	if (fstat(fd, &status))
		return -errno;
	a.inode = status.st_ino;
	a.size = (uint64_t)status.st_size;
	a.blocks = (uint64_t)status.st_blocks;
	a.accessed = nanoseconds(&status.st_atim);
	a.modified = nanoseconds(&status.st_mtim);
	a.changed = nanoseconds(&status.st_ctim);
	/* Set-user-id means nothing to a guest, and it must not give it. */
	a.mode = status.st_mode & (S_IFMT | BH_VOLUME_MODE_MASK);
	a.links = (uint32_t)status.st_nlink;
	memcpy(reply->payload, &a, sizeof(a));
	reply->size = sizeof(a);
	return 0;
}

/* The file that a handle names, or NULL with the error. */
static struct volume_file *find(struct volume *volume,
                                const struct volume_request *request,
                                int *error)
{
	uint64_t number = request->value[0] & UINT32_MAX;
	struct volume_file *file;

	*error = -EIO; /* of an earlier life */
	if (request->value[0] >> 32 != volume->generation)
		return NULL;
	*error = -EBADF;
	if (number >= BH_VOLUME_HANDLES_MAX)
		return NULL;
	file = &volume->files[number];
	if (file->fd < 0 || file->client != request->client)
		return NULL;
	return file;
}

static struct volume_file *find_writable(struct volume *volume,
                                         const struct volume_request *request,
                                         int *error)
{
	struct volume_file *file = find(volume, request, error);

	if (file && !file->writes) {
		*error = -EBADF;
		return NULL;
	}
	return file;
}

static int host_flags(uint64_t flags)
{
	int access = flags & BH_VOLUME_OPEN_WRITE
	                     ? (flags & BH_VOLUME_OPEN_READ ? O_RDWR : O_WRONLY)
	                     : O_RDONLY;

	return access | (flags & BH_VOLUME_OPEN_CREATE ? O_CREAT : 0) |
	       (flags & BH_VOLUME_OPEN_EXCLUSIVE ? O_EXCL : 0) |
	       (flags & BH_VOLUME_OPEN_TRUNCATE ? O_TRUNC : 0);
}

/* Devices, FIFOs and sockets of the host are not opened. */
static int check_kind(int fd, bool writes)
{
	struct stat status;

	if (fstat(fd, &status))
		return -errno;
	if (S_ISDIR(status.st_mode))
		return writes ? -EISDIR : 0;
	if (S_ISLNK(status.st_mode))
		return -ELOOP;
	return S_ISREG(status.st_mode) ? 0 : -ENXIO;
}

/*
 * Opening a FIFO or a device may do something already, so the kind is looked
 * at before, and again afterwards, since the host may have put something else
 * there.
 */
static int open_checked(struct volume *volume, const struct volume_path *path,
                        uint64_t flags, uint64_t mode)
{
	bool creates = flags & BH_VOLUME_OPEN_CREATE;
	bool writes = flags & BH_VOLUME_OPEN_WRITE;
	BH_AUTO_CLOSE int fd = volume_path_open(volume, path, O_PATH, 0);
	int r = 0;

	if (fd >= 0)
		r = check_kind(fd, writes);
	else if (fd != -ENOENT || !creates)
		return fd;
	if (fd >= 0 && creates && (flags & BH_VOLUME_OPEN_EXCLUSIVE))
		return -EEXIST;
	if (r)
		return r;
	bh_close(&fd);
	fd = volume_path_open(volume, path, (uint64_t)host_flags(flags),
	                      creates ? mode : 0);
	r = fd < 0 ? fd : check_kind(fd, writes);
	return r ? r : bh_steal_fd(&fd);
}

static int check_flags(const struct volume *volume, uint64_t flags,
                       uint64_t mode)
{
	if ((flags & ~OPEN_FLAGS) ||
	    !(flags & (BH_VOLUME_OPEN_READ | BH_VOLUME_OPEN_WRITE)))
		return -EINVAL;
	if ((flags & (BH_VOLUME_OPEN_CREATE | BH_VOLUME_OPEN_TRUNCATE)) &&
	    !(flags & BH_VOLUME_OPEN_WRITE))
		return -EINVAL;
	if ((flags & BH_VOLUME_OPEN_EXCLUSIVE) &&
	    !(flags & BH_VOLUME_OPEN_CREATE))
		return -EINVAL;
	if (mode & ~BH_VOLUME_MODE_MASK)
		return -EPERM;
	return (flags & OPEN_CHANGES) && volume->read_only ? -EROFS : 0;
}

int volume_open(struct volume *volume, const struct volume_request *request,
                struct volume_reply *reply)
{
	uint64_t flags = request->value[1], mode = request->value[2];
	struct volume_path path;
	unsigned number = 0;
	int r = volume_path_check(request->payload, request->size, &path);

	if (!r)
		r = check_flags(volume, flags, mode);
	if (r)
		return r;
	while (number < BH_VOLUME_HANDLES_MAX && volume->files[number].fd >= 0)
		number++;
	if (number == BH_VOLUME_HANDLES_MAX)
		return -EMFILE;
	r = open_checked(volume, &path, flags, mode);
	if (r < 0)
		return r;
	volume->files[number] = (struct volume_file){
	        r, request->client, flags & BH_VOLUME_OPEN_WRITE};
	r = volume_reply_attributes(r, reply);
	if (r)
		bh_close(&volume->files[number].fd);
	else
		reply->value[0] = (uint64_t)volume->generation << 32 | number;
	return r;
}

int volume_close(struct volume *volume, const struct volume_request *request,
                 struct volume_reply *reply)
{
	int r;
	struct volume_file *file = find(volume, request, &r);

	(void)reply;
	if (!file)
		return r;
	r = close(file->fd) ? -errno : 0;
	file->fd = -1;
	return r == -EINTR ? 0 : r; /* it is closed on Linux */
}

int volume_read(struct volume *volume, const struct volume_request *request,
                struct volume_reply *reply)
{
	uint64_t offset = request->value[1], size = request->value[2];
	int r;
	struct volume_file *file = find(volume, request, &r);

	if (!file)
		return r;
	if (size > VOLUME_REPLY_MAX || offset > INT64_MAX - size)
		return -EINVAL;
	while (reply->size < size) {
		ssize_t n = pread(file->fd, reply->payload + reply->size,
		                  size - reply->size,
		                  (off_t)(offset + reply->size));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		reply->size += (size_t)n;
	}
	return 0;
}

static int write_all(int fd, const struct volume_request *request,
                     uint64_t *written)
{
	uint64_t offset = request->value[1];

	while (*written < request->size) {
		ssize_t n = pwrite(fd, request->payload + *written,
		                   request->size - *written,
		                   (off_t)(offset + *written));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOSPC;
		*written += (uint64_t)n;
	}
	return 0;
}

int volume_write(struct volume *volume, const struct volume_request *request,
                 struct volume_reply *reply)
{
	uint64_t offset = request->value[1], written = 0;
	struct stat status;
	int r;
	struct volume_file *file = find_writable(volume, request, &r);

	if (!file)
		return r;
	if (request->size == 0 || request->size > BH_VOLUME_DATA_MAX ||
	    request->value[2] > 1 || offset > INT64_MAX - request->size)
		return -EINVAL;
	if (request->value[2]) {
		if (fstat(file->fd, &status))
			return -errno;
		reply->value[1] = (uint64_t)status.st_size;
		if (reply->value[1] != offset)
			return -EAGAIN;
	}
	r = write_all(file->fd, request, &written);
	if (written == 0)
		return r;
	if (fstat(file->fd, &status))
		return -errno;
	reply->value[0] = written;
	reply->value[1] = (uint64_t)status.st_size;
	return 0;
}

int volume_fsync(struct volume *volume, const struct volume_request *request,
                 struct volume_reply *reply)
{
	int r;
	struct volume_file *file = find(volume, request, &r);

	(void)reply;
	if (!file)
		return r;
	if (request->value[1] > 1)
		return -EINVAL;
	return (request->value[1] ? fdatasync(file->fd) : fsync(file->fd))
	               ? -errno
	               : 0;
}

int volume_truncate(struct volume *volume, const struct volume_request *request,
                    struct volume_reply *reply)
{
	int r;
	struct volume_file *file = find_writable(volume, request, &r);

	(void)reply;
	if (!file)
		return r;
	if (request->value[1] > INT64_MAX)
		return -EINVAL;
	return ftruncate(file->fd, (off_t)request->value[1]) ? -errno : 0;
}

int volume_allocate(struct volume *volume, const struct volume_request *request,
                    struct volume_reply *reply)
{
	uint64_t offset = request->value[1], size = request->value[2];
	int r;
	struct volume_file *file = find_writable(volume, request, &r);

	(void)reply;
	if (!file)
		return r;
	if (size == 0 || size > INT64_MAX || offset > INT64_MAX - size)
		return -EINVAL;
	switch (request->value[3]) {
	case 0:
	case FALLOC_FL_KEEP_SIZE:
	case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE:
	case FALLOC_FL_ZERO_RANGE:
	case FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE:
		break;
	default:
		return -EOPNOTSUPP;
	}
	return fallocate(file->fd, (int)request->value[3], (off_t)offset,
	                 (off_t)size)
	               ? -errno
	               : 0;
}

int volume_attributes(struct volume *volume,
                      const struct volume_request *request,
                      struct volume_reply *reply)
{
	int r;
	struct volume_file *file = find(volume, request, &r);

	return file ? volume_reply_attributes(file->fd, reply) : r;
}
