/* SPDX-License-Identifier: ISC */

/*
 * The order of equal elements after qsort(), and of a hash table that hashes
 * contents.  (One that hashes addresses has another order in every variant.)
 */

#include "tests/guests/silent/silent.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define ELEMENTS 24
#define SLOTS 64

struct element {
	uint32_t key;
	uint32_t number;
	char name[16];
	struct element *next;
};

static int compare(const void *a, const void *b)
{
	const struct element *left = a, *right = b;

	return (left->key > right->key) - (left->key < right->key);
}

static uint32_t hash(const char *text)
{
	uint32_t value = 5381;

	while (*text)
		value = value * 33 + (uint32_t)*text++;
	return value;
}

void probe(uint64_t round)
{
	static struct element elements[ELEMENTS];
	struct element *slots[SLOTS] = {NULL};

	for (uint32_t i = 0; i < ELEMENTS; i++) {
		struct element *e = &elements[i];

		/* Few keys, so many are equal. */
		e->key = (uint32_t)silent_random() % 7;
		e->number = i;
		memset(e->name, 0, sizeof(e->name));
		for (int j = 0; j < 8; j++)
			e->name[j] = (char)(silent_random() % 200 + 32);
	}
	qsort(elements, ELEMENTS, sizeof(elements[0]), compare);
	for (uint32_t i = 0; i < ELEMENTS; i++) {
		struct element *e = &elements[i];
		struct element **slot = &slots[hash(e->name) % SLOTS];

		silent_add_number(e->number);
		e->next = *slot;
		*slot = e;
	}
	for (int i = 0; i < SLOTS; i++) {
		for (struct element *e = slots[i]; e; e = e->next)
			silent_add(e->name, sizeof(e->name));
	}
	silent_add_number(round);
}
