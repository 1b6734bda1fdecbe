/* SPDX-License-Identifier: ISC */
#ifndef XLATE_AARCH64_FLOAT_H
#define XLATE_AARCH64_FLOAT_H

/*
 * What A64 has of floating point beyond softfloat.h: pseudocode functions of
 * DDI 0487, J1.  Operands are flushed already (float_flush()) where FPCR.FZ is
 * set.
 */

#include "xlate/softfloat.h"

/* FPCR for an instruction: choices and rounding.  Flags go to *FLAGS. */
struct softfloat float_environment(uint32_t fpcr, uint32_t *flags);
/* softfloat's flags as FPSR's. */
uint32_t float_status(uint32_t flags);
/* A choice: half precision has neither infinities nor NaNs, but twice the range. */
#define FLOAT_ALTERNATIVE_HALF (UINT32_C(1) << 31)
/* A raised flag of an operand that was flushed. */
#define FLOAT_DENORMAL UINT32_C(32)

/* A denormal operand is zero if FPCR.FZ says so. */
uint64_t float_flush(struct softfloat e, uint64_t a);
/* NZCV of a comparison; SIGNAL: any NaN is invalid. */
uint32_t float_compare(struct softfloat e, uint64_t a, uint64_t b, bool signal);
/* Between formats; half precision is never flushed. */
uint64_t float_convert(struct softfloat e, const struct softfloat_format *from,
                       const struct softfloat_format *to, uint64_t a);

uint64_t float_maximum(struct softfloat e, uint64_t a, uint64_t b);
uint64_t float_minimum(struct softfloat e, uint64_t a, uint64_t b);
/* Of a number and a quiet NaN, the number. */
uint64_t float_maximum_number(struct softfloat e, uint64_t a, uint64_t b);
uint64_t float_minimum_number(struct softfloat e, uint64_t a, uint64_t b);
uint64_t float_multiply_extended(struct softfloat e, uint64_t a, uint64_t b);

/* To integers of BITS bits; FRACTION of them are below the point. */
uint64_t float_to_signed(struct softfloat e, uint64_t a, unsigned bits,
                         int fraction, uint32_t rounding);
uint64_t float_to_unsigned(struct softfloat e, uint64_t a, unsigned bits,
                           int fraction, uint32_t rounding);
uint64_t float_from_signed(struct softfloat e, int64_t value, int fraction);
uint64_t float_from_unsigned(struct softfloat e, uint64_t value, int fraction);

/* FPRecipEstimate(), FPRSqrtEstimate(), UnsignedRecipEstimate(),
 * UnsignedRSqrtEstimate(), FPRecpX(), FPRecipStepFused(), FPRSqrtStepFused() */
uint64_t float_reciprocal_estimate(struct softfloat e, uint64_t a);
uint64_t float_root_estimate(struct softfloat e, uint64_t a);
uint32_t integer_reciprocal_estimate(uint32_t a);
uint32_t integer_root_estimate(uint32_t a);
uint64_t float_reciprocal_exponent(struct softfloat e, uint64_t a);
uint64_t float_reciprocal_step(struct softfloat e, uint64_t a, uint64_t b);
uint64_t float_root_step(struct softfloat e, uint64_t a, uint64_t b);

#endif
