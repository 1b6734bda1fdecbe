/* SPDX-License-Identifier: ISC */
/* links: @exo */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "abi/protocol/clock.h"
#include "abi/protocol/console.h"
#include "abi/protocol/entropy.h"
#include "abi/protocol/service.h"
#include "exo/batch.h"
#include "fake_cell.h"

static struct cell cell;
static union fake_batch batch;
static int keyboard = -1; /* the write end of domain 0's console input */

enum { CLIENT, SERVER };

static int begin(void **state)
{
	int ends[2];

	(void)state;
	fake_begin(&cell);
	fake_domain(&cell, 2, 0);
	fake_domain(&cell, 1, 0);
	fake_connect(&cell, CLIENT, SERVER, 16);
	assert_int_equal(pipe(ends), 0);
	cell.config.domains[CLIENT].input_fd = fcntl(ends[0], F_DUPFD, 16);
	keyboard = ends[1];
	close(ends[0]);
	assert_int_equal(fake_create(&cell), 0);
	fake_start(&cell);
	fake_batch(&batch, &cell, CLIENT);
	return 0;
}

static int end(void **state)
{
	(void)state;
	close(cell.config.domains[CLIENT].input_fd);
	close(keyboard);
	fake_destroy(&cell);
	return 0;
}

static enum domain_phase phase(void)
{
	return cell.domains[CLIENT].phase;
}

static const struct bh_completion *completion(void)
{
	return fake_completion(&cell, CLIENT, 0);
}

static void wait_none_returns_at_once(void **state)
{
	(void)state;
	fake_exchange(&cell, CLIENT, &batch);
	assert_int_equal(phase(), DOMAIN_COMPUTING);
	assert_int_equal(completion()->exchange, 1);
	assert_int_equal(completion()->count, 0);
	assert_int_equal(completion()->bytes, 0);
	assert_int_equal(completion()->status, 0);
	assert_int_equal(completion()->more, 0);
	assert_int_equal(completion()->monotonic, fake_now);
	for (int i = 0; i < 3; i++)
		assert_int_equal(completion()->reserved[i], 0);
}

static void wait_any_returns_with_a_record(void **state)
{
	(void)state;
	batch.header.wait = BH_WAIT_ANY;
	fake_exchange(&cell, CLIENT, &batch);
	assert_int_equal(phase(), DOMAIN_WAITING);
	assert_int_equal(cell_timer(&cell), BH_NEVER);
	fake_now += 1000 * FAKE_SECOND;
	fake_step(&cell);
	assert_int_equal(phase(), DOMAIN_WAITING);
}

static void deadline_of_a_wait(void **state)
{
	const enum bh_wait kinds[] = {BH_WAIT_ANY, BH_WAIT_TAG};

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint64_t when = fake_now + 5;

		fake_batch(&batch, &cell, CLIENT);
		batch.header.wait = kinds[i];
		batch.header.deadline = when;
		fake_exchange(&cell, CLIENT, &batch);
		assert_int_equal(phase(), DOMAIN_WAITING);
		assert_int_equal(cell_timer(&cell), when);
		fake_now = when - 1;
		fake_step(&cell);
		assert_int_equal(phase(), DOMAIN_WAITING);
		fake_now = when;
		fake_step(&cell);
		assert_int_equal(phase(), DOMAIN_COMPUTING);
		assert_int_equal(completion()->status, -BH_ETIMEDOUT);
		assert_int_equal(completion()->monotonic, when);
	}
}

static void deadline_in_the_past_returns_at_once(void **state)
{
	(void)state;
	batch.header.wait = BH_WAIT_ANY;
	batch.header.deadline = 0;
	fake_exchange(&cell, CLIENT, &batch);
	assert_int_equal(completion()->status, -BH_ETIMEDOUT);
}

static void wait_tag_is_not_woken_by_others(void **state)
{
	(void)state;
	batch.header.wait = BH_WAIT_TAG;
	batch.header.wait_tag = 9;
	fake_add(&batch, FAKE_CONSOLE, BH_CONSOLE_READ, 9, NULL, 0)->value[0] =
	        100;
	fake_add(&batch, FAKE_CLOCK, BH_CLOCK_GET, 8, NULL, 0);
	fake_exchange(&cell, CLIENT, &batch);
	assert_int_equal(phase(), DOMAIN_WAITING);
	assert_int_equal(write(keyboard, "typed", 5), 5);
	fake_step(&cell);
	assert_int_equal(phase(), DOMAIN_COMPUTING);
	assert_int_equal(completion()->count, 2);
	assert_int_equal(completion()->status, 0);
	assert_int_equal(fake_record(&cell, CLIENT, 1)->tag, 9);
	assert_memory_equal(fake_record(&cell, CLIENT, 1) + 1, "typed\0\0\0",
	                    8);
}

