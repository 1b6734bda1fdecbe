/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * Faults are exact on each tier: pc, registers and address; and no address of
 * the guest's reaches outside its window.
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

#define DATA UINT64_C(0x10010000) /* one page that can be read */

/* The programs; the last two are atomic. */
#define LOAD  CODE
#define STORE (CODE + 0x100)
#define ADD   (CODE + 0x200)
#define MAX   (CODE + 0x300)
/* Where a return is written to. */
#define RETURN (CODE + 0x400)
#define FLAGS  (CODE + 0x500)
#define SUMS   (CODE + 0x600)

static void map_page(uint64_t at)
{
	assert_ptr_equal(mmap((void *)at, PAGE, PROT_READ | PROT_WRITE,
	                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
	                      -1, 0),
	                 (void *)at);
}

/* What differs between instruction sets: the registers that programs count in,
 * address memory with and return to, a return, and the programs. */
struct guest {
	enum xlate_isa isa;
	uint8_t counter, base, link;
	uint32_t ret;
	uint32_t programs[4][4];
};

static const struct guest riscv64 = {
        .isa = XLATE_RISCV64,
        .counter = 10,
        .base = 11,
        .link = 1,
        .ret = 0x00008067,
        .programs =
                {
                        /* addi a0,a0,1; ld t0,8(a1); addi a0,a0,1; ebreak */
                        {0x00150513, 0x0085b283, 0x00150513, 0x00100073},
                        /* the same with sd a0,8(a1) */
                        {0x00150513, 0x00a5b423, 0x00150513, 0x00100073},
                        /* addi a0,a0,1; addi a1,a1,8; amoadd.d t0,a0,(a1);
                           ebreak */
                        {0x00150513, 0x00858593, 0x00a5b2af, 0x00100073},
                        /* the same with amomax.w */
                        {0x00150513, 0x00858593, 0xa0a5a2af, 0x00100073},
                },
};

static const struct guest aarch64 = {
        .isa = XLATE_AARCH64,
        .counter = 0,
        .base = 1,
        .link = 30,
        .ret = 0xd65f03c0,
        .programs =
                {
                        /* add x0,x0,1; ldr x5,[x1,8]!; add x0,x0,1; brk 0 */
                        {0x91000400, 0xf8408c25, 0x91000400, 0xd4200000},
                        /* the same with stp x0,x5,[x1,8]! */
                        {0x91000400, 0xa9809420, 0x91000400, 0xd4200000},
                        /* add x0,x0,1; add x1,x1,8; stlr x0,[x1]; brk 0 */
                        {0x91000400, 0x91002021, 0xc89ffc20, 0xd4200000},
                        /* the same with stlr w0,[x1] */
                        {0x91000400, 0x91002021, 0x889ffc20, 0xd4200000},
                },
};

/* cmp x0,1; cbz x5,.+12; cmp x0,2; b .+4; ldr x6,[x7] */
static const uint32_t flags_code[] = {0xf100041f, 0xb4000065, 0xf100081f,
                                      0x14000001, 0xf94000e6};

/* ldr x6,[x5,x7]; mov x7,x8; ldr x6,[x5,x7]; the same with x5 that changes */
static const uint32_t sums_code[2][3] = {{0xf86768a6, 0xaa0803e7, 0xf86768a6},
                                         {0xf86768a6, 0xaa0803e5, 0xf86768a6}};

static const struct guest *guest;

static void set_up(enum way way)
{
	struct xlate_config config = {.isa = guest->isa,
	                              .tier = way_tier(way),
	                              .top = TOP,
	                              .fetch = fetch,
	                              .float_traps = UINT32_MAX,
	                              .patience = way_patience(way)};

	assert_int_equal(xlate_create(&x, &config), 0);
	handle_faults();
	map_page(CODE);
	map_page(DATA);
	for (unsigned n = 0; n < 4; n++)
		memcpy((void *)(CODE + n * (STORE - LOAD)), guest->programs[n],
		       sizeof(guest->programs[n]));
	memcpy((void *)RETURN, &guest->ret, sizeof(guest->ret));
	memcpy((void *)FLAGS, flags_code, sizeof(flags_code));
	memcpy((void *)SUMS, sums_code, sizeof(sums_code));
	if (way == KEPT)
		assert_true(keep_code(x, guest->isa, CODE, PAGE));
	assert_int_equal(mprotect((void *)DATA, PAGE, PROT_READ), 0);
}

static void tear_down(void)
{
	xlate_destroy(x);
	munmap((void *)CODE, PAGE);
	munmap((void *)DATA, PAGE);
}

/* What an A64 processor does not look at is not reported. */
static uint64_t without_tag(uint64_t address)
{
	return guest->isa == XLATE_AARCH64
	               ? (uint64_t)((int64_t)(address << 8) >> 8)
	               : address;
}

