/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * What A64's accesses to memory do with more than one instruction, or with more
 * of an address than there is: exclusive pairs, and tags in the top byte.  On
 * each tier.
 */

#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/test.h"
#include "tests/unit/xlate_kept.h"
#include "xlate/xlate.h"

#define PAGE      0x1000u
#define CODE_SIZE PAGE
#include "tests/unit/xlate_guest.h"

#define DATA   UINT64_C(0x10010000)
#define BREAK  0xd4200000u
#define LENGTH 5u
#define HERE   64u /* where in the data x20 leads */
#define TAGGED UINT64_C(0xa500000000000000)
#define KERNEL UINT64_C(0x0080000000000000) /* no tag: bit 55 */

static uint64_t word(size_t n)
{
	return UINT64_C(0x1111111100000000) * (n + 1) + n;
}

/* Runs code from the beginning, with registers n that are word(16 + n), and
 * data that is word(n) in the n'th place. */
static enum xlate_exit run(enum way way, const uint32_t code[LENGTH],
                           uint64_t base)
{
	struct xlate_state *s = xlate_state(x);

	for (size_t n = 0; n < PAGE / 8; n++)
		((uint64_t *)DATA)[n] = word(n);
	memset(s, 0, sizeof(*s));
	for (size_t n = 0; n < 20; n++)
		s->x[n] = word(16 + n);
	s->x[6] = 1;
	s->x[20] = base;
	memcpy((void *)CODE, code, LENGTH * sizeof(*code));
	((uint32_t *)CODE)[LENGTH] = BREAK;
	xlate_forget(x, CODE, CODE + PAGE);
	if (way == KEPT)
		assert_true(keep_code(x, XLATE_AARCH64, CODE,
		                      (LENGTH + 1) * sizeof(*code)));
	s->pc = CODE;
	return xlate_run(x);
}

#define NOP 0xd503201fu

/* ------------------------------------------------------------------- pairs */

static const struct {
	const char *text;
	uint32_t code[LENGTH];
	unsigned size; /* of one of the two */
	bool stores;   /* and x2 is zero */
} pairs[] = {
        {"ldxp, stxp x", {0xc87f0680, 0xc8221283, NOP, NOP, NOP}, 8, true},
        {"ldxp, stxp w", {0x887f0680, 0x88221283, NOP, NOP, NOP}, 4, true},
        {"ldaxp, stlxp", {0xc87f8680, 0xc8229283, NOP, NOP, NOP}, 8, true},
        {"no reservation", {NOP, 0xc8221283, NOP, NOP, NOP}, 8, false},
        {"used up", {0xc87f0680, 0xc8221283, 0xc8221285, NOP, NOP}, 8, false},
        {"the first has changed", /* str x5,[x20] */
         {0xc87f0680, 0xf9000285, 0xc8221283, NOP, NOP},
         8,
         false},
        {"the second has changed", /* str x5,[x20,8] */
         {0xc87f0680, 0xf9000685, 0xc8221283, NOP, NOP},
         8,
         false},
        /* x2 = (x1 < x3), as it was before x1 was loaded */
        {"flags, ldxp",
         {0xeb03003f, 0xc87f0680, 0x9a9f27e2, NOP, NOP},
         8,
         false},
        {"flags, casp",
         {0xeb03003f, 0x48207e84, 0x9a9f27e2, NOP, NOP},
         8,
         false},
        {"another place", /* ldxp x0,x1,[x21 = x20 + 16] */
         {0x91004295, 0xc87f06a0, 0xc8221283, NOP, NOP},
         8,
         false},
};

