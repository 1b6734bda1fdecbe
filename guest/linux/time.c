/* SPDX-License-Identifier: ISC */

/* Clocks and sleeping; interval.c has the timers. */

#include "guest/linux/internal.h"
#include "guest/linux/mm.h"
#include "guest/linux/time.h"

struct timespec {
	int64_t seconds, nanoseconds;
};

struct timeval {
	int64_t seconds, microseconds;
};

/* --------------------------------------------------------------- formats */

int time_from_user(uint64_t address, uint64_t *nanoseconds)
{
	struct timespec t;

	if (user_read(&t, address, sizeof(t)))
		return -EFAULT;
	if (t.seconds < 0 || t.nanoseconds < 0 ||
	    (uint64_t)t.nanoseconds >= NANOSECONDS)
		return -EINVAL;
	if ((uint64_t)t.seconds >= NEVER / NANOSECONDS)
		*nanoseconds = NEVER - 1;
	else
		*nanoseconds = (uint64_t)t.seconds * NANOSECONDS +
		               (uint64_t)t.nanoseconds;
	return 0;
}

int value_from_user(uint64_t address, uint64_t *nanoseconds)
{
	struct timeval t;

	if (user_read(&t, address, sizeof(t)))
		return -EFAULT;
	if (t.seconds < 0 || t.microseconds < 0 || t.microseconds >= 1000000)
		return -EINVAL;
	*nanoseconds = min_u64((uint64_t)t.seconds, NEVER / NANOSECONDS - 1) *
	                       NANOSECONDS +
	               (uint64_t)t.microseconds * 1000;
	return 0;
}

int value_to_user(uint64_t address, uint64_t nanoseconds)
{
	struct timeval t = {
	        .seconds = (int64_t)(nanoseconds / NANOSECONDS),
	        .microseconds = (int64_t)(nanoseconds % NANOSECONDS / 1000),
	};

	return user_write(address, &t, sizeof(t));
}

int time_to_user(uint64_t address, uint64_t nanoseconds)
{
	struct timespec t = {
	        .seconds = (int64_t)(nanoseconds / NANOSECONDS),
	        .nanoseconds = (int64_t)(nanoseconds % NANOSECONDS),
	};

	return user_write(address, &t, sizeof(t));
}

int deadline_from_user(uint64_t address, uint64_t *deadline)
{
	uint64_t duration;
	int r;

	*deadline = NEVER;
	if (!address)
		return 0;
	r = time_from_user(address, &duration);
	if (r)
		return r;
	*deadline = task_current->restarting ? task_current->restart_deadline
	                                     : clock_after(duration);
	return 0;
}

/* ---------------------------------------------------------------- clocks */

/* The clocks of CPU time tell what all variants share: time that has passed.
 * Negative ids are those of processes and threads (clock_getcpuclockid(3)). */
int clock_value(int id, uint64_t *value)
{
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		*value = clock_realtime();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
	case CLOCK_PROCESS:
	case CLOCK_THREAD:
		*value = clock_monotonic();
		return 0;
	default:
		*value = clock_monotonic();
		return id < 0 ? 0 : -EINVAL;
	}
}

int clock_check_alarm(int id)
{
	bool wakes = id == CLOCK_REALTIME_ALARM || id == CLOCK_BOOTTIME_ALARM;

	return wakes && process.euid ? -EPERM : 0;
}

/* Clocks that nobody can wait for: the coarse ones and the raw one. */
static bool has_timers(int id)
{
	return id != CLOCK_MONOTONIC_RAW && id != CLOCK_REALTIME_COARSE &&
	       id != CLOCK_MONOTONIC_COARSE;
}

int clock_for_timers(int id)
{
	uint64_t value;

	if (clock_value(id, &value))
		return -EINVAL;
	return has_timers(id) ? clock_check_alarm(id) : -EOPNOTSUPP;
}

SYSCALL(clock_gettime)
{
	uint64_t value;

	clock_read_by_program();
	if (clock_value(call_int(call, 0), &value))
		return -EINVAL;
	return time_to_user(call->a[1], value);
}

SYSCALL(clock_getres)
{
	uint64_t value;

	if (clock_value(call_int(call, 0), &value))
		return -EINVAL;
	return call->a[1] ? time_to_user(call->a[1], 1) : 0;
}

/* Time is exo's, but mistakes are told first, as Linux does. */
SYSCALL(clock_settime)
{
	uint64_t value;
	int r;

	if (call_int(call, 0) > CLOCK_REALTIME)
		return -EINVAL;
	r = time_from_user(call->a[1], &value);
	return r ? r : -EPERM;
}

SYSCALL(settimeofday)
{
	uint64_t value, zone;
	int r = 0;

	if (call->a[0])
		r = value_from_user(call->a[0], &value);
	if (!r && call->a[1] && user_read(&zone, call->a[1], sizeof(zone)))
		r = -EFAULT;
	return r ? r : -EPERM;
}

SYSCALL(gettimeofday)
{
	clock_read_by_program();
	if (call->a[0] && value_to_user(call->a[0], clock_realtime()))
		return -EFAULT;
	if (call->a[1] && user_zero(call->a[1], 8)) /* struct timezone */
		return -EFAULT;
	return 0;
}

SYSCALL(time)
{
	int64_t now;

	clock_read_by_program();
	now = (int64_t)(clock_realtime() / NANOSECONDS);
	if (call->a[0] && user_write(call->a[0], &now, sizeof(now)))
		return -EFAULT;
	return now;
}

/* -------------------------------------------------------------- sleeping */

static int64_t sleep_until(uint64_t deadline, uint64_t remaining)
{
	int r = 0;

	while (!r)
		r = task_sleep(deadline);
	if (r == -ETIMEDOUT)
		return 0;
	if (remaining &&
	    time_to_user(remaining, deadline - clock_monotonic()))
		return -EFAULT;
	task_current->restart_deadline = deadline;
	return -ERESTART_RESTARTBLOCK;
}

SYSCALL(nanosleep)
{
	uint64_t deadline;
	int r = call->a[0] ? deadline_from_user(call->a[0], &deadline)
	                   : -EFAULT;

	return r ? r : sleep_until(deadline, call->a[1]);
}

SYSCALL(clock_nanosleep)
{
	uint64_t deadline, time, now;
	int r;

	r = clock_for_timers(call_int(call, 0));
	if (r)
		return r;
	if (call_int(call, 0) == CLOCK_THREAD)
		return -EOPNOTSUPP;
	clock_value(call_int(call, 0), &now);
	if (!call->a[2])
		return -EFAULT;
	if (!(call_int(call, 1) & TIMER_ABSTIME)) {
		r = deadline_from_user(call->a[2], &deadline);
		return r ? r : sleep_until(deadline, call->a[3]);
	}
	r = time_from_user(call->a[2], &time);
	if (r)
		return r;
	do
		r = task_sleep(time <= now ? 0
		                           : clock_monotonic() + (time - now));
	while (!r && !clock_value(call_int(call, 0), &now));
	return r == -ETIMEDOUT ? 0 : -ERESTARTNOHAND;
}
