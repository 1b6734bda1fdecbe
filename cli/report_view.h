/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_REPORT_VIEW_H
#define BH_CLI_REPORT_VIEW_H

/*
 * A raw report after every extent and count in it has been checked.  What the
 * fields say still comes from untrusted processes; it is only shown.
 */

#include <stdbool.h>
#include <stddef.h>

#include "abi/protocol/net.h"
#include "abi/report.h"
#include "decode.h"
#include "lib/elf.h"
#include "problem.h"

/* Bytes within the report; size 0: absent. */
struct view_bytes {
	const uint8_t *data;
	size_t size;
};

struct view_variant {
	struct bh_report_variant raw;
	struct view_bytes submission; /* header and batch */
	struct view_bytes batch;
	unsigned group;    /* index of the first variant that submitted the
	                      same bytes; itself if it is the first */
	const char *image; /* path, or NULL */
	bool has_elf;
	struct bh_elf elf;
};

struct view_past {
	uint64_t exchange;
	uint64_t monotonic;
	struct view_bytes submission; /* batches, without headers */
	struct view_bytes completion;
};

struct view {
	struct bh_report raw;
	char domain[4 * BH_NAME_SIZE]; /* escaped */
	unsigned variant_count;
	struct view_variant variants[BH_MAX_VARIANTS];
	unsigned past_count;
	struct view_past past[BH_REPORT_PAST];
	struct view_bytes last_input; /* a batch of completions */
	struct decode_channels channels;
	const char *report; /* path given with --report, or NULL */
	const char *trace;  /* path given with --trace, or NULL */
};

/* DATA stays the caller's and must outlive the view. */
int view_open(struct view *view, const void *data, size_t size,
              struct problem *problem);

/* The connection whose bytes came last before the verdict. */
struct view_peer {
	uint32_t socket;
	struct bh_net_address address; /* no family: none that is known */
	struct view_bytes bytes;       /* what came */
};
/* False if nothing came from the network. */
bool view_find_peer(const struct view *view, struct view_peer *peer);

/* Where in a submission a byte lies. */
struct view_place {
	bool in_header;         /* of the submission */
	unsigned record;        /* which one, from 0 */
	bool in_payload;        /* of that record */
	size_t offset;          /* in the header, record header or payload */
	const char *field;      /* name of the header field, or NULL */
	bool found;             /* false: past the end, or in no record */
	struct batch_record at; /* the record, if there is one */
};
void view_locate(const struct view_bytes *submission, uint64_t offset,
                 struct view_place *place);

/* "main+0x1c", escaped; false if no symbol of the image is near. */
bool view_symbol(const struct view_variant *variant, uint64_t address,
                 char *text, size_t size);

/* The same for a return address, which may lie behind its function's end when
 * the call does not return. */
bool view_caller(const struct view_variant *variant, uint64_t address,
                 char *text, size_t size);

/* One sentence that says what happened. */
void view_headline(const struct view *view, char *text, size_t size);
/* A variant's fault in words; empty if it has none. */
void view_fault(const struct view_variant *variant, char *text, size_t size);
/* "faulted", "submitted", "was lost", ... */
const char *view_state(const struct view_variant *variant);

#endif
