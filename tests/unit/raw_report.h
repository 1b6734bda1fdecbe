/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_UNIT_RAW_REPORT_H
#define BH_TESTS_UNIT_RAW_REPORT_H

/* Builds raw reports (abi/report.h) for tests, piece by piece. */

#include <string.h>

#include "abi/protocol/console.h"
#include "abi/record.h"
#include "abi/report.h"

#define RAW_CONSOLE 1u

struct raw_report {
	struct bh_report header;
	uint8_t data[65536]; /* follows the header in the report */
	size_t used;
};

static inline void raw_start(struct raw_report *raw, unsigned variants)
{
	*raw = (struct raw_report){
	        .header =
	                {
	                        .magic = BH_REPORT_MAGIC,
	                        .version = BH_ABI_VERSION,
	                        .domain = "guest",
	                        .verdict = BH_VERDICT_DIVERGENCE,
	                        .reason = BH_REASON_BYTES,
	                        .exchange = 17,
	                        .first_difference = BH_NEVER,
	                        .variant_count = variants,
	                },
	};
	for (unsigned v = 0; v < variants && v < BH_MAX_VARIANTS; v++) {
		raw->header.variants[v].isa = BH_ISA_X86_64 + v % 3;
		raw->header.variants[v].core = BH_CORE_UNICORN;
		raw->header.variants[v].first_difference = BH_NEVER;
	}
}

static inline struct bh_extent raw_put(struct raw_report *raw, const void *data,
                                       size_t size)
{
	struct bh_extent extent = {sizeof(raw->header) + raw->used, size};

	memcpy(raw->data + raw->used, data, size);
	raw->used += size;
	return extent;
}

/* A batch of one console record, with HEADER zero bytes before it. */
static inline struct bh_extent raw_console(struct raw_report *raw,
                                           size_t header, uint16_t type,
                                           const char *text)
{
	uint8_t bytes[4096] = {0};
	struct bh_record record = {
	        .size = (uint32_t)(sizeof(record) + strlen(text)),
	        .channel = RAW_CONSOLE,
	        .type = type,
	        .tag = 5,
	};

	memcpy(bytes + header, &record, sizeof(record));
	memcpy(bytes + header + sizeof(record), text, strlen(text));
	return raw_put(raw, bytes, header + BH_RECORD_STRIDE(record.size));
}

/* The variant has posted one console write. */
static inline void raw_submit(struct raw_report *raw, unsigned variant,
                              const char *text)
{
	raw->header.variants[variant].post = BH_POST_EXCHANGE;
	raw->header.variants[variant].submission = raw_console(
	        raw, sizeof(struct bh_submission), BH_CONSOLE_WRITE, text);
}

/* Size of the finished report, which starts at the raw_report's start. */
static inline size_t raw_finish(struct raw_report *raw)
{
	raw->header.size = sizeof(raw->header) + raw->used;
	return (size_t)raw->header.size;
}

#endif
