/* SPDX-License-Identifier: ISC */

/*
 * Speaks abi/protocol/net.h over the channel "net".
 *
 *      net echo PORT           TCP: sends back what comes
 *      net udp PORT            the same with datagrams
 *      net get ADDRESS PORT    connects (IPv4), sends a line, prints what comes
 *      net ask ADDRESS PORT    the same with one datagram each way
 *      net raw NUMBER          one malformed turn of a kind; prints the status
 *
 * `echo` and `udp` may be combined.  They end with status 0 at SIGTERM, and
 * print other signals.  To "attack\n" the aarch64 variant answers as an exploit
 * would have it.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bh.h>

#include "abi/protocol/net.h"

#define TCP_LISTENER 1
#define UDP_SOCKET   2
#define CLIENT       3

/* A socket may be sent this much, and so it may receive as much. */
#define WINDOW BH_NET_SEND_CREDIT

static unsigned net;
static uint64_t generation;
static uint8_t commands[BH_DEVICE_PAYLOAD_MAX];
static size_t used;
static unsigned outstanding;
static uint64_t next_tag = 1;
static uint16_t tcp_port, udp_port;
static struct bh_net_address target;
static bool asks;

static void say(const char *text)
{
	puts(text);
	fflush(stdout);
}

static void submit(void)
{
	int r = bh_submit(net, BH_NET_TURN, next_tag++, BH_VALUES(generation),
	                  commands, used);

	if (r) {
		printf("net: a turn was refused: %d\n", r);
		exit(2);
	}
	outstanding++;
	used = 0;
}

static struct bh_net_item *add(uint16_t type, uint32_t socket, uint64_t value,
                               const void *data, size_t size)
{
	size_t stride = (sizeof(struct bh_net_item) + size + 7) & ~(size_t)7;
	struct bh_net_item *item;

	if (sizeof(commands) - used < stride)
		submit();
	item = (void *)(commands + used);
	memset(item, 0, stride);
	item->size = (uint32_t)(sizeof(*item) + size);
	item->type = type;
	item->socket = socket;
	item->value = value;
	if (size)
		memcpy(item + 1, data, size);
	used += stride;
	return item;
}

/* The device is new: so are all sockets. */
static void set_up(const struct bh_net_item *hello)
{
	const struct bh_net_name *names = (const void *)(hello + 1);
	size_t count = (hello->size - sizeof(*hello)) / sizeof(*names);

	for (size_t i = 0; i < count; i++)
		if (names[i].name[0])
			printf("net: knows %s\n", names[i].name);
	if (tcp_port)
		add(BH_NET_LISTEN, TCP_LISTENER, 4096, NULL, 0)->local =
		        (struct bh_net_address){.family = BH_NET_IPV4,
		                                .port = tcp_port};
	if (udp_port || (asks && target.family))
		add(BH_NET_BIND, UDP_SOCKET, 0, NULL, 0)->local =
		        (struct bh_net_address){.family = BH_NET_IPV4,
		                                .port = udp_port};
	if (target.family && !asks)
		add(BH_NET_CONNECT, CLIENT, 0, NULL, 0)->address = target;
}

static void on_listening(const struct bh_net_item *item)
{
	if (item->status) {
		printf("net: listening failed: %d\n", item->status);
		exit(3);
	}
	say("net: listening");
	add(BH_NET_CREDIT, item->socket, 16384, NULL, 0);
}

static void on_bound(const struct bh_net_item *item)
{
	if (item->status) {
		printf("net: binding failed: %d\n", item->status);
		exit(3);
	}
	say("net: bound");
	add(BH_NET_CREDIT, item->socket, 1 << 20, NULL, 0);
	if (asks)
		add(BH_NET_SEND_TO, item->socket, 0, "question", 8)->address =
		        target;
}

static void on_connected(const struct bh_net_item *item)
{
	if (item->status) {
		printf("net: connecting failed: %d\n", item->status);
		exit(4);
	}
	add(BH_NET_CREDIT, item->socket, WINDOW, NULL, 0);
	add(BH_NET_SEND, item->socket, 0, "hello\n", 6);
	add(BH_NET_SHUTDOWN, item->socket, 0, NULL, 0);
}

static const char attack[] = "attack\n";

static void on_data(const struct bh_net_item *item)
{
	size_t size = item->size - sizeof(*item);

	if (item->socket == CLIENT) {
		fwrite(item + 1, 1, size, stdout);
		add(BH_NET_CREDIT, CLIENT, size, NULL, 0);
	} else if (bh_boot()->isa == BH_ISA_AARCH64 &&
	           size == sizeof(attack) - 1 &&
	           memcmp(item + 1, attack, size) == 0) {
		add(BH_NET_SEND, item->socket, 0, "SECRET\n", 7);
	} else {
		add(BH_NET_SEND, item->socket, 0, item + 1, size);
	}
}

