/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/riscv64/riscv64.h"

/* Zba, Zbb and Zbs. */

#define LZCNT   (0xbd | X86_0F | X86_F3)
#define TZCNT   (0xbc | X86_0F | X86_F3)
#define POPCNT  (0xb8 | X86_0F | X86_F3)
#define BT      4 /* with a constant; the operation with a register is */
#define BTS     5 /* 8 times as much and BT_BASE */
#define BTR     6
#define BTC     7
#define BT_BASE (0x83 | X86_0F)
#define PXOR    (0xef | X86_0F | X86_66)
#define PCMPEQB (0x74 | X86_0F | X86_66)

struct form {
	uint8_t code;       /* enum what */
	uint16_t operation; /* of the host, a shift, or a condition */
	uint16_t width;     /* X86_W or 0 */
};

enum what {
	NOTHING,
	SHIFT_ADD,
	SHIFT_LOW,
	COMPLEMENT,
	COUNT,
	CHOOSE,
	EXTEND,
	ROTATE,
	FILL_BYTES,
	SWAP_BYTES,
	SINGLE_BIT
};

static const struct form forms[OP_COUNT] = {
        [OP_ADD_UW] = {SHIFT_ADD, 0, 0},
        [OP_SH1ADD] = {SHIFT_ADD, 1, X86_W},
        [OP_SH2ADD] = {SHIFT_ADD, 2, X86_W},
        [OP_SH3ADD] = {SHIFT_ADD, 3, X86_W},
        [OP_SH1ADD_UW] = {SHIFT_ADD, 1, 0},
        [OP_SH2ADD_UW] = {SHIFT_ADD, 2, 0},
        [OP_SH3ADD_UW] = {SHIFT_ADD, 3, 0},
        [OP_SLL_UW] = {SHIFT_LOW, 0, 0},
        [OP_ANDN] = {COMPLEMENT, X86_AND, X86_W},
        [OP_ORN] = {COMPLEMENT, X86_OR, X86_W},
        [OP_XNOR] = {COMPLEMENT, X86_XOR, X86_W},
        [OP_CLZ] = {COUNT, LZCNT, X86_W},
        [OP_CTZ] = {COUNT, TZCNT, X86_W},
        [OP_CPOP] = {COUNT, POPCNT, X86_W},
        [OP_CLZ_W] = {COUNT, LZCNT, 0},
        [OP_CTZ_W] = {COUNT, TZCNT, 0},
        [OP_CPOP_W] = {COUNT, POPCNT, 0},
        [OP_MAX] = {CHOOSE, CC_L, X86_W},
        [OP_MAXU] = {CHOOSE, CC_B, X86_W},
        [OP_MIN] = {CHOOSE, CC_G, X86_W},
        [OP_MINU] = {CHOOSE, CC_A, X86_W},
        [OP_SEXT_B] = {EXTEND, X86_MOVSX_8, X86_W},
        [OP_SEXT_H] = {EXTEND, X86_MOVSX_16, X86_W},
        [OP_ZEXT_H] = {EXTEND, X86_MOVZX_16, 0},
        [OP_ROL] = {ROTATE, GROUP3_NEG, X86_W},
        [OP_ROR] = {ROTATE, 0, X86_W},
        [OP_ROL_W] = {ROTATE, GROUP3_NEG, 0},
        [OP_ROR_W] = {ROTATE, 0, 0},
        [OP_ORC_B] = {FILL_BYTES, 0, X86_W},
        [OP_REV8] = {SWAP_BYTES, 0, X86_W},
        [OP_BCLR] = {SINGLE_BIT, BTR, X86_W},
        [OP_BEXT] = {SINGLE_BIT, BT, X86_W},
        [OP_BINV] = {SINGLE_BIT, BTC, X86_W},
        [OP_BSET] = {SINGLE_BIT, BTS, X86_W},
};

static void shift_and_add(struct translation *t,
                          const struct xlate_instruction *i,
                          const struct form *form)
{
	unsigned b = use(t, i->rs2, RCX), to = result_register(t, i);

	emit_op(t->e, X86_MOV | form->width, RAX, guest(t, i->rs1));
	emit_op(t->e, X86_LEA | X86_W, to,
	        in_indexed(b, RAX, form->operation, 0));
	commit(t, i, to);
}

static void shift_low_half(struct translation *t,
                           const struct xlate_instruction *i)
{
	unsigned to = result_register(t, i);

	emit_op(t->e, X86_MOV, to, guest(t, i->rs1));
	emit_shift(t->e, X86_W, SHIFT_LEFT, to, (unsigned)i->imm);
	commit(t, i, to);
}

