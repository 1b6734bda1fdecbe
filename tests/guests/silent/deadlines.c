/* SPDX-License-Identifier: ISC */

/*
 * Variants that wait until times of their own between those that they share,
 * as a program does whose allocator has a thread that cleans up now and then.
 */

#include <bh.h>

#include "silent.h"

#define SHARED UINT64_C(50000) /* ns */

void probe(uint64_t round)
{
	uint64_t step = 1000 + bh_boot()->secret[1] % 40000 + bh_boot()->isa;
	uint64_t shared = bh_now() + SHARED, own = bh_now() + step;

	(void)round;
	while (bh_now() < shared) {
		bh_exchange(BH_WAIT_ANY, 0, own < shared ? own : shared);
		if (bh_now() >= own)
			own = bh_now() + step;
	}
	silent_add_number(bh_exchange_count());
	silent_add_number(bh_now());
}
