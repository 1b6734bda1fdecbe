/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/core.h"
#include "core/host_memory.h"
#include "core/syscall.h"

/* In the terms of mmap(). */
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

static long map(const struct bh_memory_change *c, long protection)
{
	long flags = CORE_HOST_ZERO_FLAGS, fd = -1;

	if (c->kind == BH_MEMORY_ROOT) {
		flags = CORE_HOST_ROOT_FLAGS;
		fd = BH_CORE_FD_ROOT;
	}
	return core_syscall6(SYS_mmap, (long)c->address, (long)c->size,
	                     protection, flags, fd, (long)c->offset);
}

/*
 * Linux does not hold a mapping against RLIMIT_DATA that takes the place of
 * another one, but a protection that makes pages writable it does.  So no
 * mapping is writable at first, and the seccomp tables allow none.
 */
int core_change_host(const struct bh_memory_change *c, bool executable)
{
	long protection = host_protection(c->protection, executable);
	long r = 0;

	if (c->kind != BH_MEMORY_PROTECT) {
		r = map(c, protection & ~PROT_WRITE);
		if (r >= 0 || r < -4095)
			r = 0;
	}
	if (r == 0 &&
	    (c->kind == BH_MEMORY_PROTECT || protection & PROT_WRITE))
		r = core_syscall(SYS_mprotect, (long)c->address, (long)c->size,
		                 protection, 0);
	return r ? -BH_ENOMEM : 0;
}
