/* SPDX-License-Identifier: ISC */
#ifndef BH_DEVICE_NET_NET_H
#define BH_DEVICE_NET_NET_H

/*
 * The net device: the sockets of one guest (abi/protocol/net.h).
 *
 * Nothing is allocated after the start: a table of sockets, and a pool of
 * chunks for what the host's kernel does not take at once.  Events are not
 * queued; a socket remembers which it owes (`owed`) and stands in one queue of
 * those that have something to say, which is served in turns as far as the
 * reply has room.  So memory is bounded whatever the guest and its peers do.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "abi/device_net.h"
#include "abi/protocol/net.h"

#define NET_NONE UINT32_MAX

/* The chunks of unsent bytes. */
#define NET_CHUNK_SIZE  16384u
#define NET_CHUNK_COUNT 32768u /* 512 MiB of address space, used on demand */

struct net_chunk {
	struct net_chunk *next;
	uint32_t begin, end; /* bytes[begin, end) are unsent */
	uint8_t bytes[NET_CHUNK_SIZE - 16];
};

enum net_kind {
	NET_FREE = 0,
	NET_LISTENER,
	NET_STREAM,
	NET_DATAGRAM,
};

/* Events that a socket owes its guest, in the order in which they are said. */
#define NET_OWES_RESULT (1u << 0) /* LISTENING, CONNECTED or BOUND */
#define NET_OWES_SENT   (1u << 1)
#define NET_OWES_BROKEN (1u << 2)
#define NET_OWES_CLOSED (1u << 3)

struct net_socket {
	uint32_t number; /* as the guest knows it */
	int fd;       /* -1: none (any more); a published port's is not ours */
	uint8_t kind; /* enum net_kind */
	uint8_t owed; /* set of NET_OWES_* */
	bool own_fd;  /* close it */
	bool connecting;
	bool broken;    /* nothing but CLOSE is left to do */
	bool lingering; /* closed by the guest, with bytes that still leave */
	bool ending;    /* half-close when all has been sent */
	bool ended;     /* the peer's end has been told */
	bool readable;  /* until a read says otherwise */
	bool hung;        /* the peer has ended: no more edges come */
	bool writable;
	bool queued;    /* in the queue of those with something to say */
	int32_t result; /* of what is owed by NET_OWES_RESULT */
	int32_t reason; /* of NET_OWES_BROKEN */
	uint32_t receive_credit;
	uint32_t send_credit;
	uint32_t sent; /* to be given back */
	uint32_t next; /* in the queue, or in the free list */
	uint16_t life; /* of accepted sockets' numbers */
	uint64_t linger_until;
	struct net_chunk *first, *last; /* unsent */
	struct bh_net_address peer, local;
};

/* A published port.  Peers of a datagram port may be answered. */
#define NET_PEERS 512u
struct net_port {
	int fd;
	uint32_t owner; /* socket that listens or is bound there, or NET_NONE */
	struct bh_net_address peers[NET_PEERS]; /* by hash; forgetful */
};

#define NET_SLOTS BH_NET_SOCKETS_LIMIT
#define NET_HASH  (2u * NET_SLOTS)

struct net {
	int epoll;
	uint64_t generation;
	struct bh_device_net config;
	struct net_port ports[BH_DEVICE_NET_PORTS_MAX];
	struct net_socket sockets[NET_SLOTS];
	uint32_t hash[NET_HASH]; /* slot + 1; 0: empty */
	uint32_t free;           /* list of slots */
	uint32_t queue_first, queue_last;
	uint32_t lingering;       /* how many */
	bool starved;             /* no descriptor was left for a connection */
	bool hello;               /* the guest has to be greeted */
	struct net_chunk *chunks; /* the pool */
	uint32_t chunks_used;     /* of the pool, from its beginning */
	struct net_chunk *chunks_free;
};

/* turn.c ------------------------------------------------------------------ */

