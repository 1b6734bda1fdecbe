/* SPDX-License-Identifier: ISC */
/* links: @exo */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "abi/protocol/console.h"
#include "abi/protocol/control.h"
#include "abi/protocol/service.h"
#include "fake_cell.h"

/* The life of domains: start, rendezvous, verdict, restart, end. */

#define MS UINT64_C(1000000)

static struct cell cell;
static union fake_batch batch;

static void begin(uint32_t variants, uint32_t flags, enum bh_response response)
{
	fake_begin(&cell);
	fake_domain(&cell, variants, flags);
	cell.config.domains[0].response = response;
	assert_int_equal(fake_create(&cell), 0);
	fake_start(&cell);
	fake_batch(&batch, &cell, 0);
}

static int end(void **state)
{
	(void)state;
	fake_destroy(&cell);
	return 0;
}

static struct domain *domain(void)
{
	return &cell.domains[0];
}

static void write_text(uint32_t variant, const char *text)
{
	fake_batch(&batch, &cell, 0);
	fake_add(&batch, FAKE_CONSOLE, BH_CONSOLE_WRITE, 1, text,
	         (uint32_t)strlen(text));
	fake_submit(&cell, 0, variant, &batch);
}

/* The cores describe themselves when they are told to. */
static void describe_all(void)
{
	for (uint32_t v = 0; v < domain()->config->variant_count; v++)
		if (variant_is_live(&domain()->variants[v]) &&
		    domain()->variants[v].post == BH_POST_NONE)
			fake_post(&cell, 0, v, BH_POST_STATE);
	fake_step(&cell);
}

static void take_report(void)
{
	assert_true(cell.report_pending);
	cell.report_pending = false;
	fake_step(&cell);
}

/* --- start --------------------------------------------------------------- */

static void starts_when_all_are_ready(void **state)
{
	(void)state;
	fake_begin(&cell);
	fake_domain(&cell, 3, 0);
	assert_int_equal(fake_create(&cell), 0);
	for (uint32_t v = 0; v < 3; v++) {
		assert_int_equal(domain()->phase, DOMAIN_STARTING);
		assert_int_equal(fake_count(BH_MESSAGE_RUNNING), 0);
		fake_post(&cell, 0, v, BH_POST_READY);
		fake_step(&cell);
		assert_int_equal(fake_is_answered(&cell, 0, 0), v == 2);
	}
	assert_int_equal(domain()->phase, DOMAIN_COMPUTING);
	assert_int_equal(fake_count(BH_MESSAGE_RUNNING), 1);
}

static void error_of_a_core_ends_the_cell(void **state)
{
	(void)state;
	fake_begin(&cell);
	fake_domain(&cell, 2, 0);
	assert_int_equal(fake_create(&cell), 0);
	/* Not terminated: as a hostile core would. */
	memset(domain()->variants[1].control->message, 'x',
	       BH_CONTROL_MESSAGE_SIZE);
	fake_post(&cell, 0, 1, BH_POST_ERROR);
	fake_step(&cell);
	assert_int_equal(fake_find(BH_MESSAGE_ERROR)->variant, 1);
	assert_int_equal(strlen(fake_find(BH_MESSAGE_ERROR)->text),
	                 BH_CONTROL_MESSAGE_SIZE - 1);
	assert_true(cell.ended);
	assert_int_equal(cell.result, BH_RESULT_ERROR);
	assert_int_equal(fake_count(BH_MESSAGE_KILL), 2);
}

static void no_core_may_run_before_it_is_ready(void **state)
{
	(void)state;
	for (uint32_t kind = BH_POST_EXCHANGE; kind <= 6; kind++) {
		fake_begin(&cell);
		fake_domain(&cell, 1, 0);
		assert_int_equal(fake_create(&cell), 0);
		fake_post(&cell, 0, 0, kind);
		fake_step(&cell);
		assert_int_equal(cell.result, BH_RESULT_ERROR);
		if (kind < 6)
			fake_destroy(&cell);
	}
}

static void start_has_a_limit(void **state)
{
	(void)state;
	fake_begin(&cell);
	fake_domain(&cell, 1, 0);
	assert_int_equal(fake_create(&cell), 0);
	assert_int_equal(cell_timer(&cell), 60 * FAKE_SECOND);
	fake_now = 60 * FAKE_SECOND - 1;
	fake_step(&cell);
	assert_int_equal(cell.result, BH_RESULT_EXITED);
	fake_now++;
	fake_step(&cell);
	assert_int_equal(cell.result, BH_RESULT_ERROR);
}

/* --- rendezvous ---------------------------------------------------------- */

