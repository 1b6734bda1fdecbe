/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * A function that calls itself far more often than the host has a stack for
 * returns as often, on each tier.
 */

#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/test.h"
#include "tests/unit/xlate_kept.h"
#include "xlate/xlate.h"

#define CODE_SIZE 0x1000u
#include "tests/unit/xlate_guest.h"

#define STACK_SIZE 0x2000000u
#define STACK_END  (CODE + 2 * STACK_SIZE)
#define DEEP       2000000u /* more than a process has a stack for */
#define LEFT       10u      /* registers: how deep it goes on, */
#define RETURNED   11u      /* and how often it has returned */
#define LENGTH     11u

static const struct {
	enum xlate_isa isa;
	unsigned sp;
	uint32_t code[LENGTH];
} guests[] = {
        /* jal f; ebreak; f: addi sp,sp,-16; sd ra,(sp); addi a0,a0,-1;
         * beqz a0,.+8; jal f; addi a1,a1,1; ld ra,(sp); addi sp,sp,16; ret */
        {XLATE_RISCV64,
         2,
         {0x008000ef, 0x00100073, 0xff010113, 0x00113023, 0xfff50513,
          0x00050463, 0xff1ff0ef, 0x00158593, 0x00013083, 0x01010113,
          0x00008067}},
        /* bl f; brk 0; f: str x30,[sp,-16]!; sub x10,x10,1; cbz x10,.+8;
         * bl f; add x11,x11,1; ldr x30,[sp],16; ret */
        {XLATE_AARCH64,
         31,
         {0x94000002, 0xd4200000, 0xf81f0ffe, 0xd100054a, 0xb400004a,
          0x97fffffd, 0x9100056b, 0xf84107fe, 0xd65f03c0}},
};

static void map(uint64_t at, size_t size)
{
	assert_ptr_equal(mmap((void *)at, size, PROT_READ | PROT_WRITE,
	                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
	                      -1, 0),
	                 (void *)at);
}

static void check(enum way way, size_t n)
{
	const struct xlate_config config = {.isa = guests[n].isa,
	                                    .tier = way_tier(way),
	                                    .top = TOP,
	                                    .fetch = fetch,
	                                    .float_traps = 1,
	                                    .patience = way_patience(way)};
	struct xlate_state *s;

	assert_int_equal(xlate_create(&x, &config), 0);
	map(CODE, CODE_SIZE);
	map(STACK_END - STACK_SIZE, STACK_SIZE);
	memcpy((void *)CODE, guests[n].code, sizeof(guests[n].code));
	if (way == KEPT)
		assert_true(keep_code(x, guests[n].isa, CODE,
		                      sizeof(guests[n].code)));
	s = xlate_state(x);
	s->pc = CODE;
	s->x[guests[n].sp] = STACK_END;
	s->x[LEFT] = DEEP;
	assert_int_equal(xlate_run(x), XLATE_BREAKPOINT);
	assert_true(s->pc == CODE + 4);
	assert_true(s->x[RETURNED] == DEEP);
	assert_true(s->x[guests[n].sp] == STACK_END);
	if (way == KEPT)
		assert_true(kept_blocks(x) > 0);
	xlate_destroy(x);
	munmap((void *)CODE, CODE_SIZE);
	munmap((void *)(STACK_END - STACK_SIZE), STACK_SIZE);
}

static void all_return(void **state)
{
	(void)state;
	handle_faults();
	for (enum way way = INTERPRETED; way < WAYS; way++)
		for (size_t n = 0; n < sizeof(guests) / sizeof(guests[0]); n++)
			check(way, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(all_return),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
