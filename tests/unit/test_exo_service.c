/* SPDX-License-Identifier: ISC */
/* links: exo/service.o exo/memory.o */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "exo/service.h"

#define RECORD_MAX (64u + 32768u)

static struct service service;

static void begin(uint32_t capacity)
{
	assert_int_equal(service_create(&service, capacity,
	                                RECORD_MAX), 0);
}

/* A request of CLIENT with a tag of its own, on the server's channel 5. */
static void queue(uint16_t client, uint64_t tag)
{
	struct bh_record record = {
	        .size = sizeof(record), .channel = 6, .type = 1, .tag = tag};

	service_queue(&service, &record, client, 6, 5);
}

/* Delivers the next request and returns the server's tag. */
static uint64_t deliver(uint64_t client_tag)
{
	struct request *request = service_next(&service);
	uint64_t tag;

	assert_non_null(request);
	assert_int_equal(request->client_tag, client_tag);
	assert_int_equal(request->record->tag, request->tag);
	assert_int_equal(request->record->channel, 5);
	assert_int_equal(request->record->client, request->client_domain + 1);
	tag = request->tag;
	service_delivered(&service);
	return tag;
}

static void finish(uint64_t tag)
{
	struct request *request = service_find(&service, tag, 5);

	assert_non_null(request);
	service_finish(&service, request);
	assert_null(service_find(&service, tag, 5));
}

static void requests_keep_their_order(void **state)
{
	(void)state;
	begin(8);
	for (uint64_t tag = 1; tag <= 8; tag++)
		queue((uint16_t)(tag % 3), tag);
	for (uint64_t tag = 1; tag <= 8; tag++)
		deliver(tag);
	assert_null(service_next(&service));
}

static void payload_is_copied(void **state)
{
	struct { struct bh_record header; uint8_t payload[16]; } record = {
	        .header = {.size = 64 + 13, .tag = 1, .type = 3,
	                   .value = {1, 2, 3, 4}},
	        .payload = "hello, server",
	};
	struct request *request;

	(void)state;
	begin(1);
	service_queue(&service, &record.header, 2, 6, 5);
	memset(record.payload, 0, sizeof(record.payload));
	request = service_next(&service);
	assert_memory_equal(request->record + 1, "hello, server\0\0\0", 16);
	assert_int_equal(request->record->value[3], 4);
	assert_int_equal(request->record->type, 3);
}

static void largest_request_fits(void **state)
{
	static uint64_t bytes[RECORD_MAX / 8];
	struct bh_record *record = (struct bh_record *)(void *)bytes;

	(void)state;
	begin(2);
	record->size = RECORD_MAX;
	memset(record + 1, 0x11, RECORD_MAX - sizeof(*record));
	service_queue(&service, record, 0, 6, 5);
	record->tag = 2;
	service_queue(&service, record, 0, 6, 5);
	assert_memory_equal(service_next(&service)->record + 1, record + 1,
	                    RECORD_MAX - sizeof(*record));
}

static void only_delivered_requests_can_be_answered(void **state)
{
	uint64_t tag;

	(void)state;
	begin(2);
	queue(1, 10);
	tag = service_next(&service)->tag;
	assert_null(service_find(&service, tag, 5));
	deliver(10);
	assert_non_null(service_find(&service, tag, 5));
}

static void forged_tags_are_not_found(void **state)
{
	uint64_t tag;

	(void)state;
	begin(4);
	queue(1, 10);
	tag = deliver(10);
	for (int bit = 0; bit < 64; bit++)
		assert_null(service_find(&service, tag ^ UINT64_C(1) << bit, 5));
	assert_null(service_find(&service, tag, 4));
	assert_null(service_find(&service, 0, 5));
	assert_null(service_find(&service, UINT64_MAX, 5));
	for (uint64_t i = 0; i < 100000; i++)
		assert_true((service_find(&service, i, 5) != NULL) == (i == tag));
	finish(tag);
	assert_null(service_find(&service, tag, 5));
}

/* A slot is used again and again, a tag never. */
static void tags_are_never_reused(void **state)
{
	uint64_t tags[1000];

	(void)state;
	begin(2);
	for (uint64_t i = 0; i < 1000; i++) {
		queue(1, i);
		tags[i] = deliver(i);
		finish(tags[i]);
		for (uint64_t j = 0; j < i; j++)
			assert_int_not_equal(tags[i], tags[j]);
	}
}

