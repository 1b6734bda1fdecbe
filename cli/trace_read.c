/* SPDX-License-Identifier: ISC */
#include "trace_read.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

int trace_open(struct trace_reader *reader, FILE *file, const char *path,
               struct problem *problem)
{
	struct bh_trace_header *header = &reader->header;

	*reader = (struct trace_reader){.file = file, .path = path};
	if (fread(header, sizeof(*header), 1, file) != 1 ||
	    header->magic != BH_TRACE_MAGIC)
		return problem_set(problem,
		                   "%s is no trace (make one with bh run "
		                   "--trace FILE)",
		                   path);
	if (header->version >> 16 != BH_ABI_MAJOR)
		return problem_set(problem,
		                   "%s was written by version %u.%u of the "
		                   "contracts; this bh reads %u",
		                   path, header->version >> 16,
		                   header->version & 0xffff, BH_ABI_MAJOR);
	if (header->domain_count > BH_MAX_DOMAINS)
		return problem_set(problem, "%s: a header with %u domains",
		                   path, header->domain_count);
	for (unsigned d = 0; d < BH_MAX_DOMAINS; d++)
		header->domains[d][BH_NAME_SIZE - 1] = 0;
	return 0;
}

static int check_chunk(const struct trace_reader *reader,
                       struct problem *problem)
{
	const struct bh_trace_chunk *chunk = &reader->chunk;

	if (chunk->size > TRACE_CHUNK_MAX ||
	    chunk->domain >= reader->header.domain_count)
		return problem_set(problem,
		                   "%s: a damaged chunk (%u bytes, domain %u)",
		                   reader->path, chunk->size, chunk->domain);
	return 0;
}

int trace_next(struct trace_reader *reader, struct problem *problem)
{
	struct bh_trace_chunk *chunk = &reader->chunk;
	size_t padded;

	if (fread(chunk, sizeof(*chunk), 1, reader->file) != 1)
		return 0;
	if (check_chunk(reader, problem))
		return -1;
	padded = (chunk->size + (size_t)7) & ~(size_t)7;
	if (padded > reader->capacity) {
		reader->data = memory_resize(reader->data, padded, 1);
		reader->capacity = padded;
	}
	return padded == 0 || fread(reader->data, padded, 1, reader->file) == 1;
}

bool trace_walk(const struct trace_reader *reader,
                enum decode_direction direction, struct batch_walk *walk)
{
	size_t header = direction == DECODE_SUBMISSION
	                        ? sizeof(struct bh_submission)
	                        : sizeof(struct bh_completion);

	if (reader->chunk.size < header)
		return false;
	*walk = (struct batch_walk){
	        .data = reader->data + header,
	        .size = reader->chunk.size - header,
	};
	return true;
}

void trace_close(struct trace_reader *reader)
{
	free(reader->data);
	reader->data = NULL;
}
