/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * Random programs with branches, loads and stores, which are done some times
 * from anywhere on, and some of which fault: the translator ends at the same
 * place with the same registers and memory as the interpreter, which
 * test_xlate_rv64.c holds against libunicorn.
 */

#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/rv64_operands.h"
#include "tests/unit/test.h"
#include "tests/unit/xlate_kept.h"
#include "tests/unit/xlate_programs.h"

#define LENGTH   120u /* instructions of a program */
#define PROGRAMS 4000u
#define BASE     5u  /* the register that addresses memory */
#define ALIGNED  6u  /* likewise, of atomics */
#define NOWHERE  7u  /* addresses no memory */
#define ROUNDS   28u /* how often */

struct end {
	enum xlate_exit exit;
	uint64_t address;
	struct xlate_state state;
	uint8_t data[SIZE];
};

static bool is_memory(enum xlate_operation o)
{
	return (o >= OP_LOAD_S8 && o <= OP_STORE_64) ||
	       (o >= OP_FLOAD_S && o <= OP_FSTORE_D);
}

static bool is_atomic(enum xlate_operation o)
{
	return o >= OP_LOAD_RESERVED_32 && o <= OP_ATOMIC_MAXU_64;
}

/* Leaves the order of instructions, or the base registers' values. */
static bool is_unwanted(const struct row *row, uint32_t word)
{
	struct xlate_instruction i;

	riscv64_decode(&i, (const uint8_t *)&word, 4);
	switch (row->operation) {
	case OP_JUMP:
	case OP_JUMP_REGISTER:
	case OP_SYSCALL:
	case OP_BREAKPOINT:
	case OP_FENCE_CODE:
		return true;
	default:
		return !i.id || i.rd == BASE || i.rd == ALIGNED ||
		       i.rd == NOWHERE || i.rd == ROUNDS;
	}
}

static uint32_t with_base(uint32_t word, uint32_t number)
{
	return (word & ~(31u << 15)) | number << 15;
}

/* fflags, or a rounding mode that there is, most often one of the host's. */
static uint32_t any_control(uint32_t word)
{
	switch (next() % 4) {
	case 0: /* frflags, frrm */
		return 0x00002073 | (word & 31 << 7) |
		       (uint32_t)(1 + next() % 2) << 20;
	case 1:
		return (word & 0xfffff) | 1u << 20;
	}
	return 0x00205073 | (word & 31 << 7) |
	       (uint32_t)(next() % 16 ? next() % 4 : 4) << 15;
}

/* What computes with words, and what may see of which kind a register is. */
static bool is_frequent(enum xlate_operation o)
{
	return o <= OP_SRA_W || (o >= OP_MUL_W && o <= OP_REMU_W);
}

static const struct row *any_row(void)
{
	bool any = next() % 2;

	for (;;) {
		const struct row *row =
		        &rows[next() % (sizeof(rows) / sizeof(rows[0]))];

		if (any || is_frequent(row->operation))
			return row;
	}
}

/* The first of eight registers that a program uses most: ones that have host
 * registers of their own, or hardly any. */
static uint32_t few;

/* The register at LOW, which may also be part of a constant, is one of these,
 * often. */
static uint32_t with_few(uint32_t word, uint32_t mask, unsigned low)
{
	if (mask >> low & 31 || next() % 4 == 0)
		return word;
	return (word & ~(24u << low)) | few << low;
}

/* Any instruction; branches only over the next one. */
static uint32_t any_word(void)
{
	for (;;) {
		const struct row *row = any_row();
		uint32_t word = ((uint32_t)next() & ~row->mask) | row->match;

		for (unsigned low = 7; low <= 20; low += low == 7 ? 8 : 5)
			word = with_few(word, row->mask, low);
		/* x0, or a shift by nothing */
		if (!(row->mask >> 20 & 31) && next() % 8 == 0)
			word &= ~(31u << 20);
		if (row->operation >= OP_BRANCH_EQ &&
		    row->operation <= OP_BRANCH_GEU)
			return (word & 0x01fff07f) | 4u << 8; /* by 8 */
		if (row->operation == OP_CONTROL)
			word = any_control(word);
		if (!(row->mask & 0x7000) && next() % 2)
			word |= 0x7000; /* rounds as fcsr says */
		if (is_unwanted(row, word))
			continue;
		if (is_memory(row->operation))
			word = with_base(word, next() % 64 ? BASE : NOWHERE);
		if (is_atomic(row->operation))
			word = with_base(word, ALIGNED);
		/* addi BASE, BASE, -8 to 7, now and then */
		if (next() % 16 == 0)
			word = 0x13 | BASE << 7 | BASE << 15 |
			       (uint32_t)((next() % 16 - 8) << 20);
		return word;
	}
}

