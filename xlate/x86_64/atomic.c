/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/host.h"

/* Atomic operations of all guests, all sequentially consistent. */

unsigned atomic_sized(unsigned operation, unsigned size)
{
	switch (size) {
	case 1:
		return (operation & ~1u) | X86_BYTE;
	case 2:
		return operation | X86_66;
	case 8:
		return operation | X86_W;
	default:
		return operation;
	}
}

void atomic_extend(struct translation *t, unsigned size)
{
	if (size < 4)
		emit_op(t->e, size == 1 ? X86_MOVZX_8 : X86_MOVZX_16, RAX,
		        in_register(RAX));
}

static void exchange(struct translation *t, const struct xlate_instruction *i,
                     const struct atomic *atomic)
{
	struct rm memory = access_aligned(t, i, atomic->size);
	unsigned operation = atomic->kind == ATOMIC_ADD ? X86_XADD : X86_XCHG;

	emit_op(t->e, X86_MOV | X86_W, RAX, guest(t, i->rs2));
	if (atomic->kind == ATOMIC_ADD)
		emit1(t->e, X86_LOCK); /* implied by the other one */
	emit_op(t->e, atomic_sized(operation, atomic->size), RAX, memory);
	atomic_extend(t, atomic->size);
}

/* rdx = the new value, from the old one in rax. */
static void compute(struct translation *t, const struct xlate_instruction *i,
                    const struct atomic *atomic)
{
	struct emit *e = t->e;

	emit_op(e, X86_MOV | X86_W, RDX, guest(t, i->rs2));
	if (atomic->kind == ATOMIC_CHOOSE) {
		emit_op(e, atomic_sized(X86_CMP, atomic->size), RAX,
		        in_register(RDX));
		emit_op(e, X86_CMOV | X86_W | atomic->operation, RDX,
		        in_register(RAX));
		return;
	}
	if (atomic->kind == ATOMIC_COMBINE_NOT)
		emit_op(e, 0xf7 | X86_W, GROUP3_NOT, in_register(RDX));
	emit_op(e, atomic->operation | X86_W, RDX, in_register(RAX));
}

static void load(struct translation *t, struct rm memory, unsigned size)
{
	static const uint16_t operations[9] = {[1] = X86_MOVZX_8,
	                                       [2] = X86_MOVZX_16,
	                                       [4] = X86_MOV,
	                                       [8] = X86_MOV | X86_W};

	emit_op(t->e, operations[size], RAX, memory);
}

static void compute_and_swap(struct translation *t,
                             const struct xlate_instruction *i,
                             const struct atomic *atomic)
{
	struct rm memory = access_aligned(t, i, atomic->size);
	struct emit *e = t->e;
	uint32_t again;

	load(t, memory, atomic->size);
	again = e->at;
	compute(t, i, atomic);
	emit1(e, X86_LOCK);
	emit_op(e, atomic_sized(X86_CMPXCHG, atomic->size), RDX, memory);
	emit_target(e, emit_jcc(e, CC_NE), again);
}

void emit_atomic(struct translation *t, const struct xlate_instruction *i,
                 const struct atomic *atomic)
{
	if (atomic->kind == ATOMIC_SWAP || atomic->kind == ATOMIC_ADD)
		exchange(t, i, atomic);
	else
		compute_and_swap(t, i, atomic);
}
