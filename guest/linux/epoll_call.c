/* SPDX-License-Identifier: ISC */

/* The calls of epoll(7). */

#include "guest/linux/clock.h"
#include "guest/linux/epoll.h"
#include "guest/linux/signal.h"
#include "guest/linux/syscall.h"

#define EVENTS_MAX (INT32_MAX / 16)
#define BATCH      256u

/* struct epoll_event of the program: packed on x86-64 alone. */
#if defined(__x86_64__)
#define EVENT_SIZE  12u
#define DATA_OFFSET 4u
#else
#define EVENT_SIZE  16u
#define DATA_OFFSET 8u
#endif

static uint32_t epoll_poll(struct file *file, struct poll_table *table)
{
	return epoll_state(file->data, table);
}

static int epoll_status(struct file *file, struct linux_stat *status)
{
	(void)file;
	return ipc_status(0600, 1, status);
}

static void epoll_close(struct file *file)
{
	epoll_destroy(file->data);
}

const struct file_ops epoll_ops = {
        .name = "[eventpoll]",
        .seeks_nowhere = true,
        .poll = epoll_poll,
        .status = epoll_status,
        .close = epoll_close,
};

static int64_t make(uint32_t flags)
{
	struct epoll *epoll;
	int64_t r;

	if (flags & ~(uint32_t)O_CLOEXEC)
		return -EINVAL;
	epoll = epoll_create();
	if (!epoll)
		return -ENOMEM;
	r = ipc_install(&epoll_ops, epoll, O_RDWR | flags);
	if (r == -ENFILE)
		epoll_destroy(epoll);
	return r;
}

SYSCALL(epoll_create)
{
	return call_int(call, 0) <= 0 ? -EINVAL : make(0);
}

SYSCALL(epoll_create1)
{
	return make((uint32_t)call->a[0]);
}

/* Can it be waited for?  Linux: only what has a poll of its own. */
static bool can_watch(const struct file *file)
{
	return file->ops->poll && !(file->flags & O_PATH);
}

SYSCALL(epoll_ctl)
{
	struct file *file = descriptor_file(call_int(call, 0));
	struct file *target = descriptor_file(call_int(call, 2));
	uint8_t bytes[EVENT_SIZE];
	struct epoll_event event = {0};
	int operation = call_int(call, 1);

	if (operation != EPOLL_CTL_DEL) {
		if (user_read(bytes, call->a[3], sizeof(bytes)))
			return -EFAULT;
		memcpy(&event.events, bytes, sizeof(event.events));
		memcpy(&event.data, bytes + DATA_OFFSET, sizeof(event.data));
	}
	if (!file || !target)
		return -EBADF;
	if (!can_watch(target))
		return -EPERM;
	if (target == file || file->ops != &epoll_ops)
		return -EINVAL;
	event.events &= ~EPOLLWAKEUP;
	return epoll_change(file->data, operation, target, call_int(call, 2),
	                    &event);
}

static int put_events(uint64_t address, const struct epoll_event *events,
                      unsigned count)
{
	uint8_t bytes[BATCH * EVENT_SIZE] = {0};

	for (unsigned i = 0; i < count; i++) {
		memcpy(bytes + i * EVENT_SIZE, &events[i].events, 4);
		memcpy(bytes + i * EVENT_SIZE + DATA_OFFSET, &events[i].data,
		       8);
	}
	return user_write(address, bytes, (size_t)count * EVENT_SIZE);
}

/*
 * Reports what is ready now: a number or -EFAULT.  A call reports a batch at
 * most; programs that ask for more come again at once.
 */
static int64_t report(struct epoll *epoll, uint64_t address, unsigned count)
{
	struct epoll_event events[BATCH];
	unsigned n =
	        epoll_collect(epoll, events, count < BATCH ? count : BATCH);

	if (n && put_events(address, events, n))
		return -EFAULT;
	return n;
}

static int64_t wait_events(struct file *file, uint64_t address, unsigned count,
                           uint64_t deadline)
{
	struct epoll *epoll = file->data;
	int64_t n = report(epoll, address, count);
	int r = 0;

	if (n) {
		ipc_poll_returns();
		return n;
	}
	if (deadline <= clock_monotonic()) {
		ipc_relax();
		return report(epoll, address, count);
	}
	while (!n && !r) {
		WAIT_FOR(r, &epoll->queue, epoll_maybe_ready(epoll), deadline);
		n = report(epoll, address, count);
	}
	/* Others that wait here take what is left. */
	if (n > 0 && epoll_maybe_ready(epoll))
		wait_wake_some(&epoll->queue, POLL_READABLE, 1);
	if (n)
		return n;
	return r == -ETIMEDOUT ? 0 : r;
}

static int64_t wait(const struct syscall *call, uint64_t deadline)
{
	int count = call_int(call, 2);
	struct file *file;
	int64_t n;

	if (count <= 0 || count > EVENTS_MAX)
		return -EINVAL;
	file = descriptor_hold(call_int(call, 0));
	if (!file)
		return -EBADF;
	n = -EINVAL;
	if (file->ops == &epoll_ops)
		n = wait_events(file, call->a[1], (unsigned)count, deadline);
	file_release(file);
	return n;
}

static uint64_t milliseconds_deadline(int32_t timeout)
{
	if (timeout < 0)
		return NEVER;
	return clock_monotonic() + (uint64_t)timeout * 1000000;
}

SYSCALL(epoll_wait)
{
	return wait(call, milliseconds_deadline(call_int(call, 3)));
}

SYSCALL(epoll_pwait)
{
	if (call->a[4]) {
		int r = signal_mask_for_call(call->a[4], call->a[5]);

		if (r)
			return r;
	}
	return wait(call, milliseconds_deadline(call_int(call, 3)));
}

SYSCALL(epoll_pwait2)
{
	uint64_t deadline;
	int r = deadline_from_user(call->a[3], &deadline);

	if (!r && call->a[4])
		r = signal_mask_for_call(call->a[4], call->a[5]);
	return r ? r : wait(call, deadline);
}
