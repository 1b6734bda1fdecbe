/* SPDX-License-Identifier: ISC */
#include "guest/linux/clock.h"
#include "guest/linux/file_calls.h"
#include "guest/linux/watch.h"

/* Modes, owners, times, sizes, extended attributes. */

/* Only the owner and root change modes, owners and times. */
static int may_change(const struct place *place, uint32_t *owner,
                      uint32_t *group)
{
	struct linux_stat status;
	struct inode *inode = place->inode;
	int r;

	if (!inode)
		return -EPERM;
	if (inode->file_system->read_only)
		return -EROFS;
	if (!inode->ops->status)
		return -EPERM;
	r = inode->ops->status(inode, &status);
	if (r)
		return r;
	*owner = status.uid;
	*group = status.gid;
	return process.euid && process.euid != status.uid ? -EPERM : 0;
}

/* ------------------------------------------------------------------- modes */

static int64_t change_mode(int64_t descriptor, uint64_t path, uint32_t mode,
                           unsigned flags)
{
	uint32_t owner, group;
	PLACE(place);
	int r;

	if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	r = call_place(descriptor, path, flags, !(flags & AT_SYMLINK_NOFOLLOW),
	               &place);
	if (!r)
		r = may_change(&place, &owner, &group);
	if (r)
		return r;
	if (!place.inode->ops->set_mode || mode_is(place.inode->mode, S_IFLNK))
		return -EOPNOTSUPP;
	r = place.inode->ops->set_mode(place.inode, mode & S_IALL);
	if (!r)
		watch_report(place.inode, place.path, IN_ATTRIB);
	return r;
}

SYSCALL(chmod)
{
	return change_mode(AT_FDCWD, call->a[0], (uint32_t)call->a[1], 0);
}

SYSCALL(fchmod)
{
	HELD_FILE(file, call->a[0]);

	if (!file || file->flags & O_PATH)
		return -EBADF;
	return change_mode((int32_t)call->a[0], 0, (uint32_t)call->a[1],
	                   AT_EMPTY_PATH);
}

SYSCALL(fchmodat)
{
	return change_mode((int32_t)call->a[0], call->a[1],
	                   (uint32_t)call->a[2], 0);
}

SYSCALL(fchmodat2)
{
	return change_mode((int32_t)call->a[0], call->a[1],
	                   (uint32_t)call->a[2], (uint32_t)call->a[3]);
}

/* ------------------------------------------------------------------ owners */

static int64_t change_owner(int64_t descriptor, uint64_t path, uint32_t uid,
                            uint32_t gid, unsigned flags)
{
	uint32_t owner, group;
	PLACE(place);
	int r;

	if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	r = call_place(descriptor, path, flags, !(flags & AT_SYMLINK_NOFOLLOW),
	               &place);
	if (!r)
		r = may_change(&place, &owner, &group);
	if (r)
		return r;
	if (process.euid &&
	    ((uid != UINT32_MAX && uid != owner) ||
	     (gid != UINT32_MAX && gid != group && gid != process.egid)))
		return -EPERM;
	if (!place.inode->ops->set_owner)
		return -EPERM;
	r = place.inode->ops->set_owner(place.inode, uid, gid);
	/* A program is no longer set-uid once it has another owner. */
	if (!r && mode_is(place.inode->mode, S_IFREG) &&
	    (place.inode->mode & (S_ISUID | S_ISGID)) &&
	    place.inode->ops->set_mode)
		r = place.inode->ops->set_mode(place.inode,
		                               place.inode->mode & 01777);
	if (!r && (uid != UINT32_MAX || gid != UINT32_MAX))
		watch_report(place.inode, place.path, IN_ATTRIB);
	return r;
}

SYSCALL(chown)
{
	return change_owner(AT_FDCWD, call->a[0], (uint32_t)call->a[1],
	                    (uint32_t)call->a[2], 0);
}

SYSCALL(lchown)
{
	return change_owner(AT_FDCWD, call->a[0], (uint32_t)call->a[1],
	                    (uint32_t)call->a[2], AT_SYMLINK_NOFOLLOW);
}

SYSCALL(fchown)
{
	return change_owner((int32_t)call->a[0], 0, (uint32_t)call->a[1],
	                    (uint32_t)call->a[2], AT_EMPTY_PATH);
}

SYSCALL(fchownat)
{
	return change_owner((int32_t)call->a[0], call->a[1],
	                    (uint32_t)call->a[2], (uint32_t)call->a[3],
	                    (uint32_t)call->a[4]);
}

