/* SPDX-License-Identifier: ISC */
/* links: core/memory.o core/pieces.o core/regions.o lib/random.o */

/*
 * BH_CALL_MEMORY against a model that has one entry per page: what is refused,
 * what the host is asked for, and what is known of the arena afterwards.
 */

#include "test.h"

#include <stdbool.h>
#include <string.h>

#include "core/core.h"
#include "lib/random.h"

#define PAGE     BH_PAGE_SIZE
#define LOW      UINT64_C(0x100000)
#define HIGH     UINT64_C(0x40000000)
#define PAGES    48u /* of each span */
#define ROOT     5u
#define LIMIT    (40u * PAGE)
#define ROUNDS   40000
#define NONE     UINT32_MAX /* the page is no memory */
#define ANYTHING (UINT32_MAX - 1)
#define RW       (BH_MEMORY_READ | BH_MEMORY_WRITE)

static struct bh_memory_change request[BH_MEMORY_CHANGES_MAX];

/* Per page: what the test expects, and what the host has been told. */
static uint32_t expected[2 * PAGES], host[2 * PAGES];
static int fail_after; /* changes of the host; negative: never */
static uint32_t asked;

static uint32_t page_of(uint64_t address)
{
	return (uint32_t)(address < HIGH ? (address - LOW) / PAGE
	                                 : PAGES + (address - HIGH) / PAGE);
}

static void fill(uint32_t *pages, const struct bh_memory_change *c,
                 uint32_t value)
{
	for (uint64_t n = 0; n < c->size / PAGE; n++)
		pages[page_of(c->address) + n] = value;
}

/* The host: what it is asked for is well formed, and may fail half-way. */
static int change_host(struct core *core, const struct bh_memory_change *c)
{
	asked++;
	assert_true(c->size > 0);
	assert_true(c->address % PAGE == 0 && c->size % PAGE == 0);
	if (c->kind == BH_MEMORY_ROOT)
		assert_true(c->offset + c->size <= core->arena.root_pages);
	if (c->protection & (BH_MEMORY_WRITE | BH_MEMORY_EXECUTE))
		assert_true(c->protection & BH_MEMORY_READ);
	if (fail_after == 0 && c->kind != BH_MEMORY_NONE) {
		fail_after = -1;
		for (uint64_t n = 0; n < c->size / PAGE; n += 2)
			host[page_of(c->address) + n] =
			        c->kind == BH_MEMORY_PROTECT ? c->protection
			                                     : ANYTHING;
		return -BH_ENOMEM;
	}
	if (fail_after > 0)
		fail_after--;
	fill(host, c, c->kind == BH_MEMORY_NONE ? NONE : c->protection);
	return 0;
}

static struct core_piece pieces[CORE_PIECES_MAX];
static const struct core_ops ops = {.change = change_host};

static struct core make_core(void)
{
	struct core core = {
	        .ops = &ops,
	        .start.memory_limit = LIMIT,
	        .region_count = 1,
	        .regions = {{(uint64_t)(uintptr_t)request, sizeof(request),
	                     CORE_READ, "image"}},
	        .arena = {.low = {LOW, PAGES * PAGE},
	                  .high = {HIGH, PAGES * PAGE},
	                  .root = {HIGH * 2, ROOT * PAGE - 100},
	                  .root_pages = ROOT * PAGE,
	                  .pieces = pieces},
	};

	for (uint32_t n = 0; n < 2 * PAGES; n++)
		expected[n] = host[n] = NONE;
	fail_after = -1;
	asked = 0;
	return core;
}

static int64_t ask(struct core *core, uint64_t count)
{
	return core_change_memory(core, (uint64_t)(uintptr_t)request, count, 0);
}

static int64_t ask_one(struct core *core, struct bh_memory_change change)
{
	request[0] = change;
	return ask(core, 1);
}

/* What is known of the arena is what the model and the host have. */
static void compare(const struct core *core)
{
	const struct core_arena *arena = &core->arena;
	uint32_t known[2 * PAGES];
	uint64_t writable = 0;

	for (uint32_t n = 0; n < 2 * PAGES; n++)
		known[n] = NONE;
	for (uint32_t i = 0; i < arena->piece_count; i++) {
		const struct core_piece *p = &pieces[i], *next = p + 1;
		struct bh_memory_change range = {.address = p->start,
		                                 .size = p->end - p->start};

		assert_true(p->start < p->end);
		if (i + 1 < arena->piece_count)
			assert_true(p->end < next->start ||
			            (p->end == next->start &&
			             p->protection != next->protection));
		if (p->protection & BH_MEMORY_WRITE)
			writable += range.size;
		fill(known, &range, p->protection);
	}
	assert_int_equal(writable, arena->writable);
	assert_true(writable <= LIMIT);
	assert_memory_equal(known, expected, sizeof(known));
	assert_memory_equal(host, expected, sizeof(host));
}

static uint32_t readable(uint32_t protection)
{
	return protection & (BH_MEMORY_WRITE | BH_MEMORY_EXECUTE)
	               ? protection | BH_MEMORY_READ
	               : protection;
}

