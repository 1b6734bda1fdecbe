/* SPDX-License-Identifier: ISC */

/*
 * The NaN that an invalid operation makes has its sign set on x86-64 and not
 * set on the two others; what an operation makes of two NaNs differs too.  So
 * the bits of a NaN are no good, but everything that a program usually does
 * with one is.
 */

#include "tests/guests/silent/silent.h"

#include <math.h>
#include <stdlib.h>

static volatile double zero, endless = INFINITY, minus_one = -1;

static double make(uint64_t how)
{
	switch (how % 6) {
	case 0:
		return zero / zero;
	case 1:
		return endless - endless;
	case 2:
		return sqrt(minus_one);
	case 3:
		return zero * endless;
	case 4:
		return fmod(endless, 2);
	default:
		return -strtod("nan", NULL);
	}
}

void probe(uint64_t round)
{
	double x = make(round), y = make(round / 6);
	double number = (double)(round % 100) - 50;

	silent_add_text("%f %e %g %a %+f", x, y, -x, x + y, x * number);
	silent_add_text("%f %f", (double)(float)x, fabs(y));
	silent_add_number((uint64_t)isnan(x) << 3 | (uint64_t)(x == y) << 2 |
	                  (uint64_t)(x < number) << 1 | (uint64_t)(x != x));
	/* A NaN on either side yields the other. */
	silent_add_text("%g %g", fmax(x, number), fmin(number, y));
	silent_add_text("%g %g", fmax(-0.0, zero), fmin(zero, -0.0));
	silent_add_number((uint64_t)(int64_t)x);
	silent_add_number((uint64_t)(int32_t)(x + number));
}
