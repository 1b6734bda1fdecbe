/* SPDX-License-Identifier: ISC */

/* What the C library asks rtnetlink(7): dumps of links and addresses. */

#include "guest/linux/socket.h"
#include "guest/linux/task.h"

enum {
	NLMSG_ERROR = 2,
	NLMSG_DONE = 3,
	RTM_NEWLINK = 16,
	RTM_GETLINK = 18,
	RTM_NEWADDR = 20,
	RTM_GETADDR = 22,
	NLM_F_MULTI = 2,
	IFLA_ADDRESS = 1,
	IFLA_IFNAME = 3,
	IFLA_MTU = 4,
	IFA_ADDRESS = 1,
	IFA_LOCAL = 2,
	IFA_LABEL = 3,
	IFA_F_PERMANENT = 0x80,
};

#define NAME_SIZE 12u /* struct sockaddr_nl */

struct header {
	uint32_t size;
	uint16_t type, flags;
	uint32_t sequence, port;
};

/* A reply that grows: messages back to back. */
struct dump {
	struct packet *packet;
	const struct header *request;
	uint32_t port, start; /* start: of the message being made */
};

static const struct link {
	const char *name;
	uint16_t type;  /* ARPHRD_* */
	uint32_t flags; /* IFF_* */
	uint32_t mtu;
	uint8_t address[4], prefix, scope;
} links[] = {
        {"lo", 772, 0x10049, 65536, {127, 0, 0, 1}, 8, 254},
        {"eth0", 1, 0x11043, 1500, INET_OUTSIDE_ADDRESS, 24, 0},
};

static void put(struct dump *d, const void *bytes, size_t size)
{
	struct packet *p = d->packet;
	size_t padded = (size + 3) & ~(size_t)3;

	if (p->room - p->size < padded)
		return;
	memset(p->bytes + p->size, 0, padded);
	memcpy(p->bytes + p->size, bytes, size);
	p->size += (uint32_t)padded;
}

static void begin(struct dump *d, uint16_t type)
{
	const struct header h = {
	        .type = type,
	        .flags = NLM_F_MULTI,
	        .sequence = d->request->sequence,
	        .port = d->port,
	};

	d->start = d->packet->size;
	put(d, &h, sizeof(h));
}

static void end(struct dump *d)
{
	uint32_t size = d->packet->size - d->start;

	memcpy(d->packet->bytes + d->start, &size, sizeof(size));
}

static void attribute(struct dump *d, uint16_t type, const void *bytes,
                      size_t size)
{
	const uint16_t head[2] = {(uint16_t)(sizeof(head) + size), type};
	uint8_t both[64];

	memcpy(both, head, sizeof(head));
	memcpy(both + sizeof(head), bytes, size);
	put(d, both, sizeof(head) + size);
}

static void put_link(struct dump *d, unsigned i)
{
	const struct link *l = &links[i];
	struct {
		uint8_t family, padding;
		uint16_t type;
		int32_t index;
		uint32_t flags, change;
	} info = {.type = l->type, .index = (int32_t)i + 1, .flags = l->flags};
	static const uint8_t hardware[6];

	begin(d, RTM_NEWLINK);
	put(d, &info, sizeof(info));
	attribute(d, IFLA_IFNAME, l->name, strlen(l->name) + 1);
	attribute(d, IFLA_MTU, &l->mtu, sizeof(l->mtu));
	attribute(d, IFLA_ADDRESS, hardware, sizeof(hardware));
	end(d);
}

static void put_address(struct dump *d, unsigned i, uint8_t family)
{
	static const uint8_t one[16] = {[15] = 1};
	const struct link *l = &links[i];
	struct {
		uint8_t family, prefix, flags, scope;
		uint32_t index;
	} info = {family, family == AF_INET ? l->prefix : 128, IFA_F_PERMANENT,
	          l->scope, i + 1};

	begin(d, RTM_NEWADDR);
	put(d, &info, sizeof(info));
	if (family == AF_INET) {
		attribute(d, IFA_ADDRESS, l->address, 4);
		attribute(d, IFA_LOCAL, l->address, 4);
		attribute(d, IFA_LABEL, l->name, strlen(l->name) + 1);
	} else {
		attribute(d, IFA_ADDRESS, one, sizeof(one));
	}
	end(d);
}

