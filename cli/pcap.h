/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_PCAP_H
#define BH_CLI_PCAP_H

/*
 * A capture file of IP packets, as Wireshark and tcpdump read it (the format of
 * libpcap with nanoseconds, link type RAW: packets begin with their IP header).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "abi/protocol/net.h"

/* Flags of a TCP header (RFC 9293). */
enum {
	PCAP_FIN = 1,
	PCAP_SYN = 2,
	PCAP_RST = 4,
	PCAP_PSH = 8,
	PCAP_ACK = 16,
};

struct pcap_packet {
	uint64_t time; /* ns since 1970 */
	const struct bh_net_address *from, *to; /* of one family */
	bool datagram;     /* UDP, else TCP with the next three */
	uint8_t flags;
	uint32_t sequence, acknowledged;
	const void *data;
	size_t size;       /* at most BH_NET_DATAGRAM_MAX - 40 */
};

/* Both: errors are seen by ferror(). */
void pcap_start(FILE *file);
void pcap_write(FILE *file, const struct pcap_packet *packet);

#endif