/* One of three that a program uses most. */
static uint32_t any_few(void)
{
	return few + (uint32_t)next() % 3;
}

/* slli, srli, slliw or srliw */
static uint32_t shift(bool right, bool word, uint32_t rd, uint32_t rs,
                      uint32_t amount)
{
	return (right ? 0x5013 : 0x1013) | (word ? 8 : 0) | rd << 7 | rs << 15 |
	       amount << 20;
}

/*
 * Two shifts in any order and what makes a rotation of them, nearly always; or
 * a shift to the left and one to the right, which is an extension by zeros; and
 * whatever is between them.
 */
static void put_shifts(uint32_t *code)
{
	uint32_t a = any_few(), b = any_few(), rs = any_few();
	bool word = next() % 2, right = next() % 2;
	uint32_t size = word ? 32 : 64;
	uint32_t amount = 1 + (uint32_t)next() % (size - 1);

	code += next() % (LENGTH - 8);
	if (next() % 4 == 0) {
		code[0] = shift(false, false, a, rs,
		                32 + (uint32_t)next() % 4 * 8);
		code[1 + next() % 2] =
		        shift(true, false, b, a, 32 + amount / 2);
		return;
	}
	code[0] = shift(right, word, a, rs, amount);
	/* What faults at times, and wants what has been shifted: sd */
	if (next() % 32 == 0)
		code[1] = 0x3423 | NOWHERE << 15 | a << 20;
	code[2 + next() % 2] =
	        shift(!right, word, b, rs, next() % 16 ? size - amount : 1);
	code[4 + next() % 4] = 0x6033 | any_few() << 7 | a << 15 | b << 20;
}

/* A quotient and what is left, of the same operands most often, in any order.
 */
static void put_division(uint32_t *code)
{
	uint32_t op = 0x02004033 | (next() % 2 ? 8 : 0) | /* of words */
	              (next() % 2 ? 0x1000 : 0);          /* unsigned */
	uint32_t operands = any_few() << 15 | any_few() << 20;
	uint32_t rest = next() % 2 ? 0x2000 : 0;

	code += next() % (LENGTH - 4);
	code[0] = op | operands | rest | any_few() << 7;
	if (next() % 8 == 0)
		op ^= next() % 2 ? 8 : 0x1000;
	code[1 + next() % 3] = op | operands | (rest ^ 0x2000) | any_few() << 7;
}

/* Addresses that are relative to pc: before the middle of a program the sum of
 * two halves, nearly always, behind it a jump to what follows or, now and then,
 * anywhere, perhaps by a call. */
static void put_addresses(uint32_t *code)
{
	uint32_t rd = any_few(), rs = next() % 8 ? rd : any_few();
	uint32_t sum = next() % 8 ? rd : any_few();
	uint32_t links[] = {0, 1, any_few()};

	code += next() % (LENGTH / 2 - 2);
	code[0] = 0x17 | rd << 7 | (uint32_t)next() << 12; /* auipc */
	code[1] = 0x13 | sum << 7 | rs << 15 |             /* addi */
	          (next() % 4 ? (uint32_t)next() << 20 : 0);
	code += LENGTH / 2;
	code[0] = 0x17 | links[2] << 7 |
	          (next() % 16 ? 0 : (uint32_t)next() << 12);
	code[1] = 0x67 | links[next() % 3] << 7 | links[2] << 15 |
	          8u << 20; /* jalr */
}

