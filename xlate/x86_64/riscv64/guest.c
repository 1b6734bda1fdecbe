/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/riscv64/riscv64.h"

/* RV64GC as the frame sees it. */

static const uint8_t conditions[] = {
        [OP_BRANCH_EQ - OP_BRANCH_EQ] = CC_E,
        [OP_BRANCH_NE - OP_BRANCH_EQ] = CC_NE,
        [OP_BRANCH_LT - OP_BRANCH_EQ] = CC_L,
        [OP_BRANCH_GE - OP_BRANCH_EQ] = CC_GE,
        [OP_BRANCH_LTU - OP_BRANCH_EQ] = CC_B,
        [OP_BRANCH_GEU - OP_BRANCH_EQ] = CC_AE,
};

static void translate_branch(struct translation *t,
                             const struct xlate_instruction *i)
{
	unsigned a, w = compared_width(t, i);

	scratch_store(t);
	a = use(t, i->rs1, RAX);
	if (i->rs2 == 0)
		emit_op(t->e, X86_TEST | w, a, in_register(a));
	else
		emit_op(t->e, X86_CMP | w, a, guest(t, i->rs2));
	link_to(t, emit_jcc(t->e, conditions[i->operation - OP_BRANCH_EQ]),
	        t->pc + (uint64_t)i->imm);
}

bool keeps_scratch(const struct translation *t,
                   const struct xlate_instruction *i)
{
	switch (i->operation) {
	case OP_CONSTANT:
	case OP_PC_CONSTANT:
	case OP_MUL_W:
		return true;
	case OP_SLL:
	case OP_SRL:
	case OP_SRA:
	case OP_SLL_W:
	case OP_SRL_W:
	case OP_SRA_W:
		return i->immediate || t->host->bmi2;
	default:
		return i->operation >= OP_BRANCH_EQ && i->operation <= OP_MUL;
	}
}

static bool translate_any(struct translation *t,
                          const struct xlate_instruction *i)
{
	struct known known = known_after(t, i->rs1, i->imm);

	scratch_lock(t, i);
	if (i->operation >= OP_BRANCH_EQ && i->operation <= OP_BRANCH_GEU) {
		translate_branch(t, i);
		return true;
	}
	if (translate_address(t, i))
		return true;
	if (translate_integer(t, i)) {
		if (i->operation == OP_ADD && i->immediate)
			set_known(t, i->rd, known);
		return true;
	}
	return translate_bits(t, i) || translate_atomic(t, i) ||
	       translate_float(t, i) || translate_flags(t, i);
}

bool translate_plain(struct translation *t, const struct xlate_instruction *i)
{
	if (keeps_scratch(t, i))
		scratch_allow(t);
	else
		scratch_forget(t);
	return translate_halves(t, i, translate_any);
}

static bool can_run(const struct xlate_state *state)
{
	return (state->fcsr >> 5 & 7) <= 3;
}

/* frm counts to zero, down, up; MXCSR down, up, to zero. */
static uint32_t rounding(const struct xlate_state *state)
{
	static const uint32_t mode[4] = {0, 3, 1, 2};

	return mode[state->fcsr >> 5 & 3];
}

/* IE, DE, ZE, OE, UE, PE to NX, UF, OF, DZ, NV. */
static uint32_t flags(uint32_t mxcsr)
{
	return (mxcsr >> 5 & 1) | (mxcsr >> 4 & 1) << 1 |
	       (mxcsr >> 3 & 1) << 2 | (mxcsr >> 2 & 1) << 3 | (mxcsr & 1) << 4;
}

static void to_host(struct xlate_state *state)
{
	(void)state;
}

static void to_guest(struct xlate_state *state, uint32_t mxcsr)
{
	state->fcsr |= flags(mxcsr);
}

const struct host_guest host_riscv64 = {
        /* What the C compiler uses most in hot code. */
        .pinned = {{2, RBX},
                   {10, RDI},
                   {11, RSI},
                   {12, R8},
                   {13, R9},
                   {14, R10},
                   {15, R11},
                   {8, R12},
                   {9, R13},
                   {16, R14},
                   {1, R15}},
        .vector_pinned = {{10, 2},
                          {11, 3},
                          {12, 4},
                          {13, 5},
                          {14, 6},
                          {15, 7},
                          {16, 8},
                          {17, 9},
                          {8, 10},
                          {9, 11},
                          {0, 12},
                          {1, 13},
                          {2, 14},
                          {3, 15}},
        .vectors = offsetof(struct xlate_state, f),
        .vector_size = 8,
        .zero = 0,
        .link = 1,
        .halfwords = true,
        .can_run = can_run,
        .rounding = rounding,
        .flags = flags,
        .to_host = to_host,
        .to_guest = to_guest,
        .translate = late_translate,
        .finish = late_finish,
        .settle = halves_settle,
        .recall = late_recall,
        .flags_of = halves_of,
        .is_same = halves_are_same,
};
