/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_INTERNAL_H
#define BH_LINUX_INTERNAL_H

/* What the files of the kernel's base know of each other; not for modules. */

#include "abi/hypercall.h"
#include "guest/linux/channel.h"
#include "guest/linux/clock.h"
#include "guest/linux/signal.h"
#include "guest/linux/start.h"
#include "guest/linux/syscall.h"
#include "guest/linux/task.h"

/* ------------------------------------------------------------- channel.c */

int64_t hypercall(uint64_t call, uint64_t a, uint64_t b, uint64_t c);

/* Exchanges, waiting for a record until DEADLINE. */
void channel_wait(uint64_t deadline);

/* Ends the guest; what has been submitted goes first. */
void channel_exit(int status) __attribute__((noreturn));
void channel_abort(unsigned why, const char *text) __attribute__((noreturn));

/* --------------------------------------------------------------- clock.c */

/* Time has come with a completion. */
void clock_set(uint64_t monotonic, uint64_t realtime);
/* Calls the timers whose time has come. */
void clock_run_timers(void);
/* Of the earliest timer; NEVER: there is none. */
uint64_t clock_next_deadline(void);

/* Random bytes of this variant alone: for its layout, never for output. */
uint64_t layout_random(void);

/* ---------------------------------------------------------------- task.c */

/* As task_sleep() without deadline, and signals do not end it. */
void task_sleep_deaf(void);

/*
 * A new task in the process, with a copy of the current one's program state;
 * it runs when the current one sleeps.  NULL: no memory, or too many.
 */
struct task *task_create(void);
/* The current task alone still runs, for the process ends. */
void task_stay_alone(void);
/* Ends the current task. */
void task_end(void) __attribute__((noreturn));

/* Goes to the program, where the current task's frame says. */
void task_enter_program(void) __attribute__((noreturn));

/* Calls FUNCTION on the current task's kernel stack, emptied. */
static inline uint64_t task_stack_top(const struct task *task)
{
	return (uint64_t)(uintptr_t)task->stack + TASK_STACK_SIZE;
}

/* ------------------------------------------------------------- interval.c */

/* A signal of a timer is no longer pending: fills in its overrun. */
void timer_signal_taken(struct signal_info *info);

/* --------------------------------------------------------------- program.c */

/*
 * The C library has read its environment: what was for it alone (bh.start.NAME)
 * is no longer there for the program to see.
 */
void program_libc_started(void);

/* --------------------------------------------------------------- process.c */

/* Identities, limits and names as the boot options have them. */
void process_start(void);

/* ---------------------------------------------------------------- futex.c */

int futex_wake(uint64_t address, unsigned count, uint32_t set);
/* The current task ends: its robust list. */
void futex_task_ends(void);

/* ---------------------------------------------------------------- calls.c */

/* Executes the system call that the current task's frame asks for. */
void calls_dispatch(struct bh_upcall_frame *frame);

/* --------------------------------------------------------------- signal.c */

/* On the way back to the program: delivers what is pending. */
void signal_deliver(struct bh_upcall_frame *frame);
/* A trap of the program's. */
void signal_trap(struct bh_upcall_frame *frame);

/* A signal's default action would end the process, and nothing can stop it. */
void process_kill(int number) __attribute__((noreturn));

#endif
