/* SPDX-License-Identifier: ISC */
#ifndef XLATE_X86_64_EMIT_H
#define XLATE_X86_64_EMIT_H

/*
 * An assembler for the instructions that translated code is made of.  Encodings
 * as in the Intel 64 and IA-32 Architectures Software Developer's Manual,
 * volume 2.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum x86_register {
	RAX,
	RCX,
	RDX,
	RBX,
	RSP,
	RBP,
	RSI,
	RDI,
	R8,
	R9,
	R10,
	R11,
	R12,
	R13,
	R14,
	R15,
};

/* Where code goes: `code` is the writable view, offsets count from there. */
struct emit {
	uint8_t *code;
	uint32_t at;
};

/* A register or memory operand: [base + (index << shift) + displacement]. */
struct rm {
	bool memory;
	uint8_t base, index, shift;
	int32_t displacement;
};

#define NO_INDEX RSP

static inline struct rm in_register(unsigned number)
{
	return (struct rm){.base = (uint8_t)number, .index = NO_INDEX};
}

static inline struct rm in_memory(unsigned base, int32_t displacement)
{
	return (struct rm){.memory = true,
	                   .base = (uint8_t)base,
	                   .index = NO_INDEX,
	                   .displacement = displacement};
}

static inline struct rm in_indexed(unsigned base, unsigned index,
                                   unsigned shift, int32_t displacement)
{
	return (struct rm){.memory = true,
	                   .base = (uint8_t)base,
	                   .index = (uint8_t)index,
	                   .shift = (uint8_t)shift,
	                   .displacement = displacement};
}

/* An operation: opcode byte, and what goes before it. */
#define X86_W    0x100u /* 64 bits */
#define X86_0F   0x200u
#define X86_66   0x400u
#define X86_F3   0x800u
#define X86_F2   0x1000u
#define X86_BYTE 0x2000u /* the registers are bytes: sil, not dh */

/* reg op= rm, unless it says otherwise */
enum x86_operation {
	X86_ADD = 0x03,
	X86_OR = 0x0b,
	X86_OR_STORE = 0x09,
	X86_ADC = 0x13,
	X86_SBB = 0x1b,
	X86_AND = 0x23,
	X86_SUB = 0x2b,
	X86_XOR = 0x33,
	X86_CMP = 0x3b,
	X86_TEST = 0x85,
	X86_OR_IMMEDIATE_8 = 0x80 | X86_BYTE, /* rm, /1, a byte that follows */
	X86_TEST_8 = 0xf6 | X86_BYTE,         /* rm with a byte that follows */
	X86_STORE_IMMEDIATE = 0xc7,           /* to rm, what follows */
	X86_CMPXCHG = 0xb1 | X86_0F,          /* with rax, rm = reg */
	X86_CMPXCHG_8 = 0xb0 | X86_0F | X86_BYTE,
	X86_MOV = 0x8b,
	X86_STORE = 0x89,
	X86_LEA = 0x8d,
	X86_STORE_8 = 0x88 | X86_BYTE,
	X86_STORE_AH = 0x88, /* or another register of its kind */
	X86_LOAD_AH = 0x8a,
	X86_STORE_16 = 0x89 | X86_66,
	X86_MOVSXD = 0x63 | X86_W,
	X86_MOVZX_8 = 0xb6 | X86_0F | X86_BYTE,
	X86_MOVZX_16 = 0xb7 | X86_0F,
	X86_MOVSX_8 = 0xbe | X86_0F | X86_W | X86_BYTE,
	X86_MOVSX_16 = 0xbf | X86_0F | X86_W,
	X86_IMUL = 0xaf | X86_0F,
	X86_CMOV = 0x40 | X86_0F,         /* plus a condition */
	X86_BT_IMMEDIATE = 0xba | X86_0F, /* rm, /4, with a byte that follows */
	X86_SHRD = 0xac | X86_0F,         /* rm, reg, and a byte that follows */
	X86_TZCNT = 0xbc | X86_0F | X86_F3,
	X86_LZCNT = 0xbd | X86_0F | X86_F3,
	X86_XCHG = 0x87, /* reg and rm */
	X86_XCHG_8 = 0x86 | X86_BYTE,
	X86_XADD = 0xc1 | X86_0F,             /* likewise */
	X86_SETCC = 0x90 | X86_0F | X86_BYTE, /* rm; plus a condition */
	X86_JMP_RM = 0xff,                    /* and calls: group 5 */
	/* scalar floating point */
	X86_MOVSD = 0x10 | X86_0F | X86_F2,
	X86_MOVSD_STORE = 0x11 | X86_0F | X86_F2,
	X86_MOVSS = 0x10 | X86_0F | X86_F3,
	X86_MOVSS_STORE = 0x11 | X86_0F | X86_F3,
	X86_MOVUPS = 0x10 | X86_0F,
	X86_MOVUPS_STORE = 0x11 | X86_0F,
	X86_MOVAPS = 0x28 | X86_0F,
	X86_MOVAPS_STORE = 0x29 | X86_0F,
	X86_MOVQ_TO_XMM = 0x6e | X86_0F | X86_66 | X86_W,
	X86_MOVQ_FROM_XMM = 0x7e | X86_0F | X86_66 | X86_W, /* to rm */
	X86_MOVD_TO_XMM = 0x6e | X86_0F | X86_66,
	X86_MOVD_FROM_XMM = 0x7e | X86_0F | X86_66, /* to rm */
	X86_MOVMSK = 0x50 | X86_0F,                 /* to reg */
	X86_UCOMIS = 0x2e | X86_0F,
	X86_COMIS = 0x2f | X86_0F, /* 66: double */
	X86_ANDPS = 0x54 | X86_0F,
	X86_ORPS = 0x56 | X86_0F,
	X86_XORPS = 0x57 | X86_0F,
	X86_SQRT = 0x51 | X86_0F,
	X86_ADDS = 0x58 | X86_0F,
	X86_MULS = 0x59 | X86_0F,
	X86_SUBS = 0x5c | X86_0F,
	X86_MINS = 0x5d | X86_0F,
	X86_DIVS = 0x5e | X86_0F,
	X86_MAXS = 0x5f | X86_0F,      /* F3: single, F2: double */
	X86_CVT_FLOAT = 0x5a | X86_0F, /* F2: to single, F3: to double */
	X86_CVTSI2 = 0x2a | X86_0F,
	X86_CVT2SI = 0x2d | X86_0F,
	X86_CVTT2SI = 0x2c | X86_0F,
};

