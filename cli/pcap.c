/* SPDX-License-Identifier: ISC */
#include "pcap.h"

#include <netinet/in.h>
#include <string.h>

#define MAGIC_NS     UINT32_C(0xa1b23c4d)
#define LINKTYPE_RAW 101u
#define SNAPLEN      65535u

#define TCP_HEADER  20u
#define UDP_HEADER  8u
#define IP4_HEADER  20u
#define IP6_HEADER  40u
#define HEADERS_MAX (IP6_HEADER + TCP_HEADER)
#define WINDOW      65535u
#define HOPS        64u

void pcap_start(FILE *file)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, accuracy, snaplen, link;
	} header = {MAGIC_NS, 2, 4, 0, 0, SNAPLEN, LINKTYPE_RAW};

	fwrite(&header, sizeof(header), 1, file);
}

static uint8_t *put16(uint8_t *to, size_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
	return to + 2;
}

static uint8_t *put32(uint8_t *to, uint32_t value)
{
	return put16(put16(to, value >> 16), value & 0xffff);
}

static uint8_t *put_bytes(uint8_t *to, const void *bytes, size_t size)
{
	memcpy(to, bytes, size);
	return to + size;
}

/* RFC 1071, unfinished: adds bytes in pairs. */
static uint64_t sum(uint64_t so_far, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < size; i++)
		so_far += i % 2 ? p[i] : (uint64_t)p[i] << 8;
	return so_far;
}

static uint16_t finish_sum(uint64_t value)
{
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return (uint16_t)~value;
}

static size_t address_size(const struct bh_net_address *address)
{
	return address->family == BH_NET_IPV6 ? 16 : 4;
}

static uint8_t protocol_of(const struct pcap_packet *packet)
{
	return packet->datagram ? IPPROTO_UDP : IPPROTO_TCP;
}

/* Writes the header above IP to TO, without its checksum; where that belongs. */
static uint8_t *put_transport(uint8_t *to, const struct pcap_packet *packet)
{
	to = put16(put16(to, packet->from->port), packet->to->port);
	if (packet->datagram) {
		to = put16(to, UDP_HEADER + packet->size);
	} else {
		to = put32(put32(to, packet->sequence), packet->acknowledged);
		*to++ = TCP_HEADER / 4 << 4;
		*to++ = packet->flags;
		to = put16(to, WINDOW);
	}
	memset(to, 0, 4); /* checksum; of TCP the urgent pointer as well */
	return to;
}

static uint16_t transport_sum(const struct pcap_packet *packet,
                              const uint8_t *header, size_t size)
{
	size_t length = address_size(packet->from);
	uint64_t value = protocol_of(packet) + size + packet->size;

	value = sum(value, packet->from->bytes, length);
	value = sum(value, packet->to->bytes, length);
	value = sum(value, header, size);
	return finish_sum(sum(value, packet->data, packet->size));
}

static void put_ip4(uint8_t *to, const struct pcap_packet *packet, size_t size)
{
	uint8_t *start = to, *check;

	to = put16(to, 0x4500);
	to = put32(put16(to, IP4_HEADER + size), 0x4000); /* not in fragments */
	*to++ = HOPS;
	*to++ = protocol_of(packet);
	check = to;
	to = put16(to, 0);
	to = put_bytes(to, packet->from->bytes, 4);
	put_bytes(to, packet->to->bytes, 4);
	put16(check, finish_sum(sum(0, start, IP4_HEADER)));
}

static void put_ip6(uint8_t *to, const struct pcap_packet *packet, size_t size)
{
	to = put16(put32(to, UINT32_C(6) << 28), size);
	*to++ = protocol_of(packet);
	*to++ = HOPS;
	to = put_bytes(to, packet->from->bytes, 16);
	put_bytes(to, packet->to->bytes, 16);
}

void pcap_write(FILE *file, const struct pcap_packet *packet)
{
	bool six = packet->from->family == BH_NET_IPV6;
	size_t ip = six ? IP6_HEADER : IP4_HEADER;
	size_t transport = packet->datagram ? UDP_HEADER : TCP_HEADER;
	size_t size = ip + transport + packet->size;
	uint8_t headers[HEADERS_MAX] = {0}, *check;
	const uint32_t record[] = {
	        (uint32_t)(packet->time / 1000000000),
	        (uint32_t)(packet->time % 1000000000),
	        (uint32_t)size,
	        (uint32_t)size,
	};

	check = put_transport(headers + ip, packet);
	put16(check, transport_sum(packet, headers + ip, transport));
	if (six)
		put_ip6(headers, packet, transport + packet->size);
	else
		put_ip4(headers, packet, transport + packet->size);
	fwrite(record, sizeof(record), 1, file);
	fwrite(headers, ip + transport, 1, file);
	fwrite(packet->data, 1, packet->size, file);
}
