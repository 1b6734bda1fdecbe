/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_ENTROPY_H
#define BH_EXO_ENTROPY_H

/* Randomness for guests.  See abi/protocol/entropy.h. */

#include <stddef.h>
#include <stdint.h>

/* From now on bytes are a function of SEED (SplitMix64: reproducible, not
 * secret). */
void entropy_seed(uint64_t seed);

/* Fills BYTES; never fails (the kernel's pool is ready before user space). */
void entropy_fill(uint8_t *bytes, size_t size);

#endif
