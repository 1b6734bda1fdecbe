/* SPDX-License-Identifier: ISC */
#include "guest/linux/file_calls.h"
#include "guest/linux/ipc.h"
#include "guest/linux/lock.h"
#include "guest/linux/tmpfs.h"

/* Descriptors as such: closing, doubling, flags. */

SYSCALL(close)
{
	return descriptor_close(call->a[0]);
}

#define CLOSE_RANGE_UNSHARE 2u /* nothing to do: one process */
#define CLOSE_RANGE_CLOEXEC 4u

SYSCALL(close_range)
{
	uint32_t first = (uint32_t)call->a[0], last = (uint32_t)call->a[1];
	uint32_t flags = (uint32_t)call->a[2];

	if (first > last ||
	    flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	if (first > DESCRIPTORS_MAX)
		return 0;
	for (int n = descriptor_next((int)first); n >= 0 && (uint32_t)n <= last;
	     n = descriptor_next(n + 1)) {
		if (flags & CLOSE_RANGE_CLOEXEC)
			descriptor_set_close_on_exec(n, true);
		else
			descriptor_close(n);
	}
	return 0;
}

SYSCALL(dup)
{
	struct file *file = descriptor_hold(call->a[0]);

	return file ? descriptor_install(file, false, 0) : -EBADF;
}

SYSCALL(dup2)
{
	struct file *file = descriptor_file(call->a[0]);

	if (!file)
		return -EBADF;
	if (call_int(call, 0) == call_int(call, 1))
		return call_int(call, 1);
	return descriptor_replace(file_hold(file), call_int(call, 1), false);
}

SYSCALL(dup3)
{
	struct file *file = descriptor_file(call->a[0]);
	uint32_t flags = (uint32_t)call->a[2];

	if (flags & ~(uint32_t)O_CLOEXEC ||
	    call_int(call, 0) == call_int(call, 1))
		return -EINVAL;
	if (!file)
		return -EBADF;
	return descriptor_replace(file_hold(file), call_int(call, 1),
	                          flags & O_CLOEXEC);
}

/* ------------------------------------------------------------------- fcntl */

enum {
	F_DUPFD = 0,
	F_GETFD = 1,
	F_SETFD = 2,
	F_GETFL = 3,
	F_SETFL = 4,
	F_SETOWN = 8,
	F_GETOWN = 9,
	F_SETSIG = 10,
	F_GETSIG = 11,
	F_SETOWN_EX = 15,
	F_GETOWN_EX = 16,
	F_GETLEASE = 1025,
	F_DUPFD_CLOEXEC = 1030,
	F_SETPIPE_SZ = 1031,
	F_GETPIPE_SZ = 1032,
	F_ADD_SEALS = 1033,
	F_GET_SEALS = 1034,
};

#define SET_FLAGS (O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME)

static int64_t control_seals(struct file *file, int command, uint64_t argument)
{
	struct tmpfs_node *node = tmpfs_file_node(file);

	if (!node)
		return -EINVAL;
	if (command == F_GET_SEALS)
		return node->file.seals;
	if (argument & ~(uint64_t)0x1f)
		return -EINVAL;
	if (!file_may_write(file) || (node->file.seals & F_SEAL_SEAL))
		return -EPERM;
	if (argument & F_SEAL_WRITE && mm_shares_writable(file->inode))
		return -EBUSY;
	node->file.seals |= (uint32_t)argument;
	return 0;
}

static int64_t set_flags(struct file *file, uint64_t argument)
{
	uint32_t flags = flags_from_program((uint32_t)argument);

	file->flags =
	        (file->flags & ~(uint32_t)SET_FLAGS) | (flags & SET_FLAGS);
	return 0;
}

/* struct f_owner_ex: type, then the number. */
static int64_t control_owner(struct file *file, int command, uint64_t address)
{
	int32_t owner[2] = {1, file->owner};

	if (command == F_GETOWN_EX) {
		if (file->owner < 0)
			owner[0] = 2, owner[1] = -file->owner;
		return user_write(address, owner, sizeof(owner));
	}
	if (user_read(owner, address, sizeof(owner)))
		return -EFAULT;
	if (owner[0] < 0 || owner[0] > 2)
		return -EINVAL;
	file->owner = owner[0] == 2 ? -owner[1] : owner[1];
	return 0;
}

/* Those that a descriptor of O_PATH takes too. */
static int64_t control_descriptor(struct file *file, const struct syscall *call,
                                  bool *done)
{
	uint64_t argument = call->a[2];

	*done = true;
	switch (call_int(call, 1)) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if ((int32_t)argument < 0 ||
		    (int32_t)argument >= (int32_t)min_u64(process.limits[7][0],
		                                          DESCRIPTORS_MAX))
			return -EINVAL;
		return descriptor_install(file_hold(file),
		                          call_int(call, 1) == F_DUPFD_CLOEXEC,
		                          (int32_t)argument);
	case F_GETFD:
		return descriptor_close_on_exec(call->a[0]);
	case F_SETFD:
		descriptor_set_close_on_exec(call->a[0], argument & 1);
		return 0;
	case F_GETFL:
		return flags_to_program(file->flags);
	default:
		*done = false;
		return 0;
	}
}

