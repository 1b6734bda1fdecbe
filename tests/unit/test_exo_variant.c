/* SPDX-License-Identifier: ISC */
/* links: exo/variant.o */
#define _GNU_SOURCE
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exo/variant.h"

#define SIZE (4096 + 4096 + 8192)
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int area(off_t size, int seals)
{
	int fd = memfd_create("area", MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	if (seals)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static int create(struct variant *variant, int fd)
{
	struct bh_cell_variant from = {.area_fd = fd, .doorbell_fd = -1,
	                               .wake_fd = -1};
	int r = variant_create(variant, &from, 4096, 8192);

	close(fd);
	return r;
}

/* An area that can shrink would be a SIGBUS for exo. */
static void refuses_what_could_shrink(void **state)
{
	struct variant variant;

	(void)state;
	assert_true(create(&variant, area(SIZE, 0)) < 0);
	assert_true(create(&variant, area(SIZE, F_SEAL_GROW | F_SEAL_SEAL)) < 0);
	assert_true(create(&variant, area(SIZE, SEALS & ~F_SEAL_SEAL)) < 0);
	assert_true(create(&variant, area(SIZE - 1, SEALS)) < 0);
	assert_true(create(&variant, area(SIZE + 4096, SEALS)) < 0);
	assert_true(create(&variant, area(0, SEALS)) < 0);
	assert_true(create(&variant, open("/dev/zero", O_RDWR)) < 0);
	assert_true(create(&variant, -1) < 0);
	assert_int_equal(create(&variant, area(SIZE, SEALS)), 0);
	assert_ptr_equal(variant.submission, (uint8_t *)variant.control + 4096);
	assert_ptr_equal(variant.completion, variant.submission + 4096);
}

static void posts_are_seen_once(void **state)
{
	struct variant variant;

	(void)state;
	assert_int_equal(create(&variant, area(SIZE, SEALS)), 0);
	assert_false(variant_poll(&variant));
	variant.control->variant.kind = BH_POST_EXCHANGE;
	variant.control->variant.posted = 1;
	assert_true(variant_poll(&variant));
	assert_int_equal(variant.post, BH_POST_EXCHANGE);
	/* Whatever the core says meanwhile. */
	variant.control->variant.kind = BH_POST_FAULT;
	variant.control->variant.posted = 77;
	assert_false(variant_poll(&variant));
	assert_int_equal(variant.post, BH_POST_EXCHANGE);
	variant_answer(&variant, BH_COMMAND_RUN);
	assert_int_equal(variant.control->exo.completed, 1);
	assert_true(variant_poll(&variant));
	assert_int_equal(variant.post, BH_POST_FAULT);
	variant_answer(&variant, BH_COMMAND_STOP);
	assert_int_equal(variant.control->exo.completed, 77);
	assert_int_equal(variant.control->exo.command, BH_COMMAND_STOP);
	assert_false(variant_poll(&variant));
}

static void counter_wraps(void **state)
{
	struct variant variant;

	(void)state;
	assert_int_equal(create(&variant, area(SIZE, SEALS)), 0);
	variant.answered = UINT32_MAX;
	variant.control->variant.kind = BH_POST_EXCHANGE;
	variant.control->variant.posted = 0;
	assert_true(variant_poll(&variant));
	variant_answer(&variant, BH_COMMAND_RUN);
	assert_int_equal(variant.control->exo.completed, 0);
}

/* What a hostile core writes into exo's half changes nothing for exo. */
static void own_half_is_never_read(void **state)
{
	struct variant variant;

	(void)state;
	assert_int_equal(create(&variant, area(SIZE, SEALS)), 0);
	memset(&variant.control->exo, 0xff, sizeof(variant.control->exo));
	assert_false(variant_poll(&variant));
	variant.control->variant.kind = BH_POST_READY;
	variant.control->variant.posted = 1;
	assert_true(variant_poll(&variant));
	variant_answer(&variant, BH_COMMAND_RUN);
	assert_int_equal(variant.control->exo.completed, 1);
	assert_int_equal(variant.control->exo.command, BH_COMMAND_RUN);
}

static void dead_and_dropped_have_no_posts(void **state)
{
	struct variant variant;

	(void)state;
	assert_int_equal(create(&variant, area(SIZE, SEALS)), 0);
	variant.control->variant.posted = 1;
	variant.dead = true;
	assert_false(variant_poll(&variant));
	variant.dead = false;
	variant.dropped = true;
	assert_false(variant_poll(&variant));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(refuses_what_could_shrink),
	        cmocka_unit_test(posts_are_seen_once),
	        cmocka_unit_test(counter_wraps),
	        cmocka_unit_test(own_half_is_never_read),
	        cmocka_unit_test(dead_and_dropped_have_no_posts),
	};

	return cmocka_run_group_tests_name("exo/variant", tests, NULL, NULL);
}
