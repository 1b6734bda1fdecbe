/* SPDX-License-Identifier: ISC */
/* links: core/layout.o lib/random.o */

/*
 * Layout of guest memory: pieces lie within the window, apart from each other,
 * elsewhere for every seed, and at the same place for the same seed.
 */

#define _GNU_SOURCE
#include "test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core_stub.h"

#define BUFFER BH_AREA_BUFFER_DEFAULT
#define SEEDS  40u
#define PIECES 6u
#define BOOT   BH_PAGE_SIZE

uint64_t core_boot_size(const struct core *core)
{
	(void)core;
	return BOOT;
}

static struct core prepare(uint64_t seed)
{
	struct core core = {
	        .start = {.submission_size = BUFFER,
	                  .completion_size = BUFFER,
	                  .stack_size = 64 * BH_PAGE_SIZE,
	                  .heap_size = UINT64_C(64) << 20},
	};

	bh_random_seed(&core.layout, seed, ~seed);
	return core;
}

/* All memory of the window is given back, guards included. */
static void release(const struct core *core)
{
	for (uint32_t i = 0; i < core->region_count; i++) {
		const struct core_region *r = &core->regions[i];

		munmap((void *)(uintptr_t)(r->address - CORE_GUARD),
		       r->size + 2 * CORE_GUARD);
	}
}

static int open_area(void **state)
{
	int fd = memfd_create("area", 0);

	(void)state;
	if (fd < 0 || ftruncate(fd, BH_AREA_SUBMISSION + 2 * BUFFER))
		return -1;
	if (fd != BH_CORE_FD_AREA) {
		dup2(fd, BH_CORE_FD_AREA);
		close(fd);
	}
	return 0;
}

static bool far_apart(const struct core_region *a, const struct core_region *b)
{
	return a->address + a->size + CORE_GUARD <= b->address ||
	       b->address + b->size + CORE_GUARD <= a->address;
}

static void check_regions(const struct core *core)
{
	assert_int_equal(core->region_count, PIECES);
	for (uint32_t i = 0; i < core->region_count; i++) {
		const struct core_region *r = &core->regions[i];

		assert_int_equal(r->address % BH_PAGE_SIZE, 0);
		assert_int_equal(r->size % BH_PAGE_SIZE, 0);
		assert_true(r->address >= BH_GUEST_BOTTOM + CORE_GUARD);
		assert_true(r->address + r->size <= BH_GUEST_TOP - CORE_GUARD);
		for (uint32_t j = 0; j < i; j++)
			assert_true(far_apart(r, &core->regions[j]));
	}
}

static void places_pieces_apart(void **state)
{
	static uint64_t seen[SEEDS * PIECES];
	size_t n = 0;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct core core = prepare(seed);

		core_map_memory(&core);
		check_regions(&core);
		assert_int_equal(core.stack_pointer % 16, 0);
		assert_true(core.stack_pointer >
		            core.stack + core.start.stack_size - BH_PAGE_SIZE);
		for (uint32_t i = 0; i < PIECES; i++)
			seen[n++] = core.regions[i].address;
		release(&core);
	}
	/* One in 2^26 pages each: that two are alike by chance is unlikely. */
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(seen[i], seen[j]);
}

static void repeats_a_layout(void **state)
{
	struct core a = prepare(7), b = prepare(7);

	(void)state;
	core_map_memory(&a);
	release(&a);
	core_map_memory(&b);
	release(&b);
	for (uint32_t i = 0; i < PIECES; i++)
		assert_int_equal(a.regions[i].address, b.regions[i].address);
	assert_int_equal(a.stack_pointer, b.stack_pointer);
}

/* What is already there is never replaced. */
static void avoids_what_is_mapped(void **state)
{
	struct core a = prepare(9), b = prepare(9);

	(void)state;
	core_map_memory(&a);
	*(volatile char *)(uintptr_t)a.heap = 42;
	core_map_memory(&b);
	for (uint32_t i = 0; i < PIECES; i++)
		for (uint32_t j = 0; j < PIECES; j++)
			assert_true(far_apart(&a.regions[i], &b.regions[j]));
	assert_int_equal(*(volatile char *)(uintptr_t)a.heap, 42);
	release(&a);
	release(&b);
}

static void keeps_alignment(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct core core = prepare(seed);
		uint64_t at =
		        core_place(&core, 0x5000, 0x200000, 0x3000, "image");
		assert_int_equal(at & 0x1fffff, 0x3000);
		munmap((void *)(uintptr_t)(at - CORE_GUARD),
		       0x5000 + 2 * CORE_GUARD);
	}
}

static void says_what_has_no_room(void **state)
{
	struct core core = prepare(1);

	(void)state;
	if (CORE_STUB_EXPECT()) {
		core_place(&core, BH_GUEST_TOP, BH_PAGE_SIZE, 0, "heap");
		fail_msg("a heap of the whole window was placed");
	}
	assert_non_null(strstr(core_stub_message, "no room for heap"));
}

static void refuses_a_taken_address(void **state)
{
	struct core core = prepare(1);
	const uint64_t at = 0x10000000;

	(void)state;
	core_place_at(&core, at, BH_PAGE_SIZE, "image");
	if (CORE_STUB_EXPECT()) {
		core_place_at(&core, at, BH_PAGE_SIZE, "image");
		fail_msg("one address was given away twice");
	}
	assert_non_null(
	        strstr(core_stub_message, "image cannot lie at 0x1000"));
	munmap((void *)(uintptr_t)at, BH_PAGE_SIZE);
}

static void draws_evenly(void **state)
{
	struct bh_random random;
	unsigned seen[10] = {0};

	(void)state;
	bh_random_seed(&random, 0, 0);
	for (int i = 0; i < 100000; i++)
		seen[bh_random_below(&random, 10)]++;
	/* Ten standard deviations around the mean. */
	for (int i = 0; i < 10; i++)
		assert_in_range(seen[i], 9050, 10950);
	assert_int_equal(bh_random_below(&random, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(places_pieces_apart),
	        cmocka_unit_test(repeats_a_layout),
	        cmocka_unit_test(avoids_what_is_mapped),
	        cmocka_unit_test(keeps_alignment),
	        cmocka_unit_test(says_what_has_no_room),
	        cmocka_unit_test(refuses_a_taken_address),
	        cmocka_unit_test(draws_evenly),
	};

	return cmocka_run_group_tests(tests, open_area, NULL);
}
