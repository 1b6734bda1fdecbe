/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * Random programs of A64 in which flags are set, lost and read, registers that
 * have been compared change, branches are taken or not, all is done some times
 * from anywhere on, and every now and then memory faults: both tiers end at the
 * same place with the same registers, flags and memory.  test_xlate_a64.c holds
 * single instructions against libunicorn.
 */

#define _GNU_SOURCE
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/a64_rows.h"
#include "tests/unit/test.h"
#include "tests/unit/xlate_kept.h"
#include "tests/unit/xlate_programs.h"

#define LENGTH   60u /* instructions of a program */
#define PROGRAMS 3000u
#define FEW      8u  /* registers that most instructions use */
#define BASE     28u /* addresses memory */
#define NOWHERE  27u /* does not */
#define INDEX    26u /* is small, if nothing else happens to it */
#define ROUNDS   25u /* how often */
#define ONE      UINT64_C(0x3ff0000000000000)
#define ROWS     (sizeof(rows) / sizeof(rows[0]))

/* Half of what there would be: both kinds of code for it are run. */
#define FLOAT_TRAPS 800u

struct end {
	enum xlate_exit exit;
	uint64_t address;
	struct xlate_state state;
	uint64_t data;
};

static bool begins(const struct row *row, const char *name)
{
	const char *at = row->name;

	while (*name && *name == *at)
		name++, at++;
	return !*name;
}

static bool is_access(const struct row *row)
{
	return is_atomic(row->name) || begins(row, "ld") || begins(row, "st");
}

/* What goes elsewhere, and what reads pc. */
static bool is_unwanted(const struct row *row)
{
	static const char *const names[] = {
	        "b",       "bl",      "br",      "blr",     "ret",
	        "svc",     "brk",     "hint",    "ic_ivau", "dc_zva",
	        "dc_cvac", "dc_cvau", "dc_civac"};

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		if (!strcmp(row->name, names[n]))
			return true;
	return strstr(row->name, "literal") || strstr(row->name, "fpcr");
}

/* The flags' friends; scalars, and what else is done to the registers that have
 * them; what keeps registers in the host's scratch registers. */
#define OFTEN 12u
#define KINDS 3u
static const char *const often[KINDS][OFTEN] = {
        {"subs", "ands", "adds", "csel", "csinc", "b_cond", "ccmp", "adc",
         "ldr_x", "str_w", "sub_i", "ldp_x"},
        {"fadd_f", "fmul_f", "fmadd_f", "fneg_f", "fsqrt_f", "frintx_f",
         "fabd_v", "fcsel", "ldr_d", "ldr_q", "ins_element", "mul_v"},
        {"add_", "sub", "and", "orr", "tb", "adds", "subs", "csel_", "ldr_x_o",
         "str_x_o", "ubfm", "ldp_x_o"},
};

/* One of a list, or any. */
static const struct row *any_row(const char *const *list)
{
	unsigned others = list == often[2] ? 16 : 2;
	const char *name = next() % others ? list[next() % OFTEN] : "";

	for (;;) {
		const struct row *row = &rows[next() % ROWS];

		if (!begins(row, name) || is_unwanted(row))
			continue;
		/* Most end a program: the base is seldom aligned. */
		if (!is_atomic(row->name) || next() % 4 == 0)
			return row;
	}
}

/* Numbers are few, most often, at LOW: of some the host has no register. */
static uint32_t with_few(uint32_t word, uint32_t mask, unsigned low)
{
	static const uint8_t few[FEW] = {0, 1, 2, 5, 6, 7, 8, 9};
	uint32_t number = word >> low & 31;

	if (mask >> low & 31 || next() % 16 == 0)
		return word;
	if (number != 31)
		number = few[number % FEW];
	return (word & ~(31u << low)) | number << low;
}

/* Branches lead over the next instruction. */
static uint32_t any_word(const char *const *list)
{
	const struct row *row = any_row(list);
	uint32_t word = ((uint32_t)next() & ~row->mask) | row->match;
	uint32_t base = next() % 64 ? BASE : NOWHERE;

	word = with_few(word, row->mask, 0);
	word = with_few(word, row->mask, 5);
	word = with_few(word, row->mask, 16);
	if (begins(row, "tb"))
		word = (word & ~(0x3fffu << 5)) | 2u << 5;
	else if (begins(row, "cb") || begins(row, "b_cond"))
		word = (word & ~(0x7ffffu << 5)) | 2u << 5;
	else if (is_access(row))
		word = (word & ~(31u << 5)) | base << 5;
	if (is_access(row) && !is_atomic(row->name) && !(row->mask >> 16 & 31))
		word = (word & ~(31u << 16)) | INDEX << 16;
	return word;
}

static bool is_usable(uint32_t word)
{
	struct xlate_instruction i;

	aarch64_decode(&i, (const uint8_t *)&word, 4);
	return i.id && i.rd != BASE && i.rd != NOWHERE && i.rd != ROUNDS &&
	       i.rs3 != BASE && i.rs3 != NOWHERE && i.rs3 != ROUNDS;
}

