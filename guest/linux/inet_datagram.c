/* SPDX-License-Identifier: ISC */

/* UDP as programs see it: udp(7). */

#include "guest/linux/inet.h"

static int datagram_bind(struct socket *socket,
                         const struct socket_address *address)
{
	int r = inet_bind(socket, address);

	/* A port that nobody was told of is of no use before something has
	 * been sent from it. */
	if (!r && !socket->port_chosen && inet_is_public(socket))
		r = net_bind(socket, socket->local.family);
	return r;
}

/* connect(2) to AF_UNSPEC: what bind(2) has not given is gone. */
static int disconnect(struct socket *socket)
{
	uint16_t port = socket->local.port;

	socket->state = SOCKET_IDLE;
	memset(&socket->remote, 0, sizeof(socket->remote));
	if (!socket->address_given)
		socket->local = (struct bh_net_address){
		        .family = socket->family == AF_INET ? BH_NET_IPV4
		                                            : BH_NET_IPV6,
		        .port = port,
		};
	/* Outside, answers may still come to the port. */
	if (socket->port_chosen && !socket->net_number) {
		inet_unbind(socket);
		socket->local.port = 0;
	}
	return 0;
}

static bool is_broadcast(const struct bh_net_address *to)
{
	static const uint8_t all[4] = {255, 255, 255, 255};

	return to->family == BH_NET_IPV4 && !memcmp(to->bytes, all, 4);
}

/* Reads where a datagram shall go, and looks if it may. */
static int read_destination(const struct socket *socket,
                            const struct socket_address *address,
                            struct bh_net_address *to)
{
	uint16_t family = address_family(address);
	/* IPv6 sockets take addresses of IPv4; no family means IPv4. */
	bool ipv4 = socket->family == AF_INET6 ? family == AF_INET
	                                       : family == AF_UNSPEC;
	int r = ipv4 ? inet_read_ipv4(address, to)
	             : inet_read_address(socket, address, to);

	if (r)
		return r;
	if (!inet_speaks(socket, to))
		return -ENETUNREACH;
	if (is_broadcast(to) && !socket->options.broadcast)
		return -EACCES;
	inet_any_to_loopback(to);
	return 0;
}

static int datagram_connect(struct socket *socket,
                            const struct socket_address *address,
                            uint32_t flags)
{
	struct bh_net_address to;
	int r;

	(void)flags;
	if (address_family(address) == AF_UNSPEC && address->size >= 2)
		return disconnect(socket);
	r = read_destination(socket, address, &to);
	if (r)
		return r;
	if (!inet_is_local(&to) &&
	    (!net_available() || to.family == BH_NET_IPV6))
		return -ENETUNREACH;
	r = inet_bind_any(socket);
	if (r)
		return r;
	inet_source(&to, &socket->local);
	socket->remote = to;
	socket->state = SOCKET_CONNECTED;
	return 0;
}

/* What an ICMP message would say. */
static void refuse(struct socket *socket)
{
	if (socket->state != SOCKET_CONNECTED &&
	    !socket->options.receive_errors)
		return;
	socket->error = ECONNREFUSED;
	wait_wake(&socket->queue, POLLERR);
}

static void fill_arrival(struct packet *packet, const struct socket *from,
                         const struct bh_net_address *to)
{
	packet->arrival = (struct arrival){
	        .to = *to,
	        .time_to_live = (uint8_t)from->options.time_to_live,
	        .type_of_service = (uint8_t)from->options.type_of_service,
	};
}

static int64_t send_inside(struct socket *socket, struct io *io,
                           const struct bh_net_address *to)
{
	struct bh_net_address from = socket->local;
	int64_t size = (int64_t)io->left;
	struct packet *packet;
	struct socket *other;
	int r;

	packet = packet_read(io, io->left, &r);
	if (!packet)
		return r;
	inet_source(to, &from);
	other = inet_find(SOCK_DGRAM, to, &from);
	if (!other)
		refuse(socket);
	/* A full queue loses what comes, as on Linux. */
	if (other && other->incoming_bytes + packet->size <=
	                     other->options.receive_buffer)
		packet->from = memory_allocate(sizeof(*packet->from));
	if (!packet->from) {
		packet_free(packet);
		return size;
	}
	inet_write_address(other, &from, packet->from);
	fill_arrival(packet, socket, to);
	socket_deliver(other, packet);
	return size;
}

static int64_t send_outside(struct socket *socket, struct io *io,
                            const struct bh_net_address *to)
{
	int r;

	if (!net_available())
		return -ENETUNREACH;
	if (!socket->net_number) {
		if (socket->net_failed)
			return -EPERM;
		r = net_bind(socket, to->family);
		if (r)
			return r;
	}
	return net_send_to(socket, io, to);
}

static bool goes_inside(const struct socket *socket,
                        const struct bh_net_address *to)
{
	struct bh_net_address from = socket->local;

	if (!inet_is_local(to))
		return false;
	inet_source(to, &from);
	if (inet_find(SOCK_DGRAM, to, &from))
		return true;
	/* Who has sent something to a published port may be on the host's
	 * loopback. */
	return !net_shares_loopback(to) && !socket->net_number;
}

static int64_t datagram_send(struct socket *socket, struct io *io,
                             struct message *message)
{
	struct bh_net_address to = socket->remote;
	int r = inet_bind_any(socket);

	if (r)
		return r == -EADDRNOTAVAIL ? -EAGAIN : r;
	if (io->left > BH_NET_DATAGRAM_MAX)
		return -EMSGSIZE;
	if (message->to) {
		r = read_destination(socket, message->to, &to);
		if (r)
			return r;
		if (!to.port)
			return -EINVAL;
	} else if (socket->state != SOCKET_CONNECTED) {
		return -EDESTADDRREQ;
	}
	if (socket->shut & SHUT_SEND)
		return socket_broken(message);
	if (socket->error)
		return socket_take_error(socket);
	return goes_inside(socket, &to) ? send_inside(socket, io, &to)
	                                : send_outside(socket, io, &to);
}

static void datagram_consumed(struct socket *socket, uint64_t n)
{
	if (socket->net_number)
		net_consumed(socket, n);
}

static int datagram_shutdown(struct socket *socket, unsigned how)
{
	socket->shut |= how;
	wait_wake(&socket->queue, 0);
	return socket->state == SOCKET_CONNECTED ? 0 : -ENOTCONN;
}

static uint32_t datagram_poll(struct socket *socket)
{
	uint32_t events = POLL_WRITABLE;

	if (socket->error)
		events |= POLLERR;
	if (socket->shut == SHUT_BOTH)
		events |= POLLHUP;
	if (socket->shut & SHUT_RECEIVE)
		events |= POLL_READABLE | POLLRDHUP;
	if (!list_is_empty(&socket->incoming))
		events |= POLL_READABLE;
	if (socket->net_number && !socket->net_credit)
		events &= ~POLL_WRITABLE;
	return events;
}

static void datagram_close(struct socket *socket)
{
	if (socket->net_number)
		net_close(socket, false);
	inet_unbind(socket);
}

const struct socket_family inet_datagram_family = {
        .bind = datagram_bind,
        .connect = datagram_connect,
        .send = datagram_send,
        .receive = socket_receive_packet,
        .name = inet_name,
        .shutdown = datagram_shutdown,
        .poll = datagram_poll,
        .consumed = datagram_consumed,
        .close = datagram_close,
};
