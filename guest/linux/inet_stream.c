/* SPDX-License-Identifier: ISC */

/* TCP as programs see it (tcp(7)): between sockets of the guest, and through
 * net.c to the outside. */

#include "guest/linux/clock.h"
#include "guest/linux/inet.h"
#include "guest/linux/task.h"

#define STREAM_BUFFER 262144u

/* The connection is over: nothing more comes or goes. */
static void end_with(struct socket *socket, int error)
{
	socket->state = SOCKET_OVER;
	socket->error = error;
	socket->shut = SHUT_BOTH;
	wait_wake(&socket->queue, 0);
}

/* The peer resets the connection. */
static void reset(struct socket *socket)
{
	if (socket->state != SOCKET_OVER)
		end_with(socket, socket->peer_ended ? EPIPE : ECONNRESET);
}

/* Both directions have ended. */
static void end_if_over(struct socket *socket)
{
	if (socket->state == SOCKET_CONNECTED && socket->peer_ended &&
	    socket->shut & SHUT_SEND)
		end_with(socket, 0);
}

/* ------------------------------------------------------------- listening */

static int stream_listen(struct socket *socket)
{
	int r;

	if (socket->state == SOCKET_LISTENING)
		return 0;
	if (socket->state != SOCKET_IDLE)
		return -EINVAL;
	r = inet_bind_any(socket);
	if (r)
		return r;
	if (inet_listen_conflicts(socket))
		return -EADDRINUSE;
	socket->state = SOCKET_LISTENING;
	socket->shut = 0;
	if (inet_is_public(socket))
		return net_listen(socket);
	return 0;
}

static void stream_accepted(struct socket *listener)
{
	if (listener->net_number)
		net_consumed(listener, 1);
}

struct socket *inet_accepted(struct socket *listener,
                             const struct bh_net_address *peer,
                             const struct bh_net_address *local)
{
	struct socket *child = socket_create_accepted(listener);

	if (!child)
		return NULL;
	child->options = listener->options;
	child->remote = *peer;
	child->local = *local;
	child->local.port = listener->local.port;
	return child;
}

/* ------------------------------------------------------------ connecting */

static void begin_again(struct socket *socket)
{
	if (socket->net_number)
		net_close(socket, true);
	socket->state = SOCKET_IDLE;
	socket->shut = 0;
	socket->error = 0;
	socket->peer_ended = socket->connect_untold = false;
}

/* A connect that failed: it may be tried again. */
static int give_up(struct socket *socket, int error)
{
	begin_again(socket);
	return error;
}

/* What connect(2) says of one that has ended: how, once. */
static int tell_connected(struct socket *socket)
{
	int r;

	if (socket->state == SOCKET_CONNECTED) {
		socket->connect_untold = false;
		return 0;
	}
	r = socket_take_error(socket);
	return give_up(socket, r ? r : -ECONNABORTED);
}

/* As over Linux's loopback, a program that does not wait hears of success and
 * failure later. */
static int connect_inside(struct socket *socket,
                          const struct bh_net_address *to, uint32_t flags)
{
	struct socket *listener = inet_find(SOCK_STREAM, to, NULL);
	struct socket *child;

	if (!listener) {
		if (!(flags & O_NONBLOCK))
			return give_up(socket, -ECONNREFUSED);
		end_with(socket, ECONNREFUSED);
		return -EINPROGRESS;
	}
	child = inet_accepted(listener, &socket->local, to);
	if (!child)
		return give_up(socket, -ENOBUFS);
	child->peer = socket;
	socket->peer = child;
	socket->remote = *to;
	socket->state = SOCKET_CONNECTED;
	socket_queue_accept(listener, child);
	wait_wake(&socket->queue, POLL_WRITABLE);
	return flags & O_NONBLOCK ? -EINPROGRESS : tell_connected(socket);
}

void inet_connected(struct socket *socket, int status,
                    const struct bh_net_address *local)
{
	if (socket->state != SOCKET_CONNECTING)
		return;
	if (status) {
		end_with(socket, -status);
		return;
	}
	socket->state = SOCKET_CONNECTED;
	if (local->family && inet_is_any(&socket->local)) {
		uint16_t port = socket->local.port;

		socket->local = *local;
		socket->local.port = port;
	}
	wait_wake(&socket->queue, POLL_WRITABLE);
}

static int connect_outside(struct socket *socket,
                           const struct bh_net_address *to)
{
	int r;

	if (!net_available())
		return -ENETUNREACH;
	socket->remote = *to;
	r = net_connect(socket);
	if (!r)
		socket->state = SOCKET_CONNECTING;
	return r;
}

/* Waits for the end of what connect_outside() began. */
static int wait_connected(struct socket *socket)
{
	uint64_t timeout = socket->options.send_timeout;
	int r;

	WAIT_FOR(r, &socket->queue, socket->state != SOCKET_CONNECTING,
	         socket_deadline(timeout));
	if (r == -ETIMEDOUT)
		return -EINPROGRESS;
	if (r)
		return (int)socket_sleep_failed(r, timeout);
	return tell_connected(socket);
}