static void nothing_leaves_before_all_have_posted(void **state)
{
	(void)state;
	begin(3, 0, BH_RESPONSE_HALT);
	write_text(0, "same");
	write_text(1, "same");
	fake_step(&cell);
	assert_int_equal(domain()->phase, DOMAIN_COMPUTING);
	assert_false(fake_is_answered(&cell, 0, 0));
	write_text(2, "same");
	fake_step(&cell);
	for (uint32_t v = 0; v < 3; v++) {
		assert_true(fake_is_answered(&cell, 0, v));
		assert_memory_equal(fake_completion(&cell, 0, v),
		                    fake_completion(&cell, 0, 0), 64 + 64);
	}
	assert_int_equal(fake_completion(&cell, 0, 0)->count, 1);
	assert_int_equal(domain()->exchange, 2);
}

static void exit_ends_the_cell_with_its_status(void **state)
{
	(void)state;
	begin(2, 0, BH_RESPONSE_HALT);
	fake_add(&batch, FAKE_CONTROL, BH_CONTROL_EXIT, 0, NULL, 0)->value[0] =
	        42;
	fake_exchange(&cell, 0, &batch);
	assert_int_equal(domain()->phase, DOMAIN_ENDED);
	assert_true(cell.ended);
	assert_int_equal(cell.result, BH_RESULT_EXITED);
	assert_int_equal(cell.status, 42);
	assert_int_equal(fake_find(BH_MESSAGE_EXITED)->value, 42);
	assert_int_equal(fake_count(BH_MESSAGE_KILL), 2);
	assert_false(fake_is_answered(&cell, 0, 0));
	assert_true(cell_is_finished(&cell, fake_now));
}

static void deadline_after_the_first_post(void **state)
{
	(void)state;
	begin(2, 0, BH_RESPONSE_HALT);
	assert_int_equal(cell_timer(&cell), BH_NEVER);
	fake_now += 500 * MS;
	write_text(0, "early");
	fake_step(&cell);
	assert_int_equal(cell_timer(&cell), fake_now + FAKE_SECOND);
	fake_now += FAKE_SECOND - 1;
	fake_step(&cell);
	assert_int_equal(domain()->phase, DOMAIN_COMPUTING);
	fake_now++;
	fake_step(&cell);
	assert_int_equal(domain()->phase, DOMAIN_DESCRIBING);
	assert_int_equal(domain()->judgement.verdict, BH_VERDICT_DEADLINE);
	assert_int_equal(fake_count(BH_MESSAGE_INTERRUPT), 1);
	assert_int_equal(fake_find(BH_MESSAGE_INTERRUPT)->variant, 1);
	/* Whoever does not answer is asked again, and who does is not. */
	fake_post(&cell, 0, 0, BH_POST_STATE);
	fake_step(&cell);
	assert_int_equal(cell_timer(&cell), fake_now + 50 * MS);
	fake_now += 50 * MS - 1;
	fake_step(&cell);
	assert_int_equal(fake_count(BH_MESSAGE_INTERRUPT), 1);
	fake_now++;
	fake_step(&cell);
	assert_int_equal(fake_count(BH_MESSAGE_INTERRUPT), 2);
	describe_all();
	assert_int_equal(cell.result, BH_RESULT_DEADLINE);
}

static void slack_grows_with_what_the_first_took(void **state)
{
	(void)state;
	begin(2, 0, BH_RESPONSE_HALT);
	cell.config.domains[0].slack = 30;
	fake_now += 500 * MS;
	write_text(0, "early");
	fake_step(&cell);
	assert_int_equal(cell_timer(&cell),
	                 fake_now + FAKE_SECOND + 30 * 500 * MS);
	cell.config.domains[0].slack = UINT64_MAX;
	assert_int_equal(cell_timer(&cell), BH_NEVER);
}

static void step_limit_holds_for_all(void **state)
{
	(void)state;
	begin(1, 0, BH_RESPONSE_HALT);
	cell.config.domains[0].step = 100 * MS;
	assert_int_equal(cell_timer(&cell), fake_now + 100 * MS);
	fake_now += 100 * MS;
	fake_step(&cell);
	assert_int_equal(domain()->judgement.verdict, BH_VERDICT_DEADLINE);
	/* It says nothing: the report is written without it. */
	fake_now += 450 * MS;
	fake_step(&cell);
	assert_int_equal(domain()->phase, DOMAIN_DESCRIBING);
	assert_int_equal(cell_timer(&cell), fake_now + 50 * MS);
	fake_now += 50 * MS;
	fake_step(&cell);
	assert_int_equal(domain()->phase, DOMAIN_ENDED);
	assert_int_equal(fake_report()->variants[0].described, 0);
	assert_int_equal(fake_report()->reason, BH_REASON_ABSENT);
}

/* --- verdicts ------------------------------------------------------------ */

