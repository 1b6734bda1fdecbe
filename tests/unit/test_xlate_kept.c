/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * Kept translations are used for the code that they were made of, wherever it
 * lies, and for nothing else; a loop that runs for long gets code of its own;
 * and files that do not fit are refused.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/test.h"
#include "tests/unit/xlate_kept.h"
#include "xlate/kept.h"

#define TOP   UINT64_C(0x40000000)
#define CODE  UINT64_C(0x10000000)
#define OTHER UINT64_C(0x20003000)
#define PAGE  0x1000u
#define START 0x40u /* in the page */

/* Returns how often it has called f, and where it has returned to last. */
static const uint32_t program[] = {
        0x00c000ef, /* jal ra, f */
        0xfea59ee3, /* bne a1, a0, to the first */
        0x00100073, /* ebreak */
        0x00150513, /* f: addi a0, a0, 1 */
        0x00008093, /* mv ra, ra */
        0x00000617, /* auipc a2, 0 */
        0x00008067, /* ret */
};

static struct xlate *x;

static uint64_t fetch(void *data, uint64_t address, uint64_t limit)
{
	(void)data;
	return (address >= CODE && address < CODE + PAGE) ||
	                       (address >= OTHER && address < OTHER + PAGE)
	               ? limit
	               : 0;
}

static void put_code(uint64_t page)
{
	memcpy((void *)(page + START), program, sizeof(program));
	xlate_forget(x, page, page + PAGE);
}

static int set_up(void **state)
{
	struct xlate_config config = {.isa = XLATE_RISCV64,
	                              .tier = XLATE_TRANSLATE,
	                              .top = TOP,
	                              .fetch = fetch};

	(void)state;
	assert_int_equal(xlate_create(&x, &config), 0);
	for (uint64_t at = CODE; at <= OTHER; at += OTHER - CODE) {
		assert_ptr_equal(
		        mmap((void *)at, PAGE, PROT_READ | PROT_WRITE,
		             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
		             -1, 0),
		        (void *)at);
		put_code(at);
	}
	assert_true(keep_code(x, XLATE_RISCV64, CODE + START, sizeof(program)));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	xlate_destroy(x);
	munmap((void *)CODE, PAGE);
	munmap((void *)OTHER, PAGE);
	return 0;
}

/* Calls f so often, which adds STEP. */
static void run(uint64_t page, uint64_t times, uint64_t step)
{
	struct xlate_state *s = xlate_state(x);

	s->pc = page + START;
	s->x[10] = 0;
	s->x[11] = times * step;
	assert_int_equal(xlate_run(x), XLATE_BREAKPOINT);
	assert_true(s->pc == page + START + 8);
	assert_true(s->x[1] == page + START + 4);
	assert_true(s->x[10] == times * step);
	assert_true(s->x[12] == page + START + 20);
}

static uint64_t new_blocks(void)
{
	struct xlate_statistics s;

	xlate_statistics(x, &s);
	return s.blocks - s.kept_blocks;
}

static void is_used_anywhere(void **state)
{
	uint64_t before;

	(void)state;
	run(CODE, 3, 1);
	before = kept_blocks(x);
	assert_true(before > 0);
	run(OTHER, 3, 1);
	assert_int_equal(kept_blocks(x), 2 * before);
	assert_int_equal(new_blocks(), 0);
}

static void loops_get_their_own(void **state)
{
	(void)state;
	run(CODE, KEPT_ROUNDS, 1);
	assert_int_equal(new_blocks(), 0);
	run(CODE, 3 * KEPT_ROUNDS, 1);
	assert_in_range(new_blocks(), 1, 4);
}

/* addi a0, a0, 2 */
static void other_code_has_none(void **state)
{
	static const uint32_t by_two = 0x00250513;

	(void)state;
	run(CODE, 3, 1);
	memcpy((void *)(CODE + START + 12), &by_two, sizeof(by_two));
	xlate_forget(x, CODE, CODE + PAGE);
	run(CODE, 3, 2);
	assert_true(new_blocks() > 0);
	run(OTHER, 3, 1);
}

/* In another place of its page it might have another unit. */
static void place_matters(void **state)
{
	struct xlate_state *s = xlate_state(x);

	(void)state;
	memcpy((void *)(CODE + 2 * START), program, sizeof(program));
	s->pc = CODE + 2 * START;
	s->x[11] = s->x[10] + 1;
	assert_int_equal(xlate_run(x), XLATE_BREAKPOINT);
	assert_int_equal(kept_blocks(x), 0);
}

static void misfits_are_refused(void **state)
{
	struct xlate_keep *keep;
	struct xlate_kept kept;
	struct kept_header *header;
	const void *file;
	void *copy;

	(void)state;
	assert_int_equal(xlate_keep_start(&keep, XLATE_AARCH64), 0);
	file = xlate_keep_finish(keep, &kept);
	assert_non_null(file);
	assert_int_equal(xlate_attach(x, file, kept.size), -ESTALE);
	copy = header = malloc(kept.size);
	memcpy(copy, file, kept.size);
	header->isa = XLATE_RISCV64;
	assert_int_equal(xlate_attach(x, copy, kept.size), 0);
	assert_int_equal(xlate_attach(x, copy, kept.size - 1), -EBADMSG);
	assert_int_equal(xlate_attach(x, copy, 8), -EBADMSG);
	header->build[3] ^= 1;
	assert_int_equal(xlate_attach(x, copy, kept.size), -ESTALE);
	header->build[3] ^= 1;
	header->features |= UINT32_C(1) << 31;
	assert_int_equal(xlate_attach(x, copy, kept.size), -ESTALE);
	header->features &= ~(UINT32_C(1) << 31);
	header->index = kept.size;
	assert_int_equal(xlate_attach(x, copy, kept.size), -EBADMSG);
	header->magic++;
	assert_int_equal(xlate_attach(x, copy, kept.size), -EBADMSG);
	xlate_keep_release(keep);
	xlate_destroy(x); /* before what it has */
	free(copy);
	munmap((void *)CODE, PAGE);
	munmap((void *)OTHER, PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(is_used_anywhere, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(loops_get_their_own, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(other_code_has_none, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(place_matters, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup(misfits_are_refused, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
