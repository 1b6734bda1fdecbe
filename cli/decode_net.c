/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "decode_line.h"
#include "escape.h"

bool decode_net_next(const struct batch_record *record, size_t *at,
                     struct decode_net_item *item)
{
	size_t left = record->payload_size - *at;
	const uint8_t *start = record->payload + *at;

	if (left < sizeof(item->header))
		return false;
	memcpy(&item->header, start, sizeof(item->header));
	if (item->header.size < sizeof(item->header) ||
	    item->header.size > left)
		return false;
	item->data = start + sizeof(item->header);
	item->size = item->header.size - sizeof(item->header);
	*at += (item->header.size + (size_t)7) & ~(size_t)7;
	if (*at > record->payload_size)
		*at = record->payload_size;
	return true;
}

void decode_net_narrow(struct batch_record *record, size_t offset)
{
	struct decode_net_item item;
	size_t start = 0, end = 0;

	while (decode_net_next(record, &end, &item) && end <= offset)
		start = end;
	if (offset < start || offset >= end)
		return;
	record->payload += start;
	record->payload_size = end - start;
}

const char *decode_net_type(uint16_t type, bool request)
{
	static const char *const commands[] = {
	        [BH_NET_LISTEN] = "listen",     [BH_NET_CONNECT] = "connect",
	        [BH_NET_BIND] = "bind",         [BH_NET_SEND] = "send",
	        [BH_NET_SEND_TO] = "send-to",   [BH_NET_CREDIT] = "credit",
	        [BH_NET_SHUTDOWN] = "shutdown", [BH_NET_CLOSE] = "close",
	        [BH_NET_OPTION] = "option",
	};
	static const char *const events[] = {
	        [BH_NET_HELLO] = "hello",
	        [BH_NET_LISTENING] = "listening",
	        [BH_NET_CONNECTED] = "connected",
	        [BH_NET_BOUND] = "bound",
	        [BH_NET_ACCEPTED] = "accepted",
	        [BH_NET_DATA] = "data",
	        [BH_NET_DATAGRAM] = "datagram",
	        [BH_NET_END] = "end",
	        [BH_NET_SENT] = "sent",
	        [BH_NET_BROKEN] = "broken",
	        [BH_NET_CLOSED] = "closed",
	};

	if (request)
		return type < sizeof(commands) / sizeof(commands[0])
		               ? commands[type]
		               : NULL;
	return type < sizeof(events) / sizeof(events[0]) ? events[type] : NULL;
}

bool decode_net_address(const struct bh_net_address *address, char *text,
                        size_t size)
{
	char number[INET6_ADDRSTRLEN];
	bool six = address->family == BH_NET_IPV6;

	if (!six && address->family != BH_NET_IPV4)
		return false;
	inet_ntop(six ? AF_INET6 : AF_INET, address->bytes, number,
	          sizeof(number));
	snprintf(text, size, six ? "[%s]:%u" : "%s:%u", number, address->port);
	return true;
}

static void add_address(struct line *line, const char *word,
                        const struct bh_net_address *address)
{
	char text[DECODE_NET_ADDRESS_SIZE];

	if (decode_net_address(address, text, sizeof(text)))
		line_add(line, " %s %s", word, text);
}

/* Sockets have the guest's numbers, connections that were accepted the
 * device's. */
static void add_number(struct line *line, uint64_t number)
{
	if (number & BH_NET_ACCEPTED_BIT)
		line_add(line, " connection %" PRIu64,
		         number & ~(uint64_t)BH_NET_ACCEPTED_BIT);
	else
		line_add(line, " socket %" PRIu64, number);
}

static void add_option(struct line *line, uint64_t value)
{
	static const char *const names[] = {
	        [BH_NET_OPTION_NO_DELAY] = "no-delay",
	        [BH_NET_OPTION_KEEP_ALIVE] = "keep-alive",
	        [BH_NET_OPTION_KEEP_IDLE] = "keep-idle",
	        [BH_NET_OPTION_KEEP_INTERVAL] = "keep-interval",
	        [BH_NET_OPTION_KEEP_COUNT] = "keep-count",
	        [BH_NET_OPTION_CORK] = "cork",
	};
	uint64_t option = value >> 32;

	if (option < sizeof(names) / sizeof(names[0]) && names[option])
		line_add(line, " %s", names[option]);
	else
		line_add(line, " %" PRIu64, option);
	line_add(line, " %" PRIu32, (uint32_t)value);
}

