/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/riscv64/riscv64.h"

/*
 * What the guest reads and writes of its floating-point flags: those raised
 * since translated code was entered are in MXCSR, older ones in the state's
 * fcsr.
 */

#define FCSR       in_memory(RBP, MACHINE_FIELD(state.fcsr))
#define MXCSR      in_memory(RBP, HOST_FIELD(mxcsr))
#define FLAGS      31

/* eax = all flags; MXCSR is in memory then. */
static void read_flags(struct translation *t)
{
	struct emit *e = t->e;

	emit_op(e, X86_MXCSR, X86_STMXCSR, MXCSR);
	emit_op(e, X86_MOV, RAX, MXCSR);
	emit_immediate(e, X86_AND, in_register(RAX), MXCSR_FLAGS);
	emit_op(e, X86_MOV | X86_W, RAX,
	        in_indexed(RBP, RAX, 3, HOST_FIELD(flags)));
	emit_op(e, X86_OR, RAX, FCSR);
	emit_immediate(e, X86_AND, in_register(RAX), FLAGS);
}

/* Most often what is written has just been read. */
static void write_flags(struct translation *t,
                        const struct xlate_instruction *i)
{
	struct emit *e = t->e;
	uint32_t same;

	read_flags(t);
	emit_op(e, X86_MOV, RCX, guest(t, i->rs1));
	emit_immediate(e, X86_AND, in_register(RCX), FLAGS);
	emit_op(e, X86_CMP, RCX, in_register(RAX));
	same = emit_jcc(e, CC_E);
	emit_immediate(e, X86_AND, FCSR, ~FLAGS);
	emit_op(e, X86_OR_STORE, RCX, FCSR);
	emit_immediate(e, X86_AND, MXCSR, ~MXCSR_FLAGS);
	emit_op(e, X86_MXCSR, X86_LDMXCSR, MXCSR);
	emit_target(e, same, e->at);
}

bool translate_flags(struct translation *t, const struct xlate_instruction *i)
{
	switch (i->operation) {
	case OP_READ_FLAGS:
		read_flags(t);
		break;
	case OP_WRITE_FLAGS:
		write_flags(t, i);
		break;
	case OP_READ_ROUNDING:
		emit_op(t->e, X86_MOV, RAX, FCSR);
		emit_shift(t->e, 0, SHIFT_RIGHT, RAX, 5);
		break;
	default:
		return false;
	}
	commit(t, i, RAX);
	return true;
}
