/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/riscv64/riscv64.h"

/* Integer operations, loads and stores. */

static const uint16_t loads[] = {
        [OP_LOAD_S8 - OP_LOAD_S8] = X86_MOVSX_8 | 0,
        [OP_LOAD_S16 - OP_LOAD_S8] = X86_MOVSX_16,
        [OP_LOAD_S32 - OP_LOAD_S8] = X86_MOVSXD,
        [OP_LOAD_64 - OP_LOAD_S8] = X86_MOV | X86_W,
        [OP_LOAD_U8 - OP_LOAD_S8] = X86_MOVZX_8,
        [OP_LOAD_U16 - OP_LOAD_S8] = X86_MOVZX_16,
        [OP_LOAD_U32 - OP_LOAD_S8] = X86_MOV,
};

static const uint16_t stores[] = {
        [OP_STORE_8 - OP_STORE_8] = X86_STORE_8,
        [OP_STORE_16 - OP_STORE_8] = X86_STORE_16,
        [OP_STORE_32 - OP_STORE_8] = X86_STORE,
        [OP_STORE_64 - OP_STORE_8] = X86_STORE | X86_W,
};

static void translate_load(struct translation *t,
                           const struct xlate_instruction *i)
{
	struct rm memory = access_memory(t, i);
	unsigned to = result_register(t, i);

	emit_op(t->e, loads[i->operation - OP_LOAD_S8], to, memory);
	commit(t, i, to);
}

static void translate_store(struct translation *t,
                            const struct xlate_instruction *i)
{
	struct rm memory = access_memory(t, i);
	unsigned from = use(t, i->rs2, RAX);

	emit_op(t->e, stores[i->operation - OP_STORE_8], from, memory);
}

/* rd = rs1 op (rs2 or imm), in 64 bits (w = X86_W) or 32 (w = 0), which leaves
 * the upper half as it happens to be: see halves.c. */
static void translate_binary(struct translation *t,
                             const struct xlate_instruction *i, unsigned op,
                             unsigned w, bool commutes)
{
	struct rm a = guest(t, i->rs1), b = guest(t, i->rs2);
	unsigned to = result_register(t, i);
	bool is_second = !i->immediate && !b.memory && b.base == to;
	struct emit *e = t->e;

	if (is_second && commutes) {
		struct rm swap = a;

		a = b;
		b = swap;
	} else if (is_second && i->rs1 != i->rs2) { /* a - b is -b + a */
		emit_op(e, 0xf7 | w, GROUP3_NEG, b);
		op = X86_ADD;
		b = a;
		a = in_register(to);
	}
	if (a.memory || a.base != to)
		emit_op(e, X86_MOV | X86_W, to, a);
	if (i->immediate)
		emit_immediate(e, op | w, in_register(to), (int32_t)i->imm);
	else
		emit_op(e, op | w, to, b);
	commit(t, i, to);
}

static void move(struct translation *t, const struct xlate_instruction *i,
                 unsigned number)
{
	struct rm from = guest(t, number), to = t->host->places[i->rd];

	if (from.memory && !to.memory) {
		emit_op(t->e, X86_MOV | X86_W, to.base, from);
		commit(t, i, to.base);
	} else {
		commit(t, i, use(t, number, RAX));
	}
}

/* Additions have shorter forms. */
static void translate_add(struct translation *t,
                          const struct xlate_instruction *i, unsigned w)
{
	struct rm a = guest(t, i->rs1), b = guest(t, i->rs2);
	unsigned to = result_register(t, i);
	struct emit *e = t->e;

	if (i->immediate && i->rs1 == 0) {
		set_constant(t, i->rd, (uint64_t)i->imm);
		return;
	}
	if (i->immediate ? i->imm == 0 : i->rs1 == 0) {
		move(t, i, i->immediate ? i->rs1 : i->rs2);
		return;
	}
	if (i->immediate && !a.memory && a.base != to) {
		emit_op(e, X86_LEA | w, to, in_memory(a.base, (int32_t)i->imm));
	} else if (!i->immediate && !a.memory && !b.memory && a.base != to &&
	           b.base != to) {
		emit_op(e, X86_LEA | w, to, in_indexed(a.base, b.base, 0, 0));
	} else {
		translate_binary(t, i, X86_ADD, w, true);
		return;
	}
	commit(t, i, to);
}

static bool is_register(struct rm place, unsigned number)
{
	return !place.memory && place.base == number;
}

