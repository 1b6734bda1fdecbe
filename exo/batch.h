/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_BATCH_H
#define BH_EXO_BATCH_H

/*
 * A batch of records in exo's private memory: the frame around the records,
 * checked once, walked afterwards without a check.
 */

#include <stdbool.h>
#include <stdint.h>

#include "abi/exchange.h"
#include "abi/record.h"
#include "abi/report.h"

/*
 * Checks a submission of a guest: header fields, frame of every record,
 * padding, channel below channel_count.  COPY is private memory of at least
 * sizeof(struct bh_submission) + its `bytes`, which the caller has bounded.
 * Returns BH_MALFORMED_NONE, or what is wrong, with *offset at the record
 * (from the start of the submission).
 */
enum bh_malformed batch_check(const struct bh_submission *copy,
                              uint64_t exchange, uint32_t channel_count,
                              uint64_t *offset);

static inline const struct bh_record *batch_at(const void *batch, uint64_t at)
{
	return (const struct bh_record *)((const uint8_t *)batch + at);
}

/* Walks the records of a checked batch of BYTES bytes. */
#define BATCH_EACH(record, batch, bytes)                                       \
	for (uint64_t at_ = 0;                                                 \
	     at_ < (bytes) && ((record) = batch_at((batch), at_), true);       \
	     at_ += BH_RECORD_STRIDE((record)->size))

static inline const void *record_payload(const struct bh_record *record)
{
	return record + 1;
}

static inline uint32_t record_payload_size(const struct bh_record *record)
{
	return record->size - (uint32_t)sizeof(*record);
}

#endif
