/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/riscv64/riscv64.h"

/*
 * Atomic operations, all sequentially consistent.  A reservation is the value
 * that was seen, as in the interpreter: guest threads are not preempted between
 * two instructions unless the embedder says so, and a store between them that
 * puts the same value back is not noticed.
 */

struct form {
	uint8_t code;       /* enum what */
	uint16_t operation; /* of the host; or a condition */
	uint16_t width;     /* X86_W or 0 */
};

enum what {
	NOTHING,
	RESERVE,
	STORE,
	SWAP,
	ADD,
	COMBINE, /* with an operation */
	CHOOSE,  /* the old value under a condition */
};

#define BOTH(name, code, operation)                                            \
	[OP_##name##_32] = {code, operation, 0},                               \
	[OP_##name##_64] = {code, operation, X86_W}

static const struct form forms[OP_COUNT] = {
        BOTH(LOAD_RESERVED, RESERVE, 0),    BOTH(STORE_CONDITIONAL, STORE, 0),
        BOTH(ATOMIC_SWAP, SWAP, 0),         BOTH(ATOMIC_ADD, ADD, 0),
        BOTH(ATOMIC_XOR, COMBINE, X86_XOR), BOTH(ATOMIC_AND, COMBINE, X86_AND),
        BOTH(ATOMIC_OR, COMBINE, X86_OR),   BOTH(ATOMIC_MIN, CHOOSE, CC_L),
        BOTH(ATOMIC_MAX, CHOOSE, CC_G),     BOTH(ATOMIC_MINU, CHOOSE, CC_B),
        BOTH(ATOMIC_MAXU, CHOOSE, CC_A),
};

/* Bytes of an operand. */
static unsigned size_of(unsigned w)
{
	return w ? 8 : 4;
}

/* rax is what was in memory. */
static void commit_old(struct translation *t, const struct xlate_instruction *i,
                       unsigned w)
{
	if (!w)
		emit_op(t->e, X86_MOVSXD, RAX, in_register(RAX));
	commit(t, i, RAX);
}

static void translate_swap(struct translation *t,
                           const struct xlate_instruction *i, unsigned w)
{
	struct rm memory = access_aligned(t, i, size_of(w));

	emit_op(t->e, X86_MOV | X86_W, RAX, guest(t, i->rs2));
	emit_op(t->e, X86_XCHG | w, RAX, memory); /* implies LOCK */
	commit_old(t, i, w);
}

static void translate_add(struct translation *t,
                          const struct xlate_instruction *i, unsigned w)
{
	struct rm memory = access_aligned(t, i, size_of(w));

	emit_op(t->e, X86_MOV | X86_W, RAX, guest(t, i->rs2));
	emit1(t->e, X86_LOCK);
	emit_op(t->e, X86_XADD | w, RAX, memory);
	commit_old(t, i, w);
}

/* rdx = the new value, from the old one in rax. */
static void compute(struct translation *t, const struct xlate_instruction *i,
                    const struct form *form)
{
	struct rm operand = guest(t, i->rs2);
	struct emit *e = t->e;

	if (form->code == COMBINE) {
		emit_move(e, RDX, RAX);
		emit_op(e, form->operation | X86_W, RDX, operand);
	} else {
		emit_op(e, X86_MOV | X86_W, RDX, operand);
		emit_op(e, X86_CMP | form->width, RAX, in_register(RDX));
		emit_op(e, X86_CMOV | X86_W | form->operation, RDX,
		        in_register(RAX));
	}
}

static void translate_loop(struct translation *t,
                           const struct xlate_instruction *i,
                           const struct form *form)
{
	struct rm memory = access_aligned(t, i, size_of(form->width));
	struct emit *e = t->e;
	uint32_t again;

	emit_op(e, X86_MOV | form->width, RAX, memory);
	again = e->at;
	compute(t, i, form);
	emit1(e, X86_LOCK);
	emit_op(e, X86_CMPXCHG | form->width, RDX, memory);
	emit_target(e, emit_jcc(e, CC_NE), again);
	commit_old(t, i, form->width);
}

bool translate_atomic(struct translation *t, const struct xlate_instruction *i)
{
	const struct form *form = &forms[i->operation];

	switch ((enum what)form->code) {
	case NOTHING:
		return false;
	case RESERVE:
		load_reserved(t, i, form->width ? X86_MOV | X86_W : X86_MOVSXD,
		              size_of(form->width));
		return true;
	case STORE:
		store_conditional(t, i, X86_CMPXCHG | form->width,
		                  size_of(form->width));
		return true;
	case SWAP:
		translate_swap(t, i, form->width);
		return true;
	case ADD:
		translate_add(t, i, form->width);
		return true;
	case COMBINE:
	case CHOOSE:
		translate_loop(t, i, form);
		return true;
	}
	return false;
}
