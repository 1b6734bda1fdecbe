/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_COPY_H
#define BH_CORE_COPY_H

/*
 * memcpy and memset for the run path.  The C library's own use vector
 * registers, which belong to the guest while its call is under way, and are
 * found through a table that a guest in the same address space could change.
 */

#include <stdint.h>

/* Eight bytes at any address. */
struct core_word {
	uint64_t v;
} __attribute__((packed, may_alias));

/* The empty assembly keeps the compiler from making a library call of it. */
static inline void core_copy(void *to, const void *from, uint64_t size)
{
	uint8_t *t = to;
	const uint8_t *f = from;

#pragma GCC unroll 8 /* a guest's registers are all that is copied often */
	for (; size >= sizeof(struct core_word);
	     size -= sizeof(struct core_word)) {
		*(struct core_word *)t = *(const struct core_word *)f;
		t += sizeof(struct core_word);
		f += sizeof(struct core_word);
		__asm__ volatile("" ::: "memory");
	}
	for (; size; size--) {
		*t++ = *f++;
		__asm__ volatile("" ::: "memory");
	}
}

static inline void core_zero(void *to, uint64_t size)
{
	uint8_t *t = to;

	for (; size >= sizeof(struct core_word);
	     size -= sizeof(struct core_word)) {
		((struct core_word *)t)->v = 0;
		t += sizeof(struct core_word);
		__asm__ volatile("" ::: "memory");
	}
	for (; size; size--) {
		*t++ = 0;
		__asm__ volatile("" ::: "memory");
	}
}

#endif
