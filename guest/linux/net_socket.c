/* SPDX-License-Identifier: ISC */

/* Sockets outside: what programs do with them becomes commands, what the device
 * tells becomes their state.  The device is not trusted. */

#include "guest/linux/net.h"

#include "guest/linux/inet.h"

#define WINDOW    262144u /* bytes that may be on their way to a socket */
#define DATAGRAMS 64u     /* datagrams */
#define BUCKETS   1024u

/* A number that the guest has chosen. */
struct slot {
	struct socket *socket; /* NULL: free, or being closed */
	uint32_t next_free;
	bool closing; /* until BH_NET_CLOSED */
};

static struct slot *slots; /* by number; 0 is not used */
static uint32_t slot_count = 1, slot_room, first_free, sockets;
static struct list accepted[BUCKETS]; /* by the device's number */
static struct list listeners = LIST_INIT(listeners);

static struct list *bucket(uint32_t number)
{
	struct list *list = &accepted[number % BUCKETS];

	if (!list->next)
		list_init(list);
	return list;
}

/* 0 is the device itself, which has no socket. */
static struct socket *find(uint32_t number)
{
	if (!(number & BH_NET_ACCEPTED_BIT))
		return number && number < slot_count ? slots[number].socket
		                                     : NULL;
	LIST_EACH(socket, bucket(number), struct socket, net_link)
	if (socket->net_number == number)
		return socket;
	return NULL;
}

static int choose_number(struct socket *socket)
{
	uint32_t number = first_free;

	if (sockets >= BH_NET_SOCKETS_LIMIT)
		return -ENOBUFS;
	if (number) {
		first_free = slots[number].next_free;
	} else {
		if (slot_count >= slot_room) {
			uint32_t room = slot_room ? slot_room * 2 : 64;
			void *more =
			        memory_resize(slots, room * sizeof(*slots));

			if (!more)
				return -ENOBUFS;
			slots = more;
			slot_room = room;
		}
		number = slot_count++;
	}
	slots[number] = (struct slot){.socket = socket};
	socket->net_number = number;
	sockets++;
	return 0;
}

static void free_number(uint32_t number)
{
	slots[number] = (struct slot){.next_free = first_free};
	first_free = number;
	sockets--;
}

/* -------------------------------------------------------------- commands */

static int command(struct socket *socket, struct bh_net_item item)
{
	item.socket = socket->net_number;
	return net_append(&item, 0) ? 0 : -ENOBUFS;
}

static void grant(struct socket *socket, uint64_t n)
{
	socket->net_granted += n;
	command(socket, (struct bh_net_item){
	                        .type = BH_NET_CREDIT,
	                        .value = n,
	                });
}

void net_consumed(struct socket *socket, uint64_t n)
{
	uint64_t window = WINDOW;

	if (socket->state == SOCKET_LISTENING) {
		grant(socket, n);
		return;
	}
	if (socket->type == SOCK_DGRAM)
		window = DATAGRAMS;
	socket->net_owed += n;
	if (socket->net_owed < window / 4 || socket->shut & SHUT_RECEIVE)
		return;
	n = socket->net_owed;
	socket->net_owed = 0;
	grant(socket, n);
}

void net_option(struct socket *socket, enum bh_net_option option, int value)
{
	command(socket,
	        (struct bh_net_item){
	                .type = BH_NET_OPTION,
	                .value = (uint64_t)option << 32 | (uint32_t)value,
	        });
}

/* Those that differ from what the host begins with. */
static void send_options(struct socket *socket)
{
	const struct socket_options *o = &socket->options;

	if (o->no_delay)
		net_option(socket, BH_NET_OPTION_NO_DELAY, 1);
	if (o->cork)
		net_option(socket, BH_NET_OPTION_CORK, 1);
	if (o->keep_idle != 7200)
		net_option(socket, BH_NET_OPTION_KEEP_IDLE, o->keep_idle);
	if (o->keep_interval != 75)
		net_option(socket, BH_NET_OPTION_KEEP_INTERVAL,
		           o->keep_interval);
	if (o->keep_count != 9)
		net_option(socket, BH_NET_OPTION_KEEP_COUNT, o->keep_count);
	if (o->keep_alive)
		net_option(socket, BH_NET_OPTION_KEEP_ALIVE, 1);
}

int net_connect(struct socket *socket)
{
	int r = choose_number(socket);

	if (r)
		return r;
	socket->net_credit = BH_NET_SEND_CREDIT;
	socket->net_granted = socket->net_owed = 0;
	r = command(socket, (struct bh_net_item){
	                            .type = BH_NET_CONNECT,
	                            .address = socket->remote,
	                    });
	send_options(socket);
	grant(socket, WINDOW);
	return r;
}

int net_listen(struct socket *socket)
{
	uint64_t credit = socket->backlog ? socket->backlog : 1;
	int r = choose_number(socket);

	if (r)
		return r;
	socket->net_granted = 0;
	list_append(&listeners, &socket->net_link);
	r = command(socket, (struct bh_net_item){
	                            .type = BH_NET_LISTEN,
	                            .value = credit,
	                            .local = socket->local,
	                    });
	grant(socket, credit);
	return r;
}

