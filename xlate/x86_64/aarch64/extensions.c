/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/forms.h"
#include "xlate/x86_64/aarch64/vector.h"

/* What Armv8.0-A has as options: extensions.def. */

FORM_FUNCTION(translate_atomic_memory)
{
	const struct atomic atomic = {
	        .kind = form->mode,
	        .operation = form->operation,
	        .size = form->size,
	};

	flags_clobber(t);
	emit_atomic(t, i, &atomic);
	commit(t, i, RAX);
	return true;
}

FORM_FUNCTION(translate_compare_swap)
{
	struct rm memory;

	flags_clobber(t);
	memory = access_aligned(t, i, form->size);
	emit_op(t->e, X86_MOV | (form->size == 8 ? X86_W : 0u), RAX,
	        guest(t, i->rs3));
	emit_op(t->e, X86_MOV | X86_W, RDX, guest(t, i->rs2));
	emit1(t->e, X86_LOCK);
	emit_op(t->e, atomic_sized(X86_CMPXCHG, form->size), RDX, memory);
	atomic_extend(t, form->size);
	commit(t, i, RAX);
	return true;
}

/*
 * The remainder of (sum ^ data) * x^32 by the polynomial, by Barrett's
 * reduction: Gopal and others, "Fast CRC Computation for Generic Polynomials
 * Using PCLMULQDQ Instruction", Intel, 2009, with bits in reversed order.  Data
 * of fewer than 64 bits are the last ones of 64; of 8 or 16, the rest of the
 * sum moves down.
 */
FORM_FUNCTION(translate_check_sum)
{
	unsigned size = 8u * form->size;
	struct rm constants =
	        in_memory(RBP, form->mode ? HOST_FIELD(constants.crc32c)
	                                  : HOST_FIELD(constants.crc32));
	struct emit *e = t->e;

	if (!t->host->multiplies_bits)
		return false;
	flags_clobber(t);
	emit_op(e, X86_MOV, RDX, guest(t, i->rs1));
	emit_op(e, X86_MOV | X86_W, RAX, guest(t, i->rs2));
	emit_op(e, X86_XOR | X86_W, RAX, in_register(RDX));
	if (size < 64)
		emit_shift(e, X86_W, SHIFT_LEFT, RAX, 64 - size);
	vex(t, V_MOVD_FROM_GENERAL | V_W, XMM0, 0, in_register(RAX));
	vex_with(t, V_MULTIPLY_BITS, XMM0, XMM0, constants, 0x00);
	vex_with(t, V_MULTIPLY_BITS, XMM0, XMM0, constants, 0x10);
	vex_with(t, V_EXTRACT_WORD, XMM0, 0, in_register(RAX), 2);
	if (size < 32) {
		emit_shift(e, 0, SHIFT_RIGHT, RDX, size);
		emit_op(e, X86_XOR, RAX, in_register(RDX));
	}
	commit(t, i, RAX);
	return true;
}