static bool is_memory_in_model(const struct bh_memory_change *c)
{
	for (uint64_t n = 0; n < c->size / PAGE; n++)
		if (expected[page_of(c->address) + n] == NONE)
			return false;
	return true;
}

static uint64_t writable_in_model(void)
{
	uint64_t count = 0;

	for (uint32_t n = 0; n < 2 * PAGES; n++)
		count += expected[n] != NONE && expected[n] & BH_MEMORY_WRITE;
	return count * PAGE;
}

/* In the model; false with nothing done: more than the guest may hold. */
static bool change_model(const struct bh_memory_change *c)
{
	uint32_t before[2 * PAGES];

	memcpy(before, expected, sizeof(before));
	fill(expected, c,
	     c->kind == BH_MEMORY_NONE ? NONE : readable(c->protection));
	if (writable_in_model() <= LIMIT ||
	    !(c->protection & BH_MEMORY_WRITE))
		return true;
	memcpy(expected, before, sizeof(before));
	return false;
}

static uint32_t below(struct bh_random *random, uint32_t limit)
{
	return (uint32_t)bh_random_below(random, limit);
}

static struct bh_memory_change random_change(struct bh_random *random)
{
	static const uint32_t kinds[] = {BH_MEMORY_NONE, BH_MEMORY_ZERO,
	                                 BH_MEMORY_ROOT, BH_MEMORY_PROTECT};
	uint32_t first = below(random, PAGES);
	struct bh_memory_change c = {
	        .kind = kinds[below(random, 4)],
	        .address = (below(random, 2) ? LOW : HIGH) + first * PAGE,
	        .size = (1 + below(random, PAGES - first) / 4) * PAGE,
	};

	if (c.kind != BH_MEMORY_NONE)
		c.protection = below(random, 8);
	if (c.kind == BH_MEMORY_ROOT)
		c.offset = below(random, ROOT) * PAGE;
	return c;
}

static void follows_a_model(void **state)
{
	struct core core = make_core();
	struct bh_random random;
	unsigned done = 0, refused = 0, invalid = 0;

	(void)state;
	bh_random_seed(&random, 7, 9);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct bh_memory_change c = random_change(&random);
		int64_t r = ask_one(&core, c);

		if (c.kind == BH_MEMORY_PROTECT && !is_memory_in_model(&c)) {
			assert_int_equal(r, -BH_EINVAL);
			invalid++;
		} else if (change_model(&c)) {
			assert_int_equal(r, 1);
			done++;
		} else {
			assert_int_equal(r, -BH_ENOMEM);
			refused++;
		}
		compare(&core);
	}
	/* All three have been met. */
	assert_true(done > ROUNDS / 4 && refused > 100 && invalid > 100);
}

/* A list: what comes first counts for what comes later, and all of it is looked
 * at before any is done. */
static void checks_lists_as_a_whole(void **state)
{
	struct core core = make_core();

	(void)state;
	request[0] = (struct bh_memory_change){.kind = BH_MEMORY_ZERO,
	                                       .address = LOW,
	                                       .size = 4 * PAGE,
	                                       .protection = RW};
	request[1] = (struct bh_memory_change){.kind = BH_MEMORY_PROTECT,
	                                       .address = LOW + PAGE,
	                                       .size = 2 * PAGE,
	                                       .protection = BH_MEMORY_READ};
	assert_int_equal(ask(&core, 2), 2);
	assert_int_equal(core.arena.piece_count, 3);
	assert_int_equal(core.arena.writable, 2 * PAGE);

	/* What the list takes away cannot be protected by it. */
	asked = 0;
	request[0].kind = BH_MEMORY_NONE;
	request[0].protection = 0;
	request[0].address = LOW + 2 * PAGE;
	request[0].size = PAGE;
	assert_int_equal(ask(&core, 2), -BH_EINVAL);
	assert_int_equal(asked, 0);

	/* Unless it gives it back, in parts. */
	request[2] = request[1];
	request[1] = (struct bh_memory_change){.kind = BH_MEMORY_ZERO,
	                                       .address = LOW + 2 * PAGE,
	                                       .size = PAGE,
	                                       .protection = BH_MEMORY_READ};
	assert_int_equal(ask(&core, 3), 3);
	assert_int_equal(core.arena.piece_count, 3);
}

