/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_SOCKET_H
#define BH_LINUX_SOCKET_H

/*
 * Sockets.  socket.c keeps what all families share: the queue of what has
 * arrived, connections that wait to be accepted, the file.  unix.c, inet.c and
 * netlink.c are families; net.c is the way to the outside.
 */

#include "abi/protocol/net.h"
#include "guest/linux/ipc.h"

enum {
	AF_UNSPEC = 0,
	AF_UNIX = 1,
	AF_INET = 2,
	AF_INET6 = 10,
	AF_NETLINK = 16,
};

enum {
	SOCK_STREAM = 1,
	SOCK_DGRAM = 2,
	SOCK_RAW = 3,
	SOCK_SEQPACKET = 5,
};

enum {
	IPPROTO_IP = 0,
	IPPROTO_TCP = 6,
	IPPROTO_UDP = 17,
	IPPROTO_IPV6 = 41,
};

enum {
	MSG_OOB = 0x1,
	MSG_PEEK = 0x2,
	MSG_CTRUNC = 0x8,
	MSG_TRUNC = 0x20,
	MSG_DONTWAIT = 0x40,
	MSG_EOR = 0x80,
	MSG_WAITALL = 0x100,
	MSG_ERRQUEUE = 0x2000,
	MSG_NOSIGNAL = 0x4000,
	MSG_MORE = 0x8000,
	MSG_WAITFORONE = 0x10000,
	MSG_CMSG_CLOEXEC = 0x40000000,
};

enum {
	SHUT_RECEIVE = 1,
	SHUT_SEND = 2,
	SHUT_BOTH = 3,
};

enum socket_state {
	SOCKET_IDLE,
	SOCKET_LISTENING,
	SOCKET_CONNECTING,
	SOCKET_CONNECTED,
	SOCKET_OVER, /* it was connected, or could not be */
};

#define SOCKET_ADDRESS_MAX 128u
#define SOCKET_BUFFER      212992u /* net.core.rmem_default of Linux */
#define SOCKET_BACKLOG_MAX 4096u

/* struct sockaddr_*, as the program gave or gets it. */
struct socket_address {
	uint32_t size;
	uint32_t padding;
	uint8_t bytes[SOCKET_ADDRESS_MAX];
};

static inline uint16_t address_family(const struct socket_address *address)
{
	uint16_t family = AF_UNSPEC;

	if (address->size >= sizeof(family))
		memcpy(&family, address->bytes, sizeof(family));
	return family;
}

struct credentials {
	int32_t pid;
	uint32_t uid, gid;
};

/* Files of a message of a Unix socket; each is held. */
#define RIGHTS_MAX 253u
struct rights {
	struct list link;      /* among all that are on their way */
	struct socket *holder; /* has it to read; NULL: a call has it */
	struct rights **place; /* points to it, at the holder */
	unsigned count;
	struct file *files[];
};
/* Room for COUNT files, or NULL: no memory. */
struct rights *rights_create(unsigned count);
/* Takes over a reference to FILE. */
void rights_add(struct rights *rights, struct file *file);
/* The same files once more; NULL: there are none, or no memory. */
struct rights *rights_copy(const struct rights *rights);
void rights_free(struct rights *rights);
/* They are on their way to a socket, until they arrive: *PLACE becomes NULL. */
void rights_send(struct rights *rights, struct socket *to,
                 struct rights **place);
void rights_arrive(struct rights *rights);
/* More files are on their way than the process may have open. */
bool rights_are_many(void);
/* Closes Unix sockets that nobody can reach any more, since they are on their
 * way through each other. */
void rights_collect(void);

/* How a datagram of AF_INET or AF_INET6 came. */
struct arrival {
	struct bh_net_address to; /* family 0: not known */
	uint8_t time_to_live, type_of_service;
};

/* What arrives: a message, or bytes of a stream. */
struct packet {
	struct list link;
	uint32_t size, taken, room;
	struct socket_address *from; /* NULL: none */
	struct rights *rights;
	struct credentials credentials; /* pid 0: the sender has not said */
	struct arrival arrival;
	bool urgent_taken; /* of urgent data: MSG_OOB has read it */
	uint8_t bytes[];
};