int net_bind(struct socket *socket, uint8_t family)
{
	struct bh_net_address local = {
	        .family = family,
	        .port = socket->port_chosen ? 0 : socket->local.port,
	};
	int r = choose_number(socket);

	if (r)
		return r;
	socket->net_credit = BH_NET_SEND_CREDIT;
	socket->net_granted = socket->net_owed = 0;
	socket->net_family = family;
	list_append(&listeners, &socket->net_link);
	r = command(socket, (struct bh_net_item){
	                            .type = BH_NET_BIND,
	                            .local = local,
	                    });
	grant(socket, DATAGRAMS);
	return r;
}

int64_t net_send(struct socket *socket, struct io *io, uint64_t size)
{
	const struct bh_net_item item = {
	        .type = BH_NET_SEND,
	        .socket = socket->net_number,
	};
	size_t n = min_u64(size, BH_NET_SEND_CREDIT);
	void *to = net_append_more(socket->net_number, &n);
	int64_t done;

	if (!to) {
		n = min_u64(size, net_data_max());
		to = net_append(&item, n);
	}
	if (!to)
		return -ENOBUFS;
	done = io_get(io, to, n);
	if (done < (int64_t)n)
		net_take_back(n - (done > 0 ? (size_t)done : 0));
	if (done > 0)
		socket->net_credit -= (uint64_t)done;
	return done;
}

int64_t net_send_to(struct socket *socket, struct io *io,
                    const struct bh_net_address *to)
{
	const struct bh_net_item item = {
	        .type = BH_NET_SEND_TO,
	        .socket = socket->net_number,
	        .address = *to,
	};
	uint64_t size = io->left;
	void *buffer, *room;

	if (size > socket->net_credit)
		return ipc_would_block();
	/* A message that cannot be read must not leave in part. */
	buffer = memory_allocate(size + 1);
	if (!buffer)
		return -ENOBUFS;
	if (size && io_get(io, buffer, size) != (int64_t)size) {
		memory_free(buffer);
		return -EFAULT;
	}
	room = net_append(&item, size);
	if (room)
		memcpy(room, buffer, size);
	memory_free(buffer);
	if (!room)
		return -ENOBUFS;
	socket->net_credit -= size;
	return (int64_t)size;
}

void net_shutdown(struct socket *socket)
{
	command(socket, (struct bh_net_item){.type = BH_NET_SHUTDOWN});
}

void net_close(struct socket *socket, bool reset)
{
	uint32_t number = socket->net_number;

	command(socket, (struct bh_net_item){
	                        .type = BH_NET_CLOSE,
	                        .value = reset,
	                });
	list_remove(&socket->net_link);
	/* The number is free again with BH_NET_CLOSED. */
	if (!(number & BH_NET_ACCEPTED_BIT))
		slots[number] = (struct slot){.closing = true};
	socket->net_number = 0;
}

/* ---------------------------------------------------------------- events */

static bool take_grant(struct socket *socket, uint64_t n)
{
	if (n > socket->net_granted)
		return false;
	socket->net_granted -= n;
	return true;
}

static void event_accepted(struct socket *listener,
                           const struct bh_net_item *item)
{
	uint32_t number = (uint32_t)item->value;
	struct socket *child;

	if (listener->state != SOCKET_LISTENING || item->value > UINT32_MAX ||
	    !(number & BH_NET_ACCEPTED_BIT) || number >> 31 || find(number) ||
	    !net_address_is_valid(&item->address) ||
	    !net_address_is_valid(&item->local) || !take_grant(listener, 1))
		return;
	child = inet_accepted(listener, &item->address, &item->local);
	if (!child) {
		/* No memory: the connection is given up. */
		net_append(&(struct bh_net_item){.type = BH_NET_CLOSE,
		                                 .socket = number,
		                                 .value = 1},
		           0);
		grant(listener, 1);
		return;
	}
	child->net_number = number;
	child->net_credit = BH_NET_SEND_CREDIT;
	list_append(bucket(number), &child->net_link);
	send_options(child);
	grant(child, WINDOW);
	socket_queue_accept(listener, child);
}

static void event_data(struct socket *socket, const struct bh_net_item *item,
                       const uint8_t *data)
{
	uint64_t size = item->size - sizeof(*item);
	struct io_piece piece;
	struct io io;

	if (socket->type != SOCK_STREAM || !size ||
	    socket->state == SOCKET_LISTENING)
		return;
	if (!take_grant(socket, size)) {
		inet_broken(socket, -ECONNRESET);
		return;
	}
	/* Nobody will read it: credit is not given back. */
	if (socket->state == SOCKET_OVER)
		return;
	io_from_kernel(&io, &piece, (void *)(uintptr_t)data, size);
	while (io.left)
		if (socket_deliver_bytes(socket, &io, io.left) <= 0) {
			inet_broken(socket, -ENOBUFS);
			return;
		}
}

