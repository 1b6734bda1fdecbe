/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_MANIFEST_H
#define BH_CLI_MANIFEST_H

#include "plan.h"

/*
 * Reads a cell manifest (bh-cell(5)) into an empty plan, with all paths made
 * relative to the manifest's folder.  Errors name file, line and key.  The
 * plan is not complete yet.
 */
int manifest_load(const char *path, struct plan *plan, struct problem *problem);

/* The same from memory; PATH is for messages and for the folder. */
int manifest_parse(const char *path, const void *text, size_t size,
                   struct plan *plan, struct problem *problem);

#endif
