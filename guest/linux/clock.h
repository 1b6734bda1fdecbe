/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_CLOCK_H
#define BH_LINUX_CLOCK_H

/*
 * Time is that of the last exchange and stands still until the next.  A program
 * that reads the clock again and again in a loop, waiting for it to move, makes
 * the kernel exchange after CLOCK_READS_MAX system calls, or when it has used up
 * what guest/vdso gives without one.
 */

#include "guest/linux/kernel.h"
#include "guest/linux/wait.h"

#define CLOCK_READS_MAX 20000u

uint64_t clock_monotonic(void); /* since the cell started */
uint64_t clock_realtime(void);  /* since 1970 */
/* The monotonic time after DURATION; NEVER if there is no such. */
uint64_t clock_after(uint64_t duration);

/* A program reads a clock: clock_monotonic() that counts. */
void clock_read_by_program(void);

/* vdso.c: maps guest/vdso for the program and publishes the time to it; returns
 * the address of its ELF header. */
uint64_t vdso_map(void);

/* From now on the program finds the time at ADDRESS (struct vdso_data), too. */
void clock_publish(uint64_t address);

/*
 * A timer: calls `expired` once its time has come, from the scheduler's loop,
 * never while a system call runs.  `expired` may set it again.
 */
struct timer {
	struct list link;   /* in the order of deadlines */
	uint64_t deadline;  /* monotonic */
	void (*expired)(struct timer *timer);
};

void timer_init(struct timer *timer, void (*expired)(struct timer *timer));
void timer_set(struct timer *timer, uint64_t deadline);
void timer_cancel(struct timer *timer);
bool timer_is_set(const struct timer *timer);
/*
 * Sets a timer whose deadline has come again: for the first time to come that
 * is a multiple of INTERVAL (not zero) after it.  Returns how many such times
 * have passed by.
 */
uint64_t timer_repeat(struct timer *timer, uint64_t interval);

/* Random bytes, the same in all variants (ChaCha20, seeded by exo). */
void random_bytes(void *to, size_t size);
/*
 * Likewise, of a sequence of their own: for who takes more or less of them in one
 * variant than in another, as allocators do.
 */
void random_bytes_apart(void *to, size_t size);
/* Other ones in each variant: what depends on them must not leave. */
void random_bytes_own(void *to, size_t size);

#endif
