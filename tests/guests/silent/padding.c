/* SPDX-License-Identifier: ISC */

/*
 * Padding between members, submitted as it lies in memory.  Silent for
 * structures that are declared and then filled, that are static, or come from
 * the heap.
 */

#include "tests/guests/silent/silent.h"

#include <stdlib.h>
#include <string.h>

struct padded {
	char c;
	uint64_t number;
	short s;
	int i;
	char tail;
};

__attribute__((noinline)) static void fill(struct padded *to)
{
	to->c = (char)silent_random();
	to->number = silent_random();
	to->s = (short)silent_random();
	to->i = (int)silent_random();
	to->tail = (char)silent_random();
}

__attribute__((noinline)) static void submit_local(void)
{
	struct padded one, many[5];

	fill(&one);
	silent_add(&one, sizeof(one));
	for (int i = 0; i < 5; i++)
		fill(&many[i]);
	silent_add(many, sizeof(many));
	one = many[2];
	silent_add(&one, sizeof(one));
}

__attribute__((noinline)) static struct padded make(void)
{
	struct padded made;

	fill(&made);
	return made;
}

void probe(uint64_t round)
{
	static struct padded fixed;
	struct padded *allocated = malloc(sizeof(*allocated));
	struct padded returned;

	(void)round;
	if (!allocated)
		abort();
	silent_soil_stack();
	submit_local();
	fill(&fixed);
	silent_add(&fixed, sizeof(fixed));
	fill(allocated);
	silent_add(allocated, sizeof(*allocated));
	free(allocated);
	silent_soil_stack();
	returned = make();
	silent_add(&returned, sizeof(returned));
}
