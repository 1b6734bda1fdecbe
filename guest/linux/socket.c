/* SPDX-License-Identifier: ISC */
#include "guest/linux/socket.h"

#include "guest/linux/clock.h"
#include "guest/linux/signal.h"
#include "guest/linux/task.h"

/* Small pieces of a stream are put together in packets of this room. */
#define PACKET_ROOM 1024u
#define PACKET_MAX  65536u

void rights_free(struct rights *rights)
{
	if (!rights)
		return;
	for (unsigned i = 0; i < rights->count; i++)
		file_release(rights->files[i]);
	memory_free(rights);
}

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
	packet->credentials = (struct credentials){
	        .pid = PROCESS_ID,
	        .uid = process.euid,
	        .gid = process.egid,
	};
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
	wait_wake(&to->queue, POLL_READABLE);
}

/* The last packet, if more of a stream can be put into it. */
static struct packet *last_packet(struct socket *to)
{
	struct packet *last;

	if (list_is_empty(&to->incoming))
		return NULL;
	last = CONTAINER_OF(to->incoming.previous, struct packet, link);
	return last->rights ? NULL : last;
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

void socket_discard(struct socket *socket)
{
	while (!list_is_empty(&socket->incoming))
		packet_free(LIST_FIRST(&socket->incoming, struct packet, link));
	socket->incoming_bytes = 0;
}

/* ---------------------------------------------------------------- errors */

int socket_take_error(struct socket *socket)
{
	int error = socket->error;

	socket->error = 0;
	return -error;
}

uint64_t socket_deadline(uint64_t timeout)
{
	return timeout ? clock_monotonic() + timeout : NEVER;
}

int64_t socket_sleep_failed(int r, uint64_t timeout)
{
	if (r == -ETIMEDOUT)
		return -EAGAIN;
	if (r == -EINTR && !timeout)
		return -ERESTARTSYS;
	return r;
}

int64_t socket_broken(const struct message *message)
{
	if (!(message->flags & MSG_NOSIGNAL))
		signal_send_task(task_current, SIGPIPE, NULL);
	return -EPIPE;
}

/* ------------------------------------------------------------- receiving */

static void fill_message(struct message *message, const struct packet *packet)
{
	if (packet->from)
		message->from = *packet->from;
	message->credentials = packet->credentials;
}

/* A peek at files gets descriptors of its own; a read takes the packet's. */
static struct rights *share_rights(struct packet *packet, bool peek)
{
	struct rights *rights = packet->rights, *copy;
	size_t size;

	if (!rights || !peek) {
		packet->rights = NULL;
		return rights;
	}
	size = sizeof(*rights) + rights->count * sizeof(struct file *);
	copy = memory_allocate(size);
	if (!copy)
		return NULL;
	memcpy(copy, rights, size);
	for (unsigned i = 0; i < copy->count; i++)
		file_hold(copy->files[i]);
	return copy;
}

/* Takes what is there.  Returns bytes, or -EFAULT if there were none. */
static int64_t take_stream(struct socket *socket, struct io *io,
                           struct message *message, bool *stop)
{
	bool peek = message->flags & MSG_PEEK, drop = false;
	uint64_t done = 0;

