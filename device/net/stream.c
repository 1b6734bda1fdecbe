/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>

#include "device/net/net.h"

/* The way of bytes to the network. */

#define SEND_FLAGS  (MSG_NOSIGNAL | MSG_DONTWAIT)
#define VECTORS_MAX 16u

/* Returns how many bytes the host's kernel took, or -errno. */
static ssize_t send_vectors(struct net_socket *socket, struct iovec *vectors,
                            uint32_t count)
{
	struct msghdr message = {.msg_iov = vectors, .msg_iovlen = count};
	ssize_t n;

	do
		n = sendmsg(socket->fd, &message, SEND_FLAGS);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	if (errno != EAGAIN)
		return -errno;
	socket->writable = false;
	return 0;
}

static void note_sent(struct net *net, struct net_socket *socket, uint32_t size)
{
	socket->sent += size;
	if (socket->sent < BH_NET_SEND_CREDIT / 2 ||
	    socket->owed & NET_OWES_CLOSED)
		return;
	socket->owed |= NET_OWES_SENT;
	net_enqueue(net, socket);
}

/* Puts what has not been sent into the socket's chunks. */
static void keep_rest(struct net *net, struct net_socket *socket,
                      const struct net_bytes *bytes, size_t sent)
{
	for (uint32_t i = 0; i < bytes->count; i++) {
		const uint8_t *from = bytes->vectors[i].iov_base;
		size_t size = bytes->vectors[i].iov_len;
		int r;

		if (sent >= size) {
			sent -= size;
			continue;
		}
		r = net_append(net, socket, from + sent, size - sent);
		sent = 0;
		if (r) {
			net_break(net, socket, r);
			return;
		}
	}
}

void net_send(struct net *net, struct net_socket *socket,
              struct net_bytes *bytes)
{
	ssize_t n = 0;

	socket->send_credit -= (uint32_t)bytes->size;
	if (!socket->first && !socket->connecting)
		n = send_vectors(socket, bytes->vectors, bytes->count);
	if (n < 0) {
		net_break(net, socket, (int)n);
		return;
	}
	note_sent(net, socket, (uint32_t)n);
	if ((size_t)n < bytes->size) {
		keep_rest(net, socket, bytes, (size_t)n);
		/* What made room meanwhile has rung already. */
		if (socket->writable)
			net_flush(net, socket);
	}
}

static uint32_t gather(const struct net_socket *socket,
                       struct iovec vectors[VECTORS_MAX])
{
	uint32_t count = 0;

	for (struct net_chunk *chunk = socket->first;
	     chunk && count < VECTORS_MAX; chunk = chunk->next)
		vectors[count++] = (struct iovec){chunk->bytes + chunk->begin,
		                                  chunk->end - chunk->begin};
	return count;
}

static void take_off(struct net *net, struct net_socket *socket, size_t size)
{
	while (size) {
		struct net_chunk *chunk = socket->first;
		uint32_t part = chunk->end - chunk->begin;

		if (size < part) {
			chunk->begin += (uint32_t)size;
			return;
		}
		size -= part;
		net_drop_chunk(net, socket);
	}
}

static void finish(struct net *net, struct net_socket *socket)
{
	if (socket->lingering) {
		net_destroy(net, socket);
	} else if (socket->ending && socket->fd >= 0) {
		shutdown(socket->fd, SHUT_WR);
	}
}

void net_flush(struct net *net, struct net_socket *socket)
{
	struct iovec vectors[VECTORS_MAX];

	if (socket->connecting || socket->broken || socket->fd < 0)
		return;
	while (socket->first) {
		ssize_t n =
		        send_vectors(socket, vectors, gather(socket, vectors));

		if (n < 0) {
			net_break(net, socket, (int)n);
			return;
		}
		if (n == 0)
			return;
		take_off(net, socket, (size_t)n);
		note_sent(net, socket, (uint32_t)n);
	}
	finish(net, socket);
}

static void finish_connect(struct net *net, struct net_socket *socket)
{
	union net_sockaddr address = {.any.sa_family = 0};
	socklen_t length = sizeof(socket->result);

	if (getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &socket->result,
	               &length))
		socket->result = errno;
	socket->result = -socket->result;
	socket->connecting = false;
	length = sizeof(address);
	if (socket->result) {
		net_disconnect(net, socket);
		socket->broken = true;
	} else if (getsockname(socket->fd, &address.any, &length) == 0) {
		net_from_sockaddr(&socket->local, &address);
	}
	net_enqueue(net, socket);
}

void net_is_writable(struct net *net, struct net_socket *socket)
{
	socket->writable = true;
	if (socket->connecting)
		finish_connect(net, socket);
	if (socket->first || socket->ending)
		net_flush(net, socket);
}

void net_expire(struct net *net, uint64_t now)
{
	static const struct linger reset = {1, 0};

	for (uint32_t i = 0; net->lingering && i < NET_SLOTS; i++) {
		struct net_socket *socket = &net->sockets[i];

		if (!socket->lingering || now < socket->linger_until)
			continue;
		setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &reset,
		           sizeof(reset));
		net_destroy(net, socket);
	}
}
