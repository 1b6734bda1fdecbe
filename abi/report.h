/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_REPORT_H
#define BH_ABI_REPORT_H

/*
 * The raw report that exo writes when the monitor has reached a verdict: the
 * facts, undecoded.  The command line turns it into text and JSON.
 *
 * A raw report is one struct bh_report followed by a data part.  Extents
 * (offset, size) count from the start of the report; an extent of size zero is
 * absent.  Whoever reads one checks every extent against the size.
 */

#include "base.h"
#include "exchange.h"

enum bh_verdict {
	BH_VERDICT_AGREED = 0,
	BH_VERDICT_DIVERGENCE = 1,
	BH_VERDICT_FAULT = 2,    /* all variants faulted alike */
	BH_VERDICT_DEADLINE = 3, /* a variant stayed away */
};

/* Why the monitor decided so. */
enum bh_reason {
	BH_REASON_NONE = 0,
	BH_REASON_BYTES = 1,     /* same length, different bytes */
	BH_REASON_LENGTH = 2,    /* batches of different length */
	BH_REASON_FAULT = 3,     /* some variants faulted, others did not, or
	                            they faulted in different ways */
	BH_REASON_LOST = 4,      /* the core process of some is gone */
	BH_REASON_ABSENT = 5,    /* some did not post within the deadline */
	BH_REASON_ALL_FAULT = 6, /* all faulted in the same way */
	BH_REASON_ALL_LOST = 7,  /* all core processes are gone */
	BH_REASON_ABORT = 8,     /* all aborted: BH_CONTROL_ABORT */
	BH_REASON_MALFORMED = 9, /* all submitted the same batch, and it breaks
	                            the contract; detail: enum bh_malformed */
	BH_REASON_COUNT = 10,    /* same bytes, different number of records or
	                            another header field; see first_difference */
};

/* What is wrong with a batch that all variants agree on. */
enum bh_malformed {
	BH_MALFORMED_NONE = 0,
	BH_MALFORMED_HEADER = 1,   /* submission header: field out of range */
	BH_MALFORMED_EXCHANGE = 2, /* exchange number out of turn */
	BH_MALFORMED_SIZE = 3,     /* a record's size is too small or too large */
	BH_MALFORMED_COUNT = 4,    /* batch length and record count disagree */
	BH_MALFORMED_PADDING = 5,  /* padding or a reserved field is not zero */
	BH_MALFORMED_CHANNEL = 6,  /* no such channel */
	BH_MALFORMED_TYPE = 7,     /* the channel's protocol has no such type */
	BH_MALFORMED_FIELD = 8,    /* a value that the protocol excludes */
	BH_MALFORMED_TAG = 9,      /* a reply to no unanswered request */
	BH_MALFORMED_AFTER_EXIT = 10, /* a record after exit or abort */
	BH_MALFORMED_OVERRUN = 11, /* so many replies wait to be collected that
	                              there is no room for more */
};

/* What follows from the verdict for the domain. */
enum bh_consequence {
	BH_CONSEQUENCE_ENDS = 0,     /* all its variants are stopped */
	BH_CONSEQUENCE_GOES_ON = 1,  /* without the variants marked `dropped` */
	BH_CONSEQUENCE_RESTARTS = 2, /* all its variants are started again */
	BH_CONSEQUENCE_GIVEN_UP = 3, /* they would have been, but for the limit */
};

struct bh_extent {
	uint64_t offset;
	uint64_t size;
};

/* How one variant stood when the verdict fell. */
struct bh_report_variant {
	uint32_t isa;
	uint32_t core;
	uint32_t post;         /* enum bh_post it had made; NONE: absent */
	uint32_t lost;         /* 1 if its process was gone */
	uint32_t wait_status;  /* of a lost process (waitpid(2)) */
	uint32_t outlier;      /* 1 if it is in the minority */
	uint64_t step_ns;      /* from the last completion to its post */
	struct bh_extent submission;  /* its submission: header and batch */
	uint64_t first_difference;    /* offset in it of the first byte that
	                                 differs from the first variant's;
	                                 BH_NEVER: none */
	uint32_t described;    /* 1 if `state` was filled by the core */
	uint32_t dropped;      /* 1 if it is out of the set, since an earlier verdict
	                          or from now on */
	struct bh_core_state state;
};

BH_ASSERT_SIZE(bh_report_variant, 832);
BH_ASSERT_OFFSET(bh_report_variant, step_ns, 24);
BH_ASSERT_OFFSET(bh_report_variant, submission, 32);
BH_ASSERT_OFFSET(bh_report_variant, first_difference, 48);
BH_ASSERT_OFFSET(bh_report_variant, described, 56);
BH_ASSERT_OFFSET(bh_report_variant, state, 64);

/* One agreed exchange of the past: what was submitted, what came back. */
struct bh_report_past {
	uint64_t exchange;
	uint64_t monotonic;           /* when it was agreed */
	struct bh_extent submission;  /* header and batch */
	struct bh_extent completion;  /* header and batch; absent while it waits */
};

BH_ASSERT_SIZE(bh_report_past, 48);

#define BH_REPORT_MAGIC UINT32_C(0x65726862) /* "bhre" */
#define BH_REPORT_PAST 8u

struct bh_report {
	uint32_t magic;
	uint32_t version;
	uint64_t size;          /* of the whole report */
	char domain[BH_NAME_SIZE];
	uint32_t domain_number;
	uint32_t verdict;       /* enum bh_verdict */
	uint32_t reason;        /* enum bh_reason */
	uint32_t detail;        /* enum bh_malformed, or enum bh_abort */
	uint64_t exchange;      /* the one that was not let out */
	uint64_t monotonic;     /* when the verdict fell */
	uint64_t realtime;
	uint64_t first_difference; /* offset from the start of the submission, the
	                              smallest of all variants; BH_NEVER: none */
	uint64_t malformed_offset; /* for BH_REASON_MALFORMED: of the record */
	uint32_t variant_count;
	uint32_t past_count;
	struct bh_report_variant variants[BH_MAX_VARIANTS];
	struct bh_report_past past[BH_REPORT_PAST]; /* oldest first */
	struct bh_extent last_input; /* the newest completion batch with a payload
	                                from outside: records as delivered */
	uint32_t consequence;   /* enum bh_consequence */
	uint32_t response;      /* enum bh_response (cell.h) */
	uint64_t delay;         /* RESTARTS: ns until the variants are started */
};

BH_ASSERT_OFFSET(bh_report, size, 8);
BH_ASSERT_OFFSET(bh_report, domain, 16);
BH_ASSERT_OFFSET(bh_report, domain_number, 48);
BH_ASSERT_OFFSET(bh_report, verdict, 52);
BH_ASSERT_OFFSET(bh_report, exchange, 64);
BH_ASSERT_OFFSET(bh_report, first_difference, 88);
BH_ASSERT_OFFSET(bh_report, variant_count, 104);
BH_ASSERT_OFFSET(bh_report, variants, 112);
BH_ASSERT_OFFSET(bh_report, past, 6768);
BH_ASSERT_OFFSET(bh_report, consequence, 7168);
BH_ASSERT_SIZE(bh_report, 7184);

#endif
