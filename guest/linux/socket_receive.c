/* SPDX-License-Identifier: ISC */

/* What has arrived at a socket, and how it is read. */

#include "guest/linux/socket.h"

#include "guest/linux/task.h"

/* Small pieces of a stream are put together in packets of this room. */
#define PACKET_ROOM 1024u
#define PACKET_MAX  65536u

/* -------------------------------------------------------------- packets */

struct packet *packet_create(uint32_t size)
{
	uint32_t room = size < PACKET_ROOM ? PACKET_ROOM : size;
	struct packet *packet = memory_allocate(sizeof(*packet) + room);

	if (!packet)
		return NULL;
	memset(packet, 0, sizeof(*packet));
	list_init(&packet->link);
	packet->size = size;
	packet->room = room;
	return packet;
}

void packet_free(struct packet *packet)
{
	list_remove(&packet->link);
	rights_free(packet->rights);
	memory_free(packet->from);
	memory_free(packet);
}

struct packet *packet_read(struct io *io, uint64_t size, int *error)
{
	struct packet *packet = packet_create((uint32_t)size);

	*error = -ENOBUFS;
	if (!packet)
		return NULL;
	if (size && io_get(io, packet->bytes, size) != (int64_t)size) {
		packet_free(packet);
		*error = -EFAULT;
		return NULL;
	}
	return packet;
}

void socket_deliver(struct socket *to, struct packet *packet)
{
	list_append(&to->incoming, &packet->link);
	to->incoming_bytes += packet->size;
	if (packet->rights)
		rights_send(packet->rights, to, &packet->rights);
	wait_wake(&to->queue, POLL_READABLE);
}

static struct packet *last_packet(struct socket *to)
{
	if (list_is_empty(&to->incoming))
		return NULL;
	return CONTAINER_OF(to->incoming.previous, struct packet, link);
}

int64_t socket_deliver_bytes(struct socket *to, struct io *io, uint64_t size)
{
	struct packet *last = last_packet(to);
	struct packet *packet;
	int64_t n;

	if (last && last->room - last->size >= size) {
		n = io_get(io, last->bytes + last->size, size);
		if (n > 0) {
			last->size += (uint32_t)n;
			to->incoming_bytes += (uint64_t)n;
			wait_wake(&to->queue, POLL_READABLE);
		}
		return n;
	}
	packet = packet_create((uint32_t)min_u64(size, PACKET_MAX));
	if (!packet)
		return -ENOBUFS;
	n = io_get(io, packet->bytes, packet->size);
	if (n <= 0) {
		packet_free(packet);
		return n ? n : -EFAULT;
	}
	packet->size = (uint32_t)n;
	socket_deliver(to, packet);
	return n;
}

void socket_drop(struct socket *socket, struct packet *packet)
{
	if (socket->urgent == packet)
		socket->urgent = NULL;
	socket->incoming_bytes -= packet->size - packet->taken;
	packet_free(packet);
}

void socket_discard(struct socket *socket)
{
	while (!list_is_empty(&socket->incoming))
		socket_drop(socket,
		            LIST_FIRST(&socket->incoming, struct packet, link));
}

/* --------------------------------------------------------------- streams */

static void fill_message(struct message *message, const struct packet *packet)
{
	if (packet->from)
		message->from = *packet->from;
	message->credentials = packet->credentials;
	message->arrival = packet->arrival;
}

/* A peek at files gets descriptors of its own; a read takes the packet's. */
static struct rights *share_rights(struct packet *packet, bool peek)
{
	struct rights *rights = packet->rights;

	if (peek)
		return rights_copy(rights);
	if (rights)
		rights_arrive(rights);
	return rights;
}

/* One call that reads a stream. */
struct reading {
	struct socket *socket;
	struct io *io;
	struct message *message;
	uint64_t wanted;
	bool stop; /* nothing more in this call */
};

static uint64_t taken_by(const struct reading *r)
{
	return r->wanted - r->io->left;
}

/* Files, the mark of urgent data and another sender end a call's bytes. */
static bool begins_anew(const struct reading *r, const struct packet *packet)
{
	if (!taken_by(r))
		return false;
	return r->message->rights || packet == r->socket->urgent ||
	       (r->socket->options.pass_credentials &&
	        memcmp(&packet->credentials, &r->message->credentials,
	               sizeof(packet->credentials)));
}

/* Takes from one packet.  Returns bytes, or -EFAULT. */
static int64_t take_packet(struct reading *r, struct packet *packet)
{
	bool peek = r->message->flags & MSG_PEEK;
	uint64_t n = min_u64(packet->size - packet->taken, r->io->left);
	int64_t put = (int64_t)n;

	if (r->socket->family != AF_UNIX && r->message->flags & MSG_TRUNC)
		r->io->left -= n;
	else
		put = io_put(r->io, packet->bytes + packet->taken, n);
	if (put <= 0)
		return -EFAULT;
	fill_message(r->message, packet);
	if (packet->rights)
		r->message->rights = share_rights(packet, peek);
	if (!peek) {
		packet->taken += (uint32_t)put;
		r->socket->incoming_bytes -= (uint64_t)put;
		if (packet->taken == packet->size)
			socket_drop(r->socket, packet);
	}
	return put;
}

