/* SPDX-License-Identifier: ISC */

/*
 * Exchanges as fast as it can: one empty exchange that waits for nothing, COUNT
 * times.  With "time" it prints what one took, by the time that completions
 * bring; with "bytes" each exchange carries SIZE bytes to the console.
 *
 *      flood COUNT [time | bytes SIZE]
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bh.h>

static int flood_bytes(unsigned long count, unsigned long size)
{
	char *bytes = malloc(size);

	if (!bytes)
		return 1;
	memset(bytes, 'x', size);
	for (unsigned long i = 0; i < count; i++) {
		if (bh_console_write(bytes, size) < 0)
			return 1;
	}
	free(bytes);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	uint64_t begin;

	if (!count) {
		fprintf(stderr, "usage: flood COUNT [time | bytes SIZE]\n");
		return 2;
	}
	if (argc > 3 && !strcmp(argv[2], "bytes"))
		return flood_bytes(count, strtoul(argv[3], NULL, 10));
	bh_exchange(BH_WAIT_NONE, 0, BH_NEVER);
	begin = bh_now();
	for (unsigned long i = 0; i < count; i++)
		bh_exchange(BH_WAIT_NONE, 0, BH_NEVER);
	if (argc > 2 && !strcmp(argv[2], "time"))
		printf("%llu ns per exchange\n",
		       (unsigned long long)((bh_now() - begin) / count));
	return 0;
}