static void divergence_halts_and_reports(void **state)
{
	const struct bh_report *report;

	(void)state;
	begin(3, 0, BH_RESPONSE_HALT);
	for (uint32_t v = 0; v < 3; v++)
		write_text(v, "first");
	fake_step(&cell);
	write_text(0, "good");
	write_text(1, "evil");
	write_text(2, "good");
	fake_step(&cell);
	assert_int_equal(domain()->phase, DOMAIN_DESCRIBING);
	assert_int_equal(domain()->variants[0].control->exo.command,
	                 BH_COMMAND_DESCRIBE);
	assert_int_equal(domain()->exchange, 2);
	domain()->variants[1].control->state.pc = 0x1234;
	describe_all();
	report = fake_report();
	assert_int_equal(report->magic, BH_REPORT_MAGIC);
	assert_int_equal(report->verdict, BH_VERDICT_DIVERGENCE);
	assert_int_equal(report->reason, BH_REASON_BYTES);
	assert_int_equal(report->exchange, 2);
	assert_int_equal(report->variant_count, 3);
	assert_int_equal(report->past_count, 1);
	assert_int_equal(report->first_difference, 64 + 64);
	assert_int_equal(report->variants[1].first_difference, 64 + 64);
	assert_int_equal(report->variants[0].first_difference, BH_NEVER);
	assert_int_equal(report->variants[0].outlier, 0);
	assert_int_equal(report->variants[1].outlier, 1);
	assert_int_equal(report->variants[2].outlier, 0);
	assert_int_equal(report->variants[1].state.pc, 0x1234);
	assert_memory_equal((const uint8_t *)report +
	                            report->variants[1].submission.offset + 128,
	                    "evil", 4);
	assert_int_equal(fake_find(BH_MESSAGE_REPORT)->value, report->size);
	assert_int_equal(domain()->phase, DOMAIN_ENDED);
	assert_int_equal(cell.result, BH_RESULT_DIVERGENCE);
	assert_false(cell_is_finished(&cell, fake_now));
	take_report();
	assert_true(cell_is_finished(&cell, fake_now));
}

static void two_variants_have_no_majority(void **state)
{
	(void)state;
	begin(2, 0, BH_RESPONSE_HALT);
	write_text(0, "good");
	write_text(1, "evil");
	fake_step(&cell);
	describe_all();
	assert_int_equal(fake_report()->variants[0].outlier, 0);
	assert_int_equal(fake_report()->variants[1].outlier, 0);
}

static void malformed_batch_of_all_is_a_fault(void **state)
{
	(void)state;
	begin(2, 0, BH_RESPONSE_REPORT);
	batch.header.exchange = 3;
	fake_exchange(&cell, 0, &batch);
	describe_all();
	assert_int_equal(fake_report()->reason, BH_REASON_MALFORMED);
	assert_int_equal(fake_report()->detail, BH_MALFORMED_EXCHANGE);
	assert_int_equal(domain()->phase, DOMAIN_ENDED);
	assert_int_equal(cell.result, BH_RESULT_FAULT);
}

/* A variant may change its buffer after the comparison; nothing may come of
 * what it has then. */
static void second_look_finds_an_impossible_length(void **state)
{
	(void)state;
	begin(2, 0, BH_RESPONSE_REPORT);
	write_text(0, "good");
	write_text(1, "evil");
	fake_submission(&cell, 0, 0)->bytes = 0xfffffff8;
	fake_step(&cell);
	describe_all();
	take_report();
	describe_all();
	assert_int_equal(domain()->phase, DOMAIN_ENDED);
	assert_int_equal(fake_report()->reason, BH_REASON_MALFORMED);
}

static void report_drops_dissenters_and_goes_on(void **state)
{
	(void)state;
	begin(3, 0, BH_RESPONSE_REPORT);
	write_text(0, "good");
	write_text(1, "good");
	write_text(2, "evil");
	fake_step(&cell);
	describe_all();
	assert_int_equal(fake_find(BH_MESSAGE_KILL)->variant, 2);
	assert_int_equal(fake_count(BH_MESSAGE_KILL), 1);
	assert_int_equal(domain()->phase, DOMAIN_COMPUTING);
	assert_int_equal(domain()->exchange, 2);
	assert_true(fake_is_answered(&cell, 0, 0));
	take_report();
	/* Its death is no news. */
	fake_kill(&cell, 0, 2);
	write_text(0, "on");
	write_text(1, "on");
	fake_step(&cell);
	assert_int_equal(domain()->exchange, 3);
	assert_int_equal(cell.result, BH_RESULT_DIVERGENCE);
}

/* Two reports: the second waits until the first has been taken, without
 * burning time. */
static void second_report_waits_for_the_launcher(void **state)
{
	(void)state;
	begin(3, 0, BH_RESPONSE_REPORT);
	write_text(0, "good");
	write_text(1, "good");
	write_text(2, "evil");
	fake_step(&cell);
	describe_all();
	write_text(0, "good");
	write_text(1, "evil");
	fake_step(&cell);
	assert_int_equal(domain()->phase, DOMAIN_DESCRIBING);
	fake_now += 10 * FAKE_SECOND;
	describe_all();
	assert_int_equal(fake_count(BH_MESSAGE_REPORT), 1);
	assert_int_equal(cell_timer(&cell), BH_NEVER);
	take_report();
	assert_int_equal(fake_count(BH_MESSAGE_REPORT), 2);
	assert_int_equal(domain()->phase, DOMAIN_COMPUTING);
}

