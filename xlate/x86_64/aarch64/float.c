/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/vector.h"

/*
 * Floating point.  MXCSR has FPCR's rounding mode and collects FPSR's flags.  A
 * result that is a NaN is for the interpreter, which knows whose it is; so are
 * conversions out of range.  The host sets no flag on the way there that the
 * interpreter would not set.
 *
 * Host code looks at the results; or, with float_traps, the host's exceptions
 * tell of invalid operations and tiny results.  Then it has to look for NaNs
 * only where host and A64 choose differently between quiet ones: of two, both
 * take the first, but not of three, nor perhaps of pairs.
 *
 * Lanes that do not count are zeros while the host computes: they must raise no
 * flag.
 *
 * A64 calls a result tiny before it is rounded, the host afterwards: that
 * differs if the rounded one is the least normal number, which is for the
 * interpreter too.  Sums that are so small are exact.
 */

/* How an instruction is made. */
struct form {
	bool (*translate)(struct translation *t,
	                  const struct xlate_instruction *i,
	                  const struct form *form);
	uint16_t operation; /* packed singles: opcode and map */
	uint8_t byte;       /* that follows the operation */
};

/* Predicates of the host's that are true of NaNs: for them alone, or if equal.
 */
#define UNORDERED          3u
#define UNORDERED_OR_EQUAL 8u
#define V_AND_FLOATS       V(1, 0, 0x54)
#define V_COMPARE          V(1, 0, 0xc2)
#define V_ADD              V(1, 0, 0x58)
#define V_MULTIPLY         V(1, 0, 0x59)
#define V_SUBTRACT         V(1, 0, 0x5c)
#define V_GREATER_WORDS    V(1, 1, 0x66)
#define V_GREATER_DOUBLES  V(2, 1, 0x37)

/* A predicate that is invalid for all NaNs. */
#define LESS 1u

static bool is_double(const struct xlate_instruction *i)
{
	return i->size == 3;
}

static bool is_scalar(const struct xlate_instruction *i)
{
	return i->lanes == 1;
}

/* The operation for singles or doubles: packed ones, or one whose scalar form
 * is no other. */
static uint32_t with_width(const struct xlate_instruction *i,
                           uint32_t operation)
{
	return operation | (is_double(i) ? 1u : 0) << 8;
}

/* The operation for the instruction's lanes, in one or all of them. */
static uint32_t for_lanes(const struct xlate_instruction *i, uint32_t operation)
{
	if (is_scalar(i))
		return operation | (is_double(i) ? 3u : 2u) << 8;
	return with_width(i, operation);
}

/* TO = a register of which only what counts is not zero. */
static unsigned use_lanes(struct translation *t,
                          const struct xlate_instruction *i, unsigned number,
                          unsigned scratch)
{
	unsigned from = use_vector(t, number, scratch);

	if (is_scalar(i) || result_bytes(i) == 16)
		return from;
	keep_bytes(t, scratch, from, 8);
	return scratch;
}

/* The same of a first operand, which gives a scalar's result what is beyond its
 * lane: most often there are zeros already.  If not, the operand has been there
 * for long: that it takes time matters less than it would for the result. */
static unsigned use_first(struct translation *t,
                          const struct xlate_instruction *i, unsigned number,
                          unsigned scratch)
{
	unsigned bytes = result_bytes(i);

	if (!is_scalar(i) || is_within(t, number, bytes))
		return use_lanes(t, i, number, scratch);
	keep_bytes(t, scratch, use_vector(t, number, scratch), bytes);
	return scratch;
}

static struct rm second_lanes(struct translation *t,
                              const struct xlate_instruction *i)
{
	if (i->second != SECOND_VECTOR || is_scalar(i) ||
	    result_bytes(i) == 16) {
		struct rm second = second_operand(t, i);

		if (!is_scalar(i) && result_bytes(i) == 8)
			keep_bytes(t, XMM1, XMM1, 8);
		return second;
	}
	return in_register(use_lanes(t, i, i->rs2, XMM1));
}

