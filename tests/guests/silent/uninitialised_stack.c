/* SPDX-License-Identifier: ISC */

/*
 * Memory that a program has not written before it submits it: on the stack
 * lie return addresses and saved registers, on the heap the allocator's
 * pointers, all of them different in every variant.
 */

#include "tests/guests/silent/silent.h"

#include <stdlib.h>

__attribute__((noinline)) static void submit_stack(void)
{
	uint64_t array[100];
	struct {
		char c;
		uint64_t number;
	} structure;
	void *pointer;

	silent_add(array, sizeof(array));
	silent_add(&structure, sizeof(structure));
	silent_add(&pointer, sizeof(pointer));
}

static void soil_heap(void)
{
	void *blocks[8];

	for (int i = 0; i < 8; i++) {
		blocks[i] = malloc(64 + 16 * (size_t)i);
		for (int j = 0; blocks[i] && j < 8; j++)
			((void **)blocks[i])[j] = blocks[i];
	}
	for (int i = 0; i < 8; i++)
		free(blocks[i]);
}

static void submit_heap(uint64_t round)
{
	size_t size = 16 + round % 200;
	uint8_t *block = malloc(size);

	if (!block)
		abort();
	silent_add(block, size);
	block = realloc(block, 2 * size);
	if (!block)
		abort();
	silent_add(block, 2 * size);
	free(block);
}

void probe(uint64_t round)
{
	silent_soil_stack();
	submit_stack();
	soil_heap();
	submit_heap(round);
}
