/* SPDX-License-Identifier: ISC */
#ifndef XLATE_AARCH64_H
#define XLATE_AARCH64_H

#include "xlate/guest.h"

/* Numbers of the instructions, from the decode table. */
enum aarch64_id {
	A64_none,
#define A64(name, ...) A64_##name,
#define A64_SAME(...)
#include "xlate/aarch64/a64.def"
#undef A64
#undef A64_SAME
	A64_COUNT
};

/* Where register 31 is sp, and where it is zero. */
#define AARCH64_SP   31u
#define AARCH64_ZERO 33u
#define AARCH64_LR   30u

/* What of FPCR and FPSR is there: DN, FZ and RMode; QC, IDC, IXC, UFC, OFC, DZC
 * and IOC. */
#define AARCH64_FPCR UINT32_C(0x03c00000)
#define AARCH64_FPSR UINT32_C(0x0800009f)

/* Cache lines of 64 bytes that `dc zva` clears, as on a Cortex-A72. */
#define AARCH64_CTR   UINT64_C(0x8444c004)
#define AARCH64_DCZID UINT64_C(4)

/* How a second operand is shifted or extended (`shift`). */
enum aarch64_shift { SHIFT_LSL, SHIFT_LSR, SHIFT_ASR, SHIFT_ROR };

/* What a vector instruction's second operand is (`second`). */
enum aarch64_second { SECOND_VECTOR, SECOND_ELEMENT, SECOND_ZERO };

/* The table's name of an instruction, which begins with the assembler's. */
const char *aarch64_name(uint32_t word);

void aarch64_decode(struct xlate_instruction *i, const uint8_t *code,
                    size_t size);
int aarch64_interpret(struct xlate_machine *m,
                      const struct xlate_instruction *i);

/* One instruction of vector.def or float.def.  EXIT_NONE, or why it has not
 * been executed. */
int aarch64_interpret_vector(struct xlate_machine *m,
                             const struct xlate_instruction *i);

/* Whether CONDITION, as in b.cond, holds. */
static inline bool aarch64_holds(uint32_t nzcv, unsigned condition)
{
	/* A bit for each value of NZCV. */
	static const uint16_t holds[16] = {
	        0xf0f0, 0x0f0f, 0xcccc, 0x3333, 0xff00, 0x00ff, 0xaaaa, 0x5555,
	        0x0c0c, 0xf3f3, 0xaa55, 0x55aa, 0x0a05, 0xf5fa, 0xffff, 0xffff,
	};

	return holds[condition] >> (nzcv >> 28) & 1;
}

#endif
