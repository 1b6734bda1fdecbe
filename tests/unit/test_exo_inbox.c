/* SPDX-License-Identifier: ISC */
/* links: exo/inbox.o exo/memory.o */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "exo/batch.h"
#include "exo/inbox.h"

#define CAPACITY 4096u

static struct inbox fresh(uint64_t capacity)
{
	struct inbox inbox;

	assert_int_equal(inbox_create(&inbox, capacity), 0);
	return inbox;
}

static bool push(struct inbox *inbox, uint64_t tag, uint32_t size)
{
	struct bh_record header = {.tag = tag, .type = 7};
	uint8_t payload[CAPACITY];

	memset(payload, (int)tag, size);
	return inbox_push(inbox, &header, payload, size) != NULL;
}

static void check_front(const struct inbox *inbox, uint64_t tag, uint32_t size)
{
	const struct bh_record *record = inbox_front(inbox);
	const uint8_t *bytes;

	assert_non_null(record);
	assert_int_equal(record->tag, tag);
	assert_int_equal(record->type, 7);
	assert_int_equal(record_payload_size(record), size);
	bytes = record_payload(record);
	for (uint32_t i = 0; i < size; i++)
		assert_int_equal(bytes[i], (uint8_t)tag);
	for (uint64_t i = record->size; i < BH_RECORD_STRIDE(record->size); i++)
		assert_int_equal(((const uint8_t *)record)[i], 0);
}

static void empty_has_nothing(void **state)
{
	struct inbox inbox = fresh(CAPACITY);

	(void)state;
	assert_null(inbox_front(&inbox));
	assert_int_equal(inbox_used(&inbox), 0);
	assert_int_equal(inbox_room(&inbox), CAPACITY);
	assert_false(inbox_has_tag(&inbox, 0));
}

static void keeps_order_and_padding(void **state)
{
	struct inbox inbox = fresh(CAPACITY);

	(void)state;
	for (uint32_t i = 1; i <= 9; i++)
		assert_true(push(&inbox, i, i));
	for (uint32_t i = 1; i <= 9; i++) {
		assert_true(inbox_has_tag(&inbox, i));
		check_front(&inbox, i, i);
		inbox_pop(&inbox);
		assert_false(inbox_has_tag(&inbox, i));
	}
	assert_null(inbox_front(&inbox));
}

static void refuses_what_does_not_fit(void **state)
{
	struct inbox inbox = fresh(256);

	(void)state;
	assert_false(push(&inbox, 1, 256 - 64 + 1));
	assert_true(push(&inbox, 1, 256 - 64));
	assert_int_equal(inbox_room(&inbox), 0);
	assert_false(push(&inbox, 2, 0));
	check_front(&inbox, 1, 256 - 64);
	inbox_pop(&inbox);
	assert_true(push(&inbox, 2, 1));
	assert_int_equal(inbox_used(&inbox), 72);
}

/* The padding must not show what lay there before. */
static void zeroes_padding_of_used_memory(void **state)
{
	struct inbox inbox = fresh(256);

	(void)state;
	assert_true(push(&inbox, 0xff, 256 - 64));
	inbox_pop(&inbox);
	for (uint32_t size = 0; size < 16; size++) {
		memset(inbox.bytes, 0xee, inbox.capacity);
		assert_true(push(&inbox, 5, size));
		check_front(&inbox, 5, size);
		inbox_pop(&inbox);
	}
}

static void moves_down_when_the_end_is_reached(void **state)
{
	struct inbox inbox = fresh(64 * 4);

	(void)state;
	for (uint64_t i = 1; i <= 4; i++)
		assert_true(push(&inbox, i, 0));
	inbox_pop(&inbox);
	inbox_pop(&inbox);
	assert_true(push(&inbox, 5, 64));
	assert_int_equal(inbox.head, 0);
	check_front(&inbox, 3, 0);
	inbox_pop(&inbox);
	check_front(&inbox, 4, 0);
	inbox_pop(&inbox);
	check_front(&inbox, 5, 64);
}

static void caller_may_fill_the_payload(void **state)
{
	struct inbox inbox = fresh(256);
	struct bh_record header = {.tag = 3, .type = 7};
	uint8_t *room = inbox_push(&inbox, &header, NULL, 13);

	(void)state;
	assert_non_null(room);
	memset(room, 3, 13);
	check_front(&inbox, 3, 13);
}

/* A queue of (tag, size) that cannot be wrong, next to the real one. */
static void many_random_steps_follow_a_model(void **state)
{
	struct inbox inbox = fresh(CAPACITY);
	struct { uint64_t tag; uint32_t size; } model[CAPACITY / 64];
	size_t count = 0;
	uint64_t used = 0, tag = 0;

	(void)state;
	srand(1);
	for (int step = 0; step < 200000; step++) {
		uint32_t size = (uint32_t)rand() % (rand() % 8 ? 100 : 4000);
		uint64_t stride = BH_RECORD_STRIDE(size + 64);

		if (rand() % 2) {
			bool fits = used + stride <= CAPACITY;

			assert_int_equal(push(&inbox, ++tag, size), fits);
			if (fits) {
				model[count].tag = tag;
				model[count++].size = size;
				used += stride;
			}
		} else if (count) {
			check_front(&inbox, model[0].tag, model[0].size);
			inbox_pop(&inbox);
			used -= BH_RECORD_STRIDE(model[0].size + 64);
			memmove(model, model + 1, --count * sizeof(*model));
		}
		assert_int_equal(inbox_used(&inbox), used);
		assert_int_equal(!inbox_front(&inbox), !count);
		assert_false(inbox_has_tag(&inbox, tag + 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(empty_has_nothing),
	        cmocka_unit_test(keeps_order_and_padding),
	        cmocka_unit_test(refuses_what_does_not_fit),
	        cmocka_unit_test(zeroes_padding_of_used_memory),
	        cmocka_unit_test(moves_down_when_the_end_is_reached),
	        cmocka_unit_test(caller_may_fill_the_payload),
	        cmocka_unit_test(many_random_steps_follow_a_model),
	};

	return cmocka_run_group_tests_name("exo/inbox", tests, NULL, NULL);
}
