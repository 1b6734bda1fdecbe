/* SPDX-License-Identifier: ISC */

/* Unix sockets: unix(7). */

#include "guest/linux/clock.h"
#include "guest/linux/socket.h"
#include "guest/linux/task.h"
#include "guest/linux/vfs.h"

#define PATH_OFFSET   2u
#define PATH_MAX_SIZE 108u
#define DATAGRAMS_MAX 11u /* net.unix.max_dgram_qlen, and one */

static struct list abstract_names = LIST_INIT(abstract_names);
static struct list datagram_sockets = LIST_INIT(datagram_sockets);

static bool is_abstract(const struct socket_address *name)
{
	return name->size > PATH_OFFSET && !name->bytes[PATH_OFFSET];
}

/* The checked name: for a path, in PATH too. */
static int read_name(const struct socket_address *address,
                     char path[PATH_MAX_SIZE + 1])
{
	if (address->size < PATH_OFFSET ||
	    address->size > PATH_OFFSET + PATH_MAX_SIZE)
		return -EINVAL;
	if (address_family(address) != AF_UNIX)
		return -EINVAL;
	memset(path, 0, PATH_MAX_SIZE + 1);
	memcpy(path, address->bytes + PATH_OFFSET, address->size - PATH_OFFSET);
	return 0;
}

static struct socket *find_abstract(const struct socket_address *name)
{
	LIST_EACH(socket, &abstract_names, struct socket, unix_link)
	if (socket->unix_name.size == name->size &&
	    !memcmp(socket->unix_name.bytes, name->bytes, name->size))
		return socket;
	return NULL;
}

/* --------------------------------------------------------------- naming */

static int bind_abstract(struct socket *socket,
                         const struct socket_address *name)
{
	struct socket *other = find_abstract(name);

	if (other && other->type == socket->type)
		return -EADDRINUSE;
	socket->unix_name = *name;
	list_append(&abstract_names, &socket->unix_link);
	return 0;
}

/* A name of five hexadecimal digits that is free. */
static int bind_any(struct socket *socket)
{
	static uint32_t next;
	struct socket_address name = {.size = PATH_OFFSET + 6};
	char digits[8];

	do {
		format(digits, sizeof(digits), "%05x", next++ & 0xfffff);
		name.bytes[0] = AF_UNIX;
		memcpy(name.bytes + PATH_OFFSET + 1, digits, 5);
	} while (find_abstract(&name));
	return bind_abstract(socket, &name);
}

static int unix_bind(struct socket *socket,
                     const struct socket_address *address)
{
	char path[PATH_MAX_SIZE + 1];
	struct inode *inode;
	int r = read_name(address, path);

	if (r)
		return r;
	if (socket->unix_name.size)
		return address->size == PATH_OFFSET ? 0 : -EINVAL;
	if (address->size == PATH_OFFSET)
		return bind_any(socket);
	if (is_abstract(address))
		return bind_abstract(socket, address);
	r = vfs_make(AT_FDCWD, path, S_IFSOCK | 0777, 0, &inode);
	if (r)
		return r == -EEXIST ? -EADDRINUSE : r;
	inode->pipe = socket->file;
	socket->inode = inode;
	socket->unix_name = *address;
	/* The zero at the end counts, whether it was given or not. */
	socket->unix_name.size = PATH_OFFSET + (uint32_t)strlen(path) + 1;
	return 0;
}

/* The socket with this name, which stays valid until somebody sleeps. */
static struct socket *find_socket(const struct socket_address *address,
                                  int type, int *error)
{
	char path[PATH_MAX_SIZE + 1];
	struct socket *found = NULL;
	struct place place;

	*error = read_name(address, path);
	if (!*error && address->size <= PATH_OFFSET)
		*error = -EINVAL;
	if (*error)
		return NULL;
	*error = -ECONNREFUSED;
	if (is_abstract(address)) {
		found = find_abstract(address);
	} else {
		int r = vfs_walk(AT_FDCWD, path, true, &place);

		if (!r && place.inode)
			r = vfs_permission(place.inode, MAY_WRITE);
		if (r) {
			*error = r;
			return NULL;
		}
		if (place.inode && mode_is(place.inode->mode, S_IFSOCK) &&
		    place.inode->pipe)
			found = place.inode->pipe->data;
		place_release(&place);
	}
	if (found && found->type != type) {
		*error = -EPROTOTYPE;
		return NULL;
	}
	return found;
}

