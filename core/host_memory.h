/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_HOST_MEMORY_H
#define BH_CORE_HOST_MEMORY_H

/*
 * The system calls that core_change_host() makes, for the seccomp tables of the
 * kinds that use it.  Include <sys/mman.h> and <sys/syscall.h> with
 * _GNU_SOURCE before it.
 */

#include "abi/base.h"
#include "abi/core.h"
#include "lib/seccomp.h"

#define CORE_HOST_ZERO_FLAGS                                                   \
	(MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE)
#define CORE_HOST_ROOT_FLAGS (MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE)

#define CORE_HOST_BELOW_TOP                                                    \
	BH_SECCOMP_ARG_MASKED(0, ~(BH_GUEST_TOP - 1), 0)
#define CORE_HOST_NOT_WRITABLE                                                 \
	BH_SECCOMP_ARG_MASKED(2, ~(uint64_t)(PROT_READ | PROT_EXEC), 0)
#define CORE_HOST_PROTECTION                                                   \
	BH_SECCOMP_ARG_MASKED(                                                 \
	        2, ~(uint64_t)(PROT_READ | PROT_WRITE | PROT_EXEC), 0)

/* Initializers of so many struct bh_seccomp_rule. */
#define CORE_HOST_MEMORY_RULE_COUNT 3u
#define CORE_HOST_MEMORY_RULES                                                 \
	{SYS_mmap,                                                             \
	 "the arena: pages of zeros, or none",                                 \
	 {CORE_HOST_BELOW_TOP, CORE_HOST_NOT_WRITABLE,                         \
	  BH_SECCOMP_ARG(3, CORE_HOST_ZERO_FLAGS),                             \
	  BH_SECCOMP_ARG_MASKED(4, UINT32_MAX, UINT32_MAX)}},                  \
	        {SYS_mmap,                                                     \
	         "the arena: pages of the root image",                         \
	         {CORE_HOST_BELOW_TOP, CORE_HOST_NOT_WRITABLE,                 \
	          BH_SECCOMP_ARG(3, CORE_HOST_ROOT_FLAGS),                     \
	          BH_SECCOMP_ARG(4, BH_CORE_FD_ROOT)}},                        \
	{                                                                      \
		SYS_mprotect, "the arena: protection of pages",                \
		{                                                              \
			CORE_HOST_BELOW_TOP, CORE_HOST_PROTECTION              \
		}                                                              \
	}

#endif
