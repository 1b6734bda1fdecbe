/* SPDX-License-Identifier: ISC */

/* The calls that make, name, connect and end sockets. */

#include "guest/linux/socket.h"
#include "guest/linux/syscall.h"
#include "guest/linux/task.h"

#define TYPE_MASK    0xfu
#define PROTOCOL_MAX 262 /* IPPROTO_MPTCP */

static int check_inet(int type, int protocol)
{
	if (protocol < 0 || protocol > PROTOCOL_MAX)
		return -EINVAL;
	if (type == SOCK_RAW && protocol)
		return -EPERM;
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_RAW)
		return -ESOCKTNOSUPPORT;
	if (type == SOCK_RAW ||
	    (protocol &&
	     protocol != (type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP)))
		return -EPROTONOSUPPORT;
	return 0;
}

static int check_type(int family, int type, int protocol)
{
	switch (family) {
	case AF_UNIX:
		if (protocol && protocol != AF_UNIX)
			return -EPROTONOSUPPORT;
		if (type != SOCK_STREAM && type != SOCK_DGRAM &&
		    type != SOCK_SEQPACKET && type != SOCK_RAW)
			return -ESOCKTNOSUPPORT;
		return 0;
	case AF_INET:
	case AF_INET6:
		return check_inet(type, protocol);
	case AF_NETLINK:
		if (type != SOCK_RAW && type != SOCK_DGRAM)
			return -ESOCKTNOSUPPORT;
		return protocol ? -EPROTONOSUPPORT : 0;
	default:
		return -EAFNOSUPPORT;
	}
}

static struct socket *make(int family, int type, int protocol)
{
	if (family == AF_UNIX && type == SOCK_RAW)
		type = SOCK_DGRAM;
	if (family == AF_INET || family == AF_INET6)
		protocol = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
	return socket_create(family, type, protocol);
}

