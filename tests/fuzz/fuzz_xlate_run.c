/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * Any bytes as RISC-V code (xlate_tiers.h).
 *
 * Of the input, eight bytes seed registers and memory; then five at a time make
 * an instruction: a row of the decode table with operands, or four bytes as
 * they are.
 */

#define _GNU_SOURCE
#include "tests/fuzz/xlate_tiers.h"
#include "tests/unit/rv64_operands.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LENGTH 128u /* instructions at most */
#define ROWS   (sizeof(rows) / sizeof(rows[0]))

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

static void fill(struct xlate_state *s)
{
	for (unsigned n = 1; n < 32; n++)
		s->x[n] = next() % 4 ? any_address(tiers[TRANSLATED])
		                     : next() >> next() % 64;
	for (unsigned n = 0; n < 32; n++)
		s->f[n] = next() % 2 ? any_double() : any_single();
	s->fcsr = (uint32_t)next() % 4 << 5;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* sc.w x0, x0, (x0): no reservation is left. */
	static const uint8_t sc[] = {0xff, 0x2f, 0x20, 0x00, 0x18};
	uint64_t from;

	if (!tiers[0])
		set_up(XLATE_RISCV64);
	if (size < sizeof(from) + 5)
		return 0;
	memcpy(&from, data, sizeof(from));
	write_program(data + sizeof(from), size - sizeof(from));
	if (!check_tiers(from, fill)) {
		write_program(sc, sizeof(sc));
		check_tiers(0, fill);
	}
	return 0;
}