static void translate_less(struct translation *t,
                           const struct xlate_instruction *i, enum condition cc)
{
	unsigned a = use(t, i->rs1, RAX), to = result_register(t, i);
	unsigned w = compared_width(t, i);
	struct rm b = guest(t, i->rs2);
	bool is_operand = a == to || (!i->immediate && is_register(b, to));

	if (!is_operand)
		emit_constant(t->e, to, 0);
	if (i->immediate)
		emit_immediate(t->e, X86_CMP | w, in_register(a),
		               (int32_t)i->imm);
	else
		emit_op(t->e, X86_CMP | w, a, b);
	emit_setcc(t->e, cc, to);
	if (is_operand)
		emit_op(t->e, X86_MOVZX_8, to, in_register(to));
	commit(t, i, to);
}

static void translate_shift(struct translation *t,
                            const struct xlate_instruction *i, unsigned kind,
                            unsigned w)
{
	unsigned to = result_register(t, i);
	struct rm a = guest(t, i->rs1);

	if (!i->immediate) {
		shift_by_register(t, i, to, kind, w);
	} else {
		if (kind == SHIFT_ARITHMETIC && is_narrow(t, i->rs1))
			w = X86_W;
		if (a.memory || a.base != to)
			emit_op(t->e, X86_MOV | w, to, a);
		emit_shift(t->e, w, kind, to, (unsigned)i->imm);
	}
	commit(t, i, to);
}

static void translate_multiply_high(struct translation *t,
                                    const struct xlate_instruction *i)
{
	bool is_signed = i->operation == OP_MULH;
	struct emit *e = t->e;

	emit_op(e, X86_MOV | X86_W, RAX, guest(t, i->rs1));
	if (i->operation == OP_MULHSU) {
		/* A negative first operand counts 2^64 too much. */
		emit_move(e, RCX, RAX);
		emit_shift(e, X86_W, SHIFT_ARITHMETIC, RCX, 63);
		emit_op(e, X86_AND | X86_W, RCX, guest(t, i->rs2));
	}
	emit_op(e, 0xf7 | X86_W, is_signed ? GROUP3_IMUL : GROUP3_MUL,
	        guest(t, i->rs2));
	if (i->operation == OP_MULHSU)
		emit_op(e, X86_SUB | X86_W, RDX, in_register(RCX));
	commit(t, i, RDX);
}

/* The operation that has the other result of a division. */
static enum xlate_operation counterpart(enum xlate_operation o)
{
	bool is_quotient = o == OP_DIV || o == OP_DIVU || o == OP_DIV_W ||
	                   o == OP_DIVU_W;

	return is_quotient ? o + (OP_REM - OP_DIV) : o - (OP_REM - OP_DIV);
}

_Static_assert(OP_REMU - OP_DIVU == OP_REM - OP_DIV &&
                       OP_REM_W - OP_DIV_W == OP_REM - OP_DIV &&
                       OP_REMU_W - OP_DIVU_W == OP_REM - OP_DIV,
               "in the same order");

static bool is_other(const struct xlate_instruction *a,
                     const struct xlate_instruction *b)
{
	return a->operation == counterpart(b->operation) && a->rs1 == b->rs1 &&
	       a->rs2 == b->rs2;
}

/* Whether an instruction soon after wants the other result. */
static bool is_half(const struct translation *t,
                    const struct xlate_instruction *i)
{
	const struct xlate_instruction *last = t->end - i > 8 ? i + 8 : t->end;

	for (const struct xlate_instruction *next = i + 1; next < last; next++)
		if (is_other(next, i))
			return true;
	return false;
}

static void translate_divide(struct translation *t,
                             const struct xlate_instruction *i, bool is_signed,
                             bool remainder, unsigned w)
{
	struct rm other = in_memory(RBP, HOST_FIELD(other_result));

	if (t->division && is_other(i, t->division)) {
		emit_op(t->e, X86_MOV | X86_W, RAX, other);
		commit(t, i, RAX);
		return;
	}
	divide(t, i, is_signed, w);
	t->division = is_half(t, i) ? i : NULL;
	if (t->division)
		emit_op(t->e, X86_STORE | X86_W, remainder ? RAX : RDX, other);
	commit(t, i, remainder ? RDX : RAX);
}

