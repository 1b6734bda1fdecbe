/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * Random programs with branches, loads and stores: the translator leaves the
 * same registers and memory as the interpreter, which test_xlate_rv64.c holds
 * against libunicorn.
 */

#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/rv64_operands.h"
#include "tests/unit/test.h"

#define TOP      UINT64_C(0x40000000)
#define CODE     UINT64_C(0x10000000)
#define DATA     UINT64_C(0x10010000)
#define SIZE     0x4000u
#define LENGTH   120u /* instructions of a program */
#define PROGRAMS 300u
#define BASE     5u /* the register that addresses memory */
#define ALIGNED  6u /* likewise, of atomics */

static uint64_t fetch(void *data, uint64_t address, uint64_t limit)
{
	(void)data;
	return address >= CODE && address < CODE + SIZE ? limit : 0;
}

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
		return !i.id || i.rd == BASE || i.rd == ALIGNED;
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

/* Any instruction; branches only over the next one. */
static uint32_t any_word(void)
{
	for (;;) {
		const struct row *row =
		        &rows[next() % (sizeof(rows) / sizeof(rows[0]))];
		uint32_t word = ((uint32_t)next() & ~row->mask) | row->match;

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
			word = with_base(word, BASE);
		if (is_atomic(row->operation))
			word = with_base(word, ALIGNED);
		/* addi BASE, BASE, -8 to 7, now and then */
		if (next() % 16 == 0)
			word = 0x13 | BASE << 7 | BASE << 15 |
			       (uint32_t)((next() % 16 - 8) << 20);
		return word;
	}
}

static void fill(uint64_t from, struct xlate_state *s)
{
	seed = from;
	for (unsigned n = 0; n < LENGTH; n++)
		((uint32_t *)CODE)[n] = any_word();
	((uint32_t *)CODE)[LENGTH] = 0x00100073;     /* ebreak */
	((uint32_t *)CODE)[LENGTH + 1] = 0x00100073; /* a branch's target */
	for (unsigned n = 0; n < SIZE / 8; n++)
		((uint64_t *)DATA)[n] = next();
	memset(s, 0, sizeof(*s));
	for (unsigned n = 1; n < 32; n++)
		s->x[n] = next() >> next() % 64;
	for (unsigned n = 0; n < 32; n++)
		s->f[n] = next() % 2 ? any_double() : any_single();
	s->x[BASE] = DATA + SIZE / 2;
	s->x[ALIGNED] = DATA + SIZE / 2;
	s->pc = CODE;
}

static void run(enum xlate_tier tier, struct xlate_state *result, uint8_t *data)
{
	struct xlate_config config = {.tier = tier, .top = TOP, .fetch = fetch};
	struct xlate *x;

	assert_int_equal(xlate_create(&x, &config), 0);
	for (unsigned p = 0; p < PROGRAMS; p++) {
		fill(p, xlate_state(x));
		xlate_forget(x, CODE, CODE + SIZE);
		assert_int_equal(xlate_run(x), XLATE_BREAKPOINT);
		result[p] = *xlate_state(x);
		memcpy(data + p * SIZE, (void *)DATA, SIZE);
	}
	xlate_destroy(x);
}

static void tiers_agree(void **state)
{
	static struct xlate_state result[2][PROGRAMS];
	static uint8_t data[2][PROGRAMS * SIZE];

	(void)state;
	for (uint64_t at = CODE; at <= DATA; at += DATA - CODE)
		assert_ptr_equal(
		        mmap((void *)at, SIZE, PROT_READ | PROT_WRITE,
		             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
		             -1, 0),
		        (void *)at);
	run(XLATE_INTERPRET, result[0], data[0]);
	run(XLATE_TRANSLATE, result[1], data[1]);
	for (unsigned p = 0; p < PROGRAMS; p++) {
		assert_true(result[0][p].pc == result[1][p].pc);
		for (unsigned n = 0; n < 32; n++)
			if (result[0][p].x[n] != result[1][p].x[n])
				fail_msg("program %u: x%u is %lx, not %lx", p,
				         n, result[1][p].x[n],
				         result[0][p].x[n]);
		assert_memory_equal(result[0][p].f, result[1][p].f,
		                    sizeof(result[0][p].f));
		assert_int_equal(result[0][p].fcsr, result[1][p].fcsr);
		assert_memory_equal(data[0] + p * SIZE, data[1] + p * SIZE,
		                    SIZE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(tiers_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
