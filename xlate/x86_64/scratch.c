/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/host.h"

/*
 * Scratch registers as a cache of guest registers that have a place in memory
 * only.  Memory always has the same value, so to forget is free, and a fault
 * finds all where it belongs.
 */

static uint64_t bit(unsigned number)
{
	return UINT64_C(1) << number;
}

unsigned scratch_find(const struct translation *t, unsigned number)
{
	unsigned reg = 0;

	while (reg < SCRATCH_COUNT && !(t->scratch.holds[reg] & bit(number)))
		reg++;
	return reg < SCRATCH_COUNT ? reg : NO_REGISTER;
}

void scratch_forget(struct translation *t)
{
	t->scratch = (struct scratch){.in_use = false};
}

static void lock_register(struct translation *t, unsigned number)
{
	unsigned reg = scratch_find(t, number);

	if (reg != NO_REGISTER)
		t->scratch.locked |= 1u << reg;
}

void scratch_allow(struct translation *t)
{
	t->scratch.in_use = true;
}

void scratch_lock(struct translation *t, const struct xlate_instruction *i)
{
	t->scratch.locked = 0;
	lock_register(t, i->rs1);
	lock_register(t, i->rs2);
}

void scratch_unlock(struct translation *t)
{
	t->scratch.locked = 0;
}

void scratch_drop(struct translation *t, unsigned number)
{
	for (unsigned reg = 0; reg < SCRATCH_COUNT; reg++)
		t->scratch.holds[reg] &= ~bit(number);
}

void scratch_hold(struct translation *t, unsigned reg, unsigned number)
{
	scratch_drop(t, number);
	if (t->scratch.in_use && reg < SCRATCH_COUNT &&
	    guest(t, number).memory && number != XLATE_SINK)
		t->scratch.holds[reg] |= bit(number);
}

bool scratch_own(struct translation *t, unsigned reg, unsigned number)
{
	t->scratch.locked |= 1u << reg;
	return t->scratch.holds[reg] == bit(number);
}

/* How many instructions it takes from the next one on until a register that
 * REG holds is read; FAR: too many, or it has another value before. */
#define FAR 16u

static unsigned distance(const struct translation *t, unsigned reg)
{
	uint64_t holds = t->scratch.holds[reg];
	unsigned n = 0;

	for (const struct xlate_instruction *i = t->at;
	     holds && n < FAR && ++i < t->end; n++) {
		if (holds & (bit(i->rs1) | (i->immediate ? 0 : bit(i->rs2))))
			return n;
		holds &= ~bit(i->rd);
	}
	return FAR;
}

unsigned scratch_take(struct translation *t)
{
	unsigned best = 0, far = 0;

	for (unsigned reg = 0; reg < SCRATCH_COUNT; reg++) {
		unsigned n = distance(t, reg) + 1;

		if (n > far && !(t->scratch.locked & 1u << reg)) {
			best = reg;
			far = n;
		}
	}
	t->scratch.holds[best] = 0;
	t->scratch.locked |= 1u << best;
	return best;
}