/* connect(2) to AF_UNSPEC: as if it were new. */
static int disconnect(struct socket *socket)
{
	bool broken = socket->state == SOCKET_CONNECTED ||
	              socket->state == SOCKET_CONNECTING;

	if (socket->state == SOCKET_LISTENING)
		return -EINVAL;
	if (socket->peer) {
		socket->peer->peer = NULL;
		reset(socket->peer);
		socket->peer = NULL;
	}
	socket_discard(socket);
	begin_again(socket);
	if (broken)
		socket->error = ECONNRESET;
	return 0;
}

static int stream_connect(struct socket *socket,
                          const struct socket_address *address, uint32_t flags)
{
	struct bh_net_address to;
	int r;

	if (address_family(address) == AF_UNSPEC && address->size >= 2)
		return disconnect(socket);
	r = inet_read_address(socket, address, &to);
	if (r)
		return r;
	if (socket->state == SOCKET_CONNECTING)
		return flags & O_NONBLOCK ? -EALREADY : wait_connected(socket);
	if (socket->connect_untold)
		return tell_connected(socket);
	if (socket->state != SOCKET_IDLE)
		return -EISCONN;
	if (!to.port)
		return -ECONNREFUSED;
	if (!inet_speaks(socket, &to))
		return -ENETUNREACH;
	inet_any_to_loopback(&to);
	r = inet_bind_any(socket);
	if (r)
		return r;
	socket->shut = 0;
	socket->connect_untold = true;
	if (inet_is_local(&to)) {
		inet_source(&to, &socket->local);
		if (!net_shares_loopback(&to) ||
		    inet_find(SOCK_STREAM, &to, NULL))
			return connect_inside(socket, &to, flags);
	}
	r = connect_outside(socket, &to);
	if (r)
		return give_up(socket, r);
	return flags & O_NONBLOCK ? -EINPROGRESS : wait_connected(socket);
}

/* --------------------------------------------------------------- sending */

static uint64_t send_room(const struct socket *socket)
{
	uint64_t waiting;

	if (socket->net_number)
		return socket->net_credit;
	if (!socket->peer)
		return STREAM_BUFFER;
	waiting = socket->peer->incoming_bytes;
	return waiting < STREAM_BUFFER ? STREAM_BUFFER - waiting : 0;
}

static bool can_send(const struct socket *socket)
{
	return socket->error || (socket->shut & SHUT_SEND) ||
	       socket->state == SOCKET_OVER ||
	       (socket->state == SOCKET_CONNECTED && send_room(socket));
}

/* The peer is gone and answers what comes with a reset. */
static int64_t send_to_nobody(struct socket *socket, struct io *io)
{
	int64_t n = (int64_t)io->left;

	io->left = 0;
	if (n)
		reset(socket);
	return n;
}

static int64_t send_some(struct socket *socket, struct io *io, bool urgent)
{
	uint64_t n = min_u64(io->left, send_room(socket));

	if (socket->net_number)
		return net_send(socket, io, n);
	if (socket->peer && urgent && io->left == 1)
		return inet_deliver_urgent(socket->peer, io);
	/* The last byte is the urgent one. */
	if (urgent)
		n = min_u64(n, io->left - 1);
	if (socket->peer)
		return socket_deliver_bytes(socket->peer, io,
		                            min_u64(n, 65536));
	return send_to_nobody(socket, io);
}

static int64_t cannot_send(struct socket *socket, const struct message *message)
{
	if (socket->error &&
	    !(socket->shut & SHUT_RECEIVE && socket->error == EPIPE))
		return socket_take_error(socket);
	if (socket->shut & SHUT_SEND || socket->state == SOCKET_IDLE ||
	    socket->state == SOCKET_LISTENING || socket->state == SOCKET_OVER) {
		socket->error = 0;
		return socket_broken(message);
	}
	return 0;
}

static int64_t stream_send(struct socket *socket, struct io *io,
                           struct message *message)
{
	uint64_t timeout = socket->options.send_timeout;
	int64_t done = 0, n;
	int r;

	if (message->flags & MSG_OOB && socket->net_number)
		return -EOPNOTSUPP;
	for (;;) {
		if (done && !io->left)
			return done;
		n = cannot_send(socket, message);
		if (n)
			return done ? done : n;
		if (socket->state == SOCKET_CONNECTED && !io->left)
			return 0;
		if (socket->state == SOCKET_CONNECTED && send_room(socket)) {
			n = send_some(socket, io, message->flags & MSG_OOB);
			if (n <= 0)
				return done ? done : n;
			done += n;
			continue;
		}
		if (message->flags & MSG_DONTWAIT)
			return done ? done : ipc_would_block();
		WAIT_FOR(r, &socket->queue, can_send(socket),
		         socket_deadline(timeout));
		if (r)
			return done ? done : socket_sleep_failed(r, timeout);
	}
}

static void stream_consumed(struct socket *socket, uint64_t n)
{
	if (socket->net_number)
		net_consumed(socket, n);
	else if (socket->peer)
		wait_wake(&socket->peer->queue, POLL_WRITABLE);
}