static int unix_name(struct socket *socket, bool peer,
                     struct socket_address *address)
{
	if (peer && socket->state != SOCKET_CONNECTED)
		return -ENOTCONN;
	*address = peer ? socket->unix_peer : socket->unix_name;
	if (address->size < PATH_OFFSET) {
		address->size = PATH_OFFSET;
		address->bytes[0] = AF_UNIX;
		address->bytes[1] = 0;
	}
	return 0;
}

/* ------------------------------------------------------------ connecting */

static int unix_listen(struct socket *socket)
{
	if (!socket->unix_name.size ||
	    (socket->state != SOCKET_IDLE && socket->state != SOCKET_LISTENING))
		return -EINVAL;
	socket->state = SOCKET_LISTENING;
	socket->peer_credentials = socket_own_credentials();
	/* Those who wait for room may have it now. */
	wait_wake(&socket->queue, POLL_WRITABLE);
	return 0;
}

/* Who asks for credentials has a name, so that others can answer. */
static int name_for_credentials(struct socket *socket)
{
	if (!socket->options.pass_credentials || socket->unix_name.size)
		return 0;
	return bind_any(socket);
}

/* Who is connected hears from its peer alone. */
static bool may_send(const struct socket *socket, const struct socket *to)
{
	return !to->peer || to->peer == socket;
}

static int connect_datagram(struct socket *socket,
                            const struct socket_address *address)
{
	struct socket *other;
	int r;

	if (address_family(address) == AF_UNSPEC && address->size >= 2) {
		socket->peer = NULL;
		socket->state = SOCKET_IDLE;
		return 0;
	}
	r = name_for_credentials(socket);
	if (r)
		return r;
	other = find_socket(address, SOCK_DGRAM, &r);
	if (!other)
		return r;
	if (!may_send(socket, other))
		return -EPERM;
	socket->peer = other;
	socket->unix_peer = other->unix_name;
	socket->state = SOCKET_CONNECTED;
	if (socket->port_link.next == &socket->port_link)
		list_append(&datagram_sockets, &socket->port_link);
	wait_wake(&socket->queue, POLL_WRITABLE);
	return 0;
}

static int establish(struct socket *socket, struct socket *listener)
{
	struct socket *child = socket_create_accepted(listener);

	if (!child)
		return -ENOMEM;
	child->options.pass_credentials = listener->options.pass_credentials;
	child->peer = socket;
	child->unix_name = listener->unix_name;
	child->unix_peer = socket->unix_name;
	child->peer_credentials = socket_own_credentials();
	socket->peer = child;
	socket->unix_peer = listener->unix_name;
	socket->peer_credentials = listener->peer_credentials;
	socket->state = SOCKET_CONNECTED;
	socket_queue_accept(listener, child);
	return 0;
}

static int unix_connect(struct socket *socket,
                        const struct socket_address *address, uint32_t flags)
{
	uint64_t timeout = socket->options.send_timeout;
	struct socket *listener;
	struct file *file;
	int r;

	if (socket->type == SOCK_DGRAM)
		return connect_datagram(socket, address);
	r = name_for_credentials(socket);
	if (r)
		return r;
	for (;;) {
		listener = find_socket(address, socket->type, &r);
		if (!listener)
			return r;
		if (listener->state != SOCKET_LISTENING ||
		    listener->shut & SHUT_RECEIVE)
			return -ECONNREFUSED;
		if (listener->accept_count <= listener->backlog)
			break;
		if (flags & O_NONBLOCK)
			return (int)ipc_would_block();
		file = file_hold(listener->file);
		WAIT_FOR(r, &listener->queue,
		         listener->accept_count <= listener->backlog ||
		                 listener->state != SOCKET_LISTENING,
		         socket_deadline(timeout));
		file_release(file);
		if (r)
			return (int)socket_sleep_failed(r, timeout);
	}
	if (socket->state == SOCKET_CONNECTED)
		return -EISCONN;
	if (socket->state == SOCKET_LISTENING)
		return -EINVAL;
	return establish(socket, listener);
}

static void unix_accepted(struct socket *listener)
{
	wait_wake(&listener->queue, POLL_WRITABLE);
}

/* --------------------------------------------------------------- sending */

static bool stream_can_send(const struct socket *socket)
{
	return !socket->peer || (socket->shut & SHUT_SEND) ||
	       (socket->peer->shut & SHUT_RECEIVE) || socket->error ||
	       socket->peer->incoming_bytes < SOCKET_BUFFER;
}

