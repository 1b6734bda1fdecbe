/* SPDX-License-Identifier: ISC */

/* signalfd(2). */

#include "guest/linux/ipc.h"
#include "guest/linux/signal.h"
#include "guest/linux/syscall.h"

#define UNBLOCKABLE (UINT64_C(1) << (9 - 1) | UINT64_C(1) << (19 - 1))

enum {
	SI_TIMER = -2,
	SI_QUEUE = -1,
	SIGILL = 4,
	SIGFPE = 8,
	SIGBUS = 7,
	SIGSEGV = 11,
	SIGTRAP = 5,
	SIGCHLD = 17,
	SIGPOLL = 29,
};

/* struct signalfd_siginfo (linux/signalfd.h) */
struct entry {
	uint32_t number;
	int32_t error, code;
	uint32_t pid, uid;
	int32_t descriptor;
	uint32_t timer, band, overrun, trap;
	int32_t status, integer;
	uint64_t pointer, user_time, system_time, address;
	uint16_t address_bit, padding;
	int32_t call;
	uint64_t call_address;
	uint32_t arch;
	uint8_t rest[28];
};

_Static_assert(sizeof(struct entry) == 128, "struct signalfd_siginfo");

static void fill(struct entry *e, const struct signal_info *info)
{
	memset(e, 0, sizeof(*e));
	e->number = (uint32_t)info->number;
	e->error = info->error;
	e->code = info->code;
	switch (info->number) {
	case SIGILL:
	case SIGFPE:
	case SIGBUS:
	case SIGSEGV:
	case SIGTRAP:
		if (info->code > 0) {
			e->address = info->fault.address;
			return;
		}
		break;
	case SIGPOLL:
		if (info->code > 0) {
			e->band = (uint32_t)info->poll.band;
			e->descriptor = info->poll.descriptor;
			return;
		}
		break;
	default:
		break;
	}
	if (info->code == SI_TIMER) {
		e->timer = (uint32_t)info->timer.timer;
		e->overrun = (uint32_t)info->timer.overrun;
		e->pointer = info->timer.value;
		e->integer = (int32_t)info->timer.value;
		return;
	}
	e->pid = (uint32_t)info->sender.pid;
	e->uid = info->sender.uid;
	if (info->code == SI_QUEUE) {
		e->pointer = info->sender.value;
		e->integer = (int32_t)info->sender.value;
	}
}

struct signalfd {
	uint64_t set;
};

static int64_t signalfd_read(struct file *file, struct io *io,
                             uint64_t position)
{
	struct signalfd *s = file->data;
	struct signal_info info;
	struct entry entry;
	int64_t done = 0;
	int r;

	(void)position;
	if (io->left < sizeof(entry))
		return -EINVAL;
	if (!(signal_pending() & s->set)) {
		if (file->flags & O_NONBLOCK)
			return ipc_would_block();
		WAIT_FOR(r, &signal_queue, signal_pending() & s->set, NEVER);
		if (r)
			return ipc_restart(r);
	}
	while (io->left >= sizeof(entry) && signal_take(s->set, &info)) {
		int64_t n;

		fill(&entry, &info);
		n = io_put(io, &entry, sizeof(entry));
		if (n != sizeof(entry))
			return done ? done : -EFAULT;
		done += n;
	}
	return done;
}

static uint32_t signalfd_poll(struct file *file, struct poll_table *table)
{
	struct signalfd *s = file->data;

	poll_watch(table, &signal_queue);
	return signal_pending() & s->set ? POLLIN : 0;
}

static int signalfd_status(struct file *file, struct linux_stat *status)
{
	(void)file;
	return ipc_status(0600, 1, status);
}

static void signalfd_close(struct file *file)
{
	memory_free(file->data);
}

static const struct file_ops signalfd_ops = {
        .name = "[signalfd]",
        .seeks_nowhere = true,
        .read = signalfd_read,
        .poll = signalfd_poll,
        .status = signalfd_status,
        .close = signalfd_close,
};

static int64_t make(const struct syscall *call, uint32_t flags)
{
	int32_t descriptor = call_int(call, 0);
	struct signalfd *s;
	struct file *file;
	uint64_t set;
	int64_t r;

	if (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (call->a[2] != sizeof(set))
		return -EINVAL;
	if (user_read(&set, call->a[1], sizeof(set)))
		return -EFAULT;
	set &= ~UNBLOCKABLE;
	if (descriptor != -1) {
		file = descriptor_file(descriptor);
		if (!file)
			return -EBADF;
		if (file->ops != &signalfd_ops)
			return -EINVAL;
		s = file->data;
		s->set = set;
		wait_wake(&signal_queue, POLLIN);
		return descriptor;
	}
	s = memory_zeroed(sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->set = set;
	r = ipc_install(&signalfd_ops, s, O_RDWR | flags);
	if (r == -ENFILE)
		memory_free(s);
	return r;
}

SYSCALL(signalfd)
{
	return make(call, 0);
}

SYSCALL(signalfd4)
{
	return make(call, (uint32_t)call->a[3]);
}