/* Lanes of A or B of which one may be a NaN; changes SCRATCH. */
static void defer_unordered(struct translation *t,
                            const struct xlate_instruction *i, unsigned a,
                            struct rm b, unsigned scratch)
{
	if (is_scalar(i)) {
		vex(t, with_width(i, V_UCOMIS), a, 0, b);
		defer_if(t, i, CC_P);
		return;
	}
	vex_with(t, with_width(i, V_COMPARE), scratch, a, b, UNORDERED);
	vex(t, V_TEST, scratch, 0, in_register(scratch));
	defer_if(t, i, CC_NE);
}

/* A result that may be a NaN, and whose one is not known; changes xmm1. */
static void defer_any_nan(struct translation *t,
                          const struct xlate_instruction *i, unsigned reg)
{
	if (t->host->float_traps)
		vex_with(t, for_lanes(i, V_COMPARE), XMM1, reg,
		         in_register(reg), LESS);
	else
		defer_unordered(t, i, reg, in_register(reg), XMM1);
}

/* If it is a quiet one of an operand's, it is the first's. */
static void defer_nan(struct translation *t, const struct xlate_instruction *i,
                      unsigned reg)
{
	if (!t->host->float_traps)
		defer_any_nan(t, i, reg);
}

/* Address of a constant for all lanes of the instruction. */
#define DOUBLES_CONSTANT(name)                                                 \
	in_memory(RBP, HOST_FIELD(constants.name##_double))
#define SINGLES_CONSTANT(name)                                                 \
	in_memory(RBP, HOST_FIELD(constants.name##_single))
#define LANES_CONSTANT(i, name)                                                \
	(is_double(i) ? DOUBLES_CONSTANT(name) : SINGLES_CONSTANT(name))

/* REG has results that may be the least normal number, half of which is tiny;
 * or NaNs as for defer_nan(), which compare as equal too.  Changes xmm1. */
static void defer_rounded(struct translation *t,
                          const struct xlate_instruction *i, unsigned reg)
{
	if (t->host->float_traps) {
		vex(t, for_lanes(i, V_MULTIPLY), XMM1, reg,
		    LANES_CONSTANT(i, halves));
		return;
	}
	vex(t, V_AND_FLOATS, XMM1, reg, LANES_CONSTANT(i, magnitudes));
	if (is_scalar(i)) {
		vex(t, with_width(i, V_UCOMIS), XMM1, 0,
		    LANES_CONSTANT(i, least));
		defer_if(t, i, CC_E);
		return;
	}
	vex_with(t, with_width(i, V_COMPARE), XMM1, XMM1,
	         LANES_CONSTANT(i, least), UNORDERED_OR_EQUAL);
	vex(t, V_TEST, XMM1, 0, in_register(XMM1));
	defer_if(t, i, CC_NE);
}

static void commit_lanes(struct translation *t,
                         const struct xlate_instruction *i, unsigned from)
{
	set_vector(t, i->rd, from, result_bytes(i));
}

/* Of an operation whose first operand was use_first()'s, or zero if there is no
 * other than the second. */
static void commit_result(struct translation *t,
                          const struct xlate_instruction *i, unsigned from)
{
	if (is_scalar(i))
		set_alone(t, i->rd, from, result_bytes(i));
	else
		commit_lanes(t, i, from);
}

/* Where a result is to be computed that is looked at afterwards: its own place
 * if the operands are elsewhere, else xmm0. */
static unsigned result_place(const struct translation *t,
                             const struct xlate_instruction *i, bool third)
{
	if (i->rd == i->rs1 || i->rd == i->rs2 || (third && i->rd == i->rs3))
		return XMM0;
	return vector_result(t, i->rd);
}

VECTOR_FORM(translate_binary)
{
	unsigned to = form->byte && t->host->float_traps
	                      ? vector_result(t, i->rd)
	                      : result_place(t, i, false);
	struct rm second;

	/* Zeros that do not count, divided, would be invalid. */
	if (i->id == A64_fdiv_f && !is_scalar(i) && result_bytes(i) == 8)
		return false;
	second = second_lanes(t, i);
	vex(t, for_lanes(i, form->operation), to, use_first(t, i, i->rs1, XMM0),
	    second);
	if (form->byte)
		defer_nan(t, i, to);
	else
		defer_rounded(t, i, to);
	commit_result(t, i, to);
	return true;
}

VECTOR_FORM(translate_negated_product)
{
	vex(t, for_lanes(i, form->operation), XMM0, use_vector(t, i->rs1, XMM0),
	    vector_guest(t, i->rs2));
	defer_rounded(t, i, XMM0);
	vex(t, V_XOR, XMM0, XMM0, LANES_CONSTANT(i, signs));
	commit_lanes(t, i, XMM0);
	return true;
}

/* |a - b| */
VECTOR_FORM(translate_difference)
{
	struct rm second = second_lanes(t, i);

	vex(t, for_lanes(i, form->operation), XMM0,
	    use_first(t, i, i->rs1, XMM0), second);
	defer_nan(t, i, XMM0);
	vex(t, V_AND, XMM0, XMM0, LANES_CONSTANT(i, magnitudes));
	commit_result(t, i, XMM0);
	return true;
}

/* Scalar and packed forms of the host's fused operations differ in a bit. */
static uint32_t fused_operation(const struct xlate_instruction *i,
                                const struct form *form)
{
	return V(2, 1, form->operation + (is_scalar(i) ? 1u : 0)) |
	       (is_double(i) ? V_W : 0);
}

static void defer_fused(struct translation *t,
                        const struct xlate_instruction *i, unsigned reg)
{
	if (t->host->float_traps)
		defer_any_nan(t, i, reg);
	defer_rounded(t, i, reg);
}

/* From the form whose factor becomes the result to that whose third operand
 * does. */
#define TO_THIRD 0x10u

/* rs1 * rs2 + rs3, with signs as the operation says, of scalars.  The one that
 * is copied and becomes the result has zeros beyond its lane, if there is one.
 */
VECTOR_FORM(translate_fused)
{
	unsigned to = result_place(t, i, true), bytes = result_bytes(i);
	bool third =
	        !is_within(t, i->rs1, bytes) && is_within(t, i->rs3, bytes);
	unsigned copied = third ? i->rs3 : i->rs1,
	         other = third ? i->rs1 : i->rs3;

	copied = use_first(t, i, copied, to);
	if (copied != to)
		vex(t, V_MOVAPS, to, 0, in_register(copied));
	vex(t, fused_operation(i, form) + (third ? TO_THIRD : 0), to,
	    use_vector(t, i->rs2, XMM1), vector_guest(t, other));
	defer_fused(t, i, to);
	commit_result(t, i, to);
	return true;
}

/* rd + rs1 * rs2 */
VECTOR_FORM(translate_fused_lanes)
{
	struct rm second;

	if (!is_scalar(i) && result_bytes(i) == 8)
		return false;
	second = second_operand(t, i);
	load_vector(t, XMM0, i->rd);
	if (second.memory) {
		load_vector(t, XMM1, i->rs2);
		second = in_register(XMM1);
	}
	vex(t, fused_operation(i, form), XMM0, second.base,
	    vector_guest(t, i->rs1));
	defer_fused(t, i, XMM0);
	commit_lanes(t, i, XMM0);
	return true;
}

VECTOR_FORM(translate_root)
{
	unsigned from = use_lanes(t, i, i->rs1, XMM1);

	if (is_scalar(i))
		vector_constant(t, XMM0, 0);
	vex(t, for_lanes(i, form->operation), XMM0, XMM0, in_register(from));
	defer_nan(t, i, XMM0);
	commit_result(t, i, XMM0);
	return true;
}

/* TO = the lanes of FROM as integers.  The host's opcode is of packed singles;
 * doubles and scalars follow it. */
static void round_lanes(struct translation *t,
                        const struct xlate_instruction *i, unsigned to,
                        unsigned from, unsigned mode)
{
	unsigned opcode =
	        0x08u + (is_double(i) ? 1u : 0) + (is_scalar(i) ? 2u : 0);

	vex_with(t, V(3, 1, opcode), to, is_scalar(i) ? from : 0,
	         in_register(from), mode);
}

VECTOR_FORM(translate_round)
{
	round_lanes(t, i, XMM0, use_first(t, i, i->rs1, XMM0), form->byte);
	defer_nan(t, i, XMM0);
	commit_result(t, i, XMM0);
	return true;
}

/* XMM0, which has no signs, is separated from those lanes that have no
 * fraction, infinities and NaNs among them: they go to XMM1, and are zeros
 * there. */
static void separate_large(struct translation *t,
                           const struct xlate_instruction *i)
{
	vex(t, V_MOVAPS, XMM1, 0, in_register(XMM0));
	if (is_double(i)) {
		vector_constant(t, XMM0, UINT64_C(0x432fffffffffffff));
		vex(t, V_GREATER_DOUBLES, XMM0, XMM1, in_register(XMM0));
	} else {
		vector_constant(t, XMM0, UINT64_C(0x4affffff4affffff));
		vex(t, V_GREATER_WORDS, XMM0, XMM1, in_register(XMM0));
	}
	vex(t, V_AND_NOT, XMM0, XMM0, in_register(XMM1));
	vex(t, V_XOR, XMM1, XMM1, in_register(XMM0));
}

/* Ties go away from zero: to the integer below is added the one below twice the
 * fraction.  Nothing of that is inexact. */
VECTOR_FORM(translate_round_away)
{
	struct rm spill = in_memory(RBP, HOST_FIELD(spill));

	round_lanes(t, i, XMM0, use_lanes(t, i, i->rs1, XMM0), form->byte);
	defer_nan(t, i, XMM0);
	vex(t, V_AND, XMM0, use_lanes(t, i, i->rs1, XMM0),
	    LANES_CONSTANT(i, magnitudes));
	separate_large(t, i);
	vex(t, V_MOVAPS_STORE, XMM1, 0, spill);
	round_lanes(t, i, XMM1, XMM0, form->byte);
	vex(t, for_lanes(i, V_SUBTRACT), XMM0, XMM0, in_register(XMM1));
	vex(t, for_lanes(i, V_ADD), XMM0, XMM0, in_register(XMM0));
	round_lanes(t, i, XMM0, XMM0, form->byte);
	vex(t, for_lanes(i, V_ADD), XMM0, XMM0, in_register(XMM1));
	/* A difference of zero may have a sign. */
	vex(t, V_AND, XMM0, XMM0, LANES_CONSTANT(i, magnitudes));
	vex(t, V_OR, XMM0, XMM0, spill);
	vex(t, V_AND, XMM1, use_vector(t, i->rs1, XMM1),
	    LANES_CONSTANT(i, signs));
	vex(t, V_OR, XMM0, XMM0, in_register(XMM1));
	commit_lanes(t, i, XMM0);
	return true;
}

VECTOR_FORM(translate_sign)
{
	bool negates = form->operation == V_XOR;

	vex(t, form->operation, XMM0, use_vector(t, i->rs1, XMM0),
	    negates ? LANES_CONSTANT(i, signs) : LANES_CONSTANT(i, magnitudes));
	commit_lanes(t, i, XMM0);
	return true;
}

VECTOR_FORM(translate_copy)
{
	set_vector(t, i->rd, use_vector(t, i->rs1, XMM0), result_bytes(i));
	return true;
}

/* Of two zeros the host takes the second: the results for both orders differ in
 * the sign only, which is that of the right one when they are joined. */
VECTOR_FORM(translate_extreme)
{
	unsigned a, b;

	if (!is_scalar(i) && result_bytes(i) == 8)
		return false;
	a = use_vector(t, i->rs1, XMM1);
	if (!t->host->float_traps) /* any NaN is invalid */
		defer_unordered(t, i, a, vector_guest(t, i->rs2), XMM0);
	vex(t, for_lanes(i, form->operation), XMM0, a, vector_guest(t, i->rs2));
	b = use_vector(t, i->rs2, XMM1);
	vex(t, for_lanes(i, form->operation), XMM1, b, vector_guest(t, i->rs1));
	vex(t, form->byte ? V_OR : V_AND, XMM0, XMM0, in_register(XMM1));
	commit_lanes(t, i, XMM0);
	return true;
}

/* All ones where the host's predicate holds. */
VECTOR_FORM(translate_mask)
{
	bool is_swapped = i->id == A64_fcmge_v || i->id == A64_fcmgt_v;
	struct rm second = second_lanes(t, i);
	unsigned first = use_lanes(t, i, i->rs1, XMM0);

	if (i->id == A64_fcmlt_v || i->id == A64_fcmle_v) {
		vector_constant(t, XMM1, 0);
		second = in_register(XMM1);
	}
	if (is_swapped && second.memory) {
		load_vector(t, XMM1, i->rs2);
		second = in_register(XMM1);
	}
	if (is_swapped)
		vex_with(t, for_lanes(i, V_COMPARE), XMM0, second.base,
		         in_register(first), form->byte);
	else
		vex_with(t, for_lanes(i, V_COMPARE), XMM0, first, second,
		         form->byte);
	commit_lanes(t, i, XMM0);
	return true;
}

/* ------------------------------------------------------------- conversions */

#define V_TO_INTEGER   V(1, 0, 0x2c) /* to zero */
#define V_FROM_INTEGER V(1, 0, 0x2a)
#define V_CONVERT      V(1, 0, 0x5a) /* between both sizes */

/* As defer_rounded(), of xmm0, which has not the operand's size. */
static void defer_converted(struct translation *t,
                            const struct xlate_instruction *i, bool to_double)
{
	if (t->host->float_traps) {
		if (!to_double) /* all singles are in the range of doubles */
			vex(t, V_MULTIPLY | 2u << 8, XMM1, XMM0,
			    SINGLES_CONSTANT(halves));
		return;
	}
	vex(t, V_AND, XMM1, XMM0,
	    to_double ? DOUBLES_CONSTANT(magnitudes)
	              : SINGLES_CONSTANT(magnitudes));
	vex(t, V_UCOMIS | (to_double ? 1u : 0) << 8, XMM1, 0,
	    to_double ? DOUBLES_CONSTANT(least) : SINGLES_CONSTANT(least));
	defer_if(t, i, CC_E);
}

VECTOR_FORM(translate_convert)
{
	bool to_double = i->id == A64_fcvt_ds;
	unsigned from = use_vector(t, i->rs1, XMM1);

	vector_constant(t, XMM0, 0);
	vex(t, V_CONVERT | (to_double ? 2u : 3u) << 8, XMM0, XMM0,
	    in_register(from));
	defer_converted(t, i, to_double);
	set_alone(t, i->rd, XMM0, to_double ? 8 : 4);
	return true;
}

/* rax = the integer.  What is out of range is invalid, and gives the smallest
 * one, from which one cannot be taken. */
static void to_signed(struct translation *t, const struct xlate_instruction *i,
                      unsigned from, bool is_64)
{
	vex(t, for_lanes(i, V_TO_INTEGER) | (is_64 ? V_W : 0), RAX, 0,
	    in_register(from));
	if (t->host->float_traps)
		return;
	emit_immediate(t->e, X86_CMP | (is_64 ? X86_W : 0), in_register(RAX),
	               1);
	defer_if(t, i, CC_O);
}

VECTOR_FORM(translate_to_signed)
{
	unsigned from;

	/* What is rounded to an integer first has the flag from that: only
	 * where what is out of range has no fraction to lose. */
	if (i->imm || (form->byte && i->shift != 64))
		return false;
	from = use_vector(t, i->rs1, XMM0);
	if (form->byte) {
		vex_with(t, V(3, 1, is_double(i) ? 0x0b : 0x0a), XMM0, from,
		         in_register(from), form->byte & 7u);
		from = XMM0;
	}
	to_signed(t, i, from, i->shift == 64);
	commit(t, i, RAX);
	return true;
}

/* 2^EXPONENT */
static uint64_t power_of_two(const struct xlate_instruction *i,
                             unsigned exponent)
{
	return is_double(i) ? (uint64_t)(1023 + exponent) << 52
	                    : (uint64_t)(127 + exponent) << 23;
}

/* As a signed one with more bits, or below its largest.  The range is looked at
 * first, since the host would call inexact what is invalid. */
VECTOR_FORM(translate_to_unsigned)
{
	unsigned from;

	if (i->imm)
		return false;
	from = use_vector(t, i->rs1, XMM0);
	emit_constant(t->e, RAX, power_of_two(i, i->shift == 64 ? 63 : 32));
	vex(t, V_MOVD_FROM_GENERAL | V_W, XMM1, 0, in_register(RAX));
	vex(t, with_width(i, V_UCOMIS), XMM1, 0, in_register(from));
	defer_if(t, i, CC_BE);
	vex(t, with_width(i, V(1, 0, 0x50)), RAX, 0, in_register(from));
	emit_op(t->e, X86_TEST_8, 0, in_register(RAX));
	emit1(t->e, 1);
	defer_if(t, i, CC_NE);
	to_signed(t, i, from, true);
	commit(t, i, RAX);
	return true;
}

static void from_integer(struct translation *t,
                         const struct xlate_instruction *i, struct rm from,
                         bool is_64)
{
	unsigned to = vector_result(t, i->rd);

	vector_constant(t, to, 0);
	vex(t, for_lanes(i, V_FROM_INTEGER) | (is_64 ? V_W : 0), to, to, from);
	set_alone(t, i->rd, to, result_bytes(i));
}

VECTOR_FORM(translate_from_signed)
{
	if (i->imm)
		return false;
	from_integer(t, i, guest(t, i->rs1), i->shift == 64);
	return true;
}

VECTOR_FORM(translate_from_unsigned)
{
	bool is_64 = i->shift == 64;

	if (i->imm)
		return false;
	emit_op(t->e, X86_MOV | (is_64 ? X86_W : 0), RAX, guest(t, i->rs1));
	if (is_64) {
		emit_op(t->e, X86_TEST | X86_W, RAX, in_register(RAX));
		defer_if(t, i, CC_S);
	}
	from_integer(t, i, in_register(RAX), true);
	return true;
}

#define V_LANES_FROM_INTEGER V(1, 0, 0x5b)
#define V_LANES_TO_INTEGER   V(1, 2, 0x5b) /* to zero */

/* Integers that are in a vector, too: a scalar by way of rax. */
VECTOR_FORM(translate_lanes_from_integer)
{
	bool is_signed = form->byte;
	uint32_t w = is_double(i) ? V_W : 0;

	if (is_scalar(i)) {
		vex(t, V_MOVD_TO_GENERAL | w, use_vector(t, i->rs1, XMM0), 0,
		    in_register(RAX));
		if (!is_signed && w) {
			emit_op(t->e, X86_TEST | X86_W, RAX, in_register(RAX));
			defer_if(t, i, CC_S);
		}
		from_integer(t, i, in_register(RAX), w || !is_signed);
		return true;
	}
	if (is_double(i) || !is_signed)
		return false;
	vex(t, V_LANES_FROM_INTEGER, XMM0, 0,
	    in_register(use_lanes(t, i, i->rs1, XMM0)));
	commit_lanes(t, i, XMM0);
	return true;
}

VECTOR_FORM(translate_lanes_to_signed)
{
	if (is_scalar(i)) {
		to_signed(t, i, use_vector(t, i->rs1, XMM0), is_double(i));
		vex(t, V_MOVD_FROM_GENERAL | V_W, XMM0, 0, in_register(RAX));
		set_vector(t, i->rd, XMM0, 16);
		return true;
	}
	if (is_double(i))
		return false;
	vex(t, V_LANES_TO_INTEGER, XMM0, 0,
	    in_register(use_lanes(t, i, i->rs1, XMM0)));
	if (!t->host->float_traps) {
		vex(t, V_EQUAL_WORDS, XMM1, XMM0, LANES_CONSTANT(i, signs));
		vex(t, V_TEST, XMM1, 0, in_register(XMM1));
		defer_if(t, i, CC_NE);
	}
	commit_lanes(t, i, XMM0);
	return true;
}

/* ------------------------------------------------------------------- pairs */

#define V_ADD_PAIRS V(1, 0, 0x7c)

VECTOR_FORM(translate_add_pairs)
{
	/* 66 for doubles, F2 for singles */
	uint32_t operation = V_ADD_PAIRS | (is_double(i) ? 1u : 3u) << 8;
	struct rm second;

	load_vector(t, XMM0, i->rs1);
	second = vector_guest(t, i->rs2);
	if (is_scalar(i)) {
		keep_bytes(t, XMM0, XMM0, is_double(i) ? 16 : 8);
		second = in_register(XMM0);
	} else if (result_bytes(i) == 8) {
		vex(t, V_UNPACK_LOW_DOUBLES, XMM0, XMM0, second);
		second = in_register(XMM0);
	}
	vex(t, operation, XMM0, XMM0, second);
	defer_any_nan(t, i, XMM0);
	commit_lanes(t, i, XMM0);
	return true;
}

/* Rounding of the host: nearest even, down, up, to zero, as MXCSR says; without
 * the inexact flag. */
#define NEAREST 0u
#define DOWN    1u
#define UP      2u
#define TO_ZERO 3u
#define CURRENT 4u
#define QUIET   8u
/* So that it differs from "none". */
#define ROUND_FIRST(mode) ((mode) | QUIET)

#define EXACT_IF_TINY 1u

static const struct form forms[A64_COUNT] = {
        [A64_fadd_f] = {translate_binary, V_ADD, EXACT_IF_TINY},
        [A64_fmul_f] = {translate_binary, V_MULTIPLY, 0},
        [A64_fsub_f] = {translate_binary, V_SUBTRACT, EXACT_IF_TINY},
        [A64_fdiv_f] = {translate_binary, V(1, 0, 0x5e), 0},
        [A64_fabd_v] = {translate_difference, V_SUBTRACT, 0},
        [A64_fnmul_f] = {translate_negated_product, V_MULTIPLY, 0},
        [A64_fsqrt_f] = {translate_root, V(1, 0, 0x51), 0},
        [A64_fmadd_f] = {translate_fused, 0xa8, 0},
        [A64_fnmsub_f] = {translate_fused, 0xaa, 0},
        [A64_fmsub_f] = {translate_fused, 0xac, 0},
        [A64_fnmadd_f] = {translate_fused, 0xae, 0},
        [A64_fmla_v] = {translate_fused_lanes, 0xb8, 0},
        [A64_fmls_v] = {translate_fused_lanes, 0xbc, 0},
        [A64_frintn_f] = {translate_round, 0, NEAREST | QUIET},
        [A64_frintm_f] = {translate_round, 0, DOWN | QUIET},
        [A64_frintp_f] = {translate_round, 0, UP | QUIET},
        [A64_frintz_f] = {translate_round, 0, TO_ZERO | QUIET},
        [A64_frinta_f] = {translate_round_away, 0, TO_ZERO | QUIET},
        [A64_frinti_f] = {translate_round, 0, CURRENT | QUIET},
        [A64_frintx_f] = {translate_round, 0, CURRENT},
        [A64_fneg_f] = {translate_sign, V_XOR, 0},
        [A64_fabs_f] = {translate_sign, V_AND, 0},
        [A64_fmov_f] = {translate_copy, 0, 0},
        [A64_fmin_f] = {translate_extreme, V(1, 0, 0x5d), 1},
        [A64_fmax_f] = {translate_extreme, V(1, 0, 0x5f), 0},
        [A64_fminnm_f] = {translate_extreme, V(1, 0, 0x5d), 1},
        [A64_fmaxnm_f] = {translate_extreme, V(1, 0, 0x5f), 0},
        [A64_fcmeq_v] = {translate_mask, 0, 0},
        [A64_fcmgt_v] = {translate_mask, 0, 1},
        [A64_fcmge_v] = {translate_mask, 0, 2},
        [A64_fcmlt_v] = {translate_mask, 0, 1},
        [A64_fcmle_v] = {translate_mask, 0, 2},
        [A64_faddp_v] = {translate_add_pairs, 0, 0},
        [A64_fcvt_ds] = {translate_convert, 0, 0},
        [A64_fcvt_sd] = {translate_convert, 0, 0},
        [A64_fcvtzs_g] = {translate_to_signed, 0, 0},
        [A64_fcvtns_g] = {translate_to_signed, 0, ROUND_FIRST(NEAREST)},
        [A64_fcvtms_g] = {translate_to_signed, 0, ROUND_FIRST(DOWN)},
        [A64_fcvtps_g] = {translate_to_signed, 0, ROUND_FIRST(UP)},
        [A64_fcvtzu_g] = {translate_to_unsigned, 0, 0},
        [A64_scvtf_g] = {translate_from_signed, 0, 0},
        [A64_ucvtf_g] = {translate_from_unsigned, 0, 0},
        [A64_scvtf_v] = {translate_lanes_from_integer, 0, 1},
        [A64_ucvtf_v] = {translate_lanes_from_integer, 0, 0},
        [A64_fcvtzs_v] = {translate_lanes_to_signed, 0, 0},
};

bool translate_floating(struct translation *t,
                        const struct xlate_instruction *i)
{
	const struct form *form = &forms[i->id];

	return form->translate && form->translate(t, i, form);
}
