/* SPDX-License-Identifier: ISC */
#include "guest/linux/file_calls.h"
#include "guest/linux/open.h"
#include "guest/linux/tmpfs.h"
#include "guest/linux/watch.h"

/* Opening by name, and the current folder. */

int call_place(int64_t descriptor, uint64_t address, unsigned flags,
               bool follow, struct place *place)
{
	struct file *file;
	char *path = NULL;
	int r = 0;

	if (address || !(flags & AT_EMPTY_PATH)) {
		path = user_path(address, &r);
		if (!path)
			return r;
	}
	if ((path && *path) || !(flags & AT_EMPTY_PATH)) {
		r = vfs_walk((int32_t)descriptor, path, follow, place);
		memory_free(path);
		return r;
	}
	memory_free(path);
	if ((int32_t)descriptor == AT_FDCWD)
		return vfs_walk(AT_FDCWD, ".", true, place);
	file = descriptor_file(descriptor);
	if (!file)
		return -EBADF;
	*place = (struct place){.file = file_hold(file)};
	if (file->inode)
		place->inode = inode_hold(file->inode);
	place->path = string_copy(file->path ? file->path : "");
	return place->path ? 0 : -ENOMEM;
}

/* O_TMPFILE has O_DIRECTORY in it, which older kernels refuse to write to. */
#define ONLY_TMPFILE ((uint32_t)(O_TMPFILE & ~O_DIRECTORY))

static int64_t open_path(int32_t descriptor, uint64_t address, uint32_t flags,
                         uint32_t mode, unsigned bounds)
{
	PATH(path, address);
	struct file *file;
	int r;

	if (!path)
		return path_error;
	if (flags & ONLY_TMPFILE && !(flags & O_PATH) &&
	    ((flags & (O_TMPFILE | O_CREAT)) != O_TMPFILE ||
	     (flags & O_ACCMODE) == O_RDONLY))
		return -EINVAL;
	r = vfs_open_within(descriptor, path, flags, mode & S_IALL, bounds,
	                    &file);
	if (r)
		return r;
	return descriptor_install(file, flags & O_CLOEXEC, 0);
}

SYSCALL(open)
{
	return open_path(AT_FDCWD, call->a[0],
	                 flags_from_program((uint32_t)call->a[1]),
	                 (uint32_t)call->a[2], 0);
}

SYSCALL(creat)
{
	return open_path(AT_FDCWD, call->a[0], O_CREAT | O_WRONLY | O_TRUNC,
	                 (uint32_t)call->a[1], 0);
}

SYSCALL(openat)
{
	return open_path(call_int(call, 0), call->a[1],
	                 flags_from_program((uint32_t)call->a[2]),
	                 (uint32_t)call->a[3], 0);
}

/* struct open_how and RESOLVE_* of Linux (openat2.h). */
struct open_how {
	uint64_t flags, mode, resolve;
};

enum {
	RESOLVE_NO_XDEV = 1,
	RESOLVE_NO_MAGICLINKS = 2,
	RESOLVE_NO_SYMLINKS = 4,
	RESOLVE_BENEATH = 8,
	RESOLVE_IN_ROOT = 16,
	RESOLVE_CACHED = 32,
};

/* What open(2) ignores, openat2(2) refuses. */
#define OPEN_PATH_FLAGS ((uint32_t)(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
#define OPEN_FLAGS                                                             \
	(OPEN_PATH_FLAGS | ONLY_TMPFILE |                                      \
	 (uint32_t)(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC |        \
	            O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC | O_ASYNC |       \
	            O_DIRECT | O_LARGEFILE | O_NOATIME))

_Static_assert(RESOLVE_NO_XDEV == (int)WALK_NO_MOUNTS &&
                       RESOLVE_NO_MAGICLINKS == (int)WALK_NO_MAGIC &&
                       RESOLVE_NO_SYMLINKS == (int)WALK_NO_LINKS &&
                       RESOLVE_BENEATH == (int)WALK_BENEATH &&
                       RESOLVE_IN_ROOT == (int)WALK_IN_ROOT,
               "bounds of a walk are Linux's");

