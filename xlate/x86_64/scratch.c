/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/host.h"

/*
 * Scratch registers as a cache of guest registers that have a place in memory
 * only.  Each may be newer than memory for one of those it holds, which is then
 * noted with the place in host code, for the handler of a fault.  Kept
 * translations have no such notes, and memory is always written.
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

/* The register that REG alone has the value of, or 0. */
static unsigned newer(const struct translation *t, unsigned reg)
{
	return t->scratch.newer >> SCRATCH_SHIFT * reg & SCRATCH_MASK;
}

static void set_newer(struct translation *t, unsigned reg, unsigned number)
{
	t->scratch.newer &= ~(SCRATCH_MASK << SCRATCH_SHIFT * reg);
	t->scratch.newer |= number << SCRATCH_SHIFT * reg;
}

static void store(struct translation *t, unsigned reg)
{
	unsigned number = newer(t, reg);

	if (!number)
		return;
	emit_op(t->e, X86_STORE | X86_W, reg, t->host->places[number]);
	set_newer(t, reg, 0);
	note_origin(t, t->pc);
}

void scratch_store(struct translation *t)
{
	for (unsigned reg = 0; reg < SCRATCH_COUNT; reg++)
		store(t, reg);
}

void scratch_forget(struct translation *t)
{
	scratch_store(t);
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
	for (unsigned reg = 0; reg < SCRATCH_COUNT; reg++) {
		t->scratch.holds[reg] &= ~bit(number);
		if (newer(t, reg) == number)
			set_newer(t, reg, 0);
	}
}

void scratch_load(struct translation *t, unsigned reg, unsigned number)
{
	emit_op(t->e, X86_MOV | X86_W, reg, t->host->places[number]);
	if (t->scratch.in_use)
		t->scratch.holds[reg] |= bit(number);
}

void scratch_set(struct translation *t, unsigned reg, unsigned number)
{
	bool is_held = t->scratch.in_use && reg < SCRATCH_COUNT;

	scratch_drop(t, number);
	if (is_held)
		t->scratch.holds[reg] |= bit(number);
	if (is_held && !t->host->keeping && !newer(t, reg))
		set_newer(t, reg, number);
	else
		emit_op(t->e, X86_STORE | X86_W, reg, t->host->places[number]);
}

bool scratch_own(struct translation *t, unsigned reg, unsigned number)
{
	t->scratch.locked |= 1u << reg;
	return t->scratch.holds[reg] == bit(number);
}

/* How many instructions it takes from the next one on until a register that
 * REG holds is read; FAR: too many, or it has another value before.  What is
 * stored or compared does not count: memory does as well for that. */
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
	store(t, best);
	t->scratch.holds[best] = 0;
	t->scratch.locked |= 1u << best;
	return best;
}
