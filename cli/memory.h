/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_MEMORY_H
#define BH_CLI_MEMORY_H

/*
 * Allocation for the command line.  Running out of memory for a few hundred
 * bytes ends the process with exit status 125: there is nothing to unwind.
 */

#include <stddef.h>

/* COUNT items of SIZE bytes, zeroed. */
void *memory_new(size_t count, size_t size);
/* Like reallocarray(3). */
void *memory_resize(void *old, size_t count, size_t size);
/* Copy of a string. */
char *memory_string(const char *text);
/* Formatted string. */
char *memory_format(const char *format, ...)
        __attribute__((format(printf, 1, 2)));

#endif