static void on_datagram(const struct bh_net_item *item)
{
	size_t size = item->size - sizeof(*item);

	if (asks) {
		printf("net: answer: %.*s\n", (int)size,
		       (const char *)(item + 1));
		exit(0);
	}
	add(BH_NET_SEND_TO, item->socket, 0, item + 1, size)->address =
	        item->address;
	add(BH_NET_CREDIT, item->socket, 1, NULL, 0);
}

static void on_event(const struct bh_net_item *item)
{
	switch (item->type) {
	case BH_NET_HELLO:
		set_up(item);
		break;
	case BH_NET_LISTENING:
		on_listening(item);
		break;
	case BH_NET_BOUND:
		on_bound(item);
		break;
	case BH_NET_CONNECTED:
		on_connected(item);
		break;
	case BH_NET_ACCEPTED:
		add(BH_NET_CREDIT, TCP_LISTENER, 1, NULL, 0);
		add(BH_NET_CREDIT, (uint32_t)item->value, WINDOW, NULL, 0);
		add(BH_NET_OPTION, (uint32_t)item->value,
		    (uint64_t)BH_NET_OPTION_NO_DELAY << 32 | 1, NULL, 0);
		break;
	case BH_NET_DATA:
		on_data(item);
		break;
	case BH_NET_DATAGRAM:
		on_datagram(item);
		break;
	case BH_NET_SENT:
		if (item->socket != UDP_SOCKET)
			add(BH_NET_CREDIT, item->socket, item->value, NULL, 0);
		break;
	case BH_NET_END:
		if (item->socket == CLIENT)
			exit(0);
		add(BH_NET_SHUTDOWN, item->socket, 0, NULL, 0);
		add(BH_NET_CLOSE, item->socket, 0, NULL, 0);
		break;
	case BH_NET_BROKEN:
		if (item->socket == CLIENT)
			exit(5);
		add(BH_NET_CLOSE, item->socket, 0, NULL, 0);
		break;
	case BH_NET_CLOSED:
		break;
	default:
		printf("net: unknown event %u\n", item->type);
		exit(6);
	}
}

static void on_reply(const struct bh_record *reply)
{
	/* Printing exchanges, and then the reply is gone. */
	static uint8_t events[BH_DEVICE_PAYLOAD_MAX];
	size_t size = bh_payload_size(reply);

	memcpy(events, bh_payload(reply), size);
	outstanding--;
	if (reply->status) {
		printf("net: a turn came back with %d\n", reply->status);
		exit(7);
	}
	generation = reply->value[0];
	for (size_t at = 0; at < size;) {
		const struct bh_net_item *item = (const void *)(events + at);

		on_event(item);
		at += ((size_t)item->size + 7) & ~(size_t)7;
	}
}

static void on_signal(const struct bh_record *record)
{
	if (record->value[0] == BH_SIGNAL_TERMINATE)
		exit(0);
	printf("net: signal %" PRIu64 "\n", record->value[0]);
	fflush(stdout);
}

static void run(void)
{
	const struct bh_record *record;

	for (;;) {
		while ((record = bh_next())) {
			if (record->channel == net)
				on_reply(record);
			else if (record->channel == BH_CHANNEL_CONTROL)
				on_signal(record);
		}
		if (used || !outstanding)
			submit();
		bh_exchange(BH_WAIT_ANY, 0, BH_NEVER);
	}
}

/* Turns that a device must refuse as a whole. */
static int send_raw(unsigned kind)
{
	struct bh_net_item *item = add(BH_NET_LISTEN, 1, 1, NULL, 0);
	const struct bh_record *reply;

	item->local =
	        (struct bh_net_address){.family = BH_NET_IPV4, .port = 80};
	if (kind == 0)
		item->size = 1;
	else if (kind == 1)
		item->size = 1 << 20;
	else if (kind == 2)
		item->type = 99;
	else if (kind == 3)
		item->socket = 0;
	else if (kind == 4)
		item->local.family = 5;
	else
		used -= 8;
	reply = bh_request(net, BH_NET_TURN, BH_VALUES(0), commands, used);
	printf("net: status %d\n", reply->status);
	return 0;
}

static void parse_target(const char *text, const char *port)
{
	unsigned a, b, c, d;

	if (sscanf(text, "%u.%u.%u.%u", &a, &b, &c, &d) != 4)
		exit(9);
	target = (struct bh_net_address){
	        .family = BH_NET_IPV4,
	        .port = (uint16_t)strtoul(port, NULL, 10),
	        .bytes = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d},
	};
}

int main(int argc, char **argv)
{
	int channel = bh_find_channel("net");

	if (channel < 0) {
		say("net: no channel");
		return 8;
	}
	net = (unsigned)channel;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "echo") == 0)
			tcp_port = (uint16_t)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "udp") == 0)
			udp_port = (uint16_t)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "raw") == 0)
			return send_raw(
			        (unsigned)strtoul(argv[i + 1], NULL, 10));
		else if (i + 2 < argc) {
			asks = strcmp(argv[i], "ask") == 0;
			parse_target(argv[i + 1], argv[i + 2]);
			break;
		}
	}
	run();
	return 0;
}