	if (socket->family != AF_UNIX)
		drop = message->flags & MSG_TRUNC;
	LIST_EACH(packet, &socket->incoming, struct packet, link)
	{
		bool has_rights = packet->rights;
		uint64_t n = min_u64(packet->size - packet->taken, io->left);
		int64_t put = (int64_t)n;

		if (!n || (has_rights && done))
			break;
		if (drop)
			io->left -= n;
		else
			put = io_put(io, packet->bytes + packet->taken, n);
		if (put <= 0)
			return done ? (int64_t)done : -EFAULT;
		fill_message(message, packet);
		if (has_rights)
			message->rights = share_rights(packet, peek);
		done += (uint64_t)put;
		if (!peek) {
			packet->taken += (uint32_t)put;
			socket->incoming_bytes -= (uint64_t)put;
			if (packet->taken == packet->size)
				packet_free(packet);
		}
		if (has_rights) {
			*stop = true;
			break;
		}
	}
	if (done && !peek && socket->ops->consumed)
		socket->ops->consumed(socket, done);
	return (int64_t)done;
}

static bool stream_has_news(const struct socket *socket)
{
	return !list_is_empty(&socket->incoming) || socket->error ||
	       (socket->shut & SHUT_RECEIVE) ||
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

int64_t socket_receive_stream(struct socket *socket, struct io *io,
                              struct message *message)
{
	uint64_t timeout = socket->options.receive_timeout;
	uint64_t deadline = socket_deadline(timeout);
	uint64_t wanted = io->left, done = 0;
	bool stop = false;

	for (;;) {
		int64_t n = take_stream(socket, io, message, &stop);
		int r;

		if (n < 0)
			return done ? (int64_t)done : n;
		done += (uint64_t)n;
		if (done == wanted &&
		    (wanted || !list_is_empty(&socket->incoming)))
			return (int64_t)done;
		if (done && (!(message->flags & MSG_WAITALL) || stop ||
		             message->flags & (MSG_PEEK | MSG_DONTWAIT)))
			return (int64_t)done;
		if (done && stream_has_news(socket))
			return (int64_t)done;
		n = done ? 1 : stream_end(socket);
		if (n <= 0)
			return n;
		if (message->flags & MSG_DONTWAIT)
			return ipc_would_block();
		WAIT_FOR(r, &socket->queue, stream_has_news(socket), deadline);
		if (r)
			return done ? (int64_t)done
			            : socket_sleep_failed(r, timeout);
	}
}

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
	int r;

	while (list_is_empty(&socket->incoming)) {
		if (socket->error)
			return socket_take_error(socket);
		if (socket->type == SOCK_SEQPACKET &&
		    socket->state != SOCKET_CONNECTED &&
		    !(socket->shut & SHUT_RECEIVE))
			return -ENOTCONN;
		if (socket->shut & SHUT_RECEIVE) {
			*ended = true;
			return 0;
		}
		if (message->flags & MSG_DONTWAIT)
			return ipc_would_block();
		WAIT_FOR(r, &socket->queue, packet_has_news(socket),
		         socket_deadline(timeout));
		if (r)
			return socket_sleep_failed(r, timeout);
	}
	return 0;
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
	if (n && io_put(io, packet->bytes, n) != (int64_t)n)
		return -EFAULT;
	fill_message(message, packet);
	message->rights = share_rights(packet, peek);
	if (n < packet->size)
		message->seen |= MSG_TRUNC;
	if (socket->type == SOCK_SEQPACKET)
		message->seen |= MSG_EOR;
	if (message->flags & MSG_TRUNC)
		n = packet->size;
	if (!peek) {
		socket->incoming_bytes -= packet->size;
		packet_free(packet);
		if (socket->ops->consumed)
			socket->ops->consumed(socket, 1);
	}
	return (int64_t)n;
}

/* ---------------------------------------------------------------- life */

static const struct socket_family *family_of(int family, int type)
{
	if (family == AF_UNIX)
		return &unix_family;
	if (family == AF_NETLINK)
		return &netlink_family;
	return type == SOCK_STREAM ? &inet_stream_family
	                           : &inet_datagram_family;
}

struct socket *socket_create(int family, int type, int protocol)
{
	struct socket *socket = memory_zeroed(sizeof(*socket));

	if (!socket)
		return NULL;
	socket->ops = family_of(family, type);
	socket->family = (uint16_t)family;
	socket->type = (uint16_t)type;
	socket->protocol = protocol;
	socket->number = ipc_number();
	wait_queue_init(&socket->queue);
	list_init(&socket->incoming);
	list_init(&socket->accept_link);
	list_init(&socket->accepts);
	list_init(&socket->unix_link);
	list_init(&socket->port_link);
	list_init(&socket->net_link);
	socket->options = (struct socket_options){
	        .send_buffer = SOCKET_BUFFER,
	        .receive_buffer = SOCKET_BUFFER,
	        .linger = -1,
	        .keep_idle = 7200,
	        .keep_interval = 75,
	        .keep_count = 9,
	        .time_to_live = 64,
	        .low_water = 1,
	        .max_segment = 536,
	        .quick_ack = 1,
	        .sync_count = 6,
	};
	if (family == AF_INET || family == AF_INET6)
		socket->local.family = socket->remote.family =
		        family == AF_INET ? BH_NET_IPV4 : BH_NET_IPV6;
	return socket;
}

struct socket *socket_create_accepted(struct socket *listener)
{
	struct socket *child = socket_create(listener->family, listener->type,
	                                     listener->protocol);

