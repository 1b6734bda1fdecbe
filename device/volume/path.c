/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device/volume/volume.h"

static int check_component(const char *name, size_t size)
{
	if (size == 0 || (size == 1 && name[0] == '.') ||
	    (size == 2 && name[0] == '.' && name[1] == '.'))
		return -EINVAL;
	return size > BH_VOLUME_NAME_MAX ? -ENAMETOOLONG : 0;
}

/*
 * The kernel would refuse most of this too.  It is checked here so that no
 * call below ever sees a name whose meaning depends on anything but the folder.
 */
int volume_path_check(const void *bytes, size_t size, struct volume_path *path)
{
	const char *name = path->text, *slash;
	int r = 0;

	if (size > BH_VOLUME_PATH_MAX)
		return -ENAMETOOLONG;
	if (size && memchr(bytes, 0, size))
		return -EINVAL;
	if (size)
		memcpy(path->text, bytes, size);
	path->text[size] = 0;
	if (size == 0)
		return 0;
	while (!r && (slash = strchr(name, '/'))) {
		r = check_component(name, (size_t)(slash - name));
		name = slash + 1;
	}
	return r ? r : check_component(name, strlen(name));
}

static int open_beneath(int folder, const char *path, uint64_t flags,
                        uint64_t mode)
{
	struct open_how how = {
	        .flags = flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK,
	        .mode = mode,
	        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
	                   RESOLVE_NO_SYMLINKS,
	};
	long fd;

	if (flags & O_PATH) /* knows no others (openat2(2)) */
		how.flags &= O_PATH | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY;
	/* EAGAIN: something was renamed on the host meanwhile. */
	for (unsigned tries = 0; tries < 8; tries++) {
		fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));
		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	/* Out of the folder: a symbolic link or a rename that tricks us. */
	return errno == EXDEV ? -EACCES : -errno;
}

int volume_path_open(const struct volume *volume,
                     const struct volume_path *path, uint64_t flags,
                     uint64_t mode)
{
	return open_beneath(volume->folder, path->text[0] ? path->text : ".",
	                    flags, mode);
}

int volume_path_parent(const struct volume *volume,
                       const struct volume_path *path,
                       struct volume_parent *parent)
{
	const char *slash = strrchr(path->text, '/');
	struct volume_path folder;
	size_t size = slash ? (size_t)(slash - path->text) : 0;

	if (!path->text[0])
		return -EBUSY;
	memcpy(folder.text, path->text, size);
	folder.text[size] = 0;
	parent->name = slash ? slash + 1 : path->text;
	parent->fd = volume_path_open(volume, &folder, O_PATH | O_DIRECTORY, 0);
	return parent->fd < 0 ? parent->fd : 0;
}
