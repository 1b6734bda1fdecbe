/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device/net/net.h"

/*
 * What the guest is told.  Bytes are received right where they leave: in the
 * payload of the reply.  Sockets with something to say take turns.
 */

#define ACCEPT_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

/* One socket's share of a reply before the next one's turn. */
#define SHARE_BYTES     32768u
#define SHARE_ACCEPTS   64u
#define SHARE_DATAGRAMS 16u

/* A read for less than this is put off to the next reply. */
#define READ_MIN 4096u

struct writer {
	uint8_t *bytes;
	uint32_t used, room;
};

enum verdict {
	DONE,  /* nothing more to say at present */
	AGAIN, /* more, after the others */
	FULL,  /* more, but no room in this reply */
};

static struct bh_net_item *begin(struct writer *w, uint16_t type,
                                 const struct net_socket *socket)
{
	struct bh_net_item *item = (void *)(w->bytes + w->used);

	*item = (struct bh_net_item){
	        .size = sizeof(*item),
	        .type = type,
	        .socket = socket ? socket->number : 0,
	};
	return item;
}

static void end(struct writer *w, struct bh_net_item *item, uint32_t data)
{
	uint32_t size = (uint32_t)sizeof(*item) + data;
	uint32_t stride = (size + 7) & ~7u;

	item->size = size;
	memset((uint8_t *)item + size, 0, stride - size);
	w->used += stride;
}

/* Room for data behind one more header, a multiple of 8. */
static uint32_t data_room(const struct writer *w)
{
	uint32_t left = w->room - w->used;

	return left < sizeof(struct bh_net_item)
	               ? 0
	               : (left - (uint32_t)sizeof(struct bh_net_item)) & ~7u;
}

static bool has_room(const struct writer *w)
{
	return w->room - w->used >= sizeof(struct bh_net_item);
}

static void say_result(struct writer *w, const struct net_socket *socket)
{
	static const uint16_t types[] = {
	        [NET_LISTENER] = BH_NET_LISTENING,
	        [NET_STREAM] = BH_NET_CONNECTED,
	        [NET_DATAGRAM] = BH_NET_BOUND,
	};
	struct bh_net_item *item = begin(w, types[socket->kind], socket);

	item->status = socket->result;
	item->address = socket->peer;
	item->local = socket->local;
	end(w, item, 0);
}

static void say_closed(struct net *net, struct writer *w,
                       struct net_socket *socket)
{
	end(w, begin(w, BH_NET_CLOSED, socket), 0);
	if (socket->fd >= 0 && socket->first)
		net_linger(net, socket);
	else
		net_destroy(net, socket);
}

static void say_sent(struct writer *w, struct net_socket *socket)
{
	struct bh_net_item *item = begin(w, BH_NET_SENT, socket);

	item->value = socket->sent;
	end(w, item, 0);
	socket->send_credit += socket->sent;
	socket->sent = 0;
}

/* Says what is owed; false if there is no room for all of it. */
static bool say_owed(struct writer *w, struct net_socket *socket)
{
	if (socket->owed & NET_OWES_RESULT) {
		if (!has_room(w))
			return false;
		say_result(w, socket);
		socket->owed &= (uint8_t)~NET_OWES_RESULT;
	}
	if (socket->sent && !socket->broken) {
		if (!has_room(w))
			return false;
		say_sent(w, socket);
	}
	socket->owed &= (uint8_t)~NET_OWES_SENT;
	if (socket->owed & NET_OWES_BROKEN) {
		struct bh_net_item *item;

		if (!has_room(w))
			return false;
		item = begin(w, BH_NET_BROKEN, socket);
		item->status = socket->reason;
		end(w, item, 0);
		socket->owed &= (uint8_t)~NET_OWES_BROKEN;
	}
	return true;
}

/* ------------------------------------------------------------- connections */

static void say_accepted(struct net *net, struct writer *w,
                         const struct net_socket *listener, int fd,
                         const union net_sockaddr *peer)
{
	struct net_socket *socket = net_create(net, 0, NET_STREAM);
	struct epoll_event event = {
	        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
	        .data.u64 = net_slot(net, socket),
	};
	union net_sockaddr local = {.any.sa_family = 0};
	socklen_t length = sizeof(local);
	struct bh_net_item *item = begin(w, BH_NET_ACCEPTED, listener);

	socket->fd = fd;
	socket->own_fd = true;
	if (epoll_ctl(net->epoll, EPOLL_CTL_ADD, fd, &event) ||
	    getsockname(fd, &local.any, &length)) {
		net_destroy(net, socket);
		return;
	}
	net_from_sockaddr(&socket->peer, peer);
	net_from_sockaddr(&socket->local, &local);
	/* The guest knows its own port, not the host's. */
	socket->local.port = listener->local.port;
	item->value = socket->number;
	item->address = socket->peer;
	item->local = socket->local;
	end(w, item, 0);
}