static void fill(struct dump *d, uint8_t family)
{
	unsigned count = net_available() ? 2 : 1;
	const int32_t nothing = 0;

	for (unsigned i = 0; i < count; i++) {
		if (d->request->type == RTM_GETLINK)
			put_link(d, i);
		else if (family != AF_INET6)
			put_address(d, i, AF_INET);
	}
	if (d->request->type == RTM_GETADDR && family != AF_INET)
		put_address(d, 0, AF_INET6);
	begin(d, NLMSG_DONE);
	put(d, &nothing, sizeof(nothing));
	end(d);
}

static void refuse(struct dump *d)
{
	const int32_t error = -EOPNOTSUPP;

	begin(d, NLMSG_ERROR);
	put(d, &error, sizeof(error));
	put(d, d->request, sizeof(*d->request));
	end(d);
}

static int64_t netlink_send(struct socket *socket, struct io *io,
                            struct message *message)
{
	int64_t size = (int64_t)io->left;
	struct header request;
	struct dump d = {.request = &request};
	uint8_t family = 0;

	(void)message;
	if (io->left < sizeof(request) ||
	    io_get(io, &request, sizeof(request)) != sizeof(request))
		return size;
	if (io->left)
		(void)io_get(io, &family, 1);
	if (!socket->netlink_port)
		socket->netlink_port = PROCESS_ID;
	d.port = socket->netlink_port;
	d.packet = packet_create(2048);
	if (!d.packet)
		return -ENOBUFS;
	d.packet->size = 0;
	d.packet->from = memory_zeroed(sizeof(*d.packet->from));
	if (!d.packet->from) {
		packet_free(d.packet);
		return -ENOBUFS;
	}
	d.packet->from->size = NAME_SIZE;
	d.packet->from->bytes[0] = AF_NETLINK;
	if (request.type == RTM_GETLINK || request.type == RTM_GETADDR)
		fill(&d, family);
	else
		refuse(&d);
	socket_deliver(socket, d.packet);
	return size;
}

static int netlink_bind(struct socket *socket,
                        const struct socket_address *address)
{
	uint32_t port;

	if (address->size < NAME_SIZE || address_family(address) != AF_NETLINK)
		return -EINVAL;
	memcpy(&port, address->bytes + 4, sizeof(port));
	socket->netlink_port = port ? port : PROCESS_ID;
	return 0;
}

static int netlink_connect(struct socket *socket,
                           const struct socket_address *address, uint32_t flags)
{
	(void)flags;
	if (address->size < NAME_SIZE || address_family(address) != AF_NETLINK)
		return -EINVAL;
	if (!socket->netlink_port)
		socket->netlink_port = PROCESS_ID;
	socket->state = SOCKET_CONNECTED;
	return 0;
}

static int netlink_name(struct socket *socket, bool peer,
                        struct socket_address *address)
{
	address->size = NAME_SIZE;
	address->bytes[0] = AF_NETLINK;
	if (!peer)
		memcpy(address->bytes + 4, &socket->netlink_port,
		       sizeof(socket->netlink_port));
	return 0;
}

static uint32_t netlink_poll(struct socket *socket)
{
	return POLL_WRITABLE |
	       (list_is_empty(&socket->incoming) ? 0 : POLL_READABLE);
}

static void netlink_close(struct socket *socket)
{
	(void)socket;
}

const struct socket_family netlink_family = {
        .bind = netlink_bind,
        .connect = netlink_connect,
        .send = netlink_send,
        .receive = socket_receive_packet,
        .name = netlink_name,
        .poll = netlink_poll,
        .close = netlink_close,
};