/* --- responses ----------------------------------------------------------- */

static void begin_response(uint32_t variants, enum bh_response response,
                           uint32_t limit)
{
	fake_begin(&cell);
	fake_domain(&cell, variants, 0);
	cell.config.domains[0].response = response;
	cell.config.domains[0].restart_limit = limit;
	cell.config.domains[0].restart_window = limit ? 60 * FAKE_SECOND : 0;
	assert_int_equal(fake_create(&cell), 0);
	fake_start(&cell);
}

/* A verdict without a majority, at the first exchange of a life. */
static void disagree(void)
{
	write_text(0, "one");
	write_text(1, "two");
	for (uint32_t v = 2; v < domain()->config->variant_count; v++)
		write_text(v, "six");
	fake_step(&cell);
	describe_all();
	take_report();
}

static void kill_all(void)
{
	for (uint32_t v = 0; v < domain()->config->variant_count; v++)
		fake_kill(&cell, 0, v);
}

/* 0.1 s, 0.2 s, 0.4 s; the fourth verdict is the last. */
static void restart_waits_longer_and_gives_up(void **state)
{
	uint64_t delay = 100 * MS;

	(void)state;
	begin_response(2, BH_RESPONSE_RESTART, 4);
	for (uint32_t n = 1; n <= 3; n++, delay *= 2) {
		disagree();
		assert_int_equal(domain()->phase, DOMAIN_RESTARTING);
		assert_int_equal(fake_report()->consequence,
		                 BH_CONSEQUENCE_RESTARTS);
		assert_int_equal(fake_report()->delay, delay);
		kill_all();
		assert_int_equal(cell_timer(&cell), fake_now + delay);
		fake_now += delay - 1;
		fake_step(&cell);
		assert_int_equal(fake_count(BH_MESSAGE_SPAWN), n - 1);
		fake_now++;
		fake_step(&cell);
		assert_int_equal(fake_count(BH_MESSAGE_SPAWN), n);
		fake_start(&cell);
		assert_int_equal(domain()->phase, DOMAIN_COMPUTING);
		assert_int_equal(domain()->exchange, 1);
	}
	assert_int_equal(cell.result, BH_RESULT_EXITED);
	disagree();
	assert_int_equal(domain()->phase, DOMAIN_ENDED);
	assert_int_equal(fake_find(BH_MESSAGE_GIVEN_UP)->value, 4);
	assert_int_equal(fake_find(BH_MESSAGE_GIVEN_UP)->detail, 700 * MS);
	assert_int_equal(cell.result, BH_RESULT_DIVERGENCE);
}

/* However often: 12.8 s at most. */
static void restart_waits_no_longer_than_that(void **state)
{
	uint64_t delay = 100 * MS;

	(void)state;
	begin_response(2, BH_RESPONSE_RESTART, BH_RESTART_LIMIT_MAX);
	for (uint32_t n = 0; n < 10; n++) {
		disagree();
		assert_int_equal(fake_report()->delay, delay);
		kill_all();
		fake_now += delay;
		fake_step(&cell);
		fake_start(&cell);
		assert_int_equal(domain()->phase, DOMAIN_COMPUTING);
		delay = delay < 12800 * MS ? 2 * delay : delay;
	}
}

static void restart_forgets_what_is_long_ago(void **state)
{
	(void)state;
	begin_response(2, BH_RESPONSE_RESTART, 2);
	for (uint32_t n = 0; n < 5; n++) {
		disagree();
		assert_int_equal(fake_report()->delay, 100 * MS);
		kill_all();
		fake_now += 60 * FAKE_SECOND;
		fake_step(&cell);
		fake_start(&cell);
		assert_int_equal(domain()->phase, DOMAIN_COMPUTING);
	}
}

static void vote_drops_the_minority_and_goes_on(void **state)
{
	(void)state;
	begin_response(3, BH_RESPONSE_VOTE, 0);
	/* Not the first one decides. */
	write_text(0, "evil");
	write_text(1, "good");
	write_text(2, "good");
	fake_step(&cell);
	describe_all();
	take_report();
	assert_int_equal(fake_find(BH_MESSAGE_DROPPED)->variant, 0);
	assert_int_equal(fake_find(BH_MESSAGE_DROPPED)->value, 2);
	assert_int_equal(fake_count(BH_MESSAGE_KILL), 1);
	assert_int_equal(fake_report()->variants[0].dropped, 1);
	assert_int_equal(fake_report()->variants[1].dropped, 0);
	assert_int_equal(domain()->exchange, 2);
	assert_true(fake_is_answered(&cell, 0, 1));
	assert_memory_equal((const uint8_t *)domain()->history.slots[0]
	                                    .submission +
	                            sizeof(struct bh_submission) +
	                            sizeof(struct bh_record),
	                    "good", 4);
	/* Two that are left have no majority. */
	write_text(1, "good");
	write_text(2, "evil");
	fake_step(&cell);
	describe_all();
	assert_int_equal(domain()->phase, DOMAIN_ENDED);
	assert_int_equal(cell.result, BH_RESULT_DIVERGENCE);
}

