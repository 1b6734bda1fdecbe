/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_XLATE_GUEST_H
#define BH_TESTS_XLATE_GUEST_H

/* For tests that run one guest at a time, `x`, whose code is the CODE_SIZE
 * bytes at CODE. */

#include <signal.h>

#include "xlate/xlate.h"

#define TOP  UINT64_C(0x40000000)
#define CODE UINT64_C(0x10000000)

static struct xlate *x;

static uint64_t fetch(void *data, uint64_t address, uint64_t limit)
{
	(void)data;
	return address >= CODE && address < CODE + CODE_SIZE ? limit : 0;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	xlate_on_fault(x, info, context);
	signal(number, SIG_DFL);
}

static inline void handle_faults(void)
{
	static const int numbers[] = {SIGSEGV, SIGILL, SIGFPE};
	const struct sigaction action = {.sa_sigaction = on_fault,
	                                 .sa_flags = SA_SIGINFO | SA_NODEFER};

	for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
		sigaction(numbers[n], &action, NULL);
}

#endif
