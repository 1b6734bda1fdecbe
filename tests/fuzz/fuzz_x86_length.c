/* SPDX-License-Identifier: ISC */
/* links: guest/linux/x86_length.o */

/*
 * Instructions from arbitrary bytes: a length never exceeds what is there, and
 * what is moved ends where the system call begins.
 */

#include <stdlib.h>
#include <string.h>

#include "guest/linux/x86_length.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of its exact size, so that AddressSanitizer sees what lies beyond. */
	uint8_t *code = malloc(size ? size : 1);
	int n;
	unsigned moved;

	require(code != NULL);
	memcpy(code, data, size);
	n = x86_length(code, size);
	require(n <= X86_LENGTH_MAX && n >= X86_UNKNOWN &&
	        (n < 0 || (size_t)n <= size));
	if (size >= X86_WINDOW) {
		moved = x86_movable_before(code);
		require(!moved || (moved >= X86_JUMP_SIZE &&
		                   x86_length(code + X86_WINDOW - moved,
		                              moved) == (int)moved));
	}
	free(code);
	return 0;
}
