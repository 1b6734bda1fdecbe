/* SPDX-License-Identifier: ISC */
#include "xlate/softfloat.h"

__extension__ typedef unsigned __int128 wide;

/* clang-format off */
const struct softfloat_format softfloat_half = {
        10, 15, 0x7c00, 0x200, 0x8000};
const struct softfloat_format softfloat_single = {
        23, 127, UINT64_C(0x7f800000), UINT64_C(0x400000), UINT64_C(0x80000000)};
const struct softfloat_format softfloat_double = {
        52, 1023, UINT64_C(0x7ff0000000000000), UINT64_C(0x8000000000000),
        UINT64_C(0x8000000000000000)};
/* clang-format on */

/* The sum of two aligned significands fits below bit 127. */
#define TOP_BIT 125

enum kind { ZERO, FINITE, INFINITE, NOT_A_NUMBER };

/* FINITE: the value is significand * 2^exponent. */
struct number {
	enum kind kind;
	bool negative;
	int exponent;
	wide significand;
};

static void raise(struct softfloat e, uint32_t flags)
{
	*e.flags |= flags;
}

static uint64_t canonical_nan(const struct softfloat_format *f)
{
	return f->infinity | f->quiet;
}

bool softfloat_is_nan(const struct softfloat_format *f, uint64_t a)
{
	return (a & ~f->sign) > f->infinity;
}

bool softfloat_is_signaling(const struct softfloat_format *f, uint64_t a)
{
	return softfloat_is_nan(f, a) && !(a & f->quiet);
}

uint64_t softfloat_invalid(struct softfloat e)
{
	raise(e, SOFTFLOAT_INVALID);
	return canonical_nan(e.format);
}

uint64_t softfloat_nan(struct softfloat e, uint64_t a, uint64_t b)
{
	bool first = softfloat_is_signaling(e.format, a);
	bool second = softfloat_is_signaling(e.format, b);

	if (first || second)
		raise(e, SOFTFLOAT_INVALID);
	if (!(e.choices & SOFTFLOAT_PROPAGATE))
		return canonical_nan(e.format);
	if (first || (!second && softfloat_is_nan(e.format, a)))
		return a | e.format->quiet;
	return b | e.format->quiet;
}

static bool is_away_from_infinity(struct softfloat e, bool negative)
{
	return e.rounding == SOFTFLOAT_TO_ZERO || e.rounding == SOFTFLOAT_ODD ||
	       e.rounding == (negative ? SOFTFLOAT_UP : SOFTFLOAT_DOWN);
}

static struct number unpack(const struct softfloat_format *f, uint64_t a)
{
	struct number n = {.negative = a & f->sign};
	uint64_t magnitude = a & ~f->sign;
	uint64_t mantissa = a & ((UINT64_C(1) << f->mantissa) - 1);
	int exponent = (int)(magnitude >> f->mantissa);

	if (magnitude > f->infinity) {
		n.kind = NOT_A_NUMBER;
	} else if (magnitude == f->infinity) {
		n.kind = INFINITE;
	} else if (magnitude == 0) {
		n.kind = ZERO;
	} else {
		n.kind = FINITE;
		n.significand = mantissa;
		if (exponent)
			n.significand |= UINT64_C(1) << f->mantissa;
		else
			exponent = 1;
		n.exponent = exponent - f->bias - f->mantissa;
	}
	return n;
}

static int top_bit(wide v)
{
	uint64_t high = (uint64_t)(v >> 64);

	return high ? 127 - __builtin_clzll(high)
	            : 63 - __builtin_clzll((uint64_t)v);
}

/* v / 2^shift; what is lost is left in the lowest bit. */
static wide shift_right_jam(wide v, int shift)
{
	if (shift == 0)
		return v;
	if (shift > 127)
		return v != 0;
	return v >> shift | ((v & (((wide)1 << shift) - 1)) != 0);
}

