/* SPDX-License-Identifier: ISC */

/* The built-in channels: console, clock, entropy, control. */

#include <string.h>

#include "guest/internal.h"

/* The number of the first channel with this protocol, or -BH_ENOENT. */
static int find_protocol(enum bh_protocol protocol)
{
	for (unsigned i = 0; i < bh_boot()->channel_count; i++) {
		if (bh_channel(i)->protocol == protocol)
			return (int)i;
	}
	return -BH_ENOENT;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

int bh_console_write_to(enum bh_console_stream stream, const void *bytes,
                        size_t size)
{
	int console = find_protocol(BH_PROTOCOL_CONSOLE);
	const uint8_t *from = bytes;

	if (console < 0)
		return console;
	while (size) {
		const struct bh_record *reply;
		size_t part;

		if (!bh_room())
			bh_exchange(BH_WAIT_NONE, 0, BH_NEVER);
		part = smaller(size, bh_room());
		reply = bh_request((unsigned)console, BH_CONSOLE_WRITE,
		                   BH_VALUES((uint64_t)stream), from, part);
		if (reply->status)
			return reply->status;
		from += part;
		size -= part;
	}
	return 0;
}

int64_t bh_console_read(void *bytes, size_t size)
{
	int console = find_protocol(BH_PROTOCOL_CONSOLE);
	size_t most = bh_boot()->completion_size -
	              sizeof(struct bh_completion) - sizeof(struct bh_record);
	const struct bh_record *reply;

	if (console < 0)
		return console;
	if (!size)
		return -BH_EINVAL;
	size = smaller(size, most);
	reply = bh_request((unsigned)console, BH_CONSOLE_READ, BH_VALUES(size),
	                   NULL, 0);
	if (reply->status)
		return reply->status;
	size = smaller(size, bh_payload_size(reply));
	memcpy(bytes, bh_payload(reply), size);
	return (int64_t)size;
}

static uint64_t ask_clock(enum bh_clock_type type, enum bh_clock clock)
{
	int channel = find_protocol(BH_PROTOCOL_CLOCK);
	const struct bh_record *reply;

	if (channel < 0)
		return 0;
	reply = bh_request((unsigned)channel, type, BH_VALUES(clock), NULL, 0);
	return reply->status ? 0 : reply->value[0];
}

uint64_t bh_clock_get(enum bh_clock clock)
{
	return ask_clock(BH_CLOCK_GET, clock);
}

uint64_t bh_clock_resolution(enum bh_clock clock)
{
	return ask_clock(BH_CLOCK_RESOLUTION, clock);
}

void bh_sleep_until(uint64_t time)
{
	/* Records that arrive meanwhile cut the wait short, so wait again. */
	do
		bh_exchange_raw(BH_WAIT_ANY, 0, time);
	while (bh_now() < time);
}

int bh_entropy(void *bytes, size_t size)
{
	int channel = find_protocol(BH_PROTOCOL_ENTROPY);
	uint8_t *to = bytes;

	if (channel < 0)
		return channel;
	while (size) {
		size_t part = smaller(size, BH_ENTROPY_MAX);
		const struct bh_record *reply =
		        bh_request((unsigned)channel, BH_ENTROPY_GET,
		                   BH_VALUES(part), NULL, 0);

		if (reply->status)
			return reply->status;
		if (bh_payload_size(reply) != part)
			return -BH_EIO;
		memcpy(to, bh_payload(reply), part);
		to += part;
		size -= part;
	}
	return 0;
}

/* Submits the last record of the guest's life. */
static void end(enum bh_control_type type, uint64_t value, const char *text)
        __attribute__((noreturn));

static void end(enum bh_control_type type, uint64_t value, const char *text)
{
	size_t size = strnlen(text, BH_ABORT_TEXT);

	while (bh_submit(BH_CHANNEL_CONTROL, type, 0, BH_VALUES(value), text,
	                 size))
		bh_exchange_raw(BH_WAIT_NONE, 0, BH_NEVER);
	bh_exchange_raw(BH_WAIT_NONE, 0, BH_NEVER);
	__builtin_trap();
}

void bh_exit(int status)
{
	end(BH_CONTROL_EXIT, (uint64_t)status & 0xff, "");
}

void bh_abort(enum bh_abort reason, const char *text)
{
	struct bh_submission *submission =
	        (struct bh_submission *)bh_boot()->submission;

	submission->bytes = 0;
	submission->count = 0;
	end(BH_CONTROL_ABORT, reason, text);
}
