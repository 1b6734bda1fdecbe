/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_TRACE_PRINT_H
#define BH_CLI_TRACE_PRINT_H

#include <stdbool.h>

#include "decode.h"
#include "trace_read.h"

#define TRACE_PAYLOAD_SHORT 64u

struct trace_filter {
	const char *domain; /* NULL: all */
	uint64_t first;     /* exchanges */
	uint64_t last;
	size_t payload; /* bytes to show of each */
	bool json;
	const char *pcap; /* NULL: print */
	bool help;
};

struct trace_printer {
	const struct trace_filter *filter;
	struct decode_channels channels[BH_MAX_DOMAINS];
};

int trace_printer_init(struct trace_printer *printer,
                       const struct trace_filter *filter,
                       const struct trace_reader *reader,
                       struct problem *problem);

/* Does FILTER let the reader's chunk through? */
bool trace_is_wanted(const struct trace_filter *filter,
                     const struct trace_reader *reader);

/* Prints the reader's chunk on stdout.  Returns 0. */
int trace_print(struct trace_printer *printer,
                const struct trace_reader *reader);

#endif