static int64_t stream_cannot(struct socket *socket,
                             const struct message *message)
{
	if (socket->shut & SHUT_SEND)
		return socket_broken(message);
	if (socket->error)
		return socket_take_error(socket);
	if (socket->state == SOCKET_IDLE || socket->state == SOCKET_LISTENING)
		return -ENOTCONN;
	if (!socket->peer || socket->peer->shut & SHUT_RECEIVE)
		return socket_broken(message);
	return 0;
}

/* A message says who has sent it if one of both asks for that. */
static void add_credentials(const struct socket *socket,
                            const struct socket *to, struct message *message)
{
	if (!message->credentials.pid &&
	    (socket->options.pass_credentials || to->options.pass_credentials ||
	     !to->file))
		message->credentials = socket_own_credentials();
}

/* The first bytes carry the files. */
static int64_t deliver(struct socket *socket, struct io *io,
                       struct message *message, uint64_t size)
{
	struct packet *packet;
	int r;

	add_credentials(socket, socket->peer, message);
	if (!message->rights && !message->credentials.pid)
		return socket_deliver_bytes(socket->peer, io, size);
	packet = packet_read(io, size, &r);
	if (!packet)
		return r;
	packet->rights = message->rights;
	packet->room = packet->size;
	message->rights = NULL;
	packet->credentials = message->credentials;
	socket_deliver(socket->peer, packet);
	return (int64_t)size;
}

static int64_t send_stream(struct socket *socket, struct io *io,
                           struct message *message)
{
	uint64_t timeout = socket->options.send_timeout;
	int64_t done = 0, n;
	int r;

	if (message->to)
		return socket->state == SOCKET_CONNECTED ? -EISCONN
		                                         : -EOPNOTSUPP;
	for (;;) {
		n = stream_cannot(socket, message);
		if (n)
			return done ? done : n;
		if (!io->left)
			return done;
		if (stream_can_send(socket)) {
			uint64_t room =
			        SOCKET_BUFFER - socket->peer->incoming_bytes;

			n = deliver(socket, io, message,
			            min_u64(min_u64(io->left, room), 65536));
			if (n <= 0)
				return done ? done : n;
			done += n;
			continue;
		}
		if (message->flags & MSG_DONTWAIT)
			return done ? done : ipc_would_block();
		WAIT_FOR(r, &socket->queue, stream_can_send(socket),
		         socket_deadline(timeout));
		if (r)
			return done ? done : socket_sleep_failed(r, timeout);
	}
}

static bool is_full(const struct socket *to)
{
	unsigned n = 0;

	for (const struct list *at = to->incoming.next; at != &to->incoming;
	     at = at->next)
		if (++n >= DATAGRAMS_MAX)
			return true;
	return to->incoming_bytes >= SOCKET_BUFFER;
}

/* Where a message goes; NULL with *error. */
static struct socket *destination(struct socket *socket,
                                  const struct message *message, int64_t *error)
{
	struct socket *to;
	int r = -ENOTCONN;

	if (message->to && socket->type == SOCK_DGRAM) {
		to = find_socket(message->to, SOCK_DGRAM, &r);
		*error = r;
	} else {
		to = socket->peer;
		*error = socket->state == SOCKET_CONNECTED ? -ECONNREFUSED
		                                           : -ENOTCONN;
		if (!to && socket->state == SOCKET_CONNECTED) {
			if (socket->type == SOCK_SEQPACKET)
				*error = socket_broken(message);
			else
				socket->state = SOCKET_IDLE;
		}
	}
	if (to && socket->type == SOCK_DGRAM && !may_send(socket, to)) {
		*error = -EPERM;
		return NULL;
	}
	if (to && to->shut & SHUT_RECEIVE) {
		*error = socket_broken(message);
		return NULL;
	}
	return to;
}

static int64_t send_packet(struct socket *socket, struct io *io,
                           struct message *message)
{
	uint64_t timeout = socket->options.send_timeout;
	uint64_t size = io->left;
	struct packet *packet;
	struct socket *to;
	struct file *file;
	int64_t error;
	int r;

	if (size > SOCKET_BUFFER - 32)
		return -EMSGSIZE;
	r = socket->type == SOCK_DGRAM ? name_for_credentials(socket) : 0;
	if (r)
		return r;
	for (;;) {
		if (socket->error)
			return socket_take_error(socket);
		if (socket->shut & SHUT_SEND)
			return socket_broken(message);
		to = destination(socket, message, &error);
		if (!to)
			return error;
		if (!is_full(to))
			break;
		if (message->flags & MSG_DONTWAIT)
			return ipc_would_block();
		file = to->file ? file_hold(to->file) : NULL;
		WAIT_FOR(r, &to->queue, !is_full(to), socket_deadline(timeout));
		file_release(file);
		if (r)
			return socket_sleep_failed(r, timeout);
	}
	packet = packet_read(io, size, &r);
	if (!packet)
		return r;
	if (socket->type == SOCK_DGRAM && socket->unix_name.size) {
		packet->from = memory_allocate(sizeof(*packet->from));
		if (packet->from)
			*packet->from = socket->unix_name;
	}
	add_credentials(socket, to, message);
	packet->rights = message->rights;
	message->rights = NULL;
	packet->credentials = message->credentials;
	socket_deliver(to, packet);
	return (int64_t)size;
}