/* Behind a program, the last instruction of which may be a branch: the next
 * round, from anywhere on. */
static void put_end(uint32_t *code)
{
	uint32_t back = (uint32_t)(LENGTH + 2 - next() % LENGTH);

	code[LENGTH] = 0xd503201f;                            /* nop */
	code[LENGTH + 1] = 0xd1000400 | ROUNDS << 5 | ROUNDS; /* sub, 1 */
	code[LENGTH + 2] = 0xb5000000 | (-back & 0x7ffff) << 5 | ROUNDS;
	code[LENGTH + 3] = 0xd4200000; /* brk */
}

/* rbit and clz of one register, 32 bits or 64: what they leave is made at once.
 */
static void put_pair(uint32_t *code)
{
	uint32_t to = next() % FEW, from = next() % FEW,
	         w = (uint32_t)next() << 31;

	code[0] = 0x5ac00000 | w | from << 5 | to;
	code[1] = 0x5ac01000 | w | to << 5 | to;
}

/* A register that has been compared with a constant moves a little. */
static void put_step(uint32_t *code)
{
	uint32_t number = next() % FEW, w = (uint32_t)next() << 31,
	         to = next() % 2 ? 31 : next() % FEW;

	code[0] = 0x71000000 | w | (next() % 300) << 10 | number << 5 | to;
	code[1] = 0x11000000 | ((uint32_t)next() & UINT32_C(0xc0000000)) |
	          (next() % 150) << 10 | number << 5 | number;
}

/* ccmp or ccmn, and a branch over the next instruction. */
static void put_choice(uint32_t *code)
{
	uint32_t second = next() % FEW << 16 | (uint32_t)(next() % 2) << 11,
	         first = next() % FEW << 5 | (next() & 15);

	code[0] = 0x3a400000 | ((uint32_t)next() & UINT32_C(0xc0000000)) |
	          second | (uint32_t)(next() % 15) << 12 | first;
	code[1] = 0x54000040 | next() % 15;
}

/* One part of a constant, the first of which is most often not a movk. */
static uint32_t any_part(uint32_t number, bool first)
{
	static const uint32_t firsts[] = {0x12800000, 0x52800000, 0x72800000};
	uint32_t w = next() % 4 ? UINT32_C(1) << 31 : 0;

	if (first && next() % 4 == 0)
		return 0xb200f3e0 | number; /* mov, 0x5555... */
	return w | firsts[first ? next() % 3 : 2] | next() % (w ? 4 : 2) << 21 |
	       (next() & 0xffff) << 5 | number;
}

/* Two constants, in turn. */
#define PARTS 5u
static void put_constants(uint32_t *code)
{
	uint32_t numbers[2] = {next() % FEW, next() % FEW};

	for (unsigned n = 0; n < PARTS; n++)
		code[n] = any_part(numbers[next() % 4 ? n % 2 : 0], n < 2);
}

/* Memory at one sum, loaded and stored; the index may be what is loaded. */
static void put_twice(uint32_t *code)
{
	static const uint32_t ways[] = {0x4800, 0x5800, 0x6800, 0x7800, 0xc800};
	uint32_t sum = INDEX << 16 | ways[next() % 5] | BASE << 5;

	code[0] = 0xf8600000 | sum | (next() % 16 ? next() % FEW : INDEX);
	code[1] = (next() % 2 ? 0xf8200000 : 0xfc600000) | sum | next() % FEW;
}

static void fill(uint64_t from, struct xlate_state *s)
{
	uint32_t *code = (uint32_t *)CODE;

	seed = from;
	for (unsigned n = 0; n < LENGTH; n++) {
		do
			code[n] = any_word(often[from % KINDS]);
		while (!is_usable(code[n]));
		if (n && next() % 32 == 0)
			put_pair(&code[n - 1]);
		if (n && next() % 16 == 0)
			put_step(&code[n - 1]);
		if (n && next() % 16 == 0)
			put_choice(&code[n - 1]);
		if (n && next() % 32 == 0)
			put_twice(&code[n - 1]);
		if (n >= PARTS && next() % 32 == 0)
			put_constants(&code[n - PARTS]);
	}
	put_end(code);
	for (unsigned n = 0; n < SIZE / 8; n++)
		((uint64_t *)DATA)[n] = next();
	memset(s, 0, sizeof(*s));
	for (unsigned n = 0; n < 32; n++) {
		s->x[n] = any_integer();
		/* from one to two */
		s->v[n][0] = ONE | next() >> 12;
		s->v[n][1] = ONE | next() >> 12;
	}
	s->x[BASE] = DATA + SIZE / 2;
	s->x[INDEX] = next() % 16 * 8;
	s->x[ROUNDS] = 1 + next() % 4;
	s->x[NOWHERE] = next() % 2 ? DATA + 2 * SIZE : next();
	s->nzcv = (uint32_t)next() & UINT32_C(0xf0000000);
	s->pc = CODE;
}

