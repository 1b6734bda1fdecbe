/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_REPORT_JSON_H
#define BH_CLI_REPORT_JSON_H

#include <jansson.h>

#include "report_view.h"

/* The report for programs; the caller owns the reference. bh-run(1) lists the
 * members. */
json_t *report_to_json(const struct view *view);

#endif
