/* SPDX-License-Identifier: ISC */

/*
 * TABLE rows row...: stores a table; the answer is the sum of its values.
 *
 * Bug: rows * 16 is computed in 32 bits (CWE-190); the rows that are there are
 * copied to what was allocated for that.
 */

#include "tlvd.h"

#include <stdlib.h>
#include <string.h>

struct row {
	uint8_t name[8];
	uint8_t value[8];
};

void table(const uint8_t *value, size_t length)
{
	uint32_t rows, size;
	struct row *all;
	uint8_t sum[8];
	uint64_t total = 0;

	if (length < 4) {
		reply_error("no rows");
		return;
	}
	rows = get_u32(value);
	size = rows * (uint32_t)sizeof(struct row);
	all = malloc(size);
	if (!all) {
		reply_error("too many rows");
		return;
	}
	for (size_t i = 0; i < rows; i++) {
		size_t at = 4 + i * sizeof(struct row);

		if (at + sizeof(struct row) > length)
			break;
		memcpy(&all[i], value + at, sizeof(struct row));
		total += get_u64(all[i].value);
	}
	free(all);
	put_u64(sum, total);
	reply(TLV_TABLE, sum, sizeof(sum));
}
