/* SPDX-License-Identifier: ISC */
/*
 * Every math function on pseudo-random operands; the hash of the result bits
 * must be one on all instruction sets. Any NaN counts as the same value: its
 * sign and payload are known to differ (NOTES.md).
 */
#include <fenv.h>
#include <math.h>
#include <stdio.h>

#include "test.h"

enum { ROUNDS = 100000, ROUNDS_QUAD = 2000 };

static const double special[] = {
	0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 3.0, -3.0, 1e-310, -1e-310, 5e-324,
	2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308,
	1e22, 1e300, 0.1, 3.141592653589793, 1.5707963267948966, 709.8, -745.2,
	INFINITY, -INFINITY, NAN, 9007199254740993.0, 4503599627370495.5,
	2147483648.5, -2147483649.5, 9223372036854775808.0, 0x1p1023, 171.6,
};

/* A third anywhere in the format, a third of middle size, a third special. */
static double operand(void)
{
	uint64_t r = random_u64();
	double d;

	switch (r % 3) {
	case 0:
		r = random_u64();
		memcpy(&d, &r, sizeof(d));
		return d;
	case 1:
		return (double)(int64_t)random_u64() * 0x1p-56;
	default:
		return special[(r >> 8) % (sizeof(special) / sizeof(special[0]))];
	}
}

static long double operand_quad(void)
{
	return (long double)operand() + (long double)operand() * 0x1p-60L;
}

static uint64_t hash_double(uint64_t h, double d)
{
	if (isnan(d))
		return hash_bytes(h, "nan", 3);
	return hash_bytes(h, &d, sizeof(d));
}

static uint64_t hash_float(uint64_t h, float f)
{
	if (isnan(f))
		return hash_bytes(h, "nan", 3);
	return hash_bytes(h, &f, sizeof(f));
}

static uint64_t hash_quad(uint64_t h, long double q)
{
	if (isnan(q))
		return hash_bytes(h, "nan", 3);
	return hash_bytes(h, &q, sizeof(q));
}

static void report(const char *name, uint64_t h)
{
	printf("%-12s %016llx\n", name, (unsigned long long)h);
}

#define UNARY(X) X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) \
	X(tanh) X(asinh) X(acosh) X(atanh) X(exp) X(exp2) X(expm1) \
	X(log) X(log2) X(log10) X(log1p) X(sqrt) X(cbrt) X(erf) X(erfc) X(tgamma) \
	X(lgamma) X(ceil) X(floor) X(trunc) X(round) X(rint) X(nearbyint) X(fabs) X(logb)
#define UNARY_QUAD(X) X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) \
	X(tanh) X(asinh) X(acosh) X(atanh) X(exp) X(exp2) X(expm1) \
	X(log) X(log2) X(log10) X(log1p) X(sqrt) X(cbrt) X(erf) X(erfc) X(tgamma) \
	X(lgamma) X(ceil) X(floor) X(trunc) X(round) X(rint) X(fabs) X(logb)
#define BINARY(X) X(pow) X(atan2) X(hypot) X(fmod) X(remainder) X(fmax) X(fmin) \
	X(fdim) X(nextafter)
#define INTEGER(X) X(lrint) X(llrint) X(lround) X(llround) X(ilogb)

