/* SPDX-License-Identifier: ISC */

/* Clocks, sleeping and interval timers. */

#include "guest/linux/internal.h"
#include "guest/linux/mm.h"
#include "guest/linux/signal_numbers.h"

#define TIMERS_MAX 256u

/* uapi/linux/time.h */
enum {
	CLOCK_REALTIME = 0,
	CLOCK_MONOTONIC = 1,
	CLOCK_PROCESS = 2,
	CLOCK_THREAD = 3,
	CLOCK_MONOTONIC_RAW = 4,
	CLOCK_REALTIME_COARSE = 5,
	CLOCK_MONOTONIC_COARSE = 6,
	CLOCK_BOOTTIME = 7,
	CLOCK_REALTIME_ALARM = 8,
	CLOCK_BOOTTIME_ALARM = 9,
	CLOCK_TAI = 11,
	TIMER_ABSTIME = 1,
	SIGEV_SIGNAL = 0,
	SIGEV_NONE = 1,
	SIGEV_THREAD_ID = 4,
};

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

int time_to_user(uint64_t address, uint64_t nanoseconds)
{
	struct timespec t = {
	        .seconds = (int64_t)(nanoseconds / NANOSECONDS),
	        .nanoseconds = (int64_t)(nanoseconds % NANOSECONDS),
	};

	return user_write(address, &t, sizeof(t));
}

static uint64_t after(uint64_t duration)
{
	uint64_t now = clock_monotonic();

	return duration < NEVER - now ? now + duration : NEVER;
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
	                                     : after(duration);
	return 0;
}

static int value_from_user(uint64_t address, uint64_t *nanoseconds)
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

static struct timeval value_of(uint64_t nanoseconds)
{
	return (struct timeval){
	        .seconds = (int64_t)(nanoseconds / NANOSECONDS),
	        .microseconds = (int64_t)(nanoseconds % NANOSECONDS / 1000),
	};
}

/* ---------------------------------------------------------------- clocks */

/* The clocks of CPU time tell what all variants share: time that has passed.
 * Negative ids are those of processes and threads (clock_getcpuclockid(3)). */
static int clock_value(int id, uint64_t *value)
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

/* Time is exo's. */
SYSCALL(clock_settime)
{
	(void)call;
	return -EPERM;
}

SYSCALL(settimeofday)
{
	(void)call;
	return -EPERM;
}

