/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * Any bytes as code, on the translator and on the interpreter.  A guest ends in
 * a trap or is stopped; it reaches nothing of the host's, and the tiers agree
 * on registers, memory, and where and why it has ended.
 *
 * Of the input, eight bytes seed registers and memory; then five at a time make
 * an instruction: a row of the decode table with operands, or four bytes as
 * they are.
 */

#define _GNU_SOURCE
#include <stdbool.h>

#include "tests/fuzz/xlate_window.h"
#include "tests/unit/rv64_operands.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LENGTH 128u /* instructions at most */
#define ROWS   (sizeof(rows) / sizeof(rows[0]))

enum tier { INTERPRETED, TRANSLATED, TIERS };

struct end {
	enum xlate_exit exit;
	uint64_t address;
	struct xlate_state state;
	uint8_t data[PAGE], edge[PAGE];
};

static struct xlate *tiers[TIERS];

/* ----------------------------------------------------------------- set-up */

static void set_up(void)
{
	for (unsigned n = 0; n < TIERS; n++) {
		struct xlate_config config = {
		        .tier = n == TRANSLATED ? XLATE_TRANSLATE
		                                : XLATE_INTERPRET,
		        .top = TOP,
		        .code_size = 1 << 20,
		        .fetch = fetch,
		};

		/* Both want to reserve the guard of the same window. */
		munmap((void *)TOP, XLATE_GUARD);
		require(xlate_create(&tiers[n], &config) == 0);
	}
	map_window();
	handle_signals();
}

/* ------------------------------------------------------------- the program */

/* Most branches and jumps stay within the program. */
static uint32_t near_branch(uint32_t word)
{
	uint32_t negative = word >> 31 ? 0xfe000080 : 0;

	return (word & 0x01ffff7f) | negative;
}

static uint32_t near_jump(uint32_t word)
{
	uint32_t negative = word >> 31 ? 0xfe1ff000 : 0;

	return (word & 0x01e00fff) | negative;
}

static uint32_t instruction(const uint8_t bytes[5])
{
	const struct row *row;
	uint32_t word;

	memcpy(&word, bytes + 1, sizeof(word));
	if (bytes[0] >= ROWS)
		return word;
	row = &rows[bytes[0]];
	word = (word & ~row->mask) | row->match;
	if (row->operation >= OP_BRANCH_EQ && row->operation <= OP_BRANCH_GEU)
		return near_branch(word);
	if (row->operation == OP_JUMP)
		return near_jump(word);
	if (row->operation == OP_CONTROL && !(word >> 31)) /* fcsr is there */
		return (word & 0xfffff) | (1 + (word >> 20) % 3) << 20;
	return word;
}

static void write_program(const uint8_t *bytes, size_t size)
{
	uint32_t *code = open_code();

	for (unsigned n = 0; n < LENGTH && size >= 5;
	     n++, bytes += 5, size -= 5)
		code[n] = instruction(bytes);
	close_code();
}

static void fill(uint64_t from, struct xlate_state *s)
{
	seed = from;
	memset(s, 0, sizeof(*s));
	for (unsigned n = 1; n < 32; n++)
		s->x[n] = next() % 4 ? any_address(tiers[TRANSLATED])
		                     : next() >> next() % 64;
	for (unsigned n = 0; n < 32; n++)
		s->f[n] = next() % 2 ? any_double() : any_single();
	s->fcsr = (uint32_t)next() % 4 << 5;
	s->pc = CODE;
	for (unsigned n = 0; n < PAGE / 8; n++)
		((uint64_t *)DATA)[n] = ((uint64_t *)EDGE)[n] = next();
}

/* ---------------------------------------------------------------- the runs */

static void run(enum tier tier, uint64_t from, struct end *end)
{
	struct xlate *x = tiers[tier];

	fill(from, xlate_state(x));
	xlate_forget(x, CODE, CODE + PAGE);
	end->exit = run_for(x, 4000);
	end->address = xlate_address(x);
	end->state = *xlate_state(x);
	memcpy(end->data, (void *)DATA, PAGE);
	memcpy(end->edge, (void *)EDGE, PAGE);
}

static bool is_fault(enum xlate_exit exit)
{
	return exit == XLATE_READ || exit == XLATE_WRITE ||
	       exit == XLATE_EXECUTE;
}

static bool are_equal(const struct end *a, const struct end *b)
{
	return a->exit == b->exit &&
	       (!is_fault(a->exit) || a->address == b->address) &&
	       a->state.pc == b->state.pc && a->state.fcsr == b->state.fcsr &&
	       !memcmp(a->state.x, b->state.x, 32 * sizeof(uint64_t)) &&
	       !memcmp(a->state.f, b->state.f, sizeof(a->state.f)) &&
	       !memcmp(a->data, b->data, PAGE) &&
	       !memcmp(a->edge, b->edge, PAGE);
}

static void print(const struct end *e)
{
	fprintf(stderr, "exit %d, address %lx, pc %lx, fcsr %x\n", e->exit,
	        e->address, e->state.pc, e->state.fcsr);
	for (unsigned n = 0; n < 32; n++)
		fprintf(stderr, "x%u %lx, f%u %lx\n", n, e->state.x[n], n,
		        e->state.f[n]);
}

static void compare(const struct end *a, const struct end *b)
{
	if (are_equal(a, b))
		return;
	print(a);
	print(b);
	fail("the tiers agree");
}

/* Who was stopped may hold a reservation that the other does not: none does
 * after sc.w x0, x0, (x0). */
static void forget_reservations(void)
{
	static const uint8_t sc[] = {0xff, 0x2f, 0x20, 0x00, 0x18};
	struct end end;

	write_program(sc, sizeof(sc));
	for (enum tier t = INTERPRETED; t < TIERS; t++)
		run(t, 0, &end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct end end[TIERS];
	uint64_t from;

	if (!tiers[0])
		set_up();
	if (size < sizeof(from) + 5)
		return 0;
	memcpy(&from, data, sizeof(from));
	write_program(data + sizeof(from), size - sizeof(from));
	for (enum tier t = INTERPRETED; t < TIERS; t++)
		run(t, from, &end[t]);
	require_secret();
	if (end[0].exit == XLATE_STOPPED || end[1].exit == XLATE_STOPPED)
		forget_reservations();
	else
		compare(&end[INTERPRETED], &end[TRANSLATED]);
	return 0;
}
