/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/forms.h"

/*
 * NZCV.  Storing it costs as much as two or three other instructions, and
 * nearly all of it is never read: an instruction that sets it again comes
 * first.  But until then a fault may ask for it.  So while the registers that
 * were compared have not changed, or by a constant that is known, nothing is
 * stored: host code, or a fault, compares again.
 */

/* Bytes of their own: the host takes long to make one register of al and ah. */
#define NZCV_V    in_memory(RBP, MACHINE_FIELD(state.nzcv))
#define NZCV_REST in_memory(RBP, MACHINE_FIELD(state.nzcv) + 1)
/* What a register was that has been compared: host code puts nothing else where
 * interpreters put results that nobody wants. */
#define KEPT_OPERAND XLATE_SINK
/* As the register of a byte operation without a prefix. */
#define AH 4

enum {
	WORD_V = 1 << 0,
	WORD_NOT_C = 1 << 8,
	WORD_Z = 1 << 14,
	WORD_N = 1 << 15
};

uint32_t flags_to_host(uint32_t nzcv)
{
	return (nzcv >> 31 & 1 ? WORD_N : 0) | (nzcv >> 30 & 1 ? WORD_Z : 0) |
	       (nzcv >> 29 & 1 ? 0 : WORD_NOT_C) |
	       (nzcv >> 28 & 1 ? WORD_V : 0);
}

uint32_t flags_to_guest(uint32_t word)
{
	return (word & WORD_N ? UINT32_C(1) << 31 : 0) |
	       (word & WORD_Z ? UINT32_C(1) << 30 : 0) |
	       (word & WORD_NOT_C ? 0 : UINT32_C(1) << 29) |
	       (word & WORD_V ? UINT32_C(1) << 28 : 0);
}

enum condition flags_condition(unsigned condition)
{
	static const uint8_t conditions[14] = {
	        CC_E,  CC_NE, CC_AE, CC_B,  CC_S, CC_NS, CC_O,
	        CC_NO, CC_A,  CC_BE, CC_GE, CC_L, CC_G,  CC_LE,
	};

	return (enum condition)conditions[condition];
}

static unsigned effect(const struct xlate_instruction *i)
{
	const struct form *form = &aarch64_forms[i->id];

	return form->translate ? form->flags : FLAGS_LEAVE;
}

/* Whether somebody may ask, from I on, for flags that were set before it. */
static bool are_live(const struct translation *t,
                     const struct xlate_instruction *i)
{
	for (; i != t->end; i++) {
		if (effect(i) & (FLAGS_READ | FLAGS_LEAVE))
			return true;
		if (effect(i) & FLAGS_SET)
			return false;
	}
	return true;
}

static void pay(struct translation *t)
{
	if (t->flags.owed)
		emit1(t->e, t->flags.owed);
	t->flags.owed = 0;
}

/* What follows has rax and rcx by their names.  All operands are found later. */
static bool leave_scratch(struct translation *t)
{
	bool in_use = t->scratch.in_use;

	scratch_forget(t);
	return in_use;
}

static void save(struct translation *t)
{
	bool in_use = leave_scratch(t);

	pay(t);
	emit1(t->e, X86_LAHF);
	emit_op(t->e, X86_STORE_AH, AH, NZCV_REST);
	emit_op(t->e, X86_SETCC + CC_O, 0, NZCV_V);
	t->flags.saved = true;
	t->scratch.in_use = in_use;
}

/* add al, 127: overflows if it is 1 */
static void load_overflow(struct translation *t)
{
	emit1(t->e, 0x04);
	emit1(t->e, 0x7f);
}

void flags_load_constant(struct translation *t, unsigned nzcv)
{
	emit_constant(t->e, RAX, flags_to_host(nzcv << 28));
	load_overflow(t);
	emit1(t->e, X86_SAHF);
}

/* A subtraction of a constant from a register: what it had can be told. */
static bool has_changed_itself(const struct xlate_instruction *i)
{
	return i->immediate && i->rd == i->rs1;
}

/* A constant has been added to the register since: it is in `amount`, which
 * these instructions have no use for. */
static int8_t growth(const struct xlate_instruction *i)
{
	return i->immediate ? (int8_t)i->amount : 0;
}

/* What has to be added to the register to have what was compared. */
static int64_t way_back(const struct xlate_instruction *i)
{
	return has_changed_itself(i) ? i->imm : -(int64_t)growth(i);
}

/* What the host's flags still lack after its operation for I. */
static uint8_t owed_by(const struct xlate_instruction *i)
{
	const struct form *form = &aarch64_forms[i->id];

	if (form->translate == translate_and_flags)
		return X86_STC;
	if (form->translate != translate_compare_if &&
	    (form->operation == X86_ADD || form->operation == X86_ADC))
		return X86_CMC;
	return 0;
}

