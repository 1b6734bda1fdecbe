/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_XLATE_TIERS_H
#define BH_TESTS_XLATE_TIERS_H

/*
 * The same program on the translator and on the interpreter.  A guest ends in a
 * trap or is stopped; it reaches nothing of the host's, and the tiers agree on
 * registers, memory, and where and why it has ended.
 */

#include <stdbool.h>

#include "tests/fuzz/xlate_window.h"
#include "tests/unit/xlate_kept.h"

struct end {
	enum xlate_exit exit;
	uint64_t address;
	struct xlate_state state;
	uint8_t data[PAGE], edge[PAGE];
};

static struct xlate *tiers[WAYS];
static enum xlate_isa isa_of_tiers;

static void set_up(enum xlate_isa isa)
{
	isa_of_tiers = isa;
	for (unsigned n = 0; n < WAYS; n++) {
		struct xlate_config config = {
		        .isa = isa,
		        .tier = way_tier((enum way)n),
		        .top = TOP,
		        .code_size = 1 << 20,
		        .fetch = fetch,
		        .float_traps = UINT32_MAX,
		        .patience = way_patience((enum way)n),
		};

		/* All want to reserve the guard of the same window. */
		munmap((void *)TOP, XLATE_GUARD);
		require(xlate_create(&tiers[n], &config) == 0);
	}
	map_window();
	handle_signals();
}

/* What a guest begins with: registers here, memory from random numbers. */
typedef void fill_state(struct xlate_state *s);

static void run(enum way way, uint64_t from, fill_state *fill,
                struct end *end)
{
	struct xlate *x = tiers[way];

	seed = from;
	memset(xlate_state(x), 0, sizeof(struct xlate_state));
	fill(xlate_state(x));
	xlate_state(x)->pc = CODE;
	for (unsigned n = 0; n < PAGE / 8; n++)
		((uint64_t *)DATA)[n] = ((uint64_t *)EDGE)[n] = next();
	xlate_forget(x, CODE, CODE + PAGE);
	if (way == KEPT)
		require(keep_code(x, isa_of_tiers, CODE, PAGE));
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

/* All but x[32], which takes what is written to it. */
static bool are_equal(const struct end *a, const struct end *b)
{
	const size_t other = offsetof(struct xlate_state, x[33]);

	return a->exit == b->exit &&
	       (!is_fault(a->exit) || a->address == b->address) &&
	       !memcmp(a->state.x, b->state.x, 32 * sizeof(uint64_t)) &&
	       !memcmp((const uint8_t *)&a->state + other,
	               (const uint8_t *)&b->state + other,
	               sizeof(a->state) - other) &&
	       !memcmp(a->data, b->data, PAGE) &&
	       !memcmp(a->edge, b->edge, PAGE);
}

static void print(const struct end *e)
{
	const uint64_t *words = (const uint64_t *)&e->state;

	fprintf(stderr, "exit %d, address %lx; of the state:\n", e->exit,
	        e->address);
	for (unsigned n = 0; n < sizeof(e->state) / sizeof(*words); n++)
		fprintf(stderr, "%u: %lx\n", n, words[n]);
}

static void compare(const struct end *a, const struct end *b)
{
	if (are_equal(a, b))
		return;
	print(a);
	print(b);
	fail("the tiers agree");
}

/* Runs the program on all.  False: they were stopped, and may differ in what an
 * exclusive load has reserved. */
static bool check_tiers(uint64_t from, fill_state *fill)
{
	static struct end end[WAYS];
	bool stopped = false;

	for (enum way way = INTERPRETED; way < WAYS; way++) {
		run(way, from, fill, &end[way]);
		stopped |= end[way].exit == XLATE_STOPPED;
	}
	require_secret();
	if (stopped)
		return false;
	for (enum way way = TRANSLATED; way < WAYS; way++)
		compare(&end[INTERPRETED], &end[way]);
	return true;
}

#endif
