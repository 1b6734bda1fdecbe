/* SPDX-License-Identifier: ISC */
#include "guest/linux/file_calls.h"

/* What is known of a file without opening it. */

/* struct stat of x86-64 and of asm-generic/stat.h. */
#if ARCH_SYSCALL_BY_X86
struct program_stat {
	uint64_t device, inode, links;
	uint32_t mode, uid, gid, padding;
	uint64_t special, size, block_size, blocks;
	uint64_t accessed[2], modified[2], changed[2];
	uint64_t unused[3];
};
_Static_assert(sizeof(struct program_stat) == 144, "struct stat");
#else
struct program_stat {
	uint64_t device, inode;
	uint32_t mode, links, uid, gid;
	uint64_t special, padding, size;
	uint32_t block_size, padding2;
	uint64_t blocks;
	uint64_t accessed[2], modified[2], changed[2];
	uint32_t unused[2];
};
_Static_assert(sizeof(struct program_stat) == 128, "struct stat");
#endif

static void split_time(uint64_t time[2], uint64_t nanoseconds)
{
	time[0] = nanoseconds / NANOSECONDS;
	time[1] = nanoseconds % NANOSECONDS;
}

static int64_t put_stat(uint64_t address, const struct linux_stat *status)
{
	struct program_stat stat = {
	        .device = status->device,
	        .inode = status->inode,
	        .mode = status->mode,
	        .uid = status->uid,
	        .gid = status->gid,
	        .special = status->special,
	        .size = status->size,
	        .blocks = status->blocks,
	};

	stat.links = status->links;
	stat.block_size = (uint32_t)status->block_size;
	split_time(stat.accessed, status->accessed);
	split_time(stat.modified, status->modified);
	split_time(stat.changed, status->changed);
	return user_write(address, &stat, sizeof(stat));
}

static int place_status(const struct place *place, struct linux_stat *status)
{
	if (place->file)
		return file_status(place->file, status);
	if (!place->inode || !place->inode->ops->status)
		return -EIO;
	return place->inode->ops->status(place->inode, status);
}

static int64_t stat_at(int64_t descriptor, uint64_t path, unsigned flags,
                       uint64_t address)
{
	struct linux_stat status;
	PLACE(place);
	int r = call_place(descriptor, path, flags,
	                   !(flags & AT_SYMLINK_NOFOLLOW), &place);

	if (!r)
		r = place_status(&place, &status);
	return r ? r : put_stat(address, &status);
}

SYSCALL(stat)
{
	return stat_at(AT_FDCWD, call->a[0], 0, call->a[1]);
}

SYSCALL(lstat)
{
	return stat_at(AT_FDCWD, call->a[0], AT_SYMLINK_NOFOLLOW, call->a[1]);
}

SYSCALL(newfstatat)
{
	uint32_t flags = (uint32_t)call->a[3];

	if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH |
	                        AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	return stat_at((int32_t)call->a[0], call->a[1], flags, call->a[2]);
}

SYSCALL(fstat)
{
	HELD_FILE(file, call->a[0]);
	struct linux_stat status;
	int r;

	if (!file)
		return -EBADF;
	r = file_status(file, &status);
	return r ? r : put_stat(call->a[1], &status);
}

/* ------------------------------------------------------------------- statx */

/* linux/stat.h */
struct statx_time {
	int64_t seconds;
	uint32_t nanoseconds, reserved;
};

struct statx {
	uint32_t mask, block_size;
	uint64_t attributes;
	uint32_t links, uid, gid;
	uint16_t mode, padding;
	uint64_t inode, size, blocks, attributes_mask;
	struct statx_time accessed, created, changed, modified;
	uint32_t special_major, special_minor, device_major, device_minor;
	uint64_t mount;
	uint64_t spare[13];
};

_Static_assert(sizeof(struct statx) == 256, "struct statx");

#define STATX_BASIC_AND_BIRTH 0xfffu
#define STATX_RESERVED        0x80000000u

static struct statx_time statx_time(uint64_t nanoseconds)
{
	return (struct statx_time){
	        .seconds = (int64_t)(nanoseconds / NANOSECONDS),
	        .nanoseconds = (uint32_t)(nanoseconds % NANOSECONDS),
	};
}