static void all_variants_get_the_same_bytes(void **state)
{
	(void)state;
	fake_add(&batch, FAKE_ENTROPY, BH_ENTROPY_GET, 1, NULL, 0)->value[0] =
	        255;
	fake_add(&batch, FAKE_CLOCK, BH_CLOCK_GET, 2, NULL, 0);
	fake_exchange(&cell, CLIENT, &batch);
	assert_memory_equal(fake_completion(&cell, CLIENT, 0),
	                    fake_completion(&cell, CLIENT, 1), FAKE_BUFFER);
}

static void reading_ends_with_the_input(void **state)
{
	(void)state;
	close(keyboard);
	keyboard = -1;
	batch.header.wait = BH_WAIT_ANY;
	fake_add(&batch, FAKE_CONSOLE, BH_CONSOLE_READ, 9, NULL, 0)->value[0] =
	        1;
	fake_exchange(&cell, CLIENT, &batch);
	assert_int_equal(completion()->count, 1);
	assert_int_equal(record_payload_size(fake_record(&cell, CLIENT, 0)), 0);
}

static void second_read_fails(void **state)
{
	(void)state;
	fake_add(&batch, FAKE_CONSOLE, BH_CONSOLE_READ, 1, NULL, 0)->value[0] =
	        1;
	fake_add(&batch, FAKE_CONSOLE, BH_CONSOLE_READ, 2, NULL, 0)->value[0] =
	        1;
	fake_exchange(&cell, CLIENT, &batch);
	assert_int_equal(completion()->count, 1);
	assert_int_equal(fake_record(&cell, CLIENT, 0)->tag, 2);
	assert_int_equal(fake_record(&cell, CLIENT, 0)->status, -BH_EAGAIN);
}

static void read_takes_no_more_than_was_asked(void **state)
{
	(void)state;
	assert_int_equal(write(keyboard, "0123456789", 10), 10);
	for (uint64_t size = 1; size <= 4; size++) {
		fake_batch(&batch, &cell, CLIENT);
		batch.header.wait = BH_WAIT_ANY;
		fake_add(&batch, FAKE_CONSOLE, BH_CONSOLE_READ, 1, NULL,
		         0)->value[0] = size;
		fake_exchange(&cell, CLIENT, &batch);
		assert_int_equal(
		        record_payload_size(fake_record(&cell, CLIENT, 0)),
		        size);
	}
}

/* With two consoles in the table, the reply is on the one that asked. */
static void reply_is_on_the_channel_of_the_request(void **state)
{
	(void)state;
	cell.config.domains[CLIENT].channels[FAKE_CLOCK].protocol =
	        BH_PROTOCOL_CONSOLE;
	cell.domains[CLIENT].channels[FAKE_CLOCK].protocol =
	        BH_PROTOCOL_CONSOLE;
	assert_int_equal(write(keyboard, "x", 1), 1);
	fake_add(&batch, FAKE_CONSOLE, BH_CONSOLE_READ, 1, NULL, 0)->value[0] =
	        1;
	batch.header.wait = BH_WAIT_ANY;
	fake_exchange(&cell, CLIENT, &batch);
	assert_int_equal(fake_record(&cell, CLIENT, 0)->channel, FAKE_CONSOLE);
}

/* What does not fit one batch comes with the next, in order, none lost. */
static void more_says_that_records_are_left(void **state)
{
	uint64_t expected = 0, exchanges = 0;

	(void)state;
	while (batch.header.bytes + 64 <= FAKE_BUFFER - 64)
		fake_add(&batch, FAKE_ENTROPY, BH_ENTROPY_GET,
		         batch.header.count, NULL, 0)->value[0] = 200;
	uint64_t asked = batch.header.count;

	fake_exchange(&cell, CLIENT, &batch);
	assert_int_equal(completion()->more, 1);
	for (;; exchanges++) {
		for (uint32_t i = 0; i < completion()->count; i++)
			assert_int_equal(fake_record(&cell, CLIENT, i)->tag,
			                 expected++);
		if (!completion()->more)
			break;
		fake_batch(&batch, &cell, CLIENT);
		fake_exchange(&cell, CLIENT, &batch);
	}
	assert_int_equal(expected, asked);
	assert_true(exchanges >= 2);
	assert_int_equal(cell.domains[CLIENT].own_replies, 0);
}

