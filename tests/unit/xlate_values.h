/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_XLATE_VALUES_H
#define BH_TESTS_XLATE_VALUES_H

/* Numbers to make instructions and their operands of. */

#include <stdint.h>

static uint64_t seed;

static uint64_t next(void)
{
	seed = seed * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
	return seed ^ seed >> 32;
}

static inline uint64_t any_integer(void)
{
	static const uint64_t corners[] = {
	        0,
	        1,
	        2,
	        63,
	        64,
	        31,
	        32,
	        UINT64_MAX,
	        INT64_MAX,
	        1ull << 63,
	        INT32_MAX,
	        0x80000000,
	        0xffffffff80000000,
	        UINT32_MAX,
	        0xfffffffffffffffe,
	        0x100000000,
	};
	uint64_t v = next();

	if (v % 3 == 0)
		return corners[next() % 16];
	return v % 3 == 1 ? next() : next() >> next() % 64;
}

static inline uint64_t any_double(void)
{
	static const uint64_t corners[] = {
	        0,
	        1ull << 63,
	        0x3ff0000000000000,
	        0xbff0000000000000,
	        0x7ff0000000000000,
	        0xfff0000000000000,
	        0x7ff8000000000000,
	        0xfff8000000000001,
	        0x7ff0000000000001,
	        1,
	        0x000fffffffffffff,
	        0x0010000000000000,
	        0x7fefffffffffffff,
	        0x43e0000000000000,
	        0x41dfffffffc00000,
	        0xc1e0000000000000,
	};
	uint64_t v = next();

	if (v % 4 == 0)
		return corners[next() % 16];
	if (v % 4 == 1) /* near one, or near integers */
		return 0x3ff0000000000000 + ((next() % 64) << 52) +
		       (next() << 48) + (next() & 7) + (next() << 63);
	if (v % 16 == 2) /* subnormal, or nearly so */
		return (next() >> 11) + (next() << 63);
	return next();
}

static inline uint32_t any_single_bits(void)
{
	static const uint32_t corners[] = {
	        0,          1u << 31,   0x3f800000, 0xbf800000,
	        0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001,
	        0x7f800001, 1,          0x007fffff, 0x00800000,
	        0x7f7fffff, 0x5f000000, 0x4effffff, 0xcf000000,
	};
	uint64_t v = next();
	uint32_t r = (uint32_t)next();

	if (v % 4 == 0)
		r = corners[next() % 16];
	else if (v % 4 == 1)
		r = 0x3f800000 + ((r % 64) << 23) + (r >> 12 << 19) + (r & 7);
	else if (v % 16 == 2)
		r = (r & 0x80000000) + (r % 0x1000000);
	return r;
}

#endif