/* Takes what is there.  Returns 0, or -EFAULT. */
static int64_t take_stream(struct reading *r)
{
	struct socket *socket = r->socket;
	bool peek = r->message->flags & MSG_PEEK;
	uint64_t before = taken_by(r);
	int64_t n = 0;

	LIST_EACH(packet, &socket->incoming, struct packet, link)
	{
		if (!r->io->left)
			break;
		if (begins_anew(r, packet)) {
			r->stop = true;
			break;
		}
		/* Urgent data is no part of the stream, but for OOBINLINE. */
		if (packet == socket->urgent &&
		    !socket->options.urgent_inline) {
			if (!peek)
				socket_drop(socket, packet);
			continue;
		}
		n = take_packet(r, packet);
		if (n < 0)
			break;
	}
	if (taken_by(r) > before && !peek && socket->ops->consumed)
		socket->ops->consumed(socket, taken_by(r) - before);
	return n < 0 ? n : 0;
}

uint64_t socket_readable(const struct socket *socket)
{
	bool at_mark = socket->urgent && !socket->options.urgent_inline &&
	               socket->incoming.next == &socket->urgent->link;

	return socket->incoming_bytes - at_mark;
}

static bool stream_is_over(const struct socket *socket)
{
	return socket->error || (socket->shut & SHUT_RECEIVE) ||
	       socket->state != SOCKET_CONNECTED;
}

/* Nothing to read: the result, or 1 to wait. */
static int64_t stream_end(struct socket *socket)
{
	if (socket->shut & SHUT_RECEIVE && socket->state == SOCKET_OVER)
		return socket->error ? socket_take_error(socket) : 0;
	if (socket->error)
		return socket_take_error(socket);
	if (socket->shut & SHUT_RECEIVE)
		return 0;
	if (socket->state != SOCKET_CONNECTED)
		return socket->family == AF_UNIX ? -EINVAL : -ENOTCONN;
	return 1;
}

/* Less than that is not returned as long as more may come. */
static uint64_t least_wanted(const struct reading *r)
{
	uint64_t least = r->wanted;

	if (!(r->message->flags & MSG_WAITALL))
		least = min_u64((uint32_t)r->socket->options.low_water, least);
	return least ? least : 1;
}

static bool is_enough(const struct reading *r)
{
	const uint32_t at_once = MSG_PEEK | MSG_DONTWAIT;
	uint64_t done = taken_by(r);

	if (!r->wanted)
		return !list_is_empty(&r->socket->incoming);
	return done >= least_wanted(r) ||
	       (done && (r->stop || r->message->flags & at_once ||
	                 stream_is_over(r->socket)));
}

int64_t socket_receive_stream(struct socket *socket, struct io *io,
                              struct message *message)
{
	uint64_t timeout = socket->options.receive_timeout;
	uint64_t deadline = socket_deadline(timeout);
	struct reading reading = {
	        .socket = socket,
	        .io = io,
	        .message = message,
	        .wanted = io->left,
	};

	for (;;) {
		int64_t n = take_stream(&reading), done;
		int r;

		done = (int64_t)taken_by(&reading);
		if (is_enough(&reading))
			return done;
		if (n >= 0)
			n = done ? 1 : stream_end(socket);
		if (n <= 0)
			return done ? done : n;
		if (message->flags & MSG_DONTWAIT)
			return ipc_would_block();
		WAIT_FOR(r, &socket->queue,
		         socket_readable(socket) || stream_is_over(socket),
		         deadline);
		if (r)
			return done ? done : socket_sleep_failed(r, timeout);
	}
}

/* -------------------------------------------------------------- messages */

static bool packet_has_news(const struct socket *socket)
{
	return !list_is_empty(&socket->incoming) || socket->error ||
	       (socket->shut & SHUT_RECEIVE);
}

/* Waits for a message: 0, or the result of the call. */
static int64_t wait_packet(struct socket *socket, const struct message *message,
                           bool *ended)
{
	uint64_t timeout = socket->options.receive_timeout;
	uint64_t deadline = socket_deadline(timeout);
	bool in_order = socket->type == SOCK_SEQPACKET;
	int r;

	if (in_order && socket->state != SOCKET_CONNECTED)
		return -ENOTCONN;
	for (;;) {
		if (socket->error)
			return socket_take_error(socket);
		if (!list_is_empty(&socket->incoming))
			return 0;
		*ended = socket->shut & SHUT_RECEIVE &&
		         (in_order || !(message->flags & MSG_DONTWAIT));
		if (*ended)
			return 0;
		if (message->flags & MSG_DONTWAIT)
			return ipc_would_block();
		WAIT_FOR(r, &socket->queue, packet_has_news(socket), deadline);
		if (r)
			return socket_sleep_failed(r, timeout);
	}
}

int64_t socket_receive_packet(struct socket *socket, struct io *io,
                              struct message *message)
{
	bool ended = false, peek = message->flags & MSG_PEEK;
	struct packet *packet;
	uint64_t n;
	int64_t r = wait_packet(socket, message, &ended);

	if (r || ended)
		return r;
	packet = LIST_FIRST(&socket->incoming, struct packet, link);
	n = min_u64(packet->size, io->left);
	r = (int64_t)n;
	if (n && io_put(io, packet->bytes, n) != r) {
		r = -EFAULT;
	} else {
		fill_message(message, packet);
		message->rights = share_rights(packet, peek);
		if (n < packet->size)
			message->seen |= MSG_TRUNC;
		if (message->flags & MSG_TRUNC)
			r = packet->size;
	}
	/* A message that could not be read is lost, as on Linux. */
	if (!peek) {
		socket_drop(socket, packet);
		if (socket->ops->consumed)
			socket->ops->consumed(socket, 1);
	}
	return r;
}
