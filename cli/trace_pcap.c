/* SPDX-License-Identifier: ISC */
#include "trace_pcap.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "pcap.h"

/* One packet's share of a stream. */
#define SEGMENT_MAX 32768u

/* As many as a guest has sockets at most. */
#define BUCKETS     BH_NET_SOCKETS_LIMIT
#define ALL_DOMAINS BH_MAX_DOMAINS

enum side { GUEST, PEER };

/* What is known of a socket of a guest. */
struct trace_socket {
	struct trace_socket *next; /* in its bucket */
	uint16_t domain;
	uint32_t number;
	struct bh_net_address address[2]; /* by enum side */
	uint32_t sequence[2];             /* of the next byte of each */
	bool open;                        /* a connection */
};

/* Where the walk is: one item of one record. */
struct step {
	struct trace_pcap *pcap;
	uint16_t domain;
	uint64_t time; /* ns since 1970 */
	const struct decode_net_item *item;
};

void trace_pcap_start(struct trace_pcap *pcap, FILE *file)
{
	*pcap = (struct trace_pcap){
	        .file = file,
	        .buckets = memory_new(BUCKETS, sizeof(pcap->buckets[0])),
	};
	for (unsigned d = 0; d < BH_MAX_DOMAINS; d++)
		decode_channels_default(&pcap->channels[d]);
	pcap_start(file);
}

/* ------------------------------------------------------------------ sockets */

/* Where a socket hangs, or would hang: what is there is NULL. */
static struct trace_socket **place(struct trace_pcap *pcap, uint16_t domain,
                                   uint32_t number)
{
	struct trace_socket **at = &pcap->buckets[(number + domain) % BUCKETS];

	while (*at && ((*at)->domain != domain || (*at)->number != number))
		at = &(*at)->next;
	return at;
}

static struct trace_socket *find(const struct step *step)
{
	return *place(step->pcap, step->domain, step->item->header.socket);
}

static void forget(struct trace_socket **at)
{
	struct trace_socket *socket = *at;

	*at = socket->next;
	free(socket);
}

/* A new one of that number; an old one is forgotten. */
static struct trace_socket *create(const struct step *step, uint32_t number)
{
	struct trace_socket **at = place(step->pcap, step->domain, number);

	if (!*at)
		*at = memory_new(1, sizeof(**at));
	**at = (struct trace_socket){
	        .next = (*at)->next,
	        .domain = step->domain,
	        .number = number,
	        .address = {step->item->header.local,
	                    step->item->header.address},
	};
	return *at;
}

/* Those of one domain, or of ALL_DOMAINS. */
static void forget_all(struct trace_pcap *pcap, unsigned domain)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		struct trace_socket **at = &pcap->buckets[i];

		while (*at) {
			if (domain == ALL_DOMAINS || (*at)->domain == domain)
				forget(at);
			else
				at = &(*at)->next;
		}
	}
}

void trace_pcap_finish(struct trace_pcap *pcap)
{
	forget_all(pcap, ALL_DOMAINS);
	free(pcap->buckets);
}

/* ------------------------------------------------------------------ packets */

static bool can_be_written(const struct bh_net_address *a,
                           const struct bh_net_address *b)
{
	return a->family == b->family &&
	       (a->family == BH_NET_IPV4 || a->family == BH_NET_IPV6);
}

static void write_packet(const struct step *step,
                         const struct pcap_packet *packet)
{
	if (step->pcap->writes)
		pcap_write(step->pcap->file, packet);
}

static void segment(const struct step *step, struct trace_socket *socket,
                    enum side from, uint8_t flags, const uint8_t *data,
                    size_t size)
{
	const struct pcap_packet packet = {
	        .time = step->time,
	        .from = &socket->address[from],
	        .to = &socket->address[!from],
	        .flags = flags,
	        .sequence = socket->sequence[from],
	        .acknowledged = flags & PCAP_ACK ? socket->sequence[!from] : 0,
	        .data = data,
	        .size = size,
	};

	write_packet(step, &packet);
	socket->sequence[from] += (uint32_t)size;
	if (flags & (PCAP_SYN | PCAP_FIN))
		socket->sequence[from]++;
}

static void stream(const struct step *step, enum side from)
{
	struct trace_socket *socket = find(step);
	const uint8_t *data = step->item->data;
	size_t left = step->item->size;

	while (socket && socket->open && left) {
		size_t part = left < SEGMENT_MAX ? left : SEGMENT_MAX;

		segment(step, socket, from, PCAP_PSH | PCAP_ACK, data, part);
		data += part;
		left -= part;
	}
}

static void handshake(const struct step *step, struct trace_socket *socket,
                      enum side caller)
{
	socket->open = can_be_written(&socket->address[GUEST],
	                              &socket->address[PEER]);
	if (!socket->open)
		return;
	segment(step, socket, caller, PCAP_SYN, NULL, 0);
	segment(step, socket, !caller, PCAP_SYN | PCAP_ACK, NULL, 0);
	segment(step, socket, caller, PCAP_ACK, NULL, 0);
}

