/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/forms.h"

/* Loads and stores of general registers, and addresses of all. */

/* Whether the same has been compared with the window before. */
static bool is_known(const struct checked_sum *sum,
                     const struct xlate_instruction *i)
{
	return sum->known && sum->first == i->rs1 && sum->second == i->rs2 &&
	       sum->shift == i->shift && sum->amount == i->amount;
}

/* rs1 + the index, extended and shifted: by host registers, perhaps rdx and
 * rcx. */
static struct rm add_index(struct translation *t,
                           const struct xlate_instruction *i)
{
	static const uint16_t moves[8] = {[2] = X86_MOV, [6] = X86_MOVSXD};
	unsigned move = moves[i->shift & 7], amount = i->amount;
	unsigned base = use(t, i->rs1, RDX), index = RCX;

	if (move || amount > 3)
		emit_op(t->e, move ? move : X86_MOV | X86_W, RCX,
		        guest(t, i->rs2));
	else
		index = use(t, i->rs2, RCX);
	if (amount > 3) {
		emit_shift(t->e, X86_W, SHIFT_LEFT, RCX, amount);
		amount = 0;
	}
	return in_indexed(base, index, amount, 0);
}

/* The sum, in rcx, is compared with the window, if it has not been before. */
static struct rm find_indexed(struct translation *t,
                              const struct xlate_instruction *i)
{
	bool known = is_known(&t->sum, i) && i->amount <= 3;
	struct rm memory;

	if (known)
		flags_before_access(t);
	else
		flags_clobber(t);
	memory = add_index(t, i);
	if (known)
		return memory;
	emit_op(t->e, X86_LEA | X86_W, RCX, memory);
	check_address(t, RCX);
	t->sum = (struct checked_sum){.known = true,
	                              .first = i->rs1,
	                              .second = i->rs2,
	                              .shift = i->shift,
	                              .amount = i->amount};
	return in_memory(RCX, 0);
}

static struct rm find_far(struct translation *t,
                          const struct xlate_instruction *i)
{
	flags_clobber(t);
	emit_op(t->e, X86_LEA | X86_W, RCX,
	        in_memory(use(t, i->rs1, RCX), (int32_t)i->imm));
	check_address(t, RCX);
	return in_memory(RCX, 0);
}

/* The address is known, and in the window or refused. */
static bool find_literal(struct translation *t,
                         const struct xlate_instruction *i, struct rm *memory)
{
	uint64_t at = t->pc + (uint64_t)i->imm;

	if (!t->host->keeping && !is_in_window(t, at))
		return false;
	flags_before_access(t);
	emit_pc(t, RCX, at, RELOCATE_LITERAL);
	*memory = in_memory(RCX, 0);
	return true;
}

struct rm find_base(struct translation *t, unsigned number)
{
	if (t->checked >> number & 1)
		flags_before_access(t);
	else
		flags_clobber(t);
	return access_register(t, number);
}

bool find_operand(struct translation *t, const struct xlate_instruction *i,
                  const struct form *form, struct rm *memory)
{
	if (form->mode == LITERAL)
		return find_literal(t, i, memory);
	if (form->mode == INDEXED) {
		*memory = find_indexed(t, i);
	} else if (i->imm > DISPLACEMENT_MAX) {
		*memory = find_far(t, i);
	} else {
		*memory = find_base(t, i->rs1);
		if (form->mode != POST)
			memory->displacement = (int32_t)i->imm;
	}
	return true;
}

/* Register NUMBER is loaded, and is a base that changes. */
static bool is_ambiguous(const struct xlate_instruction *i,
                         const struct form *form, unsigned number)
{
	return number == i->rs1 && (form->mode == PRE || form->mode == POST);
}

void write_back(struct translation *t, const struct xlate_instruction *i,
                const struct form *form)
{
	struct known known;
	struct rm place;
	unsigned base;

	if (form->mode != PRE && form->mode != POST)
		return;
	known = known_after(t, i->rs1, i->imm);
	place = guest(t, i->rs1);
	base = place.memory ? RCX : place.base;
	emit_op(t->e, X86_LEA | X86_W, base, in_memory(base, (int32_t)i->imm));
	set_register(t, i->rs1, base);
	set_known(t, i->rs1, known);
}

FORM_FUNCTION(translate_load)
{
	struct rm memory;
	unsigned to;

	if (is_ambiguous(i, form, i->rd) || !find_operand(t, i, form, &memory))
		return false;
	to = result_register(t, i);
	emit_op(t->e, form->operation, to, memory);
	write_back(t, i, form);
	commit(t, i, to);
	return true;
}

FORM_FUNCTION(translate_store)
{
	struct rm memory;

	if (!find_operand(t, i, form, &memory))
		return false;
	emit_op(t->e, form->operation, use(t, i->rs3, RAX), memory);
	write_back(t, i, form);
	return true;
}

/* Neither register changes before both have been loaded. */
FORM_FUNCTION(translate_load_pair)
{
	struct rm memory, second = guest(t, i->rs3);
	unsigned to = second.memory ? RDX : second.base;

	if (i->rd == i->rs3 || is_ambiguous(i, form, i->rd) ||
	    is_ambiguous(i, form, i->rs3) || !find_operand(t, i, form, &memory))
		return false;
	emit_op(t->e, form->operation, RAX, memory);
	memory.displacement += form->size;
	emit_op(t->e, form->operation, to, memory);
	write_back(t, i, form);
	set_register(t, i->rs3, to);
	commit(t, i, RAX);
	return true;
}

