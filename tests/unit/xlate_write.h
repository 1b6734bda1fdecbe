/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_XLATE_WRITE_H
#define BH_TESTS_XLATE_WRITE_H

/* For tests of random programs: these, as files for others to run
 * (tests/e2e/random_state.h). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/random_state.h"
#include "xlate/xlate.h"

/* Behind the memory at DATA lies none, here and there. */
static inline uint64_t moved(uint64_t value, uint64_t data)
{
	return value >= data && value <= data + 2 * RANDOM_SIZE
	               ? value - data + RANDOM_DATA
	               : value;
}

static inline void put_state(FILE *file, const struct xlate_state *s,
                             bool riscv, uint64_t data)
{
	struct random_state state = {.flags = riscv ? s->fcsr : s->nzcv,
	                             .fpsr = riscv ? 0 : s->fpsr};

	for (unsigned n = 0; n < 32; n++) {
		state.x[n] = moved(s->x[n], data);
		state.v[n][0] = riscv ? s->f[n] : s->v[n][0];
		state.v[n][1] = riscv ? 0 : s->v[n][1];
	}
	fwrite(&state, sizeof(state), 1, file);
}

struct written {
	bool riscv;
	/* Makes a program of SIZE bytes at CODE, and what it begins with. */
	void (*fill)(uint64_t from, struct xlate_state *s);
	uint32_t *code;
	size_t size;
	uint64_t data; /* it uses RANDOM_SIZE bytes there */
	/* Whether an architecture leaves open what the instruction does. */
	bool (*is_open)(uint32_t word);
	uint32_t nop; /* in its place */
};

static inline void put_code(FILE *file, const struct written *w)
{
	for (size_t n = 0; n < w->size / sizeof(w->code[0]); n++)
		if (w->is_open(w->code[n]))
			w->code[n] = w->nop;
	fwrite(w->code, w->size, 1, file);
}

/* Arguments: how many, two files.  The exit status. */
static inline int write_programs(char **arguments, const struct written *w)
{
	unsigned count = (unsigned)strtoul(arguments[0], NULL, 10);
	FILE *codes = fopen(arguments[1], "w"),
	     *states = fopen(arguments[2], "w");
	struct xlate_state s;
	bool failed;

	if (!codes || !states)
		return 1;
	for (unsigned n = 0; n < count; n++) {
		w->fill(n, &s);
		put_code(codes, w);
		put_state(states, &s, w->riscv, w->data);
	}
	failed = ferror(codes) || ferror(states);
	failed |= fclose(codes) != 0;
	failed |= fclose(states) != 0;
	return failed;
}

#endif
