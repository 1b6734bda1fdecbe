/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/host.h"

/* Atomic operations of all guests, all sequentially consistent. */

/* Bytes of an operand. */
static unsigned size_of(unsigned w)
{
	return w ? 8 : 4;
}

static void exchange(struct translation *t, const struct xlate_instruction *i,
                     const struct atomic *atomic)
{
	struct rm memory = access_aligned(t, i, size_of(atomic->w));

	emit_op(t->e, X86_MOV | X86_W, RAX, guest(t, i->rs2));
	if (atomic->kind == ATOMIC_ADD)
		emit1(t->e, X86_LOCK); /* implied by the other one */
	emit_op(t->e,
	        (atomic->kind == ATOMIC_ADD ? X86_XADD : X86_XCHG) | atomic->w,
	        RAX, memory);
}

/* rdx = the new value, from the old one in rax. */
static void compute(struct translation *t, const struct xlate_instruction *i,
                    const struct atomic *atomic)
{
	struct emit *e = t->e;

	emit_op(e, X86_MOV | X86_W, RDX, guest(t, i->rs2));
	if (atomic->kind == ATOMIC_CHOOSE) {
		emit_op(e, X86_CMP | atomic->w, RAX, in_register(RDX));
		emit_op(e, X86_CMOV | X86_W | atomic->operation, RDX,
		        in_register(RAX));
		return;
	}
	if (atomic->kind == ATOMIC_COMBINE_NOT)
		emit_op(e, 0xf7 | X86_W, GROUP3_NOT, in_register(RDX));
	emit_op(e, atomic->operation | X86_W, RDX, in_register(RAX));
}

static void compute_and_swap(struct translation *t,
                             const struct xlate_instruction *i,
                             const struct atomic *atomic)
{
	struct rm memory = access_aligned(t, i, size_of(atomic->w));
	struct emit *e = t->e;
	uint32_t again;

	emit_op(e, X86_MOV | atomic->w, RAX, memory);
	again = e->at;
	compute(t, i, atomic);
	emit1(e, X86_LOCK);
	emit_op(e, X86_CMPXCHG | atomic->w, RDX, memory);
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
