/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/host.h"

/* What instruction sets have in common that takes more than one instruction of
 * the host's. */

/* With BMI2 a shift's count may be in any register, and flags stay. */
void shift_by_register(struct translation *t, const struct xlate_instruction *i,
                       unsigned to, unsigned kind, unsigned w)
{
	unsigned prefix = kind == SHIFT_LEFT ? 1 : kind == SHIFT_RIGHT ? 3 : 2;
	struct emit *e = t->e;

	if (t->host->bmi2 && kind != SHIFT_ROTATE) {
		unsigned count = use(t, i->rs2, RCX);

		emit_vex(e, 2, prefix, w != 0, 0xf7, to, count,
		         guest(t, i->rs1));
		return;
	}
	emit_op(e, X86_MOV | X86_W, RCX, guest(t, i->rs2));
	emit_op(e, X86_MOV | X86_W, RAX, guest(t, i->rs1));
	emit_op(e, 0xd3 | w, kind, in_register(RAX));
	emit_move(e, to, RAX);
}

void rotate_by_constant(struct translation *t,
                        const struct xlate_instruction *i, unsigned w,
                        unsigned amount)
{
	unsigned to = result_register(t, i);

	if (t->host->bmi2) {
		emit_vex(t->e, 3, 3, w != 0, 0xf0, to, 0, guest(t, i->rs1));
		emit1(t->e, amount);
	} else {
		emit_op(t->e, X86_MOV | X86_W, RAX, guest(t, i->rs1));
		emit_shift(t->e, w, SHIFT_ROTATE, RAX, amount);
		emit_move(t->e, to, RAX);
	}
	commit(t, i, to);
}

void divide(struct translation *t, const struct xlate_instruction *i,
            bool is_signed, unsigned w)
{
	struct emit *e = t->e;

	emit_op(e, X86_MOV | w, RCX, guest(t, i->rs2));
	emit_op(e, X86_MOV | w, RAX, guest(t, i->rs1));
	if (is_signed) {
		emit_op(e, X86_LEA | w, RDX, in_memory(RCX, 1));
		emit_immediate(e, X86_CMP | w, in_register(RDX), 1);
		defer_if(t, i, CC_BE);
		if (w)
			emit1(e, 0x48);
		emit1(e, 0x99); /* cdq, cqo */
	} else {
		emit_op(e, X86_TEST | w, RCX, in_register(RCX));
		defer_if(t, i, CC_E);
		emit_op(e, X86_XOR, RDX, in_register(RDX));
	}
	emit_op(e, 0xf7 | w, is_signed ? GROUP3_IDIV : GROUP3_DIV,
	        in_register(RCX));
}

/*
 * A reservation is the value that was seen, as in the interpreters: guest
 * threads are not preempted between two instructions unless the embedder says
 * so, and a store between them that puts the same value back is not noticed.
 */
void load_reserved(struct translation *t, const struct xlate_instruction *i,
                   unsigned operation, unsigned size)
{
	struct rm memory = access_aligned(t, i, size);
	struct emit *e = t->e;

	emit_op(e, operation, RAX, memory);
	emit_op(e, X86_STORE | X86_W, memory.base,
	        in_memory(RBP, MACHINE_FIELD(reserved_address)));
	emit_op(e, X86_STORE | X86_W, RAX,
	        in_memory(RBP, MACHINE_FIELD(reserved_value)));
	commit(t, i, RAX);
}

/* After the store, which may fault. */
void end_reservation(struct translation *t, const struct xlate_instruction *i)
{
	struct emit *e = t->e;

	emit_setcc(e, CC_NE, RCX);
	emit_op(e, X86_STORE_IMMEDIATE | X86_W, 0,
	        in_memory(RBP, MACHINE_FIELD(reserved_address)));
	emit4(e, UINT32_MAX); /* no address: its sign is extended */
	emit_op(e, X86_MOVZX_8, RAX, in_register(RCX));
	commit(t, i, RAX);
}

void store_conditional(struct translation *t, const struct xlate_instruction *i,
                       unsigned operation, unsigned size)
{
	struct rm memory = access_aligned(t, i, size);
	struct rm address = in_memory(RBP, MACHINE_FIELD(reserved_address));
	struct emit *e = t->e;
	uint32_t other;

	emit_op(e, X86_MOV | X86_W, RDX, guest(t, i->rs2));
	emit_op(e, X86_MOV | X86_W, RAX,
	        in_memory(RBP, MACHINE_FIELD(reserved_value)));
	emit_op(e, X86_CMP | X86_W, memory.base, address);
	other = emit_jcc(e, CC_NE);
	emit1(e, X86_LOCK);
	emit_op(e, operation, RDX, memory);
	emit_target(e, other, e->at);
	end_reservation(t, i);
}