static void check_pair(enum way way, size_t n)
{
	const struct xlate_state *s = xlate_state(x);
	uint64_t expected[2] = {word(16 + 3), word(16 + 4)}, stored[2] = {0};
	unsigned size = pairs[n].size;

	if (run(way, pairs[n].code, DATA + HERE) != XLATE_BREAKPOINT)
		fail_msg("%s: does not run", pairs[n].text);
	if (s->x[2] != !pairs[n].stores)
		fail_msg("%s: says %lx", pairs[n].text, s->x[2]);
	if (!pairs[n].stores)
		return;
	for (unsigned k = 0; k < 2; k++)
		memcpy(&stored[k], (char *)DATA + HERE + k * size, size);
	if (memcmp(&stored[0], &expected[0], size) ||
	    memcmp(&stored[1], &expected[1], size))
		fail_msg("%s: stored %lx %lx", pairs[n].text, stored[0],
		         stored[1]);
}

/* -------------------------------------------------------------------- tags */

static const struct {
	const char *text;
	uint32_t code;
} accesses[] = {
        {"ldr x0,[x20]", 0xf9400280},
        {"ldr x0,[x20,8]!", 0xf8408e80},
        {"str x3,[x20],8", 0xf8008683},
        {"ldp x0,x1,[x20]", 0xa9400680},
        {"stp x3,x4,[x20,-16]!", 0xa9bf1283},
        {"ldr x0,[x20,x6,lsl 3]", 0xf8667a80},
        {"ldxr x0,[x20]", 0xc85f7e80},
        {"ld2 {v0.4s,v1.4s},[x20],32", 0x4cdf8a80},
        {"st1 {v0.16b},[x20]", 0x4c007280},
        {"ldadd x3,x0,[x20]", 0xf8230280},
        {"casp x0,x1,x4,x5,[x20]", 0x48207e84},
        {"ldr q0,[x20]", 0x3dc00280},
        {"dc zva,x20", 0xd50b7434},
};

/* The same as without, but for the base. */
static void check_tag(enum way way, size_t n)
{
	const uint32_t code[LENGTH] = {accesses[n].code, NOP, NOP, NOP, NOP};
	static uint8_t data[PAGE];
	struct xlate_state *s = xlate_state(x), before;

	assert_int_equal(run(way, code, DATA + HERE), XLATE_BREAKPOINT);
	before = *s;
	memcpy(data, (void *)DATA, PAGE);
	if (run(way, code, TAGGED | (DATA + HERE)) != XLATE_BREAKPOINT)
		fail_msg("%s: the tag matters", accesses[n].text);
	before.x[20] |= TAGGED;
	if (memcmp(s, &before, sizeof(before)) ||
	    memcmp(data, (void *)DATA, PAGE))
		fail_msg("%s: another effect", accesses[n].text);
	if (run(way, code, KERNEL | (DATA + HERE)) == XLATE_BREAKPOINT)
		fail_msg("%s: outside of user space", accesses[n].text);
	if (run(way, code, TAGGED | TOP) == XLATE_BREAKPOINT)
		fail_msg("%s: outside of the window", accesses[n].text);
}

/* ------------------------------------------------------------------- tiers */

static void map(uint64_t at)
{
	assert_ptr_equal(mmap((void *)at, PAGE, PROT_READ | PROT_WRITE,
	                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
	                      -1, 0),
	                 (void *)at);
}

static void check_way(enum way way)
{
	const struct xlate_config config = {
	        .isa = XLATE_AARCH64,
	        .tier = way_tier(way),
	        .top = TOP,
	        .fetch = fetch,
	        .float_traps = 1, /* without it, kept code is not run */
	};

	handle_faults();
	assert_int_equal(xlate_create(&x, &config), 0);
	map(CODE);
	map(DATA);
	for (size_t n = 0; n < sizeof(pairs) / sizeof(pairs[0]); n++)
		check_pair(way, n);
	for (size_t n = 0; n < sizeof(accesses) / sizeof(accesses[0]); n++)
		check_tag(way, n);
	xlate_destroy(x);
	munmap((void *)CODE, PAGE);
	munmap((void *)DATA, PAGE);
}

static void interpreted(void **state)
{
	(void)state;
	check_way(INTERPRETED);
}

static void translated(void **state)
{
	(void)state;
	check_way(TRANSLATED);
}

static void kept(void **state)
{
	(void)state;
	check_way(KEPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(interpreted),
	        cmocka_unit_test(translated),
	        cmocka_unit_test(kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
