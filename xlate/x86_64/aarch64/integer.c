/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/forms.h"

/* Arithmetic on general registers.  What can be done without changing the
 * host's flags, is. */

struct operand {
	bool immediate;
	int32_t value;
	struct rm place;
};

static void extend(struct translation *t, const struct xlate_instruction *i,
                   unsigned to)
{
	static const uint16_t moves[8] = {
	        X86_MOVZX_8, X86_MOVZX_16, X86_MOV,    X86_MOV | X86_W,
	        X86_MOVSX_8, X86_MOVSX_16, X86_MOVSXD, X86_MOV | X86_W,
	};

	emit_op(t->e, moves[i->shift & 7], to, guest(t, i->rs2));
}

static void shift(struct translation *t, const struct xlate_instruction *i,
                  unsigned w, unsigned to)
{
	static const uint8_t kinds[] = {
	        [SHIFT_LSL] = SHIFT_LEFT,
	        [SHIFT_LSR] = SHIFT_RIGHT,
	        [SHIFT_ASR] = SHIFT_ARITHMETIC,
	        [SHIFT_ROR] = SHIFT_ROTATE,
	};

	emit_op(t->e, X86_MOV | w, to, guest(t, i->rs2));
	if (i->amount)
		emit_shift(t->e, w, kinds[i->shift], to, i->amount);
}

static struct operand constant_operand(struct translation *t, unsigned w,
                                       int64_t value)
{
	if (!w || value == (int32_t)value)
		return (struct operand){.immediate = true,
		                        .value = (int32_t)value};
	emit_constant(t->e, RCX, (uint64_t)value);
	return (struct operand){.place = in_register(RCX)};
}

/* Perhaps in TO; changes the host's flags if it has to be shifted. */
static struct operand find_second(struct translation *t,
                                  const struct xlate_instruction *i,
                                  const struct form *form, unsigned to)
{
	enum second mode = form->mode & ~INVERTED;
	bool inverted = form->mode & INVERTED;

	if (mode == IMMEDIATE)
		return constant_operand(t, form->w, i->imm);
	if (mode == REGISTER && !inverted)
		return (struct operand){.place = guest(t, i->rs2)};
	if (mode == EXTENDED) {
		extend(t, i, to);
		if (i->amount)
			emit_shift(t->e, X86_W, SHIFT_LEFT, to, i->amount);
	} else if (mode == SHIFTED) {
		shift(t, i, form->w, to);
	} else {
		emit_op(t->e, X86_MOV | X86_W, to, guest(t, i->rs2));
	}
	if (inverted)
		emit_op(t->e, 0xf7 | form->w, GROUP3_NOT, in_register(to));
	return (struct operand){.place = in_register(to)};
}

static void apply(struct translation *t, unsigned op, unsigned reg,
                  struct operand b)
{
	if (b.immediate)
		emit_immediate(t->e, op, in_register(reg), b.value);
	else
		emit_op(t->e, op, reg, b.place);
}

static bool is_register(struct rm place, unsigned reg)
{
	return !place.memory && place.base == reg;
}

static bool commutes(unsigned op)
{
	return op != X86_SUB && op != X86_SBB;
}

/* rd = a op b, which may change places. */
static void apply_commuting(struct translation *t,
                            const struct xlate_instruction *i, unsigned op,
                            struct rm a, struct rm b)
{
	unsigned to = result_register(t, i);

	if (is_register(b, to))
		b = a;
	else if (!is_register(a, to))
		emit_op(t->e, X86_MOV | X86_W, to, a);
	emit_op(t->e, op, to, b);
	commit(t, i, to);
}

/* rd = rs1 op the second operand; the host's flags are those of it. */
static void combine(struct translation *t, const struct xlate_instruction *i,
                    const struct form *form)
{
	struct rm a = guest(t, i->rs1);
	unsigned to = result_register(t, i);
	bool may_change = commutes(form->operation) && !is_register(a, to);
	struct operand b = find_second(t, i, form, may_change ? to : RCX);

	if (!b.immediate && commutes(form->operation)) {
		apply_commuting(t, i, form->operation | form->w, a, b.place);
		return;
	}
	if (!b.immediate && is_register(b.place, to) && !is_register(a, to))
		to = register_for(t, XLATE_SINK);
	if (!is_register(a, to))
		emit_op(t->e, X86_MOV | X86_W, to, a);
	apply(t, form->operation | form->w, to, b);
	commit(t, i, to);
}

FORM_FUNCTION(translate_binary)
{
	flags_clobber(t);
	combine(t, i, form);
	return true;
}

