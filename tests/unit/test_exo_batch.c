/* SPDX-License-Identifier: ISC */
/* links: exo/batch.o */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "exo/batch.h"

#define EXCHANGE 7u
#define CHANNELS 3u

/* A batch that lies at the very end of its memory. */
static struct bh_submission *make(uint32_t bytes)
{
	struct bh_submission *s = calloc(1, sizeof(*s) + bytes);

	assert_non_null(s);
	s->exchange = EXCHANGE;
	s->bytes = bytes;
	s->deadline = BH_NEVER;
	return s;
}

static struct bh_record *at(struct bh_submission *s, uint64_t offset)
{
	return (struct bh_record *)(void *)((uint8_t *)(s + 1) + offset);
}

/* Checks and frees. */
static void expect(struct bh_submission *s, enum bh_malformed what,
                   uint64_t where)
{
	uint64_t offset = 12345;

	assert_int_equal(batch_check(s, EXCHANGE, CHANNELS, &offset), what);
	assert_int_equal(offset, where);
	free(s);
}

static struct bh_submission *one_record(uint32_t size)
{
	struct bh_submission *s = make((uint32_t)BH_RECORD_STRIDE(size));

	s->count = 1;
	at(s, 0)->size = size;
	return s;
}

static void empty_batch_is_well_formed(void **state)
{
	(void)state;
	expect(make(0), BH_MALFORMED_NONE, 0);
}

static void every_payload_size_is_well_formed(void **state)
{
	(void)state;
	for (uint32_t size = 64; size < 200; size++)
		expect(one_record(size), BH_MALFORMED_NONE, 0);
}

static void header_fields_are_checked(void **state)
{
	struct bh_submission *s;

	(void)state;
	(s = make(0))->reserved0 = 1;
	expect(s, BH_MALFORMED_HEADER, 0);
	for (int i = 0; i < 3; i++) {
		(s = make(0))->reserved[i] = UINT64_C(1) << 63;
		expect(s, BH_MALFORMED_HEADER, 0);
	}
	for (uint32_t wait = 3; wait; wait *= 2) {
		(s = make(0))->wait = wait;
		expect(s, wait == BH_WAIT_TAG ? BH_MALFORMED_NONE
		                              : BH_MALFORMED_HEADER, 0);
	}
	for (uint32_t bytes = 1; bytes < 8; bytes++)
		expect(make(bytes), BH_MALFORMED_HEADER, 0);
}

static void wait_tag_only_with_wait_for_it(void **state)
{
	struct bh_submission *s;

	(void)state;
	for (uint32_t wait = BH_WAIT_NONE; wait <= BH_WAIT_TAG; wait++) {
		s = make(0);
		s->wait = wait;
		s->wait_tag = 9;
		expect(s, wait == BH_WAIT_TAG ? BH_MALFORMED_NONE
		                              : BH_MALFORMED_HEADER, 0);
	}
}

static void exchange_out_of_turn(void **state)
{
	const uint64_t wrong[] = {0, EXCHANGE - 1, EXCHANGE + 1, UINT64_MAX,
	                          EXCHANGE | UINT64_C(1) << 32};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct bh_submission *s = make(0);

		s->exchange = wrong[i];
		expect(s, BH_MALFORMED_EXCHANGE, 0);
	}
}

static void record_sizes_at_every_boundary(void **state)
{
	const uint32_t wrong[] = {0, 1, 8, 56, 63, 73, 80, 128, INT32_MAX,
	                          UINT32_MAX - 63, UINT32_MAX - 7, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct bh_submission *s = one_record(72);

		at(s, 0)->size = wrong[i];
		expect(s, BH_MALFORMED_SIZE, 64);
	}
}

/* The second record's header is cut off by the end of the batch. */
static void truncated_record(void **state)
{
	(void)state;
	for (uint32_t rest = 8; rest < 64; rest += 8) {
		struct bh_submission *s = make(64 + rest);

		s->count = 2;
		at(s, 0)->size = 64;
		memcpy(at(s, 64), &rest, sizeof(rest)); /* its size */
		expect(s, BH_MALFORMED_SIZE, 64 + 64);
	}
}

static void count_disagrees(void **state)
{
	const uint32_t wrong[] = {0, 2, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct bh_submission *s = one_record(64);

		s->count = wrong[i];
		expect(s, BH_MALFORMED_COUNT, 0);
	}
	struct bh_submission *s = make(0);

	s->count = 1;
	expect(s, BH_MALFORMED_COUNT, 0);
}

static void padding_is_checked_byte_by_byte(void **state)
{
	(void)state;
	for (uint32_t size = 64; size <= 72; size++)
		for (uint64_t i = size; i < BH_RECORD_STRIDE(size); i++) {
			struct bh_submission *s = one_record(size);

			((uint8_t *)at(s, 0))[i] = 1;
			expect(s, BH_MALFORMED_PADDING, 64);
		}
}

static void fields_of_exo_are_reserved(void **state)
{
	struct bh_submission *s;

	(void)state;
	at(s = one_record(64), 0)->reserved = 1;
	expect(s, BH_MALFORMED_PADDING, 64);
	at(s = one_record(64), 0)->client = 1;
	expect(s, BH_MALFORMED_PADDING, 64);
}

static void channel_is_in_the_table(void **state)
{
	(void)state;
	for (uint32_t channel = 0; channel <= UINT16_MAX; channel++) {
		struct bh_submission *s = one_record(64);

		at(s, 0)->channel = (uint16_t)channel;
		if (channel < CHANNELS)
			expect(s, BH_MALFORMED_NONE, 0);
		else
			expect(s, BH_MALFORMED_CHANNEL, 64);
	}
}

static void offset_names_the_bad_record(void **state)
{
	(void)state;
	for (uint32_t bad = 0; bad < 5; bad++) {
		struct bh_submission *s = make(5 * 72);

		s->count = 5;
		for (uint32_t i = 0; i < 5; i++)
			at(s, i * 72)->size = 65;
		at(s, bad * 72)->channel = CHANNELS;
		expect(s, BH_MALFORMED_CHANNEL, 64 + bad * 72);
	}
}

static void walk_visits_each_record_once(void **state)
{
	struct bh_submission *s = make(64 + 72 + 80);
	const struct bh_record *record;
	uint32_t count = 0;

	(void)state;
	at(s, 0)->size = 64;
	at(s, 64)->size = 67;
	at(s, 136)->size = 73;
	BATCH_EACH(record, s + 1, s->bytes) {
		assert_int_equal(record_payload_size(record),
		                 count == 0 ? 0 : count == 1 ? 3 : 9);
		assert_ptr_equal(record_payload(record), record + 1);
		count++;
	}
	assert_int_equal(count, 3);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(empty_batch_is_well_formed),
	        cmocka_unit_test(every_payload_size_is_well_formed),
	        cmocka_unit_test(header_fields_are_checked),
	        cmocka_unit_test(wait_tag_only_with_wait_for_it),
	        cmocka_unit_test(exchange_out_of_turn),
	        cmocka_unit_test(record_sizes_at_every_boundary),
	        cmocka_unit_test(truncated_record),
	        cmocka_unit_test(count_disagrees),
	        cmocka_unit_test(padding_is_checked_byte_by_byte),
	        cmocka_unit_test(fields_of_exo_are_reserved),
	        cmocka_unit_test(channel_is_in_the_table),
	        cmocka_unit_test(offset_names_the_bad_record),
	        cmocka_unit_test(walk_visits_each_record_once),
	};

	return cmocka_run_group_tests_name("exo/batch", tests, NULL, NULL);
}
