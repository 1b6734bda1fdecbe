/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_RV64_UNICORN_H
#define BH_TESTS_RV64_UNICORN_H

/* What libunicorn is known to do otherwise with floating-point operands. */

#include <stdbool.h>
#include <string.h>

#include "tests/unit/rv64_rows.h"

static bool is_single(const char *name)
{
	size_t n = strlen(name);

	return name[0] == 'f' && ((name[n - 1] == 's' && name[n - 2] == '_') ||
	                          strstr(name, "_s_"));
}

static bool is_nan(const struct row *row, uint64_t f)
{
	if (is_single(row->name))
		return (uint32_t)f << 1 > 0xff000000u;
	return f << 1 > UINT64_C(0xffe0000000000000);
}

/* Whether libunicorn gives another result for these operands. */
static bool is_known_float(const struct row *row, uint64_t a, uint64_t b,
                           uint64_t c)
{
	if (!strncmp(row->name, "fmin", 4) || !strncmp(row->name, "fmax", 4))
		return is_nan(row, a) || is_nan(row, b);
	/* Infinity times zero is invalid even if a quiet NaN is to be added. */
	if (!strncmp(row->name, "fm", 2) || !strncmp(row->name, "fnm", 3))
		return is_nan(row, c);
	return false;
}

#endif
