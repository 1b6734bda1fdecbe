/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device/net/net.h"

/* What the commands of a checked turn do. */

#define TYPE_FLAGS  (SOCK_NONBLOCK | SOCK_CLOEXEC)
#define SEND_FLAGS  (MSG_NOSIGNAL | MSG_DONTWAIT)
#define BACKLOG_MAX 4096
#define VECTORS_MAX 64u

/* A new socket that owes the result of its making.  NULL: ignored. */
static struct net_socket *make(struct net *net, const struct bh_net_item *item,
                               enum net_kind kind)
{
	struct net_socket *socket = net_find(net, item->socket);

	if (socket) {
		net_break(net, socket, -EINVAL);
		return NULL;
	}
	socket = net_create(net, item->socket, kind);
	if (!socket)
		return NULL;
	socket->owed = NET_OWES_RESULT;
	return socket;
}

static void settle(struct net *net, struct net_socket *socket, int result)
{
	socket->result = result;
	if (result) {
		net_disconnect(net, socket);
		socket->broken = true;
	}
	net_enqueue(net, socket);
}

static int watch(const struct net *net, const struct net_socket *socket)
{
	struct epoll_event event = {
	        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
	        .data.u64 = net_slot(net, socket),
	};

	return epoll_ctl(net->epoll, EPOLL_CTL_ADD, socket->fd, &event) ? -errno
	                                                                : 0;
}

/* Takes the published ports with this number.  Returns 0 or -errno. */
static int take_ports(struct net *net, struct net_socket *socket,
                      uint16_t number, bool datagram)
{
	int r = -EACCES;

	for (uint32_t i = 0; i < net->config.port_count; i++) {
		const struct bh_device_net_port *port = &net->config.ports[i];

		if (port->guest_port != number || port->datagram != datagram)
			continue;
		if (net->ports[i].owner != NET_NONE)
			return -EADDRINUSE;
		net->ports[i].owner = net_slot(net, socket);
		r = 0;
	}
	return r;
}

static void act_listen(struct net *net, const struct bh_net_item *item)
{
	struct net_socket *socket = make(net, item, NET_LISTENER);
	int backlog =
	        item->value > BACKLOG_MAX ? BACKLOG_MAX : (int)item->value;
	int r;

	if (!socket)
		return;
	socket->local = item->local;
	socket->readable = true;
	r = take_ports(net, socket, item->local.port, false);
	for (uint32_t i = 0; !r && i < net->config.port_count; i++)
		if (net->ports[i].owner == net_slot(net, socket) &&
		    listen(net->ports[i].fd, backlog))
			r = -errno;
	settle(net, socket, r);
}

/* Returns 0 if the connection is made or under way. */
static int begin_connect(struct net *net, struct net_socket *s,
                         const struct bh_net_item *item)
{
	union net_sockaddr address;
	socklen_t length = net_to_sockaddr(&address, &item->address);
	int r;

	if (item->flags & BH_NET_FLAG_DATAGRAM)
		return -EPROTONOSUPPORT;
	if (!net_is_target(net, &item->address, false))
		return -EACCES;
	s->fd = socket(address.any.sa_family, SOCK_STREAM | TYPE_FLAGS, 0);
	if (s->fd < 0)
		return -errno;
	s->own_fd = s->connecting = true;
	if (connect(s->fd, &address.any, length) && errno != EINPROGRESS)
		return -errno;
	r = watch(net, s);
	return r;
}

static void act_connect(struct net *net, const struct bh_net_item *item)
{
	struct net_socket *s = make(net, item, NET_STREAM);
	int r;

	if (!s)
		return;
	s->peer = item->address;
	r = begin_connect(net, s, item);
	if (r)
		settle(net, s, r);
}

static bool has_datagram_targets(const struct net *net)
{
	for (uint32_t i = 0; i < net->config.target_count; i++)
		if (net->config.targets[i].datagram)
			return true;
	return false;
}

/* A datagram socket of our own, for what the guest asks others. */
static int bind_any(struct net *net, struct net_socket *s)
{
	struct bh_net_address any = {.family = s->local.family};
	union net_sockaddr address;
	socklen_t length = net_to_sockaddr(&address, &any);

	if (!has_datagram_targets(net))
		return -EACCES;
	s->fd = socket(address.any.sa_family, SOCK_DGRAM | TYPE_FLAGS, 0);
	if (s->fd < 0)
		return -errno;
	s->own_fd = true;
	if (bind(s->fd, &address.any, length) ||
	    getsockname(s->fd, &address.any, &length))
		return -errno;
	net_from_sockaddr(&any, &address);
	s->local.port = any.port;
	return watch(net, s);
}

static void act_bind(struct net *net, const struct bh_net_item *item)
{
	struct net_socket *s = make(net, item, NET_DATAGRAM);

	if (!s)
		return;
	s->local = item->local;
	s->readable = true;
	settle(net, s,
	       item->local.port ? take_ports(net, s, item->local.port, true)
	                        : bind_any(net, s));
}

/* The descriptor that may send to ADDRESS, or -1. */
static int sender_to(const struct net *net, const struct net_socket *s,
                     const struct bh_net_address *address)
{
	bool target = net_is_target(net, address, true);

	if (s->fd >= 0)
		return target && s->local.family == address->family ? s->fd
		                                                    : -1;
	for (uint32_t i = 0; i < net->config.port_count; i++)
		if (net->ports[i].owner == net_slot(net, s) &&
		    net->config.ports[i].family == address->family &&
		    (target || net_knows_peer(&net->ports[i], address)))
			return net->ports[i].fd;
	return -1;
}