/* Compares again. */
static void repeat(struct translation *t)
{
	struct xlate_instruction i =
	        t->host->deferred[t->flags.setter - 1].instruction;
	const struct form *form = &aarch64_forms[i.id];
	bool in_use = leave_scratch(t);

	if (has_changed_itself(&i) || growth(&i)) {
		emit_op(t->e, X86_LEA | form->w, RAX,
		        in_memory(use(t, i.rs1, RAX), (int32_t)way_back(&i)));
		emit_immediate(t->e, X86_CMP | form->w, in_register(RAX),
		               (int32_t)i.imm);
	} else {
		i.rd = XLATE_SINK;
		form->translate(t, &i, form);
	}
	t->flags.held = true;
	t->flags.owed = owed_by(&i);
	t->scratch.in_use = in_use;
}

void flags_recall(const struct xlate_host *h, struct xlate_state *state,
                  uint32_t setter)
{
	const struct xlate_instruction *i =
	        &h->deferred[setter - 1].instruction;
	struct xlate_machine m = {.state = *state};

	if (i->immediate)
		m.state.x[i->rs1] += (uint64_t)way_back(i);
	xlate_interpret(&xlate_aarch64, &m, i);
	state->nzcv = m.state.nzcv;
}

static void save_constant(struct translation *t)
{
	emit_op(t->e, X86_STORE_IMMEDIATE, 0, NZCV_V);
	emit4(t->e, flags_to_host((t->flags.constant - UINT32_C(1)) << 28));
	t->flags.saved = true;
}

void flags_settle(struct translation *t)
{
	if (t->flags.saved)
		return;
	if (t->flags.constant)
		save_constant(t);
	if (!t->flags.held && t->flags.setter)
		repeat(t);
	if (t->flags.held)
		save(t);
}

void flags_before_access(struct translation *t)
{
	if (t->flags.held && !t->flags.saved && !t->flags.setter)
		save(t);
}

void flags_clobber(struct translation *t)
{
	if (!t->flags.held)
		return;
	if (are_live(t, t->at))
		flags_before_access(t);
	t->flags.held = false;
}

static void load(struct translation *t)
{
	bool in_use = leave_scratch(t);

	emit_op(t->e, X86_MOVZX_8, RAX, NZCV_V);
	load_overflow(t);
	emit_op(t->e, X86_LOAD_AH, AH, NZCV_REST);
	emit1(t->e, X86_SAHF);
	t->flags.held = true;
	t->scratch.in_use = in_use;
}

/* CS, CC, HI, LS; and what is no condition. */
static bool reads_carry(unsigned condition)
{
	return (condition & ~1u) == 2 || (condition & ~1u) == 8 ||
	       condition == ALL_FLAGS;
}

void flags_need(struct translation *t, unsigned condition)
{
	if (!t->flags.held && t->flags.setter)
		repeat(t);
	if (!t->flags.held)
		load(t);
	if (reads_carry(condition))
		pay(t);
}

bool flags_have_branch(const struct translation *t,
                       const struct xlate_instruction *i)
{
	const struct xlate_instruction *branch = i + 1;

	return branch != t->end && branch->id == A64_b_cond &&
	       branch->condition < ALWAYS &&
	       aarch64_forms[i->id].translate == translate_compare_if &&
	       i->condition < ALWAYS;
}

/* Who comes either way finds flags stored, if somebody may ask for them. */
void flags_join(struct translation *t, const struct xlate_instruction *i,
                unsigned nzcv)
{
	struct stub *stub;

	if (are_live(t, i + 1)) {
		flags_settle(t);
		stub = add_stub(t, STUB_SETTLE, t->otherwise);
		stub->flags = flags_constant(nzcv);
		stub->back = t->e->at;
	} else {
		emit_target(t->e, t->otherwise, t->e->at);
	}
	t->flags = (struct host_flags){.saved = true};
	t->otherwise = 0;
}

/* Whether the operands are there still when it is done. */
static bool can_be_repeated(const struct xlate_instruction *i)
{
	const struct form *form = &aarch64_forms[i->id];

	if (!(form->flags & FLAGS_AGAIN))
		return false;
	if (has_changed_itself(i))
		return form->operation == X86_SUB;
	if (form->translate == translate_compare_if)
		return i->condition >= ALWAYS;
	return i->rd != i->rs1 && (i->immediate || i->rd != i->rs2);
}

struct host_flags flags_of(const struct xlate_host *h, uint32_t setter)
{
	const struct xlate_instruction *i =
	        &h->deferred[setter - 1].instruction;

	return (struct host_flags){.first = i->rs1,
	                           .second = i->immediate ? i->rs1 : i->rs2,
	                           .setter = setter};
}

bool flags_are_same(const struct xlate_host *h, uint32_t a, uint32_t b)
{
	return !memcmp(&h->deferred[a - 1].instruction,
	               &h->deferred[b - 1].instruction,
	               sizeof(struct xlate_instruction));
}

void flags_set(struct translation *t, const struct xlate_instruction *i)
{
	struct xlate_instruction setter = *i;

	t->flags = (struct host_flags){0};
	if (flags_have_branch(t, i) && !t->host->keeping)
		setter.condition = ALWAYS;
	if (can_be_repeated(&setter))
		t->flags =
		        flags_of(t->host, 1 + add_deferred(t, t->pc, &setter));
	t->flags.held = true;
	t->flags.owed = owed_by(i);
}

