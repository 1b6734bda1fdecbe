/* SPDX-License-Identifier: ISC */

/*
 * Computes, and nothing else: integer and floating-point work over a table
 * that fits the first-level cache, ROUNDS times, then prints a checksum.  The
 * same file is an ordinary Linux program too, for comparing speeds.
 *
 *      burn [ROUNDS]           default 100
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define ENTRIES 2048

static uint64_t mix(uint64_t x)
{
	/* Steele, Lea, Flood: "Fast Splittable Pseudorandom Number
	   Generators", OOPSLA 2014: the finalizer of SplitMix64. */
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t integers(uint64_t *table, uint64_t seed)
{
	uint64_t sum = seed;

	for (int i = 0; i < ENTRIES; i++) {
		uint64_t at = mix(sum + (uint64_t)i) % ENTRIES;

		table[at] += sum / (table[i] | 1);
		sum = (sum << 7 | sum >> 57) ^ table[at];
	}
	return sum;
}

/* The logistic map, which magnifies every bit of rounding. */
static double floats(double *table, double x)
{
	for (int i = 0; i < ENTRIES; i++) {
		x = 3.99 * x * (1.0 - x);
		table[i] = table[i] * 0.5 + x / (1.0 + table[i]);
	}
	return x;
}

int main(int argc, char **argv)
{
	static uint64_t whole[ENTRIES];
	static double real[ENTRIES];
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 100;
	uint64_t sum = 1;
	double x = 0.3, total = 0;

	for (int i = 0; i < ENTRIES; i++)
		whole[i] = mix((uint64_t)i + 1);
	for (long i = 0; i < rounds; i++) {
		for (int j = 0; j < 10; j++) {
			sum = integers(whole, sum);
			x = floats(real, x);
		}
	}
	for (int i = 0; i < ENTRIES; i++)
		total += real[i];
	printf("%016llx %.17g %.17g\n", (unsigned long long)sum, x, total);
	return 0;
}