SYSCALL(gettimeofday)
{
	struct timeval now;

	clock_read_by_program();
	now = value_of(clock_realtime());
	if (call->a[0] && user_write(call->a[0], &now, sizeof(now)))
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

	if (clock_value(call_int(call, 0), &now) ||
	    call_int(call, 0) == CLOCK_THREAD)
		return -EINVAL;
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

/* ------------------------------------------------------- interval timers */

/* A timer that sends a signal, once or again and again. */
struct interval_timer {
	struct timer timer;
	bool used;
	int32_t id, clock, notify, number, task;
	uint64_t value; /* sigev_value */
	uint64_t interval;
	int32_t overrun;
};

static struct interval_timer real_timer;
static struct interval_timer *timers[TIMERS_MAX];

static void send(const struct interval_timer *t)
{
	struct signal_info info = {.number = t->number, .code = SI_TIMER};
	struct task *task = t->notify == SIGEV_THREAD_ID ? task_find(t->task)
	                                                 : NULL;

	if (t->notify == SIGEV_NONE)
		return;
	info.timer.timer = t->id;
	info.timer.overrun = t->overrun;
	info.timer.value = t->value;
	if (t == &real_timer)
		signal_send_process(SIGALRM, NULL);
	else if (task)
		signal_send_task(task, t->number, &info);
	else if (t->notify == SIGEV_SIGNAL)
		signal_send_process(t->number, &info);
}

static void expired(struct timer *timer)
{
	struct interval_timer *t =
	        CONTAINER_OF(timer, struct interval_timer, timer);
	uint64_t late = clock_monotonic() - timer->deadline;

	t->overrun = 0;
	if (t->interval) {
		t->overrun = (int32_t)min_u64(late / t->interval, INT32_MAX);
		timer_set(timer, timer->deadline +
		                         (late / t->interval + 1) *
		                                 t->interval);
	}
	send(t);
}

static uint64_t left(const struct interval_timer *t)
{
	uint64_t now = clock_monotonic();

	if (!t->timer.expired || !timer_is_set(&t->timer))
		return 0;
	return t->timer.deadline > now ? t->timer.deadline - now : 1;
}

static void arm(struct interval_timer *t, uint64_t deadline, uint64_t interval)
{
	if (!t->timer.expired)
		timer_init(&t->timer, expired);
	timer_cancel(&t->timer);
	t->interval = interval;
	t->overrun = 0;
	if (deadline)
		timer_set(&t->timer, deadline);
}

SYSCALL(alarm)
{
	uint64_t before = left(&real_timer), seconds = (uint32_t)call->a[0];

	arm(&real_timer, seconds ? after(seconds * NANOSECONDS) : 0, 0);
	return (int64_t)((before + NANOSECONDS - 1) / NANOSECONDS);
}

static int64_t report(uint64_t address)
{
	struct timeval values[2] = {value_of(real_timer.interval),
	                            value_of(left(&real_timer))};

	return address ? user_write(address, values, sizeof(values)) : 0;
}

/* Timers of CPU time never run out: no variant's CPU time is known. */
SYSCALL(getitimer)
{
	int which = call_int(call, 0);

	if (which < 0 || which > 2)
		return -EINVAL;
	return which ? user_zero(call->a[1], 32) : report(call->a[1]);
}

SYSCALL(setitimer)
{
	uint64_t interval = 0, value = 0;
	int which = call_int(call, 0);
	int64_t r = 0;

	if (which < 0 || which > 2)
		return -EINVAL;
	if (call->a[1]) {
		r = value_from_user(call->a[1], &interval);
		if (!r)
			r = value_from_user(call->a[1] + 16, &value);
	}
	if (r)
		return r;
	if (which)
		return call->a[2] ? user_zero(call->a[2], 32) : 0;
	r = report(call->a[2]);
	if (!r)
		arm(&real_timer, value ? after(value) : 0, interval);
	return r;
}

/* ----------------------------------------------------------- timer_create */

struct event {
	uint64_t value;
	int32_t number, notify, task, padding;
};

static struct interval_timer *timer_find(int64_t id)
{
	return id >= 0 && id < (int64_t)TIMERS_MAX ? timers[id] : NULL;
}

SYSCALL(timer_create)
{
	struct event event = {.number = SIGALRM, .notify = SIGEV_SIGNAL};
	struct interval_timer *t;
	uint64_t value;
	int32_t id = 0;

	if (clock_value(call_int(call, 0), &value))
		return -EINVAL;
	while (id < (int32_t)TIMERS_MAX && timers[id])
		id++;
	if (id == (int32_t)TIMERS_MAX)
		return -EAGAIN;
	event.value = (uint64_t)id;
	if (call->a[1] && user_read(&event, call->a[1], sizeof(event)))
		return -EFAULT;
	if (event.number < 0 || event.number > SIGNALS_MAX ||
	    event.notify < 0 || event.notify > 4 ||
	    (event.notify == SIGEV_THREAD_ID && !task_find(event.task)))
		return -EINVAL;
	if (user_write(call->a[2], &id, sizeof(id)))
		return -EFAULT;
	t = memory_zeroed(sizeof(*t));
	if (!t)
		return -EAGAIN;
	timer_init(&t->timer, expired);
	t->id = id;
	t->clock = call_int(call, 0);
	t->notify = event.notify;
	t->number = event.number;
	t->task = event.task;
	t->value = event.value;
	timers[id] = t;
	return 0;
}

SYSCALL(timer_settime)
{
	struct interval_timer *t = timer_find(call_int(call, 0));
	uint64_t interval, value, now, before[2];
	int r;

	if (!t || !call->a[2])
		return -EINVAL;
	r = time_from_user(call->a[2], &interval);
	if (!r)
		r = time_from_user(call->a[2] + 16, &value);
	if (r)
		return r;
	before[0] = t->interval;
	before[1] = left(t);
	if (value && call_int(call, 1) & TIMER_ABSTIME) {
		clock_value(t->clock, &now);
		value = value > now ? value - now : 0;
		arm(t, after(value), interval);
	} else {
		arm(t, value ? after(value) : 0, interval);
	}
	if (call->a[3] && (time_to_user(call->a[3], before[0]) ||
	                   time_to_user(call->a[3] + 16, before[1])))
		return -EFAULT;
	return 0;
}

SYSCALL(timer_gettime)
{
	const struct interval_timer *t = timer_find(call_int(call, 0));

	if (!t)
		return -EINVAL;
	if (time_to_user(call->a[1], t->interval) ||
	    time_to_user(call->a[1] + 16, left(t)))
		return -EFAULT;
	return 0;
}

SYSCALL(timer_getoverrun)
{
	const struct interval_timer *t = timer_find(call_int(call, 0));

	return t ? t->overrun : -EINVAL;
}

SYSCALL(timer_delete)
{
	struct interval_timer *t = timer_find(call_int(call, 0));

	if (!t)
		return -EINVAL;
	timers[t->id] = NULL;
	timer_cancel(&t->timer);
	memory_free(t);
	return 0;
}
