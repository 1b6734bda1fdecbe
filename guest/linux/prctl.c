/* SPDX-License-Identifier: ISC */

/* prctl(2): its common operations. */

#include "guest/linux/internal.h"
#include "guest/linux/mm.h"

#define CAPABILITY_LAST 40u
#define SLACK_DEFAULT   UINT64_C(50000) /* ns */

enum {
	SET_PDEATHSIG = 1,
	GET_PDEATHSIG = 2,
	GET_DUMPABLE = 3,
	SET_DUMPABLE = 4,
	GET_KEEPCAPS = 7,
	SET_KEEPCAPS = 8,
	SET_NAME = 15,
	GET_NAME = 16,
	GET_SECCOMP = 21,
	CAPBSET_READ = 23,
	CAPBSET_DROP = 24,
	SET_TIMERSLACK = 29,
	GET_TIMERSLACK = 30,
	SET_CHILD_SUBREAPER = 36,
	GET_CHILD_SUBREAPER = 37,
	SET_NO_NEW_PRIVS = 38,
	GET_NO_NEW_PRIVS = 39,
	SET_THP_DISABLE = 41,
	GET_THP_DISABLE = 42,
	CAP_AMBIENT = 47,
};

enum {
	CAP_AMBIENT_IS_SET = 1,
	CAP_AMBIENT_RAISE = 2,
	CAP_AMBIENT_CLEAR_ALL = 4,
};

static int64_t set_name(uint64_t address)
{
	char name[sizeof(task_current->name)] = {0};

	for (unsigned i = 0; i < sizeof(name) - 1; i++) {
		if (user_read(&name[i], address + i, 1))
			return -EFAULT;
		if (!name[i])
			break;
	}
	memcpy(task_current->name, name, sizeof(name));
	return 0;
}

/* The ambient set is empty and stays so. */
static int64_t ambient(uint64_t operation)
{
	if (operation < CAP_AMBIENT_IS_SET || operation > CAP_AMBIENT_CLEAR_ALL)
		return -EINVAL;
	return operation == CAP_AMBIENT_RAISE ? -EPERM : 0;
}

static int64_t drop_capability(uint64_t capability)
{
	if (process.euid)
		return -EPERM;
	return capability <= CAPABILITY_LAST ? 0 : -EINVAL;
}

/* Sets a switch that takes 0 or 1 alone. */
static int64_t set_switch(bool *to, uint64_t value)
{
	if (value > 1)
		return -EINVAL;
	*to = value;
	return 0;
}

static int64_t write_int(uint64_t address, int32_t value)
{
	return user_write(address, &value, sizeof(value));
}

static uint64_t slack(void)
{
	return task_current->timer_slack ? task_current->timer_slack
	                                 : SLACK_DEFAULT;
}

/* Operations whose other arguments have to be zero. */
static bool has_too_many(const struct syscall *call)
{
	uint64_t rest = call->a[2] | call->a[3] | call->a[4];

	switch (call_int(call, 0)) {
	case SET_NO_NEW_PRIVS:
		return call->a[1] != 1 || rest;
	case GET_NO_NEW_PRIVS:
	case GET_THP_DISABLE:
		return call->a[1] || rest;
	case CAP_AMBIENT:
		return call->a[3] || call->a[4];
	default:
		return false;
	}
}

SYSCALL(prctl)
{
	uint64_t value = call->a[1];

	if (has_too_many(call))
		return -EINVAL;
	switch (call_int(call, 0)) {
	case SET_NAME:
		return set_name(value);
	case GET_NAME:
		return user_write(value, task_current->name,
		                  sizeof(task_current->name));
	case SET_DUMPABLE:
		return set_switch(&process.dumpable, value);
	case GET_DUMPABLE:
		return process.dumpable;
	case SET_KEEPCAPS:
		return set_switch(&process.keeps_capabilities, value);
	case GET_KEEPCAPS:
		return process.keeps_capabilities;
	case SET_NO_NEW_PRIVS:
		process.no_new_privileges = true;
		return 0;
	case GET_NO_NEW_PRIVS:
		return process.no_new_privileges;
	case SET_CHILD_SUBREAPER:
		process.is_subreaper = value;
		return 0;
	case GET_CHILD_SUBREAPER:
		return write_int(value, process.is_subreaper);
	case SET_PDEATHSIG:
		if (value > SIGNALS_MAX)
			return -EINVAL;
		process.death_signal = (int32_t)value;
		return 0;
	case GET_PDEATHSIG:
		return write_int(value, process.death_signal);
	case SET_TIMERSLACK: /* zero: the default */
		task_current->timer_slack = value;
		return 0;
	case GET_TIMERSLACK:
		return (int64_t)min_u64(slack(), INT64_MAX);
	case SET_THP_DISABLE:
		process.no_huge_pages = value;
		return 0;
	case GET_THP_DISABLE:
		return process.no_huge_pages;
	case CAPBSET_READ: /* who asks for more learns how many there are */
		return value <= CAPABILITY_LAST ? 1 : -EINVAL;
	case CAPBSET_DROP:
		return drop_capability(value);
	case CAP_AMBIENT:
		return ambient(value);
	case GET_SECCOMP:
		return 0;
	default: /* PR_SET_VMA, too: anonymous memory has no names */
		return -EINVAL;
	}
}
