/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_TIME_H
#define BH_LINUX_TIME_H

/* The clocks of programs, and how they write times; clock.h has the kernel's.
 */

#include "guest/linux/syscall.h"

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
};

/* What the clock ID says; -EINVAL: there is none such. */
int clock_value(int id, uint64_t *value);
/* Can a timer go by the clock ID?  0, -EINVAL, -EOPNOTSUPP, -EPERM. */
int clock_for_timers(int id);
/* The clocks that would wake a machine are for the privileged: 0 or -EPERM. */
int clock_check_alarm(int id);

/* struct timeval (16 bytes) <-> nanoseconds; -EFAULT, -EINVAL. */
int value_from_user(uint64_t address, uint64_t *nanoseconds);
int value_to_user(uint64_t address, uint64_t nanoseconds);

#endif
