/* SPDX-License-Identifier: ISC */
/* links: @exo */
#include "test.h"

#include <string.h>

#include "abi/protocol/clock.h"
#include "abi/protocol/console.h"
#include "abi/protocol/control.h"
#include "abi/protocol/entropy.h"
#include "abi/protocol/recovery.h"
#include "abi/protocol/service.h"
#include "exo/batch.h"
#include "fake_cell.h"

static struct cell cell;
static union fake_batch batch;

enum { CLIENT, SERVER };

static int begin(void **state)
{
	(void)state;
	fake_begin(&cell);
	fake_domain(&cell, 1, 0);
	fake_domain(&cell, 1, 0);
	fake_connect(&cell, CLIENT, SERVER, 4);
	assert_int_equal(fake_create(&cell), 0);
	fake_start(&cell);
	fake_batch(&batch, &cell, CLIENT);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_destroy(&cell);
	return 0;
}

/* What protocol_check() says about the batch, without acting on it. */
static enum bh_malformed check(uint16_t domain)
{
	struct domain *d = &cell.domains[domain];
	struct judgement judgement;

	memcpy(history_current(&d->history)->submission, batch.bytes,
	       FAKE_BUFFER);
	judgement = protocol_check(d);
	return judgement.reason == BH_REASON_MALFORMED ? judgement.detail
	                                               : BH_MALFORMED_NONE;
}

/* A record alone in a batch. */
static struct bh_record *alone(uint16_t channel, uint16_t type, uint32_t size)
{
	fake_batch(&batch, &cell, CLIENT);
	return fake_add(&batch, channel, type, 1, NULL, size);
}

static void types_of_each_protocol(void **state)
{
	static const uint32_t known[] = {
	        [FAKE_CONTROL] = 1 << 1 | 1 << 2, [FAKE_CONSOLE] = 1 << 1 | 1 << 2,
	        [FAKE_CLOCK] = 1 << 1 | 1 << 2,   [FAKE_ENTROPY] = 1 << 1,
	        [FAKE_RECOVERY] = 1 << 1 | 1 << 2 | 1 << 3,
	};

	(void)state;
	for (uint16_t channel = 0; channel <= FAKE_RECOVERY; channel++)
		for (uint32_t type = 0; type <= UINT16_MAX; type++) {
			bool is_known = type < 32 && known[channel] >> type & 1;

			alone(channel, (uint16_t)type, 0);
			assert_int_equal(check(CLIENT) != BH_MALFORMED_TYPE,
			                 is_known);
		}
}

