/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/forms.h"
#include "xlate/x86_64/aarch64/vector.h"

/* Loads and stores of vector registers, and of what a scalar takes of one.  The
 * rest of a register that is loaded becomes zero. */

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

/* The register becomes what has been loaded to FROM, if it is not the same. */
static void set(struct translation *t, const struct form *form, unsigned number,
                unsigned from)
{
	struct rm place = vector_guest(t, number);

	note_vector(t, number, form->size);
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
	set(t, form, i->rd, to);
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
	set(t, form, i->rs3, to);
	set(t, form, i->rd, XMM0);
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

/* ----------------------------- registers that follow each other in memory */

/* One of them, of 8 or 16 bytes. */
static struct form access_of(unsigned size, bool is_store)
{
	static const uint16_t operations[2][2] = {
	        {X86_MOVSD, X86_MOVUPS}, {X86_MOVSD_STORE, X86_MOVUPS_STORE}};

	return (struct form){.operation = operations[is_store][size == 16],
	                     .size = (uint8_t)size};
}

/* The base register moves by what has been accessed, or by a register. */
static void move_base(struct translation *t, const struct xlate_instruction *i,
                      unsigned base, unsigned bytes)
{
	struct known known = known_after(t, i->rs1, bytes);

	if (!i->condition)
		return;
	if (i->immediate) {
		emit_op(t->e, X86_LEA | X86_W, RCX,
		        in_memory(base, (int32_t)bytes));
	} else {
		emit_op(t->e, X86_LEA | X86_W, RCX,
		        in_indexed(base, use(t, i->rs2, RAX), 0, 0));
		known = (struct known){false, 0};
	}
	set_register(t, i->rs1, RCX);
	set_known(t, i->rs1, known);
}

/* [rs1], of BYTES in COUNT parts; the last byte is read first: then no register
 * changes and another part faults. */
static struct rm begin_load(struct translation *t,
                            const struct xlate_instruction *i, unsigned bytes,
                            unsigned count)
{
	struct rm memory = find_base(t, i->rs1);

	memory.displacement = (int32_t)(bytes - 1);
	if (count > 1)
		emit_op(t->e, X86_MOVZX_8, RAX, memory);
	memory.displacement = 0;
	return memory;
}

/* Likewise, and the last byte is stored unchanged: nothing is if it faults. */
static struct rm begin_store(struct translation *t,
                             const struct xlate_instruction *i, unsigned bytes,
                             unsigned count)
{
	struct rm memory;

	flags_clobber(t);
	memory = find_base(t, i->rs1);
	memory.displacement = (int32_t)(bytes - 1);
	if (count > 1) {
		emit_op(t->e, X86_OR_IMMEDIATE_8, GROUP1_OR, memory);
		emit1(t->e, 0);
	}
	memory.displacement = 0;
	return memory;
}

FORM_FUNCTION(translate_load_row)
{
	unsigned size = (unsigned)i->lanes << i->size, count = (unsigned)i->imm;
	const struct form one = access_of(size, false);
	struct rm memory = begin_load(t, i, count * size, count);

	(void)form;
	for (unsigned n = 0; n < count; n++) {
		unsigned number = (i->rd + n) % 32;
		unsigned to = place_or(t, number, XMM0);

		memory.displacement = (int32_t)(n * size);
		load(t, &one, to, memory);
		set(t, &one, number, to);
	}
	move_base(t, i, memory.base, count * size);
	return true;
}

FORM_FUNCTION(translate_store_row)
{
	unsigned size = (unsigned)i->lanes << i->size, count = (unsigned)i->imm;
	const struct form one = access_of(size, true);
	struct rm memory = begin_store(t, i, count * size, count);

	(void)form;
	for (unsigned n = 0; n < count; n++) {
		memory.displacement = (int32_t)(n * size);
		store(t, &one, (i->rd + n) % 32, memory);
	}
	move_base(t, i, memory.base, count * size);
	return true;
}

/* -------------- structures: lanes that follow each other go to one register
 * each
 */

static unsigned structure_register(const struct xlate_instruction *i,
                                   unsigned n)
{
	return (i->rd + n) % 32;
}

FORM_FUNCTION(translate_load_structures)
{
	unsigned bytes = (unsigned)i->lanes << i->size, count = i->amount;
	struct rm memory;

	(void)form;
	if (!t->host->vectors)
		return false;
	memory = begin_load(t, i, count * bytes, count);
	for (unsigned k = 0; k < count; k++) {
		vex(t, V_XOR, XMM0, XMM0, in_register(XMM0));
		for (unsigned n = 0; n < i->lanes; n++) {
			memory.displacement =
			        (int32_t)((n * count + k) << i->size);
			insert_lane(t, XMM0, memory, i->size, n);
		}
		set_vector(t, structure_register(i, k), XMM0, 16);
	}
	move_base(t, i, memory.base, count * bytes);
	return true;
}

FORM_FUNCTION(translate_store_structures)
{
	unsigned bytes = (unsigned)i->lanes << i->size, count = i->amount;
	struct rm memory;

	(void)form;
	if (!t->host->vectors)
		return false;
	memory = begin_store(t, i, count * bytes, count);
	for (unsigned k = 0; k < count; k++) {
		unsigned from = use_vector(t, structure_register(i, k), XMM0);

		for (unsigned n = 0; n < i->lanes; n++) {
			memory.displacement =
			        (int32_t)((n * count + k) << i->size);
			extract_lane(t, from, memory, i->size, n);
		}
	}
	move_base(t, i, memory.base, count * bytes);
	return true;
}

/* One lane of each register, or all lanes get the same. */
FORM_FUNCTION(translate_load_structure)
{
	unsigned count = i->amount, bytes = count << i->size;
	bool repeats = form->operation;
	struct rm memory;

	if (!t->host->vectors)
		return false;
	memory = begin_load(t, i, bytes, count);
	for (unsigned k = 0; k < count; k++) {
		unsigned number = structure_register(i, k);

		if (!repeats)
			load_vector(t, XMM0, number);
		insert_lane(t, XMM0, memory, i->size, repeats ? 0 : i->shift);
		if (repeats)
			repeat_first(t, XMM0, XMM0, i->size);
		set_vector(t, number, XMM0,
		           repeats ? (unsigned)i->lanes << i->size : 16);
		memory.displacement += 1 << i->size;
	}
	move_base(t, i, memory.base, bytes);
	return true;
}

FORM_FUNCTION(translate_store_structure)
{
	unsigned count = i->amount, bytes = count << i->size;
	struct rm memory;

	(void)form;
	if (!t->host->vectors)
		return false;
	memory = begin_store(t, i, bytes, count);
	for (unsigned k = 0; k < count; k++) {
		extract_lane(t, use_vector(t, structure_register(i, k), XMM0),
		             memory, i->size, i->shift);
		memory.displacement += 1 << i->size;
	}
	move_base(t, i, memory.base, bytes);
	return true;
}
