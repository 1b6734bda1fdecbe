/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_PROTOCOL_NET_H
#define BH_ABI_PROTOCOL_NET_H

/*
 * The net protocol: sockets at the level of what a program says.  The client
 * is a guest that speaks for its programs, the server is device/net, which
 * holds the host's sockets.
 *
 * There is one request, BH_NET_TURN.  Its payload is a list of commands, the
 * reply's payload a list of events: everything the guest wants to say about
 * all its sockets goes out at once, and everything that has arrived for all of
 * them comes back at once.  A guest keeps one turn unanswered at the device as
 * its way to be told of arrivals.  The device answers a turn when it has
 * events, or at once when another turn has come after it; it carries out the
 * commands of a turn when it receives it.
 *
 * Sockets are named by numbers that the guest chooses, from 1 to
 * BH_NET_SOCKET_MAX; a number may be used again after BH_NET_CLOSED.  Only
 * connections that a listener accepts are named by the device: with
 * BH_NET_ACCEPTED_BIT set.
 *
 * Flow control is by credit, in both directions and for each socket, so that a
 * slow one neither stalls the others nor makes anybody's memory grow.  Towards
 * the network a socket starts with BH_NET_SEND_CREDIT bytes; BH_NET_SENT gives
 * back what the host's kernel has taken.  From the network it starts with none:
 * BH_NET_CREDIT grants bytes, for a listener connections, for a datagram
 * socket datagrams.  A command beyond its credit ends the socket with
 * BH_EINVAL.  The device may hold BH_NET_SENT back until half of what a socket
 * starts with has left, or something else is to be said.
 *
 * A turn that is malformed in any part is answered with -BH_EINVAL and carried
 * out in none.  Commands for sockets that do not exist are ignored, since they
 * may have been under way when BH_NET_CLOSED was; so are those that would make
 * more sockets than BH_NET_SOCKETS_LIMIT.  A command that makes a socket whose
 * number is in use ends the old one with BH_EINVAL.
 *
 * Life of the device.  Each turn names the generation that the guest believes
 * in, zero at first.  A device of another generation carries out nothing of the
 * turn and answers with BH_NET_HELLO alone; then all sockets of the guest are
 * gone, its connections reset, and it sets up its listeners again.  When exo
 * stops the variants of a guest to start new ones, it submits such a turn in the
 * guest's name, of generation zero and without commands; published ports stay
 * bound, and whoever connects meanwhile waits.
 */

#include "../base.h"

enum bh_net_request {
	/*
	 * value[0]: generation.  Payload: commands.  Reply: value[0]: the
	 * device's generation; payload: events.
	 */
	BH_NET_TURN = 1,
};

#define BH_NET_SOCKET_MAX UINT32_C(0x3fffffff)
#define BH_NET_ACCEPTED_BIT UINT32_C(0x40000000)

#define BH_NET_SOCKETS_LIMIT 16384u     /* sockets of one guest at a time */
#define BH_NET_SEND_CREDIT 262144u      /* bytes a socket starts with */
#define BH_NET_RECEIVE_CREDIT_MAX (UINT32_C(1) << 24)
#define BH_NET_DATAGRAM_MAX 65507u      /* payload of the largest datagram */

enum bh_net_family {
	BH_NET_IPV4 = 4,
	BH_NET_IPV6 = 6,
};

/* An address.  IPv4 fills the first four bytes; the rest is zero. */
struct bh_net_address {
	uint8_t family;   /* enum bh_net_family; 0: none */
	uint8_t reserved;
	uint16_t port;  /* in the order of the record, not of the network */
	uint8_t bytes[16];
};

BH_ASSERT_SIZE(bh_net_address, 20);
BH_ASSERT_OFFSET(bh_net_address, port, 2);
BH_ASSERT_OFFSET(bh_net_address, bytes, 4);

/*
 * One command or event: this header, then size - sizeof(header) bytes of data,
 * then zeros up to the next multiple of 8.
 */
struct bh_net_item {
	uint32_t size;    /* header and data */
	uint16_t type;    /* enum bh_net_command or enum bh_net_event */
	uint16_t flags;   /* BH_NET_FLAG_*, else zero */
	uint32_t socket;
	int32_t status;   /* events: 0 or a negative Linux errno; commands: 0 */
	uint64_t value;
	struct bh_net_address address; /* as the type says, else zeros */
	struct bh_net_address local;   /* likewise */
};

