/* SPDX-License-Identifier: ISC */

/*
 * Prints what it was started with: arguments and environment.  Two variables
 * of the environment tell it to do something:
 *
 *      HEAP=BYTES      get so much memory, write to all of it
 *      STATUS=NUMBER   exit with this status
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <bh.h>

extern char **environ;

static void fill_heap(size_t size)
{
	volatile uint8_t *bytes = malloc(size);

	if (!bytes) {
		printf("no memory\n");
		return;
	}
	for (size_t i = 0; i < size; i += 512)
		bytes[i] = (uint8_t)i;
	printf("%zu bytes are there\n", size);
}

int main(int argc, char **argv)
{
	const char *heap = getenv("HEAP"), *status = getenv("STATUS");

	for (int i = 0; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	for (char **variable = environ; *variable; variable++)
		printf("environment: %s\n", *variable);
	if (heap)
		fill_heap(strtoull(heap, NULL, 10));
	return status ? atoi(status) : 0;
}