	if (!child)
		return NULL;
	child->options = listener->options;
	child->state = SOCKET_CONNECTED;
	return child;
}

void socket_queue_accept(struct socket *listener, struct socket *child)
{
	child->listener = listener;
	list_append(&listener->accepts, &child->accept_link);
	listener->accept_count++;
	/* One task that sleeps in accept() is enough. */
	wait_wake_some(&listener->queue, POLL_READABLE, 1);
}

void socket_destroy(struct socket *socket)
{
	while (!list_is_empty(&socket->accepts)) {
		struct socket *child = LIST_FIRST(&socket->accepts,
		                                  struct socket, accept_link);

		list_remove(&child->accept_link);
		/* Nobody will ever read what was sent to it. */
		child->options.linger = 0;
		socket_destroy(child);
	}
	list_remove(&socket->accept_link);
	socket->ops->close(socket);
	socket_discard(socket);
	memory_free(socket);
}

static void socket_close(struct file *file)
{
	socket_destroy(file->data);
}

static int64_t socket_read(struct file *file, struct io *io, uint64_t position)
{
	struct socket *socket = file->data;
	struct message message = {0};
	int64_t n;

	(void)position;
	if (file->flags & O_NONBLOCK)
		message.flags = MSG_DONTWAIT;
	if (!io->left)
		return 0;
	n = socket->ops->receive(socket, io, &message);
	rights_free(message.rights);
	return n;
}

static int64_t socket_write(struct file *file, struct io *io, uint64_t position)
{
	struct socket *socket = file->data;
	struct message message = {0};

	(void)position;
	if (file->flags & O_NONBLOCK)
		message.flags = MSG_DONTWAIT;
	return socket->ops->send(socket, io, &message);
}

static uint32_t socket_poll(struct file *file, struct poll_table *table)
{
	struct socket *socket = file->data;

	poll_watch(table, &socket->queue);
	return socket->ops->poll(socket);
}

static int64_t socket_control(struct file *file, uint32_t request,
                              uint64_t argument)
{
	struct socket *socket = file->data;
	uint32_t bytes = 0;

	switch (request) {
	case FIONREAD:
		if (socket->state == SOCKET_LISTENING)
			return -EINVAL;
		bytes = (uint32_t)socket->incoming_bytes;
		if (socket->type == SOCK_DGRAM &&
		    !list_is_empty(&socket->incoming))
			bytes = LIST_FIRST(&socket->incoming, struct packet,
			                   link)
			                ->size;
		break;
	case TIOCOUTQ:
		if (socket->net_number)
			bytes = (uint32_t)(BH_NET_SEND_CREDIT -
			                   socket->net_credit);
		break;
	default:
		return inet_control(request, argument);
	}
	return user_write(argument, &bytes, sizeof(bytes));
}

static int socket_status(struct file *file, struct linux_stat *status)
{
	struct socket *socket = file->data;

	return ipc_status(S_IFSOCK | 0777, socket->number, status);
}

const struct file_ops socket_ops = {
        .name = "socket",
        .read = socket_read,
        .write = socket_write,
        .poll = socket_poll,
        .control = socket_control,
        .status = socket_status,
        .close = socket_close,
};

int64_t socket_install(struct socket *socket, uint32_t flags)
{
	struct file *file =
	        file_create(&socket_ops, O_RDWR | (flags & O_NONBLOCK), socket);

	if (!file) {
		socket_destroy(socket);
		return -ENFILE;
	}
	socket->file = file;
	return descriptor_install(file, flags & O_CLOEXEC, 0);
}

struct socket *socket_hold(int64_t descriptor, int *error)
{
	struct file *file = descriptor_hold(descriptor);

	*error = -EBADF;
	if (!file)
		return NULL;
	if (file->ops == &socket_ops)
		return file->data;
	*error = file->flags & O_PATH ? -EBADF : -ENOTSOCK;
	file_release(file);
	return NULL;
}
