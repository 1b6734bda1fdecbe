/* SPDX-License-Identifier: ISC */
#include "xlate/aarch64/float.h"

#define FPCR_AHP   (UINT32_C(1) << 26)
#define FPCR_DN    (UINT32_C(1) << 25)
#define FPCR_FZ    (UINT32_C(1) << 24)
#define FPCR_RMODE 22

struct softfloat float_environment(uint32_t fpcr, uint32_t *flags)
{
	/* To nearest, up, down, to zero. */
	static const uint8_t roundings[4] = {SOFTFLOAT_NEAREST_EVEN,
	                                     SOFTFLOAT_UP, SOFTFLOAT_DOWN,
	                                     SOFTFLOAT_TO_ZERO};

	return (struct softfloat){
	        .flags = flags,
	        .rounding = roundings[fpcr >> FPCR_RMODE & 3],
	        .choices = SOFTFLOAT_TINY_BEFORE_ROUNDING |
	                   SOFTFLOAT_NAN_IS_ZERO |
	                   (fpcr & FPCR_AHP ? FLOAT_ALTERNATIVE_HALF : 0) |
	                   (fpcr & FPCR_DN ? 0 : SOFTFLOAT_PROPAGATE) |
	                   (fpcr & FPCR_FZ ? SOFTFLOAT_FLUSH : 0),
	};
}

uint32_t float_status(uint32_t flags)
{
	return (flags & SOFTFLOAT_INVALID ? 1u : 0) |
	       (flags & SOFTFLOAT_DIVIDE ? 2u : 0) |
	       (flags & SOFTFLOAT_OVERFLOW ? 4u : 0) |
	       (flags & SOFTFLOAT_UNDERFLOW ? 8u : 0) |
	       (flags & SOFTFLOAT_INEXACT ? 16u : 0) |
	       (flags & FLOAT_DENORMAL ? 128u : 0);
}

static uint64_t exponent_of(const struct softfloat_format *f, uint64_t a)
{
	return (a & f->infinity) >> f->mantissa;
}

static uint64_t fraction_of(const struct softfloat_format *f, uint64_t a)
{
	return a & ((UINT64_C(1) << f->mantissa) - 1);
}

uint64_t float_flush(struct softfloat e, uint64_t a)
{
	const struct softfloat_format *f = e.format;

	if (!(e.choices & SOFTFLOAT_FLUSH) || exponent_of(f, a) ||
	    !fraction_of(f, a))
		return a;
	*e.flags |= FLOAT_DENORMAL;
	return a & f->sign;
}

static bool is_nan(struct softfloat e, uint64_t a)
{
	return softfloat_is_nan(e.format, a);
}

static bool is_quiet(struct softfloat e, uint64_t a)
{
	return is_nan(e, a) && !softfloat_is_signaling(e.format, a);
}

static bool is_zero(struct softfloat e, uint64_t a)
{
	return !(a & ~e.format->sign);
}

static bool is_infinite(struct softfloat e, uint64_t a)
{
	return (a & ~e.format->sign) == e.format->infinity;
}

static bool is_zero_by_infinity(struct softfloat e, uint64_t a, uint64_t b)
{
	return (is_zero(e, a) && is_infinite(e, b)) ||
	       (is_infinite(e, a) && is_zero(e, b));
}

uint32_t float_compare(struct softfloat e, uint64_t a, uint64_t b, bool signal)
{
	if (is_nan(e, a) || is_nan(e, b)) {
		if (signal)
			softfloat_invalid(e);
		else
			softfloat_nan(e, a, b);
		return UINT32_C(0x30000000);
	}
	if (softfloat_equal(e, a, b))
		return UINT32_C(0x60000000);
	return softfloat_less(e, a, b) ? UINT32_C(0x80000000)
	                               : UINT32_C(0x20000000);
}

/* The exponent that is infinity's otherwise is one of the others plus one. */
static uint64_t from_alternative_half(struct softfloat e, uint64_t a)
{
	if (exponent_of(&softfloat_half, a) == 31) {
		a -= UINT64_C(1) << softfloat_half.mantissa;
		e.scale = 1;
	}
	return softfloat_convert(e, &softfloat_half, a);
}

/* Half of a number that may need it is rounded as the number is. */
static uint64_t to_alternative_half(struct softfloat e,
                                    const struct softfloat_format *from,
                                    uint64_t a)
{
	uint64_t sign = a & from->sign ? softfloat_half.sign : 0, result;
	bool large = (int)exponent_of(from, a) - from->bias >= 15;
	uint32_t *flags = e.flags, raised = 0;

	e.flags = &raised;
	e.scale = large ? -1 : 0;
	result = softfloat_convert(e, from, a);
	if (softfloat_is_nan(from, a)) {
		*flags |= SOFTFLOAT_INVALID;
		return sign;
	}
	if (raised & SOFTFLOAT_OVERFLOW ||
	    (result & ~sign) == softfloat_half.infinity) {
		*flags |= SOFTFLOAT_INVALID;
		return sign | (softfloat_half.sign - 1);
	}
	*flags |= raised;
	return large ? result + (UINT64_C(1) << softfloat_half.mantissa)
	             : result;
}

