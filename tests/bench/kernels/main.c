/* SPDX-License-Identifier: ISC */

/*
 *	kernels NAME COUNT      prints the checksum
 *	kernels                 prints the names
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

static const struct {
	const char *name;
	uint64_t (*run)(long count);
} kernels[] = {
        {"digest", digest},       {"sort", sort},     {"sieve", sieve},
        {"recurse", recurse},     {"words", words},   {"bytecode", bytecode},
        {"compress", compress},   {"bodies", bodies}, {"matrix", matrix},
        {"transform", transform},
};

#define KERNELS (sizeof(kernels) / sizeof(kernels[0]))

/* Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA
 * 2014: the finalizer of SplitMix64. */
uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < KERNELS; i++) {
		if (argc == 3 && !strcmp(argv[1], kernels[i].name)) {
			printf("%016llx\n", (unsigned long long)kernels[i].run(
			                            atol(argv[2])));
			return 0;
		}
		if (argc < 2)
			puts(kernels[i].name);
	}
	return argc < 2 ? 0 : 1;
}
