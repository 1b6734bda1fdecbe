/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_TRACE_H
#define BH_EXO_TRACE_H

/* The trace file, see abi/trace.h.  Without one, all of this does nothing. */

#include "cell.h"

/* Starts the trace if the cell's configuration asks for one. */
void trace_start(const struct cell *cell);

void trace_submission(const struct domain *domain,
                      const struct bh_submission *submission);
void trace_completion(const struct domain *domain,
                      const struct bh_completion *completion);
void trace_restart(const struct domain *domain);

/* A raw report in PARTS pieces, SIZE bytes in all. */
struct trace_part {
	const void *bytes;
	uint64_t size;
};
void trace_verdict(const struct domain *domain, const struct trace_part *parts,
                   uint32_t count, uint64_t size);

/* Writes out what is buffered. */
void trace_flush(void);

#endif
