/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi/exchange.h"
#include "device/volume/volume.h"
#include "lib/cleanup.h"

/*
 * Operations on names.  Each opens the folder that holds the name beneath ours
 * and then acts on one component in it, not following it: there is no moment
 * at which a path could lead elsewhere.
 */

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452 /* Linux 6.6; the same on all instruction sets */
#endif

static int parent_of(struct volume *volume, const void *bytes, size_t size,
                     struct volume_path *path, struct volume_parent *parent)
{
	int r = volume_path_check(bytes, size, path);

	parent->fd = -1;
	return r ? r : volume_path_parent(volume, path, parent);
}

static int result_of(int fd, long r)
{
	int error = errno;

	close(fd);
	return r < 0 ? -error : 0;
}

int volume_lookup(struct volume *volume, const struct volume_request *request,
                  struct volume_reply *reply)
{
	struct volume_path path;
	int r = volume_path_check(request->payload, request->size, &path);
	BH_AUTO_CLOSE int fd = -1;

	if (r)
		return r;
	fd = volume_path_open(volume, &path, O_PATH, 0);
	return fd < 0 ? fd : volume_reply_attributes(fd, reply);
}

int volume_make_folder(struct volume *volume,
                       const struct volume_request *request,
                       struct volume_reply *reply)
{
	struct volume_parent parent;
	struct volume_path path;
	int r;

	(void)reply;
	if (request->value[1] & ~BH_VOLUME_MODE_MASK)
		return -EPERM;
	if (request->size == 0)
		return -EEXIST;
	r = parent_of(volume, request->payload, request->size, &path, &parent);
	if (r)
		return r;
	return result_of(parent.fd, mkdirat(parent.fd, parent.name,
	                                    (mode_t)request->value[1]));
}

static int remove_name(struct volume *volume,
                       const struct volume_request *request, int flags)
{
	struct volume_parent parent;
	struct volume_path path;
	int r = parent_of(volume, request->payload, request->size, &path,
	                  &parent);

	if (r)
		return r;
	return result_of(parent.fd, unlinkat(parent.fd, parent.name, flags));
}

int volume_remove_folder(struct volume *volume,
                         const struct volume_request *request,
                         struct volume_reply *reply)
{
	(void)reply;
	return remove_name(volume, request, AT_REMOVEDIR);
}

int volume_unlink(struct volume *volume, const struct volume_request *request,
                  struct volume_reply *reply)
{
	(void)reply;
	return remove_name(volume, request, 0);
}

/* Two strings, each with its zero, and nothing after them. */
static int split(const struct volume_request *request, size_t *first,
                 size_t *second)
{
	const uint8_t *zero =
	        request->size ? memchr(request->payload, 0, request->size)
	                      : NULL;

	if (!zero || request->payload[request->size - 1])
		return -EINVAL;
	*first = (size_t)(zero - request->payload);
	if (*first + 1 >= request->size)
		return -EINVAL;
	*second = request->size - *first - 2;
	return 0;
}

struct two_names {
	struct volume_path path[2];
	struct volume_parent parent[2];
};

static void close_two(struct two_names *two)
{
	bh_close(&two->parent[0].fd);
	bh_close(&two->parent[1].fd);
}

static int open_two(struct volume *volume, const struct volume_request *request,
                    struct two_names *two)
{
	size_t first, second;
	int r = split(request, &first, &second);

	two->parent[0].fd = two->parent[1].fd = -1;
	if (!r)
		r = parent_of(volume, request->payload, first, &two->path[0],
		              &two->parent[0]);
	if (!r)
		r = parent_of(volume, request->payload + first + 1, second,
		              &two->path[1], &two->parent[1]);
	if (r)
		close_two(two);
	return r;
}

int volume_rename(struct volume *volume, const struct volume_request *request,
                  struct volume_reply *reply)
{
	uint64_t flags = request->value[1];
	struct two_names two;
	int r;

	(void)reply;
	if (flags & ~(uint64_t)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	r = open_two(volume, request, &two);
	if (r)
		return r;
	/* The C library's renameat2() may make another call. */
	r = syscall(SYS_renameat2, two.parent[0].fd, two.parent[0].name,
	            two.parent[1].fd, two.parent[1].name, (unsigned)flags)
	            ? -errno
	            : 0;
	close_two(&two);
	return r;
}

int volume_link(struct volume *volume, const struct volume_request *request,
                struct volume_reply *reply)
{
	struct two_names two;
	int r = open_two(volume, request, &two);

	(void)reply;
	if (r)
		return r;
	r = linkat(two.parent[0].fd, two.parent[0].name, two.parent[1].fd,
	           two.parent[1].name, 0)
	            ? -errno
	            : 0;
	close_two(&two);
	return r;
}

int volume_symlink(struct volume *volume, const struct volume_request *request,
                   struct volume_reply *reply)
{
	struct volume_parent parent;
	struct volume_path path;
	size_t target, name;
	int r = split(request, &target, &name);