static void refuses_what_is_malformed(void **state)
{
	static const struct bh_memory_change good = {
	        .kind = BH_MEMORY_ZERO,
	        .address = LOW + PAGE,
	        .size = PAGE,
	        .protection = RW,
	};
	struct core core = make_core();
	struct bh_memory_change bad;

	(void)state;
#define REFUSED(field, value)                                                  \
	do {                                                                   \
		bad = good;                                                    \
		bad.field = value;                                             \
		assert_int_equal(ask_one(&core, bad), -BH_EINVAL);             \
	} while (0)
	REFUSED(size, 0);
	REFUSED(size, PAGE + 1);
	REFUSED(size, PAGES * PAGE);
	REFUSED(size, UINT64_MAX - PAGE + 1);
	REFUSED(address, LOW + 1);
	REFUSED(address, LOW - PAGE);
	REFUSED(address, LOW + PAGES * PAGE);
	REFUSED(address, HIGH - PAGE);
	REFUSED(address, UINT64_MAX - PAGE + 1);
	REFUSED(protection, 8);
	REFUSED(offset, PAGE);
	REFUSED(kind, 77);
	REFUSED(kind, BH_MEMORY_PROTECT); /* no memory */
	REFUSED(kind, BH_MEMORY_NONE);    /* with a protection */
#undef REFUSED
	assert_int_equal(core_change_memory(&core, HIGH * 4, 1, 0),
	                 -BH_EINVAL);
	request[0] = good;
	assert_int_equal(ask(&core, 0), -BH_EINVAL);
	assert_int_equal(ask(&core, BH_MEMORY_CHANGES_MAX + 1), -BH_EINVAL);
	assert_int_equal(ask(&core, UINT64_MAX / sizeof(good) + 2), -BH_EINVAL);
	assert_int_equal(core_change_memory(&core,
	                                    (uint64_t)(uintptr_t)request, 1, 1),
	                 -BH_EINVAL);
	assert_int_equal(asked, 0);
	assert_int_equal(ask(&core, 1), 1);

	core.arena.root.size = 0;
	bad = good;
	bad.kind = BH_MEMORY_ROOT;
	assert_int_equal(ask_one(&core, bad), -BH_EINVAL);
}

/* Behind the image's last page there are zeros. */
static void cuts_the_root(void **state)
{
	struct core core = make_core();
	struct bh_memory_change c = {
	        .kind = BH_MEMORY_ROOT,
	        .address = HIGH,
	        .size = 8 * PAGE,
	        .offset = (ROOT - 2) * PAGE,
	        .protection = BH_MEMORY_READ,
	};

	(void)state;
	assert_int_equal(ask_one(&core, c), 1);
	assert_int_equal(asked, 2);
	assert_int_equal(core.arena.piece_count, 1);
	asked = 0;
	c.offset = UINT64_MAX - PAGE + 1;
	assert_int_equal(ask_one(&core, c), 1);
	assert_int_equal(asked, 1);
}

/* The host refuses half-way: new memory is none, protection is as it was. */
static void survives_a_host_without_memory(void **state)
{
	struct core core = make_core();
	struct bh_memory_change c = {
	        .kind = BH_MEMORY_ZERO,
	        .address = LOW,
	        .size = 8 * PAGE,
	        .protection = RW,
	};

	(void)state;
	fail_after = 0;
	assert_int_equal(ask_one(&core, c), -BH_ENOMEM);
	compare(&core);
	assert_int_equal(ask_one(&core, c), 1);
	change_model(&c);
	c.address += 2 * PAGE;
	c.size = 3 * PAGE;
	c.kind = BH_MEMORY_PROTECT;
	c.protection = BH_MEMORY_READ;
	assert_int_equal(ask_one(&core, c), 1);
	change_model(&c);
	c.address = LOW;
	c.size = 8 * PAGE;
	c.protection = 0;
	fail_after = 0;
	assert_int_equal(ask_one(&core, c), -BH_ENOMEM);
	compare(&core);

	/* Of a list, what had been done counts. */
	request[0] = c;
	request[1] = c;
	fail_after = 1;
	assert_int_equal(ask(&core, 2), 1);
	change_model(&c);
	compare(&core);
}

/* Each page of its own kind, as many as there may be: one more is refused. */
static void refuses_too_many_pieces(void **state)
{
	struct core core = make_core();
	uint64_t at = HIGH;
	uint32_t n = 0;

	(void)state;
	core.arena.high.size = (uint64_t)CORE_PIECES_MAX * 2 * PAGE;
	while (core_piece_has_room(&core.arena, at, at + PAGE)) {
		core_piece_set(&core.arena, at, at + PAGE, true,
		               n & 1 ? CORE_READ : CORE_EXECUTE);
		assert_int_equal(core.arena.piece_count, ++n);
		at += PAGE;
	}
	assert_true(n >= CORE_PIECES_MAX - 3 && n <= CORE_PIECES_MAX);
	assert_false(core_piece_has_room(&core.arena, HIGH + PAGE,
	                                 HIGH + 2 * PAGE));
	/* What only takes pieces away has room. */
	assert_true(core_piece_has_room(&core.arena, HIGH, HIGH + 8 * PAGE));
	core_piece_set(&core.arena, HIGH, at, false, 0);
	assert_int_equal(core.arena.piece_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(follows_a_model),
	        cmocka_unit_test(checks_lists_as_a_whole),
	        cmocka_unit_test(refuses_what_is_malformed),
	        cmocka_unit_test(cuts_the_root),
	        cmocka_unit_test(survives_a_host_without_memory),
	        cmocka_unit_test(refuses_too_many_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