static bool is_out_of_descriptors(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	       error == ENOMEM;
}

/* Accepts from one published port.  True if there may be more. */
static bool accept_from(struct net *net, struct writer *w,
                        struct net_socket *listener, int port, uint32_t *share)
{
	union net_sockaddr peer;

	while (listener->receive_credit && *share && has_room(w)) {
		socklen_t length = sizeof(peer);
		int fd;

		if (net->free == NET_NONE) {
			net->starved = true;
			return false;
		}
		fd = accept4(port, &peer.any, &length, ACCEPT_FLAGS);
		if (fd < 0 && is_out_of_descriptors(errno)) {
			net->starved = true;
			return false;
		}
		if (fd < 0 && (errno == EAGAIN || errno == EINVAL))
			return false;
		if (fd < 0)
			continue; /* that connection is gone already */
		say_accepted(net, w, listener, fd, &peer);
		listener->receive_credit--;
		--*share;
	}
	return true;
}

static enum verdict serve_listener(struct net *net, struct writer *w,
                                   struct net_socket *socket)
{
	uint32_t share = SHARE_ACCEPTS;
	bool more = false;

	for (uint32_t i = 0; i < net->config.port_count; i++)
		if (net->ports[i].owner == net_slot(net, socket))
			more |= accept_from(net, w, socket, net->ports[i].fd,
			                    &share);
	socket->readable = more || net->starved;
	if (!more || !socket->receive_credit)
		return DONE;
	return has_room(w) ? AGAIN : FULL;
}

/* ------------------------------------------------------------------- bytes */

static enum verdict serve_stream(struct net *net, struct writer *w,
                                 struct net_socket *socket)
{
	uint32_t room = data_room(w), most = socket->receive_credit;
	struct bh_net_item *item;
	ssize_t n;

	if (socket->connecting || socket->ended || !socket->readable || !most)
		return DONE;
	if (most > SHARE_BYTES)
		most = SHARE_BYTES;
	if (room < most && room < READ_MIN)
		return FULL;
	if (most > room)
		most = room;
	item = begin(w, BH_NET_DATA, socket);
	n = recv(socket->fd, item + 1, most, MSG_DONTWAIT);
	if (n > 0) {
		item->address = socket->peer;
		end(w, item, (uint32_t)n);
		socket->receive_credit -= (uint32_t)n;
		/* A short read has emptied it, and what comes later makes a new
		 * edge; but an end that has come already makes none. */
		socket->readable = (uint32_t)n == most || socket->hung;
		return socket->readable && socket->receive_credit ? AGAIN
		                                                  : DONE;
	}
	if (n == 0) {
		end(w, begin(w, BH_NET_END, socket), 0);
		socket->ended = true;
		socket->readable = false;
		return DONE;
	}
	if (errno == EINTR)
		return AGAIN;
	socket->readable = false;
	if (errno == EAGAIN)
		return DONE;
	net_break(net, socket, -errno);
	return say_owed(w, socket) ? DONE : FULL;
}

/* --------------------------------------------------------------- datagrams */

/* Receives from one descriptor.  True if there may be more. */
static bool receive_from(struct writer *w, struct net_socket *socket, int fd,
                         struct net_port *port, uint32_t *share)
{
	while (socket->receive_credit && *share &&
	       data_room(w) >= BH_NET_DATAGRAM_MAX) {
		union net_sockaddr peer = {.any.sa_family = 0};
		socklen_t length = sizeof(peer);
		struct bh_net_item *item = begin(w, BH_NET_DATAGRAM, socket);
		ssize_t n = recvfrom(fd, item + 1, BH_NET_DATAGRAM_MAX,
		                     MSG_DONTWAIT, &peer.any, &length);

		if (n < 0 && errno == EAGAIN)
			return false;
		--*share;
		if (n < 0)
			continue; /* an earlier datagram was refused */
		net_from_sockaddr(&item->address, &peer);
		if (port)
			net_remember_peer(port, &item->address);
		end(w, item, (uint32_t)n);
		socket->receive_credit--;
	}
	return true;
}

