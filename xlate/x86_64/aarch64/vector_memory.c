/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/forms.h"

/* Loads and stores of vector registers, and of what a scalar takes of one.  The
 * rest of a register that is loaded becomes zero. */

#define XMM0 0u
#define XMM1 1u

static unsigned place_or(const struct translation *t, unsigned number,
                         unsigned scratch)
{
	struct rm place = vector_guest(t, number);

	return place.memory ? scratch : place.base;
}

static void load(struct translation *t, const struct form *form, unsigned to,
                 struct rm memory)
{
	if (form->size >= 4) {
		emit_op(t->e, form->operation, to, memory);
	} else {
		emit_op(t->e, form->operation, RAX, memory);
		emit_op(t->e, X86_MOVD_TO_XMM, to, in_register(RAX));
	}
}

static void store(struct translation *t, const struct form *form,
                  unsigned number, struct rm memory)
{
	unsigned from = place_or(t, number, XMM0);

	if (from == XMM0)
		emit_op(t->e, X86_MOVAPS, XMM0, vector_guest(t, number));
	if (form->size < 4) {
		emit_op(t->e, X86_MOVD_FROM_XMM, from, in_register(RAX));
		from = RAX;
	}
	emit_op(t->e, form->operation, from, memory);
}

/* The register becomes what is in FROM, if it is not the same. */
static void set(struct translation *t, unsigned number, unsigned from)
{
	struct rm place = vector_guest(t, number);

	if (place.memory)
		emit_op(t->e, X86_MOVAPS_STORE, from, place);
	else if (place.base != from)
		emit_op(t->e, X86_MOVAPS, place.base, in_register(from));
}

FORM_FUNCTION(translate_load_vector)
{
	unsigned to = place_or(t, i->rd, XMM0);
	struct rm memory;

	if (!find_operand(t, i, form, &memory))
		return false;
	load(t, form, to, memory);
	write_back(t, i, form);
	set(t, i->rd, to);
	return true;
}

FORM_FUNCTION(translate_store_vector)
{
	struct rm memory;

	if (!find_operand(t, i, form, &memory))
		return false;
	store(t, form, i->rs3, memory);
	write_back(t, i, form);
	return true;
}

/* Neither register changes before both have been loaded. */
FORM_FUNCTION(translate_load_vectors)
{
	unsigned to = place_or(t, i->rs3, XMM1);
	struct rm memory;

	if (i->rd == i->rs3 || !find_operand(t, i, form, &memory))
		return false;
	load(t, form, XMM0, memory);
	memory.displacement += form->size;
	load(t, form, to, memory);
	write_back(t, i, form);
	set(t, i->rs3, to);
	set(t, i->rd, XMM0);
	return true;
}

FORM_FUNCTION(translate_store_vectors)
{
	struct rm memory;

	if (!find_operand(t, i, form, &memory))
		return false;
	store(t, form, i->rs2, memory);
	memory.displacement += form->size;
	store(t, form, i->rs3, memory);
	write_back(t, i, form);
	return true;
}
