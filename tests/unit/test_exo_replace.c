/* SPDX-License-Identifier: ISC */
/* links: @exo */
#include "test.h"

#include <string.h>

#include "abi/protocol/console.h"
#include "fake_cell.h"

/* A fresh variant in the place of one that was outvoted. */

static struct cell cell;
static union fake_batch batch;

static struct domain *domain(void)
{
	return &cell.domains[0];
}

static struct variant *variant(uint32_t number)
{
	return &domain()->variants[number];
}

/* Variant NUMBER submits TEXT as exchange EXCHANGE of its life. */
static void say_then(uint32_t number, uint64_t exchange, const char *text)
{
	fake_batch(&batch, &cell, 0);
	batch.header.exchange = exchange;
	fake_add(&batch, FAKE_CONSOLE, BH_CONSOLE_WRITE, exchange, text,
	         (uint32_t)strlen(text));
	fake_submit(&cell, 0, number, &batch);
}

static void say(uint32_t number, const char *text)
{
	say_then(number, domain()->exchange, text);
}

static void relive(uint64_t exchange, const char *text)
{
	say_then(0, exchange, text);
	fake_step(&cell);
}

static void describe(void)
{
	for (uint32_t v = 0; v < 3; v++)
		if (variant_is_live(variant(v)) &&
		    variant(v)->post == BH_POST_NONE)
			fake_post(&cell, 0, v, BH_POST_STATE);
	fake_step(&cell);
	cell.report_pending = false;
	fake_step(&cell);
}

/* Exchange 1 is agreed, in exchange 2 the first variant is outvoted, 3 is that
 * of the others alone. */
static void begin(uint32_t past_mib)
{
	fake_begin(&cell);
	fake_domain(&cell, 3, 0);
	cell.config.domains[0].response = BH_RESPONSE_VOTE;
	cell.config.domains[0].past_mib = past_mib;
	assert_int_equal(fake_create(&cell), 0);
	fake_start(&cell);
	for (uint32_t v = 0; v < 3; v++)
		say(v, "one");
	fake_step(&cell);
	say(0, "evil");
	say(1, "two");
	say(2, "two");
	fake_step(&cell);
	describe();
	assert_int_equal(domain()->exchange, 3);
	say(1, "three");
	say(2, "three");
	fake_step(&cell);
	assert_int_equal(domain()->exchange, 4);
	assert_int_equal(fake_count(BH_MESSAGE_REPLACE), 0);
}

static int end(void **state)
{
	(void)state;
	fake_destroy(&cell);
	return 0;
}

/* The old one dies, the new one has loaded its image. */
static void start(void)
{
	fake_kill(&cell, 0, 0);
	assert_int_equal(fake_find(BH_MESSAGE_REPLACE)->variant, 0);
	fake_post(&cell, 0, 0, BH_POST_READY);
	fake_step(&cell);
	assert_true(fake_is_answered(&cell, 0, 0));
}

static void relives_the_past_and_joins(void **state)
{
	uint32_t messages;

	(void)state;
	begin(1);
	start();
	messages = fake_message_count;
	relive(1, "one");
	assert_int_equal(fake_completion(&cell, 0, 0)->exchange, 1);
	relive(2, "two");
	assert_int_equal(fake_completion(&cell, 0, 0)->exchange, 2);
	/* Nothing of it had an effect. */
	assert_int_equal(domain()->exchange, 4);
	assert_int_equal(fake_message_count, messages);
	assert_true(variant(0)->dropped);
	relive(3, "three");
	assert_int_equal(fake_completion(&cell, 0, 0)->exchange, 3);
	assert_int_equal(fake_find(BH_MESSAGE_REPLACED)->value, 3);
	assert_false(variant(0)->dropped);
	/* It is waited for, */
	say(1, "four");
	say(2, "four");
	fake_step(&cell);
	assert_int_equal(domain()->exchange, 4);
	say(0, "four");
	fake_step(&cell);
	assert_int_equal(domain()->exchange, 5);
	/* and has a voice: two of three. */
	say(0, "five");
	say(1, "five");
	say(2, "evil");
	fake_step(&cell);
	describe();
	assert_int_equal(domain()->exchange, 6);
	assert_true(variant(2)->dropped);
	assert_int_equal(cell.result, BH_RESULT_EXITED);
}

