/* SPDX-License-Identifier: ISC */
/* links: xlate/riscv64/decode.o */

/*
 * The decoder on arbitrary bytes: it reads no more than there are, and what
 * comes out indexes the register file and the table.
 */

#include <stdlib.h>
#include <string.h>

#include "xlate/riscv64/riscv64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static size_t check(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size); /* its end is guarded */
	struct xlate_instruction i;

	require(copy != NULL);
	memcpy(copy, data, size);
	riscv64_decode(&i, copy, size);
	require(i.length == 0 || i.length == 2 || i.length == 4);
	require(i.length <= size && i.id < RV_COUNT);
	require(i.operation < OP_COUNT && (i.id != 0 || !i.operation));
	require(i.rd <= XLATE_SINK && i.rs1 < 32 && i.rs2 < 32 && i.rs3 < 32);
	require(!i.id == !riscv64_name(copy, size));
	free(copy);
	return i.length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	while (size) {
		size_t room = size < 4 ? size : 4;
		size_t length = check(data, room);

		if (!length)
			break;
		data += length;
		size -= length;
	}
	return 0;
}