static uint64_t sum_of_data(void)
{
	uint64_t sum = 0;

	for (unsigned n = 0; n < SIZE / 8; n++)
		sum = (sum ^ ((uint64_t *)DATA)[n]) *
		      UINT64_C(0x9e3779b97f4a7c15);
	return sum;
}

static void run(enum way way, struct end *ends)
{
	struct xlate_config config = {.isa = XLATE_AARCH64,
	                              .tier = way_tier(way),
	                              .top = TOP,
	                              .fetch = fetch,
	                              .float_traps = FLOAT_TRAPS,
	                              .patience = way_patience(way)};
	struct xlate_statistics statistics;
	volatile double zero = 0;

	assert_int_equal(xlate_create(&x, &config), 0);
	for (unsigned p = 0; p < PROGRAMS; p += step(way)) {
		fill(p, xlate_state(x));
		xlate_forget(x, CODE, CODE + SIZE);
		if (way == KEPT)
			assert_true(keep_code(x, XLATE_AARCH64, CODE,
			                      (LENGTH + 2) * 4));
		ends[p].exit = xlate_run(x);
		/* No exception is left unmasked. */
		assert_true(isnan(zero / zero));
		ends[p].address = xlate_address(x);
		ends[p].state = *xlate_state(x);
		ends[p].data = sum_of_data();
	}
	if (way == KEPT)
		assert_true(kept_blocks(x) >= PROGRAMS / KEPT_STEP);
	xlate_statistics(x, &statistics);
	if (way == TRANSLATED && __builtin_cpu_supports("avx2"))
		assert_int_equal(statistics.float_traps, FLOAT_TRAPS);
	xlate_destroy(x);
}

static void compare(unsigned p, const struct end *a, const struct end *b)
{
	assert_int_equal(a->exit, b->exit);
	if (a->state.pc != b->state.pc)
		fail_msg("program %u: ends at %lx, not %lx", p, b->state.pc,
		         a->state.pc);
	for (unsigned n = 0; n < 32; n++)
		if (a->state.x[n] != b->state.x[n])
			fail_msg("program %u: x%u is %lx, not %lx at %lx", p, n,
			         b->state.x[n], a->state.x[n], a->state.pc);
	if (a->state.nzcv != b->state.nzcv)
		fail_msg("program %u: NZCV is %x, not %x at %lx", p,
		         b->state.nzcv, a->state.nzcv, a->state.pc);
	assert_memory_equal(a->state.v, b->state.v, sizeof(a->state.v));
	assert_int_equal(a->state.fpsr, b->state.fpsr);
	if (a->exit != XLATE_BREAKPOINT)
		assert_int_equal(a->address, b->address);
	assert_true(a->data == b->data);
}

static void tiers_agree(void **state)
{
	static struct end ends[WAYS][PROGRAMS];
	unsigned faults = 0;

	(void)state;
	handle_faults();
	map_memory();
	for (enum way way = INTERPRETED; way < WAYS; way++)
		run(way, ends[way]);
	for (unsigned p = 0; p < PROGRAMS; p++) {
		compare(p, &ends[INTERPRETED][p], &ends[TRANSLATED][p]);
		compare(p, &ends[INTERPRETED][p], &ends[MIXED][p]);
		if (p % KEPT_STEP == 0)
			compare(p, &ends[INTERPRETED][p], &ends[KEPT][p]);
		faults += ends[0][p].exit != XLATE_BREAKPOINT;
	}
	assert_in_range(faults, PROGRAMS / 10, PROGRAMS * 9 / 10);
}

/* Two registers loaded are one; or the index is loaded, and may reach anything.
 */
static bool loads_badly(uint32_t word)
{
	struct xlate_instruction i;

	aarch64_decode(&i, (const uint8_t *)&word, sizeof(word));
	return i.rd == i.rs3 || i.rd == INDEX || i.rs3 == INDEX;
}

/* What differs from processor to processor, and what needs an aligned address,
 * which qemu-user does not always say. */
static bool is_open(uint32_t word)
{
	static const char *const names[] = {
	        "ldx", "stx", "lda", "stl", "mrs_ctr", "mrs_dczid", "msr_fpsr"};
	const char *name = aarch64_name(word);

	if (!name)
		return false;
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		if (!strncmp(name, names[n], strlen(names[n])))
			return true;
	return is_atomic(name) ||
	       (!strncmp(name, "ld", 2) && loads_badly(word));
}

static const struct written written = {
        .fill = fill,
        .size = (LENGTH + 4) * 4,
        .is_open = is_open,
        .nop = 0xd503201f,
};

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(tiers_agree),
	};

	if (count == 4)
		return write_programs(arguments + 1, &written);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
