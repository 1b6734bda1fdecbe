/* SPDX-License-Identifier: ISC */
#include "trace_print.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/report.h"
#include "escape.h"
#include "json.h"
#include "memory.h"
#include "names.h"

int trace_printer_init(struct trace_printer *printer,
                       const struct trace_filter *filter,
                       const struct trace_reader *reader,
                       struct problem *problem)
{
	*printer = (struct trace_printer){.filter = filter};
	for (unsigned d = 0; d < BH_MAX_DOMAINS; d++)
		decode_channels_default(&printer->channels[d]);
	if (!filter->domain)
		return 0;
	for (unsigned d = 0; d < reader->header.domain_count; d++)
		if (strcmp(reader->header.domains[d], filter->domain) == 0)
			return 0;
	return problem_set(problem, "%s holds no domain %s", reader->path,
	                   filter->domain);
}

static const char *domain_name(const struct trace_reader *reader)
{
	return reader->header.domains[reader->chunk.domain];
}

/* "12.345678 hello 17" */
static void print_prefix(const struct trace_reader *reader, const char *mark)
{
	char safe[4 * BH_NAME_SIZE];
	const char *name = domain_name(reader);

	escape_text(safe, sizeof(safe), name, strlen(name));
	printf("%" PRIu64 ".%06" PRIu64 " %s %" PRIu64 " %s ",
	       reader->chunk.monotonic / 1000000000,
	       reader->chunk.monotonic / 1000 % 1000000, safe,
	       reader->chunk.exchange, mark);
}

static json_t *start_object(const struct trace_reader *reader, const char *kind)
{
	json_t *object = json_object();

	json_object_set_new(object, "time_ns",
	                    json_unsigned(reader->chunk.monotonic));
	json_object_set_new(
	        object, "domain",
	        json_bytes(domain_name(reader), strlen(domain_name(reader))));
	json_object_set_new(object, "exchange",
	                    json_unsigned(reader->chunk.exchange));
	json_object_set_new(object, "kind", json_string(kind));
	return object;
}

static void print_object(json_t *object)
{
	json_put_line(stdout, object);
	json_decref(object);
}

/* Room for every byte of a payload as \xNN, and for what stands around it. */
static size_t line_room(const struct batch_record *record, size_t payload)
{
	if (payload > record->payload_size)
		payload = record->payload_size;
	return 4 * payload + 1024;
}

static void print_record(const struct trace_printer *printer,
                         const struct trace_reader *reader,
                         const struct batch_record *record,
                         enum decode_direction direction)
{
	const struct decode_channels *channels =
	        &printer->channels[reader->chunk.domain];
	size_t room = line_room(record, printer->filter->payload);
	char *text = memory_new(1, room);
	json_t *object;

	decode_record(text, room, channels, record, direction,
	              printer->filter->payload);
	if (!printer->filter->json) {
		print_prefix(reader,
		             direction == DECODE_SUBMISSION ? ">" : "<");
		puts(text);
		free(text);
		return;
	}
	object = start_object(reader, direction == DECODE_SUBMISSION
	                                      ? "submission"
	                                      : "completion");
	json_object_set_new(object, "text", json_string(text));
	json_add_record(object, channels, record, direction,
	                printer->filter->payload);
	print_object(object);
	free(text);
}

static void print_note(const struct trace_printer *printer,
                       const struct trace_reader *reader, const char *kind,
                       const char *text)
{
	json_t *object;

	if (!printer->filter->json) {
		print_prefix(reader, "-");
		puts(text);
		return;
	}
	object = start_object(reader, kind);
	json_object_set_new(object, "text", json_string(text));
	print_object(object);
}

static void print_completion_status(const struct trace_printer *printer,
                                    const struct trace_reader *reader)
{
	struct bh_completion header;
	char text[128];

	memcpy(&header, reader->data, sizeof(header));
	if (header.status == 0 && header.count)
		return;
	snprintf(text, sizeof(text), "%s",
	         header.status ? decode_status(header.status)
	                       : "nothing came in");
	print_note(printer, reader, "completion", text);
}

static void print_batch(const struct trace_printer *printer,
                        const struct trace_reader *reader,
                        enum decode_direction direction)
{
	struct batch_walk walk;
	struct batch_record record;

	if (!trace_walk(reader, direction, &walk)) {
		print_note(printer, reader, "damaged",
		           "a batch without header");
		return;
	}
	if (direction == DECODE_COMPLETION)
		print_completion_status(printer, reader);
	while (batch_next(&walk, &record))
		print_record(printer, reader, &record, direction);
	if (walk.broken)
		print_note(printer, reader, "damaged",
		           "the rest of the batch is no record");
}

static void print_verdict(const struct trace_printer *printer,
                          const struct trace_reader *reader)
{
	struct bh_report report;
	char text[128];

	if (reader->chunk.size < sizeof(report)) {
		print_note(printer, reader, "damaged", "a verdict that is cut");
		return;
	}
	memcpy(&report, reader->data, sizeof(report));
	snprintf(text, sizeof(text), "verdict: %s (%s)",
	         verdict_name(report.verdict), reason_name(report.reason));
	print_note(printer, reader, "verdict", text);
}

bool trace_is_wanted(const struct trace_filter *filter,
                     const struct trace_reader *reader)
{
	return reader->chunk.exchange >= filter->first &&
	       reader->chunk.exchange <= filter->last &&
	       (!filter->domain ||
	        strcmp(filter->domain, domain_name(reader)) == 0);
}

int trace_print(struct trace_printer *printer,
                const struct trace_reader *reader)
{
	const struct bh_trace_chunk *chunk = &reader->chunk;

	if (chunk->kind == BH_TRACE_CHANNELS)
		decode_channels_copy(&printer->channels[chunk->domain],
		                     reader->data, chunk->size);
	if (!trace_is_wanted(printer->filter, reader))
		return 0;
	switch (chunk->kind) {
	case BH_TRACE_SUBMISSION:
		print_batch(printer, reader, DECODE_SUBMISSION);
		break;
	case BH_TRACE_COMPLETION:
		print_batch(printer, reader, DECODE_COMPLETION);
		break;
	case BH_TRACE_VERDICT:
		print_verdict(printer, reader);
		break;
	case BH_TRACE_RESTART:
		print_note(printer, reader, "restart", "started again");
		break;
	default: /* the channel table, and what a newer exo may add */
		break;
	}
	return 0;
}
