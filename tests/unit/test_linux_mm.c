/* SPDX-License-Identifier: ISC */
/* links: @linux */

/*
 * The program's memory: mmap, munmap, mprotect, mremap, madvise and brk against
 * a model that knows of each page whether it is there, who may use it, and what
 * its first byte is.
 */

#include <stdlib.h>
#include <string.h>

#include "guest/linux/areas.h"
#include "tests/unit/linux/machine.h"
#include "tests/unit/test.h"

#define PAGES   48u
#define ROUNDS  30000u
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
#define NOBODY  UINT64_MAX
#define MAYMOVE 1u
#define FIXED   2u
#define DONTUNMAP 4u
#define DONTNEED 4u
#define LIMIT (UINT64_C(64) << 20)

struct page {
	bool mapped;
	uint8_t protection, value;
};

static struct page model[PAGES];
static uint64_t window, base_committed;
static uint64_t random_state = 88172645463325252u;

static uint64_t random_below(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

static uint64_t address_of(uint64_t page)
{
	return window + page * PAGE_SIZE;
}

static uint8_t *byte_of(uint64_t page)
{
	return (uint8_t *)(uintptr_t)address_of(page);
}

static bool all_mapped(uint64_t first, uint64_t count)
{
	for (uint64_t i = first; i < first + count; i++)
		if (!model[i].mapped)
			return false;
	return true;
}

/* One area, that is: of one kind. */
static bool all_alike(uint64_t first, uint64_t count)
{
	for (uint64_t i = first; i < first + count; i++)
		if (!model[i].mapped ||
		    model[i].protection != model[first].protection)
			return false;
	return true;
}

/* ----------------------------------------------------------- the operations */

static void try_map(uint64_t first, uint64_t count, int protection)
{
	bool replace = random_below(3);
	bool free = true;
	int64_t r;

	for (uint64_t i = first; i < first + count; i++)
		free = free && !model[i].mapped;
	r = call("mmap", address_of(first), count * PAGE_SIZE,
	         (uint64_t)protection,
	         PRIVATE | (replace ? MAP_FIXED : MAP_FIXED_NOREPLACE), NOBODY,
	         0);
	if (!replace && !free) {
		assert_int_equal(r, -EEXIST);
		return;
	}
	assert_int_equal(r, address_of(first));
	for (uint64_t i = first; i < first + count; i++)
		model[i] = (struct page){true, (uint8_t)protection, 0};
}

static void try_unmap(uint64_t first, uint64_t count)
{
	/* A size is rounded up. */
	uint64_t size = count * PAGE_SIZE - random_below(PAGE_SIZE);

	assert_int_equal(call("munmap", address_of(first), size), 0);
	memset(model + first, 0, count * sizeof(*model));
}

static void try_protect(uint64_t first, uint64_t count, int protection)
{
	int64_t r = call("mprotect", address_of(first), count * PAGE_SIZE,
	                 (uint64_t)protection);

	assert_int_equal(r, all_mapped(first, count) ? 0 : -ENOMEM);
	/* Up to the first hole it has changed. */
	for (uint64_t i = first; i < first + count && model[i].mapped; i++)
		model[i].protection = (uint8_t)protection;
}

static void try_drop(uint64_t first, uint64_t count)
{
	int64_t r = call("madvise", address_of(first), count * PAGE_SIZE,
	                 DONTNEED);

	assert_int_equal(r, all_mapped(first, count) ? 0 : -ENOMEM);
	for (uint64_t i = first; i < first + count; i++)
		model[i].value = 0;
}

static void move_pages(uint64_t to, uint64_t size, uint64_t from,
                       uint64_t old_size, bool keep)
{
	struct page moved[PAGES];
	uint8_t protection = model[from].protection;

	for (uint64_t i = 0; i < size; i++)
		moved[i] = i < old_size
		                   ? model[from + i]
		                   : (struct page){true, protection, 0};
	for (uint64_t i = 0; i < old_size; i++)
		if (keep)
			model[from + i].value = 0;
		else
			model[from + i] = (struct page){0};
	memcpy(model + to, moved, size * sizeof(*moved));
}

static void try_move(uint64_t first, uint64_t count)
{
	uint64_t size = 1 + random_below(8), to = random_below(PAGES - 8);
	bool keep = size == count && !random_below(4);
	bool overlap = to < first + count && first < to + size;
	int64_t r = call("mremap", address_of(first), count * PAGE_SIZE,
	                 size * PAGE_SIZE,
	                 MAYMOVE | FIXED | (keep ? DONTUNMAP : 0),
	                 address_of(to));

	if (overlap) {
		assert_int_equal(r, -EINVAL);
		return;
	}
	if (!all_alike(first, size < count ? size : count)) {
		assert_int_equal(r, -EFAULT);
		return;
	}
	if (size > count && !all_alike(first, count)) {
		assert_int_equal(r, -EFAULT);
		return;
	}
	assert_int_equal(r, address_of(to));
	move_pages(to, size, first, count, keep);
}

static void try_resize(uint64_t first, uint64_t count)
{
	uint64_t size = 1 + random_below(8), room = first + count;
	int64_t r;

	if (first + size > PAGES)
		return;
	while (room < first + size && !model[room].mapped)
		room++;
	r = call("mremap", address_of(first), count * PAGE_SIZE,
	         size * PAGE_SIZE, 0);
	if (!all_alike(first, size > count ? count : 1)) {
		assert_int_equal(r, -EFAULT);
		return;
	}
	if (size > count && room < first + size) {
		assert_int_equal(r, -ENOMEM);
		return;
	}
	assert_int_equal(r, address_of(first));
	for (uint64_t i = first + size; i < first + count; i++)
		model[i] = (struct page){0};
	for (uint64_t i = first + count; i < first + size; i++)
		model[i] = (struct page){true, model[first].protection, 0};
}

static void write_to(uint64_t first, uint64_t count)
{
	for (uint64_t i = first; i < first + count; i++)
		if (model[i].protection & MM_WRITE)
			*byte_of(i) = model[i].value =
			        (uint8_t)random_below(256);
}

/* --------------------------------------------------------------- the check */

static void check_page(uint64_t i)
{
	const struct page *page = &model[i];

	assert_int_equal(area_covers(address_of(i), PAGE_SIZE), page->mapped);
	assert_int_equal(user_readable(address_of(i), PAGE_SIZE),
	                 page->protection != 0);
	assert_int_equal(user_writable(address_of(i), PAGE_SIZE),
	                 (page->protection & MM_WRITE) != 0);
	if (page->protection)
		assert_int_equal(*byte_of(i), page->value);
}

static void check_all(void)
{
	uint64_t writable = 0;

	for (uint64_t i = 0; i < PAGES; i++) {
		check_page(i);
		writable += model[i].protection & MM_WRITE ? PAGE_SIZE : 0;
	}
	assert_int_equal(mm_committed() - base_committed, writable);
	for (size_t i = 0; i + 1 < area_count; i++) {
		const struct area *a = &areas[i], *b = a + 1;

		assert_true(a->start < a->end && a->end <= b->start);
		if (a->end == b->start && !a->file && !b->file &&
		    a->name == b->name && a->shared == b->shared)
			assert_int_not_equal(a->protection, b->protection);
	}
}

static void agrees_with_the_model(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t first = random_below(PAGES - 8);
		uint64_t count = 1 + random_below(8);
		static const int protections[] = {0, 1, 3, 3, 5, 3};
		int protection = protections[random_below(6)];

		switch (random_below(8)) {
		case 0:
		case 1:
			try_map(first, count, protection);
			break;
		case 2:
			try_unmap(first, count);
			break;
		case 3:
			try_protect(first, count, protection);
			break;
		case 4:
			try_drop(first, count);
			break;
		case 5:
			try_move(first, count);
			break;
		case 6:
			try_resize(first, count);
			break;
		default:
			write_to(first, count);
		}
		if (round % 16 == 0)
			check_all();
	}
	check_all();
	try_unmap(0, PAGES);
	check_all();
}

