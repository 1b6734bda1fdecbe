/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/riscv64/riscv64.h"

/*
 * Floating point in XMM registers.  MXCSR rounds as the guest's mode says and
 * collects flags that are the guest's: the host detects tininess after
 * rounding, too.  What differs is made right here: a NaN result becomes the
 * canonical one, and what is not covered (singles that are not NaN-boxed, NaNs
 * in minima, conversions out of range, static rounding modes) is for the
 * interpreter.
 *
 * The host sets no flag on such a path that the interpreter would not set.
 *
 * A single in a register is NaN-boxed.  Scalar operations leave the upper half
 * of their first operand alone, so most results are boxed because that was.
 */

struct form {
	void (*translate)(struct translation *t,
	                  const struct xlate_instruction *i,
	                  const struct form *form);
	uint16_t operation; /* of the host, with its prefixes; or a condition */
	uint8_t rounding;   /* which modes, a bit each */
	uint8_t operands;   /* floating-point registers that are read */
	bool single;        /* these, and what is computed with */
	bool boxed;         /* the result is a single */
};

#define ANY     0xffu /* the result is exact, or there is no mode */
#define CURRENT (1u << XLATE_ROUND_CURRENT)
#define ZERO    (1u << XLATE_ROUND_TO_ZERO)

/* xmm0 and xmm1 are scratch registers. */
#define XMM0 0u
#define XMM1 1u

static unsigned width(bool single)
{
	return single ? X86_F3 : X86_F2;
}

/* Packed operations and comparisons. */
static unsigned packed_width(bool single)
{
	return single ? 0 : X86_66;
}

