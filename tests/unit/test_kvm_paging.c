/* SPDX-License-Identifier: ISC */
/* links: core/kvm/paging.o */

/*
 * The page tables of the kvm core, read back by a walker of the test's own,
 * written from the processor manual and not from paging.c.
 */

#include "test.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "abi/base.h"
#include "core/kvm/paging.h"

#define POOL_BASE  (BH_GUEST_TOP + 0x4000)
#define POOL_PAGES 64u

#define PAGE  UINT64_C(0x1000)
#define LARGE UINT64_C(0x200000)
#define GIB   UINT64_C(0x40000000)

struct fixture {
	struct kvm_paging paging;
	uint8_t *pool;
};

/* What the processor would make of an address. */
struct translation {
	bool present, write, user, execute, large;
	uint64_t physical;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->pool = aligned_alloc(PAGE, POOL_PAGES * PAGE);
	memset(f->pool, 0, POOL_PAGES * PAGE);
	kvm_paging_start(&f->paging, f->pool, POOL_BASE, POOL_PAGES);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	free(f->pool);
	free(f);
	return 0;
}

static uint64_t read_entry(const struct fixture *f, uint64_t table,
                           unsigned index)
{
	uint64_t entry;

	assert_in_range(table, POOL_BASE, POOL_BASE + (POOL_PAGES - 1) * PAGE);
	memcpy(&entry, f->pool + (table - POOL_BASE) + index * 8, 8);
	return entry;
}

static struct translation walk(const struct fixture *f, uint64_t address)
{
	struct translation t = {true, true, true, true, false, 0};
	uint64_t table = kvm_paging_root(&f->paging);

	for (int shift = 39; shift >= 12; shift -= 9) {
		uint64_t entry = read_entry(f, table, address >> shift & 0x1ff);

		if (!(entry & 1))
			return (struct translation){0};
		/* Accessed everywhere, and dirty in a leaf. */
		assert_true(entry & 0x20);
		t.write &= entry >> 1 & 1;
		t.user &= entry >> 2 & 1;
		t.execute &= !(entry >> 63);
		t.large = shift == 21 && (entry >> 7 & 1);
		table = entry & UINT64_C(0x000ffffffffff000);
		if (t.large || shift == 12) {
			assert_true(entry & 0x40);
			t.physical = table +
			             (address & ((UINT64_C(1) << shift) - 1));
			break;
		}
	}
	return t;
}

static void assert_mapped(const struct fixture *f, uint64_t address, bool write,
                          bool execute, bool user, bool large)
{
	struct translation t = walk(f, address);

	assert_true(t.present);
	assert_int_equal(t.physical, address);
	assert_int_equal(t.write, write);
	assert_int_equal(t.execute, execute);
	assert_int_equal(t.user, user);
	assert_int_equal(t.large, large);
}

static void assert_unmapped(const struct fixture *f, uint64_t address)
{
	assert_false(walk(f, address).present);
}

static void maps_small_pages_with_their_rights(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(kvm_paging_map(&f->paging, 0x10000, 2 * PAGE,
	                                KVM_PAGE_USER | KVM_PAGE_EXECUTE),
	                 0);
	assert_int_equal(kvm_paging_map(&f->paging, 0x12000, PAGE,
	                                KVM_PAGE_USER | KVM_PAGE_WRITE),
	                 0);
	assert_int_equal(
	        kvm_paging_map(&f->paging, 0x13000, PAGE, KVM_PAGE_USER), 0);
	assert_int_equal(
	        kvm_paging_map(&f->paging, BH_GUEST_TOP, PAGE, KVM_PAGE_WRITE),
	        0);
	assert_mapped(f, 0x10fff, false, true, true, false);
	assert_mapped(f, 0x11000, false, true, true, false);
	assert_mapped(f, 0x12008, true, false, true, false);
	assert_mapped(f, 0x13000, false, false, true, false);
	assert_mapped(f, BH_GUEST_TOP + 8, true, false, false, false);
	assert_unmapped(f, 0xffff);
	assert_unmapped(f, 0x14000);
	assert_unmapped(f, 0);
}