/* The other general register that I loads, or rd. */
static unsigned second_result(const struct xlate_instruction *i,
                              const struct form *form)
{
	if (form->translate == translate_load_pair ||
	    form->translate == translate_load_reserved_pair)
		return i->rs3;
	return form->translate == translate_compare_swap_pair ? i->amount
	                                                      : i->rd;
}

static bool changes(const struct xlate_instruction *i, unsigned number)
{
	const struct form *form = &aarch64_forms[i->id];

	if (number == KEPT_OPERAND)
		return false;
	return i->rd == number || second_result(i, form) == number ||
	       (form->flags & FLAGS_LEAVE && i->rs1 == number &&
	        (form->mode == PRE || form->mode == POST));
}

/* Whether SETTER has compared with a constant a register that I adds another
 * one to: then both are known afterwards, too.  In kept code, what sets flags is
 * an instruction of the guest's. */
static bool can_be_followed(const struct translation *t,
                            const struct xlate_instruction *setter,
                            const struct xlate_instruction *i)
{
	const struct form *compares = &aarch64_forms[setter->id];
	const struct form *adds = &aarch64_forms[i->id];

	return !t->host->keeping && setter->immediate &&
	       compares->translate == translate_sum_flags &&
	       compares->operation == X86_SUB && setter->rd != setter->rs1 &&
	       growth(setter) == 0 && i->immediate &&
	       adds->translate == translate_add && i->rd == setter->rs1 &&
	       i->rs1 == setter->rs1 && i->imm > 0 && i->imm <= INT8_MAX &&
	       (adds->w || !compares->w);
}

static void follow(struct translation *t, const struct xlate_instruction *i)
{
	struct deferred setter = t->host->deferred[t->flags.setter - 1];
	int64_t step = aarch64_forms[i->id].operation == X86_SUB ? -i->imm
	                                                         : i->imm;

	setter.instruction.amount = (uint8_t)step;
	t->flags.setter = 1 + add_deferred(t, setter.pc, &setter.instruction);
}

/* Whether, from I on, flags are set anew or go along to another block. */
static bool are_replaced(const struct translation *t,
                         const struct xlate_instruction *i)
{
	const struct xlate_instruction *last = t->end - 1;

	for (; i != t->end; i++)
		if (effect(i) & FLAGS_SET)
			return true;
	return last->operation == OP_JUMP && last->rd != AARCH64_LR;
}

/* Whether one register that SETTER has compared, and that changes, can be kept
 * elsewhere. */
static bool can_be_kept(const struct translation *t,
                        const struct xlate_instruction *setter,
                        const struct xlate_instruction *i)
{
	unsigned first = setter->rs1,
	         second = setter->immediate ? first : setter->rs2;

	return !t->host->keeping && first != KEPT_OPERAND &&
	       second != KEPT_OPERAND &&
	       (first == second || !changes(i, first) || !changes(i, second));
}

/* A result that nobody wants is not to be taken for it. */
static void keep_operand(struct translation *t,
                         const struct xlate_instruction *i)
{
	struct deferred setter = t->host->deferred[t->flags.setter - 1];
	struct xlate_instruction *s = &setter.instruction;
	unsigned number = changes(i, s->rs1) ? s->rs1 : s->rs2;
	bool itself = has_changed_itself(s);

	emit_op(t->e, X86_STORE | X86_W, use(t, number, RAX),
	        guest(t, KEPT_OPERAND));
	s->rd = itself ? KEPT_OPERAND : AARCH64_ZERO;
	if (s->rs1 == number)
		s->rs1 = KEPT_OPERAND;
	if (!s->immediate && s->rs2 == number)
		s->rs2 = KEPT_OPERAND;
	t->flags.first = s->rs1;
	t->flags.second = s->immediate ? s->rs1 : s->rs2;
	t->flags.setter = 1 + add_deferred(t, setter.pc, s);
}

uint32_t flags_before_change(struct translation *t,
                             const struct xlate_instruction *i)
{
	struct host_flags *flags = &t->flags;
	uint32_t number = flags->setter;
	const struct xlate_instruction *setter;

	if (!number ||
	    (!changes(i, flags->first) && !changes(i, flags->second)))
		return 0;
	setter = &t->host->deferred[number - 1].instruction;
	if (can_be_followed(t, setter, i)) {
		follow(t, i);
		return 0;
	}
	if (effect(i) & FLAGS_SET || !are_live(t, i + 1))
		return number;
	if (can_be_kept(t, setter, i) && are_replaced(t, i + 1)) {
		keep_operand(t, i);
		return 0;
	}
	if (!flags->held)
		flags_settle(t);
	flags->setter = 0;
	return number;
}

void flags_after_change(struct translation *t, uint32_t changed)
{
	if (changed && t->flags.setter == changed)
		t->flags.setter = 0;
}