uint64_t float_convert(struct softfloat e, const struct softfloat_format *from,
                       const struct softfloat_format *to, uint64_t a)
{
	bool alternative = e.choices & FLOAT_ALTERNATIVE_HALF;

	e.format = from;
	if (from != &softfloat_half)
		a = float_flush(e, a);
	e.format = to;
	if (to == &softfloat_half)
		e.choices &= ~(uint32_t)SOFTFLOAT_FLUSH;
	if (alternative && from == &softfloat_half)
		return from_alternative_half(e, a);
	if (alternative && to == &softfloat_half)
		return to_alternative_half(e, from, a);
	return softfloat_convert(e, from, a);
}

uint64_t float_maximum(struct softfloat e, uint64_t a, uint64_t b)
{
	if (is_nan(e, a) || is_nan(e, b))
		return softfloat_nan(e, a, b);
	return softfloat_maximum(e, a, b);
}

uint64_t float_minimum(struct softfloat e, uint64_t a, uint64_t b)
{
	if (is_nan(e, a) || is_nan(e, b))
		return softfloat_nan(e, a, b);
	return softfloat_minimum(e, a, b);
}

uint64_t float_maximum_number(struct softfloat e, uint64_t a, uint64_t b)
{
	if (is_quiet(e, a) && !is_nan(e, b))
		return b;
	if (is_quiet(e, b) && !is_nan(e, a))
		return a;
	return float_maximum(e, a, b);
}

uint64_t float_minimum_number(struct softfloat e, uint64_t a, uint64_t b)
{
	if (is_quiet(e, a) && !is_nan(e, b))
		return b;
	if (is_quiet(e, b) && !is_nan(e, a))
		return a;
	return float_minimum(e, a, b);
}

/* SIGNIFICAND * 2^EXPONENT, which the format has. */
static uint64_t constant(struct softfloat e, unsigned significand, int exponent)
{
	uint32_t flags = 0;

	e.flags = &flags;
	e.scale = exponent;
	return softfloat_from_unsigned(e, significand);
}

uint64_t float_multiply_extended(struct softfloat e, uint64_t a, uint64_t b)
{
	if (is_zero_by_infinity(e, a, b))
		return constant(e, 2, 0) | ((a ^ b) & e.format->sign);
	return softfloat_multiply(e, a, b);
}

uint64_t float_to_signed(struct softfloat e, uint64_t a, unsigned bits,
                         int fraction, uint32_t rounding)
{
	e.scale = fraction;
	e.rounding = rounding;
	return softfloat_to_signed(e, a, bits);
}

uint64_t float_to_unsigned(struct softfloat e, uint64_t a, unsigned bits,
                           int fraction, uint32_t rounding)
{
	e.scale = fraction;
	e.rounding = rounding;
	return softfloat_to_unsigned(e, a, bits);
}

uint64_t float_from_signed(struct softfloat e, int64_t value, int fraction)
{
	e.scale = -fraction;
	return softfloat_from_signed(e, value);
}

uint64_t float_from_unsigned(struct softfloat e, uint64_t value, int fraction)
{
	e.scale = -fraction;
	return softfloat_from_unsigned(e, value);
}

uint64_t float_reciprocal_step(struct softfloat e, uint64_t a, uint64_t b)
{
	a ^= e.format->sign;
	if (is_zero_by_infinity(e, a, b))
		return constant(e, 2, 0);
	return softfloat_fused(e, a, b, constant(e, 2, 0));
}

uint64_t float_root_step(struct softfloat e, uint64_t a, uint64_t b)
{
	uint64_t three = constant(e, 3, 0);

	a ^= e.format->sign;
	if (is_zero_by_infinity(e, a, b))
		return constant(e, 3, -1);
	e.scale = -1;
	return softfloat_fused(e, a, b, three);
}

/* RecipEstimate() */
static unsigned estimate_reciprocal(unsigned a)
{
	return ((1u << 19) / (a * 2 + 1) + 1) / 2;
}

/* RecipSqrtEstimate() */
static unsigned estimate_root(unsigned a)
{
	unsigned b = 512;

	a = a < 256 ? a * 2 + 1 : (a / 2 * 2 + 1) * 2;
	while ((uint64_t)a * (b + 1) * (b + 1) < UINT64_C(1) << 28)
		b++;
	return (b + 1) / 2;
}

