/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_RANDOM_STATE_H
#define BH_TESTS_RANDOM_STATE_H

/* Random programs in two files: their code, each of as many bytes, and what
 * each begins with.  Unit tests of the translator write them, random_program.c
 * runs them on Linux. */

#include <stdint.h>

struct random_state {
	uint64_t x[32];    /* AArch64: [31] is sp */
	uint64_t v[32][2]; /* RISC-V: [n][0] is f[n] */
	uint64_t flags;    /* RISC-V: fcsr; AArch64: NZCV */
	uint64_t fpsr;     /* AArch64 */
};

/* Where memory is that they use. */
#define RANDOM_DATA UINT64_C(0x200000)
#define RANDOM_SIZE 0x4000u

#endif