BH_ASSERT_SIZE(bh_net_item, 64);
BH_ASSERT_OFFSET(bh_net_item, socket, 8);
BH_ASSERT_OFFSET(bh_net_item, value, 16);
BH_ASSERT_OFFSET(bh_net_item, address, 24);
BH_ASSERT_OFFSET(bh_net_item, local, 44);

#define BH_NET_FLAG_DATAGRAM (1u << 0) /* UDP instead of TCP */

enum bh_net_command {
	/* Listen at `local`; value: backlog.  -> BH_NET_LISTENING. */
	BH_NET_LISTEN = 1,
	/* Connect to `address`.  -> BH_NET_CONNECTED. */
	BH_NET_CONNECT = 2,
	/* A datagram socket at `local` (port 0: any).  -> BH_NET_BOUND. */
	BH_NET_BIND = 3,
	/* Bytes for a stream: the data. */
	BH_NET_SEND = 4,
	/* A datagram to `address`: the data. */
	BH_NET_SEND_TO = 5,
	/* value: more bytes (connections, datagrams) that may come. */
	BH_NET_CREDIT = 6,
	/* No more sends: half-close, after what has been sent. */
	BH_NET_SHUTDOWN = 7,
	/*
	 * The guest is done with the socket.  What has been sent still leaves;
	 * value 1: drop it and reset the connection.  -> BH_NET_CLOSED at once;
	 * nothing else comes for this number.
	 */
	BH_NET_CLOSE = 8,
	/* value: enum bh_net_option << 32 | setting.  Not answered. */
	BH_NET_OPTION = 9,
};

enum bh_net_option {
	BH_NET_OPTION_NO_DELAY = 1,       /* TCP_NODELAY: 0, 1 */
	BH_NET_OPTION_KEEP_ALIVE = 2,     /* SO_KEEPALIVE: 0, 1 */
	BH_NET_OPTION_KEEP_IDLE = 3,      /* TCP_KEEPIDLE, seconds */
	BH_NET_OPTION_KEEP_INTERVAL = 4,  /* TCP_KEEPINTVL, seconds */
	BH_NET_OPTION_KEEP_COUNT = 5,     /* TCP_KEEPCNT */
	BH_NET_OPTION_CORK = 6,           /* TCP_CORK: 0, 1 */
};

enum bh_net_event {
	/*
	 * The device introduces itself.  Data: struct bh_net_name entries, the
	 * names that outgoing connections may be made to; and without a name
	 * each address of the host's loopback that may be connected to, which
	 * a guest would otherwise take for its own.
	 */
	BH_NET_HELLO = 1,
	/* status; local: where the guest believes to listen. */
	BH_NET_LISTENING = 2,
	/* status; address: the peer; local: our end. */
	BH_NET_CONNECTED = 3,
	/* status; local: with the port that was chosen. */
	BH_NET_BOUND = 4,
	/* socket: the listener; value: the new socket; address: the peer;
	 * local: our end. */
	BH_NET_ACCEPTED = 5,
	/* Bytes from a stream: the data; address: the peer, so that a record
	 * tells by itself who has sent what it holds. */
	BH_NET_DATA = 6,
	/* A datagram from `address`: the data. */
	BH_NET_DATAGRAM = 7,
	/* The peer sends no more. */
	BH_NET_END = 8,
	/* value: bytes that have left; credit to send again. */
	BH_NET_SENT = 9,
	/* status: the connection is broken; only BH_NET_CLOSE is left to do. */
	BH_NET_BROKEN = 10,
	/* The answer to BH_NET_CLOSE. */
	BH_NET_CLOSED = 11,
};

/* A name and its address, as the device has resolved it. */
struct bh_net_name {
	struct bh_net_address address; /* of a name the port is 0; without one
	                                  0 stands for all ports */
	char name[236];                /* zero-terminated; "": none */
};

BH_ASSERT_SIZE(bh_net_name, 256);
BH_ASSERT_OFFSET(bh_net_name, name, 20);

#endif
