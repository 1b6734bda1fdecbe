/* SPDX-License-Identifier: ISC */

/* a*b+c is rounded once where the ISA has a fused multiply-add. */

#include "tests/guests/silent/silent.h"

#include <math.h>
#include <string.h>

#define SIZE 16

/* A number of magnitude around 1, with all bits of its fraction random. */
static double number(void)
{
	return (double)(int64_t)silent_random() * 0x1p-62;
}

static void add(double value)
{
	silent_add(&value, sizeof(value));
}

static void add_single(float value)
{
	silent_add(&value, sizeof(value));
}

void probe(uint64_t round)
{
	double a[SIZE], b[SIZE], dot = 0, x = number(), y = number();
	float fx = (float)x, fy = (float)y, fdot = 0;

	for (int i = 0; i < SIZE; i++) {
		a[i] = number();
		b[i] = number();
	}
	for (int i = 0; i < SIZE; i++) {
		dot += a[i] * b[i];
		fdot += (float)a[i] * (float)b[i];
	}
	add(dot);
	add_single(fdot);
	add(x * y - x * y);
	add(x * x - y * y);
	add(x * y + dot);
	add(dot - x * y);
	add_single(fx * fy + fdot);
	add_single(fdot - fx * fy);
	add(fma(x, y, dot)); /* asked for: exact everywhere */
	add(((x * 3 + y) * x + 2) * x + 1);
	add(sqrt(x * x + y * y));
	add(sin(x) * cos(y) + exp(x) * log(fabs(y) + 1));
	add(pow(fabs(x) + 0.5, y) + (double)round);
	silent_add_text("%.17g %a %g", dot, x * y + dot, (double)fdot);
}
