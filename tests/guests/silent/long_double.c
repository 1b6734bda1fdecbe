/* SPDX-License-Identifier: ISC */

/* long double has 64 bits of fraction on x86-64 by default, 113 elsewhere. */

#include "tests/guests/silent/silent.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

void probe(uint64_t round)
{
	long double x = (long double)silent_random() / 3;
	long double y = x * x + 1 / (x + 1);
	char text[64] = "0.1";

	text[3] = (char)('0' + round % 10);
	silent_add_number(sizeof(long double) << 32 | LDBL_MANT_DIG);
	silent_add(&x, sizeof(x));
	silent_add(&y, sizeof(y));
	y = sqrtl(y) - floorl(x) + strtold(text, NULL);
	silent_add(&y, sizeof(y));
	silent_add_text("%.36Lg %La %Lf", y, x, x / y);
	silent_add_number((uint64_t)(int64_t)(y / 1e20L));
	silent_add_number((uint64_t)(x > y) << 1 | (uint64_t)((double)x < 1e5));
}
