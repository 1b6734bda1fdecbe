/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_A64_ROWS_H
#define BH_TESTS_A64_ROWS_H

/* Every row of the decode table. */

#include "tests/unit/xlate_values.h"
#include "xlate/aarch64/aarch64.h"

static const struct row {
	uint32_t match, mask;
	const char *name;
} rows[] = {
#define A64(name, match, mask, ...)      {match, mask, #name},
#define A64_SAME(name, match, mask, ...) {match, mask, #name},
#include "xlate/aarch64/a64.def"
#undef A64
#undef A64_SAME
};

#endif