/* v / 2^shift, rounded; whether that is inexact. */
static wide round_shift(struct softfloat e, bool negative, wide v, int shift,
                        bool *inexact)
{
	wide half, rest, whole;
	bool up;

	*inexact = false;
	if (shift <= 0)
		return v << -shift;
	if (shift > 126) {
		v = shift_right_jam(v, shift - 126);
		shift = 126;
	}
	half = (wide)1 << (shift - 1);
	rest = v & ((half << 1) - 1);
	whole = v >> shift;
	if (rest == 0)
		return whole;
	*inexact = true;
	switch (e.rounding) {
	case SOFTFLOAT_TO_ZERO:
		up = false;
		break;
	case SOFTFLOAT_DOWN:
		up = negative;
		break;
	case SOFTFLOAT_UP:
		up = !negative;
		break;
	case SOFTFLOAT_NEAREST_AWAY:
		up = rest >= half;
		break;
	case SOFTFLOAT_ODD:
		up = !(whole & 1);
		break;
	default:
		up = rest > half || (rest == half && (whole & 1));
	}
	return whole + up;
}

static uint64_t signed_zero(struct softfloat e, bool negative)
{
	return negative ? e.format->sign : 0;
}

static uint64_t signed_infinity(struct softfloat e, bool negative)
{
	return e.format->infinity | signed_zero(e, negative);
}

static uint64_t overflow(struct softfloat e, bool negative)
{
	raise(e, SOFTFLOAT_OVERFLOW | SOFTFLOAT_INEXACT);
	return signed_infinity(e, negative) -
	       is_away_from_infinity(e, negative);
}

/* A number below the normal ones is not tiny if it would round to the smallest
 * of them with an exponent of any size. */
static bool is_tiny(struct softfloat e, struct number n, int exponent)
{
	const struct softfloat_format *f = e.format;
	bool ignored;

	return e.choices & SOFTFLOAT_TINY_BEFORE_ROUNDING ||
	       exponent < -f->bias ||
	       !(round_shift(e, n.negative, n.significand,
	                     exponent - f->mantissa - n.exponent, &ignored) >>
	         (f->mantissa + 1));
}

/*
 * Rounds a FINITE number, whose lowest bit may stand for lost ones if at least
 * two bits are to be rounded away.  A carry out of the significand makes the
 * next exponent by itself, from the largest subnormal to the largest number.
 */
static uint64_t round_pack(struct softfloat e, struct number n)
{
	const struct softfloat_format *f = e.format;
	int least = 1 - f->bias; /* exponent of the smallest normal number */
	int exponent, unit;
	bool inexact;
	uint64_t bits;

	n.exponent += e.scale;
	exponent = n.exponent + top_bit(n.significand);
	unit = (exponent < least ? least : exponent) - f->mantissa;
	if (exponent < least && e.choices & SOFTFLOAT_FLUSH) {
		raise(e, SOFTFLOAT_UNDERFLOW);
		return signed_zero(e, n.negative);
	}
	bits = (uint64_t)round_shift(e, n.negative, n.significand,
	                             unit - n.exponent, &inexact);
	bits += (uint64_t)(unit + f->mantissa + f->bias - 1) << f->mantissa;
	if (unit + f->mantissa > f->bias || bits >= f->infinity)
		return overflow(e, n.negative);
	if (inexact) {
		raise(e, SOFTFLOAT_INEXACT);
		if (exponent < least && is_tiny(e, n, exponent))
			raise(e, SOFTFLOAT_UNDERFLOW);
	}
	return bits | signed_zero(e, n.negative);
}

static struct number normalize(struct number n)
{
	int shift = TOP_BIT - top_bit(n.significand);

	n.significand <<= shift;
	n.exponent -= shift;
	return n;
}

/* Of two FINITE numbers with at most 106 bits. */
static uint64_t add_finite(struct softfloat e, struct number a, struct number b)
{
	a = normalize(a);
	b = normalize(b);
	if (a.exponent < b.exponent ||
	    (a.exponent == b.exponent && a.significand < b.significand)) {
		struct number t = a;

		a = b;
		b = t;
	}
	b.significand = shift_right_jam(b.significand, a.exponent - b.exponent);
	if (a.negative == b.negative)
		a.significand += b.significand;
	else
		a.significand -= b.significand;
	if (a.significand == 0)
		return signed_zero(e, e.rounding == SOFTFLOAT_DOWN);
	return round_pack(e, a);
}

