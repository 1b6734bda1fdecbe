/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_MANIFEST_LINE_H
#define BH_CLI_MANIFEST_LINE_H

#include <stddef.h>

/* Where a key stands in a YAML text; lines count from 1, 0 is unknown. */

/*
 * The key LEAF of entry INDEX of the list LIST at the top, such as `memory`
 * of the second entry of `domains`; with LIST NULL the key LEAF at the top.
 * If the entry has no such key: where the entry starts.
 */
unsigned manifest_line(const void *text, size_t size, const char *list,
                       unsigned index, const char *leaf);

/* The first key KEY, at whatever depth, at or below line FROM. */
unsigned manifest_line_below(const void *text, size_t size, const char *key,
                             unsigned from);

/* Where a text that is no YAML stops being so. */
unsigned manifest_error_line(const void *text, size_t size);

#endif
