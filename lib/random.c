/* SPDX-License-Identifier: ISC */
#include "lib/random.h"

static uint64_t split_mix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

void bh_random_seed(struct bh_random *random, uint64_t a, uint64_t b)
{
	/* SplitMix64 is a bijection with two different inputs each, so the
	 * state cannot become all zero. */
	random->state[0] = split_mix(&a);
	random->state[1] = split_mix(&a);
	random->state[2] = split_mix(&b);
	random->state[3] = split_mix(&b);
}

uint64_t bh_random_next(struct bh_random *random)
{
	uint64_t *s = random->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint64_t bh_random_below(struct bh_random *random, uint64_t bound)
{
	/* Numbers below this would make small results more frequent. */
	uint64_t excess = -bound % bound;
	uint64_t value;

	do
		value = bh_random_next(random);
	while (value < excess);
	return value % bound;
}
