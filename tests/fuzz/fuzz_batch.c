/* SPDX-License-Identifier: ISC */
/* links: @exo */
#include <stdlib.h>
#include <string.h>

#include "exo/batch.h"
#include "tests/unit/fake_cell.h"

/*
 * Arbitrary bytes as a submission: the frame checks on memory of exactly that
 * size, then everything that a domain would do with it.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_exact(const uint8_t *data, size_t size)
{
	struct bh_submission *copy = malloc(size);
	const struct bh_record *record;
	uint64_t offset, bytes = 0;
	uint32_t count = 0;

	memcpy(copy, data, size);
	if (copy->bytes <= size - sizeof(*copy) &&
	    batch_check(copy, copy->exchange, 7, &offset) ==
	            BH_MALFORMED_NONE) {
		BATCH_EACH(record, copy + 1, copy->bytes) {
			if (record->channel >= 7 || record->client ||
			    record->size < sizeof(*record))
				abort();
			bytes += BH_RECORD_STRIDE(record->size);
			count++;
		}
		if (bytes != copy->bytes || count != copy->count)
			abort();
	}
	free(copy);
}

static void act_on(const uint8_t *data, size_t size)
{
	static struct cell cell;

	fake_begin(&cell);
	fake_domain(&cell, 1, 0);
	fake_domain(&cell, 1, BH_DOMAIN_SERVICE);
	fake_connect(&cell, 0, 1, 4);
	if (fake_create(&cell))
		abort();
	fake_start(&cell);
	memcpy(cell.domains[0].variants[0].submission, data,
	       size < FAKE_BUFFER ? size : FAKE_BUFFER);
	/* The number that is easy to know. */
	fake_submission(&cell, 0, 0)->exchange = 1;
	fake_post(&cell, 0, 0, BH_POST_EXCHANGE);
	fake_step(&cell);
	fake_destroy(&cell);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < sizeof(struct bh_submission))
		return 0;
	check_exact(data, size);
	act_on(data, size);
	return 0;
}