/* One send or receive, beside its bytes. */
struct message {
	uint32_t flags; /* MSG_*; MSG_DONTWAIT also for O_NONBLOCK */
	const struct socket_address *to; /* NULL: none */
	struct rights *rights;           /* sent: taken over when set to NULL */
	struct credentials credentials;  /* pid 0: none */
	/* Filled in by a receive. */
	struct socket_address from;
	uint32_t seen; /* MSG_TRUNC, ... */
	struct arrival arrival;
};

struct socket_options {
	uint32_t send_buffer, receive_buffer;
	uint64_t receive_timeout, send_timeout; /* nanoseconds; 0: none */
	bool lingers;
	int32_t linger; /* seconds, if it lingers */
	bool reuse_address, reuse_port, keep_alive, broadcast, pass_credentials,
	        timestamp, no_delay, cork, v6_only, receive_info, receive_ttl,
	        receive_tos, receive_errors, urgent_inline, dont_route,
	        quick_ack, free_bind, bind_no_port;
	int32_t keep_idle, keep_interval, keep_count, defer_accept, fast_open,
	        user_timeout, type_of_service, time_to_live, low_water,
	        priority, max_segment, mark, sync_count, window, linger2,
	        unsent_low_water, path_mtu_discovery;
	unsigned congestion; /* index in socket_option.c */
};

struct socket;

/* Functions that are NULL fail with -EOPNOTSUPP. */
struct socket_family {
	int (*bind)(struct socket *socket,
	            const struct socket_address *address);
	int (*listen)(struct socket *socket);
	int (*connect)(struct socket *socket,
	               const struct socket_address *address, uint32_t flags);
	int64_t (*send)(struct socket *socket, struct io *io,
	                struct message *message);
	int64_t (*receive)(struct socket *socket, struct io *io,
	                   struct message *message);
	int (*name)(struct socket *socket, bool peer,
	            struct socket_address *address);
	int (*shutdown)(struct socket *socket, unsigned how);
	uint32_t (*poll)(struct socket *socket);
	/* N bytes of a stream, or a datagram, have been taken. */
	void (*consumed)(struct socket *socket, uint64_t n);
	/* An option that is no mere number has been set. */
	void (*option)(struct socket *socket, int level, int name, int value);
	/* Somebody has taken a connection from the queue. */
	void (*accepted)(struct socket *socket);
	/* The program has closed it: everything but the memory. */
	void (*close)(struct socket *socket);
};

struct socket {
	const struct socket_family *ops;
	struct file *file; /* NULL until it is accepted */
	uint64_t number;
	uint16_t family, type;
	int protocol;
	enum socket_state state;
	unsigned shut; /* SHUT_* */
	int error;     /* positive; SO_ERROR */
	struct wait_queue queue;
	struct list incoming;
	uint64_t incoming_bytes;
	struct packet *urgent; /* the byte of urgent data among them, or NULL */
	struct socket *peer;   /* the other end, if it is inside and alive */
	struct socket *listener;
	struct list accept_link, accepts;
	unsigned accept_count, backlog;
	struct socket_options options;
	struct credentials peer_credentials;

	/* unix.c, unix_rights.c */
	struct list unix_link;
	struct socket_address unix_name;
	struct socket_address unix_peer; /* name of the peer */
	struct inode *inode;
	unsigned messages; /* that it is on its way in */
	bool lost;         /* nobody can reach it but through itself */

	/* inet.c */
	struct list port_link;
	struct bh_net_address local, remote;
	bool bound;
	bool address_given; /* by bind(2), not by the kernel */
	bool port_chosen;   /* by the kernel: outside any other will do */
	bool peer_ended;    /* no more will come from it */
	/* connect(2) has begun, and has not said how it ended. */
	bool connect_untold;

	/* net.c */
	struct list net_link;
	uint32_t net_number;  /* 0: not outside */
	uint64_t net_credit;  /* bytes that may be sent */
	uint64_t net_granted; /* bytes (datagrams, connections) that may come */
	uint64_t net_owed;    /* taken by the program, not granted again yet */
	uint8_t net_family;   /* of a datagram socket outside */
	bool net_failed;      /* the device refused it */

	/* netlink.c */
	uint32_t netlink_port;
};

extern const struct file_ops socket_ops;
extern const struct socket_family unix_family, inet_stream_family,
        inet_datagram_family, netlink_family;