/* rs1 op ~rs2 */
static void combine_complement(struct translation *t,
                               const struct xlate_instruction *i,
                               unsigned operation)
{
	emit_op(t->e, X86_MOV | X86_W, RAX, guest(t, i->rs2));
	emit_op(t->e, 0xf7 | X86_W, GROUP3_NOT, in_register(RAX));
	emit_op(t->e, operation | X86_W, RAX, guest(t, i->rs1));
	commit(t, i, RAX);
}

/* rs1, or rs2 if the condition holds between them. */
static void choose(struct translation *t, const struct xlate_instruction *i,
                   unsigned condition)
{
	struct rm b = guest(t, i->rs2);

	emit_op(t->e, X86_MOV | X86_W, RAX, guest(t, i->rs1));
	emit_op(t->e, X86_CMP | X86_W, RAX, b);
	emit_op(t->e, (X86_CMOV + condition) | X86_W, RAX, b);
	commit(t, i, RAX);
}

static void unary(struct translation *t, const struct xlate_instruction *i,
                  unsigned operation)
{
	unsigned to = result_register(t, i);

	emit_op(t->e, operation, to, guest(t, i->rs1));
	commit(t, i, to);
}

/* To the left by n is to the right by -n. */
static void rotate(struct translation *t, const struct xlate_instruction *i,
                   const struct form *form)
{
	struct emit *e = t->e;

	emit_op(e, X86_MOV | X86_W, RAX, guest(t, i->rs1));
	if (i->immediate) {
		emit_shift(e, form->width, SHIFT_ROTATE, RAX, (unsigned)i->imm);
	} else {
		emit_op(e, X86_MOV, RCX, guest(t, i->rs2));
		if (form->operation == GROUP3_NEG)
			emit_op(e, 0xf7, GROUP3_NEG, in_register(RCX));
		emit_op(e, 0xd3 | form->width, SHIFT_ROTATE, in_register(RAX));
	}
	if (!form->width)
		emit_op(e, X86_MOVSXD, RAX, in_register(RAX));
	commit(t, i, RAX);
}

static void fill_bytes(struct translation *t, const struct xlate_instruction *i)
{
	struct emit *e = t->e;

	emit_op(e, X86_MOVQ_TO_XMM, 0, guest(t, i->rs1));
	emit_op(e, PXOR, 1, in_register(1));
	emit_op(e, PCMPEQB, 0, in_register(1));
	emit_op(e, X86_MOVQ_FROM_XMM, 0, in_register(RAX));
	emit_op(e, 0xf7 | X86_W, GROUP3_NOT, in_register(RAX));
	commit(t, i, RAX);
}

static void swap_bytes(struct translation *t, const struct xlate_instruction *i)
{
	emit_op(t->e, X86_MOV | X86_W, RAX, guest(t, i->rs1));
	emit1(t->e, 0x48); /* bswap rax */
	emit1(t->e, 0x0f);
	emit1(t->e, 0xc8);
	commit(t, i, RAX);
}

static void single_bit(struct translation *t, const struct xlate_instruction *i,
                       unsigned operation)
{
	struct emit *e = t->e;

	emit_op(e, X86_MOV | X86_W, RAX, guest(t, i->rs1));
	if (i->immediate) {
		emit_op(e, 0xba | X86_0F | X86_W, operation, in_register(RAX));
		emit1(e, (unsigned)i->imm);
	} else {
		emit_op(e, (BT_BASE + 8 * operation) | X86_W,
		        use(t, i->rs2, RCX), in_register(RAX));
	}
	if (operation == BT) {
		emit_setcc(e, CC_B, RCX);
		emit_op(e, X86_MOVZX_8, RAX, in_register(RCX));
	}
	commit(t, i, RAX);
}

bool translate_bits(struct translation *t, const struct xlate_instruction *i)
{
	const struct form *form = &forms[i->operation];

	switch ((enum what)form->code) {
	case NOTHING:
		return false;
	case SHIFT_ADD:
		shift_and_add(t, i, form);
		return true;
	case SHIFT_LOW:
		shift_low_half(t, i);
		return true;
	case COMPLEMENT:
		combine_complement(t, i, form->operation);
		return true;
	case COUNT:
		if (!t->host->counts)
			return false;
		unary(t, i, form->operation | form->width);
		return true;
	case CHOOSE:
		choose(t, i, form->operation);
		return true;
	case EXTEND:
		unary(t, i, form->operation);
		return true;
	case ROTATE:
		rotate(t, i, form);
		return true;
	case FILL_BYTES:
		fill_bytes(t, i);
		return true;
	case SWAP_BYTES:
		swap_bytes(t, i);
		return true;
	case SINGLE_BIT:
		single_bit(t, i, form->operation);
		return true;
	}
	return false;
}