/* None of them is a NaN. */
static uint64_t add_numbers(struct softfloat e, struct number a,
                            struct number b)
{
	if (a.kind == INFINITE && b.kind == INFINITE &&
	    a.negative != b.negative)
		return softfloat_invalid(e);
	if (a.kind == INFINITE)
		return signed_infinity(e, a.negative);
	if (b.kind == INFINITE)
		return signed_infinity(e, b.negative);
	if (a.kind == ZERO && b.kind == ZERO)
		return signed_zero(e, a.negative == b.negative
		                              ? a.negative
		                              : e.rounding == SOFTFLOAT_DOWN);
	if (a.kind == ZERO)
		return round_pack(e, b);
	if (b.kind == ZERO)
		return round_pack(e, a);
	return add_finite(e, a, b);
}

uint64_t softfloat_add(struct softfloat e, uint64_t a, uint64_t b)
{
	if (softfloat_is_nan(e.format, a) || softfloat_is_nan(e.format, b))
		return softfloat_nan(e, a, b);
	return add_numbers(e, unpack(e.format, a), unpack(e.format, b));
}

uint64_t softfloat_subtract(struct softfloat e, uint64_t a, uint64_t b)
{
	if (softfloat_is_nan(e.format, a) || softfloat_is_nan(e.format, b))
		return softfloat_nan(e, a, b);
	return softfloat_add(e, a, b ^ e.format->sign);
}

/* None of them is a NaN, nor are they zero and infinity. */
static struct number multiply(struct number a, struct number b)
{
	struct number p = {.negative = a.negative != b.negative};

	if (a.kind == INFINITE || b.kind == INFINITE) {
		p.kind = INFINITE;
	} else if (a.kind == ZERO || b.kind == ZERO) {
		p.kind = ZERO;
	} else {
		p.kind = FINITE;
		p.significand = a.significand * b.significand;
		p.exponent = a.exponent + b.exponent;
	}
	return p;
}

static bool is_zero_by_infinity(struct number a, struct number b)
{
	return (a.kind == ZERO && b.kind == INFINITE) ||
	       (a.kind == INFINITE && b.kind == ZERO);
}

static uint64_t pack(struct softfloat e, struct number n)
{
	if (n.kind == ZERO)
		return signed_zero(e, n.negative);
	if (n.kind == INFINITE)
		return signed_infinity(e, n.negative);
	return round_pack(e, n);
}

uint64_t softfloat_multiply(struct softfloat e, uint64_t a, uint64_t b)
{
	struct number m = unpack(e.format, a), n = unpack(e.format, b);

	if (m.kind == NOT_A_NUMBER || n.kind == NOT_A_NUMBER)
		return softfloat_nan(e, a, b);
	if (is_zero_by_infinity(m, n))
		return softfloat_invalid(e);
	return pack(e, multiply(m, n));
}

/* A signaling one comes first. */
static uint64_t nan_of_three(struct softfloat e, uint64_t a, uint64_t b,
                             uint64_t c)
{
	if (softfloat_is_signaling(e.format, a) ||
	    softfloat_is_signaling(e.format, b))
		return softfloat_nan(e, a, b);
	if (softfloat_is_nan(e.format, a))
		return softfloat_nan(e, a, c);
	return softfloat_nan(e, b, c);
}

uint64_t softfloat_fused(struct softfloat e, uint64_t a, uint64_t b, uint64_t c)
{
	struct number m = unpack(e.format, a), n = unpack(e.format, b);

	/* Even if the third is a quiet NaN. */
	if (is_zero_by_infinity(m, n) && !(e.choices & SOFTFLOAT_PROPAGATE &&
	                                   softfloat_is_signaling(e.format, c)))
		return softfloat_invalid(e);
	if (m.kind == NOT_A_NUMBER || n.kind == NOT_A_NUMBER ||
	    softfloat_is_nan(e.format, c)) {
		return nan_of_three(e, c, a, b);
	}
	return add_numbers(e, multiply(m, n), unpack(e.format, c));
}