/* ------------------------------------------------------------- socket.c */

struct socket *socket_create(int family, int type, int protocol);
/* One of LISTENER's kind, for a connection to it. */
struct socket *socket_create_accepted(struct socket *listener);
/* Frees what no file stands for. */
void socket_destroy(struct socket *socket);
/* A descriptor for it; on failure it is closed. */
int64_t socket_install(struct socket *socket, uint32_t flags);
/* The socket of a descriptor, with its file held; NULL with *error. */
struct socket *socket_hold(int64_t descriptor, int *error);

/* Puts CHILD in the queue of connections, and wakes the listener. */
void socket_queue_accept(struct socket *listener, struct socket *child);

/* Takes the pending error: 0 or -errno. */
int socket_take_error(struct socket *socket);
/* The deadline of a call with this timeout. */
uint64_t socket_deadline(uint64_t timeout);
/* The result of a call whose sleep ended with R. */
int64_t socket_sleep_failed(int r, uint64_t timeout);
/* What a message of this process says of its sender. */
struct credentials socket_own_credentials(void);
/* -EPIPE, with its signal unless MSG_NOSIGNAL. */
int64_t socket_broken(const struct message *message);

struct packet *packet_create(uint32_t size);
void packet_free(struct packet *packet);
/* Reads SIZE bytes of IO into a new packet; NULL with *error. */
struct packet *packet_read(struct io *io, uint64_t size, int *error);
/* Appends to what TO has to read, and wakes it. */
void socket_deliver(struct socket *to, struct packet *packet);
/* Appends bytes of a stream.  Returns how many, or -errno. */
int64_t socket_deliver_bytes(struct socket *to, struct io *io, uint64_t size);
/* Forgets a packet, or all, that have arrived. */
void socket_drop(struct socket *socket, struct packet *packet);
void socket_discard(struct socket *socket);
/* How many bytes of a stream a read would find. */
uint64_t socket_readable(const struct socket *socket);

/* What a stream, or a queue of messages, gives to a reader. */
int64_t socket_receive_stream(struct socket *socket, struct io *io,
                              struct message *message);
int64_t socket_receive_packet(struct socket *socket, struct io *io,
                              struct message *message);

/* --------------------------------------------------------------- options */

int64_t socket_set_option(struct socket *socket, int level, int name,
                          uint64_t address, uint32_t size);
int64_t socket_get_option(struct socket *socket, int level, int name,
                          uint64_t address, uint64_t size_address);

/* ------------------------------------------------------------------ inet */

/* The addresses that the outside is told of. */
#define INET_OUTSIDE_ADDRESS                                                   \
	{                                                                      \
		10, 0, 2, 15                                                   \
	}

void inet_write_address(const struct socket *socket,
                        const struct bh_net_address *from,
                        struct socket_address *address);
bool inet_is_any(const struct bh_net_address *address);
bool inet_is_loopback(const struct bh_net_address *address);

/* May this address of the loopback be the host's, if nobody inside is there? */
bool net_shares_loopback(const struct bh_net_address *address);
/* SIOCGIFCONF and the like; -ENOTTY. */
int64_t inet_control(uint32_t request, uint64_t argument);

/* What net.c tells a socket. */
void inet_connected(struct socket *socket, int status,
                    const struct bh_net_address *local);
struct socket *inet_accepted(struct socket *listener,
                             const struct bh_net_address *peer,
                             const struct bh_net_address *local);
void inet_ended(struct socket *socket);
void inet_broken(struct socket *socket, int status);

/* ------------------------------------------------------------------- net */

bool net_available(void);
/* All of these are gathered and leave with the next exchange. */
int net_connect(struct socket *socket);
int net_listen(struct socket *socket);
int net_bind(struct socket *socket, uint8_t family);
/* Copies up to SIZE bytes of IO; what was copied, or -errno. */
int64_t net_send(struct socket *socket, struct io *io, uint64_t size);
int64_t net_send_to(struct socket *socket, struct io *io,
                    const struct bh_net_address *to);
/* N bytes, datagrams or connections were taken. */
void net_consumed(struct socket *socket, uint64_t n);
void net_shutdown(struct socket *socket);
void net_close(struct socket *socket, bool reset);
void net_option(struct socket *socket, enum bh_net_option option, int value);

#endif
