/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/riscv64/riscv64.h"

/*
 * Operations on words leave the sign of their result in the upper half of a
 * register, which takes the host an instruction of its own; and most often the
 * next one to read it is an operation on words again.  So it is left out until
 * somebody looks at the upper half.  Bitwise operations and comparisons are the
 * same on halves as on what they stand for, if both operands are such.
 */

enum half {
	WHOLE,
	NARROW, /* the upper half has the sign of the low one */
	LOW,    /* it ought to */
};

static uint32_t bit(unsigned number)
{
	return number < 32 ? UINT32_C(1) << number : 0;
}

static enum half half_of(const struct translation *t, unsigned number)
{
	if (number == 0 || t->narrow & bit(number))
		return NARROW;
	return t->flags.low & bit(number) ? LOW : WHOLE;
}

bool is_narrow(const struct translation *t, unsigned number)
{
	return half_of(t, number) == NARROW;
}

/* The second operand is a constant; a branch has one of another kind. */
static bool has_constant(const struct xlate_instruction *i)
{
	return i->immediate && !is_branch(i);
}

unsigned compared_width(const struct translation *t,
                        const struct xlate_instruction *i)
{
	bool whole = half_of(t, i->rs1) == WHOLE ||
	             (!has_constant(i) && half_of(t, i->rs2) == WHOLE);

	return whole ? X86_W : 0;
}

static void extend(struct translation *t, unsigned number)
{
	struct rm from = guest(t, number);
	unsigned to;

	if (!(t->flags.low & bit(number)))
		return;
	scratch_unlock(t);
	to = register_for(t, number);
	emit_op(t->e, X86_MOVSXD, to, from);
	set_register(t, number, to);
	t->narrow |= bit(number);
}

void halves_settle(struct translation *t)
{
	for (unsigned number = 1; t->flags.low; number++)
		extend(t, number);
}

void halves_recall(struct xlate_state *state, uint32_t low)
{
	for (unsigned number = 1; number < 32; number++)
		if (low & bit(number))
			state->x[number] =
			        (uint64_t)(int64_t)(int32_t)state->x[number];
}

struct host_flags halves_of(const struct xlate_host *h, uint32_t low)
{
	(void)h;
	return (struct host_flags){.saved = true, .low = low};
}

bool halves_are_same(const struct xlate_host *h, uint32_t a, uint32_t b)
{
	(void)h;
	return a == b;
}

void set_low(struct translation *t, unsigned number)
{
	t->flags.low |= bit(number);
}

static bool is_word_operation(enum xlate_operation o)
{
	return (o >= OP_ADD_W && o <= OP_SRA_W) ||
	       (o >= OP_MUL_W && o <= OP_REMU_W);
}

/* `mv`, of either form. */
static bool is_copy(const struct xlate_instruction *i)
{
	return i->operation == OP_ADD &&
	       (i->immediate ? i->imm == 0 : i->rs1 == 0);
}

static unsigned copied(const struct xlate_instruction *i)
{
	return i->immediate ? i->rs1 : i->rs2;
}

/* By a few bits of the second operand. */
static bool is_shift(const struct xlate_instruction *i)
{
	return i->operation >= OP_SLL && i->operation <= OP_SRA;
}

static bool is_bitwise(enum xlate_operation o)
{
	return o == OP_AND || o == OP_OR || o == OP_XOR;
}

static bool is_mask(const struct xlate_instruction *i)
{
	return i->operation == OP_AND && i->immediate && i->imm >= 0;
}

/* Nothing but the low halves of its operands matters, or upper ones that are
 * wrong do no harm. */
static bool reads_halves(const struct translation *t,
                         const struct xlate_instruction *i)
{
	enum xlate_operation o = i->operation;

	if (is_bitwise(o) || o == OP_SLT || o == OP_SLTU || is_branch(i))
		return is_mask(i) || !compared_width(t, i);
	return is_word_operation(o) || is_copy(i) ||
	       (o == OP_SLL && i->immediate && i->imm >= 32);
}

static enum half bitwise_result(const struct translation *t,
                                const struct xlate_instruction *i)
{
	if (is_mask(i))
		return NARROW;
	if (compared_width(t, i))
		return WHOLE;
	return is_narrow(t, i->rs1) && (i->immediate || is_narrow(t, i->rs2))
	               ? NARROW
	               : LOW;
}

static enum half word_result(const struct translation *t,
                             const struct xlate_instruction *i)
{
	if (!i->immediate)
		return LOW;
	if (i->operation == OP_SRL_W && i->imm)
		return NARROW;
	/* A shift by zero is the host's move of 32 bits, which has no sign. */
	if (i->operation == OP_SRA_W ||
	    (i->operation == OP_ADD_W && i->imm == 0))
		return is_narrow(t, i->rs1) ? NARROW : LOW;
	return LOW;
}

static enum half result(const struct translation *t,
                        const struct xlate_instruction *i)
{
	if (is_word_operation(i->operation))
		return word_result(t, i);
	if (is_bitwise(i->operation))
		return bitwise_result(t, i);
	switch (i->operation) {
	case OP_LOAD_S8:
	case OP_LOAD_S16:
	case OP_LOAD_S32:
	case OP_LOAD_U8:
	case OP_LOAD_U16:
	case OP_SLT:
	case OP_SLTU:
		return NARROW;
	case OP_CONSTANT:
		return i->imm == (int32_t)i->imm ? NARROW : WHOLE;
	case OP_ADD:
		if (i->immediate && i->rs1 == 0)
			return NARROW;
		return is_copy(i) ? half_of(t, copied(i)) : WHOLE;
	default:
		return WHOLE;
	}
}

static void extend_operands(struct translation *t,
                            const struct xlate_instruction *i)
{
	extend(t, i->rs1);
	if ((!has_constant(i) && !is_shift(i)) || i->operation == OP_STORE_64)
		extend(t, i->rs2);
}

void halves_need(struct translation *t, const struct xlate_instruction *i)
{
	if (!reads_halves(t, i))
		extend_operands(t, i);
}

bool translate_halves(struct translation *t, const struct xlate_instruction *i,
                      bool (*translate)(struct translation *t,
                                        const struct xlate_instruction *i))
{
	enum half half;

	halves_need(t, i);
	half = result(t, i);
	if (!translate(t, i)) {
		halves_settle(t);
		return false;
	}
	if (half == NARROW)
		t->narrow |= bit(i->rd);
	else if (half == LOW)
		set_low(t, i->rd);
	return true;
}