/* ------------------------------------------------------------ the boundaries */

static void refuses_bad_ranges(void **state)
{
	(void)state;
	assert_int_equal(call("mmap", 0, 0, 3, PRIVATE, NOBODY, 0), -EINVAL);
	assert_int_equal(call("mmap", 0, UINT64_MAX, 3, PRIVATE, NOBODY, 0),
	                 -ENOMEM);
	assert_int_equal(call("mmap", 0, UINT64_C(1) << 46, 3, PRIVATE, NOBODY,
	                      0),
	                 -ENOMEM);
	assert_int_equal(call("mmap", 0, 4096, 3, MAP_ANONYMOUS, NOBODY, 0),
	                 -EINVAL);
	assert_int_equal(call("mmap", 0, 4096, 3, MAP_PRIVATE, NOBODY, 0),
	                 -EBADF);
	assert_int_equal(call("mmap", 4096, 4096, 3, PRIVATE | MAP_FIXED,
	                      NOBODY, 0),
	                 -EPERM);
	assert_int_equal(call("mmap", window + 1, 4096, 3, PRIVATE | MAP_FIXED,
	                      NOBODY, 0),
	                 -EINVAL);
	assert_int_equal(call("mmap", UINT64_MAX - 4095, 4096, 3,
	                      PRIVATE | MAP_FIXED, NOBODY, 0),
	                 -ENOMEM);
	assert_int_equal(call("munmap", window + 1, 4096), -EINVAL);
	assert_int_equal(call("munmap", window, 0), -EINVAL);
	assert_int_equal(call("munmap", window, UINT64_MAX), -EINVAL);
	assert_int_equal(call("munmap", UINT64_MAX - 4095, 8192), -EINVAL);
	assert_int_equal(call("mprotect", window + 1, 4096, 1), -EINVAL);
	assert_int_equal(call("mprotect", window, UINT64_MAX, 1), -ENOMEM);
	assert_int_equal(call("mprotect", window, 4096, 1u << 30), -EINVAL);
	assert_int_equal(call("madvise", window, UINT64_MAX, DONTNEED),
	                 -EINVAL);
	assert_int_equal(call("madvise", window, 4096, 200), -EINVAL);
	assert_int_equal(call("mincore", window, UINT64_MAX, window), -ENOMEM);
}

