/* SPDX-License-Identifier: ISC */
#include "decode.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "abi/protocol/clock.h"
#include "abi/protocol/console.h"
#include "abi/protocol/control.h"
#include "abi/protocol/entropy.h"
#include "abi/protocol/recovery.h"
#include "decode_line.h"
#include "escape.h"
#include "names.h"

bool batch_next(struct batch_walk *walk, struct batch_record *record)
{
	size_t left = walk->size - walk->offset;

	if (walk->broken || left == 0)
		return false;
	walk->broken = true;
	if (left < sizeof(record->header))
		return false;
	memcpy(&record->header, walk->data + walk->offset,
	       sizeof(record->header));
	if (record->header.size < sizeof(record->header) ||
	    record->header.size > left)
		return false;
	record->offset = walk->offset;
	record->payload = walk->data + walk->offset + sizeof(record->header);
	record->payload_size = record->header.size - sizeof(record->header);
	walk->offset += BH_RECORD_STRIDE(record->header.size);
	if (walk->offset > walk->size)
		walk->offset = walk->size;
	walk->broken = false;
	return true;
}

void decode_channels_default(struct decode_channels *channels)
{
	static const char *const names[] = {"control", "console", "clock",
	                                    "entropy"};

	*channels = (struct decode_channels){.count = 4};
	for (unsigned i = 0; i < channels->count; i++) {
		channels->info[i].protocol = (uint16_t)i;
		memcpy(channels->info[i].name, names[i], strlen(names[i]) + 1);
	}
}

void decode_channels_copy(struct decode_channels *channels, const void *table,
                          size_t size)
{
	size_t count = size / sizeof(struct bh_channel_info);

	*channels = (struct decode_channels){.count = 0};
	if (count > BH_MAX_CHANNELS)
		count = BH_MAX_CHANNELS;
	memcpy(channels->info, table, count * sizeof(struct bh_channel_info));
	channels->count = (unsigned)count;
	for (size_t i = 0; i < count; i++)
		channels->info[i].name[BH_NAME_SIZE - 1] = 0;
}

uint16_t decode_protocol(const struct decode_channels *channels,
                         uint16_t channel)
{
	return channel < channels->count ? channels->info[channel].protocol
	                                 : UINT16_MAX;
}

const char *decode_channel_name(const struct decode_channels *channels,
                                uint16_t channel)
{
	return channel < channels->count ? channels->info[channel].name : NULL;
}

const char *decode_type(uint16_t protocol, uint16_t type)
{
	static const char *const names[][4] = {
	        [BH_PROTOCOL_CONTROL] = {[BH_CONTROL_EXIT] = "exit",
	                                 [BH_CONTROL_ABORT] = "abort"},
	        [BH_PROTOCOL_CONSOLE] = {[BH_CONSOLE_WRITE] = "write",
	                                 [BH_CONSOLE_READ] = "read"},
	        [BH_PROTOCOL_CLOCK] = {[BH_CLOCK_GET] = "get",
	                               [BH_CLOCK_RESOLUTION] = "resolution"},
	        [BH_PROTOCOL_ENTROPY] = {[BH_ENTROPY_GET] = "get"},
	        [BH_PROTOCOL_RECOVERY] = {[BH_RECOVERY_APPEND] = "append",
	                                  [BH_RECOVERY_READ] = "read",
	                                  [BH_RECOVERY_REPLACE] = "replace"},
	};

	if (protocol == BH_PROTOCOL_NET)
		return type == BH_NET_TURN ? "turn" : NULL;
	if (protocol == BH_PROTOCOL_VOLUME)
		return decode_volume_type(type);
	if (protocol >= sizeof(names) / sizeof(names[0]) || type >= 4)
		return NULL;
	return names[protocol][type];
}

