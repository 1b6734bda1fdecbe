/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_RV64_ROWS_H
#define BH_TESTS_RV64_ROWS_H

/* Every row of the decode table, and numbers to make instructions of them. */

#include <stdint.h>

#include "xlate/riscv64/riscv64.h"

static const struct row {
	uint32_t match, mask;
	enum xlate_operation operation;
	const char *name;
} rows[] = {
#define RV(name, match, mask, format, operation, ...)                          \
	{match, mask, OP_##operation, #name},
#include "xlate/riscv64/rv64gc.def"
#undef RV
};

static uint64_t seed;

static uint64_t next(void)
{
	seed = seed * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
	return seed ^ seed >> 32;
}

#endif
