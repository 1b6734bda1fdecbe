/* SPDX-License-Identifier: ISC */
#include "guest/linux/socket.h"

#include "guest/linux/clock.h"
#include "guest/linux/signal.h"
#include "guest/linux/task.h"

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

struct credentials socket_own_credentials(void)
{
	return (struct credentials){PROCESS_ID, process.euid, process.egid};
}

int64_t socket_broken(const struct message *message)
{
	if (!(message->flags & MSG_NOSIGNAL))
		signal_send_task(task_current, SIGPIPE, NULL);
	return -EPIPE;
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
	        .keep_idle = 7200,
	        .keep_interval = 75,
	        .keep_count = 9,
	        .time_to_live = 64,
	        .low_water = 1,
	        .max_segment = 536,
	        .quick_ack = true,
	        .linger2 = 60,
	        .path_mtu_discovery = 1,
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

	if (child)
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
		child->options.lingers = true;
		child->options.linger = 0;
		socket_destroy(child);
	}
	list_remove(&socket->accept_link);
	socket->ops->close(socket);
	socket_discard(socket);
	if (socket->family == AF_UNIX)
		rights_collect();
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

/* FIONREAD: the next message, or the bytes before the mark of urgent data. */
static uint32_t bytes_to_read(const struct socket *socket)
{
	uint64_t bytes = 0;

	if (socket->type == SOCK_STREAM && !socket->urgent)
		return (uint32_t)socket->incoming_bytes;
	LIST_EACH(packet, &socket->incoming, struct packet, link)
	{
		if (socket->type == SOCK_DGRAM)
			return packet->size;
		if (packet == socket->urgent)
			break;
		bytes += packet->size - packet->taken;
	}
	return (uint32_t)bytes;
}

static int64_t socket_control(struct file *file, uint32_t request,
                              uint64_t argument)
{
	struct socket *socket = file->data;
	uint32_t value = 0;

	switch (request) {
	case FIONREAD:
		if (socket->state == SOCKET_LISTENING)
			return -EINVAL;
		value = bytes_to_read(socket);
		break;
	case TIOCOUTQ:
		if (socket->state == SOCKET_LISTENING)
			return -EINVAL;
		if (socket->net_number)
			value = (uint32_t)(BH_NET_SEND_CREDIT -
			                   socket->net_credit);
		break;
	case SIOCATMARK:
		if (socket->family == AF_UNIX || socket->type != SOCK_STREAM)
			return -ENOTTY;
		value = socket->urgent &&
		        socket->incoming.next == &socket->urgent->link;
		break;
	default:
		return inet_control(request, argument);
	}
	return user_write(argument, &value, sizeof(value));
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