	(void)reply;
	if (r)
		return r;
	if (target == 0)
		return -ENOENT;
	if (target > BH_VOLUME_PATH_MAX)
		return -ENAMETOOLONG;
	if (name == 0)
		return -EEXIST;
	r = parent_of(volume, request->payload + target + 1, name, &path,
	              &parent);
	if (r)
		return r;
	/* The target is text: nothing here ever follows it. */
	return result_of(parent.fd, symlinkat((const char *)request->payload,
	                                      parent.fd, parent.name));
}

int volume_read_link(struct volume *volume,
                     const struct volume_request *request,
                     struct volume_reply *reply)
{
	struct volume_parent parent;
	struct volume_path path;
	ssize_t n;
	int r;

	if (request->size == 0)
		return -EINVAL; /* a folder is no link */
	r = parent_of(volume, request->payload, request->size, &path, &parent);
	if (r)
		return r;
	n = readlinkat(parent.fd, parent.name, (char *)reply->payload,
	               BH_VOLUME_PATH_MAX);
	r = result_of(parent.fd, n);
	if (!r)
		reply->size = (size_t)n;
	return r;
}

/* Before fchmodat2(2), a file's mode can be changed through a descriptor only,
 * and only if we may read it. */
static int set_mode_open(struct volume *volume, const struct volume_path *path,
                         mode_t mode)
{
	struct stat status;
	BH_AUTO_CLOSE int fd = volume_path_open(volume, path, O_PATH, 0);

	if (fd < 0 || fstat(fd, &status))
		return fd < 0 ? fd : -errno;
	if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
		return -EOPNOTSUPP;
	bh_close(&fd);
	fd = volume_path_open(volume, path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	return fchmod(fd, mode) ? -errno : 0;
}

int volume_set_mode(struct volume *volume, const struct volume_request *request,
                    struct volume_reply *reply)
{
	struct volume_parent parent = {-1, "."};
	struct volume_path path;
	int r = volume_path_check(request->payload, request->size, &path);

	(void)reply;
	if (r)
		return r;
	if (request->value[1] & ~BH_VOLUME_MODE_MASK)
		return -EPERM;
	if (request->size == 0)
		return set_mode_open(volume, &path, (mode_t)request->value[1]);
	r = volume_path_parent(volume, &path, &parent);
	if (r)
		return r;
	r = result_of(parent.fd,
	              syscall(SYS_fchmodat2, parent.fd, parent.name,
	                      (mode_t)request->value[1], AT_SYMLINK_NOFOLLOW));
	if (r == -ENOSYS)
		r = set_mode_open(volume, &path, (mode_t)request->value[1]);
	return r;
}

static struct timespec time_from(uint64_t nanoseconds)
{
	if (nanoseconds == BH_NEVER)
		return (struct timespec){0, UTIME_OMIT};
	return (struct timespec){(time_t)(nanoseconds / 1000000000u),
	                         (long)(nanoseconds % 1000000000u)};
}

int volume_set_times(struct volume *volume,
                     const struct volume_request *request,
                     struct volume_reply *reply)
{
	struct timespec times[2] = {time_from(request->value[1]),
	                            time_from(request->value[2])};
	struct volume_parent parent;
	struct volume_path path;
	int r = volume_path_check(request->payload, request->size, &path);

	(void)reply;
	if (r)
		return r;
	if (request->size == 0)
		return utimensat(volume->folder, ".", times,
		                 AT_SYMLINK_NOFOLLOW)
		               ? -errno
		               : 0;
	r = volume_path_parent(volume, &path, &parent);
	if (r)
		return r;
	return result_of(parent.fd, utimensat(parent.fd, parent.name, times,
	                                      AT_SYMLINK_NOFOLLOW));
}

int volume_space(struct volume *volume, const struct volume_request *request,
                 struct volume_reply *reply)
{
	struct bh_volume_space space = {0};
	struct statfs host;

	(void)request;
	if (fstatfs(volume->folder, &host))
		return -errno;
	space.block_size = (uint64_t)host.f_bsize;
	space.blocks = host.f_blocks;
	space.blocks_free = host.f_bfree;
	space.blocks_available = host.f_bavail;
	space.files = host.f_files;
	space.files_free = host.f_ffree;
	memcpy(reply->payload, &space, sizeof(space));
	reply->size = sizeof(space);
	return 0;
}

int volume_sync_folder(struct volume *volume,
                       const struct volume_request *request,
                       struct volume_reply *reply)
{
	struct volume_path path;
	int r = volume_path_check(request->payload, request->size, &path);
	BH_AUTO_CLOSE int fd = -1;

	(void)reply;
	if (r)
		return r;
	fd = volume_path_open(volume, &path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	return fsync(fd) ? -errno : 0;
}