static void uses_large_pages_inside_a_range(void **state)
{
	struct fixture *f = *state;
	const uint64_t start = 5 * GIB + LARGE - PAGE;
	const uint64_t size = PAGE + 3 * LARGE + 2 * PAGE;

	assert_int_equal(kvm_paging_map(&f->paging, start, size,
	                                KVM_PAGE_USER | KVM_PAGE_WRITE),
	                 0);
	assert_mapped(f, start, true, false, true, false);
	assert_mapped(f, start + PAGE, true, false, true, true);
	assert_mapped(f, start + 3 * LARGE, true, false, true, true);
	assert_mapped(f, start + size - 1, true, false, true, false);
	assert_unmapped(f, start - 1);
	assert_unmapped(f, start + size);
	/* Root, directory pointers, directory, one table at either end. */
	assert_int_equal(f->paging.used, 5);
}

static void maps_across_a_gibibyte(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(kvm_paging_map(&f->paging, GIB - LARGE, 2 * LARGE,
	                                KVM_PAGE_USER),
	                 0);
	assert_mapped(f, GIB - 1, false, false, true, true);
	assert_mapped(f, GIB, false, false, true, true);
	assert_unmapped(f, GIB + LARGE);
}

static void maps_up_to_the_top(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(kvm_paging_map(&f->paging, BH_GUEST_TOP - PAGE, PAGE,
	                                KVM_PAGE_USER),
	                 0);
	assert_int_equal(
	        kvm_paging_map(&f->paging, KVM_PAGING_TOP - PAGE, PAGE, 0), 0);
	assert_mapped(f, BH_GUEST_TOP - 1, false, false, true, false);
	assert_mapped(f, KVM_PAGING_TOP - 1, false, false, false, false);
	assert_unmapped(f, BH_GUEST_TOP);
}

static void refuses_what_is_mapped(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(kvm_paging_map(&f->paging, LARGE, LARGE, 0), 0);
	assert_int_equal(kvm_paging_map(&f->paging, 2 * LARGE, PAGE, 0), 0);
	assert_int_equal(kvm_paging_map(&f->paging, 2 * LARGE, PAGE, 0),
	                 -EEXIST);
	/* A small page within a large one, and a large one over small ones. */
	assert_int_equal(
	        kvm_paging_map(&f->paging, LARGE + PAGE, PAGE, KVM_PAGE_USER),
	        -EEXIST);
	assert_int_equal(
	        kvm_paging_map(&f->paging, 2 * LARGE, LARGE, KVM_PAGE_USER),
	        -EEXIST);
	assert_mapped(f, LARGE + PAGE, false, false, false, true);
	assert_mapped(f, 2 * LARGE, false, false, false, false);
	assert_unmapped(f, 2 * LARGE + PAGE);
}

