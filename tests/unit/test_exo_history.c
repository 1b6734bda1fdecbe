/* SPDX-License-Identifier: ISC */
/* links: exo/history.o exo/memory.o */
#include "test.h"

#include "exo/history.h"

static struct history history;

static void begin(void)
{
	assert_int_equal(history_create(&history, 4096, 8192), 0);
}

/* One exchange; its number is written into the buffers too. */
static void pass(uint64_t exchange, bool input)
{
	history_current(&history)->submission->exchange = exchange;
	history_agree(&history, exchange, 1000 + exchange);
	history_current(&history)->completion->exchange = exchange;
	history_complete(&history, input);
}

static void check_list(uint64_t first, uint32_t count)
{
	struct history_slot *list[BH_REPORT_PAST];

	assert_int_equal(history_list(&history, list), count);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(list[i]->exchange, first + i);
		assert_int_equal(list[i]->monotonic, 1000 + first + i);
		assert_int_equal(list[i]->submission->exchange, first + i);
		assert_int_equal(list[i]->completion->exchange, first + i);
		assert_true(list[i]->completed);
	}
}

static void empty_at_first(void **state)
{
	(void)state;
	begin();
	check_list(0, 0);
	assert_int_equal(history.last_input, HISTORY_NONE);
}

static void buffers_do_not_overlap(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 0; i < HISTORY_SLOTS; i++) {
		uint8_t *s = (uint8_t *)history.slots[i].submission;
		uint8_t *c = (uint8_t *)history.slots[i].completion;

		assert_ptr_equal(s + 4096, c);
		if (i)
			assert_ptr_equal(
			        (uint8_t *)history.slots[i - 1].completion +
			                8192,
			        s);
	}
}

static void remembers_the_last_exchanges(void **state)
{
	(void)state;
	begin();
	for (uint64_t exchange = 1; exchange <= 100; exchange++) {
		uint32_t count = exchange < BH_REPORT_PAST
		                         ? (uint32_t)exchange
		                         : BH_REPORT_PAST;

		pass(exchange, false);
		check_list(exchange + 1 - count, count);
	}
}

static void one_in_progress_counts_when_agreed(void **state)
{
	struct history_slot *list[BH_REPORT_PAST];

	(void)state;
	begin();
	pass(1, false);
	assert_int_equal(history_list(&history, list), 1);
	history_agree(&history, 2, 5);
	assert_int_equal(history_list(&history, list), 2);
	assert_false(list[1]->completed);
}

static void last_input_is_never_overwritten(void **state)
{
	(void)state;
	begin();
	pass(1, false);
	pass(2, true);
	for (uint64_t exchange = 3; exchange <= 50; exchange++) {
		pass(exchange, false);
		assert_int_equal(history.slots[history.last_input].exchange, 2);
		assert_int_not_equal(history.current, history.last_input);
	}
	check_list(43, 8);
	pass(51, true);
	assert_int_equal(history.slots[history.last_input].exchange, 51);
	pass(52, false);
	check_list(45, 8);
}

static void input_each_time(void **state)
{
	(void)state;
	begin();
	for (uint64_t exchange = 1; exchange <= 50; exchange++) {
		pass(exchange, true);
		assert_int_equal(history.slots[history.last_input].exchange,
		                 exchange);
	}
	check_list(43, 8);
}

static void clear_forgets(void **state)
{
	(void)state;
	begin();
	pass(1, true);
	pass(2, false);
	history_clear(&history);
	check_list(0, 0);
	assert_int_equal(history.last_input, HISTORY_NONE);
	pass(1, false);
	check_list(1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(empty_at_first),
	        cmocka_unit_test(buffers_do_not_overlap),
	        cmocka_unit_test(remembers_the_last_exchanges),
	        cmocka_unit_test(one_in_progress_counts_when_agreed),
	        cmocka_unit_test(last_input_is_never_overwritten),
	        cmocka_unit_test(input_each_time),
	        cmocka_unit_test(clear_forgets),
	};

	return cmocka_run_group_tests_name("exo/history", tests, NULL, NULL);
}