#define X86_LOCK 0xf0u /* before an operation on memory */

/* Groups where the register field chooses the operation, on rm. */
#define X86_MXCSR (0xae | X86_0F)
enum { X86_LDMXCSR = 2, X86_STMXCSR = 3 };
enum {
	SHIFT_ROTATE = 1, /* to the right */
	SHIFT_LEFT = 4,
	SHIFT_RIGHT = 5,
	SHIFT_ARITHMETIC = 7
};
enum { GROUP1_OR = 1 };
enum { GROUP5_CALL = 2, GROUP5_JUMP = 4 };
enum {
	GROUP3_TEST,
	GROUP3_NOT = 2,
	GROUP3_NEG,
	GROUP3_MUL,
	GROUP3_IMUL,
	GROUP3_DIV,
	GROUP3_IDIV
};

enum condition {
	CC_O,
	CC_NO,
	CC_B,
	CC_AE,
	CC_E,
	CC_NE,
	CC_BE,
	CC_A,
	CC_S,
	CC_NS,
	CC_P,
	CC_NP,
	CC_L,
	CC_GE,
	CC_LE,
	CC_G,
	CC_OPPOSITE = 1, /* what differs between one and its opposite */
};

/* No instruction in 64-bit mode, whatever follows. */
#define X86_UNDEFINED 0x82

/* Instructions of one byte, on flags. */
enum { X86_HLT = 0xf4, X86_LAHF = 0x9f, X86_SAHF = 0x9e, X86_CMC = 0xf5, X86_STC = 0xf9 };

static inline void emit1(struct emit *e, unsigned byte)
{
	e->code[e->at++] = (uint8_t)byte;
}

static inline void emit4(struct emit *e, uint32_t value)
{
	memcpy(e->code + e->at, &value, sizeof(value));
	e->at += sizeof(value);
}

static inline void emit8(struct emit *e, uint64_t value)
{
	memcpy(e->code + e->at, &value, sizeof(value));
	e->at += sizeof(value);
}

/* ModRM, SIB and displacement.  rsp and r12 need a SIB byte as a base, rbp and
 * r13 a displacement, with which it takes the host longer to add three. */
static inline void emit_modrm(struct emit *e, unsigned reg, struct rm rm)
{
	unsigned high = (reg & 7) << 3, base = rm.base & 7;
	bool short_form = rm.displacement == (int8_t)rm.displacement;
	bool none = rm.displacement == 0 && base != RBP;
	bool sib = rm.index != NO_INDEX || base == RSP;

	if (!rm.memory) {
		emit1(e, 0xc0 | high | base);
		return;
	}
	high |= none ? 0 : short_form ? 0x40 : 0x80;
	emit1(e, high | (sib ? RSP : base));
	if (sib)
		emit1(e, (unsigned)rm.shift << 6 | (rm.index & 7u) << 3 | base);
	if (none)
		return;
	if (short_form)
		emit1(e, (uint8_t)rm.displacement);
	else
		emit4(e, (uint32_t)rm.displacement);
}

static inline void emit_op(struct emit *e, unsigned op, unsigned reg,
                           struct rm rm)
{
	unsigned rex = (op & X86_W ? 8u : 0) | (reg >> 3 & 1) << 2 |
	               (rm.index >> 3 & 1) << 1 | (rm.base >> 3 & 1);

