/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * Any bytes as A64 code on the interpreter: a guest ends in a trap or is
 * stopped, and reaches nothing of the host's.
 *
 * Of the input, eight bytes seed registers and memory; then six at a time make
 * an instruction: a row of the decode table with operands, or four bytes as
 * they are.
 */

#define _GNU_SOURCE
#include "tests/fuzz/xlate_window.h"
#include "tests/unit/a64_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LENGTH 128u /* instructions at most */
#define STEP   6u   /* bytes of the input that make one */
#define ROWS   (sizeof(rows) / sizeof(rows[0]))

static struct xlate *x;

static void set_up(void)
{
	struct xlate_config config = {
	        .isa = XLATE_AARCH64, .top = TOP, .fetch = fetch};

	require(xlate_create(&x, &config) == 0);
	map_window();
	handle_signals();
}

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

static void fill(uint64_t from, struct xlate_state *s)
{
	seed = from;
	memset(s, 0, sizeof(*s));
	for (unsigned n = 0; n < 32; n++) {
		s->x[n] = next() % 4 ? any_address(x) : any_integer();
		s->v[n][0] = next() % 2 ? any_double() : any_integer();
		s->v[n][1] = (uint64_t)any_single_bits() << 32 | next() >> 32;
	}
	s->fpcr = (uint32_t)next() & AARCH64_FPCR;
	s->pc = CODE;
	for (unsigned n = 0; n < PAGE / 8; n++)
		((uint64_t *)DATA)[n] = ((uint64_t *)EDGE)[n] = next();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t from;
	enum xlate_exit exit;

	if (!x)
		set_up();
	if (size < sizeof(from) + STEP)
		return 0;
	memcpy(&from, data, sizeof(from));
	write_program(data + sizeof(from), size - sizeof(from));
	fill(from, xlate_state(x));
	xlate_forget(x, CODE, CODE + PAGE);
	exit = run_for(x, 4000);
	require(exit <= XLATE_EXECUTE);
	/* Zero is nobody's to write. */
	require(xlate_state(x)->x[AARCH64_ZERO] == 0);
	require_secret();
	return 0;
}
