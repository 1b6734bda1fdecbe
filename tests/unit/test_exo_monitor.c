/* SPDX-License-Identifier: ISC */
/* links: @exo */
#include "test.h"

#include <string.h>

#include "abi/protocol/console.h"
#include "fake_cell.h"

/* What the monitor says about every way to agree and to disagree. */

static struct cell cell;
static union fake_batch batch;

static int begin(void **state)
{
	(void)state;
	fake_begin(&cell);
	fake_domain(&cell, 3, 0);
	assert_int_equal(fake_create(&cell), 0);
	fake_start(&cell);
	assert_int_equal(cell.domains[0].phase, DOMAIN_COMPUTING);
	fake_batch(&batch, &cell, 0);
	fake_add(&batch, FAKE_CONSOLE, BH_CONSOLE_WRITE, 1, "hello, world", 12);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_destroy(&cell);
	return 0;
}

static struct variant *variant(uint32_t index)
{
	return &cell.domains[0].variants[index];
}

static void submit_all(void)
{
	for (uint32_t v = 0; v < 3; v++)
		fake_submit(&cell, 0, v, &batch);
}

static void poll_all(void)
{
	for (uint32_t v = 0; v < 3; v++)
		variant_poll(variant(v));
}

static void expect(enum bh_verdict verdict, enum bh_reason reason)
{
	struct judgement judgement;

	poll_all();
	judgement = monitor_judge(&cell.domains[0]);
	assert_int_equal(judgement.verdict, verdict);
	assert_int_equal(judgement.reason, reason);
}

static void fault(uint32_t index, enum bh_fault kind)
{
	variant(index)->control->state.fault = kind;
	fake_post(&cell, 0, index, BH_POST_FAULT);
}

static void same_bytes_agree(void **state)
{
	(void)state;
	submit_all();
	expect(BH_VERDICT_AGREED, BH_REASON_NONE);
	assert_memory_equal(history_current(&cell.domains[0].history)->submission,
	                    batch.bytes, 64 + batch.header.bytes);
}

static bool is_deadline(uint32_t offset)
{
	return offset - offsetof(struct bh_submission, deadline) <
	       sizeof(uint64_t);
}

/* Every byte of header and batch counts, but the deadline's, in every
 * variant. */
static void each_byte_counts(void **state)
{
	(void)state;
	submit_all();
	poll_all();
	for (uint32_t v = 0; v < 3; v++)
		for (uint32_t i = 0; i < 64 + batch.header.bytes; i++) {
			enum bh_reason reason = i < 4    ? BH_REASON_LENGTH
			                        : i < 64 ? BH_REASON_COUNT
			                                 : BH_REASON_BYTES;

			variant(v)->submission[i] ^= 1;
			if (is_deadline(i))
				expect(BH_VERDICT_AGREED, BH_REASON_NONE);
			else
				expect(BH_VERDICT_DIVERGENCE, reason);
			variant(v)->submission[i] ^= 1;
		}
	expect(BH_VERDICT_AGREED, BH_REASON_NONE);
}

/* Whichever variant has it. */
static void the_earliest_deadline_counts(void **state)
{
	(void)state;
	for (uint32_t v = 0; v < 3; v++) {
		for (uint32_t i = 0; i < 3; i++) {
			batch.header.deadline = i == v ? 7 : BH_NEVER - i;
			fake_submit(&cell, 0, i, &batch);
		}
		expect(BH_VERDICT_AGREED, BH_REASON_NONE);
		assert_int_equal(history_current(&cell.domains[0].history)
		                         ->submission->deadline,
		                 7);
	}
}

static void bytes_after_the_batch_do_not_count(void **state)
{
	(void)state;
	submit_all();
	poll_all();
	variant(1)->submission[64 + batch.header.bytes] = 1;
	expect(BH_VERDICT_AGREED, BH_REASON_NONE);
}

static void lengths_differ(void **state)
{
	(void)state;
	submit_all();
	fake_submission(&cell, 0, 2)->bytes = 8;
	expect(BH_VERDICT_DIVERGENCE, BH_REASON_LENGTH);
}

static void impossible_length_of_all(void **state)
{
	const uint32_t lengths[] = {FAKE_BUFFER - 64 + 1, FAKE_BUFFER,
	                            INT32_MAX, UINT32_MAX, UINT32_MAX - 63};

	(void)state;
	submit_all();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		for (uint32_t v = 0; v < 3; v++)
			fake_submission(&cell, 0, v)->bytes = lengths[i];
		expect(BH_VERDICT_FAULT, BH_REASON_MALFORMED);
	}
	fake_submission(&cell, 0, 1)->bytes = 8;
	expect(BH_VERDICT_DIVERGENCE, BH_REASON_LENGTH);
}