uint64_t softfloat_divide(struct softfloat e, uint64_t a, uint64_t b)
{
	struct number m = unpack(e.format, a), n = unpack(e.format, b);
	bool negative = m.negative != n.negative;
	wide quotient;

	if (m.kind == NOT_A_NUMBER || n.kind == NOT_A_NUMBER)
		return softfloat_nan(e, a, b);
	if ((m.kind == ZERO && n.kind == ZERO) ||
	    (m.kind == INFINITE && n.kind == INFINITE))
		return softfloat_invalid(e);
	if (m.kind == INFINITE)
		return signed_infinity(e, negative);
	if (m.kind == ZERO || n.kind == INFINITE)
		return signed_zero(e, negative);
	if (n.kind == ZERO) {
		raise(e, SOFTFLOAT_DIVIDE);
		return signed_infinity(e, negative);
	}
	m = normalize(m);
	quotient = m.significand / n.significand;
	quotient = quotient << 1 | (m.significand % n.significand != 0);
	return round_pack(e, (struct number){FINITE, negative,
	                                     m.exponent - n.exponent - 1,
	                                     quotient});
}

/* The integer square root of v, twice, with what is lost in the lowest bit. */
static wide root(wide v)
{
	wide result = 0;

	for (int i = 62; i >= 0; i--) {
		wide try = result | (wide)1 << i;

		if (try * try <= v)
			result = try;
	}
	return result << 1 | (result * result != v);
}

uint64_t softfloat_root(struct softfloat e, uint64_t a)
{
	struct number n = unpack(e.format, a);

	if (n.kind == NOT_A_NUMBER)
		return softfloat_nan(e, a, a);
	if (n.kind == ZERO)
		return a;
	if (n.negative)
		return softfloat_invalid(e);
	if (n.kind == INFINITE)
		return a;
	n = normalize(n);
	if (n.exponent % 2) {
		n.significand >>= 1; /* its lowest bits are zero */
		n.exponent++;
	}
	n.significand = root(n.significand);
	n.exponent = n.exponent / 2 - 1;
	return round_pack(e, n);
}

uint64_t softfloat_round(struct softfloat e, uint64_t a, bool exact)
{
	struct number n = unpack(e.format, a);
	bool inexact;

	if (n.kind == NOT_A_NUMBER)
		return softfloat_nan(e, a, a);
	if (n.kind != FINITE || n.exponent >= 0)
		return a;
	n.significand = round_shift(e, n.negative, n.significand, -n.exponent,
	                            &inexact);
	n.exponent = 0;
	if (inexact && exact)
		raise(e, SOFTFLOAT_INEXACT);
	return n.significand ? round_pack(e, n) : signed_zero(e, n.negative);
}

/* In the order of their values, as integers, -0 below +0. */
static int64_t order(const struct softfloat_format *f, uint64_t a)
{
	int64_t magnitude = (int64_t)(a & ~f->sign);

	return a & f->sign ? ~magnitude : magnitude;
}

static uint64_t extreme(struct softfloat e, uint64_t a, uint64_t b, bool least)
{
	const struct softfloat_format *f = e.format;

	if (softfloat_is_nan(f, a) || softfloat_is_nan(f, b)) {
		uint64_t nan = softfloat_nan(e, a, b);

		return !softfloat_is_nan(f, a)   ? a
		       : !softfloat_is_nan(f, b) ? b
		                                 : nan;
	}
	return (order(f, a) < order(f, b)) == least ? a : b;
}

uint64_t softfloat_minimum(struct softfloat e, uint64_t a, uint64_t b)
{
	return extreme(e, a, b, true);
}

uint64_t softfloat_maximum(struct softfloat e, uint64_t a, uint64_t b)
{
	return extreme(e, a, b, false);
}

static bool are_zero(const struct softfloat_format *f, uint64_t a, uint64_t b)
{
	return ((a | b) & ~f->sign) == 0;
}

bool softfloat_equal(struct softfloat e, uint64_t a, uint64_t b)
{
	if (softfloat_is_nan(e.format, a) || softfloat_is_nan(e.format, b)) {
		softfloat_nan(e, a, b);
		return false;
	}
	return a == b || are_zero(e.format, a, b);
}

bool softfloat_less_equal(struct softfloat e, uint64_t a, uint64_t b)
{
	if (softfloat_is_nan(e.format, a) || softfloat_is_nan(e.format, b)) {
		softfloat_invalid(e);
		return false;
	}
	return order(e.format, a) <= order(e.format, b) ||
	       are_zero(e.format, a, b);
}

