/* SPDX-License-Identifier: ISC */
#include "core/unicorn/unicorn.h"

/*
 * fmin and fmax of riscv64, as its specification has had them since 2019.
 *
 * libunicorn 2.0.1 has IEEE 754-2008's minNum and maxNum: with a signaling NaN
 * for one operand the result is NaN.  The RISC-V Instruction Set Manual, volume
 * I, F extension 2.2, section "Single-Precision Floating-Point Computational
 * Instructions", has IEEE 754-2019's minimumNumber and maximumNumber: the result
 * is the other operand, and the invalid flag is set.  Compilers count on it: clang
 * saturates a conversion to uint8_t by fmax with 0 and fmin with 255, and a guest
 * that does so would disagree with the other instruction sets.
 *
 * The linker puts these functions before libunicorn's (--wrap, see core.mk).
 * Quieted, a NaN loses to a number in both standards; the first call is for
 * the flag.
 */

#define QUIET_S    (UINT64_C(1) << 22)
#define EXPONENT_S UINT64_C(0x7f800000)
#define FRACTION_S UINT64_C(0x007fffff)
#define QUIET_D    (UINT64_C(1) << 51)
#define EXPONENT_D UINT64_C(0x7ff0000000000000)
#define FRACTION_D UINT64_C(0x000fffffffffffff)

static bool is_signaling(uint64_t x, uint64_t exponent, uint64_t fraction,
                         uint64_t quiet)
{
	return (x & exponent) == exponent && (x & fraction) && !(x & quiet);
}

static uint64_t quieted_s(uint64_t x)
{
	return is_signaling(x, EXPONENT_S, FRACTION_S, QUIET_S) ? x | QUIET_S
	                                                        : x;
}

static uint64_t quieted_d(uint64_t x)
{
	return is_signaling(x, EXPONENT_D, FRACTION_D, QUIET_D) ? x | QUIET_D
	                                                        : x;
}

/* The names that --wrap wants. */
#define WRAP(name, quieted)                                                    \
	uint64_t __real_helper_##name##_riscv64(void *env, uint64_t a,         \
	                                        uint64_t b);                   \
	uint64_t __wrap_helper_##name##_riscv64(void *env, uint64_t a,         \
	                                        uint64_t b);                   \
	uint64_t __wrap_helper_##name##_riscv64(void *env, uint64_t a,         \
	                                        uint64_t b)                    \
	{                                                                      \
		uint64_t result = __real_helper_##name##_riscv64(env, a, b);   \
		uint64_t quiet_a = quieted(a), quiet_b = quieted(b);           \
                                                                               \
		if (quiet_a == a && quiet_b == b)                              \
			return result;                                         \
		return __real_helper_##name##_riscv64(env, quiet_a, quiet_b);  \
	}

WRAP(fmin_s, quieted_s)
WRAP(fmax_s, quieted_s)
WRAP(fmin_d, quieted_d)
WRAP(fmax_d, quieted_d)
