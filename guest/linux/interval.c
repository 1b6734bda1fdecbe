/* SPDX-License-Identifier: ISC */

/* Timers that send a signal, once or again and again: alarm(2), setitimer(2),
 * timer_create(2). */

#include "guest/linux/internal.h"
#include "guest/linux/mm.h"
#include "guest/linux/signal_numbers.h"
#include "guest/linux/time.h"

#define TIMERS_MAX 256u

enum {
	SIGEV_SIGNAL = 0,
	SIGEV_NONE = 1,
	SIGEV_THREAD = 2,
	SIGEV_THREAD_ID = 4,
};

struct interval_timer {
	struct timer timer;
	int32_t id, clock, notify, number, task;
	uint64_t value; /* sigev_value */
	uint64_t interval;
	/* Its signal is pending.  Until that is taken, the timer rests; what it
	 * would have sent meanwhile is the overrun. */
	bool waits;
	int32_t overrun;
};

static struct interval_timer real_timer;
static struct interval_timer *timers[TIMERS_MAX];

/* Sends the timer's signal.  False: nobody is going to take it. */
static bool send(const struct interval_timer *t)
{
	struct signal_info info = {.number = t->number, .code = SI_TIMER};
	struct task *task =
	        t->notify == SIGEV_THREAD_ID ? task_find(t->task) : NULL;

	info.timer.timer = t->id;
	info.timer.value = t->value;
	if (t->notify == SIGEV_NONE ||
	    (t->notify == SIGEV_THREAD_ID && !task) ||
	    !signal_is_wanted(task, t->number))
		return false;
	return !(task ? signal_send_task(task, t->number, &info)
	              : signal_send_process(t->number, &info));
}

/* Has the timer go on, if it is periodic.  Returns how many periods have
 * passed by. */
static int32_t go_on(struct interval_timer *t)
{
	if (!t->interval)
		return 0;
	return (int32_t)min_u64(timer_repeat(&t->timer, t->interval),
	                        INT32_MAX);
}

static void expired(struct timer *timer)
{
	struct interval_timer *t =
	        CONTAINER_OF(timer, struct interval_timer, timer);

	t->waits = send(t);
	if (!t->waits)
		go_on(t);
}

static void real_expired(struct timer *timer)
{
	signal_send_process(SIGALRM, NULL);
	go_on(CONTAINER_OF(timer, struct interval_timer, timer));
}

static struct interval_timer *timer_find(int64_t id)
{
	return id >= 0 && id < (int64_t)TIMERS_MAX ? timers[id] : NULL;
}

void timer_signal_taken(struct signal_info *info)
{
	struct interval_timer *t = timer_find(info->timer.timer);

	/* The program may have sent it, too. */
	if (!t || !t->waits)
		return;
	t->waits = false;
	info->timer.overrun = t->overrun = go_on(t);
}

static uint64_t left(const struct interval_timer *t)
{
	uint64_t now = clock_monotonic();

	if (t->waits && t->interval)
		return t->interval - (now - t->timer.deadline) % t->interval;
	if (!t->timer.expired || !timer_is_set(&t->timer))
		return 0;
	return t->timer.deadline > now ? t->timer.deadline - now : 1;
}

/* Sets the timer, or with a deadline of zero switches it off. */
static void arm(struct interval_timer *t, uint64_t deadline, uint64_t interval)
{
	timer_cancel(&t->timer);
	t->interval = deadline ? interval : 0;
	t->waits = false;
	t->overrun = 0;
	if (deadline)
		timer_set(&t->timer, deadline);
}

/* ------------------------------------------------------ alarm, setitimer */

static void arm_real(uint64_t value, uint64_t interval)
{
	if (!real_timer.timer.expired)
		timer_init(&real_timer.timer, real_expired);
	arm(&real_timer, value ? clock_after(value) : 0, interval);
}

SYSCALL(alarm)
{
	uint64_t before = left(&real_timer), seconds = (uint32_t)call->a[0];

	arm_real(seconds * NANOSECONDS, 0);
	return (int64_t)((before + NANOSECONDS - 1) / NANOSECONDS);
}

static int64_t report(uint64_t address)
{
	int r = value_to_user(address, real_timer.interval);

	return r ? r : value_to_user(address + 16, left(&real_timer));
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
	r = call->a[2] ? report(call->a[2]) : 0;
	if (!r)
		arm_real(value, interval);
	return r;
}

/* ----------------------------------------------------------- timer_create */

struct event {
	uint64_t value;
	int32_t number, notify, task, padding;
};

static bool is_valid(const struct event *event)
{
	switch (event->notify) {
	case SIGEV_NONE:
		return true;
	case SIGEV_THREAD_ID:
		if (!task_find(event->task))
			return false;
		break;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		break;
	default:
		return false;
	}
	return event->number > 0 && event->number <= SIGNALS_MAX;
}

SYSCALL(timer_create)
{
	struct event event = {.number = SIGALRM, .notify = SIGEV_SIGNAL};
	struct interval_timer *t;
	int32_t id = 0;
	int r = clock_for_timers(call_int(call, 0));

	if (r)
		return r;
	while (id < (int32_t)TIMERS_MAX && timers[id])
		id++;
	if (id == (int32_t)TIMERS_MAX)
		return -EAGAIN;
	event.value = (uint64_t)id;
	if (call->a[1] && user_read(&event, call->a[1], sizeof(event)))
		return -EFAULT;
	if (!is_valid(&event))
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

/* The deadline that VALUE means on the clock of T; zero: none. */
static uint64_t deadline_of(const struct interval_timer *t, uint64_t value,
                            bool absolute)
{
	uint64_t now = 0;

	if (!value)
		return 0;
	if (absolute)
		clock_value(t->clock, &now);
	return clock_after(value > now ? value - now : 0);
}

SYSCALL(timer_settime)
{
	struct interval_timer *t = timer_find(call_int(call, 0));
	uint64_t interval, value, before[2];
	int r;

	if (!call->a[2])
		return -EINVAL;
	r = time_from_user(call->a[2], &interval);
	if (!r)
		r = time_from_user(call->a[2] + 16, &value);
	if (r)
		return r;
	if (!t)
		return -EINVAL;
	before[0] = t->interval;
	before[1] = left(t);
	arm(t, deadline_of(t, value, call_int(call, 1) & TIMER_ABSTIME),
	    interval);
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