static void move(struct translation *t, const struct xlate_instruction *i,
                 unsigned w, struct rm from)
{
	unsigned to;

	if (w && !from.memory) {
		commit(t, i, from.base);
		return;
	}
	to = result_register(t, i);
	emit_op(t->e, X86_MOV | w, to, from);
	commit(t, i, to);
}

/* With zero as the first, it is a move. */
FORM_FUNCTION(translate_or)
{
	bool shifted = (form->mode & ~INVERTED) == SHIFTED;

	if (i->rs1 != AARCH64_ZERO || shifted)
		return translate_binary(t, i, form);
	if (form->mode == IMMEDIATE)
		return translate_constant(t, i, form);
	move(t, i, form->w, find_second(t, i, form, RCX).place);
	return true;
}

/* rd = [base + (index << amount)], as addresses are computed. */
static void add_scaled(struct translation *t, const struct xlate_instruction *i,
                       unsigned w, unsigned index, unsigned amount)
{
	unsigned a = use(t, i->rs1, RAX), to = result_register(t, i);

	emit_op(t->e, X86_LEA | w, to, in_indexed(a, index, amount, 0));
	commit(t, i, to);
}

static void add_constant(struct translation *t,
                         const struct xlate_instruction *i, unsigned w,
                         int64_t value)
{
	struct known known = known_after(t, i->rs1, value);
	unsigned a, to;

	if (value == 0) {
		move(t, i, w, guest(t, i->rs1));
	} else {
		a = use(t, i->rs1, RAX);
		to = result_register(t, i);
		emit_op(t->e, X86_LEA | w, to, in_memory(a, (int32_t)value));
		commit(t, i, to);
	}
	if (w)
		set_known(t, i->rd, known);
}

FORM_FUNCTION(translate_add)
{
	bool subtracts = form->operation == X86_SUB;

	if (form->mode == IMMEDIATE) {
		add_constant(t, i, form->w, subtracts ? -i->imm : i->imm);
	} else if (subtracts || i->amount > 3 ||
	           (form->mode == SHIFTED && i->shift != SHIFT_LSL)) {
		return translate_binary(t, i, form);
	} else if (form->mode == EXTENDED) {
		extend(t, i, RCX);
		add_scaled(t, i, form->w, RCX, i->amount);
	} else if (form->mode == SHIFTED || !guest(t, i->rs2).memory) {
		add_scaled(t, i, form->w, use(t, i->rs2, RCX), i->amount);
	} else {
		return translate_binary(t, i, form);
	}
	return true;
}

/* Nothing but flags. */
static void compare(struct translation *t, const struct xlate_instruction *i,
                    const struct form *form)
{
	struct operand b = find_second(t, i, form, RCX);
	unsigned a = use(t, i->rs1, RAX);

	if (b.immediate && b.value == 0)
		emit_op(t->e, X86_TEST | form->w, a, in_register(a));
	else
		apply(t, X86_CMP | form->w, a, b);
}

FORM_FUNCTION(translate_sum_flags)
{
	if (form->operation == X86_SUB && i->rd == XLATE_SINK) {
		compare(t, i, form);
		return true;
	}
	combine(t, i, form);
	return true;
}

static void test(struct translation *t, unsigned w, unsigned a,
                 struct operand b)
{
	if (b.immediate) {
		emit_op(t->e, 0xf7 | w, GROUP3_TEST, in_register(a));
		emit4(t->e, (uint32_t)b.value);
	} else {
		emit_op(t->e, X86_TEST | w, a, b.place);
	}
}

FORM_FUNCTION(translate_and_flags)
{
	struct operand b;

	if (i->rd != XLATE_SINK) {
		combine(t, i, form);
	} else {
		b = find_second(t, i, form, RCX);
		test(t, form->w, use(t, i->rs1, RAX), b);
	}
	return true;
}

FORM_FUNCTION(translate_carry)
{
	flags_need(t, ALL_FLAGS);
	if (!(form->flags & FLAGS_SET))
		flags_clobber(t);
	if (form->operation == X86_ADC)
		emit1(t->e, X86_CMC);
	combine(t, i, form);
	return true;
}

static void translate_all_flags(struct translation *t,
                                const struct xlate_instruction *i,
                                const struct form *form)
{
	translate_sum_flags(t, i, form);
	if (form->operation == X86_ADD)
		emit1(t->e, X86_CMC);
}

/* If the condition does not hold, it is known which way the branch behind I
 * goes. */
