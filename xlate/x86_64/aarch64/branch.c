/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/aarch64.h"

/* Branches that depend on something: those that do not are the frame's. */

#define X86_BT_IMMEDIATE (0xba | X86_0F)
#define GROUP8_BT        4

static bool is_set(const struct xlate_instruction *i)
{
	return i->id == A64_cbnz_w || i->id == A64_cbnz_x || i->id == A64_tbnz;
}

/* NZCV's four bits choose one of sixteen, which says whether it holds. */
static void branch_if_condition(struct translation *t,
                                const struct xlate_instruction *i)
{
	struct emit *e = t->e;
	uint32_t holds = 0;

	for (uint32_t n = 0; n < 16; n++)
		holds |= (uint32_t)aarch64_holds(n << 28, i->condition) << n;
	emit_op(e, X86_MOV, RCX, in_memory(RBP, MACHINE_FIELD(state.nzcv)));
	emit_shift(e, 0, SHIFT_RIGHT, RCX, 28);
	emit_constant(e, RAX, holds);
	emit_op(e, X86_BT, RCX, in_register(RAX));
	link_to(t, emit_jcc(e, CC_B), t->pc + (uint64_t)i->imm);
}

static void branch_if_zero(struct translation *t,
                           const struct xlate_instruction *i, unsigned w)
{
	unsigned a = use(t, i->rs1, RAX);

	emit_op(t->e, X86_TEST | w, a, in_register(a));
	link_to(t, emit_jcc(t->e, is_set(i) ? CC_NE : CC_E),
	        t->pc + (uint64_t)i->imm);
}

static void branch_if_bit(struct translation *t,
                          const struct xlate_instruction *i)
{
	emit_op(t->e, X86_BT_IMMEDIATE | X86_W, GROUP8_BT,
	        in_register(use(t, i->rs1, RAX)));
	emit1(t->e, i->amount);
	link_to(t, emit_jcc(t->e, is_set(i) ? CC_B : CC_AE),
	        t->pc + (uint64_t)i->imm);
}

bool translate_branch(struct translation *t, const struct xlate_instruction *i)
{
	switch (i->id) {
	case A64_b_cond:
		branch_if_condition(t, i);
		return true;
	case A64_cbz_w:
	case A64_cbnz_w:
		branch_if_zero(t, i, 0);
		return true;
	case A64_cbz_x:
	case A64_cbnz_x:
		branch_if_zero(t, i, X86_W);
		return true;
	case A64_tbz:
	case A64_tbnz:
		branch_if_bit(t, i);
		return true;
	default:
		return false;
	}
}