static enum verdict serve_datagram(struct net *net, struct writer *w,
                                   struct net_socket *socket)
{
	uint32_t share = SHARE_DATAGRAMS;
	bool more = false;

	if (!socket->readable || !socket->receive_credit)
		return DONE;
	if (socket->fd >= 0)
		more = receive_from(w, socket, socket->fd, NULL, &share);
	for (uint32_t i = 0; i < net->config.port_count; i++)
		if (net->ports[i].owner == net_slot(net, socket))
			more |= receive_from(w, socket, net->ports[i].fd,
			                     &net->ports[i], &share);
	socket->readable = more;
	if (!more || !socket->receive_credit)
		return DONE;
	return data_room(w) >= BH_NET_DATAGRAM_MAX ? AGAIN : FULL;
}

/* ------------------------------------------------------------------ turns */

static enum verdict serve(struct net *net, struct writer *w,
                          struct net_socket *socket)
{
	if (socket->owed & NET_OWES_CLOSED) {
		if (!has_room(w))
			return FULL;
		say_closed(net, w, socket);
		return DONE;
	}
	if (!say_owed(w, socket))
		return FULL;
	if (socket->broken)
		return DONE;
	switch (socket->kind) {
	case NET_LISTENER:
		return serve_listener(net, w, socket);
	case NET_STREAM:
		return serve_stream(net, w, socket);
	case NET_DATAGRAM:
		return serve_datagram(net, w, socket);
	default:
		return DONE;
	}
}

static struct net_socket *pop(struct net *net)
{
	struct net_socket *socket;

	if (net->queue_first == NET_NONE)
		return NULL;
	socket = &net->sockets[net->queue_first];
	net->queue_first = socket->next;
	if (net->queue_first == NET_NONE)
		net->queue_last = NET_NONE;
	socket->queued = false;
	return socket;
}

/* The one that found no room is the first of the next reply. */
static void push_front(struct net *net, struct net_socket *socket)
{
	uint32_t slot = net_slot(net, socket);

	if (socket->queued)
		return;
	socket->queued = true;
	socket->next = net->queue_first;
	net->queue_first = slot;
	if (net->queue_last == NET_NONE)
		net->queue_last = slot;
}

static bool is_loopback(const struct bh_net_address *address)
{
	static const uint8_t one[16] = {[15] = 1};

	if (address->family == BH_NET_IPV4)
		return address->bytes[0] == 127;
	return memcmp(address->bytes, one, sizeof(one)) == 0;
}

/* A reply has room for far more than there can be. */
static void greet(struct net *net, struct writer *w)
{
	struct bh_net_item *item = begin(w, BH_NET_HELLO, NULL);
	struct bh_net_name *names = (void *)(item + 1);
	uint32_t count = net->config.name_count;

	memcpy(names, net->config.names, count * sizeof(*names));
	for (uint32_t i = 0; i < net->config.target_count; i++) {
		const struct bh_net_address *address =
		        &net->config.targets[i].address;

		if (is_loopback(address))
			names[count++] =
			        (struct bh_net_name){.address = *address};
	}
	end(w, item, count * (uint32_t)sizeof(*names));
	net->hello = false;
}

bool net_has_events(const struct net *net)
{
	return net->hello || net->queue_first != NET_NONE;
}

uint32_t net_collect(struct net *net, uint8_t *bytes, uint32_t room)
{
	struct writer w = {bytes, 0, room};
	struct net_socket *socket;

	if (net->hello) {
		greet(net, &w);
		return w.used;
	}
	while ((socket = pop(net))) {
		enum verdict verdict = serve(net, &w, socket);

		if (verdict == AGAIN)
			net_enqueue(net, socket);
		if (verdict == FULL) {
			push_front(net, socket);
			break;
		}
	}
	return w.used;
}

void net_on_epoll(struct net *net, uint64_t data, uint32_t events)
{
	struct net_socket *socket;
	uint32_t slot = (uint32_t)data;

	if (data & NET_EPOLL_PORT)
		slot = net->ports[slot].owner;
	if (slot >= NET_SLOTS)
		return;
	socket = &net->sockets[slot];
	if (socket->kind == NET_FREE)
		return;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
		socket->readable = true;
		socket->hung |= (events & ~(uint32_t)(EPOLLIN | EPOLLOUT)) != 0;
		if (socket->receive_credit)
			net_enqueue(net, socket);
	}
	if (socket->kind == NET_STREAM &&
	    events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		net_is_writable(net, socket);
}
