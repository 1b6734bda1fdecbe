/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/riscv64/riscv64.h"

/* Of the extension A.  See load_reserved() for what a reservation is. */

#define BOTH(name, ...)                                                        \
	[OP_ATOMIC_##name##_32] = {__VA_ARGS__, .size = 4},                    \
	[OP_ATOMIC_##name##_64] = {__VA_ARGS__, .size = 8}

static const struct atomic atomics[OP_COUNT] = {
        BOTH(SWAP, ATOMIC_SWAP, 0),         BOTH(ADD, ATOMIC_ADD, 0),
        BOTH(XOR, ATOMIC_COMBINE, X86_XOR), BOTH(AND, ATOMIC_COMBINE, X86_AND),
        BOTH(OR, ATOMIC_COMBINE, X86_OR),   BOTH(MIN, ATOMIC_CHOOSE, CC_L),
        BOTH(MAX, ATOMIC_CHOOSE, CC_G),     BOTH(MINU, ATOMIC_CHOOSE, CC_B),
        BOTH(MAXU, ATOMIC_CHOOSE, CC_A),
};

bool translate_atomic(struct translation *t, const struct xlate_instruction *i)
{
	const struct atomic *atomic = &atomics[i->operation];

	switch (i->operation) {
	case OP_LOAD_RESERVED_32:
		load_reserved(t, i, X86_MOVSXD, 4);
		return true;
	case OP_LOAD_RESERVED_64:
		load_reserved(t, i, X86_MOV | X86_W, 8);
		return true;
	case OP_STORE_CONDITIONAL_32:
		store_conditional(t, i, X86_CMPXCHG, 4);
		return true;
	case OP_STORE_CONDITIONAL_64:
		store_conditional(t, i, X86_CMPXCHG | X86_W, 8);
		return true;
	default:
		break;
	}
	if (!atomic->kind)
		return false;
	emit_atomic(t, i, atomic);
	if (atomic->size == 4)
		emit_op(t->e, X86_MOVSXD, RAX, in_register(RAX));
	commit(t, i, RAX);
	return true;
}