static void vote_without_majority_ends(void **state)
{
	(void)state;
	begin_response(4, BH_RESPONSE_VOTE, 0);
	write_text(0, "one");
	write_text(1, "one");
	write_text(2, "two");
	write_text(3, "two");
	fake_step(&cell);
	describe_all();
	assert_int_equal(fake_count(BH_MESSAGE_DROPPED), 0);
	assert_int_equal(domain()->phase, DOMAIN_ENDED);
}

/* Who lies is not known if all look alike at the second look. */
static void vote_does_not_believe_a_change_of_mind(void **state)
{
	(void)state;
	begin_response(3, BH_RESPONSE_VOTE, 0);
	write_text(0, "good");
	write_text(1, "good");
	write_text(2, "evil");
	cell_step(&cell, fake_now);
	assert_int_equal(domain()->phase, DOMAIN_DESCRIBING);
	memcpy(domain()->evidence + 2 * (size_t)FAKE_BUFFER,
	       domain()->evidence, FAKE_BUFFER);
	describe_all();
	assert_int_equal(domain()->phase, DOMAIN_ENDED);
}

/* Deaths while the set waits for input: one after the other is outvoted. */
static void vote_survives_deaths_while_waiting(void **state)
{
	(void)state;
	begin_response(5, BH_RESPONSE_VOTE, 0);
	fake_batch(&batch, &cell, 0);
	batch.header.wait = BH_WAIT_ANY;
	fake_exchange(&cell, 0, &batch);
	for (uint32_t v = 0; v < 3; v++) {
		assert_int_equal(domain()->phase, DOMAIN_WAITING);
		fake_kill(&cell, 0, v);
		fake_now += 50 * MS;
		fake_step(&cell);
		describe_all();
		take_report();
		assert_int_equal(fake_report()->reason, BH_REASON_LOST);
		assert_int_equal(fake_find(BH_MESSAGE_DROPPED)->value, 4 - v);
	}
	fake_kill(&cell, 0, 3);
	fake_now += 50 * MS;
	fake_step(&cell);
	describe_all();
	assert_int_equal(domain()->phase, DOMAIN_ENDED);
}

static void vote_restart_brings_all_back(void **state)
{
	(void)state;
	begin_response(3, BH_RESPONSE_VOTE_RESTART, 3);
	write_text(0, "good");
	write_text(1, "good");
	write_text(2, "evil");
	fake_step(&cell);
	describe_all();
	take_report();
	fake_kill(&cell, 0, 2);
	write_text(0, "good");
	write_text(1, "evil");
	fake_step(&cell);
	describe_all();
	take_report();
	assert_int_equal(domain()->phase, DOMAIN_RESTARTING);
	kill_all();
	fake_now += FAKE_SECOND;
	fake_step(&cell);
	fake_start(&cell);
	for (uint32_t v = 0; v < 3; v++)
		assert_true(variant_is_live(&domain()->variants[v]));
	assert_int_equal(domain()->phase, DOMAIN_COMPUTING);
}

/* --- deaths -------------------------------------------------------------- */

static void death_of_one_diverges(void **state)
{
	(void)state;
	begin(3, 0, BH_RESPONSE_HALT);
	write_text(0, "same");
	write_text(2, "same");
	fake_kill(&cell, 0, 1);
	/* Others that are killed with it die within a moment. */
	assert_int_equal(domain()->phase, DOMAIN_COMPUTING);
	assert_int_equal(cell_timer(&cell), fake_now + 50 * MS);
	fake_now += 50 * MS;
	fake_step(&cell);
	describe_all();
	assert_int_equal(fake_report()->reason, BH_REASON_LOST);
	assert_int_equal(fake_report()->variants[1].lost, 1);
	assert_int_equal(fake_report()->variants[1].wait_status, SIGKILL);
	assert_int_equal(cell.result, BH_RESULT_DIVERGENCE);
}

static void death_of_all_is_a_fault(void **state)
{
	(void)state;
	begin(3, 0, BH_RESPONSE_HALT);
	for (uint32_t v = 0; v < 3; v++)
		fake_kill(&cell, 0, v);
	fake_now += 50 * MS;
	fake_step(&cell);
	assert_int_equal(fake_report()->reason, BH_REASON_ALL_LOST);
	assert_int_equal(cell.result, BH_RESULT_FAULT);
}