static void requests_come_in_one_order(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 16; i++)
		fake_add(&batch, FAKE_SERVICE, 1, i, "0123456789", 10)
		        ->value[0] = i;
	fake_exchange(&cell, CLIENT, &batch);
	fake_batch(&batch, &cell, SERVER);
	batch.header.wait = BH_WAIT_ANY;
	fake_exchange(&cell, SERVER, &batch);
	assert_int_equal(fake_completion(&cell, SERVER, 0)->count, 16);
	for (uint32_t i = 0; i < 16; i++)
		assert_int_equal(fake_record(&cell, SERVER, i)->value[0], i);
}

/* A record that the other side could never receive must not block others. */
static void too_large_for_the_other_side(void **state)
{
	static uint8_t payload[3 * FAKE_BUFFER];

	(void)state;
	end(NULL);
	fake_begin(&cell);
	fake_domain(&cell, 1, 0);
	fake_domain(&cell, 1, 0);
	fake_connect(&cell, CLIENT, SERVER, 4);
	cell.config.domains[CLIENT].submission_size =
	        cell.config.domains[CLIENT].completion_size = 4 * FAKE_BUFFER;
	assert_int_equal(fake_create(&cell), 0);
	fake_start(&cell);
	fake_batch(&batch, &cell, CLIENT);
	fake_add(&batch, FAKE_SERVICE, 1, 1, payload, FAKE_BUFFER - 128 + 1);
	fake_add(&batch, FAKE_SERVICE, 1, 2, payload, FAKE_BUFFER - 128);
	fake_exchange(&cell, CLIENT, &batch);
	assert_int_equal(completion()->count, 1);
	assert_int_equal(fake_record(&cell, CLIENT, 0)->tag, 1);
	assert_int_equal(fake_record(&cell, CLIENT, 0)->status, -BH_EMSGSIZE);
	fake_batch(&batch, &cell, SERVER);
	fake_exchange(&cell, SERVER, &batch);
	assert_int_equal(fake_completion(&cell, SERVER, 0)->count, 1);
}

static void reply_too_large_for_the_client(void **state)
{
	static uint8_t payload[3 * FAKE_BUFFER];
	const struct bh_record *got;

	(void)state;
	end(NULL);
	fake_begin(&cell);
	fake_domain(&cell, 1, 0);
	fake_domain(&cell, 1, 0);
	fake_connect(&cell, CLIENT, SERVER, 4);
	cell.config.domains[SERVER].submission_size =
	        cell.config.domains[SERVER].completion_size = 4 * FAKE_BUFFER;
	assert_int_equal(fake_create(&cell), 0);
	fake_start(&cell);
	fake_batch(&batch, &cell, CLIENT);
	batch.header.wait = BH_WAIT_TAG;
	batch.header.wait_tag = 1;
	fake_add(&batch, FAKE_SERVICE, 1, 1, NULL, 0);
	fake_exchange(&cell, CLIENT, &batch);
	fake_batch(&batch, &cell, SERVER);
	fake_exchange(&cell, SERVER, &batch);
	fake_batch(&batch, &cell, SERVER);
	fake_add(&batch, FAKE_SERVICE, 1, fake_record(&cell, SERVER, 0)->tag,
	         payload, FAKE_BUFFER);
	fake_exchange(&cell, SERVER, &batch);
	got = fake_record(&cell, CLIENT, 0);
	assert_non_null(got);
	assert_int_equal(got->status, -BH_EMSGSIZE);
	assert_int_equal(got->tag, 1);
	assert_int_equal(got->client, SERVER + 1);
	assert_int_equal(record_payload_size(got), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(wait_none_returns_at_once),
	        TEST(wait_any_returns_with_a_record),
	        TEST(deadline_of_a_wait),
	        TEST(deadline_in_the_past_returns_at_once),
	        TEST(wait_tag_is_not_woken_by_others),
	        TEST(all_variants_get_the_same_bytes),
	        TEST(reading_ends_with_the_input),
	        TEST(second_read_fails),
	        TEST(read_takes_no_more_than_was_asked),
	        TEST(reply_is_on_the_channel_of_the_request),
	        TEST(more_says_that_records_are_left),
	        TEST(requests_come_in_one_order),
	        TEST(too_large_for_the_other_side),
	        TEST(reply_too_large_for_the_client),
	};

	return cmocka_run_group_tests_name("exo/deliver", tests, NULL, NULL);
}
