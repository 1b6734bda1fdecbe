/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_ESCAPE_H
#define BH_CLI_ESCAPE_H

#include <stddef.h>

/*
 * Bytes of a guest as text that no terminal can be harmed by: printable ASCII
 * stays, a newline becomes \n, a backslash \\, a quote \", every other byte
 * \xNN.  Writes at most SIZE bytes, the terminating zero included, and stops
 * before an escape that does not fit.  Returns how many bytes of DATA were
 * used.
 */
size_t escape_bytes(char *out, size_t size, const void *data, size_t length);

/* The same for a line of text: quotes and backslashes stay. */
size_t escape_text(char *out, size_t size, const void *data, size_t length);

#endif