static int64_t unix_send(struct socket *socket, struct io *io,
                         struct message *message)
{
	if (message->rights)
		rights_collect();
	return socket->type == SOCK_STREAM ? send_stream(socket, io, message)
	                                   : send_packet(socket, io, message);
}

static int64_t unix_receive(struct socket *socket, struct io *io,
                            struct message *message)
{
	return socket->type == SOCK_STREAM
	               ? socket_receive_stream(socket, io, message)
	               : socket_receive_packet(socket, io, message);
}

static void unix_consumed(struct socket *socket, uint64_t n)
{
	(void)n;
	if (socket->type == SOCK_DGRAM)
		wait_wake(&socket->queue, POLL_WRITABLE);
	if (socket->peer)
		wait_wake(&socket->peer->queue, POLL_WRITABLE | POLLWRBAND);
}

/* ---------------------------------------------------------------- ending */

static int unix_shutdown(struct socket *socket, unsigned how)
{
	struct socket *peer = socket->peer;

	socket->shut |= how;
	if (peer && socket->type != SOCK_DGRAM) {
		if (how & SHUT_SEND)
			peer->shut |= SHUT_RECEIVE;
		if (how & SHUT_RECEIVE)
			peer->shut |= SHUT_SEND;
		wait_wake(&peer->queue, 0);
	}
	wait_wake(&socket->queue, 0);
	return 0;
}

static uint32_t unix_poll(struct socket *socket)
{
	uint32_t events = 0;
	bool writable = true;

	if (socket->error)
		events |= POLLERR;
	if (socket->shut == SHUT_BOTH)
		events |= POLLHUP;
	if (socket->shut & SHUT_RECEIVE)
		events |= POLLRDHUP | POLL_READABLE;
	if (!list_is_empty(&socket->incoming) ||
	    !list_is_empty(&socket->accepts))
		events |= POLL_READABLE;
	if (socket->type != SOCK_DGRAM && socket->state == SOCKET_IDLE)
		events |= POLLHUP;
	if (socket->state == SOCKET_LISTENING)
		writable = false;
	if (socket->peer)
		writable = socket->type == SOCK_STREAM
		                   ? socket->peer->incoming_bytes <=
		                             SOCKET_BUFFER / 4
		                   : !is_full(socket->peer);
	if (writable)
		events |= POLL_WRITABLE | POLLWRBAND;
	return events;
}

/* Nobody sends to it any more. */
static void forget_datagram(struct socket *gone)
{
	LIST_EACH(socket, &datagram_sockets, struct socket, port_link)
	{
		if (socket->peer != gone)
			continue;
		socket->peer = NULL;
		wait_wake(&socket->queue, 0);
	}
}

static void unix_close(struct socket *socket)
{
	struct socket *peer = socket->peer;

	list_remove(&socket->unix_link);
	list_remove(&socket->port_link);
	if (socket->inode) {
		socket->inode->pipe = NULL;
		inode_release(socket->inode);
	}
	if (socket->state == SOCKET_LISTENING) {
		socket->state = SOCKET_OVER;
		wait_wake(&socket->queue, 0);
	}
	if (socket->type == SOCK_DGRAM) {
		forget_datagram(socket);
		if (peer && peer->peer == socket) {
			peer->peer = NULL;
			wait_wake(&peer->queue, 0);
		}
		return;
	}
	if (!peer)
		return;
	peer->peer = NULL;
	peer->shut = SHUT_BOTH;
	if (!list_is_empty(&socket->incoming) || !socket->file)
		peer->error = ECONNRESET;
	wait_wake(&peer->queue, 0);
}

const struct socket_family unix_family = {
        .bind = unix_bind,
        .listen = unix_listen,
        .connect = unix_connect,
        .send = unix_send,
        .receive = unix_receive,
        .name = unix_name,
        .shutdown = unix_shutdown,
        .poll = unix_poll,
        .consumed = unix_consumed,
        .accepted = unix_accepted,
        .close = unix_close,
};
