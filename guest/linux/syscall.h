/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_SYSCALL_H
#define BH_LINUX_SYSCALL_H

/*
 * The dispatcher.  Each calls/MODULE.def lists the calls that a module
 * implements, one line each:
 *
 *	CALL(name, number on x86-64, number elsewhere, state, "what is missing")
 *
 * with NONE for an ISA that lacks it, and COMPLETE or PARTIAL as its state.
 * From these lists come the tables, docs/linux-calls.md and what `bh inspect`
 * knows.  Everything else is ENOSYS; the log says so once for each name.
 *
 * The implementation of `name` is sys_name().  It gets the six argument
 * registers and returns what the program gets in its result register.
 *
 * A call that has slept and finds -EINTR returns -ERESTARTSYS if it is to be
 * made again after a handler with SA_RESTART, -ERESTARTNOHAND if only when no
 * handler ran, else -EINTR.  (These numbers never reach the program.)
 */

#include "guest/linux/kernel.h"

struct syscall {
	uint64_t a[6];
};

#define SYSCALL(name)                                                          \
	int64_t sys_##name(const struct syscall *call);                        \
	int64_t sys_##name(const struct syscall *call)

/* In the forms that Linux gives them. */
static inline int32_t call_int(const struct syscall *call, unsigned i)
{
	return (int32_t)call->a[i];
}

/* struct timespec (16 bytes on all three ISAs) <-> nanoseconds. */
int time_from_user(uint64_t address, uint64_t *nanoseconds); /* -EFAULT, -EINVAL */
int time_to_user(uint64_t address, uint64_t nanoseconds);

/*
 * The deadline that a relative timeout at ADDRESS means; NEVER if it is NULL.
 */
int deadline_from_user(uint64_t address, uint64_t *deadline);

#endif
