/* SPDX-License-Identifier: ISC */
#include "entropy.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static bool seeded;
static uint64_t state;

void entropy_seed(uint64_t seed)
{
	seeded = true;
	state = seed;
}

/* Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t splitmix64(void)
{
	uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void fill_from_seed(uint8_t *bytes, size_t size)
{
	while (size) {
		uint64_t word = splitmix64();
		size_t part = size < sizeof(word) ? size : sizeof(word);

		memcpy(bytes, &word, part);
		bytes += part;
		size -= part;
	}
}

void entropy_fill(uint8_t *bytes, size_t size)
{
	if (seeded) {
		fill_from_seed(bytes, size);
		return;
	}
	while (size) {
		ssize_t got = getrandom(bytes, size, 0);

		/* Handing out bytes that are not random is no option. */
		if (got < 0 && errno != EINTR)
			abort();
		if (got > 0) {
			bytes += got;
			size -= (size_t)got;
		}
	}
}