SYSCALL(socket)
{
	uint32_t flags = (uint32_t)call->a[1] & ~TYPE_MASK;
	int family = call_int(call, 0), protocol = call_int(call, 2);
	int type = (int)((uint32_t)call->a[1] & TYPE_MASK);
	struct socket *socket;
	int r;

	if (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	r = check_type(family, type, protocol);
	if (r)
		return r;
	socket = make(family, type, protocol);
	return socket ? socket_install(socket, flags) : -ENOBUFS;
}

static void join(struct socket *a, struct socket *b)
{
	a->peer = b;
	b->peer = a;
	a->state = b->state = SOCKET_CONNECTED;
	a->peer_credentials = b->peer_credentials = socket_own_credentials();
}

SYSCALL(socketpair)
{
	uint32_t flags = (uint32_t)call->a[1] & ~TYPE_MASK;
	int family = call_int(call, 0), protocol = call_int(call, 2);
	int type = (int)((uint32_t)call->a[1] & TYPE_MASK);
	struct socket *pair[2];
	int32_t numbers[2];
	int64_t r;

	if (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	r = check_type(family, type, protocol);
	if (r)
		return r;
	if (family != AF_UNIX)
		return -EOPNOTSUPP;
	if (!user_writable(call->a[3], sizeof(numbers)))
		return -EFAULT;
	pair[0] = make(family, type, protocol);
	pair[1] = make(family, type, protocol);
	if (!pair[0] || !pair[1]) {
		for (unsigned i = 0; i < 2; i++)
			if (pair[i])
				socket_destroy(pair[i]);
		return -ENOBUFS;
	}
	join(pair[0], pair[1]);
	r = socket_install(pair[0], flags);
	if (r < 0) {
		socket_destroy(pair[1]);
		return r;
	}
	numbers[0] = (int32_t)r;
	r = socket_install(pair[1], flags);
	if (r < 0) {
		descriptor_close(numbers[0]);
		return r;
	}
	numbers[1] = (int32_t)r;
	return user_write(call->a[3], numbers, sizeof(numbers));
}

/* ------------------------------------------------------------- addresses */

static int address_from_user(struct socket_address *address, uint64_t from,
                             uint64_t size)
{
	memset(address, 0, sizeof(*address));
	if (size > SOCKET_ADDRESS_MAX)
		return -EINVAL;
	address->size = (uint32_t)size;
	return user_read(address->bytes, from, size);
}

/* SIZE_ADDRESS: an int with the room, which gets the true size. */
static int address_to_user(const struct socket_address *address, uint64_t to,
                           uint64_t size_address)
{
	int32_t room, size = (int32_t)address->size;

	if (user_read(&room, size_address, sizeof(room)))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (room > size)
		room = size;
	if (user_write(to, address->bytes, (size_t)room))
		return -EFAULT;
	return user_write(size_address, &size, sizeof(size));
}

SYSCALL(bind)
{
	struct socket_address address;
	int r;
	struct socket *socket = socket_hold(call_int(call, 0), &r);

	if (!socket)
		return r;
	r = -EINVAL;
	if (call_int(call, 2) >= 0)
		r = address_from_user(&address, call->a[1],
		                      (uint32_t)call->a[2]);
	if (!r)
		r = socket->ops->bind ? socket->ops->bind(socket, &address)
		                      : -EOPNOTSUPP;
	file_release(socket->file);
	return r;
}

SYSCALL(listen)
{
	uint32_t backlog = (uint32_t)call->a[1];
	int r;
	struct socket *socket = socket_hold(call_int(call, 0), &r);

	if (!socket)
		return r;
	r = -EOPNOTSUPP;
	if (socket->ops->listen && socket->type != SOCK_DGRAM) {
		socket->backlog = backlog < SOCKET_BACKLOG_MAX
		                          ? backlog
		                          : SOCKET_BACKLOG_MAX;
		r = socket->ops->listen(socket);
	}
	file_release(socket->file);
	return r;
}

SYSCALL(connect)
{
	struct socket_address address;
	int r;
	struct socket *socket = socket_hold(call_int(call, 0), &r);

	if (!socket)
		return r;
	r = -EINVAL;
	if (call_int(call, 2) >= 0)
		r = address_from_user(&address, call->a[1],
		                      (uint32_t)call->a[2]);
	if (!r)
		r = socket->ops->connect
		            ? socket->ops->connect(socket, &address,
		                                   socket->file->flags)
		            : -EOPNOTSUPP;
	file_release(socket->file);
	return r;
}

/* The first connection in the queue, or NULL with *error. */
static struct socket *take_connection(struct socket *listener, int64_t *error)
{
	uint64_t timeout = listener->options.receive_timeout;
	uint64_t deadline = socket_deadline(timeout);
	struct socket *child;
	int r;

	while (list_is_empty(&listener->accepts)) {
		*error = -EINVAL;
		if (listener->state != SOCKET_LISTENING)
			return NULL;
		if (listener->file->flags & O_NONBLOCK) {
			*error = ipc_would_block();
			return NULL;
		}
		WAIT_FOR(r, &listener->queue,
		         !list_is_empty(&listener->accepts) ||
		                 listener->state != SOCKET_LISTENING,
		         deadline);
		*error = socket_sleep_failed(r, timeout);
		if (r)
			return NULL;
	}
	child = LIST_FIRST(&listener->accepts, struct socket, accept_link);
	list_remove(&child->accept_link);
	child->listener = NULL;
	listener->accept_count--;
	if (listener->ops->accepted)
		listener->ops->accepted(listener);
	return child;
}

static int64_t accept(const struct syscall *call, uint32_t flags)
{
	struct socket_address address = {0};
	int r;
	struct socket *listener = socket_hold(call_int(call, 0), &r), *child;
	int64_t result = -EINVAL;

	if (!listener)
		return r;
	if (listener->type == SOCK_DGRAM || !listener->ops->listen) {
		file_release(listener->file);
		return -EOPNOTSUPP;
	}
	child = NULL;
	if (listener->state == SOCKET_LISTENING)
		child = take_connection(listener, &result);
	file_release(listener->file);
	if (!child)
		return result;
	child->ops->name(child, true, &address);
	result = socket_install(child, flags);
	if (result >= 0 && call->a[1] &&
	    (r = address_to_user(&address, call->a[1], call->a[2]))) {
		descriptor_close(result);
		return r;
	}
	return result;
}

SYSCALL(accept)
{
	return accept(call, 0);
}

SYSCALL(accept4)
{
	uint32_t flags = (uint32_t)call->a[3];

	if (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	return accept(call, flags);
}

static int64_t name(const struct syscall *call, bool peer)
{
	struct socket_address address = {0};
	int r;
	struct socket *socket = socket_hold(call_int(call, 0), &r);

	if (!socket)
		return r;
	r = socket->ops->name(socket, peer, &address);
	if (!r)
		r = address_to_user(&address, call->a[1], call->a[2]);
	file_release(socket->file);
	return r;
}

SYSCALL(getsockname)
{
	return name(call, false);
}

SYSCALL(getpeername)
{
	return name(call, true);
}

SYSCALL(shutdown)
{
	uint32_t how = (uint32_t)call->a[1];
	int r;
	struct socket *socket = socket_hold(call_int(call, 0), &r);

	if (!socket)
		return r;
	r = -EINVAL;
	/* SHUT_RD, SHUT_WR and SHUT_RDWR are one less than what they end. */
	if (how <= 2)
		r = socket->ops->shutdown
		            ? socket->ops->shutdown(socket, how + 1)
		            : -EOPNOTSUPP;
	file_release(socket->file);
	return r;
}

SYSCALL(setsockopt)
{
	int r;
	struct socket *socket = socket_hold(call_int(call, 0), &r);
	int64_t result;

	if (!socket)
		return r;
	result = -EINVAL;
	if (call_int(call, 4) >= 0)
		result = socket_set_option(socket, call_int(call, 1),
		                           call_int(call, 2), call->a[3],
		                           (uint32_t)call->a[4]);
	file_release(socket->file);
	return result;
}

SYSCALL(getsockopt)
{
	int r;
	struct socket *socket = socket_hold(call_int(call, 0), &r);
	int64_t result;

	if (!socket)
		return r;
	result = socket_get_option(socket, call_int(call, 1), call_int(call, 2),
	                           call->a[3], call->a[4]);
	file_release(socket->file);
	return result;
}