/* ------------------------------------------------------------------- times */

#define TIME_NOW  0x3fffffff /* UTIME_NOW */
#define TIME_OMIT 0x3ffffffe /* UTIME_OMIT */

/* One time alone is changed as if the file had been read, or written. */
static uint32_t times_event(const uint64_t times[2])
{
	if (times[0] == NEVER)
		return times[1] == NEVER ? 0 : IN_MODIFY;
	return times[1] == NEVER ? IN_ACCESS : IN_ATTRIB;
}

static int64_t change_times(int64_t descriptor, uint64_t path, unsigned flags,
                            const uint64_t times[2], bool all_now)
{
	uint32_t owner, group;
	PLACE(place);
	int r;

	r = call_place(descriptor, path, flags, !(flags & AT_SYMLINK_NOFOLLOW),
	               &place);
	if (!r)
		r = may_change(&place, &owner, &group);
	/* Whoever may write may say that it was now. */
	if (r == -EPERM && all_now && place.inode)
		r = vfs_permission(place.inode, MAY_WRITE);
	if (r)
		return r;
	if (!place.inode->ops->set_times)
		return -EPERM;
	r = place.inode->ops->set_times(place.inode, times[0], times[1]);
	if (!r)
		watch_report(place.inode, place.path, times_event(times));
	return r;
}

/* Pairs of seconds and a fraction; SCALE: nanoseconds of one. */
static int times_from_pairs(const int64_t pairs[4], int64_t scale,
                            uint64_t times[2])
{
	for (unsigned i = 0; i < 2; i++) {
		int64_t seconds = pairs[2 * i], part = pairs[2 * i + 1];

		if (part < 0 || part >= (int64_t)NANOSECONDS / scale)
			return -EINVAL;
		/* Before 1970, and after what fits, there is no time here. */
		if (seconds < 0)
			seconds = part = 0;
		if ((uint64_t)seconds > UINT64_MAX / NANOSECONDS / 2)
			seconds = (int64_t)(UINT64_MAX / NANOSECONDS / 2);
		times[i] = (uint64_t)seconds * NANOSECONDS +
		           (uint64_t)(part * scale);
	}
	return 0;
}

static int64_t times_of_files(int64_t descriptor, uint64_t path,
                              uint64_t address, int64_t scale, unsigned flags)
{
	uint64_t now = clock_realtime(), times[2] = {now, now};
	int64_t pairs[4];
	bool all_now = !address;
	int r;

	if (address && user_read(pairs, address, sizeof(pairs)))
		return -EFAULT;
	if (address && scale == 1) {
		bool special[2] = {false, false};
		uint64_t values[2] = {now, now};

		for (unsigned i = 0; i < 2; i++) {
			int64_t part = pairs[2 * i + 1];

			special[i] = part == TIME_NOW || part == TIME_OMIT;
			if (part == TIME_OMIT)
				values[i] = NEVER;
			if (special[i])
				pairs[2 * i] = pairs[2 * i + 1] = 0;
		}
		r = times_from_pairs(pairs, scale, times);
		for (unsigned i = 0; i < 2 && !r; i++)
			if (special[i])
				times[i] = values[i];
		if (!r && times[0] == NEVER && times[1] == NEVER)
			return 0;
		all_now = times[0] == now && times[1] == now;
	} else {
		r = address ? times_from_pairs(pairs, scale, times) : 0;
	}
	return r ? r : change_times(descriptor, path, flags, times, all_now);
}

SYSCALL(utimensat)
{
	unsigned flags = (unsigned)call->a[3];

	if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	/* futimens(): no path at all. */
	if (!call->a[1] && (int32_t)call->a[0] != AT_FDCWD)
		flags |= AT_EMPTY_PATH;
	return times_of_files((int32_t)call->a[0], call->a[1], call->a[2], 1,
	                      flags);
}

SYSCALL(utimes)
{
	return times_of_files(AT_FDCWD, call->a[0], call->a[1], 1000, 0);
}

SYSCALL(futimesat)
{
	return times_of_files((int32_t)call->a[0], call->a[1], call->a[2], 1000,
	                      0);
}

SYSCALL(utime)
{
	uint64_t now = clock_realtime(), times[2] = {now, now};
	int64_t seconds[2];

	if (call->a[1]) {
		int64_t pairs[4] = {0};
		int r;

		if (user_read(seconds, call->a[1], sizeof(seconds)))
			return -EFAULT;
		pairs[0] = seconds[0];
		pairs[2] = seconds[1];
		r = times_from_pairs(pairs, 1, times);
		if (r)
			return r;
	}
	return change_times(AT_FDCWD, call->a[0], 0, times, !call->a[1]);
}

