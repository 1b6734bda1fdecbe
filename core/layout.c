/* SPDX-License-Identifier: ISC */
#include "core/core.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Debian 12's kernel has it, so does every one that the sandbox needs.
 */
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* With memory half full, so many misses in a row have probability 2^-500. */
#define ATTEMPTS 500u

/* Bits of the initial stack pointer that vary within a page. */
#define STACK_SKEW (BH_PAGE_SIZE - 16u)

static void *pointer(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

/* Takes [address, address + size) unless something is there already. */
static int reserve(uint64_t address, uint64_t size)
{
	void *got = mmap(pointer(address), size, PROT_NONE,
	                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
	                         MAP_FIXED_NOREPLACE,
	                 -1, 0);

	if (got == MAP_FAILED)
		return -errno;
	if (got == pointer(address))
		return 0;
	/* A kernel that does not know the flag took it for a hint. */
	munmap(got, size);
	return -EEXIST;
}

uint64_t core_place(struct core *core, uint64_t size, uint64_t alignment,
                    uint64_t offset, const char *name)
{
	uint64_t whole = size + 2 * CORE_GUARD;
	uint64_t bottom = BH_GUEST_BOTTOM + alignment;
	int r = -ENOMEM;

	for (unsigned i = 0; i < ATTEMPTS; i++) {
		uint64_t start;

		if (whole + bottom + alignment >= CORE_GUEST_TOP)
			break;
		start = bottom + bh_random_below(&core->layout,
		                                 CORE_GUEST_TOP - bottom - whole);
		start = ((start + CORE_GUARD) & ~(alignment - 1)) |
		        (offset & (alignment - 1));
		if (start - CORE_GUARD < BH_GUEST_BOTTOM ||
		    start + size + CORE_GUARD > CORE_GUEST_TOP)
			continue;
		/* The guards stay mapped, without access, so that nothing
		 * else can come to lie next to this piece. */
		r = reserve(start - CORE_GUARD, whole);
		if (r == 0)
			return start;
		if (r != -EEXIST)
			break;
	}
	core_fail(core, "memory: no room for %s of %llu bytes: %s", name,
	          (unsigned long long)size, strerror(-r));
}

void core_place_at(struct core *core, uint64_t address, uint64_t size,
                   const char *name)
{
	int r = address + size > CORE_GUEST_TOP ? -ENOMEM
	                                        : reserve(address, size);

	if (r)
		core_fail(core, "memory: %s cannot lie at 0x%llx: %s", name,
		          (unsigned long long)address, strerror(-r));
}

static void map_fixed(struct core *core, uint64_t address, uint64_t size,
                      int protection, int flags, int fd, uint64_t offset,
                      const char *name)
{
	if (mmap(pointer(address), size, protection, flags | MAP_FIXED, fd,
	         (off_t)offset) == MAP_FAILED)
		core_fail(core, "memory: cannot allocate %s of %llu bytes: %s",
		          name, (unsigned long long)size, strerror(errno));
}

/* Pages appear when they are first touched: large memory costs nothing. */
void core_allocate(struct core *core, uint64_t address, uint64_t size,
                   const char *name)
{
	map_fixed(core, address, size, PROT_READ | PROT_WRITE,
	          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, name);
}

void core_protect(struct core *core, const struct core_region *region,
                  bool executable)
{
	int protection = PROT_READ;

	if (region->protection & CORE_WRITE)
		protection |= PROT_WRITE;
	if (executable && region->protection & CORE_EXECUTE)
		protection |= PROT_EXEC;
	if (mprotect(pointer(region->address), region->size, protection))
		core_fail(core, "%s: cannot protect %s: %s", core->ops->name,
		          region->name, strerror(errno));
}

void core_add_region(struct core *core, uint64_t address, uint64_t size,
                     uint32_t protection, const char *name)
{
	if (core->region_count == CORE_REGIONS_MAX)
		core_fail(core, "memory: more than %u regions",
		          CORE_REGIONS_MAX);
	core->regions[core->region_count++] = (struct core_region){
	        .address = address,
	        .size = size,
	        .protection = protection,
	        .name = name,
	};
}

static uint64_t add_memory(struct core *core, uint64_t size,
                           uint32_t protection, const char *name)
{
	uint64_t address;

	if (size == 0)
		return 0;
	address = core_place(core, size, BH_PAGE_SIZE, 0, name);
	core_allocate(core, address, size, name);
	core_add_region(core, address, size, protection, name);
	return address;
}

static uint64_t add_buffer(struct core *core, uint64_t size, uint64_t offset,
                           uint32_t protection, const char *name)
{
	uint64_t address = core_place(core, size, BH_PAGE_SIZE, 0, name);
	int access = PROT_READ | (protection & CORE_WRITE ? PROT_WRITE : 0);

	map_fixed(core, address, size, access, MAP_SHARED, BH_CORE_FD_AREA,
	          offset, name);
	core_add_region(core, address, size, protection, name);
	return address;
}

void core_map_memory(struct core *core)
{
	const struct bh_core_start *s = &core->start;

	core->heap =
	        add_memory(core, s->heap_size, CORE_READ | CORE_WRITE, "heap");
	core->stack = add_memory(core, s->stack_size, CORE_READ | CORE_WRITE,
	                         "stack");
	core->stack_pointer = core->stack + s->stack_size -
	                      (bh_random_next(&core->layout) & STACK_SKEW);
	core->submission =
	        add_buffer(core, s->submission_size, BH_AREA_SUBMISSION,
	                   CORE_READ | CORE_WRITE, "submission");
	core->completion =
	        add_buffer(core, s->completion_size,
	                   (uint64_t)BH_AREA_SUBMISSION + s->submission_size,
	                   CORE_READ, "completion");
	core->boot_info =
	        add_memory(core, core_boot_size(core), CORE_READ, "boot");
	core->hypercall = add_memory(core, BH_PAGE_SIZE,
	                             CORE_READ | CORE_EXECUTE, "entry");
}
