/* SPDX-License-Identifier: ISC */

/*
 * Counts, and with every number asks for the time and for random bytes.
 * What it prints is the same in every variant, since all of them get the same
 * time and the same bytes.
 *
 *      counter [COUNT]         default 10
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <bh.h>

static void print_bytes(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		printf("%02x", bytes[i]);
}

static long parse_count(const char *text)
{
	char *end;
	long count;

	errno = 0;
	count = strtol(text, &end, 10);
	if (errno || end == text || *end || count < 0) {
		fprintf(stderr, "counter: '%s' is not a count\n", text);
		exit(2);
	}
	return count;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? parse_count(argv[1]) : 10;
	uint64_t last = bh_clock_get(BH_CLOCK_MONOTONIC);

	printf("clock resolution %llu ns\n",
	       (unsigned long long)bh_clock_resolution(BH_CLOCK_MONOTONIC));
	for (long i = 1; i <= count; i++) {
		uint64_t now = bh_clock_get(BH_CLOCK_MONOTONIC);
		uint8_t bytes[8];

		if (bh_entropy(bytes, sizeof(bytes)) < 0) {
			fprintf(stderr, "counter: no entropy\n");
			return 1;
		}
		printf("%ld time %s ", i,
		       now > last    ? "went on"
		       : now == last ? "stood still"
		                     : "WENT BACK");
		print_bytes(bytes, sizeof(bytes));
		putchar('\n');
		if (now < last)
			return 1;
		last = now;
	}
	return 0;
}
