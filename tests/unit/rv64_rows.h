/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_RV64_ROWS_H
#define BH_TESTS_RV64_ROWS_H

/* Every row of the decode table. */

#include "tests/unit/xlate_values.h"
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

/* Of Zba, Zbb or Zbs? */
static inline bool is_bits(const struct row *row)
{
	return row->operation >= OP_ADD_UW && row->operation <= OP_BSET;
}

#endif
