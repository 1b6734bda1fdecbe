/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_HELPER_H
#define BH_CLI_HELPER_H

#include "problem.h"

/*
 * Opens one of bh's own executables, such as "bh-exo".  They lie next to bh:
 * in DIR/libexec of a build tree, in PREFIX/libexec/bh when installed.
 * Returns a close-on-exec descriptor, or -1 with the reason.
 */
int helper_open(const char *name, struct problem *problem);

/* The path of the same; the caller frees it.  NULL with the reason. */
char *helper_path(const char *name, struct problem *problem);

/* The same of data that lies beside them, such as "linux/x86_64.elf". */
char *helper_data_path(const char *name, struct problem *problem);

#endif