/* ------------------------------------------------------------------- sizes */

/* RLIMIT_FSIZE for the new size of a regular file. */
static int may_resize(struct inode *inode, uint64_t size)
{
	struct linux_stat status;
	int r = inode->ops->status(inode, &status);

	return r ? r : file_may_grow(status.size, size);
}

SYSCALL(truncate)
{
	PLACE(place);
	int r;

	if ((int64_t)call->a[1] < 0)
		return -EINVAL;
	r = call_place(AT_FDCWD, call->a[0], 0, true, &place);
	if (r)
		return r;
	if (!place.inode || mode_is(place.inode->mode, S_IFDIR))
		return place.inode ? -EISDIR : -EINVAL;
	r = vfs_permission(place.inode, MAY_WRITE);
	if (r)
		return r;
	if (!mode_is(place.inode->mode, S_IFREG) || !place.inode->ops->truncate)
		return -EINVAL;
	r = may_resize(place.inode, call->a[1]);
	if (!r)
		r = place.inode->ops->truncate(place.inode, call->a[1]);
	if (!r)
		watch_report(place.inode, place.path, IN_MODIFY);
	return r;
}

static int truncate_open(struct file *file, uint64_t size)
{
	struct inode *inode = file->inode;

	if (file->ops->truncate)
		return file->ops->truncate(file, size);
	if (inode && mode_is(inode->mode, S_IFREG) && inode->ops->truncate)
		return inode->ops->truncate(inode, size);
	return -EINVAL;
}

SYSCALL(ftruncate)
{
	HELD_FILE(file, call->a[0]);
	int r = 0;

	if (!file || ((int64_t)call->a[1] >= 0 && file->flags & O_PATH))
		return -EBADF;
	if ((int64_t)call->a[1] < 0 || !file_may_write(file))
		return -EINVAL;
	if (file->inode && mode_is(file->inode->mode, S_IFREG))
		r = may_resize(file->inode, call->a[1]);
	if (!r)
		r = truncate_open(file, call->a[1]);
	if (!r)
		watch_report_file(file, IN_MODIFY);
	return r;
}

SYSCALL(fallocate)
{
	HELD_FILE(file, call->a[0]);
	int r;

	if (!file || !file_may_write(file))
		return -EBADF;
	if ((int64_t)call->a[2] < 0 || (int64_t)call->a[3] <= 0)
		return -EINVAL;
	if (!file->ops->allocate)
		return file->ops->seek ? -EOPNOTSUPP : -ESPIPE;
	r = file->ops->allocate(file, call_int(call, 1), call->a[2],
	                        call->a[3]);
	if (!r)
		watch_report_file(file, IN_MODIFY);
	return r;
}

/* ------------------------------------------------------ extended attributes */

/* No file system here has any: the file must exist, and then has none. */
static int64_t no_attribute(uint64_t path, bool follow, int error)
{
	PLACE(place);
	int r = call_place(AT_FDCWD, path, 0, follow, &place);

	return r ? r : error;
}

static int64_t no_attribute_of_file(uint64_t descriptor, int error)
{
	return descriptor_file((int64_t)descriptor) ? error : -EBADF;
}

SYSCALL(getxattr)
{
	return no_attribute(call->a[0], true, -ENODATA);
}

SYSCALL(lgetxattr)
{
	return no_attribute(call->a[0], false, -ENODATA);
}

SYSCALL(fgetxattr)
{
	return no_attribute_of_file(call->a[0], -ENODATA);
}

SYSCALL(setxattr)
{
	return no_attribute(call->a[0], true, -ENOTSUP);
}

SYSCALL(lsetxattr)
{
	return no_attribute(call->a[0], false, -ENOTSUP);
}

SYSCALL(fsetxattr)
{
	return no_attribute_of_file(call->a[0], -ENOTSUP);
}

SYSCALL(removexattr)
{
	return no_attribute(call->a[0], true, -ENODATA);
}

SYSCALL(lremovexattr)
{
	return no_attribute(call->a[0], false, -ENODATA);
}

SYSCALL(fremovexattr)
{
	return no_attribute_of_file(call->a[0], -ENODATA);
}

SYSCALL(listxattr)
{
	return no_attribute(call->a[0], true, 0);
}

SYSCALL(llistxattr)
{
	return no_attribute(call->a[0], false, 0);
}

SYSCALL(flistxattr)
{
	return no_attribute_of_file(call->a[0], 0);
}