/* Behind a program, the last instruction of which may be a branch: the next
 * round, from anywhere on. */
static void put_end(uint32_t *code)
{
	uint32_t back = -(uint32_t)(LENGTH + 2 - next() % LENGTH) * 4;

	/* A reservation is not the one that the program before has left. */
	code[0] = 0x1000302f | ALIGNED << 15; /* lr.d zero, (ALIGNED) */
	code[LENGTH] = 0x00000013;            /* nop */
	code[LENGTH + 1] =
	        0xfff00013 | ROUNDS << 7 | ROUNDS << 15; /* addi -1 */
	code[LENGTH + 2] = 0x00001063 | ROUNDS << 15 |   /* bnez */
	                   (back >> 12 & 1) << 31 | (back >> 5 & 63) << 25 |
	                   (back >> 1 & 15) << 8 | (back >> 11 & 1) << 7;
	code[LENGTH + 3] = 0x00100073; /* ebreak */
}

static void fill(uint64_t from, struct xlate_state *s)
{
	seed = from;
	few = 8 + 8 * (uint32_t)(from % 3);
	for (unsigned n = 0; n < LENGTH; n++)
		((uint32_t *)CODE)[n] = any_word();
	for (unsigned n = 0; n < 16; n++)
		put_shifts((uint32_t *)CODE);
	for (unsigned n = 0; n < 4; n++)
		put_division((uint32_t *)CODE);
	put_addresses((uint32_t *)CODE);
	put_end((uint32_t *)CODE);
	for (unsigned n = 0; n < SIZE / 8; n++)
		((uint64_t *)DATA)[n] = next();
	memset(s, 0, sizeof(*s));
	for (unsigned n = 1; n < 32; n++)
		s->x[n] = next() >> next() % 64;
	for (unsigned n = 0; n < 32; n++)
		s->f[n] = next() % 2 ? any_double() : any_single();
	s->x[BASE] = DATA + SIZE / 2;
	s->x[ALIGNED] = DATA + SIZE / 2;
	s->x[NOWHERE] = next() % 2 ? DATA + 2 * SIZE : 0;
	s->x[ROUNDS] = 1 + next() % 3;
	s->pc = CODE;
}

static void run(enum way way, struct end *ends)
{
	struct xlate_config config = {.tier = way_tier(way),
	                              .top = TOP,
	                              .fetch = fetch,
	                              .patience = way_patience(way)};

	assert_int_equal(xlate_create(&x, &config), 0);
	for (unsigned p = 0; p < PROGRAMS; p += step(way)) {
		fill(p, xlate_state(x));
		xlate_forget(x, CODE, CODE + SIZE);
		if (way == KEPT)
			assert_true(keep_code(x, XLATE_RISCV64, CODE,
			                      (LENGTH + 2) * 4));
		ends[p].exit = xlate_run(x);
		ends[p].address = xlate_address(x);
		ends[p].state = *xlate_state(x);
		memcpy(ends[p].data, (void *)DATA, SIZE);
	}
	if (way == KEPT)
		assert_true(kept_blocks(x) >= PROGRAMS / KEPT_STEP);
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
	assert_memory_equal(a->state.f, b->state.f, sizeof(a->state.f));
	assert_int_equal(a->state.fcsr, b->state.fcsr);
	if (a->exit != XLATE_BREAKPOINT)
		assert_true(a->address == b->address);
	assert_memory_equal(a->data, b->data, SIZE);
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

/* A reservation need not hold, nor be for less than has been loaded; and
 * qemu-user 7.2 finds more than 32 zeros in a word. */
static bool is_open(uint32_t word)
{
	struct xlate_instruction i;

	riscv64_decode(&i, (const uint8_t *)&word, sizeof(word));
	return i.operation == OP_STORE_CONDITIONAL_32 ||
	       i.operation == OP_STORE_CONDITIONAL_64 ||
	       i.operation == OP_CTZ_W;
}

static const struct written written = {
        .riscv = true,
        .fill = fill,
        .size = (LENGTH + 4) * 4,
        .is_open = is_open,
        .nop = 0x00000013,
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