static void refuses_bad_moves(void **state)
{
	uint64_t at;

	(void)state;
	at = AT(machine_memory(4 * 4096));
	assert_int_equal(call("mremap", at, 4096, 0, 0), -EINVAL);
	assert_int_equal(call("mremap", at + 1, 4096, 4096, 0), -EINVAL);
	assert_int_equal(call("mremap", at, 4096, 4096, 8), -EINVAL);
	assert_int_equal(call("mremap", at, 4096, 8192, FIXED, window),
	                 -EINVAL);
	assert_int_equal(call("mremap", at, 4096, 8192, MAYMOVE | FIXED, 16),
	                 -EINVAL);
	assert_int_equal(call("mremap", at, 8192, 4096, MAYMOVE | DONTUNMAP),
	                 -EINVAL);
	assert_int_equal(call("mremap", at, UINT64_MAX - 8191, 4096,
	                      MAYMOVE | FIXED, window),
	                 -EINVAL);
	assert_int_equal(call("mremap", at, UINT64_MAX, 4096, 0), -EINVAL);
	assert_int_equal(call("mremap", at, 4096, UINT64_C(1) << 46, MAYMOVE),
	                 -ENOMEM);
	assert_int_equal(call("mremap", window, 4096, 8192, MAYMOVE), -EFAULT);
	assert_int_equal(call("munmap", at, 4 * 4096), 0);
}

static void counts_what_may_be_written(void **state)
{
	uint64_t before = mm_committed();
	int64_t at, second;

	(void)state;
	/* What cannot be written costs nothing, however large. */
	at = call("mmap", 0, 16 * LIMIT, 0, PRIVATE, NOBODY, 0);
	assert_true(at > 0);
	assert_int_equal(mm_committed(), before);
	assert_int_equal(call("mprotect", (uint64_t)at, 2 * LIMIT, 3), -ENOMEM);
	assert_int_equal(mm_committed(), before);
	assert_int_equal(call("mprotect", (uint64_t)at, LIMIT / 2, 3), 0);
	assert_int_equal(mm_committed(), before + LIMIT / 2);
	second = call("mmap", 0, LIMIT / 2 + 4096, 3, PRIVATE, NOBODY, 0);
	assert_int_equal(second, -ENOMEM);
	assert_int_equal(call("munmap", (uint64_t)at, 16 * LIMIT), 0);
	assert_int_equal(mm_committed(), before);
	second = call("mmap", 0, LIMIT / 2 + 4096, 3, PRIVATE, NOBODY, 0);
	assert_true(second > 0);
	assert_int_equal(call("munmap", (uint64_t)second, LIMIT / 2 + 4096), 0);
}

static void moves_the_break(void **state)
{
	uint64_t start = (uint64_t)call("brk", 0);

	(void)state;
	assert_int_equal(call("brk", start + 10000), start + 10000);
	*(char *)(uintptr_t)(start + 9999) = 7;
	assert_int_equal(call("brk", start - 1), start + 10000);
	assert_int_equal(call("brk", UINT64_MAX), start + 10000);
	assert_int_equal(call("brk", start + 2 * LIMIT), start + 10000);
	assert_int_equal(call("brk", start + 1), start + 1);
	assert_int_equal(call("brk", start + 10000), start + 10000);
	/* What was given up comes back as zeros. */
	assert_int_equal(*(char *)(uintptr_t)(start + 9999), 0);
	assert_int_equal(call("brk", start), start);
	assert_false(area_covers(start, 1));
}

static void says_no_when_the_kernel_is_full(void **state)
{
	uint64_t at = AT(machine_memory(256 * 4096)), splits = 0;

	(void)state;
	machine.kernel_limit = machine.kernel_memory + 4096;
	while (splits < 128 &&
	       !call("mprotect", at + splits * 8192, 4096, 1))
		splits++;
	machine.kernel_limit = 0;
	assert_in_range(splits, 1, 127);
	for (uint64_t i = 0; i < 256; i++)
		assert_int_equal(user_writable(at + i * 4096, 4096),
		                 i % 2 || i >= 2 * splits);
	assert_int_equal(call("munmap", at, 256 * 4096), 0);
}

static void program(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(agrees_with_the_model),
	        cmocka_unit_test(refuses_bad_ranges),
	        cmocka_unit_test(refuses_bad_moves),
	        cmocka_unit_test(counts_what_may_be_written),
	        cmocka_unit_test(moves_the_break),
	        cmocka_unit_test(says_no_when_the_kernel_is_full),
	};

	window = AT(machine_memory(PAGES * 4096));
	call("munmap", window, PAGES * 4096);
	base_committed = mm_committed();
	exit(cmocka_run_group_tests(tests, NULL, NULL));
}

int main(void)
{
	machine.memory_limit = LIMIT;
	machine_run(program);
}