/* Status, unused values and payload are refused where they mean nothing. */
static void requests_have_nothing_unused(void **state)
{
	static const struct {
		uint16_t channel, type;
		unsigned values; /* that are used */
		uint64_t value;  /* a good one */
		bool payload;
	} known[] = {
	        {FAKE_CONTROL, BH_CONTROL_EXIT, 1, 3, false},
	        {FAKE_CONTROL, BH_CONTROL_ABORT, 1, 1, true},
	        {FAKE_CONSOLE, BH_CONSOLE_WRITE, 1, 1, true},
	        {FAKE_CONSOLE, BH_CONSOLE_READ, 1, 10, false},
	        {FAKE_CLOCK, BH_CLOCK_GET, 1, 1, false},
	        {FAKE_CLOCK, BH_CLOCK_RESOLUTION, 1, 0, false},
	        {FAKE_ENTROPY, BH_ENTROPY_GET, 1, 16, false},
	        {FAKE_RECOVERY, BH_RECOVERY_APPEND, 0, 0, true},
	        {FAKE_RECOVERY, BH_RECOVERY_REPLACE, 0, 0, true},
	        {FAKE_RECOVERY, BH_RECOVERY_READ, 1, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		uint32_t size = known[i].payload ? 8 : 0;
		struct bh_record *r;

		r = alone(known[i].channel, known[i].type, size);
		r->value[0] = known[i].value;
		assert_int_equal(check(CLIENT), BH_MALFORMED_NONE);
		r->status = -1;
		assert_int_equal(check(CLIENT), BH_MALFORMED_FIELD);
		r->status = 0;
		for (unsigned v = known[i].values; v < 4; v++) {
			r->value[v] = UINT64_C(1) << 40;
			assert_int_equal(check(CLIENT), BH_MALFORMED_FIELD);
			r->value[v] = 0;
		}
		if (known[i].payload)
			continue;
		alone(known[i].channel, known[i].type, 1)->value[0] =
		        known[i].value;
		assert_int_equal(check(CLIENT), BH_MALFORMED_FIELD);
	}
}

static void check_value(uint16_t channel, uint16_t type, uint64_t value,
                         enum bh_malformed what)
{
	alone(channel, type, 0)->value[0] = value;
	assert_int_equal(check(CLIENT), what);
}

static void values_have_their_ranges(void **state)
{
	(void)state;
	check_value(FAKE_CONTROL, BH_CONTROL_EXIT, 255, BH_MALFORMED_NONE);
	check_value(FAKE_CONTROL, BH_CONTROL_EXIT, 256, BH_MALFORMED_FIELD);
	check_value(FAKE_CONTROL, BH_CONTROL_ABORT, 3, BH_MALFORMED_NONE);
	check_value(FAKE_CONTROL, BH_CONTROL_ABORT, 4, BH_MALFORMED_FIELD);
	check_value(FAKE_CONSOLE, BH_CONSOLE_READ, 0, BH_MALFORMED_FIELD);
	check_value(FAKE_CONSOLE, BH_CONSOLE_READ, UINT64_MAX,
	             BH_MALFORMED_NONE);
	check_value(FAKE_CLOCK, BH_CLOCK_GET, 2, BH_MALFORMED_FIELD);
	check_value(FAKE_CLOCK, BH_CLOCK_RESOLUTION, UINT64_MAX,
	             BH_MALFORMED_FIELD);
	check_value(FAKE_ENTROPY, BH_ENTROPY_GET, 0, BH_MALFORMED_FIELD);
	check_value(FAKE_ENTROPY, BH_ENTROPY_GET, BH_ENTROPY_MAX,
	             BH_MALFORMED_NONE);
	check_value(FAKE_ENTROPY, BH_ENTROPY_GET, BH_ENTROPY_MAX + 1,
	             BH_MALFORMED_FIELD);
	check_value(FAKE_RECOVERY, BH_RECOVERY_READ, UINT64_MAX,
	             BH_MALFORMED_NONE);
}

static void payloads_have_their_sizes(void **state)
{
	(void)state;
	alone(FAKE_CONTROL, BH_CONTROL_ABORT, BH_ABORT_TEXT);
	assert_int_equal(check(CLIENT), BH_MALFORMED_NONE);
	alone(FAKE_CONTROL, BH_CONTROL_ABORT, BH_ABORT_TEXT + 1);
	assert_int_equal(check(CLIENT), BH_MALFORMED_FIELD);
	alone(FAKE_RECOVERY, BH_RECOVERY_APPEND, 0);
	assert_int_equal(check(CLIENT), BH_MALFORMED_FIELD);
	alone(FAKE_RECOVERY, BH_RECOVERY_REPLACE, 0);
	assert_int_equal(check(CLIENT), BH_MALFORMED_NONE);
	alone(FAKE_CONSOLE, BH_CONSOLE_WRITE, FAKE_BUFFER - 128);
	assert_int_equal(check(CLIENT), BH_MALFORMED_NONE);
}

static void nothing_follows_an_exit(void **state)
{
	(void)state;
	for (uint16_t channel = 0; channel <= FAKE_RECOVERY; channel++) {
		alone(FAKE_CONTROL, BH_CONTROL_EXIT, 0);
		fake_add(&batch, channel, 1, 2, NULL, 0)->value[0] = 1;
		assert_int_equal(check(CLIENT), BH_MALFORMED_AFTER_EXIT);
	}
	alone(FAKE_CONSOLE, BH_CONSOLE_WRITE, 3);
	fake_add(&batch, FAKE_CONTROL, BH_CONTROL_EXIT, 0, NULL, 0);
	assert_int_equal(check(CLIENT), BH_MALFORMED_NONE);
}

static void abort_is_a_fault_of_all(void **state)
{
	(void)state;
	alone(FAKE_CONTROL, BH_CONTROL_ABORT, 0)->value[0] =
	        BH_ABORT_STACK_SMASHED;
	fake_exchange(&cell, CLIENT, &batch);
	assert_int_equal(cell.domains[CLIENT].judgement.verdict,
	                 BH_VERDICT_FAULT);
	assert_int_equal(cell.domains[CLIENT].judgement.reason,
	                 BH_REASON_ABORT);
	assert_int_equal(cell.domains[CLIENT].judgement.detail,
	                 BH_ABORT_STACK_SMASHED);
}

static void service_types_and_sizes(void **state)
{
	(void)state;
	check_value(FAKE_SERVICE, 0, 0, BH_MALFORMED_TYPE);
	check_value(FAKE_SERVICE, BH_SERVICE_TYPE_MAX + 1, 0,
	             BH_MALFORMED_TYPE);
	check_value(FAKE_SERVICE, BH_SERVICE_TYPE_MAX, UINT64_MAX,
	             BH_MALFORMED_NONE);
	alone(FAKE_SERVICE, 1, 0)->status = -1;
	assert_int_equal(check(CLIENT), BH_MALFORMED_FIELD);
}

/* One request to the server; returns the tag under which it has come. */
static uint64_t request(uint64_t tag, const char *text)
{
	const struct bh_record *got;

	fake_batch(&batch, &cell, CLIENT);
	fake_add(&batch, FAKE_SERVICE, 7, tag, text, (uint32_t)strlen(text));
	fake_exchange(&cell, CLIENT, &batch);
	fake_batch(&batch, &cell, SERVER);
	batch.header.wait = BH_WAIT_ANY;
	fake_exchange(&cell, SERVER, &batch);
	got = fake_record(&cell, SERVER, 0);
	assert_non_null(got);
	assert_int_equal(got->client, CLIENT + 1);
	assert_int_equal(got->type, 7);
	assert_memory_equal(got + 1, text, strlen(text));
	fake_batch(&batch, &cell, SERVER);
	return got->tag;
}

static void a_reply_finds_its_client(void **state)
{
	uint64_t tag = request(UINT64_MAX, "question");
	const struct bh_record *got;
	struct bh_record *r;

	(void)state;
	r = fake_add(&batch, FAKE_SERVICE, 7, tag, "answer", 6);
	r->status = -BH_EINVAL;
	r->value[2] = 99;
	fake_exchange(&cell, SERVER, &batch);
	fake_batch(&batch, &cell, CLIENT);
	fake_exchange(&cell, CLIENT, &batch);
	got = fake_record(&cell, CLIENT, 0);
	assert_non_null(got);
	assert_int_equal(got->tag, UINT64_MAX);
	assert_int_equal(got->client, SERVER + 1);
	assert_int_equal(got->status, -BH_EINVAL);
	assert_int_equal(got->value[2], 99);
	assert_memory_equal(got + 1, "answer", 6);
	assert_int_equal(cell.domains[CLIENT].channels[FAKE_SERVICE].unanswered,
	                 0);
}

static void forged_replies_are_refused(void **state)
{
	uint64_t tag = request(5, "question");
	struct bh_record *r = fake_add(&batch, FAKE_SERVICE, 7, tag, NULL, 0);

	(void)state;
	for (int bit = 0; bit < 64; bit++) {
		r->tag = tag ^ UINT64_C(1) << bit;
		assert_int_equal(check(SERVER), BH_MALFORMED_TAG);
	}
	r->tag = tag;
	r->type = 8;
	assert_int_equal(check(SERVER), BH_MALFORMED_FIELD);
	r->type = 7;
	r->status = 1;
	assert_int_equal(check(SERVER), BH_MALFORMED_FIELD);
	r->status = 0;
	assert_int_equal(check(SERVER), BH_MALFORMED_NONE);
}

static void doubled_replies_are_refused(void **state)
{
	uint64_t tag = request(5, "question");

	(void)state;
	fake_add(&batch, FAKE_SERVICE, 7, tag, NULL, 0);
	fake_add(&batch, FAKE_SERVICE, 7, tag, NULL, 0);
	assert_int_equal(check(SERVER), BH_MALFORMED_TAG);
}

static void late_second_reply_is_refused(void **state)
{
	uint64_t tag = request(5, "question");

	(void)state;
	fake_add(&batch, FAKE_SERVICE, 7, tag, NULL, 0);
	fake_exchange(&cell, SERVER, &batch);
	fake_batch(&batch, &cell, SERVER);
	fake_add(&batch, FAKE_SERVICE, 7, tag, NULL, 0);
	assert_int_equal(check(SERVER), BH_MALFORMED_TAG);
}

static void credit_is_enforced(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 6; i++)
		fake_add(&batch, FAKE_SERVICE, 1, i, NULL, 0);
	fake_exchange(&cell, CLIENT, &batch);
	for (uint32_t i = 0; i < 2; i++) {
		const struct bh_record *got = fake_record(&cell, CLIENT, i);

		assert_int_equal(got->tag, 4 + i);
		assert_int_equal(got->status, -BH_EAGAIN);
		assert_int_equal(got->client, 0);
	}
	assert_null(fake_record(&cell, CLIENT, 2));
}