/* The others wait for input: it waits with them. */
static void joins_those_that_wait(void **state)
{
	(void)state;
	begin(1);
	start();
	fake_batch(&batch, &cell, 0);
	batch.header.wait = BH_WAIT_ANY;
	fake_submit(&cell, 0, 1, &batch);
	/* Until when is no output: the earliest counts. */
	batch.header.deadline = 7 * FAKE_SECOND;
	fake_submit(&cell, 0, 2, &batch);
	fake_step(&cell);
	assert_int_equal(domain()->phase, DOMAIN_WAITING);
	relive(1, "one");
	relive(2, "two");
	relive(3, "three");
	assert_int_equal(fake_count(BH_MESSAGE_REPLACED), 0);
	fake_batch(&batch, &cell, 0);
	batch.header.wait = BH_WAIT_ANY;
	batch.header.deadline = 5 * FAKE_SECOND;
	fake_submit(&cell, 0, 0, &batch);
	fake_step(&cell);
	assert_int_equal(fake_count(BH_MESSAGE_REPLACED), 1);
	assert_false(fake_is_answered(&cell, 0, 0));
	fake_now = 5 * FAKE_SECOND;
	fake_step(&cell);
	assert_int_equal(domain()->exchange, 5);
	for (uint32_t v = 0; v < 3; v++) {
		assert_true(fake_is_answered(&cell, 0, v));
		assert_int_equal(fake_completion(&cell, 0, v)->exchange, 4);
	}
}

static const char *said(uint64_t exchange)
{
	static const char *const first[] = {"", "one", "two", "three"};

	return exchange < 4 ? first[exchange] : "on";
}

static void go_on(void)
{
	say(1, "on");
	say(2, "on");
	fake_step(&cell);
}

/* It is twice as fast as the others, which do not wait for it. */
static void catches_up_with_those_that_run(void **state)
{
	uint64_t exchange = 0;

	(void)state;
	begin(1);
	start();
	for (int n = 0; n < 50; n++)
		go_on();
	while (variant(0)->dropped) {
		assert_int_equal(domain()->phase, DOMAIN_COMPUTING);
		go_on();
		for (int n = 0; n < 2 && variant(0)->dropped; n++) {
			exchange++;
			relive(exchange, said(exchange));
		}
	}
	assert_int_equal(domain()->exchange, exchange + 1);
	assert_in_range(exchange, 100, 110);
	assert_int_equal(fake_find(BH_MESSAGE_REPLACED)->value, exchange);
}

/* Each of the fresh ones does the same in exchange EXCHANGE. */
static void fails_like(enum bh_post kind, const char *text, uint64_t exchange,
                       enum bh_irreplaceable why)
{
	for (uint32_t attempt = 1; attempt <= 3; attempt++) {
		fake_kill(&cell, 0, 0);
		assert_int_equal(fake_count(BH_MESSAGE_REPLACE), attempt);
		assert_int_equal(fake_count(BH_MESSAGE_NOT_REPLACED), 0);
		fake_post(&cell, 0, 0, BH_POST_READY);
		fake_step(&cell);
		for (uint64_t n = 1; n < exchange; n++)
			relive(n, said(n));
		if (text)
			relive(exchange, text);
		else
			fake_post(&cell, 0, 0, kind);
		fake_step(&cell);
		assert_int_equal(fake_count(BH_MESSAGE_KILL), 1 + attempt);
	}
	assert_int_equal(fake_count(BH_MESSAGE_NOT_REPLACED), 1);
	assert_int_equal(fake_find(BH_MESSAGE_NOT_REPLACED)->value, why);
	assert_int_equal(fake_find(BH_MESSAGE_NOT_REPLACED)->detail, exchange);
	fake_kill(&cell, 0, 0);
	assert_int_equal(fake_count(BH_MESSAGE_REPLACE), 3);
	/* The two are still there. */
	say(1, "four");
	say(2, "four");
	fake_step(&cell);
	assert_int_equal(domain()->exchange, 5);
}