static void event_datagram(struct socket *socket,
                           const struct bh_net_item *item, const uint8_t *data)
{
	uint32_t size = (uint32_t)(item->size - sizeof(*item));
	struct packet *packet;

	if (socket->type != SOCK_DGRAM || !take_grant(socket, 1) ||
	    !net_address_is_valid(&item->address))
		return;
	packet = packet_create(size);
	if (packet)
		packet->from = memory_allocate(sizeof(*packet->from));
	if (!packet || !packet->from) {
		if (packet)
			packet_free(packet);
		net_consumed(socket, 1);
		return;
	}
	memcpy(packet->bytes, data, size);
	inet_write_address(socket, &item->address, packet->from);
	packet->arrival = (struct arrival){
	        .to = socket->local,
	        .time_to_live = 64, /* the device does not tell it */
	};
	inet_source(&item->address, &packet->arrival.to);
	socket_deliver(socket, packet);
}

static void event_sent(struct socket *socket, uint64_t n)
{
	if (n > BH_NET_SEND_CREDIT - socket->net_credit)
		n = BH_NET_SEND_CREDIT - socket->net_credit;
	socket->net_credit += n;
	if (n && socket->net_credit >= BH_NET_SEND_CREDIT / 3)
		wait_wake(&socket->queue, POLL_WRITABLE);
}

/*
 * The device does not do it: nobody outside reaches this port, the program
 * itself does.  Datagrams may still leave, from any other port.
 */
static void event_refused(struct socket *socket, const struct bh_net_item *item)
{
	bool any_port = socket->type == SOCK_DGRAM && socket->port_chosen;
	static bool told;

	if (!item->status)
		return;
	net_close(socket, false);
	if (!any_port)
		log_line("port %u cannot be reached from outside (%d)",
		         socket->local.port, item->status);
	else if (!told)
		log_line("datagrams cannot leave (%d)", item->status);
	told |= any_port;
	if (socket->type == SOCK_DGRAM && !any_port)
		socket->port_chosen = true;
	else
		socket->net_failed = true;
}

static void event(const struct bh_net_item *item, const uint8_t *data)
{
	struct socket *socket = find(item->socket);

	if (item->type == BH_NET_HELLO) {
		net_hosts_take(data, item->size - sizeof(*item));
		return;
	}
	if (item->type == BH_NET_CLOSED) {
		uint32_t n = item->socket;

		if (n && n < slot_count && !slots[n].socket && slots[n].closing)
			free_number(n);
		return;
	}
	if (!socket)
		return;
	switch (item->type) {
	case BH_NET_LISTENING:
	case BH_NET_BOUND:
		if (socket->type == SOCK_DGRAM ||
		    socket->state == SOCKET_LISTENING)
			event_refused(socket, item);
		break;
	case BH_NET_CONNECTED:
		inet_connected(socket,
		               item->status > 0 ? -EPROTO : item->status,
		               &item->local);
		break;
	case BH_NET_ACCEPTED:
		event_accepted(socket, item);
		break;
	case BH_NET_DATA:
		event_data(socket, item, data);
		break;
	case BH_NET_DATAGRAM:
		event_datagram(socket, item, data);
		break;
	case BH_NET_END:
		if (socket->type == SOCK_STREAM &&
		    socket->state != SOCKET_LISTENING)
			inet_ended(socket);
		break;
	case BH_NET_SENT:
		event_sent(socket, item->value);
		break;
	case BH_NET_BROKEN:
		if (socket->type == SOCK_STREAM)
			inet_broken(socket, item->status);
		break;
	default:
		break;
	}
}

void net_events(const uint8_t *events, size_t size)
{
	struct bh_net_item item;
	const uint8_t *data;
	size_t at = 0;

	while (net_item_next(events, size, &at, &item, &data))
		event(&item, data);
}

/* ----------------------------------------------------------------- reset */

static void lose(struct socket *socket, int error)
{
	list_remove(&socket->net_link);
	socket->net_number = 0;
	if (socket->type == SOCK_STREAM)
		inet_broken(socket, error);
}

void net_reset(int error)
{
	struct list again = LIST_INIT(again);

	net_forget_commands();
	for (uint32_t i = 0; i < BUCKETS; i++)
		LIST_EACH(socket, bucket(i), struct socket, net_link)
	lose(socket, error);
	while (!list_is_empty(&listeners)) {
		struct list *first = listeners.next;

		list_remove(first);
		list_append(&again, first);
	}
	for (uint32_t i = 1; i < slot_count; i++)
		if (slots[i].socket && slots[i].socket->net_link.next ==
		                               &slots[i].socket->net_link)
			lose(slots[i].socket, error);
	slot_count = 1;
	first_free = sockets = 0;
	while (!list_is_empty(&again)) {
		struct socket *socket =
		        LIST_FIRST(&again, struct socket, net_link);

		list_remove(&socket->net_link);
		socket->net_number = 0;
		if (!net_available())
			continue;
		if (socket->type == SOCK_DGRAM)
			net_bind(socket, socket->net_family);
		else
			net_listen(socket);
	}
}
