/* SPDX-License-Identifier: ISC */

/*
 * A conversion whose result does not fit: x86-64 yields the most negative
 * number, the two others the nearest, and NaN becomes this or that.
 */

#include "tests/guests/silent/silent.h"

#include <math.h>
#include <string.h>

static double number(uint64_t round)
{
	static const double special[] = {
	        INFINITY, -INFINITY, NAN,     2147483647.5, 2147483648.0,
	        -2147483649.0, 0x1p63, -0x1p63, 0x1p64, -1.0, 4294967296.0,
	        1e300, -1e300, 0x1.fffffffffffffp62, -0.0, 255.9, 256.0, -129,
	        __builtin_nans(""), -__builtin_nans("0x123456789"),
	};
	size_t count = sizeof(special) / sizeof(special[0]);
	uint64_t bits = silent_random();
	double value;

	if (round % 2)
		return special[round / 2 % count];
	memcpy(&value, &bits, sizeof(value)); /* any at all */
	return value;
}

void probe(uint64_t round)
{
	volatile double x = number(round);
	volatile float f = (float)x;
	/*
	 * Stored before it is widened: clang 14 for riscv64 extends the sign of
	 * an unsigned 32-bit result that is used as 64 bits at once.
	 */
	volatile uint32_t narrow;

	silent_add_number((uint64_t)(int8_t)x);
	silent_add_number((uint64_t)(uint8_t)x);
	silent_add_number((uint64_t)(int16_t)x);
	silent_add_number((uint64_t)(uint16_t)x);
	silent_add_number((uint64_t)(int32_t)x);
	narrow = (uint32_t)x;
	silent_add_number(narrow);
	silent_add_number((uint64_t)(int64_t)x);
	silent_add_number((uint64_t)x);
	silent_add_number((uint64_t)(int32_t)f);
	narrow = (uint32_t)f;
	silent_add_number(narrow);
	silent_add_number((uint64_t)(int64_t)f);
	silent_add_number((uint64_t)f);
	silent_add_number((uint64_t)lrint(x));
	silent_add_number((uint64_t)llround(x));
	silent_add_number((uint64_t)lround(x));
	silent_add_text("%.17g %.9g", x, (double)f);
}
