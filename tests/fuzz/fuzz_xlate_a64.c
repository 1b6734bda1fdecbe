/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * Any bytes as A64 code (xlate_tiers.h).
 *
 * Of the input, eight bytes seed registers and memory; then six at a time make
 * an instruction: a row of the decode table with operands, or four bytes as
 * they are.
 */

#define _GNU_SOURCE
#include "tests/fuzz/xlate_tiers.h"
#include "tests/unit/a64_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LENGTH 128u /* instructions at most */
#define STEP   6u   /* bytes of the input that make one */
#define ROWS   (sizeof(rows) / sizeof(rows[0]))

static uint32_t instruction(const uint8_t bytes[STEP])
{
	uint16_t number;
	uint32_t word;

	memcpy(&number, bytes, sizeof(number));
	memcpy(&word, bytes + sizeof(number), sizeof(word));
	if (number % 1024 >= ROWS)
		return word;
	return (word & ~rows[number % 1024].mask) | rows[number % 1024].match;
}

static void write_program(const uint8_t *bytes, size_t size)
{
	uint32_t *code = open_code();

	for (unsigned n = 0; n < LENGTH && size >= STEP;
	     n++, bytes += STEP, size -= STEP)
		code[n] = instruction(bytes);
	close_code();
}

static void fill(struct xlate_state *s)
{
	for (unsigned n = 0; n < 32; n++) {
		s->x[n] = next() % 4 ? any_address(tiers[TRANSLATED])
		                     : any_integer();
		s->v[n][0] = next() % 2 ? any_double() : any_integer();
		s->v[n][1] = (uint64_t)any_single_bits() << 32 | next() >> 32;
	}
	s->nzcv = (uint32_t)next() & UINT32_C(0xf0000000);
	s->fpcr = (uint32_t)next() & AARCH64_FPCR;
	if (next() % 4) /* what host code is for */
		s->fpcr &= UINT32_C(3) << 22;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A number that is no row's, then clrex. */
	static const uint8_t clrex[] = {0xff, 0x03, 0x5f, 0x30, 0x03, 0xd5};
	uint64_t from;

	if (!tiers[0])
		set_up(XLATE_AARCH64);
	if (size < sizeof(from) + STEP)
		return 0;
	memcpy(&from, data, sizeof(from));
	write_program(data + sizeof(from), size - sizeof(from));
	if (!check_tiers(from, fill)) {
		write_program(clrex, sizeof(clrex));
		check_tiers(0, fill);
	}
	return 0;
}
