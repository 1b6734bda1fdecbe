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

/* What of FPCR and FPSR is there: AHP, DN, FZ and RMode; QC, IDC, IXC, UFC,
 * OFC, DZC and IOC.  Exceptions cannot be trapped, as on most processors: the
 * bits that would enable that are zero. */
#define AARCH64_FPCR UINT32_C(0x07c00000)
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
int aarch64_interpret(struct xlate_machine *m, struct xlate_instruction *i);

/* One instruction of vector.def or float.def.  EXIT_NONE, or why it has not
 * been executed. */
int aarch64_interpret_vector(struct xlate_machine *m,
                             const struct xlate_instruction *i);

static inline uint32_t aarch64_nzcv(const struct xlate_flags *f)
{
	return (uint32_t)(f->negative < 0) << 31 | (uint32_t)!f->zero << 30 |
	       (uint32_t)f->carry << 29 | (uint32_t)f->overflow << 28;
}

static inline void aarch64_set_nzcv(struct xlate_flags *f, uint32_t nzcv)
{
	f->negative = (int32_t)nzcv;
	f->zero = ~nzcv & UINT32_C(1) << 30;
	f->carry = nzcv >> 29 & 1;
	f->overflow = nzcv >> 28 & 1;
}

/* The conditions of b.cond, in the order of their numbers but for the last two,
 * which always hold. */
#define AARCH64_CONDITIONS(X)                                                  \
	X(eq, !f->zero)                                                        \
	X(ne, f->zero)                                                         \
	X(cs, f->carry)                                                        \
	X(cc, !f->carry)                                                       \
	X(mi, f->negative < 0)                                                 \
	X(pl, f->negative >= 0)                                                \
	X(vs, f->overflow)                                                     \
	X(vc, !f->overflow)                                                    \
	X(hi, f->carry && f->zero)                                             \
	X(ls, !f->carry || !f->zero)                                           \
	X(ge, (f->negative < 0) == f->overflow)                                \
	X(lt, (f->negative < 0) != f->overflow)                                \
	X(gt, f->zero && (f->negative < 0) == f->overflow)                     \
	X(le, !f->zero || (f->negative < 0) != f->overflow)

/* clang-format off */
enum aarch64_condition {
#define CONDITION(name, expression) CONDITION_##name,
	AARCH64_CONDITIONS(CONDITION)
#undef CONDITION
	CONDITION_always
};
/* clang-format on */

/* Whether CONDITION holds. */
static inline bool aarch64_holds(const struct xlate_flags *f,
                                 unsigned condition)
{
	switch (condition) {
#define CONDITION(name, expression)                                            \
	case CONDITION_##name:                                                 \
		return expression;
		AARCH64_CONDITIONS(CONDITION)
#undef CONDITION
	default:
		return true;
	}
}

#endif