static void what_does_the_same_again_is_given_up(void **state)
{
	(void)state;
	begin(1);
	fails_like(BH_POST_EXCHANGE, "evil", 2, BH_IRREPLACEABLE_DIFFERENT);
}

static void what_faults_again_is_given_up(void **state)
{
	(void)state;
	begin(1);
	fails_like(BH_POST_FAULT, NULL, 2, BH_IRREPLACEABLE_FAULT);
}

static void what_cannot_start_is_given_up(void **state)
{
	(void)state;
	begin(1);
	for (uint32_t attempt = 1; attempt <= 3; attempt++) {
		fake_kill(&cell, 0, 0);
		fake_post(&cell, 0, 0,
		          attempt == 2 ? BH_POST_EXCHANGE : BH_POST_ERROR);
		fake_step(&cell);
	}
	assert_int_equal(fake_count(BH_MESSAGE_NOT_REPLACED), 1);
	assert_false(cell.ended);
}

/* A length that cannot be, in a field that is compared: nothing is read. */
static void impossible_lengths_differ(void **state)
{
	(void)state;
	begin(1);
	start();
	say_then(0, 1, "one");
	fake_submission(&cell, 0, 0)->bytes = UINT32_MAX;
	fake_step(&cell);
	assert_int_equal(fake_count(BH_MESSAGE_KILL), 2);
}

static void death_counts_as_an_attempt(void **state)
{
	(void)state;
	begin(1);
	start();
	relive(1, "one");
	fake_kill(&cell, 0, 0);
	assert_int_equal(fake_count(BH_MESSAGE_REPLACE), 2);
	fake_kill(&cell, 0, 0);
	fake_kill(&cell, 0, 0);
	assert_int_equal(fake_find(BH_MESSAGE_NOT_REPLACED)->value,
	                 BH_IRREPLACEABLE_FAULT);
}

static void silence_has_a_limit(void **state)
{
	(void)state;
	begin(1);
	start();
	relive(1, "one");
	/* The set waits for input that never comes. */
	fake_batch(&batch, &cell, 0);
	batch.header.wait = BH_WAIT_ANY;
	fake_submit(&cell, 0, 1, &batch);
	fake_submit(&cell, 0, 2, &batch);
	fake_step(&cell);
	assert_int_equal(cell_timer(&cell), fake_now + 60 * FAKE_SECOND);
	fake_now += 60 * FAKE_SECOND - 1;
	fake_step(&cell);
	assert_int_equal(fake_count(BH_MESSAGE_KILL), 1);
	fake_now++;
	fake_step(&cell);
	assert_int_equal(fake_count(BH_MESSAGE_KILL), 2);
}

static void without_memory_nobody_comes(void **state)
{
	(void)state;
	begin(0);
	fake_kill(&cell, 0, 0);
	assert_int_equal(fake_count(BH_MESSAGE_REPLACE), 0);
	assert_int_equal(fake_count(BH_MESSAGE_NOT_REPLACED), 0);
	assert_int_equal(domain()->past.used, 0);
}

static void agree(uint32_t first, const char *text)
{
	for (uint32_t v = first; v < 3; v++)
		say(v, text);
	fake_step(&cell);
}

static void fill(uint32_t first)
{
	static char text[2048];

	memset(text, 'x', sizeof(text) - 1);
	while (!domain()->past.lost)
		agree(first, text);
}

