/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_PAGE_H
#define BH_CLI_PAGE_H

/*
 * A JSON report (bh run --report) as one HTML page that needs nothing else:
 * no script, no font, no picture, nothing fetched.  The report may come from
 * anybody; what it lacks is left out, and nothing in it can become markup.
 */

#include <jansson.h>
#include <stdio.h>

void page_write(FILE *out, const json_t *report);

#endif