static void request_to_the_dead_fails(void **state)
{
	(void)state;
	fake_batch(&batch, &cell, SERVER);
	fake_add(&batch, FAKE_CONTROL, BH_CONTROL_EXIT, 0, NULL, 0);
	fake_exchange(&cell, SERVER, &batch);
	fake_batch(&batch, &cell, CLIENT);
	fake_add(&batch, FAKE_SERVICE, 1, 77, NULL, 0);
	fake_exchange(&cell, CLIENT, &batch);
	assert_int_equal(fake_record(&cell, CLIENT, 0)->status,
	                 -BH_ECONNRESET);
	assert_int_equal(fake_record(&cell, CLIENT, 0)->tag, 77);
}

static void unanswered_request_fails_when_the_server_ends(void **state)
{
	(void)state;
	request(5, "question");
	fake_add(&batch, FAKE_CONTROL, BH_CONTROL_EXIT, 0, NULL, 0);
	fake_exchange(&cell, SERVER, &batch);
	fake_batch(&batch, &cell, CLIENT);
	batch.header.wait = BH_WAIT_TAG;
	batch.header.wait_tag = 5;
	fake_exchange(&cell, CLIENT, &batch);
	assert_int_equal(fake_record(&cell, CLIENT, 0)->status,
	                 -BH_ECONNRESET);
}