/* What is longer than the memory is of no use: not at the verdict, */
static void a_long_life_is_not_relived(void **state)
{
	(void)state;
	begin(1);
	start();
	for (uint64_t n = 1; n <= 3; n++)
		relive(n, said(n));
	assert_int_equal(fake_count(BH_MESSAGE_REPLACED), 1);
	fill(0);
	say(0, "good");
	say(1, "evil");
	say(2, "good");
	fake_step(&cell);
	describe();
	assert_true(variant(1)->dropped);
	assert_int_equal(fake_find(BH_MESSAGE_NOT_REPLACED)->value,
	                 BH_IRREPLACEABLE_OLD);
	fake_kill(&cell, 0, 1);
	assert_int_equal(fake_count(BH_MESSAGE_REPLACE), 1);
}

/* and not while one relives it. */
static void a_life_that_gets_too_long(void **state)
{
	(void)state;
	begin(1);
	start();
	fill(1);
	relive(1, "one");
	assert_int_equal(fake_find(BH_MESSAGE_NOT_REPLACED)->value,
	                 BH_IRREPLACEABLE_OLD);
	assert_int_equal(fake_count(BH_MESSAGE_KILL), 2);
	fake_kill(&cell, 0, 0);
	assert_int_equal(fake_count(BH_MESSAGE_REPLACE), 1);
}

/* A verdict among the others, while it relives: it is no part of that, and ends
 * with them. */
static void the_end_takes_it_along(void **state)
{
	(void)state;
	begin(1);
	start();
	say(1, "four");
	say(2, "evil");
	fake_step(&cell);
	describe();
	assert_int_equal(domain()->phase, DOMAIN_ENDED);
	assert_int_equal(fake_report()->variants[0].dropped, 1);
	assert_int_equal(fake_count(BH_MESSAGE_KILL), 1 + 3);
	relive(1, "one");
	assert_false(fake_is_answered(&cell, 0, 0));
}

/* All that is in the past comes out as it went in. */
static void past_keeps_exchanges(void **state)
{
	static union {
		struct bh_completion header;
		uint8_t bytes[4096];
	} completion;
	uint64_t offset = 0;
	struct past past;

	(void)state;
	begin(1);
	assert_int_equal(past_create(&past, 4096), 0);
	for (uint32_t bytes = 0; !past.lost; bytes += 8) {
		memset(&completion, (int)bytes, sizeof(completion));
		completion.header.bytes = bytes;
		fake_batch(&batch, &cell, 0);
		batch.header.exchange = bytes;
		batch.header.bytes = 2 * bytes;
		past_append(&past, &batch.header, &completion.header);
	}
	for (uint32_t bytes = 0; offset < past.used; bytes += 8) {
		struct past_exchange exchange = past_at(&past, offset);

		assert_int_equal(exchange.submission->exchange, bytes);
		assert_int_equal(exchange.submission->bytes, 2 * bytes);
		assert_int_equal(exchange.completion->bytes, bytes);
		memset(&completion, (int)bytes, sizeof(completion));
		assert_memory_equal(exchange.completion + 1,
		                    &completion.header + 1, bytes);
		offset = exchange.next;
	}
	assert_int_equal(offset, past.used);
	assert_true(past.used > 2048 && past.used <= 4096);
	past_clear(&past);
	assert_false(past.lost);
	assert_int_equal(past.used, 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(relives_the_past_and_joins),
	        TEST(joins_those_that_wait),
	        TEST(catches_up_with_those_that_run),
	        TEST(what_does_the_same_again_is_given_up),
	        TEST(what_faults_again_is_given_up),
	        TEST(what_cannot_start_is_given_up),
	        TEST(impossible_lengths_differ),
	        TEST(death_counts_as_an_attempt),
	        TEST(silence_has_a_limit),
	        TEST(without_memory_nobody_comes),
	        TEST(a_long_life_is_not_relived),
	        TEST(a_life_that_gets_too_long),
	        TEST(the_end_takes_it_along),
	        TEST(past_keeps_exchanges),
	};

	return cmocka_run_group_tests_name("exo/replace", tests, NULL, NULL);
}
