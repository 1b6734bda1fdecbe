/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/forms.h"

/* Branches that depend on something (those that do not are the frame's), and
 * the system. */

#define GROUP8_BT 4

static void link_branch(struct translation *t,
                        const struct xlate_instruction *i, enum condition cc)
{
	link_to(t, emit_jcc(t->e, cc), t->pc + (uint64_t)i->imm);
}

/* A loop goes on without a detour: flags that do not go along are stored where
 * it branches, not on the way. */
static void settle_in_loop(struct translation *t,
                           const struct xlate_instruction *i)
{
	if (i->imm <= 0 && !t->flags.setter)
		flags_settle(t);
}

FORM_FUNCTION(translate_branch_condition)
{
	(void)form;
	scratch_store(t);
	if (i->condition >= ALWAYS) {
		flags_settle(t);
		link_to(t, emit_jump(t->e), t->pc + (uint64_t)i->imm);
		return true;
	}
	flags_need(t, i->condition);
	settle_in_loop(t, i);
	link_branch(t, i, flags_condition(i->condition));
	if (t->otherwise)
		flags_join(t, i, i[-1].shift);
	return true;
}

FORM_FUNCTION(translate_branch_zero)
{
	unsigned a;

	settle_in_loop(t, i);
	flags_clobber(t);
	scratch_store(t);
	a = use(t, i->rs1, RAX);
	emit_op(t->e, X86_TEST | form->w, a, in_register(a));
	link_branch(t, i, form->operation);
	return true;
}

/* The condition that the bit is set.  A test and a jump become one operation,
 * bt does not. */
static enum condition test_bit(struct translation *t, struct rm a, unsigned bit)
{
	if (a.memory) {
		a.displacement += (int32_t)(bit / 8);
		bit %= 8;
	}
	if (bit < 8) {
		emit_op(t->e, X86_TEST_8, 0, a);
		emit1(t->e, 1u << bit);
	} else if (bit < 32) {
		emit_op(t->e, 0xf7, GROUP3_TEST, a);
		emit4(t->e, UINT32_C(1) << bit);
	} else {
		emit_op(t->e, X86_BT_IMMEDIATE | X86_W, GROUP8_BT, a);
		emit1(t->e, bit);
		return CC_B;
	}
	return CC_NE;
}

FORM_FUNCTION(translate_branch_bit)
{
	enum condition is_set;

	settle_in_loop(t, i);
	flags_clobber(t);
	scratch_store(t);
	is_set = test_bit(t, guest(t, i->rs1), i->amount);
	link_branch(t, i, form->operation ? is_set : is_set ^ CC_OPPOSITE);
	return true;
}

FORM_FUNCTION(translate_nothing)
{
	(void)t;
	(void)i;
	(void)form;
	return true;
}

FORM_FUNCTION(translate_fence)
{
	(void)i;
	(void)form;
	emit_fence(t->e);
	return true;
}

FORM_FUNCTION(translate_read_system)
{
	unsigned to = result_register(t, i);

	emit_op(t->e, X86_MOV | form->w, to, in_memory(RBP, form->operation));
	commit(t, i, to);
	return true;
}

FORM_FUNCTION(translate_write_thread)
{
	(void)form;
	emit_op(t->e, X86_STORE | X86_W, use(t, i->rs1, RAX),
	        in_memory(RBP, MACHINE_FIELD(state.tpidr)));
	return true;
}