static void refuses_what_makes_no_sense(void **state)
{
	static const struct {
		uint64_t address, size;
		unsigned flags;
	} wrong[] = {
	        {0x10000, PAGE, KVM_PAGE_WRITE | KVM_PAGE_EXECUTE},
	        {0x10000, 0, 0},
	        {0x10001, PAGE, 0},
	        {0x10000, PAGE - 1, 0},
	        {KVM_PAGING_TOP, PAGE, 0},
	        {KVM_PAGING_TOP - PAGE, 2 * PAGE, 0},
	        {PAGE, UINT64_MAX - PAGE + 1, 0},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(kvm_paging_map(&f->paging, wrong[i].address,
		                                wrong[i].size, wrong[i].flags),
		                 -EINVAL);
	assert_int_equal(f->paging.used, 1);
}

static void stays_within_its_pool(void **state)
{
	struct fixture *f = *state;
	unsigned mapped = 0;
	int r = 0;

	/* One table and one directory for each. */
	while (r == 0 && mapped < POOL_PAGES) {
		r = kvm_paging_map(&f->paging, GIB * mapped, PAGE,
		                   KVM_PAGE_USER);
		mapped += r == 0;
	}
	assert_int_equal(r, -ENOMEM);
	assert_int_equal(f->paging.used, POOL_PAGES);
	assert_int_equal(mapped, (POOL_PAGES - 2) / 2);
	for (unsigned i = 0; i < mapped; i++)
		assert_mapped(f, GIB * i, false, false, true, false);
}

/* No order of mapping lets one range change the rights of another. */
static void keeps_random_ranges_apart(void **state)
{
	static const unsigned rights[] = {
	        KVM_PAGE_USER,
	        KVM_PAGE_USER | KVM_PAGE_WRITE,
	        KVM_PAGE_USER | KVM_PAGE_EXECUTE,
	};
	struct fixture *f = *state;
	uint64_t random = 88172645463325252;
	unsigned chosen[512];

	for (unsigned i = 0; i < 512; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		chosen[i] = random % 4;
		if (chosen[i] < 3)
			assert_int_equal(kvm_paging_map(&f->paging,
			                                (i + 16) * PAGE, PAGE,
			                                rights[chosen[i]]),
			                 0);
	}
	for (unsigned i = 0; i < 512; i++) {
		if (chosen[i] == 3)
			assert_unmapped(f, (i + 16) * PAGE);
		else
			assert_mapped(f, (i + 16) * PAGE, chosen[i] == 1,
			              chosen[i] == 2, true, false);
	}
}

/* Tables that are there say what they are told; nothing else appears. */
static void changes_pages_of_a_table(void **state)
{
	struct fixture *f = *state;
	const uint64_t at = 7 * LARGE;

	assert_int_equal(kvm_paging_map(&f->paging, at - PAGE, PAGE,
	                                KVM_PAGE_USER),
	                 0);
	assert_true(kvm_paging_has_table(&f->paging, at - LARGE));
	assert_false(kvm_paging_has_table(&f->paging, at));
	assert_int_equal(kvm_paging_add_table(&f->paging, at + 5 * PAGE), 0);
	assert_true(kvm_paging_has_table(&f->paging, at));
	assert_true(kvm_paging_has_table(&f->paging, at + LARGE - 1));
	assert_false(kvm_paging_has_table(&f->paging, at + LARGE));
	assert_unmapped(f, at);

	/* To the last page of it, and writable and executable at once. */
	kvm_paging_set(&f->paging, at, at + LARGE,
	               KVM_PAGE_USER | KVM_PAGE_WRITE | KVM_PAGE_EXECUTE);
	assert_mapped(f, at, true, true, true, false);
	assert_mapped(f, at + LARGE - 1, true, true, true, false);
	assert_unmapped(f, at + LARGE);
	assert_mapped(f, at - 1, false, false, true, false);

	kvm_paging_set(&f->paging, at + PAGE, at + 3 * PAGE, KVM_PAGE_USER);
	assert_mapped(f, at + PAGE, false, false, true, false);
	assert_mapped(f, at + 3 * PAGE, true, true, true, false);
	kvm_paging_set(&f->paging, at + PAGE, at + 2 * PAGE, 0);
	assert_unmapped(f, at + PAGE);
	assert_mapped(f, at + 2 * PAGE, false, false, true, false);
	assert_mapped(f, at, true, true, true, false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(maps_small_pages_with_their_rights),
	        TEST(uses_large_pages_inside_a_range),
	        TEST(maps_across_a_gibibyte),
	        TEST(maps_up_to_the_top),
	        TEST(refuses_what_is_mapped),
	        TEST(refuses_what_makes_no_sense),
	        TEST(stays_within_its_pool),
	        TEST(keeps_random_ranges_apart),
	        TEST(changes_pages_of_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
