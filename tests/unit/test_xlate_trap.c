/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * System calls and what is no instruction, dealt with in the midst of
 * translated code: by a function that looks at the guest's state and changes
 * it, forgets code, stops the guest, or declines.
 */

#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/test.h"
#include "xlate/xlate.h"

#define TOP   UINT64_C(0x40000000)
#define CODE  UINT64_C(0x10000000)
#define PAGE  0x1000u
#define CALLS 1000u

#define RMM (4u << 5) /* a rounding mode that is for the interpreter */

/* for (;;) { f(); x5++; } f() { ecall; <no instruction>; } */
static const uint32_t program[] = {
        0x00c000ef, /* jal ra, f */
        0x00128293, /* addi x5, x5, 1 */
        0xff9ff06f, /* j to the first */
        0x00000073, /* f: ecall */
        0x00000000, /* none */
        0x00008067, /* ret */
};
#define AFTER_CALL (CODE + 16)

static struct xlate *x;
static unsigned calls, traps;
static enum { COUNT, FORGET, STOP, ROUND, DIVIDE } what;

static uint64_t fetch(void *data, uint64_t address, uint64_t limit)
{
	(void)data;
	return address >= CODE && address < CODE + PAGE ? limit : 0;
}

static bool on_trap(void *data, enum xlate_exit exit)
{
	struct xlate_state *s = xlate_state(x);

	assert_ptr_equal(data, &x);
	assert_int_equal(s->pc, AFTER_CALL);
	assert_int_equal(s->x[1], CODE + 4);
	if (exit == XLATE_ILLEGAL) {
		traps++;
		s->pc += 4;
		return true;
	}
	assert_int_equal(exit, XLATE_SYSCALL);
	if (what != DIVIDE)
		assert_int_equal(s->x[5], calls);
	if (++calls == CALLS)
		return false;
	if (what == FORGET)
		xlate_forget(x, CODE, CODE + PAGE);
	if (what == STOP && calls == CALLS / 2)
		xlate_stop(x);
	if (what == ROUND && calls == CALLS / 2)
		s->fcsr = RMM;
	return true;
}

static int set_up(void **state)
{
	struct xlate_config config = {.tier = XLATE_TRANSLATE,
	                              .top = TOP,
	                              .fetch = fetch,
	                              .trap = on_trap,
	                              .data = &x};

	(void)state;
	assert_ptr_equal(mmap((void *)CODE, PAGE, PROT_READ | PROT_WRITE,
	                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
	                      -1, 0),
	                 (void *)CODE);
	memcpy((void *)CODE, program, sizeof(program));
	assert_int_equal(xlate_create(&x, &config), 0);
	xlate_state(x)->pc = CODE;
	calls = traps = 0;
	what = COUNT;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	xlate_destroy(x);
	munmap((void *)CODE, PAGE);
	return 0;
}

static void declined_at_the_last(void)
{
	assert_int_equal(xlate_run(x), XLATE_SYSCALL);
	assert_int_equal(xlate_state(x)->pc, AFTER_CALL);
	assert_int_equal(calls, CALLS);
	assert_int_equal(traps, CALLS - 1);
	assert_int_equal(xlate_state(x)->x[5], CALLS - 1);
}

static void guest_goes_on(void **state)
{
	(void)state;
	declined_at_the_last();
}

/* Calls that are under way return to other host code than they came from. */
static void code_may_go(void **state)
{
	struct xlate_statistics statistics;

	(void)state;
	what = FORGET;
	declined_at_the_last();
	xlate_statistics(x, &statistics);
	assert_in_range(statistics.flushes, CALLS - 1, CALLS);
}

static void stop_is_seen(void **state)
{
	(void)state;
	what = STOP;
	assert_int_equal(xlate_run(x), XLATE_STOPPED);
	assert_int_equal(calls, CALLS / 2);
	assert_int_equal(xlate_state(x)->pc, AFTER_CALL);
	declined_at_the_last();
}

/* The interpreter calls nobody. */
static void state_may_be_for_the_interpreter(void **state)
{
	(void)state;
	what = ROUND;
	assert_int_equal(xlate_run(x), XLATE_ILLEGAL);
	assert_int_equal(calls, CALLS / 2);
	assert_int_equal(traps, CALLS / 2 - 1);
	assert_int_equal(xlate_state(x)->pc, AFTER_CALL);
	assert_int_equal(xlate_state(x)->fcsr, RMM);
}

/* The flags of floating-point operations are those of the state. */
static void flags_are_kept(void **state)
{
	struct xlate_state *s = xlate_state(x);

	(void)state;
	((uint32_t *)CODE)[1] = 0x1a1071d3; /* fdiv.d f3, f0, f1 */
	s->f[0] = UINT64_C(0x3ff0000000000000);
	s->f[1] = UINT64_C(0x4008000000000000); /* 1 / 3 is inexact */
	what = DIVIDE;
	assert_int_equal(xlate_run(x), XLATE_SYSCALL);
	assert_int_equal(s->fcsr, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(guest_goes_on, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(code_may_go, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(stop_is_seen, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(
	                state_may_be_for_the_interpreter, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(flags_are_kept, set_up,
	                                        tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
