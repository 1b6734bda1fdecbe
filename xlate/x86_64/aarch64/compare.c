/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/forms.h"
#include "xlate/x86_64/aarch64/vector.h"

/* Floating point and NZCV: comparisons set it, a selection reads it. */

#define CMP_8 (0x3au | X86_BYTE)

/* The host's flags are of its own for such a comparison.  Whether a is above,
 * compared with whether it is below, gives those of a subtraction. */
static void compare(struct translation *t, const struct xlate_instruction *i,
                    const struct form *form)
{
	struct rm b = second_operand(t, i);

	vex(t, form->operation | (i->size == 3 ? 1u : 0) << 8,
	    use_vector(t, i->rs1, XMM0), 0, b);
	defer_if(t, i, CC_P);
	emit_setcc(t->e, CC_A, RAX);
	emit_setcc(t->e, CC_B, RCX);
	emit_op(t->e, CMP_8, RAX, in_register(RCX));
}

FORM_FUNCTION(translate_float_compare)
{
	if (!t->host->vectors)
		return false;
	flags_clobber(t);
	compare(t, i, form);
	return true;
}

/* Flags are stored first: the interpreter may have to do it all. */
FORM_FUNCTION(translate_float_compare_if)
{
	uint32_t otherwise, done;

	if (!t->host->vectors)
		return false;
	if (i->condition >= ALWAYS)
		return translate_float_compare(t, i, form);
	flags_settle(t);
	flags_need(t, i->condition);
	otherwise = emit_jcc(t->e, flags_condition(i->condition) ^ CC_OPPOSITE);
	compare(t, i, form);
	done = emit_jump(t->e);
	emit_target(t->e, otherwise, t->e->at);
	flags_load_constant(t, i->shift);
	emit_target(t->e, done, t->e->at);
	return true;
}

FORM_FUNCTION(translate_float_select)
{
	unsigned bytes = i->size == 3 ? 8 : 4;
	uint32_t done;

	(void)form;
	if (!t->host->vectors)
		return false;
	if (i->condition >= ALWAYS) {
		set_vector(t, i->rd, use_vector(t, i->rs1, XMM0), bytes);
		return true;
	}
	flags_need(t, i->condition);
	load_vector(t, XMM0, i->rs1);
	done = emit_jcc(t->e, flags_condition(i->condition));
	load_vector(t, XMM0, i->rs2);
	emit_target(t->e, done, t->e->at);
	set_vector(t, i->rd, XMM0, bytes);
	return true;
}
