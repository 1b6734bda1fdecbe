/* SPDX-License-Identifier: ISC */
/* links: @exo */
#include "test.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "abi/protocol/control.h"
#include "fake_cell.h"

/* Device domains and signals. */

static struct cell cell;
static union fake_batch batch;
static int wake;

static int begin(void **state)
{
	struct bh_cell_domain *device;

	(void)state;
	fake_begin(&cell);
	fake_domain(&cell, 2, BH_DOMAIN_SIGNALS);
	fake_domain(&cell, 1,
	            BH_DOMAIN_SERVICE | BH_DOMAIN_RESTART | BH_DOMAIN_DEVICE);
	fake_connect(&cell, 0, 1, 4);
	wake = eventfd(0, EFD_NONBLOCK);
	device = &cell.config.domains[1];
	device->variants[0].core = BH_CORE_DEVICE;
	device->variants[0].wake_fd = dup2(wake, 90);
	assert_int_equal(fake_create(&cell), 0);
	fake_start(&cell);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_destroy(&cell);
	close(90);
	close(wake);
	return 0;
}

static bool is_rung(void)
{
	uint64_t count;

	return read(wake, &count, sizeof(count)) == sizeof(count);
}

static void wait_for_anything(void)
{
	fake_batch(&batch, &cell, 0);
	batch.header.wait = BH_WAIT_ANY;
	fake_exchange(&cell, 0, &batch);
}

static void signals_wake_and_merge(void **state)
{
	(void)state;
	wait_for_anything();
	assert_false(fake_is_answered(&cell, 0, 0));
	domain_signal(&cell.domains[0], BH_SIGNAL_TERMINATE);
	domain_signal(&cell.domains[0], BH_SIGNAL_HANGUP);
	domain_signal(&cell.domains[0], BH_SIGNAL_TERMINATE);
	domain_signal(&cell.domains[0], 0);
	domain_signal(&cell.domains[0], 64);
	domain_signal(&cell.domains[1], BH_SIGNAL_TERMINATE);
	fake_step(&cell);
	for (uint32_t v = 0; v < 2; v++)
		assert_int_equal(fake_completion(&cell, 0, v)->count, 2);
	assert_int_equal(fake_record(&cell, 0, 0)->type, BH_CONTROL_SIGNAL);
	assert_int_equal(fake_record(&cell, 0, 0)->tag, 0);
	assert_int_equal(fake_record(&cell, 0, 0)->value[0],
	                 BH_SIGNAL_HANGUP);
	assert_int_equal(fake_record(&cell, 0, 1)->value[0],
	                 BH_SIGNAL_TERMINATE);
	assert_int_equal(cell.domains[1].signals, 0);
}

/* A device that holds a request posts nothing, and is told of one more. */
static void requests_ring(void **state)
{
	struct bh_control *control = cell.domains[1].variants[0].control;

	(void)state;
	fake_batch(&batch, &cell, 0);
	fake_add(&batch, FAKE_SERVICE, 1, 7, "x", 1);
	fake_exchange(&cell, 0, &batch);
	assert_int_equal(control->exo.requests, 1);
	assert_false(is_rung()); /* it does not sleep */
	control->variant.variant_waiting = 1;
	fake_batch(&batch, &cell, 0);
	fake_add(&batch, FAKE_SERVICE, 1, 8, "x", 1);
	fake_exchange(&cell, 0, &batch);
	assert_int_equal(control->exo.requests, 2);
	assert_true(is_rung());
}

static void any_death_is_a_restart(void **state)
{
	(void)state;
	fake_now += 5 * FAKE_SECOND;
	domain_variant_died(&cell.domains[1], 0, 11, fake_now); /* SIGSEGV */
	fake_step(&cell);
	assert_int_equal(fake_count(BH_MESSAGE_SPAWN), 1);
	assert_int_equal(fake_count(BH_MESSAGE_REPORT), 0);
	/* At once the first time, then with a delay. */
	fake_post(&cell, 1, 0, BH_POST_READY);
	fake_step(&cell);
	domain_variant_died(&cell.domains[1], 0, 0, fake_now);
	fake_step(&cell);
	fake_post(&cell, 1, 0, BH_POST_READY);
	fake_step(&cell);
	domain_variant_died(&cell.domains[1], 0, 0, fake_now);
	fake_step(&cell);
	assert_int_equal(fake_count(BH_MESSAGE_SPAWN), 2);
	fake_now = cell_timer(&cell);
	fake_step(&cell);
	assert_int_equal(fake_count(BH_MESSAGE_SPAWN), 3);
	assert_false(cell.ended);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(signals_wake_and_merge),
	        TEST(requests_ring),
	        TEST(any_death_is_a_restart),
	};

	return cmocka_run_group_tests_name("exo/device", tests, NULL, NULL);
}
