/* SPDX-License-Identifier: ISC */
#include <cpuid.h>

#include "xlate/kept.h"
#include "xlate/x86_64/features.h"
#include "xlate/x86_64/host.h"

static bool has_lzcnt(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(0x80000001, &a, &b, &c, &d) && c & bit_LZCNT;
}

uint32_t xlate_host_features(void)
{
	uint32_t features = 0;

	__builtin_cpu_init();
	if (has_lzcnt() && __builtin_cpu_supports("bmi") &&
	    __builtin_cpu_supports("popcnt"))
		features |= FEATURE_COUNTS;
	if (__builtin_cpu_supports("bmi2"))
		features |= FEATURE_BMI2;
	if (__builtin_cpu_supports("fma"))
		features |= FEATURE_FMA;
	if (__builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2"))
		features |= FEATURE_VECTORS;
	if (features & FEATURE_VECTORS && __builtin_cpu_supports("pclmul"))
		features |= FEATURE_MULTIPLIES_BITS;
	return features;
}

size_t xlate_host_room(void)
{
	return HOST_OFFSET - sizeof(struct xlate) + sizeof(struct xlate_host);
}
