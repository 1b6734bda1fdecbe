/* SPDX-License-Identifier: ISC */

/* timerfd_create(2). */

#include "guest/linux/clock.h"
#include "guest/linux/ipc.h"
#include "guest/linux/syscall.h"
#include "guest/linux/time.h"

enum {
	TFD_TIMER_ABSTIME = 1,
	TFD_TIMER_CANCEL_ON_SET = 2,
};

struct timerfd {
	struct timer timer;
	struct wait_queue queue;
	uint64_t interval;
	/* Set by the timer.  Of a periodic one the further expirations are
	 * counted when somebody looks, as Linux does. */
	bool expired;
	bool real;
};

/* struct itimerspec */
struct setting {
	uint64_t interval, value;
};

static void expired(struct timer *timer)
{
	struct timerfd *t = CONTAINER_OF(timer, struct timerfd, timer);

	t->expired = true;
	wait_wake(&t->queue, POLLIN);
}

/* The expirations since the last look; sets the timer for the next. */
static uint64_t take(struct timerfd *t)
{
	if (!t->expired)
		return 0;
	t->expired = false;
	return t->interval ? timer_repeat(&t->timer, t->interval) + 1 : 1;
}

static int64_t timerfd_read(struct file *file, struct io *io, uint64_t position)
{
	struct timerfd *t = file->data;
	uint64_t ticks;
	int r;

	(void)position;
	if (io->left < sizeof(ticks))
		return -EINVAL;
	if (!t->expired) {
		if (file->flags & O_NONBLOCK)
			return ipc_would_block();
		WAIT_FOR(r, &t->queue, t->expired, NEVER);
		if (r)
			return ipc_restart(r);
	}
	ticks = take(t);
	return io_put(io, &ticks, sizeof(ticks));
}

static uint32_t timerfd_poll(struct file *file, struct poll_table *table)
{
	struct timerfd *t = file->data;

	poll_watch(table, &t->queue);
	return t->expired ? POLLIN : 0;
}

static int timerfd_status(struct file *file, struct linux_stat *status)
{
	(void)file;
	return ipc_status(0600, 1, status);
}

static void timerfd_close(struct file *file)
{
	struct timerfd *t = file->data;

	timer_cancel(&t->timer);
	memory_free(t);
}

static const struct file_ops timerfd_ops = {
        .name = "[timerfd]",
        .seeks_nowhere = true,
        .read = timerfd_read,
        .poll = timerfd_poll,
        .status = timerfd_status,
        .close = timerfd_close,
};

SYSCALL(timerfd_create)
{
	uint32_t flags = (uint32_t)call->a[1];
	int clock = call_int(call, 0);
	struct timerfd *t;
	int64_t r;

	if (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC &&
	    clock != CLOCK_BOOTTIME && clock != CLOCK_REALTIME_ALARM &&
	    clock != CLOCK_BOOTTIME_ALARM)
		return -EINVAL;
	r = clock_check_alarm(clock);
	if (r)
		return r;
	t = memory_zeroed(sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->real = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
	timer_init(&t->timer, expired);
	wait_queue_init(&t->queue);
	r = ipc_install(&timerfd_ops, t, O_RDWR | flags);
	if (r == -ENFILE)
		memory_free(t);
	return r;
}

/* *t or -EBADF, -EINVAL */
static int64_t find(const struct syscall *call, struct timerfd **t)
{
	struct file *file = descriptor_file(call_int(call, 0));

	if (!file)
		return -EBADF;
	if (file->ops != &timerfd_ops)
		return -EINVAL;
	*t = file->data;
	return 0;
}

/* What timerfd_gettime says: the time left is never zero while it is set. */
static int put_setting(struct timerfd *t, uint64_t address)
{
	uint64_t now = clock_monotonic(), left = 0;
	int r;

	if (timer_is_set(&t->timer))
		left = t->timer.deadline > now ? t->timer.deadline - now : 1;
	r = time_to_user(address, t->interval);
	return r ? r : time_to_user(address + 16, left);
}

/* A deadline of the clock of T as one of the monotonic clock. */
static uint64_t monotonic_deadline(const struct timerfd *t, uint64_t value,
                                   bool absolute)
{
	uint64_t now = clock_monotonic(), from = now;

	if (!absolute)
		return value > NEVER - 1 - now ? NEVER - 1 : now + value;
	if (t->real)
		from = clock_realtime();
	if (value <= from)
		return now;
	value -= from;
	return value > NEVER - 1 - now ? NEVER - 1 : now + value;
}

SYSCALL(timerfd_settime)
{
	uint32_t flags = (uint32_t)call->a[1];
	struct setting setting;
	struct timerfd *t;
	int64_t r;

	if (flags & ~(uint32_t)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
		return -EINVAL;
	r = time_from_user(call->a[2], &setting.interval);
	if (!r)
		r = time_from_user(call->a[2] + 16, &setting.value);
	if (!r)
		r = find(call, &t);
	if (r)
		return r;
	if (t->expired && t->interval)
		take(t);
	if (call->a[3]) {
		if (!user_writable(call->a[3], 32))
			return -EFAULT;
		put_setting(t, call->a[3]);
	}
	t->expired = false;
	timer_cancel(&t->timer);
	t->interval = setting.interval;
	if (setting.value)
		timer_set(&t->timer,
		          monotonic_deadline(t, setting.value,
		                             flags & TFD_TIMER_ABSTIME));
	return 0;
}

/* Looking sets a periodic timer again, and does not lose what has expired. */
SYSCALL(timerfd_gettime)
{
	struct timerfd *t;
	int64_t r = find(call, &t);
	uint64_t now = clock_monotonic();
	uint64_t left = 0;

	if (r)
		return r;
	if (timer_is_set(&t->timer)) {
		left = t->timer.deadline > now ? t->timer.deadline - now : 1;
	} else if (t->expired && t->interval) {
		left = t->interval - (now - t->timer.deadline) % t->interval;
	}
	r = time_to_user(call->a[1], t->interval);
	return r ? r : time_to_user(call->a[1] + 16, left);
}
