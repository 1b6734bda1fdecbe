/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_XLATE_PROGRAMS_H
#define BH_TESTS_XLATE_PROGRAMS_H

/* For tests of random programs, which may also be had as files for others to
 * run (tests/e2e/random_state.h). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/e2e/random_state.h"
#include "tests/unit/test.h"
#include "tests/unit/xlate_kept.h"

#define SIZE      RANDOM_SIZE /* of each, code and data */
#define CODE_SIZE SIZE
#include "tests/unit/xlate_guest.h"

#define DATA (CODE + 0x10000)

static inline void map_memory(void)
{
	for (uint64_t at = CODE; at <= DATA; at += DATA - CODE)
		assert_ptr_equal(
		        mmap((void *)at, SIZE, PROT_READ | PROT_WRITE,
		             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
		             -1, 0),
		        (void *)at);
}

/* It takes longer to make translations of one program than to run many. */
#define KEPT_STEP 8u

static inline unsigned step(enum way way)
{
	return way == KEPT ? KEPT_STEP : 1;
}

/* Behind the memory at DATA lies none, here and there. */
static inline uint64_t moved(uint64_t value)
{
	return value >= DATA && value <= DATA + 2 * SIZE
	               ? value - DATA + RANDOM_DATA
	               : value;
}

static inline void put_state(FILE *file, const struct xlate_state *s,
                             bool riscv)
{
	struct random_state state = {.flags = riscv ? s->fcsr : s->nzcv,
	                             .fpsr = riscv ? 0 : s->fpsr};

	for (unsigned n = 0; n < 32; n++) {
		state.x[n] = moved(s->x[n]);
		state.v[n][0] = riscv ? s->f[n] : s->v[n][0];
		state.v[n][1] = riscv ? 0 : s->v[n][1];
	}
	fwrite(&state, sizeof(state), 1, file);
}

struct written {
	bool riscv;
	/* Makes a program of SIZE bytes at CODE, and what it begins with. */
	void (*fill)(uint64_t from, struct xlate_state *s);
	size_t size;
	/* Whether an architecture leaves open what the instruction does. */
	bool (*is_open)(uint32_t word);
	uint32_t nop; /* in its place */
};

static inline void put_code(FILE *file, const struct written *w)
{
	uint32_t *code = (uint32_t *)CODE;

	for (size_t n = 0; n < w->size / sizeof(code[0]); n++)
		if (w->is_open(code[n]))
			code[n] = w->nop;
	fwrite(code, w->size, 1, file);
}

/* Arguments: how many, two files.  The exit status. */
static inline int write_programs(char **arguments, const struct written *w)
{
	unsigned count = (unsigned)strtoul(arguments[0], NULL, 10);
	FILE *codes = fopen(arguments[1], "w"),
	     *states = fopen(arguments[2], "w");
	struct xlate_state s;
	bool failed;

	map_memory();
	if (!codes || !states)
		return 1;
	for (unsigned n = 0; n < count; n++) {
		w->fill(n, &s);
		put_code(codes, w);
		put_state(states, &s, w->riscv);
	}
	failed = ferror(codes) || ferror(states);
	failed |= fclose(codes) != 0;
	failed |= fclose(states) != 0;
	return failed;
}

#endif