FORM_FUNCTION(translate_store_pair)
{
	struct rm memory;

	if (!find_operand(t, i, form, &memory))
		return false;
	emit_op(t->e, form->operation, use(t, i->rs2, RAX), memory);
	memory.displacement += form->size;
	emit_op(t->e, form->operation, use(t, i->rs3, RAX), memory);
	write_back(t, i, form);
	return true;
}

FORM_FUNCTION(translate_load_reserved)
{
	flags_clobber(t);
	load_reserved(t, i, form->operation, form->size);
	return true;
}

FORM_FUNCTION(translate_store_conditional)
{
	flags_clobber(t);
	store_conditional(t, i, form->operation, form->size);
	return true;
}

/* The two of a pair one after the other, as the interpreter does. */
FORM_FUNCTION(translate_load_reserved_pair)
{
	struct emit *e = t->e;
	struct rm memory;

	if (i->rd == i->rs3)
		return false;
	flags_clobber(t);
	memory = access_aligned(t, i, 2u * form->size);
	emit_op(e, X86_MOV | form->w, RAX, memory);
	memory.displacement += form->size;
	emit_op(e, X86_MOV | form->w, RDX, memory);
	emit_op(e, X86_STORE | X86_W, memory.base,
	        in_memory(RBP, MACHINE_FIELD(reserved_address)));
	emit_op(e, X86_STORE | X86_W, RAX,
	        in_memory(RBP, MACHINE_FIELD(reserved_value)));
	emit_op(e, X86_STORE | X86_W, RDX,
	        in_memory(RBP, MACHINE_FIELD(reserved_second)));
	set_register(t, i->rs3, RDX);
	commit(t, i, RAX);
	return true;
}

/* Both registers go to memory; both places are in the same page. */
static void store_both(struct translation *t, const struct form *form,
                       struct rm memory, unsigned first, unsigned second)
{
	emit_op(t->e, X86_MOVQ_TO_XMM, 0, guest(t, first));
	emit_op(t->e, X86_MOVQ_TO_XMM, 1, guest(t, second));
	emit_op(t->e, form->w ? X86_MOVSD_STORE : X86_MOVSS_STORE, 0, memory);
	memory.displacement += form->size;
	emit_op(t->e, form->w ? X86_MOVSD_STORE : X86_MOVSS_STORE, 1, memory);
}

FORM_FUNCTION(translate_store_conditional_pair)
{
	struct rm address = in_memory(RBP, MACHINE_FIELD(reserved_address));
	struct emit *e = t->e;
	struct rm memory, next;
	uint32_t other[3];

	flags_clobber(t);
	memory = access_aligned(t, i, 2u * form->size);
	next = in_memory(memory.base, form->size);
	emit_op(e, X86_CMP | X86_W, memory.base, address);
	other[0] = emit_jcc(e, CC_NE);
	emit_op(e, X86_MOV | form->w, RAX, memory);
	emit_op(e, X86_CMP | form->w, RAX,
	        in_memory(RBP, MACHINE_FIELD(reserved_value)));
	other[1] = emit_jcc(e, CC_NE);
	emit_op(e, X86_MOV | form->w, RAX, next);
	emit_op(e, X86_CMP | form->w, RAX,
	        in_memory(RBP, MACHINE_FIELD(reserved_second)));
	other[2] = emit_jcc(e, CC_NE);
	store_both(t, form, memory, i->rs2, i->rs3);
	for (unsigned n = 0; n < 3; n++)
		emit_target(e, other[n], e->at);
	end_reservation(t, i);
	return true;
}

/* Memory is written in any case.  Of each pair, the decoder has put the second
 * register where there was room. */
FORM_FUNCTION(translate_compare_swap_pair)
{
	struct emit *e = t->e;
	struct rm memory, next;
	uint32_t other[2];

	flags_clobber(t);
	memory = access_aligned(t, i, 2u * form->size);
	next = in_memory(memory.base, form->size);
	emit_op(e, X86_OR_IMMEDIATE_8, GROUP1_OR, memory);
	emit1(e, 0);
	emit_op(e, X86_MOV | form->w, RAX, memory);
	emit_op(e, X86_MOV | form->w, RDX, next);
	emit_op(e, X86_CMP | form->w, RAX, guest(t, i->rs3));
	other[0] = emit_jcc(e, CC_NE);
	emit_op(e, X86_CMP | form->w, RDX, guest(t, i->condition));
	other[1] = emit_jcc(e, CC_NE);
	store_both(t, form, memory, i->rs2, i->shift);
	emit_target(e, other[0], e->at);
	emit_target(e, other[1], e->at);
	set_register(t, i->amount, RDX);
	commit(t, i, RAX);
	return true;
}

FORM_FUNCTION(translate_load_acquire)
{
	struct rm memory;

	flags_clobber(t);
	memory = access_aligned(t, i, form->size);
	emit_op(t->e, form->operation, RAX, memory);
	commit(t, i, RAX);
	return true;
}

/* An exchange, which no later load overtakes. */
FORM_FUNCTION(translate_store_release)
{
	struct rm memory;

	flags_clobber(t);
	memory = access_aligned(t, i, form->size);
	emit_op(t->e, X86_MOV | X86_W, RAX, guest(t, i->rs2));
	emit_op(t->e, form->operation, RAX, memory);
	return true;
}

FORM_FUNCTION(translate_clear_block)
{
	struct emit *e = t->e;

	flags_clobber(t);
	emit_op(e, X86_MOV | X86_W, RCX, guest(t, i->rs1));
	emit_immediate(e, X86_AND | X86_W, in_register(RCX), -form->size);
	check_address(t, RCX);
	emit_op(e, X86_XORPS, 0, in_register(0));
	for (int32_t n = 0; n < form->size; n += 16)
		emit_op(e, X86_MOVAPS_STORE, 0, in_memory(RCX, n));
	return true;
}