static void add_names(struct line *line, const struct decode_net_item *item)
{
	struct bh_net_name entry;
	char name[4 * sizeof(entry.name)];

	for (size_t at = 0; item->size - at >= sizeof(entry);
	     at += sizeof(entry)) {
		memcpy(&entry, item->data + at, sizeof(entry));
		escape_text(name, sizeof(name), entry.name,
		            strnlen(entry.name, sizeof(entry.name)));
		line_add(line, "%s", at ? "," : "");
		if (name[0])
			line_add(line, " %s", name);
		else
			add_address(line, "loopback", &entry.address);
	}
}

static void add_command(struct line *line, const struct decode_net_item *item)
{
	uint64_t value = item->header.value;

	switch (item->header.type) {
	case BH_NET_LISTEN:
		add_address(line, "at", &item->header.local);
		line_add(line, " backlog %" PRIu64, value);
		break;
	case BH_NET_CONNECT:
		add_address(line, "to", &item->header.address);
		break;
	case BH_NET_BIND:
		add_address(line, "at", &item->header.local);
		break;
	case BH_NET_SEND:
		line_add_bytes(line, item->size);
		break;
	case BH_NET_SEND_TO:
		line_add_bytes(line, item->size);
		add_address(line, "to", &item->header.address);
		break;
	case BH_NET_CREDIT:
		line_add(line, " %" PRIu64, value);
		break;
	case BH_NET_CLOSE:
		line_add(line, "%s", value ? " with a reset" : "");
		break;
	case BH_NET_OPTION:
		add_option(line, value);
		break;
	default:
		break;
	}
}

static void add_event(struct line *line, const struct decode_net_item *item)
{
	switch (item->header.type) {
	case BH_NET_HELLO:
		add_names(line, item);
		break;
	case BH_NET_CONNECTED:
		add_address(line, "to", &item->header.address);
		break;
	case BH_NET_ACCEPTED:
		line_add(line, ":");
		add_number(line, item->header.value);
		add_address(line, "from", &item->header.address);
		break;
	case BH_NET_DATA:
		line_add_bytes(line, item->size);
		break;
	case BH_NET_DATAGRAM:
		line_add_bytes(line, item->size);
		add_address(line, "from", &item->header.address);
		break;
	case BH_NET_SENT:
		line_add_bytes(line, item->header.value);
		break;
	default:
		break;
	}
	if (item->header.type != BH_NET_CONNECTED)
		add_address(line, "at", &item->header.local);
}

static void add_item(struct line *line, const struct decode_net_item *item,
                     bool request, size_t payload_max)
{
	const char *name = decode_net_type(item->header.type, request);
	bool hello = !request && item->header.type == BH_NET_HELLO;

	if (name)
		line_add(line, " %s", name);
	else
		line_add(line, " type %u", item->header.type);
	if (item->header.flags & BH_NET_FLAG_DATAGRAM)
		line_add(line, " UDP");
	if (!hello)
		add_number(line, item->header.socket);
	if (request)
		add_command(line, item);
	else
		add_event(line, item);
	if (item->header.status)
		line_add(line, ": %s (%d)", decode_errno(item->header.status),
		         item->header.status);
	if (!hello)
		line_add_excerpt(line, item->data, item->size, payload_max);
}

void decode_net(struct line *line, const struct batch_record *record,
                bool request, size_t payload_max)
{
	struct decode_net_item item;
	size_t at = 0;

	line_add(line, request ? ":" : " answered:");
	if (record->payload_size == 0)
		line_add(line, " nothing");
	while (!line_is_full(line) && decode_net_next(record, &at, &item)) {
		size_t end = at;
		struct decode_net_item next;

		add_item(line, &item, request, payload_max);
		if (decode_net_next(record, &end, &next))
			line_add(line, ";");
	}
	if (at < record->payload_size && !line_is_full(line))
		line_add(line, "%s the rest is malformed", at ? ";" : "");
}