SYSCALL(openat2)
{
	uint64_t size = call->a[3];
	struct open_how how;
	unsigned bounds;
	uint32_t flags;
	int r;

	if (size < sizeof(how))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	r = user_read_versioned(&how, sizeof(how), call->a[2], size);
	if (r)
		return r;
	if (how.flags >> 32 || how.resolve > 63 || how.mode & ~(uint64_t)S_IALL)
		return -EINVAL;
	if (how.resolve & RESOLVE_BENEATH && how.resolve & RESOLVE_IN_ROOT)
		return -EINVAL;
	flags = flags_from_program((uint32_t)how.flags);
	if (flags & ~OPEN_FLAGS ||
	    (flags & O_PATH && flags & ~OPEN_PATH_FLAGS))
		return -EINVAL;
	if (how.mode && !(flags & (O_CREAT | ONLY_TMPFILE)))
		return -EINVAL;
	if (how.resolve & RESOLVE_CACHED)
		return -EAGAIN;
	bounds = (unsigned)how.resolve & 31;
	return open_path(call_int(call, 0), call->a[1], flags,
	                 (uint32_t)how.mode, bounds);
}

/* ------------------------------------------------------ the current folder */

static int64_t change_folder(struct place *place)
{
	int r;

	if (!place->inode || !mode_is(place->inode->mode, S_IFDIR))
		return -ENOTDIR;
	r = vfs_permission(place->inode, MAY_EXECUTE);
	if (!r)
		vfs_set_current(place);
	return r;
}

SYSCALL(chdir)
{
	PLACE(place);
	int r = call_place(AT_FDCWD, call->a[0], 0, true, &place);

	return r ? r : change_folder(&place);
}

SYSCALL(fchdir)
{
	struct file *file = descriptor_file(call->a[0]);
	PLACE(place);

	if (!file)
		return -EBADF;
	if (!file->inode || !file->path)
		return -ENOTDIR;
	place.path = string_copy(file->path);
	if (!place.path)
		return -ENOMEM;
	place.inode = inode_hold(file->inode);
	return change_folder(&place);
}

SYSCALL(getcwd)
{
	const struct place *current = vfs_current();
	size_t size = strlen(current->path) + 1;
	struct linux_stat status;

	if (current->inode->ops->status &&
	    !current->inode->ops->status(current->inode, &status) &&
	    !status.links)
		return -ENOENT;
	if (call->a[1] < size)
		return -ERANGE;
	if (user_write(call->a[0], current->path, size))
		return -EFAULT;
	return (int64_t)size;
}

SYSCALL(chroot)
{
	PLACE(place);
	int r = call_place(AT_FDCWD, call->a[0], 0, true, &place);

	if (r)
		return r;
	if (!place.inode || !mode_is(place.inode->mode, S_IFDIR))
		return -ENOTDIR;
	return -EPERM;
}

/* ------------------------------------------------------------------- memfd */

enum {
	MFD_CLOEXEC = 1,
	MFD_ALLOW_SEALING = 2,
	MFD_NOEXEC_SEAL = 8,
	MFD_EXEC = 16,
};

#define MEMFD_NAME_LIMIT 250u

SYSCALL(memfd_create)
{
	uint32_t flags = (uint32_t)call->a[1];
	char path[16 + MEMFD_NAME_LIMIT + 16] = "/memfd:";
	size_t start = strlen(path);
	int64_t size;
	struct file *file;
	int r;

	if (flags & ~(uint32_t)(MFD_CLOEXEC | MFD_ALLOW_SEALING |
	                        MFD_NOEXEC_SEAL | MFD_EXEC))
		return -EINVAL;
	size = user_string(path + start, call->a[0], MEMFD_NAME_LIMIT);
	if (size < 0)
		return size == -ENAMETOOLONG ? -EINVAL : size;
	memcpy(path + start + size, " (deleted)", 11);
	r = tmpfs_open_unnamed(
	        path,
	        flags & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL) ? 0 : F_SEAL_SEAL,
	        &file);
	if (r)
		return r;
	return descriptor_install(file, flags & MFD_CLOEXEC, 0);
}

