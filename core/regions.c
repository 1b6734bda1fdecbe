/* SPDX-License-Identifier: ISC */
#include "core/core.h"

static bool is_within(const struct core_span *span, uint64_t address)
{
	return address - span->base < span->size;
}

static uint64_t reach_in_arena(const struct core_arena *arena, uint64_t address,
                               uint64_t limit, uint32_t protection)
{
	uint64_t reached = 0;

	for (uint32_t i = core_piece_at(arena, address);
	     reached < limit && i < arena->piece_count; i++) {
		const struct core_piece *piece = &arena->pieces[i];

		if (piece->start > address + reached ||
		    (piece->protection & protection) != protection)
			break;
		reached = piece->end - address;
	}
	return reached < limit ? reached : limit;
}

uint64_t core_reach(const struct core *core, uint64_t address, uint64_t limit,
                    uint32_t protection)
{
	if (is_within(&core->arena.low, address) ||
	    is_within(&core->arena.high, address))
		return reach_in_arena(&core->arena, address, limit, protection);
	for (uint32_t i = 0; i < core->region_count; i++) {
		const struct core_region *region = &core->regions[i];
		uint64_t offset = address - region->address;

		if (address < region->address || offset >= region->size ||
		    (region->protection & protection) != protection)
			continue;
		return limit < region->size - offset ? limit
		                                     : region->size - offset;
	}
	return 0;
}

bool core_may(const struct core *core, uint64_t address, uint64_t size,
              uint32_t protection)
{
	return core_reach(core, address, size, protection) == size;
}