static void check(uint64_t pc, uint64_t base, enum xlate_exit expected)
{
	struct xlate_state *s = xlate_state(x);
	uint64_t at = pc, end = base;

	if (pc == ADD || pc == MAX) {
		at += 4;
		end += 8;
	}
	s->pc = pc;
	s->x[guest->counter] = 41;
	s->x[guest->base] = base;
	assert_int_equal(xlate_run(x), expected);
	if (expected == XLATE_BREAKPOINT) {
		assert_int_equal(s->x[guest->counter], 43);
		return;
	}
	assert_int_equal(s->pc, at + 4);
	assert_int_equal(s->x[guest->counter], 42);
	assert_int_equal(s->x[guest->base], end);
	assert_true(xlate_address(x) == without_tag(base + 8));
}

/* A return without a call, to an address that is none. */
static void check_return(void)
{
	struct xlate_state *s = xlate_state(x);
	enum xlate_exit expected =
	        guest->isa == XLATE_AARCH64 ? XLATE_ALIGNMENT : XLATE_EXECUTE;

	for (uint64_t to = 1; to < 16; to += 2) {
		s->pc = RETURN;
		s->x[guest->link] = to;
		assert_int_equal(xlate_run(x), expected);
		assert_true(s->pc ==
		            (guest->isa == XLATE_AARCH64 ? to : to - 1));
	}
}

/* Who comes to the last instruction brings flags along that may not be stored
 * anywhere. */
static void check_flags(void)
{
	struct xlate_state *s = xlate_state(x);

	for (uint64_t n = 0; n < 32; n++) {
		uint64_t left = n / 2 % 4, right = 1 + n % 2;

		s->pc = FLAGS;
		s->x[0] = left;
		s->x[5] = n % 2;
		s->x[7] = 0;
		assert_int_equal(xlate_run(x), XLATE_READ);
		assert_true(s->pc == FLAGS + 16);
		assert_int_equal(s->nzcv >> 28, (left < right) << 3 |
		                                        (left == right) << 2 |
		                                        (left >= right) << 1);
	}
}

/* An address that is the sum of two registers is good, then one of them
 * changes. */
static void check_sums(uint64_t bad)
{
	struct xlate_state *s = xlate_state(x);

	for (unsigned n = 0; n < 2; n++) {
		s->pc = SUMS + n * sizeof(sums_code[0]);
		s->x[5] = DATA;
		s->x[7] = 8;
		s->x[8] = bad - s->x[n ? 7 : 5];
		assert_int_equal(xlate_run(x), XLATE_READ);
		assert_true(s->pc == SUMS + n * sizeof(sums_code[0]) + 8);
		assert_true(xlate_address(x) == bad);
	}
}

static void check_way(enum way way)
{
	static uint64_t secret[2];
	const uint64_t bases[] = {
	        0,
	        DATA + PAGE,
	        TOP - 8,
	        TOP - 16,
	        TOP,
	        TOP + XLATE_GUARD,
	        (uint64_t)(uintptr_t)secret,
	        UINT64_C(1) << 63,
	        UINT64_MAX - 15,
	};

	set_up(way);
	for (unsigned k = 0; k < 2; k++) {
		check(LOAD, DATA, XLATE_BREAKPOINT);
		check(STORE, DATA, XLATE_WRITE);
		check(ADD, DATA, XLATE_WRITE);
		check(ADD, DATA + 4, XLATE_ALIGNMENT);
		check(MAX, DATA + 4, XLATE_WRITE);
		check(MAX, DATA + 2, XLATE_ALIGNMENT);
		for (size_t n = 0; n < sizeof(bases) / sizeof(bases[0]); n++) {
			check(LOAD, bases[n], XLATE_READ);
			check(STORE, bases[n], XLATE_WRITE);
			check(ADD, bases[n] & ~UINT64_C(7), XLATE_WRITE);
			check(MAX, bases[n] & ~UINT64_C(7), XLATE_WRITE);
		}
	}
	assert_int_equal(secret[1], 0);
	check_return();
	if (guest->isa == XLATE_AARCH64) {
		check_flags();
		check_sums((uint64_t)(uintptr_t)secret);
	}
	if (way == KEPT)
		assert_true(kept_blocks(x) >= 4);
	xlate_state(x)->pc = DATA;
	assert_int_equal(xlate_run(x), XLATE_EXECUTE);
	assert_true(xlate_address(x) == DATA);
	tear_down();
}

static void interpreter_faults_exactly(void **state)
{
	(void)state;
	guest = &riscv64;
	check_way(INTERPRETED);
}

static void aarch64_faults_exactly(void **state)
{
	(void)state;
	guest = &aarch64;
	for (enum way way = INTERPRETED; way < WAYS; way++)
		check_way(way);
}

static void translator_faults_exactly(void **state)
{
	(void)state;
	guest = &riscv64;
	for (enum way way = TRANSLATED; way < WAYS; way++)
		check_way(way);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(interpreter_faults_exactly),
	        cmocka_unit_test(aarch64_faults_exactly),
	        cmocka_unit_test(translator_faults_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