uint32_t integer_reciprocal_estimate(uint32_t a)
{
	return a >> 31 ? estimate_reciprocal(a >> 23) << 23 : UINT32_MAX;
}

uint32_t integer_root_estimate(uint32_t a)
{
	return a >> 30 ? estimate_root(a >> 23) << 23 : UINT32_MAX;
}

/* Estimates have an 8-bit fraction, which is the top of 52 bits here. */
static uint64_t pack_estimate(const struct softfloat_format *f, uint64_t sign,
                              int exponent, uint64_t fraction)
{
	return sign | (uint64_t)exponent << f->mantissa |
	       fraction >> (52 - f->mantissa);
}

/* The reciprocal of what is smaller than the largest number's. */
static uint64_t overflow_estimate(struct softfloat e, uint64_t sign)
{
	bool largest = e.rounding == SOFTFLOAT_TO_ZERO ||
	               e.rounding == (sign ? SOFTFLOAT_UP : SOFTFLOAT_DOWN);

	*e.flags |= SOFTFLOAT_OVERFLOW | SOFTFLOAT_INEXACT;
	return sign | (e.format->infinity - largest);
}

static uint64_t divide_by_zero(struct softfloat e, uint64_t sign)
{
	*e.flags |= SOFTFLOAT_DIVIDE;
	return sign | e.format->infinity;
}

static uint64_t estimate_finite(struct softfloat e, uint64_t a)
{
	const struct softfloat_format *f = e.format;
	uint64_t fraction = fraction_of(f, a) << (52 - f->mantissa);
	int exponent = (int)exponent_of(f, a);
	unsigned estimate;

	if (exponent == 0) {
		bool small = !(fraction >> 51);

		exponent -= small;
		fraction = fraction << (1 + small) & ((UINT64_C(1) << 52) - 1);
	}
	exponent = 2 * f->bias - 1 - exponent;
	estimate = estimate_reciprocal(256u | (unsigned)(fraction >> 44));
	fraction = (uint64_t)(estimate & 255) << 44;
	if (exponent == 0) {
		fraction = fraction >> 1 | UINT64_C(1) << 51;
	} else if (exponent == -1) {
		fraction = fraction >> 2 | UINT64_C(1) << 50;
		exponent = 0;
	}
	return pack_estimate(f, a & f->sign, exponent, fraction);
}

uint64_t float_reciprocal_estimate(struct softfloat e, uint64_t a)
{
	const struct softfloat_format *f = e.format;
	uint64_t magnitude = a & ~f->sign, sign = a & f->sign;

	if (is_nan(e, a))
		return softfloat_nan(e, a, a);
	if (is_infinite(e, a))
		return sign;
	if (magnitude == 0)
		return divide_by_zero(e, sign);
	if (magnitude < UINT64_C(1) << (f->mantissa - 2))
		return overflow_estimate(e, sign);
	if (e.choices & SOFTFLOAT_FLUSH &&
	    (int)exponent_of(f, a) >= 2 * f->bias - 1) {
		*e.flags |= SOFTFLOAT_UNDERFLOW;
		return sign;
	}
	return estimate_finite(e, a);
}

uint64_t float_root_estimate(struct softfloat e, uint64_t a)
{
	const struct softfloat_format *f = e.format;
	uint64_t fraction = fraction_of(f, a) << (52 - f->mantissa);
	int exponent = (int)exponent_of(f, a);
	unsigned scaled;

	if (is_nan(e, a))
		return softfloat_nan(e, a, a);
	if (is_zero(e, a))
		return divide_by_zero(e, a);
	if (a & f->sign)
		return softfloat_invalid(e);
	if (is_infinite(e, a))
		return 0;
	if (exponent == 0) {
		int shift = __builtin_clzll(fraction) - 11;

		exponent = 1 - shift;
		fraction = fraction << shift & ((UINT64_C(1) << 52) - 1);
	}
	scaled = 256u | (unsigned)(fraction >> 44);
	if (exponent & 1)
		scaled /= 2;
	exponent = (3 * f->bias - 1 - exponent) / 2;
	fraction = (uint64_t)(estimate_root(scaled) & 255) << 44;
	return pack_estimate(f, 0, exponent, fraction);
}

uint64_t float_reciprocal_exponent(struct softfloat e, uint64_t a)
{
	const struct softfloat_format *f = e.format;
	uint64_t exponent = a & f->infinity;

	if (is_nan(e, a))
		return softfloat_nan(e, a, a);
	if (exponent == 0)
		exponent = (UINT64_C(1) << f->mantissa);
	return (a & f->sign) | (exponent ^ f->infinity);
}