/* TCP_INFO and names do not matter to a stream's reader. */
static int64_t stream_receive(struct socket *socket, struct io *io,
                              struct message *message)
{
	int r;

	if (socket->state == SOCKET_CONNECTING) {
		if (message->flags & MSG_DONTWAIT)
			return ipc_would_block();
		WAIT_FOR(r, &socket->queue, socket->state != SOCKET_CONNECTING,
		         socket_deadline(socket->options.receive_timeout));
		if (r)
			return socket_sleep_failed(
			        r, socket->options.receive_timeout);
	}
	if (message->flags & MSG_OOB)
		return inet_receive_urgent(socket, io, message);
	return socket_receive_stream(socket, io, message);
}

/* ---------------------------------------------------------------- ending */

void inet_ended(struct socket *socket)
{
	socket->shut |= SHUT_RECEIVE;
	socket->peer_ended = true;
	end_if_over(socket);
	wait_wake(&socket->queue, POLL_READABLE | POLLRDHUP | POLLHUP);
}

void inet_broken(struct socket *socket, int status)
{
	if (socket->state == SOCKET_LISTENING || socket->state == SOCKET_OVER)
		return;
	end_with(socket, status < 0 ? -status : ECONNRESET);
}

static int stream_shutdown(struct socket *socket, unsigned how)
{
	if (socket->state == SOCKET_LISTENING) {
		if (!(how & SHUT_RECEIVE))
			return 0;
		socket->state = SOCKET_IDLE;
		if (socket->net_number)
			net_close(socket, false);
		wait_wake(&socket->queue, 0);
		return 0;
	}
	if (socket->state == SOCKET_IDLE)
		socket->shut |= how;
	if (socket->state != SOCKET_CONNECTED)
		return -ENOTCONN;
	if (how & SHUT_SEND && !(socket->shut & SHUT_SEND)) {
		if (socket->net_number)
			net_shutdown(socket);
		else if (socket->peer)
			inet_ended(socket->peer);
	}
	socket->shut |= how;
	end_if_over(socket);
	wait_wake(&socket->queue, 0);
	return 0;
}

static uint32_t stream_poll(struct socket *socket)
{
	uint32_t events = 0;

	if (socket->error)
		events |= POLLERR;
	if (socket->state == SOCKET_LISTENING)
		return events |
		       (list_is_empty(&socket->accepts) ? 0 : POLL_READABLE);
	if (socket->state == SOCKET_CONNECTING)
		return events;
	if (socket->shut == SHUT_BOTH || socket->state == SOCKET_IDLE ||
	    socket->state == SOCKET_OVER)
		events |= POLLHUP;
	if (socket->shut & SHUT_RECEIVE)
		events |= POLL_READABLE | POLLRDHUP;
	if (socket_readable(socket) >= (uint32_t)socket->options.low_water)
		events |= POLL_READABLE;
	if (socket->urgent && !socket->urgent->urgent_taken)
		events |= POLLPRI;
	if (socket->shut & SHUT_SEND || send_room(socket) >= STREAM_BUFFER / 3)
		events |= POLL_WRITABLE;
	return events;
}

static void stream_close(struct socket *socket)
{
	struct socket *peer = socket->peer;
	const struct socket_options *o = &socket->options;
	bool abort =
	        !list_is_empty(&socket->incoming) || (o->lingers && !o->linger);

	if (socket->state == SOCKET_LISTENING) {
		socket->state = SOCKET_OVER;
		wait_wake(&socket->queue, 0);
	}
	if (socket->net_number)
		net_close(socket, abort);
	inet_unbind(socket);
	if (!peer)
		return;
	peer->peer = NULL;
	if (abort)
		reset(peer);
	else
		inet_ended(peer);
}

static const struct {
	int level, name;
	enum bh_net_option option;
} outside_options[] = {
        {IPPROTO_TCP, 1, BH_NET_OPTION_NO_DELAY},
        {IPPROTO_TCP, 3, BH_NET_OPTION_CORK},
        {IPPROTO_TCP, 4, BH_NET_OPTION_KEEP_IDLE},
        {IPPROTO_TCP, 5, BH_NET_OPTION_KEEP_INTERVAL},
        {IPPROTO_TCP, 6, BH_NET_OPTION_KEEP_COUNT},
        {1, 9, BH_NET_OPTION_KEEP_ALIVE},
};

static void stream_option(struct socket *socket, int level, int name, int value)
{
	if (!socket->net_number || socket->state == SOCKET_LISTENING)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(outside_options); i++)
		if (outside_options[i].level == level &&
		    outside_options[i].name == name)
			net_option(socket, outside_options[i].option, value);
}

const struct socket_family inet_stream_family = {
        .bind = inet_bind,
        .listen = stream_listen,
        .connect = stream_connect,
        .send = stream_send,
        .receive = stream_receive,
        .name = inet_name,
        .shutdown = stream_shutdown,
        .poll = stream_poll,
        .consumed = stream_consumed,
        .option = stream_option,
        .accepted = stream_accepted,
        .close = stream_close,
};