static void redelivery_has_the_old_tags_and_order(void **state)
{
	uint64_t tags[5];

	(void)state;
	begin(8);
	for (uint64_t i = 0; i < 5; i++)
		queue(1, i);
	for (uint64_t i = 0; i < 4; i++)
		tags[i] = deliver(i);
	finish(tags[1]);
	assert_int_equal(service_redeliver(&service), 3);
	assert_null(service_find(&service, tags[0], 5));
	assert_int_equal(deliver(0), tags[0]);
	assert_int_equal(deliver(2), tags[2]);
	assert_int_equal(deliver(3), tags[3]);
	deliver(4);
	assert_null(service_next(&service));
	finish(tags[0]);
	finish(tags[3]);
	finish(tags[2]);
}

static void orphans_are_counted_by_channel(void **state)
{
	struct bh_record record = {.size = sizeof(record), .type = 1};

	(void)state;
	begin(8);
	queue(1, 1);
	queue(2, 2);
	queue(1, 3);
	service_queue(&service, &record, 1, 7, 5);
	assert_int_equal(service_orphan(&service, 1, 6), 2);
	assert_int_equal(service_orphan(&service, 1, 7), 1);
	assert_int_equal(service_orphan(&service, 3, 6), 0);
	assert_true(service_first(&service)->orphaned);
	deliver(1);
	assert_false(service_next(&service)->orphaned);
	deliver(2);
	assert_true(service_next(&service)->orphaned);
	/* They are still the server's to answer. */
	assert_non_null(service_find(&service, deliver(3), 5));
}

static void capacity_has_a_limit(void **state)
{
	(void)state;
	assert_int_equal(service_create(&service, 4095, RECORD_MAX), 0);
	assert_true(service_create(&service, 4096, RECORD_MAX) < 0);
	assert_int_equal(service_create(&service, 0, RECORD_MAX), 0);
	assert_null(service_next(&service));
	assert_null(service_first(&service));
	assert_null(service_find(&service, 0x1000, 0));
}

/* Random queueing, delivery, answers and restarts against a plain model. */
static void many_random_steps_follow_a_model(void **state)
{
	struct { uint64_t client_tag, tag; bool delivered; } model[64];
	size_t count = 0, next;
	uint64_t client_tag = 0;

	(void)state;
	begin(64);
	srand(3);
	for (int step = 0; step < 200000; step++) {
		int what = rand() % 100;

		for (next = 0; next < count && model[next].delivered; next++)
			;
		if (what < 40 && count < 64) {
			queue(1, ++client_tag);
			model[count].client_tag = client_tag;
			model[count].tag = 0;
			model[count++].delivered = false;
		} else if (what < 70) {
			if (next == count) {
				assert_null(service_next(&service));
				continue;
			}
			uint64_t tag = deliver(model[next].client_tag);

			assert_true(!model[next].tag || model[next].tag == tag);
			model[next].tag = tag;
			model[next].delivered = true;
		} else if (what < 99 && next) {
			size_t i = (size_t)rand() % next;

			finish(model[i].tag);
			memmove(model + i, model + i + 1,
			        (--count - i) * sizeof(*model));
		} else {
			uint32_t delivered = 0;

			for (size_t i = 0; i < count; i++) {
				delivered += model[i].delivered;
				model[i].delivered = false;
			}
			assert_int_equal(service_redeliver(&service), delivered);
		}
		assert_int_equal(!service_first(&service), !count);
		if (count)
			assert_int_equal(service_first(&service)->client_tag,
			                 model[0].client_tag);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(requests_keep_their_order),
	        cmocka_unit_test(payload_is_copied),
	        cmocka_unit_test(largest_request_fits),
	        cmocka_unit_test(only_delivered_requests_can_be_answered),
	        cmocka_unit_test(forged_tags_are_not_found),
	        cmocka_unit_test(tags_are_never_reused),
	        cmocka_unit_test(redelivery_has_the_old_tags_and_order),
	        cmocka_unit_test(orphans_are_counted_by_channel),
	        cmocka_unit_test(capacity_has_a_limit),
	        cmocka_unit_test(many_random_steps_follow_a_model),
	};

	return cmocka_run_group_tests_name("exo/service", tests, NULL, NULL);
}
