/* SPDX-License-Identifier: ISC */
#include "batch.h"

static bool header_is_valid(const struct bh_submission *s)
{
	if (s->reserved0 || s->reserved[0] || s->reserved[1] || s->reserved[2])
		return false;
	if (s->bytes % BH_RECORD_ALIGN)
		return false;
	if (s->wait != BH_WAIT_TAG)
		return s->wait <= BH_WAIT_ANY && s->wait_tag == 0;
	return true;
}

static bool padding_is_zero(const struct bh_record *record)
{
	const uint8_t *bytes = (const uint8_t *)record;

	for (uint64_t i = record->size; i < BH_RECORD_STRIDE(record->size); i++)
		if (bytes[i])
			return false;
	return record->reserved == 0 && record->client == 0;
}

/* ROOM: bytes from the record's start to the end of the batch. */
static enum bh_malformed check_record(const struct bh_record *record,
                                      uint64_t room, uint32_t channel_count)
{
	if (room < sizeof(*record) || record->size < sizeof(*record) ||
	    BH_RECORD_STRIDE(record->size) > room)
		return BH_MALFORMED_SIZE;
	if (!padding_is_zero(record))
		return BH_MALFORMED_PADDING;
	if (record->channel >= channel_count)
		return BH_MALFORMED_CHANNEL;
	return BH_MALFORMED_NONE;
}

enum bh_malformed batch_check(const struct bh_submission *copy,
                              uint64_t exchange, uint32_t channel_count,
                              uint64_t *offset)
{
	const uint8_t *batch = (const uint8_t *)(copy + 1);
	uint64_t at = 0;
	uint32_t count = 0;

	*offset = 0;
	if (!header_is_valid(copy))
		return BH_MALFORMED_HEADER;
	if (copy->exchange != exchange)
		return BH_MALFORMED_EXCHANGE;

	for (; at < copy->bytes; count++) {
		const struct bh_record *record = batch_at(batch, at);
		enum bh_malformed wrong = check_record(record, copy->bytes - at,
		                                       channel_count);

		*offset = sizeof(*copy) + at;
		if (wrong)
			return wrong;
		at += BH_RECORD_STRIDE(record->size);
	}
	*offset = 0;
	return count == copy->count ? BH_MALFORMED_NONE : BH_MALFORMED_COUNT;
}
