/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "core/kvm/arena.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/host_memory.h"

_Static_assert(KVM_CHUNK_SIZE % KVM_LARGE_PAGE_SIZE == 0,
               "what one table maps lies in one slot");

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static bool is_within(const struct core_span *span, uint64_t address)
{
	return address - span->base < span->size;
}

/* The chunk that holds ADDRESS gets a slot, if it has none. */
static int need_slot(const struct core_arena *arena,
                     struct kvm_machine *machine, uint64_t address)
{
	bool high = is_within(&arena->high, address);
	const struct core_span *span = high ? &arena->high : &arena->low;
	bool *chunk = &machine->chunks[high][address / KVM_CHUNK_SIZE];
	uint64_t start = address & ~(KVM_CHUNK_SIZE - 1);
	uint64_t end = min(start + KVM_CHUNK_SIZE, span->base + span->size);

	if (*chunk)
		return 0;
	start = max(start, span->base);
	if (kvm_machine_add_slot(machine, start, (void *)(uintptr_t)start,
	                         end - start, 0))
		return -BH_ENOMEM;
	*chunk = true;
	return 0;
}

/* Zero: no page. */
static unsigned page_flags(uint32_t protection)
{
	unsigned flags = protection ? KVM_PAGE_USER : 0;

	if (protection & CORE_WRITE)
		flags |= KVM_PAGE_WRITE;
	if (protection & CORE_EXECUTE)
		flags |= KVM_PAGE_EXECUTE;
	return flags;
}

static uint64_t table_end(uint64_t address)
{
	return (address | (KVM_LARGE_PAGE_SIZE - 1)) + 1;
}

/* Enters the new rights into what tables there are. */
static int update_tables(const struct core *core, struct kvm_machine *machine,
                         const struct bh_memory_change *c)
{
	uint64_t end = c->address + c->size, next;
	unsigned flags = page_flags(c->protection);

	for (uint64_t at = c->address; at < end; at = next) {
		next = min(end, table_end(at));
		if (!kvm_paging_has_table(&machine->paging, at))
			continue;
		if (flags && need_slot(&core->arena, machine, at))
			return -BH_ENOMEM;
		kvm_paging_set(&machine->paging, at, next, flags);
	}
	return 0;
}

static bool was_executable(const struct core_arena *arena, uint64_t start,
                           uint64_t end)
{
	for (uint32_t i = core_piece_at(arena, start);
	     i < arena->piece_count && arena->pieces[i].start < end; i++)
		if (arena->pieces[i].protection & CORE_EXECUTE)
			return true;
	return false;
}

/*
 * The host's protection may be the same before and after if only the right to
 * execute changes.  Then it must be another one in between.
 */
static int change_host(const struct core *core,
                       const struct bh_memory_change *c)
{
	struct bh_memory_change closed = *c;
	int r = 0;

	closed.protection = 0;
	if (c->kind == BH_MEMORY_PROTECT &&
	    (c->protection & CORE_EXECUTE ||
	     was_executable(&core->arena, c->address, c->address + c->size)))
		r = core_change_host(&closed, false);
	return r ? r : core_change_host(c, false);
}

int kvm_arena_change(struct core *core, struct kvm_machine *machine,
                     const struct bh_memory_change *change)
{
	int r = change_host(core, change);

	return r ? r : update_tables(core, machine, change);
}

/* A new table says what the pieces say. */
static int fill_table(const struct core_arena *arena,
                      struct kvm_machine *machine, uint64_t address)
{
	uint64_t end = table_end(address), start = end - KVM_LARGE_PAGE_SIZE;

	if (need_slot(arena, machine, address))
		return -BH_ENOMEM;
	for (uint32_t i = core_piece_at(arena, start);
	     i < arena->piece_count && arena->pieces[i].start < end; i++) {
		const struct core_piece *piece = &arena->pieces[i];

		kvm_paging_set(&machine->paging, max(piece->start, start),
		               min(piece->end, end),
		               page_flags(piece->protection));
	}
	return 0;
}

int kvm_arena_fault(struct core *core, struct kvm_machine *machine,
                    uint64_t address, uint32_t access)
{
	const struct core_arena *arena = &core->arena;

	if (!is_within(&arena->low, address) &&
	    !is_within(&arena->high, address))
		return 0;
	if (!core_may(core, address, 1, access) ||
	    kvm_paging_has_table(&machine->paging, address))
		return 0;
	if (kvm_paging_add_table(&machine->paging, address) ||
	    fill_table(arena, machine, address))
		return -BH_ENOMEM;
	return 1;
}