static void death_while_all_compute_starts_the_deadline(void **state)
{
	(void)state;
	begin(2, 0, BH_RESPONSE_HALT);
	fake_kill(&cell, 0, 1);
	assert_int_equal(cell_timer(&cell), fake_now + FAKE_SECOND);
	fake_now += FAKE_SECOND;
	fake_step(&cell);
	describe_all();
	assert_int_equal(fake_report()->reason, BH_REASON_LOST);
}

static void death_while_waiting(void **state)
{
	(void)state;
	begin(2, 0, BH_RESPONSE_HALT);
	batch.header.wait = BH_WAIT_ANY;
	fake_exchange(&cell, 0, &batch);
	assert_int_equal(domain()->phase, DOMAIN_WAITING);
	fake_kill(&cell, 0, 1);
	fake_now += 50 * MS;
	fake_step(&cell);
	describe_all();
	assert_int_equal(fake_report()->reason, BH_REASON_LOST);
}

/* What was agreed before somebody died happens once, not twice. */
static void death_while_waiting_repeats_nothing(void **state)
{
	(void)state;
	fake_begin(&cell);
	fake_domain(&cell, 2, 0);
	fake_domain(&cell, 1, 0);
	cell.config.domains[0].response = BH_RESPONSE_REPORT;
	fake_connect(&cell, 0, 1, 4);
	assert_int_equal(fake_create(&cell), 0);
	fake_start(&cell);
	fake_batch(&batch, &cell, 0);
	batch.header.wait = BH_WAIT_ANY;
	fake_add(&batch, FAKE_SERVICE, 1, 5, "once", 4);
	fake_exchange(&cell, 0, &batch);
	fake_kill(&cell, 0, 1);
	fake_now += 50 * MS;
	fake_step(&cell);
	describe_all();
	take_report();
	assert_int_equal(domain()->phase, DOMAIN_WAITING);
	fake_batch(&batch, &cell, 1);
	fake_exchange(&cell, 1, &batch);
	assert_int_equal(fake_completion(&cell, 1, 0)->count, 1);
	fake_batch(&batch, &cell, 1);
	fake_add(&batch, FAKE_SERVICE, 1, fake_record(&cell, 1, 0)->tag, "yes",
	         3);
	fake_exchange(&cell, 1, &batch);
	assert_int_equal(domain()->phase, DOMAIN_COMPUTING);
	assert_int_equal(fake_completion(&cell, 0, 0)->count, 1);
}

/* --- restart ------------------------------------------------------------- */

enum { CLIENT, SERVER };

static void begin_pair(uint32_t flags_client, uint32_t flags_server)
{
	fake_begin(&cell);
	fake_domain(&cell, 1, flags_client);
	fake_domain(&cell, 2, flags_server);
	fake_connect(&cell, CLIENT, SERVER, 4);
	assert_int_equal(fake_create(&cell), 0);
	fake_start(&cell);
}

static void ask(uint64_t tag, enum bh_wait wait)
{
	fake_batch(&batch, &cell, CLIENT);
	batch.header.wait = wait;
	batch.header.wait_tag = wait == BH_WAIT_TAG ? tag : 0;
	fake_add(&batch, FAKE_SERVICE, 1, tag, &tag, sizeof(tag));
	fake_exchange(&cell, CLIENT, &batch);
}

static void serve(enum bh_wait wait)
{
	fake_batch(&batch, &cell, SERVER);
	batch.header.wait = wait;
	fake_exchange(&cell, SERVER, &batch);
}

static void killed_service_starts_again(void **state)
{
	uint64_t tag;

	(void)state;
	begin_pair(0, BH_DOMAIN_SERVICE | BH_DOMAIN_RESTART);
	ask(7, BH_WAIT_TAG);
	serve(BH_WAIT_ANY);
	tag = fake_record(&cell, SERVER, 0)->tag;

	fake_kill(&cell, SERVER, 0);
	assert_int_equal(cell.domains[SERVER].phase, DOMAIN_RESTARTING);
	assert_int_equal(fake_find(BH_MESSAGE_KILL)->variant, 1);
	assert_int_equal(fake_count(BH_MESSAGE_SPAWN), 0);
	fake_kill(&cell, SERVER, 1);
	assert_int_equal(fake_count(BH_MESSAGE_SPAWN), 1);
	assert_int_equal(cell.domains[SERVER].phase, DOMAIN_STARTING);
	fake_start(&cell);
	assert_int_equal(fake_find(BH_MESSAGE_RESTARTED)->value, 1);
	assert_int_equal(fake_find(BH_MESSAGE_RESTARTED)->detail, 1);

	assert_int_equal(cell.domains[SERVER].exchange, 1);
	serve(BH_WAIT_ANY);
	assert_int_equal(fake_record(&cell, SERVER, 0)->tag, tag);
	assert_false(fake_is_answered(&cell, CLIENT, 0));
	fake_batch(&batch, &cell, SERVER);
	fake_add(&batch, FAKE_SERVICE, 1, tag, "ok", 2);
	fake_exchange(&cell, SERVER, &batch);
	assert_true(fake_is_answered(&cell, CLIENT, 0));
	assert_int_equal(fake_record(&cell, CLIENT, 0)->tag, 7);
}