/* What may not leave, or finds no room, is lost, as datagrams are. */
static void act_send_to(struct net *net, struct net_socket *s,
                        const struct bh_net_item *item)
{
	uint32_t size = item->size - (uint32_t)sizeof(*item);
	union net_sockaddr address;
	socklen_t length = net_to_sockaddr(&address, &item->address);
	int fd;

	if (s->kind != NET_DATAGRAM || size > s->send_credit) {
		net_break(net, s, -EINVAL);
		return;
	}
	fd = sender_to(net, s, &item->address);
	if (fd >= 0 &&
	    sendto(fd, item + 1, size, SEND_FLAGS, &address.any, length) < 0) {
		/* Lost. */
	}
	s->send_credit -= size;
	s->sent += size;
	if (s->sent >= BH_NET_SEND_CREDIT / 2) {
		s->owed |= NET_OWES_SENT;
		net_enqueue(net, s);
	}
}

static void act_credit(struct net *net, struct net_socket *s,
                       const struct bh_net_item *item)
{
	if (item->value > BH_NET_RECEIVE_CREDIT_MAX - s->receive_credit) {
		net_break(net, s, -EINVAL);
		return;
	}
	s->receive_credit += (uint32_t)item->value;
	if (s->readable)
		net_enqueue(net, s);
}

/* A listener's ports no longer take connections. */
static void deafen(struct net *net, const struct net_socket *s)
{
	for (uint32_t i = 0; i < net->config.port_count; i++)
		if (net->ports[i].owner == net_slot(net, s))
			shutdown(net->ports[i].fd, SHUT_RDWR);
}

static void act_close(struct net *net, struct net_socket *s,
                      const struct bh_net_item *item)
{
	static const struct linger reset = {1, 0};

	if (s->kind == NET_LISTENER)
		deafen(net, s);
	if (item->value && s->fd >= 0 && s->own_fd)
		setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (item->value || !s->first || s->connecting)
		net_disconnect(net, s);
	s->owed = NET_OWES_CLOSED;
	net_enqueue(net, s);
}

static void act_option(const struct net_socket *s,
                       const struct bh_net_item *item)
{
	static const struct {
		int level, name;
	} options[] = {
	        [BH_NET_OPTION_NO_DELAY] = {IPPROTO_TCP, TCP_NODELAY},
	        [BH_NET_OPTION_KEEP_ALIVE] = {SOL_SOCKET, SO_KEEPALIVE},
	        [BH_NET_OPTION_KEEP_IDLE] = {IPPROTO_TCP, TCP_KEEPIDLE},
	        [BH_NET_OPTION_KEEP_INTERVAL] = {IPPROTO_TCP, TCP_KEEPINTVL},
	        [BH_NET_OPTION_KEEP_COUNT] = {IPPROTO_TCP, TCP_KEEPCNT},
	        [BH_NET_OPTION_CORK] = {IPPROTO_TCP, TCP_CORK},
	};
	int setting = (int)(uint32_t)item->value;

	if (s->kind == NET_STREAM && s->fd >= 0)
		setsockopt(s->fd, options[item->value >> 32].level,
		           options[item->value >> 32].name, &setting,
		           sizeof(setting));
}

static void act_on_socket(struct net *net, const struct bh_net_item *item)
{
	struct net_socket *s = net_find(net, item->socket);

	if (!s || s->owed & NET_OWES_CLOSED)
		return;
	if (item->type == BH_NET_CLOSE) {
		act_close(net, s, item);
		return;
	}
	if (s->broken)
		return;
	switch (item->type) {
	case BH_NET_SEND_TO:
		act_send_to(net, s, item);
		break;
	case BH_NET_CREDIT:
		act_credit(net, s, item);
		break;
	case BH_NET_SHUTDOWN:
		if (s->kind != NET_STREAM) {
			net_break(net, s, -EINVAL);
			break;
		}
		s->ending = true;
		net_flush(net, s);
		break;
	default:
		act_option(s, item);
		break;
	}
}

/*
 * Sends of one socket that follow each other leave together.  Returns how many
 * bytes of the turn that were.
 */
static size_t act_send(struct net *net, const uint8_t *turn, size_t size)
{
	const struct bh_net_item *item = (const void *)turn;
	uint32_t number = item->socket;
	struct net_socket *s = net_find(net, number);
	struct iovec vectors[VECTORS_MAX];
	struct net_bytes bytes = {vectors, 0, 0};
	size_t at = 0;

	while (at < size && bytes.count < VECTORS_MAX) {
		item = (const void *)(turn + at);
		if (item->type != BH_NET_SEND || item->socket != number)
			break;
		vectors[bytes.count++] = (struct iovec){
		        (void *)(uintptr_t)(item + 1),
		        item->size - sizeof(*item),
		};
		bytes.size += item->size - sizeof(*item);
		at += ((size_t)item->size + 7) & ~(size_t)7;
	}
	if (!s || s->broken || s->owed & NET_OWES_CLOSED)
		return at;
	if (s->kind != NET_STREAM || s->ending || bytes.size > s->send_credit)
		net_break(net, s, -EINVAL);
	else
		net_send(net, s, &bytes);
	return at;
}

void net_act(struct net *net, const uint8_t *turn, size_t size)
{
	size_t at = 0;

	while (at < size) {
		const struct bh_net_item *item = (const void *)(turn + at);

		if (item->type == BH_NET_SEND) {
			at += act_send(net, turn + at, size - at);
			continue;
		}
		if (item->type == BH_NET_LISTEN)
			act_listen(net, item);
		else if (item->type == BH_NET_CONNECT)
			act_connect(net, item);
		else if (item->type == BH_NET_BIND)
			act_bind(net, item);
		else
			act_on_socket(net, item);
		at += ((size_t)item->size + 7) & ~(size_t)7;
	}
}