/* FLAGS: with what SIDE ends it, for its direction or for both. */
static void end(const struct step *step, enum side from, uint8_t flags)
{
	struct trace_socket *socket = find(step);

	if (!socket || !socket->open)
		return;
	segment(step, socket, from, flags | PCAP_ACK, NULL, 0);
	if (flags & PCAP_RST)
		socket->open = false;
}

static void datagram(const struct step *step, enum side from)
{
	struct trace_socket *socket = find(step);
	const struct bh_net_address *peer = &step->item->header.address;
	static const uint8_t any[sizeof(peer->bytes)];
	struct bh_net_address guest;

	if (!socket)
		return;
	guest = socket->address[GUEST];
	/* One that is bound to every address is so in both families. */
	if (memcmp(guest.bytes, any, sizeof(any)) == 0)
		guest.family = peer->family;
	if (can_be_written(&guest, peer) &&
	    step->item->size <= BH_NET_DATAGRAM_MAX - 40)
		write_packet(step, &(struct pcap_packet){
		                           .time = step->time,
		                           .from = from == GUEST ? &guest : peer,
		                           .to = from == GUEST ? peer : &guest,
		                           .datagram = true,
		                           .data = step->item->data,
		                           .size = step->item->size,
		                   });
}

/* -------------------------------------------------------------------- items */

static void take_command(const struct step *step)
{
	switch (step->item->header.type) {
	case BH_NET_SEND:
		stream(step, GUEST);
		break;
	case BH_NET_SEND_TO:
		datagram(step, GUEST);
		break;
	case BH_NET_SHUTDOWN:
		end(step, GUEST, PCAP_FIN);
		break;
	case BH_NET_CLOSE:
		end(step, GUEST,
		    step->item->header.value ? PCAP_RST : PCAP_FIN);
		break;
	default:
		break;
	}
}

static void take_event(const struct step *step)
{
	const struct bh_net_item *event = &step->item->header;
	struct trace_socket **closed;

	switch (event->type) {
	case BH_NET_HELLO:
		forget_all(step->pcap, step->domain);
		break;
	case BH_NET_ACCEPTED:
		handshake(step, create(step, (uint32_t)event->value), PEER);
		break;
	case BH_NET_CONNECTED:
		if (!event->status)
			handshake(step, create(step, event->socket), GUEST);
		break;
	case BH_NET_BOUND:
		create(step, event->socket);
		break;
	case BH_NET_DATA:
		stream(step, PEER);
		break;
	case BH_NET_DATAGRAM:
		datagram(step, PEER);
		break;
	case BH_NET_END:
		end(step, PEER, PCAP_FIN);
		break;
	case BH_NET_BROKEN:
		end(step, PEER, PCAP_RST);
		break;
	case BH_NET_CLOSED:
		closed = place(step->pcap, step->domain, event->socket);
		if (*closed)
			forget(closed);
		break;
	default:
		break;
	}
}

static void take_record(struct step *step, const struct batch_record *record,
                        enum decode_direction direction)
{
	const struct decode_channels *channels =
	        &step->pcap->channels[step->domain];
	bool request = decode_is_request(channels, record, direction);
	struct decode_net_item item;
	size_t at = 0;

	/* The guest's side: the device's says the same once more. */
	if (decode_protocol(channels, record->header.channel) !=
	            BH_PROTOCOL_NET ||
	    record->header.status ||
	    request != (direction == DECODE_SUBMISSION))
		return;
	step->item = &item;
	while (decode_net_next(record, &at, &item)) {
		if (request)
			take_command(step);
		else
			take_event(step);
	}
}

static void take_batch(struct trace_pcap *pcap,
                       const struct trace_reader *reader,
                       enum decode_direction direction)
{
	struct step step = {
	        .pcap = pcap,
	        .domain = reader->chunk.domain,
	        .time = reader->header.realtime + reader->chunk.monotonic,
	};
	struct batch_walk walk;
	struct batch_record record;

	if (!trace_walk(reader, direction, &walk))
		return;
	while (batch_next(&walk, &record))
		take_record(&step, &record, direction);
}

void trace_pcap_add(struct trace_pcap *pcap, const struct trace_reader *reader,
                    bool wanted)
{
	const struct bh_trace_chunk *chunk = &reader->chunk;

	pcap->writes = wanted;
	switch (chunk->kind) {
	case BH_TRACE_CHANNELS:
		decode_channels_copy(&pcap->channels[chunk->domain],
		                     reader->data, chunk->size);
		break;
	case BH_TRACE_SUBMISSION:
		take_batch(pcap, reader, DECODE_SUBMISSION);
		break;
	case BH_TRACE_COMPLETION:
		take_batch(pcap, reader, DECODE_COMPLETION);
		break;
	default:
		break;
	}
}
