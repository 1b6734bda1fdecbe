/* SPDX-License-Identifier: ISC */

/* System calls about the schedule.  Tasks take turns, whatever their policy and
 * priority: these are kept, as they would be on an idle machine. */

#include "guest/linux/internal.h"
#include "guest/linux/mm.h"

enum {
	SCHED_OTHER = 0,
	SCHED_FIFO = 1,
	SCHED_RR = 2,
	SCHED_BATCH = 3,
	SCHED_IDLE = 5,
	SCHED_DEADLINE = 6,
	SCHED_RESET_ON_FORK = 0x40000000,
};

enum {
	PRIO_PROCESS = 0,
	PRIO_PGRP = 1,
	PRIO_USER = 2,
};

#define REALTIME_MAX 99
#define NICE_MIN     (-20)
#define NICE_MAX     19

/* RLIMIT_NICE, RLIMIT_RTPRIO */
enum { LIMIT_NICE = 13, LIMIT_RTPRIO = 14 };

SYSCALL(sched_yield)
{
	(void)call;
	task_yield();
	return 0;
}

/* NULL: there is none.  The process outlives its first task. */
static struct task *task_of(int id)
{
	struct task *task = id ? task_find(id) : task_current;

	return task || id != PROCESS_ID ? task : task_current;
}

/* ------------------------------------------------------------------ CPUs */

SYSCALL(sched_getaffinity)
{
	const uint64_t first = 1;

	if (call->a[1] < sizeof(first) || call->a[1] % sizeof(first))
		return -EINVAL;
	if (!task_of(call_int(call, 0)))
		return -ESRCH;
	if (user_write(call->a[2], &first, sizeof(first)))
		return -EFAULT;
	return sizeof(first);
}

SYSCALL(sched_setaffinity)
{
	uint8_t first;

	if (call->a[1] == 0)
		return -EINVAL;
	if (user_read(&first, call->a[2], sizeof(first)))
		return -EFAULT;
	if (!task_of(call_int(call, 0)))
		return -ESRCH;
	return first & 1 ? 0 : -EINVAL;
}

SYSCALL(getcpu)
{
	if (call->a[0] && user_zero(call->a[0], sizeof(uint32_t)))
		return -EFAULT;
	if (call->a[1] && user_zero(call->a[1], sizeof(uint32_t)))
		return -EFAULT;
	return 0;
}

/* ---------------------------------------------------------------- policy */

static bool is_realtime(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_known(int policy)
{
	return is_realtime(policy) || policy == SCHED_OTHER ||
	       policy == SCHED_BATCH || policy == SCHED_IDLE;
}

/* 0, or what these calls answer if there is no task with this id. */
static int find(int id, struct task **task)
{
	if (id < 0)
		return -EINVAL;
	*task = task_of(id);
	return *task ? 0 : -ESRCH;
}

SYSCALL(sched_getscheduler)
{
	struct task *task;
	int r = find(call_int(call, 0), &task);

	return r ? r : task->policy;
}

static bool may_be_realtime(int32_t priority)
{
	return !process.euid ||
	       (uint64_t)priority <= process.limits[LIMIT_RTPRIO][0];
}

/* POLICY: -1 for the one that it has. */
static int64_t set_policy(int id, int policy, uint64_t address)
{
	int32_t priority;
	struct task *task;
	int r;

	if (!address || id < 0)
		return -EINVAL;
	if (user_read(&priority, address, sizeof(priority)))
		return -EFAULT;
	r = find(id, &task);
	if (r)
		return r;
	if (policy < 0)
		policy = task->policy;
	if (!is_known(policy & ~SCHED_RESET_ON_FORK) || priority < 0 ||
	    priority > REALTIME_MAX ||
	    is_realtime(policy & ~SCHED_RESET_ON_FORK) != (priority > 0))
		return -EINVAL;
	if (priority && !may_be_realtime(priority))
		return -EPERM;
	task->policy = policy;
	task->priority = priority;
	return 0;
}

SYSCALL(sched_setscheduler)
{
	int policy = call_int(call, 1);

	return policy < 0 ? -EINVAL
	                  : set_policy(call_int(call, 0), policy, call->a[2]);
}

SYSCALL(sched_getparam)
{
	struct task *task;
	int r = call->a[1] ? find(call_int(call, 0), &task) : -EINVAL;

	return r ? r
	         : user_write(call->a[1], &task->priority,
	                      sizeof(task->priority));
}

SYSCALL(sched_setparam)
{
	return set_policy(call_int(call, 0), -1, call->a[1]);
}

static int64_t priority_limit(int policy, int realtime)
{
	if (is_realtime(policy))
		return realtime;
	return is_known(policy) || policy == SCHED_DEADLINE ? 0 : -EINVAL;
}

SYSCALL(sched_get_priority_max)
{
	return priority_limit(call_int(call, 0), REALTIME_MAX);
}

SYSCALL(sched_get_priority_min)
{
	return priority_limit(call_int(call, 0), 1);
}

SYSCALL(sched_rr_get_interval)
{
	struct task *task;
	int r = find(call_int(call, 0), &task);

	return r ? r : time_to_user(call->a[1], UINT64_C(100000000));
}

/* -------------------------------------------------------------- niceness */

static bool is_meant(const struct task *task, int which, uint32_t who)
{
	switch (which) {
	case PRIO_PROCESS:
		return task == task_of((int)who);
	case PRIO_PGRP:
		return !who || who == (uint32_t)process.process_group;
	default:
		return !who || who == process.uid;
	}
}

/* Values from 1 to 40, as the system call has them: 20 is niceness 0. */
SYSCALL(getpriority)
{
	int which = call_int(call, 0);
	int64_t highest = -ESRCH;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	LIST_EACH(task, &task_list, struct task, link)
	if (is_meant(task, which, (uint32_t)call->a[1]) &&
	    20 - task->nice > highest)
		highest = 20 - task->nice;
	return highest;
}

static bool may_be_nice(int32_t nice)
{
	return !process.euid ||
	       (uint64_t)(20 - nice) <= process.limits[LIMIT_NICE][0];
}

SYSCALL(setpriority)
{
	int which = call_int(call, 0), nice = call_int(call, 2);
	int64_t r = -ESRCH;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	nice = nice < NICE_MIN ? NICE_MIN : nice > NICE_MAX ? NICE_MAX : nice;
	LIST_EACH(task, &task_list, struct task, link)
	{
		if (!is_meant(task, which, (uint32_t)call->a[1]))
			continue;
		if (nice < task->nice && !may_be_nice(nice)) {
			r = -EACCES;
			continue;
		}
		task->nice = nice;
		if (r == -ESRCH)
			r = 0;
	}
	return r;
}
