/* SPDX-License-Identifier: ISC */
/* Sums whose bits IEEE 754 and C fix, so every core must find the same. */
#include <stdint.h>

uint64_t probe_float(uint64_t rounds);
uint64_t probe_integer(uint64_t rounds);
uint64_t probe_recurse(uint64_t n);

static uint64_t mix(uint64_t sum, uint64_t value)
{
	sum ^= value;
	sum *= UINT64_C(0x9e3779b97f4a7c15);
	return sum ^ sum >> 29;
}

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t bits(double value)
{
	union {
		double value;
		uint64_t bits;
	} u = {value};

	return value == value ? u.bits : 1;
}

static double from_bits(uint64_t number)
{
	union {
		uint64_t bits;
		double value;
	} u = {number};

	return u.value;
}

static uint32_t bits_single(float value)
{
	union {
		float value;
		uint32_t bits;
	} u = {value};

	return value == value ? u.bits : 1;
}

/* All exponents: infinities, subnormals and signalling NaNs come up too. */
uint64_t probe_float(uint64_t rounds)
{
	uint64_t state = 88172645463325252, sum = 0;

	for (uint64_t i = 0; i < rounds; i++) {
		double a = from_bits(next(&state));
		double b = from_bits(next(&state));
		double small = a * 0x1p-1060, near = (double)(int64_t)state;
		float single = (float)a;

		sum = mix(sum, bits(a + b));
		sum = mix(sum, bits(a * b));
		sum = mix(sum, bits(a / b));
		sum = mix(sum, bits(small * 0x1p20));
		sum = mix(sum, bits(__builtin_sqrt(__builtin_fabs(b))));
		sum = mix(sum, bits(near / 3.0 - 1.0));
		sum = mix(sum, bits_single(single * 1.1f));
		sum = mix(sum, (uint64_t)(int64_t)(near * 0.4));
		sum = mix(sum, a < b);
	}
	return sum;
}

uint64_t probe_integer(uint64_t rounds)
{
	static uint32_t table[1024];
	uint64_t state = 88172645463325252, sum = 0;

	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t value = next(&state);
		uint64_t divisor = (value >> 40) | 1;

		table[value & 1023] += (uint32_t)(value >> 32);
		sum = mix(sum, table[value >> 54]);
		sum = mix(sum, value / divisor + value % 1000003);
	}
	return sum;
}

/* Pushes and pops in most of its blocks. */
uint64_t probe_recurse(uint64_t n)
{
	return n < 2 ? n : probe_recurse(n - 1) + probe_recurse(n - 2);
}