/* Address of one of the constants for SINGLE or double precision. */
#define CONSTANT(single, name)                                                 \
	in_memory(RBP, (single) ? HOST_FIELD(constants.name##_single)          \
	                        : HOST_FIELD(constants.name##_double))

static bool is_register(struct rm place, unsigned number)
{
	return !place.memory && place.base == number;
}

static void load_float(struct translation *t, unsigned to, unsigned number)
{
	struct rm place = vector_guest(t, number);

	if (place.memory)
		emit_op(t->e, X86_MOVSD, to, place);
	else if (place.base != to)
		emit_op(t->e, X86_MOVAPS, to, place);
}

static unsigned use_float(struct translation *t, unsigned number,
                          unsigned scratch)
{
	struct rm place = vector_guest(t, number);

	if (!place.memory)
		return place.base;
	load_float(t, scratch, number);
	return scratch;
}

static unsigned float_result(const struct translation *t,
                             const struct xlate_instruction *i)
{
	struct rm place = vector_guest(t, i->rd);

	return place.memory ? XMM0 : place.base;
}

static void commit_float(struct translation *t,
                         const struct xlate_instruction *i,
                         const struct form *form, unsigned from)
{
	struct rm place = vector_guest(t, i->rd);
	uint32_t bit = UINT32_C(1) << i->rd;

	t->boxed = form->boxed ? t->boxed | bit : t->boxed & ~bit;
	if (place.memory)
		emit_op(t->e, X86_MOVSD_STORE, from, place);
	else if (place.base != from)
		emit_op(t->e, X86_MOVAPS, place.base, in_register(from));
}

static void check_box(struct translation *t, const struct xlate_instruction *i,
                      unsigned number)
{
	struct rm place = vector_guest(t, number);

	if (t->boxed >> number & 1)
		return;
	if (place.memory) {
		place.displacement += 4;
		emit_immediate(t->e, X86_CMP, place, -1);
	} else {
		emit_op(t->e, X86_MOVQ_FROM_XMM, place.base, in_register(RAX));
		emit_shift(t->e, X86_W, SHIFT_ARITHMETIC, RAX, 32);
		emit_immediate(t->e, X86_CMP, in_register(RAX), -1);
	}
	defer_if(t, i, CC_NE);
	t->boxed |= UINT32_C(1) << number;
}

static void check_boxes(struct translation *t,
                        const struct xlate_instruction *i, unsigned count)
{
	const uint8_t number[] = {i->rs1, i->rs2, i->rs3};

	for (unsigned n = 0; n < count; n++)
		check_box(t, i, number[n]);
}

static void test_nan(struct translation *t, unsigned reg, bool single)
{
	emit_op(t->e, X86_UCOMIS | packed_width(single), reg, in_register(reg));
}

static void make_canonical(struct translation *t, unsigned reg, bool single)
{
	struct stub *stub;

	test_nan(t, reg, single);
	stub = add_stub(t, STUB_NAN, emit_jcc(t->e, CC_P));
	stub->single = single;
	stub->reg = (uint8_t)reg;
	stub->back = t->e->at;
}

/* TO = a scalar operation on the host's register A and RM.  The upper half of
 * the result is that of A. */
static void emit_scalar(struct translation *t, unsigned operation, unsigned to,
                        unsigned a, struct rm rm)
{
	if (t->host->vectors) {
		emit_vex(t->e, 1, operation & X86_F3 ? 2 : 3, false,
		         operation & 0xff, to, a, rm);
		return;
	}
	if (to != a)
		emit_op(t->e, X86_MOVAPS, to, in_register(a));
	emit_op(t->e, operation, to, rm);
}

static void translate_binary(struct translation *t,
                             const struct xlate_instruction *i,
                             const struct form *form)
{
	unsigned to = float_result(t, i), a = use_float(t, i->rs1, XMM0);
	struct rm b = vector_guest(t, i->rs2);

	if (i->rs1 == i->rs2)
		b = in_register(a);
	else if (!t->host->vectors && is_register(b, to))
		to = XMM0;
	emit_scalar(t, form->operation, to, a, b);
	make_canonical(t, to, form->single);
	commit_float(t, i, form, to);
}

static void translate_root(struct translation *t,
                           const struct xlate_instruction *i,
                           const struct form *form)
{
	unsigned to = float_result(t, i), a = use_float(t, i->rs1, XMM0);

	emit_scalar(t, form->operation, to, a, in_register(a));
	make_canonical(t, to, form->single);
	commit_float(t, i, form, to);
}

/* A NaN may come with a flag that the host does not set, and the interpreter
 * wants all operands then. */
static void translate_fused(struct translation *t,
                            const struct xlate_instruction *i,
                            const struct form *form)
{
	bool is_operand = i->rd == i->rs1 || i->rd == i->rs2 || i->rd == i->rs3;
	unsigned to = is_operand ? XMM0 : float_result(t, i);

	load_float(t, to, i->rs1);
	emit_vex(t->e, 2, 1, !form->single, form->operation, to,
	         use_float(t, i->rs2, XMM1), vector_guest(t, i->rs3));
	test_nan(t, to, form->single);
	defer_if(t, i, CC_P);
	commit_float(t, i, form, to);
}

/* A copy, the negative, the magnitude. */
static bool translate_own_sign(struct translation *t,
                               const struct xlate_instruction *i,
                               const struct form *form)
{
	unsigned to = float_result(t, i);

	if (i->rs1 != i->rs2)
		return false;
	load_float(t, to, i->rs1);
	if (i->operation == OP_FSGNJN_S || i->operation == OP_FSGNJN_D)
		emit_op(t->e, X86_XORPS, to, CONSTANT(form->single, sign));
	else if (i->operation == OP_FSGNJX_S || i->operation == OP_FSGNJX_D)
		emit_op(t->e, X86_ANDPS, to, CONSTANT(form->single, magnitude));
	commit_float(t, i, form, to);
	return true;
}

static void translate_sign(struct translation *t,
                           const struct xlate_instruction *i,
                           const struct form *form)
{
	struct rm sign = CONSTANT(form->single, sign);
	struct emit *e = t->e;

	if (translate_own_sign(t, i, form))
		return;
	load_float(t, XMM0, i->rs1);
	load_float(t, XMM1, i->rs2);
	emit_op(e, X86_ANDPS, XMM1, sign);
	if (i->operation == OP_FSGNJN_S || i->operation == OP_FSGNJN_D)
		emit_op(e, X86_XORPS, XMM1, sign);
	if (i->operation != OP_FSGNJX_S && i->operation != OP_FSGNJX_D)
		emit_op(e, X86_ANDPS, XMM0, CONSTANT(form->single, magnitude));
	emit_op(e, X86_XORPS, XMM0, in_register(XMM1));
	commit_float(t, i, form, XMM0);
}

/* Of two zeros the host takes the second: the results for both orders differ in
 * the sign only, which is that of the right one when they are joined. */
static void translate_extreme(struct translation *t,
                              const struct xlate_instruction *i,
                              const struct form *form)
{
	bool least = i->operation == OP_FMIN_S || i->operation == OP_FMIN_D;
	struct rm a = vector_guest(t, i->rs1), b = vector_guest(t, i->rs2);
	struct emit *e = t->e;

	load_float(t, XMM0, i->rs1);
	emit_op(e, X86_UCOMIS | packed_width(form->single), XMM0, b);
	defer_if(t, i, CC_P);
	emit_op(e, form->operation, XMM0, b);
	load_float(t, XMM1, i->rs2);
	emit_op(e, form->operation, XMM1, a);
	emit_op(e, least ? X86_ORPS : X86_ANDPS, XMM0, in_register(XMM1));
	commit_float(t, i, form, XMM0);
}

static void translate_equal(struct translation *t,
                            const struct xlate_instruction *i,
                            const struct form *form)
{
	unsigned to = result_register(t, i);
	struct emit *e = t->e;

	emit_op(e, X86_UCOMIS | packed_width(form->single),
	        use_float(t, i->rs1, XMM0), vector_guest(t, i->rs2));
	emit_setcc(e, CC_NP, RAX);
	emit_setcc(e, CC_E, RCX);
	emit_op(e, X86_AND, RCX, in_register(RAX));
	emit_op(e, X86_MOVZX_8, to, in_register(RCX));
	commit(t, i, to);
}

/* The second with the first, since "above" is never true of NaNs. */
static void translate_order(struct translation *t,
                            const struct xlate_instruction *i,
                            const struct form *form)
{
	unsigned to = result_register(t, i);
	struct emit *e = t->e;

	emit_op(e, X86_COMIS | packed_width(form->single),
	        use_float(t, i->rs2, XMM0), vector_guest(t, i->rs1));
	emit_setcc(e, form->operation, RCX);
	emit_op(e, X86_MOVZX_8, to, in_register(RCX));
	commit(t, i, to);
}

static void convert_to_integer(struct translation *t,
                               const struct xlate_instruction *i,
                               const struct form *form, unsigned to)
{
	unsigned op =
	        i->rounding == XLATE_ROUND_TO_ZERO ? X86_CVTT2SI : X86_CVT2SI;

	emit_op(t->e, op | form->operation | width(form->single), to,
	        vector_guest(t, i->rs1));
}

/* Out of range, the host's result is the smallest integer, from which one
 * cannot be taken. */
static void translate_to_signed(struct translation *t,
                                const struct xlate_instruction *i,
                                const struct form *form)
{
	unsigned to = result_register(t, i), w = form->operation;

	convert_to_integer(t, i, form, RAX);
	emit_immediate(t->e, X86_CMP | w, in_register(RAX), 1);
	defer_if(t, i, CC_O);
	emit_op(t->e, w ? X86_MOV | X86_W : X86_MOVSXD, to, in_register(RAX));
	commit(t, i, to);
}

/* As a signed one with more bits, or below its largest.  The range is looked at
 * first, since the host would call inexact what is invalid. */
static void translate_to_unsigned(struct translation *t,
                                  const struct xlate_instruction *i,
                                  const struct form *form)
{
	bool is_word =
	        i->operation == OP_FTOI_WU_S || i->operation == OP_FTOI_WU_D;
	unsigned to = result_register(t, i), from = use_float(t, i->rs1, XMM0);
	struct emit *e = t->e;

	emit_op(e, X86_MOVSD, XMM1,
	        is_word ? CONSTANT(form->single, two_32)
	                : CONSTANT(form->single, two_63));
	emit_op(e, X86_UCOMIS | packed_width(form->single), XMM1,
	        in_register(from));
	defer_if(t, i, CC_BE);
	emit_op(e, X86_MOVMSK | packed_width(form->single), RAX,
	        in_register(from));
	emit_op(e, X86_TEST_8, 0, in_register(RAX));
	emit1(e, 1);
	defer_if(t, i, CC_NE);
	convert_to_integer(t, i, form, to);
	if (is_word)
		emit_op(e, X86_MOVSXD, to, in_register(to));
	commit(t, i, to);
}

/* Conversions write half of a register; here is the other. */
static void prepare_result(struct translation *t, const struct form *form,
                           unsigned to)
{
	if (form->boxed)
		emit_op(t->e, X86_MOVSD, to,
		        in_memory(RBP, HOST_FIELD(constants.box)));
	else
		emit_op(t->e, X86_XORPS, to, in_register(to));
}

static void translate_from_signed(struct translation *t,
                                  const struct xlate_instruction *i,
                                  const struct form *form)
{
	unsigned to = float_result(t, i);

	prepare_result(t, form, to);
	emit_op(t->e, X86_CVTSI2 | form->operation | width(form->boxed), to,
	        guest(t, i->rs1));
	commit_float(t, i, form, to);
}

static void translate_from_unsigned(struct translation *t,
                                    const struct xlate_instruction *i,
                                    const struct form *form)
{
	unsigned to = float_result(t, i), w = form->operation;

	emit_op(t->e, X86_MOV | w, RAX, guest(t, i->rs1));
	if (w) {
		emit_op(t->e, X86_TEST | w, RAX, in_register(RAX));
		defer_if(t, i, CC_S);
	}
	prepare_result(t, form, to);
	emit_op(t->e, X86_CVTSI2 | X86_W | width(form->boxed), to,
	        in_register(RAX));
	commit_float(t, i, form, to);
}

/* Between singles and doubles. */
static void translate_convert(struct translation *t,
                              const struct xlate_instruction *i,
                              const struct form *form)
{
	prepare_result(t, form, XMM0);
	emit_op(t->e, X86_CVT_FLOAT | width(form->single), XMM0,
	        vector_guest(t, i->rs1));
	make_canonical(t, XMM0, form->boxed);
	commit_float(t, i, form, XMM0);
}

static void translate_to_bits(struct translation *t,
                              const struct xlate_instruction *i,
                              const struct form *form)
{
	struct rm place = vector_guest(t, i->rs1);
	unsigned to = result_register(t, i);
	bool is_word = i->operation == OP_FMOVE_TO_X_S;

	(void)form;
	if (!place.memory) {
		emit_op(t->e, X86_MOVQ_FROM_XMM, place.base, in_register(to));
		place = in_register(to);
	}
	if (is_word)
		emit_op(t->e, X86_MOVSXD, to, place);
	else if (place.memory)
		emit_op(t->e, X86_MOV | X86_W, to, place);
	commit(t, i, to);
}

static void box(struct translation *t, unsigned reg)
{
	emit_op(t->e, X86_ORPS, reg, in_memory(RBP, HOST_FIELD(constants.box)));
}

static void translate_from_bits(struct translation *t,
                                const struct xlate_instruction *i,
                                const struct form *form)
{
	unsigned to = float_result(t, i);

	emit_op(t->e, form->operation, to, guest(t, i->rs1));
	if (form->boxed)
		box(t, to);
	commit_float(t, i, form, to);
}

static void translate_load(struct translation *t,
                           const struct xlate_instruction *i,
                           const struct form *form)
{
	unsigned to = float_result(t, i);

	emit_op(t->e, form->operation, to, access_memory(t, i));
	if (form->boxed)
		box(t, to);
	commit_float(t, i, form, to);
}

static void translate_store(struct translation *t,
                            const struct xlate_instruction *i,
                            const struct form *form)
{
	emit_op(t->e, form->operation, use_float(t, i->rs2, XMM0),
	        access_memory(t, i));
}

#define FLOAT(name, translate, operation, rounding, operands)                  \
	[OP_##name##_S] = {translate, (operation) | X86_F3,                    \
	                   rounding,  operands,                                \
	                   true,      true},                                   \
	[OP_##name##_D] = {translate, (operation) | X86_F2,                    \
	                   rounding,  operands,                                \
	                   false,     false}
#define FUSED(name, opcode)                                                    \
	[OP_##name##_S] = {translate_fused, opcode, CURRENT, 3, true, true},   \
	[OP_##name##_D] = {translate_fused, opcode, CURRENT, 3, false, false}
#define COMPARE(name, translate, condition)                                    \
	[OP_##name##_S] = {translate, condition, ANY, 2, true, false},         \
	[OP_##name##_D] = {translate, condition, ANY, 2, false, false}
#define TO_INTEGER(name, translate, w, rounding)                               \
	[OP_##name##_S] = {translate, w, rounding, 1, true, false},            \
	[OP_##name##_D] = {translate, w, rounding, 1, false, false}
/* To doubles of 32 bits is exact. */
#define FROM_INTEGER(name, translate, w)                                       \
	[OP_##name##_S] = {translate, w, CURRENT, 0, false, true},             \
	[OP_##name##_D] = {translate, w, (w) ? CURRENT : ANY, 0, false, false}

static const struct form forms[OP_COUNT] = {
        FUSED(FMADD, 0xa9),
        FUSED(FMSUB, 0xab),
        FUSED(FNMSUB, 0xad),
        FUSED(FNMADD, 0xaf),
        FLOAT(FADD, translate_binary, X86_ADDS, CURRENT, 2),
        FLOAT(FSUB, translate_binary, X86_SUBS, CURRENT, 2),
        FLOAT(FMUL, translate_binary, X86_MULS, CURRENT, 2),
        FLOAT(FDIV, translate_binary, X86_DIVS, CURRENT, 2),
        FLOAT(FSQRT, translate_root, X86_SQRT, CURRENT, 1),
        FLOAT(FSGNJ, translate_sign, 0, ANY, 2),
        FLOAT(FSGNJN, translate_sign, 0, ANY, 2),
        FLOAT(FSGNJX, translate_sign, 0, ANY, 2),
        FLOAT(FMIN, translate_extreme, X86_MINS, ANY, 2),
        FLOAT(FMAX, translate_extreme, X86_MAXS, ANY, 2),
        COMPARE(FEQ, translate_equal, 0),
        COMPARE(FLT, translate_order, CC_A),
        COMPARE(FLE, translate_order, CC_AE),
        TO_INTEGER(FTOI_W, translate_to_signed, 0, CURRENT | ZERO),
        TO_INTEGER(FTOI_L, translate_to_signed, X86_W, CURRENT | ZERO),
        TO_INTEGER(FTOI_WU, translate_to_unsigned, X86_W, ZERO),
        TO_INTEGER(FTOI_LU, translate_to_unsigned, X86_W, ZERO),
        FROM_INTEGER(ITOF_W, translate_from_signed, 0),
        FROM_INTEGER(ITOF_L, translate_from_signed, X86_W),
        FROM_INTEGER(ITOF_WU, translate_from_unsigned, 0),
        FROM_INTEGER(ITOF_LU, translate_from_unsigned, X86_W),
        [OP_FCVT_S_D] = {translate_convert, 0, CURRENT, 1, false, true},
        [OP_FCVT_D_S] = {translate_convert, 0, ANY, 1, true, false},
        [OP_FMOVE_TO_X_S] = {translate_to_bits, 0, ANY, 1, false, false},
        [OP_FMOVE_TO_X_D] = {translate_to_bits, 0, ANY, 1, false, false},
        [OP_FMOVE_FROM_X_S] = {translate_from_bits, X86_MOVD_TO_XMM, ANY, 0,
                               false, true},
        [OP_FMOVE_FROM_X_D] = {translate_from_bits, X86_MOVQ_TO_XMM, ANY, 0,
                               false, false},
        [OP_FLOAD_S] = {translate_load, X86_MOVSS, ANY, 0, false, true},
        [OP_FLOAD_D] = {translate_load, X86_MOVSD, ANY, 0, false, false},
        [OP_FSTORE_S] = {translate_store, X86_MOVSS_STORE, ANY, 1, false,
                         false},
        [OP_FSTORE_D] = {translate_store, X86_MOVSD_STORE, ANY, 1, false,
                         false},
};

bool translate_float(struct translation *t, const struct xlate_instruction *i)
{
	const struct form *form = &forms[i->operation];

	if (!form->translate || !(form->rounding >> i->rounding & 1) ||
	    (form->translate == translate_fused && !t->host->fma))
		return false;
	if (form->single)
		check_boxes(t, i, form->operands);
	form->translate(t, i, form);
	return true;
}
