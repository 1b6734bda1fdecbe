/* SPDX-License-Identifier: ISC */
#include "tests/unit/linux/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#ifdef BH_SANITIZE
#include <sanitizer/asan_interface.h>
#endif

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

static int host_protection(int protection)
{
	return (protection & HOST_READ ? PROT_READ : 0) |
	       (protection & HOST_WRITE ? PROT_WRITE : 0);
}

bool host_map(uint64_t address, uint64_t size, int protection)
{
	void *at = (void *)(uintptr_t)address;

	return mmap(at, size, host_protection(protection),
	            ANONYMOUS | MAP_FIXED, -1, 0) == at;
}

bool host_protect(uint64_t address, uint64_t size, int protection)
{
	return !mprotect((void *)(uintptr_t)address, size,
	                 host_protection(protection));
}

bool host_reserve(uint64_t address, uint64_t size)
{
	void *at = (void *)(uintptr_t)address;

	return mmap(at, size, PROT_NONE, ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
	            0) == at;
}

void *host_pages(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

void host_renew_stack(void *stack, size_t size)
{
#ifdef BH_SANITIZE
	__asan_unpoison_memory_region(stack, size);
#else
	(void)stack;
	(void)size;
#endif
}

void host_die(const char *text, ...)
{
	va_list list;

	va_start(list, text);
	fputs("machine: ", stderr);
	vfprintf(stderr, text, list);
	fputc('\n', stderr);
	va_end(list);
	abort();
}
