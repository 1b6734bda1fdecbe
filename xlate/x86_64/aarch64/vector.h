/* SPDX-License-Identifier: ISC */
#ifndef XLATE_X86_64_AARCH64_VECTOR_H
#define XLATE_X86_64_AARCH64_VECTOR_H

/*
 * What host code for vectors and floating point has in common.  It needs AVX2
 * and FMA; hosts without leave these instructions to the interpreter.
 *
 * xmm0 and xmm1 are scratch registers, and rax and rcx.  An instruction changes
 * its result's register last, so that the interpreter can do it again from the
 * start.
 */

#include "xlate/x86_64/aarch64/aarch64.h"

#define XMM0 0u
#define XMM1 1u

/* A host operation: opcode, prefix (1: 66, 2: F3, 3: F2), map (1: 0F, 2: 0F38,
 * 3: 0F3A), VEX.W. */
#define V(map, prefix, opcode) ((map) << 12 | (prefix) << 8 | (opcode))
#define V_W                    0x10000u

enum vector_operation {
	V_MOVAPS = V(1, 0, 0x28),
	V_MOVAPS_STORE = V(1, 0, 0x29),
	V_MOVQ = V(1, 2, 0x7e),              /* the rest is zero */
	V_MOVD_FROM_GENERAL = V(1, 1, 0x6e), /* V_W: 64 bits */
	V_MOVD_TO_GENERAL = V(1, 1, 0x7e),   /* rm is general */
	V_INSERTPS = V(3, 1, 0x21),
	V_AND = V(1, 1, 0xdb),
	V_AND_NOT = V(1, 1, 0xdf), /* ~second & rm */
	V_OR = V(1, 1, 0xeb),
	V_XOR = V(1, 1, 0xef),
	V_TEST = V(2, 1, 0x17), /* ZF: nothing in common */
	V_EQUAL_WORDS = V(1, 1, 0x76),
	V_SHUFFLE_BYTES = V(2, 1, 0x00),
	V_SHUFFLE_WORDS = V(1, 1, 0x70),
	V_SHIFT_BYTES = V(1, 1, 0x73), /* /3: down, /7: up */
	V_UNPACK_LOW_DOUBLES = V(1, 1, 0x6c),
	V_UNPACK_HIGH_DOUBLES = V(1, 1, 0x6d),
	V_PACK_UNSIGNED_BYTES = V(1, 1, 0x67),
	V_PACK_UNSIGNED_HALVES = V(2, 1, 0x2b),
	V_SHUFFLE_SINGLES = V(1, 0, 0xc6),
	/* 66 for doubles; of NaNs, the first calls signalling ones invalid, the
	 * second all */
	V_UCOMIS = V(1, 0, 0x2e),
	V_COMIS = V(1, 0, 0x2f),
	V_ALIGN_BYTES = V(3, 1, 0x0f),
	V_EXTRACT_WORD = V(3, 1, 0x16),  /* rm is general */
	V_MULTIPLY_BITS = V(3, 1, 0x44), /* without carries: PCLMULQDQ */
};

#define SHIFT_BYTES_DOWN 3u
#define SHIFT_BYTES_UP   7u
/* Of lanes of 2, 4 and 8 bytes: down, down with the sign, up. */
#define SHIFT_DOWN 2u
#define SHIFT_SIGN 4u
#define SHIFT_UP   6u

/* Host code for one kind of instruction, with what `struct form` of the file says
 * of it.  False: it is for the interpreter, and nothing has been written. */
#define VECTOR_FORM(name)                                                      \
	static bool name(struct translation *t,                                \
	                 const struct xlate_instruction *i,                    \
	                 const struct form *form __attribute__((unused)))

/* reg = second op rm */
void vex(struct translation *t, uint32_t op, unsigned reg, unsigned second,
         struct rm rm);
/* The same with a byte that follows. */
void vex_with(struct translation *t, uint32_t op, unsigned reg, unsigned second,
              struct rm rm, unsigned byte);
/* TO = FROM shifted by BYTES. */
void shift_bytes(struct translation *t, unsigned direction, unsigned to,
                 unsigned from, unsigned bytes);
/* TO = each lane of FROM, of 2^SIZE bytes and at least two, shifted. */
void shift_lanes(struct translation *t, unsigned kind, unsigned to,
                 unsigned from, unsigned size, unsigned count);
/* TO = the first lane of FROM in all lanes. */
void repeat_first(struct translation *t, unsigned to, unsigned from,
                  unsigned size);

void load_vector(struct translation *t, unsigned to, unsigned number);
/* The register that has it: its own, or SCRATCH with a copy. */
unsigned use_vector(struct translation *t, unsigned number, unsigned scratch);
/* Only the first BYTES of the register may be other than zero from here on. */
void note_vector(struct translation *t, unsigned number, unsigned bytes);
bool is_within(const struct translation *t, unsigned number, unsigned bytes);
/* The first BYTES (4, 8 or 16) of FROM become the register; the rest is zero.
 */
void set_vector(struct translation *t, unsigned number, unsigned from,
                unsigned bytes);
/* The same of what has nothing behind those BYTES. */
void set_alone(struct translation *t, unsigned number, unsigned from,
               unsigned bytes);
/* Where the register's next value may be computed if the last operation alone
 * writes there, and raises no exception: its place, or xmm0. */
unsigned vector_result(const struct translation *t, unsigned number);
/* TO = the first BYTES of FROM, and zeros. */
void keep_bytes(struct translation *t, unsigned to, unsigned from,
                unsigned bytes);

/* Bytes of the result.  Scalars of less than four are left to the interpreter.
 */
static inline unsigned result_bytes(const struct xlate_instruction *i)
{
	return (unsigned)i->lanes << i->size;
}

/* The second operand's place; an element is repeated in xmm1, zero is there. */
struct rm second_operand(struct translation *t,
                         const struct xlate_instruction *i);

/* TO = VALUE in both halves. */
void vector_constant(struct translation *t, unsigned to, uint64_t value);
/* TO = lane N of 2^SIZE bytes of the register in all lanes. */
void repeat_lane(struct translation *t, unsigned to, unsigned number,
                 unsigned size, unsigned n);
/* Lane N of TO, which has lanes of 2^SIZE bytes, becomes FROM: memory or a general
 * register, as is TO of the second, which a lane goes to, with zeros above it in a
 * register. */
void insert_lane(struct translation *t, unsigned to, struct rm from,
                 unsigned size, unsigned n);
void extract_lane(struct translation *t, unsigned from, struct rm to,
                  unsigned size, unsigned n);
/* XMM0 and XMM1 = the operands; those of 8 bytes become the halves of both. */
void load_operands(struct translation *t, const struct xlate_instruction *i);
/* Of the lanes of XMM0 and then XMM1, those with even, or odd, numbers go to
 * XMM0. */
void unzip(struct translation *t, unsigned size, bool odd);

/* vector.c, permute.c, float.c.  False: not one of theirs. */
bool translate_lanes(struct translation *t, const struct xlate_instruction *i);
bool translate_permutation(struct translation *t,
                           const struct xlate_instruction *i);
bool translate_floating(struct translation *t,
                        const struct xlate_instruction *i);

#endif
