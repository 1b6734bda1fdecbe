/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_REPORTING_H
#define BH_CLI_REPORTING_H

#include "control.h"

/*
 * Shows the raw report of SIZE bytes that exo has written, the NUMBERth.  Its bytes come
 * from untrusted processes, so a process of its own decodes it: bh-report.
 */
int reporting_show(const struct launch *launch, unsigned domain, uint64_t size,
                   unsigned number, struct problem *problem);

/* Writes the JSON report of a cell that ended without a verdict. */
int reporting_agreed(const struct launch *launch, const struct outcome *outcome,
                     struct problem *problem);

#endif