static void clock_entropy_and_recovery_answer(void **state)
{
	const struct bh_record *got;

	(void)state;
	fake_add(&batch, FAKE_CLOCK, BH_CLOCK_RESOLUTION, 1, NULL, 0);
	fake_add(&batch, FAKE_CLOCK, BH_CLOCK_GET, 2, NULL, 0)->value[0] = 1;
	fake_add(&batch, FAKE_ENTROPY, BH_ENTROPY_GET, 3, NULL, 0)->value[0] =
	        100;
	fake_add(&batch, FAKE_RECOVERY, BH_RECOVERY_APPEND, 4, "entry", 5);
	fake_add(&batch, FAKE_RECOVERY, BH_RECOVERY_READ, 5, NULL, 0);
	fake_add(&batch, FAKE_RECOVERY, BH_RECOVERY_READ, 6, NULL, 0)->value[0] =
	        1;
	fake_exchange(&cell, CLIENT, &batch);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(fake_record(&cell, CLIENT, i)->tag, i + 1);
	assert_int_equal(fake_record(&cell, CLIENT, 0)->value[0], 1);
	assert_true(fake_record(&cell, CLIENT, 1)->value[0] >
	            UINT64_C(1600000000) * FAKE_SECOND);
	assert_int_equal(record_payload_size(fake_record(&cell, CLIENT, 2)),
	                 100);
	got = fake_record(&cell, CLIENT, 4);
	assert_memory_equal(got + 1, "entry", 5);
	assert_int_equal(got->value[0], 1);
	assert_int_equal(fake_record(&cell, CLIENT, 5)->status, -BH_ENOENT);
}

/* However much a guest asks for without collecting it: no byte too many. */
static void replies_stay_within_their_room(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		fake_batch(&batch, &cell, CLIENT);
		while (batch.header.bytes + 64 <= FAKE_BUFFER - 64)
			fake_add(&batch, FAKE_ENTROPY, BH_ENTROPY_GET, 1, NULL,
			         0)->value[0] = BH_ENTROPY_MAX;
		fake_exchange(&cell, CLIENT, &batch);
		assert_true(cell.domains[CLIENT].own_replies <=
		            4 * FAKE_BUFFER);
		assert_true(fake_completion(&cell, CLIENT, 0)->bytes <=
		            FAKE_BUFFER - 64);
		if (cell.domains[CLIENT].phase != DOMAIN_COMPUTING)
			break;
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(types_of_each_protocol),
	        TEST(requests_have_nothing_unused),
	        TEST(values_have_their_ranges),
	        TEST(payloads_have_their_sizes),
	        TEST(nothing_follows_an_exit),
	        TEST(abort_is_a_fault_of_all),
	        TEST(service_types_and_sizes),
	        TEST(a_reply_finds_its_client),
	        TEST(forged_replies_are_refused),
	        TEST(doubled_replies_are_refused),
	        TEST(late_second_reply_is_refused),
	        TEST(credit_is_enforced),
	        TEST(request_to_the_dead_fails),
	        TEST(unanswered_request_fails_when_the_server_ends),
	        TEST(clock_entropy_and_recovery_answer),
	        TEST(replies_stay_within_their_room),
	};

	return cmocka_run_group_tests_name("exo/protocol", tests, NULL, NULL);
}