static void lead_otherwise(struct translation *t,
                           const struct xlate_instruction *i, uint32_t jump)
{
	const struct xlate_instruction *branch = i + 1;
	struct host_flags flags = t->flags;
	struct xlate_flags otherwise;

	aarch64_set_nzcv(&otherwise, (uint32_t)i->shift << 28);
	if (!aarch64_holds(&otherwise, branch->condition)) {
		t->otherwise = jump;
		return;
	}
	t->flags = flags_constant(i->shift);
	link_to(t, jump, t->pc + i->length + (uint64_t)branch->imm);
	t->flags = flags;
}

FORM_FUNCTION(translate_compare_if)
{
	uint32_t otherwise, done;

	if (i->condition >= ALWAYS) {
		translate_all_flags(t, i, form);
		return true;
	}
	flags_need(t, i->condition);
	otherwise = emit_jcc(t->e, flags_condition(i->condition) ^ CC_OPPOSITE);
	translate_all_flags(t, i, form);
	if (flags_have_branch(t, i)) {
		lead_otherwise(t, i, otherwise);
		return true;
	}
	done = emit_jump(t->e);
	emit_target(t->e, otherwise, t->e->at);
	flags_load_constant(t, i->shift);
	emit_target(t->e, done, t->e->at);
	return true;
}

/* What is chosen if the condition does not hold: rs2, or rcx made of it. */
static struct rm find_other(struct translation *t,
                            const struct xlate_instruction *i,
                            const struct form *form)
{
	unsigned kind = form->operation;
	struct emit *e = t->e;

	if (kind == SELECT_SAME)
		return guest(t, i->rs2);
	emit_op(e, X86_MOV | X86_W, RCX, guest(t, i->rs2));
	if (kind == SELECT_INVERTED || kind == SELECT_NEGATED)
		emit_op(e, 0xf7 | form->w, GROUP3_NOT, in_register(RCX));
	if (kind == SELECT_PLUS_ONE || kind == SELECT_NEGATED)
		emit_op(e, X86_LEA | form->w, RCX, in_memory(RCX, 1));
	return in_register(RCX);
}

/* One of them is where the result is to be, if need be by a move. */
static void choose(struct translation *t, const struct xlate_instruction *i,
                   const struct form *form, enum condition cc)
{
	struct rm other = find_other(t, i, form), one = guest(t, i->rs1);
	unsigned to = result_register(t, i);

	if (one.memory || one.base != to) {
		if (other.memory || other.base != to)
			emit_op(t->e, X86_MOV | X86_W, to, other);
		other = one;
		cc ^= CC_OPPOSITE;
	}
	emit_op(t->e, (X86_CMOV + (cc ^ CC_OPPOSITE)) | form->w, to, other);
	commit(t, i, to);
}

FORM_FUNCTION(translate_select)
{
	enum condition cc;
	unsigned to;

	if (i->condition >= ALWAYS) {
		move(t, i, form->w, guest(t, i->rs1));
		return true;
	}
	cc = flags_condition(i->condition);
	flags_need(t, i->condition);
	if (form->operation == SELECT_PLUS_ONE && i->rs1 == AARCH64_ZERO &&
	    i->rs2 == AARCH64_ZERO) {
		to = result_register(t, i);
		emit_setcc(t->e, cc ^ CC_OPPOSITE, to);
		emit_op(t->e, X86_MOVZX_8, to, in_register(to));
		commit(t, i, to);
	} else {
		choose(t, i, form, cc);
	}
	return true;
}

static uint64_t with_field(uint64_t value, const struct xlate_instruction *i)
{
	uint64_t mask = UINT64_C(0xffff) << i->shift;

	value = (value & ~mask) | (uint64_t)i->imm << i->shift;
	return aarch64_forms[i->id].w ? value : (uint32_t)value;
}

static bool is_start(const struct xlate_instruction *i)
{
	const struct form *form = &aarch64_forms[i->id];

	return form->translate == translate_constant ||
	       (form->translate == translate_or && form->mode == IMMEDIATE &&
	        i->rs1 == AARCH64_ZERO);
}

static bool is_next(const struct xlate_instruction *i)
{
	return aarch64_forms[i->id].translate == translate_keep;
}

/* Whether it changes its result's register alone, and neither faults nor goes
 * elsewhere. */
static bool is_plain(const struct xlate_instruction *i)
{
	const struct form *form = &aarch64_forms[i->id];

	return form->translate && !(form->flags & FLAGS_LEAVE);
}

/* What a constant, and movk between there and END, have made of the register is
 * known. */