SYSCALL(fcntl)
{
	HELD_FILE(file, call->a[0]);
	uint64_t argument = call->a[2];
	int command = call_int(call, 1);
	int64_t result;
	bool done;

	if (!file)
		return -EBADF;
	result = control_descriptor(file, call, &done);
	if (done)
		return result;
	if (file->flags & O_PATH)
		return -EBADF;
	switch (command) {
	case F_SETFL:
		return set_flags(file, argument);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return lock_control(file, command, argument);
	case F_SETOWN:
		file->owner = (int32_t)argument;
		return 0;
	case F_GETOWN:
		return file->owner;
	case F_SETOWN_EX:
	case F_GETOWN_EX:
		return control_owner(file, command, argument);
	case F_SETSIG:
	case F_GETSIG:
		return 0;
	case F_GETLEASE:
		return LOCK_NONE;
	case F_ADD_SEALS:
	case F_GET_SEALS:
		return control_seals(file, command, argument);
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return command == F_SETPIPE_SZ
		               ? pipe_set_size(file, (uint32_t)argument)
		               : pipe_size(file);
	default:
		return -EINVAL;
	}
}

/* ------------------------------------------------------------------- ioctl */

enum {
	FIONCLEX = 0x5450,
	FIOCLEX = 0x5451,
	FIOASYNC = 0x5452,
};

static int64_t set_flag_from(struct file *file, uint32_t flag, uint64_t address)
{
	int32_t on;

	if (user_read(&on, address, sizeof(on)))
		return -EFAULT;
	file->flags = on ? file->flags | flag : file->flags & ~flag;
	return 0;
}

static int64_t bytes_to_read(struct file *file, uint64_t address)
{
	struct linux_stat status;
	int32_t left;

	if (!file->inode || !mode_is(file->inode->mode, S_IFREG))
		return -ENOTTY;
	if (file_status(file, &status))
		return -EIO;
	left = (int32_t)min_u64(INT32_MAX,
	                        status.size > file->position
	                                ? status.size - file->position
	                                : 0);
	return user_write(address, &left, sizeof(left));
}

SYSCALL(ioctl)
{
	HELD_FILE(file, call->a[0]);
	uint32_t request = (uint32_t)call->a[1];

	if (!file || (file->flags & O_PATH))
		return -EBADF;
	switch (request) {
	case FIOCLEX:
	case FIONCLEX:
		descriptor_set_close_on_exec(call->a[0], request == FIOCLEX);
		return 0;
	case FIONBIO:
		return set_flag_from(file, O_NONBLOCK, call->a[2]);
	case FIOASYNC:
		return set_flag_from(file, O_ASYNC, call->a[2]);
	default:
		break;
	}
	if (file->ops->control)
		return file->ops->control(file, request, call->a[2]);
	return request == FIONREAD ? bytes_to_read(file, call->a[2]) : -ENOTTY;
}