static void nothing_of_the_old_variant_is_left(void **state)
{
	struct variant *variant = &cell.domains[SERVER].variants[0];

	(void)state;
	begin_pair(0, BH_DOMAIN_SERVICE | BH_DOMAIN_RESTART);
	memset(variant->control, 0xaa, 64);
	memset(variant->submission, 0xaa, FAKE_BUFFER);
	fake_kill(&cell, SERVER, 0);
	fake_kill(&cell, SERVER, 1);
	for (uint32_t i = 0; i < 4096; i++)
		assert_int_equal(((uint8_t *)variant->control)[i], 0);
	for (uint32_t i = 0; i < FAKE_BUFFER; i++)
		assert_int_equal(variant->submission[i] | variant->completion[i],
		                 0);
}

static void fruitless_restarts_have_a_limit(void **state)
{
	(void)state;
	begin_pair(0, BH_DOMAIN_SERVICE | BH_DOMAIN_RESTART);
	/* Neither often nor long alone is too much. */
	for (int i = 0; i < 20; i++) {
		fake_kill(&cell, SERVER, 0);
		fake_kill(&cell, SERVER, 1);
		assert_int_equal(cell.domains[SERVER].phase, DOMAIN_STARTING);
	}
	fake_now += 11 * FAKE_SECOND;
	fake_kill(&cell, SERVER, 0);
	fake_kill(&cell, SERVER, 1);
	assert_int_equal(cell.domains[SERVER].phase, DOMAIN_ENDED);
	assert_int_equal(cell.result, BH_RESULT_ERROR);
}

static void a_failed_restart_leaves_the_neighbours(void **state)
{
	(void)state;
	begin_pair(0, BH_DOMAIN_SERVICE | BH_DOMAIN_RESTART);
	fake_kill(&cell, SERVER, 0);
	fake_kill(&cell, SERVER, 1);
	assert_int_equal(cell.domains[SERVER].phase, DOMAIN_STARTING);
	fake_post(&cell, SERVER, 0, BH_POST_ERROR);
	fake_step(&cell);
	assert_int_equal(cell.domains[SERVER].phase, DOMAIN_ENDED);
	assert_int_equal(cell.domains[CLIENT].phase, DOMAIN_COMPUTING);
	assert_false(cell.ended);
}

static void only_sigkill_restarts(void **state)
{
	(void)state;
	begin_pair(0, BH_DOMAIN_SERVICE | BH_DOMAIN_RESTART);
	domain_variant_died(&cell.domains[SERVER], 0, SIGSYS, fake_now);
	assert_int_equal(cell.domains[SERVER].phase, DOMAIN_COMPUTING);
	fake_now += 2 * FAKE_SECOND;
	fake_step(&cell);
	assert_int_equal(cell.domains[SERVER].judgement.reason,
	                 BH_REASON_LOST);
}

/*
 * A client that dies again and again with requests in flight: they hold its
 * credit until the server has answered, so that the server's queue, which has
 * one slot for each, never overflows.
 */
static void restarted_client_gets_no_new_credit(void **state)
{
	(void)state;
	begin_pair(BH_DOMAIN_RESTART, BH_DOMAIN_SERVICE);
	for (uint64_t round = 0; round < 5; round++) {
		for (uint64_t i = 0; i < 4; i++) {
			ask(100 * round + i, BH_WAIT_NONE);
			if (round)
				assert_int_equal(
				        fake_record(&cell, CLIENT, 0)->status,
				        -BH_EAGAIN);
		}
		fake_kill(&cell, CLIENT, 0);
		fake_start(&cell);
	}
	serve(BH_WAIT_ANY);
	assert_int_equal(fake_completion(&cell, SERVER, 0)->count, 4);
	/* Answers to the dead go nowhere, and give the credit back. */
	uint64_t tags[4];

	for (uint32_t i = 0; i < 4; i++)
		tags[i] = fake_record(&cell, SERVER, i)->tag;
	fake_batch(&batch, &cell, SERVER);
	for (uint32_t i = 0; i < 4; i++)
		fake_add(&batch, FAKE_SERVICE, 1, tags[i], NULL, 0);
	fake_exchange(&cell, SERVER, &batch);
	assert_int_equal(cell.domains[CLIENT].channels[FAKE_SERVICE].unanswered,
	                 0);
	ask(999, BH_WAIT_NONE);
	assert_int_equal(fake_completion(&cell, CLIENT, 0)->count, 0);
}

/* --- the cell ------------------------------------------------------------ */