bool softfloat_less(struct softfloat e, uint64_t a, uint64_t b)
{
	if (softfloat_is_nan(e.format, a) || softfloat_is_nan(e.format, b)) {
		softfloat_invalid(e);
		return false;
	}
	return order(e.format, a) < order(e.format, b) &&
	       !are_zero(e.format, a, b);
}

uint64_t softfloat_classify(struct softfloat e, uint64_t a)
{
	const struct softfloat_format *f = e.format;
	uint64_t magnitude = a & ~f->sign;
	unsigned bit;

	if (magnitude > f->infinity)
		return a & f->quiet ? UINT64_C(1) << 9 : UINT64_C(1) << 8;
	if (magnitude == f->infinity)
		bit = 0;
	else if (magnitude >> f->mantissa)
		bit = 1;
	else if (magnitude)
		bit = 2;
	else
		bit = 3;
	return UINT64_C(1) << (a & f->sign ? bit : 7 - bit);
}

/* What fits of its payload, from the left. */
static uint64_t convert_nan(struct softfloat e,
                            const struct softfloat_format *from, uint64_t a)
{
	int shift = from->mantissa - e.format->mantissa;
	uint64_t payload = a & (from->quiet - 1);

	if (!(e.choices & SOFTFLOAT_PROPAGATE))
		return canonical_nan(e.format);
	payload = shift > 0 ? payload >> shift : payload << -shift;
	return canonical_nan(e.format) | payload |
	       signed_zero(e, a & from->sign);
}

uint64_t softfloat_convert(struct softfloat e,
                           const struct softfloat_format *from, uint64_t a)
{
	struct number n = unpack(from, a);

	if (n.kind == NOT_A_NUMBER) {
		if (softfloat_is_signaling(from, a))
			raise(e, SOFTFLOAT_INVALID);
		return convert_nan(e, from, a);
	}
	return pack(e, n);
}

uint64_t softfloat_from_unsigned(struct softfloat e, uint64_t value)
{
	return pack(e, (struct number){value ? FINITE : ZERO, false, 0, value});
}

uint64_t softfloat_from_signed(struct softfloat e, int64_t value)
{
	uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;

	return pack(e, (struct number){value ? FINITE : ZERO, value < 0, 0,
	                               magnitude});
}

/* The magnitude as an integer, at most LIMIT of its sign; false: beyond. */
static bool to_magnitude(struct softfloat e, struct number n,
                         const wide limit[2], wide *magnitude)
{
	bool inexact = false;

	*magnitude = 0;
	if (n.kind == INFINITE || n.kind == NOT_A_NUMBER)
		return false;
	if (n.kind == FINITE) {
		n.exponent += e.scale;
		if (n.exponent > 64)
			return false;
		*magnitude = round_shift(e, n.negative, n.significand,
		                         -n.exponent, &inexact);
	}
	if (*magnitude > limit[n.negative])
		return false;
	if (inexact)
		raise(e, SOFTFLOAT_INEXACT);
	return true;
}

static uint64_t to_integer(struct softfloat e, uint64_t a, const wide limit[2])
{
	struct number n = unpack(e.format, a);
	wide magnitude;

	if (n.kind == NOT_A_NUMBER)
		n.negative = false;
	if (!to_magnitude(e, n, limit, &magnitude)) {
		raise(e, SOFTFLOAT_INVALID);
		if (n.kind == NOT_A_NUMBER && e.choices & SOFTFLOAT_NAN_IS_ZERO)
			return 0;
		magnitude = limit[n.negative];
	}
	return n.negative ? -(uint64_t)magnitude : (uint64_t)magnitude;
}

uint64_t softfloat_to_signed(struct softfloat e, uint64_t a, unsigned bits)
{
	wide negative = (wide)1 << (bits - 1);
	const wide limit[2] = {negative - 1, negative};

	return to_integer(e, a, limit);
}

uint64_t softfloat_to_unsigned(struct softfloat e, uint64_t a, unsigned bits)
{
	const wide limit[2] = {((wide)1 << bits) - 1, 0};

	return to_integer(e, a, limit);
}
