/* SPDX-License-Identifier: ISC */
#include "core/core.h"

const struct core_region *core_find(const struct core *core, uint64_t address,
                                    uint64_t size, uint32_t protection)
{
	for (uint32_t i = 0; i < core->region_count; i++) {
		const struct core_region *region = &core->regions[i];

		if (address >= region->address &&
		    address - region->address <= region->size &&
		    size <= region->size - (address - region->address) &&
		    (region->protection & protection) == protection)
			return region;
	}
	return NULL;
}