/* ------------------------------------------------------------------ folders */

/* struct linux_dirent64 and linux_dirent: a header, the name, its zero; the
 * older one has the type in its last byte. */
#define HEADER_SIZE     19u
#define OLD_HEADER_SIZE 18u

struct getdents {
	struct folder_reader reader;
	uint64_t address, size, done, position, parent;
	bool is_old;
	int error;
};

static bool put_entry(struct getdents *state, const char *name, size_t size,
                      uint64_t inode, uint8_t type, uint64_t next)
{
	uint8_t entry[280] = {0};
	size_t header = state->is_old ? OLD_HEADER_SIZE : HEADER_SIZE;
	size_t length = header + size + 1 + (state->is_old ? 1 : 0);
	uint16_t stride = (uint16_t)((length + 7) & ~(size_t)7);

	if (stride > state->size - state->done) {
		if (!state->done)
			state->error = -EINVAL;
		return false;
	}
	memcpy(entry, &inode, 8);
	memcpy(entry + 8, &next, 8);
	memcpy(entry + 16, &stride, 2);
	if (state->is_old)
		entry[stride - 1] = type;
	else
		entry[18] = type;
	memcpy(entry + header, name, size);
	if (user_write(state->address + state->done, entry, stride)) {
		if (!state->done)
			state->error = -EFAULT;
		return false;
	}
	state->done += stride;
	state->position = next;
	return true;
}

/* Positions 0 and 1 are "." and "..": the folder's own come after them. */
static bool put_from_folder(struct folder_reader *reader, const char *name,
                            size_t size, uint64_t inode, uint8_t type,
                            uint64_t next)
{
	return put_entry(CONTAINER_OF(reader, struct getdents, reader), name,
	                 size, inode, type, next + 2);
}

static uint64_t parent_number(const struct file *file)
{
	struct place parent;
	uint64_t number = file->inode->number;
	char *path;

	if (!file->path)
		return number;
	path = memory_allocate(strlen(file->path) + 4);
	if (!path)
		return number;
	memcpy(path, file->path, strlen(file->path));
	memcpy(path + strlen(file->path), "/..", 4);
	if (!vfs_walk(AT_FDCWD, path, true, &parent)) {
		number = parent.inode->number;
		place_release(&parent);
	}
	memory_free(path);
	return number;
}

static int64_t list_folder(const struct syscall *call, bool is_old)
{
	HELD_FILE(file, call->a[0]);
	struct getdents state = {
	        .reader = {.add = put_from_folder},
	        .address = call->a[1],
	        .size = (uint32_t)call->a[2],
	        .is_old = is_old,
	};
	int r = 0;

	if (!file || (file->flags & O_PATH))
		return -EBADF;
	if (!file->ops->list)
		return -ENOTDIR;
	state.position = file->position;
	if (state.position == 0 &&
	    !put_entry(&state, ".", 1, file->inode->number, 4, 1))
		return state.error;
	if (state.position == 1 &&
	    !put_entry(&state, "..", 2, parent_number(file), 4, 2)) {
		file->position = state.position;
		return state.done ? (int64_t)state.done : state.error;
	}
	state.reader.position = state.position - 2;
	r = file->ops->list(file, &state.reader);
	watch_report_file(file, IN_ACCESS);
	if (!state.done && !r)
		r = state.error;
	file->position = state.position;
	return state.done ? (int64_t)state.done : r;
}

SYSCALL(getdents64)
{
	return list_folder(call, false);
}

SYSCALL(getdents)
{
	return list_folder(call, true);
}
