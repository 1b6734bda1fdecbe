/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/forms.h"

/* Shifts, fields of bits, and counting them. */

static unsigned bits_of(const struct form *form)
{
	return form->w ? 64 : 32;
}

FORM_FUNCTION(translate_shift)
{
	unsigned to = result_register(t, i);

	if (!t->host->bmi2 || form->operation == SHIFT_ROTATE)
		flags_clobber(t);
	shift_by_register(t, i, to, form->operation, form->w);
	commit(t, i, to);
	return true;
}

/* rs1, moved to the left end of what is wanted of it and back to the right. */
struct field {
	unsigned left, right;
};

static struct field find_field(const struct xlate_instruction *i,
                               const struct form *form)
{
	unsigned width = (unsigned)__builtin_popcountll((uint64_t)i->imm);
	unsigned amount = i->amount;

	if (form->operation == SHIFT_ARITHMETIC)
		amount -= i->size;
	return (struct field){bits_of(form) - width - amount,
	                      bits_of(form) - width - i->shift};
}

/* A field at bit 0 that is as wide as an integer of the host's. */
static unsigned widening(struct field f, const struct form *form)
{
	bool is_signed = form->operation == SHIFT_ARITHMETIC;

	if (f.left != f.right)
		return 0;
	switch (bits_of(form) - f.left) {
	case 8:
		return is_signed ? X86_MOVSX_8 & (~X86_W | form->w)
		                 : X86_MOVZX_8;
	case 16:
		return is_signed ? X86_MOVSX_16 & (~X86_W | form->w)
		                 : X86_MOVZX_16;
	case 32:
		return is_signed && form->w ? X86_MOVSXD : X86_MOV;
	default:
		return 0;
	}
}

static void move_field(struct translation *t, const struct form *form,
                       struct field f, unsigned to)
{
	if (f.left)
		emit_shift(t->e, form->w, SHIFT_LEFT, to, f.left);
	if (f.right)
		emit_shift(t->e, form->w, form->operation, to, f.right);
}

FORM_FUNCTION(translate_field)
{
	struct field f = find_field(i, form);
	unsigned to, move = widening(f, form);
	struct rm a;

	if (!move)
		flags_clobber(t);
	a = guest(t, i->rs1);
	to = result_register(t, i);
	if (move) {
		emit_op(t->e, move, to, a);
	} else {
		if (a.memory || a.base != to)
			emit_op(t->e, X86_MOV | X86_W, to, a);
		move_field(t, form, f, to);
	}
	commit(t, i, to);
	return true;
}

FORM_FUNCTION(translate_insert)
{
	struct field f = find_field(i, form);
	struct emit *e = t->e;

	if (i->rd == XLATE_SINK)
		return false;
	flags_clobber(t);
	emit_op(e, X86_MOV | X86_W, RCX, guest(t, i->rs1));
	move_field(t, form, f, RCX);
	emit_constant(e, RAX, ~((uint64_t)i->imm << i->shift));
	emit_op(e, X86_AND | form->w, RAX, guest(t, i->rd));
	emit_op(e, X86_OR | form->w, RAX, in_register(RCX));
	commit(t, i, RAX);
	return true;
}

FORM_FUNCTION(translate_extract)
{
	struct emit *e = t->e;

	if (i->rs1 == i->rs2 && i->amount) {
		if (!t->host->bmi2)
			flags_clobber(t);
		rotate_by_constant(t, i, form->w, i->amount);
		return true;
	}
	flags_clobber(t);
	emit_op(e, X86_MOV | form->w, RAX, guest(t, i->rs2));
	if (i->amount) {
		emit_op(e, X86_MOV | X86_W, RCX, guest(t, i->rs1));
		emit_op(e, X86_SHRD | form->w, RCX, in_register(RAX));
		emit1(e, i->amount);
	}
	commit(t, i, RAX);
	return true;
}

/* Of the whole register, then rotated by as much as `size` says. */
FORM_FUNCTION(translate_reverse)
{
	struct rm from = guest(t, i->rs1);
	unsigned to = result_register(t, i);
	struct emit *e = t->e;

	if (form->size)
		flags_clobber(t);
	if (from.memory || from.base != to)
		emit_op(e, X86_MOV | X86_W, to, from);
	emit_bswap(e, form->w, to);
	if (form->size)
		emit_shift(e, form->w, SHIFT_ROTATE, to, form->size);
	commit(t, i, to);
	return true;
}

/* Zeros at the right end are counted by rbit and clz, of one register: then the
 * first of them does nothing. */
static bool counts_from_right(const struct translation *t,
                              const struct xlate_instruction *rbit)
{
	const struct xlate_instruction *clz = rbit + 1;

	return t->host->bmi2 && clz != t->end &&
	       (rbit->id == A64_rbit_w || rbit->id == A64_rbit_x) &&
	       clz->id - rbit->id == A64_clz_x - A64_rbit_x &&
	       clz->rs1 == rbit->rd && clz->rd == rbit->rd;
}

/* Where there is BMI2 there are LZCNT and TZCNT. */
FORM_FUNCTION(translate_leading_zeros)
{
	unsigned to = result_register(t, i), op = X86_LZCNT, from = i->rs1;

	if (!t->host->bmi2)
		return false;
	if (i != t->begin && counts_from_right(t, i - 1)) {
		op = X86_TZCNT;
		from = i[-1].rs1;
	}
	flags_clobber(t);
	emit_op(t->e, op | form->w, to, guest(t, from));
	commit(t, i, to);
	return true;
}

/* Bits that are as the sign is, but for that: zeros, if each is compared with the
 * next. */
FORM_FUNCTION(translate_leading_signs)
{
	struct emit *e = t->e;

	if (!t->host->bmi2)
		return false;
	flags_clobber(t);
	emit_op(e, X86_MOV | form->w, RAX, guest(t, i->rs1));
	emit_move(e, RCX, RAX);
	emit_shift(e, form->w, SHIFT_ARITHMETIC, RCX, 1);
	emit_op(e, X86_XOR | form->w, RAX, in_register(RCX));
	emit_op(e, X86_LZCNT | form->w, RAX, in_register(RAX));
	emit_op(e, X86_LEA | form->w, RAX, in_memory(RAX, -1));
	commit(t, i, RAX);
	return true;
}

/* Bytes, then halves, pairs and single bits in them change places. */
FORM_FUNCTION(translate_reverse_bits)
{
	static const uint64_t masks[] = {UINT64_C(0x0f0f0f0f0f0f0f0f),
	                                 UINT64_C(0x3333333333333333),
	                                 UINT64_C(0x5555555555555555)};
	struct emit *e = t->e;

	if (counts_from_right(t, i))
		return true;
	flags_clobber(t);
	emit_op(e, X86_MOV | X86_W, RAX, guest(t, i->rs1));
	emit_bswap(e, form->w, RAX);
	for (unsigned n = 0; n < 3; n++) {
		unsigned distance = 4 >> n;

		emit_constant(e, RDX, form->w ? masks[n] : (uint32_t)masks[n]);
		emit_move(e, RCX, RAX);
		emit_shift(e, form->w, SHIFT_RIGHT, RCX, distance);
		emit_op(e, X86_AND | form->w, RCX, in_register(RDX));
		emit_op(e, X86_AND | form->w, RAX, in_register(RDX));
		emit_shift(e, form->w, SHIFT_LEFT, RAX, distance);
		emit_op(e, X86_OR | form->w, RAX, in_register(RCX));
	}
	commit(t, i, RAX);
	return true;
}
