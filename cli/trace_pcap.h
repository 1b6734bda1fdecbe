/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_TRACE_PCAP_H
#define BH_CLI_TRACE_PCAP_H

/*
 * What the clients of a cell saw of it, as a capture file: TCP and UDP packets
 * made of the records of the net protocol that a trace holds.  A guest knows
 * streams of bytes and no packets, so how they are cut, their sequence numbers
 * and handshakes are ours.
 */

#include <stdio.h>

#include "decode.h"
#include "trace_read.h"

struct trace_socket;

struct trace_pcap {
	FILE *file;
	bool writes; /* else it only keeps track */
	struct trace_socket **buckets; /* by number */
	struct decode_channels channels[BH_MAX_DOMAINS];
};

void trace_pcap_start(struct trace_pcap *pcap, FILE *file);
/* Takes the reader's present chunk.  All must be taken, since one may open what
 * a later one speaks of; WANTED: its packets are written. */
void trace_pcap_add(struct trace_pcap *pcap, const struct trace_reader *reader,
                    bool wanted);
/* The file stays the caller's. */
void trace_pcap_finish(struct trace_pcap *pcap);

#endif
