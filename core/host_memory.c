/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/core.h"
#include "core/host_memory.h"
#include "core/syscall.h"

static long host_protection(uint32_t protection, bool executable)
{
	long p = PROT_NONE;

	if (protection & BH_MEMORY_READ)
		p |= PROT_READ;
	if (protection & BH_MEMORY_WRITE)
		p |= PROT_WRITE;
	if (executable && protection & BH_MEMORY_EXECUTE)
		p |= PROT_EXEC;
	return p;
}

int core_change_host(const struct bh_memory_change *change, bool executable)
{
	long protection = host_protection(change->protection, executable);
	long r;

	switch (change->kind) {
	case BH_MEMORY_PROTECT:
		r = core_syscall(SYS_mprotect, (long)change->address,
		                 (long)change->size, protection, 0);
		break;
	case BH_MEMORY_ROOT:
		r = core_syscall6(SYS_mmap, (long)change->address,
		                  (long)change->size, protection,
		                  CORE_HOST_ROOT_FLAGS, BH_CORE_FD_ROOT,
		                  (long)change->offset);
		break;
	default:
		r = core_syscall6(SYS_mmap, (long)change->address,
		                  (long)change->size, protection,
		                  CORE_HOST_ZERO_FLAGS, -1, 0);
	}
	return r < 0 && r > -4096 ? -BH_ENOMEM : 0;
}
