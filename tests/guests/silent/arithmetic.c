/* SPDX-License-Identifier: ISC */

/*
 * Floating-point arithmetic on every class of operand: what IEEE 754 defines is
 * the same everywhere, down to subnormal numbers and signaling NaNs as operands
 * of minimum and maximum.  Whether a result is NaN counts, its bits do not: they
 * are for nan.c.
 */

#include "tests/guests/silent/silent.h"

#include <math.h>
#include <string.h>

#define EXPONENT (UINT64_C(0x7ff) << 52)
#define SIGN     (UINT64_C(1) << 63)

static double number(void)
{
	uint64_t bits = silent_random(), kind = silent_random();
	double value;

	switch (kind % 8) {
	case 0: /* small integers and a fraction */
		bits = (bits & ~EXPONENT) | (1023 + (kind >> 8) % 70) << 52;
		break;
	case 1: /* subnormal */
		bits &= ~EXPONENT;
		break;
	case 2: /* NaN */
		bits |= EXPONENT;
		break;
	case 3: /* 0, 1 or infinite */
		bits = (bits & SIGN) | (kind >> 8) % 3 * 0x3ff << 52;
		break;
	case 4: /* fits float, exactly or nearly */
		bits = (bits & (SIGN | 0xfff)) | (900 + (kind >> 8) % 256) << 52;
		break;
	default: /* any at all */
		break;
	}
	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void add_double(double x)
{
	uint64_t bits = 1;

	if (!isnan(x))
		memcpy(&bits, &x, sizeof(bits));
	silent_add_number(bits);
}

static void add_float(float x)
{
	uint32_t bits = 1;

	if (!isnan(x))
		memcpy(&bits, &x, sizeof(bits));
	silent_add_number(bits);
}

static void try_double(double x, double y, double z)
{
	add_double(x + y);
	add_double(x - y);
	add_double(x * y);
	add_double(x / y);
	add_double(sqrt(fabs(x)));
	add_double(fma(x, y, z));
	add_double(fmin(x, y));
	add_double(fmax(x, y));
	add_double(rint(x));
	add_double(floor(x));
	add_double(round(x));
	add_double(fmod(x, y));
	silent_add_number((uint64_t)((x < y) | (x <= y) << 1 | (x == y) << 2 |
	                             isless(x, y) << 3 |
	                             isunordered(x, y) << 4));
}

static void try_float(float x, float y, float z)
{
	add_float(x);
	add_float(x + y);
	add_float(x - y);
	add_float(x * y);
	add_float(x / y);
	add_float(sqrtf(fabsf(x)));
	add_float(fmaf(x, y, z));
	add_float(fminf(x, y));
	add_float(fmaxf(x, y));
	silent_add_number(
	        (uint64_t)((x < y) | (x <= y) << 1 | (x == y) << 2));
}

static void try_integer(uint64_t x)
{
	add_double((double)x);
	add_double((double)(int64_t)x);
	add_double((double)(uint32_t)x);
	add_double((double)(int32_t)x);
	add_float((float)x);
	add_float((float)(int64_t)x);
	add_float((float)(uint32_t)x);
	add_float((float)(int32_t)x);
}

void probe(uint64_t round)
{
	volatile double x = number(), y = number(), z = number();
	uint64_t integer = silent_random();

	try_double(x, y, z);
	try_float((float)x, (float)y, (float)z);
	try_integer(integer >> round % 64);
}
