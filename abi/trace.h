/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_TRACE_H
#define BH_ABI_TRACE_H

/*
 * The trace file: everything that all variants agreed on, in order.  It is a
 * file header, then chunks, each a chunk header followed by `size` bytes and
 * zero bytes up to the next multiple of 8.  A trace that ends in the middle of
 * a chunk (the machine went down) is valid up to there.
 */

#include "base.h"

#define BH_TRACE_MAGIC UINT64_C(0x3165636172546862) /* "bhTrace1" */

struct bh_trace_header {
	uint64_t magic;
	uint32_t version;      /* BH_ABI_VERSION */
	uint32_t domain_count;
	uint64_t realtime;     /* when the cell started */
	uint64_t reserved;
	char domains[BH_MAX_DOMAINS][BH_NAME_SIZE];
};

enum bh_trace_kind {
	BH_TRACE_SUBMISSION = 1, /* struct bh_submission and its batch */
	BH_TRACE_COMPLETION = 2, /* struct bh_completion and its batch */
	BH_TRACE_VERDICT = 3,    /* a raw report, see report.h */
	BH_TRACE_RESTART = 4,    /* the domain was started again; no bytes */
	BH_TRACE_CHANNELS = 5,   /* the domain's table of struct bh_channel_info;
	                            once, before its first submission */
};

struct bh_trace_chunk {
	uint32_t size;      /* bytes that follow, without padding */
	uint16_t kind;      /* enum bh_trace_kind */
	uint16_t domain;
	uint64_t exchange;
	uint64_t monotonic; /* when exo wrote it */
	uint64_t reserved;
};

BH_ASSERT_SIZE(bh_trace_header, 544);
BH_ASSERT_OFFSET(bh_trace_header, version, 8);
BH_ASSERT_OFFSET(bh_trace_header, realtime, 16);
BH_ASSERT_OFFSET(bh_trace_header, domains, 32);
BH_ASSERT_SIZE(bh_trace_chunk, 32);
BH_ASSERT_OFFSET(bh_trace_chunk, kind, 4);
BH_ASSERT_OFFSET(bh_trace_chunk, domain, 6);
BH_ASSERT_OFFSET(bh_trace_chunk, exchange, 8);
BH_ASSERT_OFFSET(bh_trace_chunk, monotonic, 16);

#endif
