/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_EXCHANGE_RULES_H
#define BH_CORE_EXCHANGE_RULES_H

/*
 * The system calls that exchange.c makes, for the seccomp tables of all kinds.
 * Include <sys/syscall.h> before it.
 */

#include <linux/futex.h>

#include "abi/core.h"
#include "lib/seccomp.h"

/* Initializers of four struct bh_seccomp_rule. */
#define CORE_EXCHANGE_RULES                                                    \
	{SYS_write,                                                            \
	 "ring the doorbell",                                                  \
	 {BH_SECCOMP_ARG(0, BH_CORE_FD_DOORBELL),                              \
	  BH_SECCOMP_ARG(2, sizeof(uint64_t))}},                               \
	        {SYS_futex,                                                    \
	         "sleep until exo has answered",                               \
	         {BH_SECCOMP_ARG(1, FUTEX_WAIT), BH_SECCOMP_ARG(3, 0)}},       \
	        {SYS_sched_yield, "offer the CPU while exo answers", {{0}}},   \
	{                                                                      \
		SYS_exit_group, "end when exo says so", {{0}}                  \
	}

#endif
