/* SPDX-License-Identifier: ISC */

/* What the C library asks of a system: heap, end, time, randomness. */

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "guest/internal.h"

/* --------------------------------------------------------------- heap */

static uintptr_t heap_end, heap_limit;

void bh_heap_init(const struct bh_boot_info *boot)
{
	heap_end = boot->heap_base;
	heap_limit = boot->heap_base + boot->heap_size;
}

void *sbrk(ptrdiff_t increment)
{
	uintptr_t old = heap_end;

	if (increment > 0 && heap_limit - heap_end < (uintptr_t)increment) {
		errno = ENOMEM;
		return (void *)-1;
	}
	heap_end += (uintptr_t)increment;
	return (void *)old;
}

/* ---------------------------------------------------------------- end */

void _exit(int status)
{
	bh_exit(status);
}

void abort(void)
{
	bh_abort(BH_ABORT_CALLED, "abort()");
}

void __stack_chk_fail(void) __attribute__((noreturn));

void __stack_chk_fail(void)
{
	bh_abort(BH_ABORT_STACK_SMASHED, "stack smashing detected");
}

void __assert_func(const char *file, int line, const char *function,
                   const char *expression)
{
	char text[BH_ABORT_TEXT];

	snprintf(text, sizeof(text), "%s:%d: %s: assertion failed: %s", file,
	         line, function ? function : "?", expression);
	bh_abort(BH_ABORT_CALLED, text);
}

void __assert_no_args(void)
{
	bh_abort(BH_ABORT_CALLED, "assertion failed");
}

int bh_errno(int64_t status)
{
	/* The C library has numbers of its own above 34. */
	switch (-status) {
	case BH_EMSGSIZE:
		return EMSGSIZE;
	case BH_ECONNRESET:
		return ECONNRESET;
	case BH_ETIMEDOUT:
		return ETIMEDOUT;
	default:
		return (int)-status;
	}
}

/* --------------------------------------------------------------- time */

#define SECOND UINT64_C(1000000000)

static void set_timespec(struct timespec *to, uint64_t time)
{
	to->tv_sec = (time_t)(time / SECOND);
	to->tv_nsec = (long)(time % SECOND);
}

int clock_gettime(clockid_t clock, struct timespec *to)
{
	/* Every completion brings the time: no request is needed. */
	bh_exchange(BH_WAIT_NONE, 0, BH_NEVER);
	set_timespec(to, clock == CLOCK_REALTIME ? bh_now_realtime()
	                                         : bh_now());
	return 0;
}

int clock_getres(clockid_t clock, struct timespec *to)
{
	set_timespec(to, bh_clock_resolution(clock == CLOCK_REALTIME
	                                             ? BH_CLOCK_REALTIME
	                                             : BH_CLOCK_MONOTONIC));
	return 0;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	to->tv_sec = now.tv_sec;
	to->tv_usec = (suseconds_t)(now.tv_nsec / 1000);
	return 0;
}

int nanosleep(const struct timespec *span, struct timespec *left)
{
	bh_exchange(BH_WAIT_NONE, 0, BH_NEVER);
	bh_sleep_until(bh_now() + (uint64_t)span->tv_sec * SECOND +
	               (uint64_t)span->tv_nsec);
	if (left)
		set_timespec(left, 0);
	return 0;
}

unsigned sleep(unsigned seconds)
{
	const struct timespec span = {.tv_sec = (time_t)seconds};

	nanosleep(&span, NULL);
	return 0;
}

int usleep(useconds_t microseconds)
{
	const struct timespec span = {
	        .tv_sec = (time_t)(microseconds / 1000000),
	        .tv_nsec = (long)(microseconds % 1000000) * 1000,
	};

	return nanosleep(&span, NULL);
}

/* --------------------------------------------------------- randomness */

int getentropy(void *bytes, size_t size)
{
	int status = bh_entropy(bytes, size);

	if (status < 0) {
		errno = bh_errno(status);
		return -1;
	}
	return 0;
}