	if (op & X86_66)
		emit1(e, 0x66);
	if (op & X86_F3)
		emit1(e, 0xf3);
	if (op & X86_F2)
		emit1(e, 0xf2);
	if (rex || op & X86_BYTE)
		emit1(e, 0x40 | rex);
	if (op & X86_0F)
		emit1(e, 0x0f);
	emit1(e, op & 0xff);
	emit_modrm(e, reg, rm);
}

/* VEX with three bytes; MAP 2 is 0F38; PP 1 is 66, 2 is F3, 3 is F2. */
static inline void emit_vex(struct emit *e, unsigned map, unsigned pp, bool w,
                            unsigned op, unsigned reg, unsigned second,
                            struct rm rm)
{
	emit1(e, 0xc4);
	emit1(e,
	      (reg < 8 ? 0x80u : 0) | (rm.index < 8 ? 0x40u : 0) |
	              (rm.base < 8 ? 0x20u : 0) | map);
	emit1(e, (w ? 0x80u : 0) | (~second & 15) << 3 | pp);
	emit1(e, op);
	emit_modrm(e, reg, rm);
}

/* cmp reg, the eight bytes at offset AT of the code */
static inline void emit_compare_code(struct emit *e, unsigned reg, uint32_t at)
{
	emit1(e, 0x48 | (reg >> 3 & 1) << 2);
	emit1(e, X86_CMP);
	emit1(e, 0x05 | (reg & 7) << 3);
	emit4(e, at - (e->at + 4));
}

static inline void emit_move(struct emit *e, unsigned to, unsigned from)
{
	if (to != from)
		emit_op(e, X86_MOV | X86_W, to, in_register(from));
}

static inline void emit_constant_4(struct emit *e, unsigned reg, uint32_t value)
{
	if (reg & 8)
		emit1(e, 0x41);
	emit1(e, 0xb8 | (reg & 7));
	emit4(e, value);
}

static inline void emit_constant_8(struct emit *e, unsigned reg, uint64_t value)
{
	emit1(e, 0x48 | (reg >> 3 & 1));
	emit1(e, 0xb8 | (reg & 7));
	emit8(e, value);
}

/* In as few bytes as it takes. */
static inline void emit_constant(struct emit *e, unsigned reg, uint64_t value)
{
	if (value == 0) {
		emit_op(e, X86_XOR, reg, in_register(reg));
	} else if (value <= UINT32_MAX) {
		emit_constant_4(e, reg, (uint32_t)value);
	} else if ((int64_t)value == (int32_t)value) {
		emit_op(e, 0xc7 | X86_W, 0, in_register(reg));
		emit4(e, (uint32_t)value);
	} else {
		emit_constant_8(e, reg, value);
	}
}

/* rm op= constant; OP is X86_ADD to X86_CMP, perhaps with X86_W */
static inline void emit_immediate(struct emit *e, unsigned op, struct rm rm,
                                  int32_t value)
{
	bool short_form = value == (int8_t)value;

	emit_op(e, (op & X86_W) | (short_form ? 0x83u : 0x81u),
	        (op & 0xff) >> 3, rm);
	if (short_form)
		emit1(e, (uint8_t)value);
	else
		emit4(e, (uint32_t)value);
}

static inline void emit_shift(struct emit *e, unsigned w, unsigned kind,
                              unsigned reg, unsigned count)
{
	emit_op(e, 0xc1 | w, kind, in_register(reg));
	emit1(e, count);
}

static inline void emit_setcc(struct emit *e, enum condition cc, unsigned reg)
{
	emit_op(e, X86_SETCC + cc, 0, in_register(reg));
}

static inline void emit_bswap(struct emit *e, unsigned w, unsigned reg)
{
	emit1(e, 0x40 | (w ? 8u : 0) | (reg >> 3 & 1));
	emit1(e, 0x0f);
	emit1(e, 0xc8 | (reg & 7));
}

/* mfence */
static inline void emit_fence(struct emit *e)
{
	emit1(e, 0x0f);
	emit1(e, 0xae);
	emit1(e, 0xf0);
}

/* Jumps return the offset of their displacement, for emit_target(). */
static inline uint32_t emit_jcc(struct emit *e, enum condition cc)
{
	emit1(e, 0x0f);
	emit1(e, 0x80 | cc);
	emit4(e, 0);
	return e->at - 4;
}

/* The same by DISTANCE, which is of one byte, from behind the jump. */
static inline void emit_jcc_near(struct emit *e, enum condition cc,
                                 int8_t distance)
{
	emit1(e, 0x70 | cc);
	emit1(e, (uint8_t)distance);
}

static inline uint32_t emit_jump(struct emit *e)
{
	emit1(e, 0xe9);
	emit4(e, 0);
	return e->at - 4;
}

#define X86_CALL       0xe8u
#define EMIT_CALL_SIZE 5u
static inline uint32_t emit_call(struct emit *e)
{
	emit1(e, X86_CALL);
	emit4(e, 0);
	return e->at - 4;
}

static inline void emit_target(struct emit *e, uint32_t jump, uint32_t target)
{
	uint32_t distance = target - (jump + 4);

	memcpy(e->code + jump, &distance, sizeof(distance));
}

#endif
