/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_REPORT_TEXT_H
#define BH_CLI_REPORT_TEXT_H

#include "report_hexdump.h"

/* The report for people. */
void report_print_text(const struct style *style, const struct view *view);

#endif
