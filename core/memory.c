/* SPDX-License-Identifier: ISC */
#include "core/copy.h"
#include "core/core.h"

#define ACCESS (BH_MEMORY_READ | BH_MEMORY_WRITE | BH_MEMORY_EXECUTE)

_Static_assert((int)BH_MEMORY_READ == (int)CORE_READ &&
                       (int)BH_MEMORY_WRITE == (int)CORE_WRITE &&
                       (int)BH_MEMORY_EXECUTE == (int)CORE_EXECUTE,
               "one set of protection bits");

static bool is_page_multiple(uint64_t value)
{
	return value % BH_PAGE_SIZE == 0;
}

static bool lies_in(const struct core_span *span, uint64_t address,
                    uint64_t size)
{
	uint64_t offset = address - span->base;

	return address >= span->base && offset < span->size &&
	       size <= span->size - offset;
}

/* All that can be told from the change alone. */
static bool is_well_formed(const struct core_arena *arena,
                           const struct bh_memory_change *c)
{
	if (c->size == 0 || !is_page_multiple(c->address) ||
	    !is_page_multiple(c->size) || !is_page_multiple(c->offset))
		return false;
	if (!lies_in(&arena->low, c->address, c->size) &&
	    !lies_in(&arena->high, c->address, c->size))
		return false;
	if (c->protection & ~ACCESS)
		return false;
	switch (c->kind) {
	case BH_MEMORY_NONE:
		return c->protection == 0 && c->offset == 0;
	case BH_MEMORY_ZERO:
	case BH_MEMORY_PROTECT:
		return c->offset == 0;
	case BH_MEMORY_ROOT:
		return arena->root.size != 0;
	default:
		return false;
	}
}

/*
 * Whether all of [start, end) is memory after the first COUNT changes.  Each
 * of them cuts out what it decides; what none of them touches is as it is now.
 */
static bool will_be_memory(const struct core_arena *arena,
                           const struct bh_memory_change *changes,
                           uint32_t count, uint64_t start, uint64_t end)
{
	while (count--) {
		const struct bh_memory_change *c = &changes[count];
		uint64_t from = c->address, to = c->address + c->size;

		if (c->kind == BH_MEMORY_PROTECT || from >= end || to <= start)
			continue;
		if (c->kind == BH_MEMORY_NONE)
			return false;
		if (from > start &&
		    !will_be_memory(arena, changes, count, start, from))
			return false;
		if (to >= end)
			return true;
		start = to;
	}
	return core_piece_covers(arena, start, end);
}

static bool are_valid(const struct core_arena *arena,
                      const struct bh_memory_change *changes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct bh_memory_change *c = &changes[i];

		if (!is_well_formed(arena, c))
			return false;
		if (c->kind == BH_MEMORY_PROTECT &&
		    !will_be_memory(arena, changes, i, c->address,
		                    c->address + c->size))
			return false;
	}
	return true;
}

/* No processor that matters here can write or execute what it cannot read. */
static uint32_t with_read(uint32_t protection)
{
	if (protection & (BH_MEMORY_WRITE | BH_MEMORY_EXECUTE))
		protection |= BH_MEMORY_READ;
	return protection;
}

/* Whether the guest may hold what the change makes writable. */
static bool is_granted(const struct core *core, const struct bh_memory_change *c)
{
	const struct core_arena *arena = &core->arena;

	if (!(c->protection & BH_MEMORY_WRITE))
		return true;
	return arena->writable + c->size -
	               core_piece_writable(arena, c->address,
	                                   c->address + c->size) <=
	       core->start.memory_limit;
}

/* The host's part.  Where the image ends, zeros follow. */
static int change_pages(struct core *core, const struct bh_memory_change *c)
{
	struct bh_memory_change part = *c;
	uint64_t left = 0;
	int r;

	if (c->kind != BH_MEMORY_ROOT)
		return core->ops->change(core, c);
	if (c->offset < core->arena.root_pages)
		left = core->arena.root_pages - c->offset;
	if (c->size <= left)
		return core->ops->change(core, c);
	part.size = left;
	r = left ? core->ops->change(core, &part) : 0;
	if (r)
		return r;
	part.address += left;
	part.size = c->size - left;
	part.kind = BH_MEMORY_ZERO;
	part.offset = 0;
	return core->ops->change(core, &part);
}

/*
 * The host may have changed the first pages of a range before it refused the
 * others.  What takes them back needs no more than there was.
 */
static void restore(struct core *core, const struct bh_memory_change *c)
{
	uint64_t end = c->address + c->size;

	for (uint32_t i = core_piece_at(&core->arena, c->address);
	     i < core->arena.piece_count; i++) {
		const struct core_piece *piece = &core->arena.pieces[i];
		struct bh_memory_change old = *c;

		if (piece->start >= end)
			break;
		if (piece->start > old.address)
			old.address = piece->start;
		old.size = (piece->end < end ? piece->end : end) - old.address;
		old.protection = piece->protection;
		core->ops->change(core, &old);
	}
}

static int apply(struct core *core, struct bh_memory_change *c)
{
	const struct bh_memory_change none = {.address = c->address,
	                                      .size = c->size};
	uint64_t end = c->address + c->size;
	bool is_memory = c->kind != BH_MEMORY_NONE;
	int r;

	c->protection = with_read(c->protection);
	if (!core_piece_has_room(&core->arena, c->address, end) ||
	    !is_granted(core, c))
		return -BH_ENOMEM;
	r = change_pages(core, c);
	if (r && c->kind == BH_MEMORY_PROTECT) {
		restore(core, c);
		return r;
	}
	if (r) {
		core->ops->change(core, &none);
		is_memory = false;
	}
	core_piece_set(&core->arena, c->address, end, is_memory, c->protection);
	return r;
}

int64_t core_change_memory(struct core *core, uint64_t address, uint64_t count,
                           uint64_t reserved)
{
	/* The guest could change its own while they are checked.  Not on the
	 * stack, which is small. */
	static struct bh_memory_change changes[BH_MEMORY_CHANGES_MAX];
	uint64_t size = count * sizeof(changes[0]);

	if (reserved || count == 0 || count > BH_MEMORY_CHANGES_MAX ||
	    !core_may(core, address, size, CORE_READ))
		return -BH_EINVAL;
	core_copy(changes, (const void *)(uintptr_t)address, size);
	if (!are_valid(&core->arena, changes, (uint32_t)count))
		return -BH_EINVAL;
	for (uint32_t i = 0; i < count; i++)
		if (apply(core, &changes[i]))
			return i ? (int64_t)i : -BH_ENOMEM;
	return (int64_t)count;
}