#define DEFINE_UNARY(F) \
	static void test_##F(void) \
	{ \
		uint64_t h = HASH_START, hf = HASH_START; \
		for (int i = 0; i < ROUNDS; i++) { \
			double x = operand(); \
			h = hash_double(h, F(x)); \
			hf = hash_float(hf, F##f((float)x)); \
		} \
		report(#F, h); \
		report(#F "f", hf); \
	}
#define DEFINE_UNARY_QUAD(F) \
	static void test_##F##l(void) \
	{ \
		uint64_t h = HASH_START; \
		for (int i = 0; i < ROUNDS_QUAD; i++) \
			h = hash_quad(h, F##l(operand_quad())); \
		report(#F "l", h); \
	}
#define DEFINE_BINARY(F) \
	static void test_##F(void) \
	{ \
		uint64_t h = HASH_START, hf = HASH_START, hq = HASH_START; \
		for (int i = 0; i < ROUNDS; i++) { \
			double x = operand(), y = operand(); \
			h = hash_double(h, F(x, y)); \
			hf = hash_float(hf, F##f((float)x, (float)y)); \
			if (i < ROUNDS_QUAD) \
				hq = hash_quad(hq, F##l(x, y)); \
		} \
		report(#F, h); \
		report(#F "f", hf); \
		report(#F "l", hq); \
	}
#define DEFINE_INTEGER(F) \
	static void test_##F(void) \
	{ \
		uint64_t h = HASH_START; \
		for (int i = 0; i < ROUNDS; i++) { \
			double x = operand(); \
			long long a = F(x), b = F##f((float)x), c = F##l(x); \
			h = hash_bytes(h, &a, sizeof(a)); \
			h = hash_bytes(h, &b, sizeof(b)); \
			h = hash_bytes(h, &c, sizeof(c)); \
		} \
		report(#F, h); \
	}
UNARY(DEFINE_UNARY)
UNARY_QUAD(DEFINE_UNARY_QUAD)
BINARY(DEFINE_BINARY)
INTEGER(DEFINE_INTEGER)

static void test_fma(void)
{
	uint64_t h = HASH_START, hf = HASH_START, hq = HASH_START, plain = HASH_START;
	double (*volatile library_fma)(double, double, double) = fma;

	for (int i = 0; i < ROUNDS; i++) {
		double x = operand(), y = operand(), z = operand();
		h = hash_double(h, fma(x, y, z));
		h = hash_double(h, library_fma(x, y, z));
		h = hash_double(h, library_fma(x, y, -x * y));
		hf = hash_float(hf, fmaf((float)x, (float)y, (float)z));
		if (i < ROUNDS_QUAD)
			hq = hash_quad(hq, fmal(x, y, z));
		plain = hash_double(plain, x * y + z);
		plain = hash_float(plain, (float)x * (float)y - (float)z);
	}
	report("fma", h);
	report("fmaf", hf);
	report("fmal", hq);
	report("x*y+z", plain);
}

static void test_parts(void)
{
	uint64_t h = HASH_START;

	for (int i = 0; i < ROUNDS; i++) {
		double x = operand(), whole;
		int e, q;
		h = hash_double(h, copysign(x, isnan(x) ? 1.0 : x));
		double m = isfinite(x) ? frexp(x, &e) : (e = 0, x);
		h = hash_double(h, m);
		h = hash_bytes(h, &e, sizeof(e));
		h = hash_double(h, modf(x, &whole));
		h = hash_double(h, whole);
		h = hash_double(h, ldexp(x, (int)(random_u64() % 4000) - 2000));
		double y = operand(), rem = remquo(x, y, &q);
		h = hash_double(h, rem);
		if (!isnan(rem)) {
			q &= 7;
			h = hash_bytes(h, &q, sizeof(q));
		}
	}
	report("parts", h);
}

static void test_conversions(void)
{
	uint64_t h = HASH_START;

	for (int i = 0; i < ROUNDS; i++) {
		double x = operand();
		struct {
			int64_t s64; uint64_t u64; int32_t s32; uint32_t u32;
			int16_t s16; uint16_t u16; int8_t s8; uint8_t u8;
		} r = { (int64_t)x, (uint64_t)x, (int32_t)x, (uint32_t)x,
			(int16_t)x, (uint16_t)x, (int8_t)x, (uint8_t)x };
		h = hash_bytes(h, &r, sizeof(r));
		long double q = x;
		int64_t s = (int64_t)q;
		uint64_t u = (uint64_t)q;
		__int128 w = (__int128)x;
		h = hash_bytes(h, &s, sizeof(s));
		h = hash_bytes(h, &u, sizeof(u));
		h = hash_bytes(h, &w, sizeof(w));
		uint64_t r64 = random_u64();
		h = hash_double(h, (double)r64);
		h = hash_double(h, (double)(int64_t)r64);
		h = hash_float(h, (float)r64);
		h = hash_quad(h, (long double)r64);
		h = hash_float(h, (float)q);
	}
	report("conversions", h);
}

static void test_rounding_modes(void)
{
	static const int modes[] = { FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };

	for (int m = 0; m < 4; m++) {
		uint64_t h = HASH_START;
		fesetround(modes[m]);
		for (int i = 0; i < 10000; i++) {
			double x = operand(), y = operand();
			h = hash_double(h, HIDE(x) + HIDE(y));
			h = hash_double(h, HIDE(x) * HIDE(y));
			h = hash_double(h, HIDE(x) / HIDE(y));
			h = hash_double(h, rint(x));
			h = hash_double(h, sqrt(x));
			h = hash_double(h, nearbyint(x));
			h = hash_quad(h, HIDE((long double)x) / HIDE((long double)y));
		}
		fesetround(FE_TONEAREST);
		printf("rounding mode %d ", m);
		report("", h);
	}
}

int main(void)
{
#define CALL(F) test_##F();
#define CALL_QUAD(F) test_##F##l();
	UNARY(CALL)
	UNARY_QUAD(CALL_QUAD)
	BINARY(CALL)
	INTEGER(CALL)
	test_fma();
	test_parts();
	test_conversions();
	test_rounding_modes();
	return 0;
}