static void largest_length_is_possible(void **state)
{
	(void)state;
	submit_all();
	for (uint32_t v = 0; v < 3; v++)
		fake_submission(&cell, 0, v)->bytes = FAKE_BUFFER - 64;
	expect(BH_VERDICT_AGREED, BH_REASON_NONE);
	variant(2)->submission[FAKE_BUFFER - 1] = 1;
	expect(BH_VERDICT_DIVERGENCE, BH_REASON_BYTES);
}

static void one_faults(void **state)
{
	(void)state;
	fake_submit(&cell, 0, 0, &batch);
	fault(1, BH_FAULT_READ);
	fake_submit(&cell, 0, 2, &batch);
	expect(BH_VERDICT_DIVERGENCE, BH_REASON_FAULT);
}

static void all_fault_alike(void **state)
{
	(void)state;
	for (uint32_t v = 0; v < 3; v++)
		fault(v, BH_FAULT_READ);
	expect(BH_VERDICT_FAULT, BH_REASON_ALL_FAULT);
}

static void all_fault_differently(void **state)
{
	(void)state;
	fault(0, BH_FAULT_READ);
	fault(1, BH_FAULT_READ);
	fault(2, BH_FAULT_WRITE);
	expect(BH_VERDICT_DIVERGENCE, BH_REASON_FAULT);
}

static void some_are_lost(void **state)
{
	(void)state;
	submit_all();
	variant(1)->dead = true;
	expect(BH_VERDICT_DIVERGENCE, BH_REASON_LOST);
	variant(0)->dead = true;
	expect(BH_VERDICT_DIVERGENCE, BH_REASON_LOST);
	variant(2)->dead = true;
	expect(BH_VERDICT_FAULT, BH_REASON_ALL_LOST);
}

static void lost_and_faulted(void **state)
{
	(void)state;
	fault(0, BH_FAULT_READ);
	fault(1, BH_FAULT_READ);
	variant(2)->dead = true;
	expect(BH_VERDICT_DIVERGENCE, BH_REASON_FAULT);
}

static void one_is_absent(void **state)
{
	(void)state;
	fake_submit(&cell, 0, 0, &batch);
	fake_submit(&cell, 0, 2, &batch);
	expect(BH_VERDICT_DEADLINE, BH_REASON_ABSENT);
	variant(2)->submission[70] ^= 1;
	expect(BH_VERDICT_DIVERGENCE, BH_REASON_BYTES);
}

static void all_are_absent(void **state)
{
	(void)state;
	expect(BH_VERDICT_DEADLINE, BH_REASON_ABSENT);
}

static void one_faulted_others_absent(void **state)
{
	(void)state;
	fault(1, BH_FAULT_READ);
	expect(BH_VERDICT_DIVERGENCE, BH_REASON_FAULT);
}

/* A core that posts what makes no sense has faulted. */
static void nonsense_posts_are_faults(void **state)
{
	const uint32_t kinds[] = {0, BH_POST_READY, BH_POST_STATE,
	                          BH_POST_ERROR, 6, INT32_MAX, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		end(NULL);
		begin(NULL);
		fake_submit(&cell, 0, 0, &batch);
		fake_submit(&cell, 0, 1, &batch);
		fake_post(&cell, 0, 2, kinds[i]);
		expect(BH_VERDICT_DIVERGENCE, BH_REASON_FAULT);
	}
}

static void dropped_variants_have_no_say(void **state)
{
	(void)state;
	submit_all();
	poll_all();
	variant(0)->submission[70] ^= 1;
	expect(BH_VERDICT_DIVERGENCE, BH_REASON_BYTES);
	variant(0)->dropped = true;
	expect(BH_VERDICT_AGREED, BH_REASON_NONE);
	variant(1)->dead = true;
	variant(2)->dead = true;
	expect(BH_VERDICT_FAULT, BH_REASON_ALL_LOST);
}

static void later_deaths_change_lost_to_all_lost(void **state)
{
	(void)state;
	variant(0)->dead = true;
	assert_int_equal(monitor_judge_lost(&cell.domains[0]).verdict,
	                 BH_VERDICT_DIVERGENCE);
	variant(1)->dead = variant(2)->dead = true;
	assert_int_equal(monitor_judge_lost(&cell.domains[0]).reason,
	                 BH_REASON_ALL_LOST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(same_bytes_agree),
	        TEST(each_byte_counts),
	        TEST(the_earliest_deadline_counts),
	        TEST(bytes_after_the_batch_do_not_count),
	        TEST(lengths_differ),
	        TEST(impossible_length_of_all),
	        TEST(largest_length_is_possible),
	        TEST(one_faults),
	        TEST(all_fault_alike),
	        TEST(all_fault_differently),
	        TEST(some_are_lost),
	        TEST(lost_and_faulted),
	        TEST(one_is_absent),
	        TEST(all_are_absent),
	        TEST(one_faulted_others_absent),
	        TEST(nonsense_posts_are_faults),
	        TEST(dropped_variants_have_no_say),
	        TEST(later_deaths_change_lost_to_all_lost),
	};

	return cmocka_run_group_tests_name("exo/monitor", tests, NULL, NULL);
}