static bool find_constant(const struct translation *t,
                          const struct xlate_instruction *end, uint64_t *value)
{
	const struct xlate_instruction *i = end;

	while (i != t->begin && is_plain(i) && (i->rd != end->rd || is_next(i)))
		i--;
	if (i->rd != end->rd || !is_start(i))
		return false;
	for (*value = (uint64_t)i->imm; ++i != end;)
		if (i->rd == end->rd)
			*value = with_field(*value, i);
	return true;
}

/* Nobody sees the register before it has another value: nothing but parts of
 * constants comes between. */
static bool goes_on(const struct translation *t,
                    const struct xlate_instruction *part)
{
	for (const struct xlate_instruction *i = part + 1;
	     i < t->end && (is_start(i) || is_next(i)); i++)
		if (i->rd == part->rd)
			return true;
	return false;
}

FORM_FUNCTION(translate_constant)
{
	(void)form;
	if (!goes_on(t, i))
		set_constant(t, i->rd, (uint64_t)i->imm);
	return true;
}

FORM_FUNCTION(translate_system_constant)
{
	set_constant(t, i->rd, form->operation);
	return true;
}

/* operation: log2 of what pc is rounded down to */
FORM_FUNCTION(translate_page)
{
	uint64_t from = t->pc >> form->operation << form->operation;

	set_address(t, i, from + (uint64_t)i->imm);
	return true;
}

FORM_FUNCTION(translate_keep)
{
	struct rm place = guest(t, i->rd);
	uint64_t value;

	if (i->rd != XLATE_SINK && find_constant(t, i, &value)) {
		if (!goes_on(t, i))
			set_constant(t, i->rd, with_field(value, i));
		return true;
	}
	flags_clobber(t);
	emit_op(t->e, X86_MOV | form->w, RAX, place);
	emit_constant(t->e, RCX, UINT64_C(0xffff) << i->shift);
	emit_op(t->e, 0xf7 | X86_W, GROUP3_NOT, in_register(RCX));
	emit_op(t->e, X86_AND | X86_W, RAX, in_register(RCX));
	emit_constant(t->e, RCX, (uint64_t)i->imm << i->shift);
	emit_op(t->e, X86_OR | X86_W, RAX, in_register(RCX));
	commit(t, i, RAX);
	return true;
}

/* rd = rs3 + rax, or rs3 - rax */
static void accumulate(struct translation *t, const struct xlate_instruction *i,
                       unsigned op, unsigned w)
{
	if (op == X86_SUB) {
		emit_op(t->e, X86_MOV | X86_W, RCX, guest(t, i->rs3));
		emit_op(t->e, X86_SUB | w, RCX, in_register(RAX));
		commit(t, i, RCX);
		return;
	}
	if (i->rs3 != AARCH64_ZERO)
		emit_op(t->e, X86_ADD | w, RAX, guest(t, i->rs3));
	commit(t, i, RAX);
}

FORM_FUNCTION(translate_multiply)
{
	flags_clobber(t);
	if (form->operation == X86_ADD && i->rs3 == AARCH64_ZERO) {
		apply_commuting(t, i, X86_IMUL | form->w, guest(t, i->rs1),
		                guest(t, i->rs2));
		return true;
	}
	emit_op(t->e, X86_MOV | X86_W, RAX, guest(t, i->rs1));
	emit_op(t->e, X86_IMUL | form->w, RAX, guest(t, i->rs2));
	accumulate(t, i, form->operation, form->w);
	return true;
}

/* Of words, with sign (mode) or without. */
FORM_FUNCTION(translate_multiply_long)
{
	unsigned load = form->mode ? X86_MOVSXD : X86_MOV;

	flags_clobber(t);
	emit_op(t->e, load, RAX, guest(t, i->rs1));
	emit_op(t->e, load, RCX, guest(t, i->rs2));
	emit_op(t->e, X86_IMUL | X86_W, RAX, in_register(RCX));
	accumulate(t, i, form->operation, X86_W);
	return true;
}

FORM_FUNCTION(translate_multiply_high)
{
	flags_clobber(t);
	emit_op(t->e, X86_MOV | X86_W, RAX, guest(t, i->rs1));
	emit_op(t->e, 0xf7 | X86_W, form->operation, guest(t, i->rs2));
	commit(t, i, RDX);
	return true;
}

FORM_FUNCTION(translate_divide)
{
	flags_clobber(t);
	divide(t, i, form->operation, form->w);
	commit(t, i, RAX);
	return true;
}