SYSCALL(statx)
{
	uint32_t flags = (uint32_t)call->a[2];
	struct linux_stat status;
	struct statx statx;
	PLACE(place);
	int r;

	if ((call->a[2] & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    call->a[3] & STATX_RESERVED ||
	    flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH |
	                        AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	r = call_place((int32_t)call->a[0], call->a[1], flags,
	               !(flags & AT_SYMLINK_NOFOLLOW), &place);
	if (!r)
		r = place_status(&place, &status);
	if (r)
		return r;
	statx = (struct statx){
	        .mask = STATX_BASIC_AND_BIRTH,
	        .block_size = (uint32_t)status.block_size,
	        .links = status.links,
	        .uid = status.uid,
	        .gid = status.gid,
	        .mode = (uint16_t)status.mode,
	        .inode = status.inode,
	        .size = status.size,
	        .blocks = status.blocks,
	        .accessed = statx_time(status.accessed),
	        .created = statx_time(status.created),
	        .changed = statx_time(status.changed),
	        .modified = statx_time(status.modified),
	        .special_major = device_major(status.special),
	        .special_minor = device_minor(status.special),
	        .device_major = device_major(status.device),
	        .device_minor = device_minor(status.device),
	};
	return user_write(call->a[4], &statx, sizeof(statx));
}

/* ------------------------------------------------------------------ statfs */

/* struct statfs of 64-bit Linux. */
struct statfs {
	uint64_t type, block_size, blocks, free, available;
	uint64_t files, files_free;
	uint32_t id[2];
	uint64_t name_length, fragment_size, flags, spare[4];
};

_Static_assert(sizeof(struct statfs) == 120, "struct statfs");

#define ANONYMOUS_MAGIC  0x09041934u
#define STATFS_VALID     0x20u
#define STATFS_READ_ONLY 1u
#define STATFS_NOATIME   0x400u

static int64_t put_statfs(const struct inode *inode, uint64_t address)
{
	struct statfs statfs = {
	        .type = ANONYMOUS_MAGIC,
	        .block_size = PAGE_SIZE,
	        .fragment_size = PAGE_SIZE,
	        .name_length = 255,
	        .flags = STATFS_VALID | STATFS_NOATIME,
	};

	if (inode) {
		struct file_system *file_system = inode->file_system;
		uint64_t total = 0, free = 0;
		int r = file_system->space
		                ? file_system->space(file_system, &total, &free)
		                : 0;

		if (r)
			return r;
		statfs.type = file_system->magic;
		statfs.blocks = total / PAGE_SIZE;
		statfs.free = statfs.available = free / PAGE_SIZE;
		statfs.id[0] = (uint32_t)file_system->device;
		if (file_system->read_only)
			statfs.flags |= STATFS_READ_ONLY;
	}
	return user_write(address, &statfs, sizeof(statfs));
}

SYSCALL(statfs)
{
	PLACE(place);
	int r = call_place(AT_FDCWD, call->a[0], 0, true, &place);

	return r ? r : put_statfs(place.inode, call->a[1]);
}

SYSCALL(fstatfs)
{
	HELD_FILE(file, call->a[0]);

	return file ? put_statfs(file->inode, call->a[1]) : -EBADF;
}

/* ------------------------------------------------------------------ access */

static int64_t access_at(int64_t descriptor, uint64_t path, uint32_t wanted,
                         uint32_t flags)
{
	uint32_t euid = process.euid, egid = process.egid;
	PLACE(place);
	int r;

	if (wanted & ~7u ||
	    flags & ~(uint32_t)(AT_EACCESS | AT_SYMLINK_NOFOLLOW |
	                        AT_EMPTY_PATH))
		return -EINVAL;
	/* The real ids count unless AT_EACCESS. */
	if (!(flags & AT_EACCESS)) {
		process.euid = process.uid;
		process.egid = process.gid;
	}
	r = call_place(descriptor, path, flags, !(flags & AT_SYMLINK_NOFOLLOW),
	               &place);
	if (!r && place.inode && wanted)
		r = vfs_permission(place.inode, wanted);
	process.euid = euid;
	process.egid = egid;
	return r;
}

SYSCALL(access)
{
	return access_at(AT_FDCWD, call->a[0], (uint32_t)call->a[1], 0);
}

SYSCALL(faccessat)
{
	return access_at((int32_t)call->a[0], call->a[1], (uint32_t)call->a[2],
	                 0);
}

SYSCALL(faccessat2)
{
	return access_at((int32_t)call->a[0], call->a[1], (uint32_t)call->a[2],
	                 (uint32_t)call->a[3]);
}

/* ---------------------------------------------------------------- readlink */

static int64_t read_link_at(int64_t descriptor, uint64_t path, uint64_t to,
                            int32_t size)
{
	PLACE(place);
	int64_t n;
	char *text;
	int r;

	if (size <= 0)
		return -EINVAL;
	/* An O_PATH descriptor of a link and an empty path name the link. */
	r = call_place(descriptor, path,
	               (int32_t)descriptor == AT_FDCWD ? 0 : AT_EMPTY_PATH,
	               false, &place);
	if (r)
		return r;
	if (!place.inode || !place.inode->ops->read_link ||
	    !mode_is(place.inode->mode, S_IFLNK))
		return -EINVAL;
	text = memory_allocate(PATH_LIMIT);
	if (!text)
		return -ENOMEM;
	n = place.inode->ops->read_link(
	        place.inode, text,
	        min_u64(PATH_LIMIT, (uint64_t)(uint32_t)size));
	if (n > 0 && user_write(to, text, (size_t)n))
		n = -EFAULT;
	memory_free(text);
	return n;
}

SYSCALL(readlink)
{
	return read_link_at(AT_FDCWD, call->a[0], call->a[1],
	                    call_int(call, 2));
}

SYSCALL(readlinkat)
{
	return read_link_at((int32_t)call->a[0], call->a[1], call->a[2],
	                    call_int(call, 3));
}
