/* SPDX-License-Identifier: ISC */
#ifndef XLATE_X86_64_FEATURES_H
#define XLATE_X86_64_FEATURES_H

/* Of xlate_host_features(). */
enum {
	FEATURE_BMI2 = 1,
	FEATURE_FMA = 2,
	FEATURE_VECTORS = 4, /* AVX2 and FMA */
	FEATURE_COUNTS = 8,  /* lzcnt, tzcnt, popcnt */
	FEATURE_MULTIPLIES_BITS = 16,
};

#endif