/* 0 if the payload of a turn is well-formed in all parts, or -BH_EINVAL. */
int net_turn_check(const uint8_t *turn, size_t size);

/* Walks the items of a checked turn. */
#define NET_TURN_EACH(item, turn, size)                                        \
	for (size_t at_ = 0;                                                   \
	     at_ < (size) && ((item) = (const void *)((turn) + at_), true);    \
	     at_ += ((item)->size + 7) & ~(size_t)7)

/* table.c ----------------------------------------------------------------- */

/* Returns 0 or -ENOMEM.  CONFIG has been copied into net->config. */
int net_init(struct net *net, int epoll, uint64_t generation);

/* 0 if every number in the configuration is within its range. */
int net_config_check(const struct bh_device_net *config, uint32_t descriptors);

struct net_socket *net_find(struct net *net, uint32_t number);

/* A new socket with this number, 0: one of our choosing.  NULL: none is left.
 */
struct net_socket *net_create(struct net *net, uint32_t number,
                              enum net_kind kind);

/* Closes its descriptor, drops its bytes and frees it. */
void net_destroy(struct net *net, struct net_socket *socket);

/* Closes the descriptor and drops unsent bytes. */
void net_disconnect(struct net *net, struct net_socket *socket);

/* The guest has forgotten it, but it still has bytes to send. */
void net_linger(struct net *net, struct net_socket *socket);

/* Resets all connections and forgets all sockets: the guest has begun anew. */
void net_reset(struct net *net);

/* The socket has something to say. */
void net_enqueue(struct net *net, struct net_socket *socket);

/* The connection is over; the guest is told why. */
void net_break(struct net *net, struct net_socket *socket, int status);

/* Appends bytes to what is unsent.  Returns 0 or -BH_ENOMEM. */
int net_append(struct net *net, struct net_socket *socket, const uint8_t *bytes,
               size_t size);
void net_drop_chunk(struct net *net, struct net_socket *socket);

static inline uint32_t net_slot(const struct net *net,
                                const struct net_socket *socket)
{
	return (uint32_t)(socket - net->sockets);
}

/* address.c --------------------------------------------------------------- */

union net_sockaddr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Returns the length. */
socklen_t net_to_sockaddr(union net_sockaddr *to,
                          const struct bh_net_address *from);
void net_from_sockaddr(struct bh_net_address *to,
                       const union net_sockaddr *from);
/* May the guest connect or send there? */
bool net_is_target(const struct net *net, const struct bh_net_address *address,
                   bool datagram);
void net_remember_peer(struct net_port *port,
                       const struct bh_net_address *peer);
bool net_knows_peer(const struct net_port *port,
                    const struct bh_net_address *peer);

/* command.c --------------------------------------------------------------- */

/* Carries out a checked turn. */
void net_act(struct net *net, const uint8_t *turn, size_t size);

/* stream.c ---------------------------------------------------------------- */

struct net_bytes {
	struct iovec *vectors;
	uint32_t count;
	size_t size; /* of all of them */
};

/* Sends what the host's kernel takes and keeps the rest. */
void net_send(struct net *net, struct net_socket *socket,
              struct net_bytes *bytes);

/* Sends what has been kept. */
void net_flush(struct net *net, struct net_socket *socket);

/* The descriptor of the socket can be written to: goes on with what waits. */
void net_is_writable(struct net *net, struct net_socket *socket);

/* Gives up those that linger for too long. */
void net_expire(struct net *net, uint64_t now);

/* event.c ----------------------------------------------------------------- */

/* Has anyone something to say? */
bool net_has_events(const struct net *net);

/* Writes events into ROOM bytes.  Returns how many have been written. */
uint32_t net_collect(struct net *net, uint8_t *bytes, uint32_t room);

/* Acts on one event of epoll. */
void net_on_epoll(struct net *net, uint64_t data, uint32_t events);

/* Values of epoll's data: a socket's slot, or a port with this bit. */
#define NET_EPOLL_PORT (UINT64_C(1) << 32)

#endif