static void services_end_with_the_last_domain(void **state)
{
	(void)state;
	begin_pair(0, BH_DOMAIN_SERVICE);
	fake_batch(&batch, &cell, CLIENT);
	fake_add(&batch, FAKE_CONTROL, BH_CONTROL_EXIT, 0, NULL, 0)->value[0] =
	        3;
	fake_exchange(&cell, CLIENT, &batch);
	assert_int_equal(cell.domains[SERVER].phase, DOMAIN_ENDED);
	assert_true(cell_is_finished(&cell, fake_now));
	assert_int_equal(cell.status, 3);
}

static void neighbour_of_a_divergence_goes_on(void **state)
{
	(void)state;
	begin_pair(0, BH_DOMAIN_SERVICE);
	fake_batch(&batch, &cell, SERVER);
	fake_submit(&cell, SERVER, 0, &batch);
	batch.header.wait = BH_WAIT_ANY;
	fake_submit(&cell, SERVER, 1, &batch);
	fake_step(&cell);
	fake_now += FAKE_SECOND;
	fake_step(&cell);
	assert_int_equal(cell.domains[SERVER].phase, DOMAIN_ENDED);
	assert_false(cell.ended);
	ask(1, BH_WAIT_TAG);
	assert_int_equal(fake_record(&cell, CLIENT, 0)->status,
	                 -BH_ECONNRESET);
}

static volatile bool stop;

/* A core that posts the next exchange the moment exo has answered. */
static void *post_without_end(void *unused)
{
	uint64_t exchange = 1;

	while (!stop) {
		if (!__atomic_load_n(&stop, __ATOMIC_RELAXED) &&
		    fake_is_answered(&cell, 0, 0)) {
			fake_submission(&cell, 0, 0)->exchange = exchange++;
			__atomic_thread_fence(__ATOMIC_SEQ_CST);
			fake_post(&cell, 0, 0, BH_POST_EXCHANGE);
		}
	}
	return unused;
}

/* Others have their turn however fast a core posts. */
static void endless_posts_do_not_hold_the_loop(void **state)
{
	uint64_t before, all = 0;
	pthread_t thread;

	(void)state;
	begin(1, 0, BH_RESPONSE_HALT);
	memcpy(fake_submission(&cell, 0, 0), &batch, sizeof(batch.header));
	stop = false;
	assert_int_equal(pthread_create(&thread, NULL, post_without_end, NULL),
	                 0);
	while (all < 20000) {
		before = domain()->exchange;
		cell_step(&cell, fake_now);
		assert_true(domain()->exchange - before <= 64);
		assert_int_not_equal(domain()->phase, DOMAIN_DESCRIBING);
		all += domain()->exchange - before;
	}
	stop = true;
	pthread_join(thread, NULL);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(starts_when_all_are_ready),
	        TEST(error_of_a_core_ends_the_cell),
	        TEST(no_core_may_run_before_it_is_ready),
	        TEST(start_has_a_limit),
	        TEST(nothing_leaves_before_all_have_posted),
	        TEST(exit_ends_the_cell_with_its_status),
	        TEST(deadline_after_the_first_post),
	        TEST(slack_grows_with_what_the_first_took),
	        TEST(step_limit_holds_for_all),
	        TEST(divergence_halts_and_reports),
	        TEST(two_variants_have_no_majority),
	        TEST(malformed_batch_of_all_is_a_fault),
	        TEST(second_look_finds_an_impossible_length),
	        TEST(report_drops_dissenters_and_goes_on),
	        TEST(second_report_waits_for_the_launcher),
	        TEST(restart_waits_longer_and_gives_up),
	        TEST(restart_waits_no_longer_than_that),
	        TEST(restart_forgets_what_is_long_ago),
	        TEST(vote_drops_the_minority_and_goes_on),
	        TEST(vote_without_majority_ends),
	        TEST(vote_does_not_believe_a_change_of_mind),
	        TEST(vote_survives_deaths_while_waiting),
	        TEST(vote_restart_brings_all_back),
	        TEST(death_of_one_diverges),
	        TEST(death_of_all_is_a_fault),
	        TEST(death_while_all_compute_starts_the_deadline),
	        TEST(death_while_waiting),
	        TEST(death_while_waiting_repeats_nothing),
	        TEST(killed_service_starts_again),
	        TEST(nothing_of_the_old_variant_is_left),
	        TEST(fruitless_restarts_have_a_limit),
	        TEST(a_failed_restart_leaves_the_neighbours),
	        TEST(only_sigkill_restarts),
	        TEST(restarted_client_gets_no_new_credit),
	        TEST(services_end_with_the_last_domain),
	        TEST(neighbour_of_a_divergence_goes_on),
	        TEST(endless_posts_do_not_hold_the_loop),
	};

	return cmocka_run_group_tests_name("exo/domain", tests, NULL, NULL);
}
