/* SPDX-License-Identifier: ISC */

/*
 * The virtual dynamic shared object: what C libraries ask for clocks without a
 * system call (vdso(7)).  Time is that of the last exchange, which the kernel
 * leaves in the page behind this code.  All other clocks are asked for in the
 * usual way.
 */

#include "guest/vdso/vdso.h"

#include <stdbool.h>
#include <stddef.h>

#define NANOSECONDS UINT64_C(1000000000)

enum {
	CLOCK_REALTIME = 0,
	CLOCK_MONOTONIC = 1,
	CLOCK_MONOTONIC_RAW = 4,
	CLOCK_REALTIME_COARSE = 5,
	CLOCK_MONOTONIC_COARSE = 6,
	CLOCK_BOOTTIME = 7,
};

struct timespec {
	int64_t seconds, nanoseconds;
};

struct timeval {
	int64_t seconds, microseconds;
};

/* Where the linker script puts it. */
extern struct vdso_data vdso_data __attribute__((visibility("hidden")));

#if defined(__x86_64__)
#define EXPORTED(name) __vdso_##name
enum { CALL_CLOCK_GETTIME = 228, CALL_GETTIMEOFDAY = 96 };

static long system_call(long number, long a, long b)
{
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "0"(number), "D"(a), "S"(b)
	                 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
#define EXPORTED(name) __kernel_##name
enum { CALL_CLOCK_GETTIME = 113, CALL_GETTIMEOFDAY = 169 };

static long system_call(long number, long a, long b)
{
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = a,
	                 x1 __asm__("x1") = b;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
	return x0;
}
#else
#define EXPORTED(name) __vdso_##name
enum { CALL_CLOCK_GETTIME = 113, CALL_GETTIMEOFDAY = 169 };

static long system_call(long number, long a, long b)
{
	register long a7 __asm__("a7") = number, a0 __asm__("a0") = a,
	                 a1 __asm__("a1") = b;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1) : "memory");
	return a0;
}
#endif

/* False if the kernel is to be asked. */
static bool may_read(void)
{
	if (vdso_data.reads >= VDSO_READS_MAX)
		return false;
	vdso_data.reads++;
	return true;
}

static const uint64_t *find_clock(int id)
{
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		return &vdso_data.realtime;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		return &vdso_data.monotonic;
	default:
		return NULL;
	}
}

int EXPORTED(clock_gettime)(int id, struct timespec *to);
int EXPORTED(clock_gettime)(int id, struct timespec *to)
{
	const uint64_t *clock = find_clock(id);

	if (!clock || !may_read())
		return (int)system_call(CALL_CLOCK_GETTIME, id, (long)to);
	to->seconds = (int64_t)(*clock / NANOSECONDS);
	to->nanoseconds = (int64_t)(*clock % NANOSECONDS);
	return 0;
}

int EXPORTED(gettimeofday)(struct timeval *to, uint32_t zone[2]);
int EXPORTED(gettimeofday)(struct timeval *to, uint32_t zone[2])
{
	if (!may_read())
		return (int)system_call(CALL_GETTIMEOFDAY, (long)to,
		                        (long)zone);
	if (to) {
		to->seconds = (int64_t)(vdso_data.realtime / NANOSECONDS);
		to->microseconds =
		        (int64_t)(vdso_data.realtime % NANOSECONDS / 1000);
	}
	if (zone)
		zone[0] = zone[1] = 0;
	return 0;
}

#ifdef __x86_64__
enum { CALL_TIME = 201 };

int64_t __vdso_time(int64_t *to);
int64_t __vdso_time(int64_t *to)
{
	int64_t now;

	if (!may_read())
		return system_call(CALL_TIME, (long)to, 0);
	now = (int64_t)(vdso_data.realtime / NANOSECONDS);
	if (to)
		*to = now;
	return now;
}
#endif
