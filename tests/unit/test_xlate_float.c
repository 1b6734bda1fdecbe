/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * What RISC-V asks of floating point beyond what libunicorn knows: NaN boxes,
 * fmin and fmax of NaNs, infinity times zero plus a NaN, rounding modes that do
 * not exist.  The Instruction Set Manual, volume I, sections 11.2 to 12.2.
 */

#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/test.h"
#include "xlate/xlate.h"

#define TOP  UINT64_C(0x40000000)
#define CODE UINT64_C(0x10000000)
#define PAGE 0x1000u

#define BOX        UINT64_C(0xffffffff00000000)
#define NAN_S      (BOX | 0x7fc00000)
#define SNAN_S     (BOX | 0x7f800001)
#define ONE_S      (BOX | 0x3f800000)
#define TWO_S      (BOX | 0x40000000)
#define ZERO_S     BOX
#define MINUS_S    (BOX | 0x80000000)
#define INFINITE_S (BOX | 0x7f800000)
#define NAN_D      UINT64_C(0x7ff8000000000000)
#define SNAN_D     UINT64_C(0x7ff0000000000001)
#define ONE_D      UINT64_C(0x3ff0000000000000)
#define INVALID    16u
#define INEXACT    1u

/* f3 = operation(f1, f2, f4); or x3. */
static const struct {
	uint32_t word;
	const char *text;
	uint64_t a, b, c;
	uint32_t fcsr;
	uint64_t result;
	uint32_t flags;
	bool integer;
} cases[] = {
        {0x0020f1d3, "fadd.s", 0x3f800000, ONE_S, 0, 0, NAN_S, 0, 0},
        {0x0020f1d3, "fadd.s", ONE_S, BOX << 1, 0, 0, NAN_S, 0, 0},
        {0x0020f1d3, "fadd.s", ONE_S, ONE_S, 0, 0, TWO_S, 0, 0},
        {0x0020f1d3, "fadd.s", SNAN_S, ONE_S, 0, 0, NAN_S, INVALID, 0},
        {0x202081d3, "fsgnj.s", 0, MINUS_S, 0, 0, BOX | 0xffc00000, 0, 0},
        {0x202081d3, "fsgnj.s", ONE_S, MINUS_S, 0, 0, BOX | 0xbf800000, 0, 0},
        {0x202081d3, "fsgnj.s", ONE_S, 0x80000000, 0, 0, ONE_S, 0, 0},
        {0x282081d3, "fmin.s", SNAN_S, ONE_S, 0, 0, ONE_S, INVALID, 0},
        {0x282081d3, "fmin.s", NAN_S, ONE_S, 0, 0, ONE_S, 0, 0},
        {0x282081d3, "fmin.s", 0, ONE_S, 0, 0, ONE_S, 0, 0},
        {0x282081d3, "fmin.s", NAN_S, SNAN_S, 0, 0, NAN_S, INVALID, 0},
        {0x282081d3, "fmin.s", ZERO_S, MINUS_S, 0, 0, MINUS_S, 0, 0},
        {0x282091d3, "fmax.s", MINUS_S, ZERO_S, 0, 0, ZERO_S, 0, 0},
        {0x2a2081d3, "fmin.d", SNAN_D, ONE_D, 0, 0, ONE_D, INVALID, 0},
        {0x2a2091d3, "fmax.d", ONE_D, NAN_D, 0, 0, ONE_D, 0, 0},
        {0x2020f1c3, "fmadd.s", INFINITE_S, ZERO_S, NAN_S, 0, NAN_S, INVALID,
         0},
        {0x2020f1c3, "fmadd.s", ONE_S, ONE_S, NAN_S, 0, NAN_S, 0, 0},
        {0xe00081d3, "fmv.x.w", 0x80000000, 0, 0, 0, 0xffffffff80000000, 0, 1},
        {0xe00091d3, "fclass.s", 0x3f800000, 0, 0, 0, 1 << 9, 0, 1},
        {0xc000f1d3, "fcvt.w.s", 0x3f800000, 0, 0, 0, INT32_MAX, INVALID, 1},
        {0xc00091d3, "fcvt.w.s rtz", BOX | 0xbfc00000, 0, 0, 0, UINT64_MAX,
         INEXACT, 1},
        {0xc01091d3, "fcvt.wu.s rtz", BOX | 0xbfc00000, 0, 0, 0, 0, INVALID, 1},
        {0xc01091d3, "fcvt.wu.s rtz", BOX | 0xbf000000, 0, 0, 0, 0, INEXACT, 1},
        {0xc200c1d3, "fcvt.w.d rmm", 0x4004000000000000, 0, 0, 0, 3, INEXACT,
         1},
        {0x4200f1d3, "fcvt.d.s", 0, 0, 0, 0, NAN_D, 0, 0},
};

static struct xlate *x;

static uint64_t fetch(void *data, uint64_t address, uint64_t limit)
{
	(void)data;
	return address >= CODE && address < CODE + PAGE ? limit : 0;
}

static void set_up(enum xlate_tier tier)
{
	struct xlate_config config = {.tier = tier, .top = TOP, .fetch = fetch};

	assert_int_equal(xlate_create(&x, &config), 0);
	assert_ptr_equal(mmap((void *)CODE, PAGE, PROT_READ | PROT_WRITE,
	                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
	                      -1, 0),
	                 (void *)CODE);
	((uint16_t *)CODE)[2] = 0x9002; /* c.ebreak */
}

static void tear_down(void)
{
	xlate_destroy(x);
	munmap((void *)CODE, PAGE);
}

static enum xlate_exit execute(uint32_t word)
{
	memcpy((void *)CODE, &word, sizeof(word));
	xlate_forget(x, CODE, CODE + PAGE);
	xlate_state(x)->pc = CODE;
	return xlate_run(x);
}

static void check_cases(enum xlate_tier tier)
{
	set_up(tier);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xlate_state *s = xlate_state(x);
		uint64_t result;

		s->f[1] = cases[i].a;
		s->f[2] = cases[i].b;
		s->f[4] = cases[i].c;
		s->fcsr = cases[i].fcsr;
		assert_int_equal(execute(cases[i].word), XLATE_BREAKPOINT);
		result = cases[i].integer ? s->x[3] : s->f[3];
		if (result != cases[i].result || s->fcsr != cases[i].flags)
			fail_msg(
			        "%s of %lx, %lx, %lx is %lx with flags %x, not "
			        "%lx with %x",
			        cases[i].text, cases[i].a, cases[i].b,
			        cases[i].c, result, s->fcsr, cases[i].result,
			        cases[i].flags);
	}
	tear_down();
}

/* Modes 5 to 7 trap when they are used, not when they are set. */
static void check_modes(enum xlate_tier tier)
{
	set_up(tier);
	xlate_state(x)->fcsr = 5 << 5;
	assert_int_equal(execute(0x0020f1d3), XLATE_ILLEGAL); /* fadd.s, dyn */
	assert_int_equal(xlate_state(x)->pc, CODE);
	assert_int_equal(execute(0x002081d3), XLATE_BREAKPOINT); /* rne */
	assert_int_equal(execute(0x0020d1d3), XLATE_ILLEGAL);    /* 5 */
	tear_down();
}

static void interpreter_is_exact(void **state)
{
	(void)state;
	check_cases(XLATE_INTERPRET);
	check_modes(XLATE_INTERPRET);
}

static void translator_is_exact(void **state)
{
	(void)state;
	check_cases(XLATE_TRANSLATE);
	check_modes(XLATE_TRANSLATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(interpreter_is_exact),
	        cmocka_unit_test(translator_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
