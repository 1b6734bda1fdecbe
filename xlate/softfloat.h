/* SPDX-License-Identifier: ISC */
#ifndef XLATE_SOFTFLOAT_H
#define XLATE_SOFTFLOAT_H

/*
 * IEEE 754-2008 binary16, binary32 and binary64 in integer arithmetic, with
 * RISC-V's choices where the standard leaves one: every NaN result is the
 * canonical one, tininess is detected after rounding, conversions to integers
 * saturate (The RISC-V Instruction Set Manual, volume I, chapters 11 and 12).
 * Who wants Arm's asks for them.  Independent of the host's floating point,
 * hence the same on all hosts.
 *
 * Values are bit patterns in the low bits of a uint64_t.
 */

#include <stdbool.h>
#include <stdint.h>

struct softfloat_format {
	int mantissa; /* bits, without the hidden one */
	int bias;
	uint64_t infinity;
	uint64_t quiet; /* the bit that makes a NaN quiet */
	uint64_t sign;
};

extern const struct softfloat_format softfloat_half, softfloat_single,
        softfloat_double;

/* As in fcsr.frm and the instructions' rm field. */
enum softfloat_rounding {
	SOFTFLOAT_NEAREST_EVEN = 0,
	SOFTFLOAT_TO_ZERO = 1,
	SOFTFLOAT_DOWN = 2,
	SOFTFLOAT_UP = 3,
	SOFTFLOAT_NEAREST_AWAY = 4,
	SOFTFLOAT_ODD, /* inexact results get an odd significand */
};

/* As in fcsr.fflags. */
enum softfloat_flag {
	SOFTFLOAT_INEXACT = 1,
	SOFTFLOAT_UNDERFLOW = 2,
	SOFTFLOAT_OVERFLOW = 4,
	SOFTFLOAT_DIVIDE = 8,
	SOFTFLOAT_INVALID = 16,
};

enum softfloat_choice {
	/* A NaN result is the first signaling operand, or else the first NaN,
	 * made quiet; the third operand comes before the others. */
	SOFTFLOAT_PROPAGATE = 1,
	SOFTFLOAT_TINY_BEFORE_ROUNDING = 2,
	SOFTFLOAT_FLUSH = 4,       /* tiny results are zero */
	SOFTFLOAT_NAN_IS_ZERO = 8, /* as an integer; else the largest */
};

/* What rounding depends on and where flags go (they are only ever set). */
struct softfloat {
	const struct softfloat_format *format;
	uint32_t rounding;
	uint32_t *flags;
	uint32_t choices; /* of enum softfloat_choice */
	int scale; /* results are times 2^scale before they are rounded */
};

bool softfloat_is_nan(const struct softfloat_format *f, uint64_t a);
bool softfloat_is_signaling(const struct softfloat_format *f, uint64_t a);
/* The result of an operation one of whose operands is a NaN. */
uint64_t softfloat_nan(struct softfloat e, uint64_t a, uint64_t b);
/* Of an operation that has no result. */
uint64_t softfloat_invalid(struct softfloat e);

uint64_t softfloat_add(struct softfloat e, uint64_t a, uint64_t b);
uint64_t softfloat_subtract(struct softfloat e, uint64_t a, uint64_t b);
uint64_t softfloat_multiply(struct softfloat e, uint64_t a, uint64_t b);
uint64_t softfloat_divide(struct softfloat e, uint64_t a, uint64_t b);
uint64_t softfloat_root(struct softfloat e, uint64_t a);
/* a * b + c, rounded once */
uint64_t softfloat_fused(struct softfloat e, uint64_t a, uint64_t b,
                         uint64_t c);
/* To an integer; EXACT: it is inexact if that changes it. */
uint64_t softfloat_round(struct softfloat e, uint64_t a, bool exact);
uint64_t softfloat_minimum(struct softfloat e, uint64_t a, uint64_t b);
uint64_t softfloat_maximum(struct softfloat e, uint64_t a, uint64_t b);
bool softfloat_equal(struct softfloat e, uint64_t a, uint64_t b);
bool softfloat_less(struct softfloat e, uint64_t a, uint64_t b);
bool softfloat_less_equal(struct softfloat e, uint64_t a, uint64_t b);
/* The bit that fclass sets. */
uint64_t softfloat_classify(struct softfloat e, uint64_t a);
/* From FROM to e.format. */
uint64_t softfloat_convert(struct softfloat e,
                           const struct softfloat_format *from, uint64_t a);
uint64_t softfloat_from_signed(struct softfloat e, int64_t value);
uint64_t softfloat_from_unsigned(struct softfloat e, uint64_t value);
/* To integers of BITS bits; the caller extends the sign of narrow ones. */
uint64_t softfloat_to_signed(struct softfloat e, uint64_t a, unsigned bits);
uint64_t softfloat_to_unsigned(struct softfloat e, uint64_t a, unsigned bits);

#endif