const char *decode_status(int32_t status)
{
	static const struct {
		int32_t error;
		const char *text;
	} table[] = {
	        {BH_ENOENT, "there is no such thing"},
	        {BH_EIO, "the other side failed"},
	        {BH_EAGAIN, "no credit left"},
	        {BH_ENOMEM, "a buffer is full"},
	        {BH_EINVAL, "an invalid value"},
	        {BH_ENOSPC, "recovery memory is full"},
	        {BH_EPIPE, "nobody reads it"},
	        {BH_EMSGSIZE, "it does not fit"},
	        {BH_ECONNRESET, "the other domain is gone"},
	        {BH_ETIMEDOUT, "timed out"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (status == -table[i].error)
			return table[i].text;
	return "unknown error";
}

const char *decode_errno(int32_t status)
{
	return status < 0 && status > -4096 ? strerror(-status)
	                                    : "unknown error";
}

void line_add(struct line *line, const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(line->text + line->used, line->size - line->used, format,
	              list);
	va_end(list);
	if (n < 0)
		return;
	line->used += (size_t)n;
	if (line->used >= line->size)
		line->used = line->size - 1;
}

bool line_is_full(const struct line *line)
{
	return line->used + 1 >= line->size;
}

void line_add_excerpt(struct line *line, const uint8_t *data, size_t size,
                      size_t max)
{
	char text[1024];
	size_t length = size < max ? size : max, shown;

	if (length == 0)
		return;
	shown = escape_bytes(text, sizeof(text), data, length);
	line_add(line, " \"%s\"", text);
	if (shown < size)
		line_add(line, " and %zu more", size - shown);
}

void line_add_bytes(struct line *line, uint64_t count)
{
	line_add(line, " %" PRIu64 " byte%s", count, count == 1 ? "" : "s");
}

static void add_time(struct line *line, uint64_t ns)
{
	line_add(line, " %" PRIu64 ".%09" PRIu64 " s", ns / 1000000000,
	         ns % 1000000000);
}

static void add_values(struct line *line, const struct bh_record *record)
{
	unsigned last = 4;

	while (last > 0 && record->value[last - 1] == 0)
		last--;
	for (unsigned i = 0; i < last; i++)
		line_add(line, "%s%" PRIu64, i ? "," : " values ",
		         record->value[i]);
}

static const char *clock_kind(uint64_t clock)
{
	switch (clock) {
	case BH_CLOCK_MONOTONIC:
		return "monotonic";
	case BH_CLOCK_REALTIME:
		return "realtime";
	default:
		return "of unknown kind";
	}
}

static void decode_control(struct line *line, const struct bh_record *record)
{
	if (record->type == BH_CONTROL_EXIT)
		line_add(line, " status %" PRIu64, record->value[0]);
	else if (record->type == BH_CONTROL_ABORT)
		line_add(line, ": %s",
		         abort_text(record->value[0] > UINT32_MAX
		                            ? UINT32_MAX
		                            : (uint32_t)record->value[0]));
}

static void decode_console(struct line *line, const struct batch_record *r,
                           enum decode_direction direction)
{
	bool write = r->header.type == BH_CONSOLE_WRITE;

	if (direction == DECODE_SUBMISSION) {
		if (!write)
			line_add(line, " up to");
		else if (r->header.value[0] == BH_CONSOLE_ERROR)
			line_add(line, " as an error,");
		line_add_bytes(line,
		               write ? r->payload_size : r->header.value[0]);
	} else if (write) {
		line_add(line, " done,");
		line_add_bytes(line, r->header.value[0]);
	} else if (r->payload_size == 0) {
		line_add(line, " the end of input");
	} else {
		line_add_bytes(line, r->payload_size);
	}
}

static void decode_clock(struct line *line, const struct bh_record *record,
                         enum decode_direction direction)
{
	if (direction == DECODE_SUBMISSION)
		line_add(line, " %s", clock_kind(record->value[0]));
	else
		add_time(line, record->value[0]);
}

static void decode_recovery(struct line *line, const struct batch_record *r,
                            enum decode_direction direction)
{
	bool read = r->header.type == BH_RECOVERY_READ;

	if (direction == DECODE_SUBMISSION) {
		if (read)
			line_add(line, " entry %" PRIu64, r->header.value[0]);
		else
			line_add_bytes(line, r->payload_size);
		return;
	}
	if (read) {
		line_add_bytes(line, r->payload_size);
		line_add(line, " of %" PRIu64 " entries", r->header.value[0]);
	} else {
		line_add(line, " done, entry %" PRIu64, r->header.value[0]);
	}
	line_add(line, ", %" PRIu64 " bytes free", r->header.value[1]);
}

static void decode_service(struct line *line, const struct batch_record *r,
                           bool request)
{
	line_add(line, " %s type %u tag %" PRIu64,
	         request ? "request" : "reply", r->header.type, r->header.tag);
	if (r->header.client)
		line_add(line, " from client %u", r->header.client);
	add_values(line, &r->header);
	if (r->payload_size)
		line_add_bytes(line, r->payload_size);
}

static void decode_raw(struct line *line, const struct batch_record *r)
{
	line_add(line, " type %u tag %" PRIu64, r->header.type, r->header.tag);
	add_values(line, &r->header);
	line_add_bytes(line, r->payload_size);
}

bool decode_is_request(const struct decode_channels *channels,
                       const struct batch_record *record,
                       enum decode_direction direction)
{
	uint16_t channel = record->header.channel;
	bool server = channel < channels->count &&
	              channels->info[channel].role == BH_ROLE_SERVER;

	return server == (direction == DECODE_COMPLETION);
}

/* Protocols whose decoders show themselves what is text in a payload. */
static bool shows_payload(uint16_t protocol, uint16_t type)
{
	return (protocol == BH_PROTOCOL_NET ||
	        protocol == BH_PROTOCOL_VOLUME) &&
	       decode_type(protocol, type);
}

static void decode_body(struct line *line,
                        const struct decode_channels *channels,
                        const struct batch_record *record,
                        enum decode_direction direction, size_t payload_max)
{
	uint16_t protocol = decode_protocol(channels, record->header.channel);
	const char *type = decode_type(protocol, record->header.type);
	bool request = decode_is_request(channels, record, direction);

	if (protocol == BH_PROTOCOL_SERVICE) {
		decode_service(line, record, request);
		return;
	}
	if (!type) {
		decode_raw(line, record);
		return;
	}
	line_add(line, " %s", type);
	switch (protocol) {
	case BH_PROTOCOL_NET:
		decode_net(line, record, request, payload_max);
		break;
	case BH_PROTOCOL_VOLUME:
		decode_volume(line, record, request, payload_max);
		break;
	case BH_PROTOCOL_CONTROL:
		decode_control(line, &record->header);
		break;
	case BH_PROTOCOL_CONSOLE:
		decode_console(line, record, direction);
		break;
	case BH_PROTOCOL_CLOCK:
		decode_clock(line, &record->header, direction);
		break;
	case BH_PROTOCOL_ENTROPY:
		line_add_bytes(line, direction == DECODE_SUBMISSION
		                             ? record->header.value[0]
		                             : record->payload_size);
		break;
	default:
		decode_recovery(line, record, direction);
		break;
	}
}

static void add_failure(struct line *line, uint16_t protocol,
                        const struct bh_record *header)
{
	const char *type = decode_type(protocol, header->type);
	bool of_linux =
	        protocol == BH_PROTOCOL_NET || protocol == BH_PROTOCOL_VOLUME;

	if (type)
		line_add(line, " %s", type);
	else
		line_add(line, " type %u tag %" PRIu64, header->type,
		         header->tag);
	line_add(line, " failed: %s (%d)",
	         of_linux ? decode_errno(header->status)
	                  : decode_status(header->status),
	         header->status);
	add_values(line, header);
}

void decode_record(char *out, size_t size,
                   const struct decode_channels *channels,
                   const struct batch_record *record,
                   enum decode_direction direction, size_t payload_max)
{
	const char *name =
	        decode_channel_name(channels, record->header.channel);
	struct line line = {out, size, 0};
	uint16_t protocol = decode_protocol(channels, record->header.channel);
	char safe[4 * BH_NAME_SIZE];

	if (size == 0)
		return;
	out[0] = 0;
	if (name) {
		escape_text(safe, sizeof(safe), name, strlen(name));
		line_add(&line, "%s", safe);
	} else {
		line_add(&line, "channel %u", record->header.channel);
	}
	if (record->header.status)
		add_failure(&line, protocol, &record->header);
	else
		decode_body(&line, channels, record, direction, payload_max);
	if (record->header.status ||
	    !shows_payload(protocol, record->header.type))
		line_add_excerpt(&line, record->payload, record->payload_size,
		                 payload_max);
}