static bool translate_arithmetic(struct translation *t,
                                 const struct xlate_instruction *i)
{
	switch (i->operation) {
	case OP_ADD:
		translate_add(t, i, X86_W);
		return true;
	case OP_ADD_W:
		translate_add(t, i, 0);
		return true;
	case OP_SUB:
		translate_binary(t, i, X86_SUB, X86_W, false);
		return true;
	case OP_SUB_W:
		translate_binary(t, i, X86_SUB, 0, false);
		return true;
	case OP_AND:
		translate_binary(t, i, X86_AND, X86_W, true);
		return true;
	case OP_OR:
		translate_binary(t, i, X86_OR, X86_W, true);
		return true;
	case OP_XOR:
		translate_binary(t, i, X86_XOR, X86_W, true);
		return true;
	case OP_MUL:
		translate_binary(t, i, X86_IMUL, X86_W, true);
		return true;
	case OP_MUL_W:
		translate_binary(t, i, X86_IMUL, 0, true);
		return true;
	case OP_SLT:
		translate_less(t, i, CC_L);
		return true;
	case OP_SLTU:
		translate_less(t, i, CC_B);
		return true;
	default:
		return false;
	}
}

static bool translate_shifts(struct translation *t,
                             const struct xlate_instruction *i)
{
	switch (i->operation) {
	case OP_SLL:
		translate_shift(t, i, SHIFT_LEFT, X86_W);
		return true;
	case OP_SRL:
		translate_shift(t, i, SHIFT_RIGHT, X86_W);
		return true;
	case OP_SRA:
		translate_shift(t, i, SHIFT_ARITHMETIC, X86_W);
		return true;
	case OP_SLL_W:
		translate_shift(t, i, SHIFT_LEFT, 0);
		return true;
	case OP_SRL_W:
		translate_shift(t, i, SHIFT_RIGHT, 0);
		return true;
	case OP_SRA_W:
		translate_shift(t, i, SHIFT_ARITHMETIC, 0);
		return true;
	default:
		return false;
	}
}

static bool translate_division(struct translation *t,
                               const struct xlate_instruction *i)
{
	switch (i->operation) {
	case OP_DIV:
		translate_divide(t, i, true, false, X86_W);
		return true;
	case OP_DIVU:
		translate_divide(t, i, false, false, X86_W);
		return true;
	case OP_REM:
		translate_divide(t, i, true, true, X86_W);
		return true;
	case OP_REMU:
		translate_divide(t, i, false, true, X86_W);
		return true;
	case OP_DIV_W:
		translate_divide(t, i, true, false, 0);
		return true;
	case OP_DIVU_W:
		translate_divide(t, i, false, false, 0);
		return true;
	case OP_REM_W:
		translate_divide(t, i, true, true, 0);
		return true;
	case OP_REMU_W:
		translate_divide(t, i, false, true, 0);
		return true;
	default:
		return false;
	}
}

/* Nobody sees what auipc leaves: the next instruction goes on from there. */
static bool is_first_half(const struct xlate_instruction *i)
{
	const struct xlate_instruction *next = i + 1;

	return i->operation == OP_PC_CONSTANT && next->rd == i->rd &&
	       next->rs1 == i->rd &&
	       ((next->operation == OP_ADD && next->immediate) ||
	        (next->operation == OP_JUMP_REGISTER && host_tells_target(i)));
}

bool translate_address(struct translation *t, const struct xlate_instruction *i)
{
	const struct xlate_instruction *first = i - 1;
	uint64_t address = t->pc + (uint64_t)i->imm;

	if (i != t->begin && is_first_half(first)) {
		set_address(t, i,
		            address - first->length + (uint64_t)first->imm);
		return true;
	}
	if (i->operation != OP_PC_CONSTANT)
		return false;
	if (i + 1 != t->end && is_first_half(i))
		forget(t, i->rd);
	else
		set_address(t, i, address);
	return true;
}

bool translate_integer(struct translation *t, const struct xlate_instruction *i)
{
	if (translate_arithmetic(t, i) || translate_shifts(t, i) ||
	    translate_division(t, i))
		return true;
	switch (i->operation) {
	case OP_CONSTANT:
		set_constant(t, i->rd, (uint64_t)i->imm);
		set_known_address(t, i->rd, (uint64_t)i->imm);
		return true;
	case OP_MULH:
	case OP_MULHU:
	case OP_MULHSU:
		translate_multiply_high(t, i);
		return true;
	case OP_FENCE:
		emit_fence(t->e);
		return true;
	case OP_LOAD_S8:
	case OP_LOAD_S16:
	case OP_LOAD_S32:
	case OP_LOAD_64:
	case OP_LOAD_U8:
	case OP_LOAD_U16:
	case OP_LOAD_U32:
		translate_load(t, i);
		return true;
	case OP_STORE_8:
	case OP_STORE_16:
	case OP_STORE_32:
	case OP_STORE_64:
		translate_store(t, i);
		return true;
	default:
		return false;
	}
}
