/* SPDX-License-Identifier: ISC */
#ifndef TEST_H
#define TEST_H

#include <stdint.h>
#include <string.h>

/* Pseudo-random numbers, the same everywhere (xorshift64*). */
static uint64_t random_state = 0x9e3779b97f4a7c15u;

static inline uint64_t random_u64(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1du;
}

/* FNV-1a over bytes. */
#define HASH_START 0xcbf29ce484222325u

static inline uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ p[i]) * 0x100000001b3u;
	return hash;
}

/* A value the compiler does not know, so that it computes at run time. */
#define HIDE(x) ({ __typeof__(x) volatile hidden_ = (x); hidden_; })

#endif
