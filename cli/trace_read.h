/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_TRACE_READ_H
#define BH_CLI_TRACE_READ_H

#include <stdio.h>

#include "abi/trace.h"
#include "decode.h"
#include "problem.h"

/* A chunk larger than this is no chunk that exo writes. */
#define TRACE_CHUNK_MAX (UINT32_C(1) << 28)

/* Reads a trace chunk by chunk, from a pipe as well. */
struct trace_reader {
	FILE *file;
	const char *path;
	struct bh_trace_header header; /* names terminated */
	struct bh_trace_chunk chunk;
	uint8_t *data; /* chunk.size bytes, valid until the next call */
	size_t capacity;
};

int trace_open(struct trace_reader *reader, FILE *file, const char *path,
               struct problem *problem);

/* 1: a chunk; 0: the end, also in the middle of a chunk; -1: no trace. */
int trace_next(struct trace_reader *reader, struct problem *problem);

/* Begins to walk the records of the present chunk, a submission or completion;
 * false if it has not even a batch's header. */
bool trace_walk(const struct trace_reader *reader,
                enum decode_direction direction, struct batch_walk *walk);

/* Frees the data; the file stays the caller's. */
void trace_close(struct trace_reader *reader);

#endif
