/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_PASSTHROUGH_H
#define BH_CLI_PASSTHROUGH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Output of a domain that does not own the terminal: whole lines, escaped,
 * with the domain's name before them, on stderr.
 */
struct passthrough {
	const char *name;
	size_t used;
	char line[1024];
};

/* Reads what is there.  False at the end of the stream. */
bool passthrough_read(struct passthrough *stream, int fd);
/* Prints an unfinished line. */
void passthrough_flush(struct passthrough *stream);

#endif
