/* SPDX-License-Identifier: ISC */

/* getppid COUNT: nanoseconds that a system call takes which does next to
 * nothing. */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1000000;
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (long i = 0; i < count; i++)
		getppid();
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%.1f ns\n", ((double)(end.tv_sec - start.tv_sec) * 1e9 +
	                     (double)(end.tv_nsec - start.tv_nsec)) /
	                            (double)count);
	return 0;
}
