/* SPDX-License-Identifier: ISC */
#ifndef BH_LIB_RANDOM_H
#define BH_LIB_RANDOM_H

/*
 * Reproducible random numbers: xoshiro256** (Blackman and Vigna, "Scrambled
 * linear pseudorandom number generators", 2018), its state filled by
 * SplitMix64.
 *
 * Not cryptographic: who sees enough of the output can compute the rest.  It
 * is good for choosing a layout from a seed that the kernel's getrandom(2)
 * made, because an attacker who could read the layout needs no prediction.
 * Things that must not tell about each other take seeds of their own.
 */

#include <stdint.h>

struct bh_random {
	uint64_t state[4];
};

void bh_random_seed(struct bh_random *random, uint64_t a, uint64_t b);
uint64_t bh_random_next(struct bh_random *random);

/* Uniform in [0, bound); bound is not zero. */
uint64_t bh_random_below(struct bh_random *random, uint64_t bound);

#endif
