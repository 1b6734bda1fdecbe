/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_REPORT_HEXDUMP_H
#define BH_CLI_REPORT_HEXDUMP_H

#include <stdio.h>

#include "report_view.h"

/* How the report is shown. */
struct style {
	FILE *stream;
	unsigned columns;
	bool colour;
};

#define HEXDUMP_SIDES_MAX 3u

/* One column of a side-by-side dump. */
struct hexdump_side {
	const char *title;
	struct view_bytes bytes;
};

/*
 * Up to three byte strings side by side from offset FROM on, at most ROWS
 * rows.  Bytes that are not the same in all of them stand out: by colour, or
 * by a '*' before them.
 */
void hexdump_compare(const struct style *style,
                     const struct hexdump_side *sides, unsigned count,
                     size_t from, unsigned rows);

/* One byte string with its text. */
void hexdump(const struct style *style, const struct view_bytes *bytes,
             size_t max);

#endif
