/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_OPERANDS_H
#define BH_TESTS_OPERANDS_H

/* Operands for Linux programs that try instructions: the same each time from the
 * same state. */

#include <stdint.h>

static uint64_t state;

static uint64_t next(void)
{
	/* SplitMix64, see examples/burn. */
	uint64_t x = state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* Of any length, or but for a few bits ones. */
static uint64_t operand(void)
{
	uint64_t kind = next() % 4, v = next() >> next() % 64;

	return kind == 0 ? ~v : kind == 1 ? v & next() & next() : v;
}

#endif
