/* SPDX-License-Identifier: ISC */

/*
 * Where the allocator puts what, relative to the heap, and when it has run out
 * of memory: the same for the same sequence of calls.
 */

#include "tests/guests/silent/silent.h"

#include <stdlib.h>

#include <bh.h>

#define BLOCKS 64

static void add_place(const void *block)
{
	silent_add_number(block ? (uint64_t)block - bh_boot()->heap_base
	                        : UINT64_MAX);
}

void probe(uint64_t round)
{
	static void *blocks[BLOCKS];
	uint64_t choice = silent_random();
	void **block = &blocks[choice % BLOCKS];
	/* Not zero: realloc() would free the block. */
	size_t size = (size_t)(choice >> 32) % 3000 + 1;

	if (round % 1000 == 999)
		size = (size_t)1 << 62; /* surely too much */
	if (*block && choice & 1 << 20) {
		free(*block);
		*block = NULL;
	} else {
		void *new = realloc(*block, size);

		add_place(new);
		if (new)
			*block = new;
	}
	add_place(*block);
}
