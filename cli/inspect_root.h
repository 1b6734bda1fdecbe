/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_INSPECT_ROOT_H
#define BH_CLI_INSPECT_ROOT_H

/*
 * Prints what is in an image of a Linux program, and whether its roots are
 * there as they were made.  Returns 0, 1 if one is not, or BH_EXIT_ERROR.
 */
int inspect_root(const char *folder);

#endif
