/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_A64_ROWS_H
#define BH_TESTS_A64_ROWS_H

/* Every row of the decode table. */

#include <stdbool.h>
#include <string.h>

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

/* FEAT_LSE's. */
static inline bool is_atomic(const char *name)
{
	static const char *const names[] = {"ldadd", "ldclr",  "ldeor",
	                                    "ldset", "ldsmax", "ldsmin",
	                                    "swp",   "ldumax", "ldumin",
	                                    "cas"};

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		if (!strncmp(name, names[n], strlen(names[n])))
			return true;
	return false;
}

#endif
