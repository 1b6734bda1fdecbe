/* SPDX-License-Identifier: ISC */
#include "guest/linux/inet.h"

#include "guest/linux/clock.h"
#include "guest/linux/task.h"

#define PORT_FIRST 32768u /* net.ipv4.ip_local_port_range */
#define PORT_COUNT 28232u
#define BUCKETS    256u

#define IN_SIZE      16u /* struct sockaddr_in */
#define IN6_SIZE     28u /* struct sockaddr_in6; old ones have 24 */
#define IN6_SIZE_OLD 24u

static const uint8_t outside_address[4] = INET_OUTSIDE_ADDRESS;
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static struct list ports[BUCKETS]; /* bound sockets by port */

static struct list *bucket(uint16_t port)
{
	struct list *list = &ports[port % BUCKETS];

	if (!list->next)
		list_init(list);
	return list;
}

/* ------------------------------------------------------------- addresses */

bool inet_is_any(const struct bh_net_address *a)
{
	static const uint8_t zeros[16];

	return !memcmp(a->bytes, zeros, sizeof(zeros));
}

bool inet_is_loopback(const struct bh_net_address *a)
{
	static const uint8_t one[16] = {[15] = 1};

	if (a->family == BH_NET_IPV4)
		return a->bytes[0] == 127;
	return !memcmp(a->bytes, one, sizeof(one));
}

bool inet_is_local(const struct bh_net_address *a)
{
	if (inet_is_loopback(a))
		return true;
	return a->family == BH_NET_IPV4 && net_available() &&
	       !memcmp(a->bytes, outside_address, sizeof(outside_address));
}

void inet_any_to_loopback(struct bh_net_address *a)
{
	if (!inet_is_any(a))
		return;
	if (a->family == BH_NET_IPV4) {
		a->bytes[0] = 127;
		a->bytes[3] = 1;
	} else {
		a->bytes[15] = 1;
	}
}

void inet_source(const struct bh_net_address *remote,
                 struct bh_net_address *local)
{
	uint16_t port = local->port;

	if (!inet_is_any(local))
		return;
	if (inet_is_local(remote)) {
		*local = *remote;
		/* 127.0.0.1 speaks to all of 127/8. */
		if (remote->family == BH_NET_IPV4 && remote->bytes[0] == 127)
			memcpy(local->bytes, (uint8_t[4]){127, 0, 0, 1}, 4);
	} else if (remote->family == BH_NET_IPV4) {
		memset(local, 0, sizeof(*local));
		local->family = BH_NET_IPV4;
		memcpy(local->bytes, outside_address, sizeof(outside_address));
	}
	local->port = port;
}

static void read_ipv4(struct bh_net_address *to, const uint8_t *bytes)
{
	to->family = BH_NET_IPV4;
	memcpy(to->bytes, bytes, 4);
}

int inet_read_ipv4(const struct socket_address *address,
                   struct bh_net_address *to)
{
	const uint8_t *b = address->bytes;

	memset(to, 0, sizeof(*to));
	if (address->size < IN_SIZE)
		return -EINVAL;
	to->port = (uint16_t)(b[2] << 8 | b[3]);
	read_ipv4(to, b + 4);
	return 0;
}

int inet_read_address(const struct socket *socket,
                      const struct socket_address *address,
                      struct bh_net_address *to)
{
	const uint8_t *b = address->bytes;
	bool ipv6 = socket->family == AF_INET6;

	memset(to, 0, sizeof(*to));
	if (address->size < (ipv6 ? IN6_SIZE_OLD : IN_SIZE))
		return -EINVAL;
	if (address_family(address) != socket->family)
		return -EAFNOSUPPORT;
	if (!ipv6)
		return inet_read_ipv4(address, to);
	to->port = (uint16_t)(b[2] << 8 | b[3]);
	if (!memcmp(b + 8, mapped, sizeof(mapped))) {
		read_ipv4(to, b + 20);
	} else {
		to->family = BH_NET_IPV6;
		memcpy(to->bytes, b + 8, 16);
	}
	return 0;
}

void inet_write_address(const struct socket *socket,
                        const struct bh_net_address *from,
                        struct socket_address *address)
{
	uint8_t *b = address->bytes;

	memset(address, 0, sizeof(*address));
	b[0] = (uint8_t)socket->family;
	b[2] = (uint8_t)(from->port >> 8);
	b[3] = (uint8_t)from->port;
	if (socket->family == AF_INET) {
		address->size = IN_SIZE;
		memcpy(b + 4, from->bytes, 4);
		return;
	}
	address->size = IN6_SIZE;
	if (from->family == BH_NET_IPV4) {
		memcpy(b + 8, mapped, sizeof(mapped));
		memcpy(b + 20, from->bytes, 4);
	} else {
		memcpy(b + 8, from->bytes, 16);
	}
}

/* ---------------------------------------------------------------- ports */

/* An unspecified IPv6 address stands for IPv4 too, unless V6ONLY. */
static bool covers(const struct socket *socket, const struct bh_net_address *a)
{
	const struct bh_net_address *own = &socket->local;

	if (own->family == a->family)
		return inet_is_any(own) ||
		       !memcmp(own->bytes, a->bytes, sizeof(own->bytes));
	return own->family == BH_NET_IPV6 && inet_is_any(own) &&
	       !socket->options.v6_only;
}

static bool may_share(const struct socket *a, const struct socket *b)
{
	if (a->options.reuse_port && b->options.reuse_port)
		return true;
	if (!a->options.reuse_address || !b->options.reuse_address)
		return false;
	return a->type == SOCK_DGRAM ||
	       (a->state != SOCKET_LISTENING && b->state != SOCKET_LISTENING);
}

static bool is_free(const struct socket *socket)
{
	LIST_EACH(other, bucket(socket->local.port), struct socket, port_link)
	{
		if (other == socket || other->type != socket->type ||
		    other->local.port != socket->local.port)
			continue;
		if (!covers(other, &socket->local) &&
		    !covers(socket, &other->local))
			continue;
		if (!may_share(other, socket))
			return false;
	}
	return true;
}

bool inet_listen_conflicts(const struct socket *socket)
{
	LIST_EACH(other, bucket(socket->local.port), struct socket, port_link)
	{
		if (other != socket && other->type == socket->type &&
		    other->local.port == socket->local.port &&
		    other->state == SOCKET_LISTENING &&
		    (covers(other, &socket->local) ||
		     covers(socket, &other->local)) &&
		    !(other->options.reuse_port && socket->options.reuse_port))
			return true;
	}
	return false;
}

static int choose_port(struct socket *socket)
{
	static uint32_t next;
	uint16_t random;

	if (!next) {
		random_bytes(&random, sizeof(random));
		next = random;
	}
	for (uint32_t i = 0; i < PORT_COUNT; i++) {
		socket->local.port =
		        (uint16_t)(PORT_FIRST + next++ % PORT_COUNT);
		if (is_free(socket)) {
			socket->port_chosen = true;
			return 0;
		}
	}
	return -EADDRINUSE;
}

static void enter(struct socket *socket)
{
	list_remove(&socket->port_link);
	list_append(bucket(socket->local.port), &socket->port_link);
	socket->bound = true;
}

int inet_bind(struct socket *socket, const struct socket_address *address)
{
	struct bh_net_address wanted, before = socket->local;
	struct socket_address copy = *address;
	int r;

	/* Old programs give no family with INADDR_ANY. */
	if (socket->family == AF_INET && address->size >= IN_SIZE &&
	    address_family(address) == AF_UNSPEC &&
	    !memcmp(address->bytes + 4, (uint8_t[4]){0}, 4))
		copy.bytes[0] = AF_INET;
	r = inet_read_address(socket, &copy, &wanted);
	if (r)
		return r;
	if (socket->options.v6_only && wanted.family == BH_NET_IPV4 &&
	    socket->family == AF_INET6)
		return -EINVAL;
	if (!inet_is_any(&wanted) && !inet_is_local(&wanted) &&
	    !socket->options.free_bind)
		return -EADDRNOTAVAIL;
	if (socket->bound || socket->state != SOCKET_IDLE)
		return -EINVAL;
	socket->local = wanted;
	socket->port_chosen = false;
	if (wanted.port ? !is_free(socket) : choose_port(socket) != 0) {
		socket->local = before;
		return -EADDRINUSE;
	}
	socket->address_given = !inet_is_any(&wanted);
	enter(socket);
	return 0;
}

int inet_bind_any(struct socket *socket)
{
	if (socket->bound)
		return 0;
	if (choose_port(socket))
		return -EADDRNOTAVAIL;
	enter(socket);
	return 0;
}

void inet_unbind(struct socket *socket)
{
	list_remove(&socket->port_link);
	socket->bound = false;
}

int inet_name(struct socket *socket, bool peer, struct socket_address *address)
{
	if (peer && socket->state != SOCKET_CONNECTED)
		return -ENOTCONN;
	inet_write_address(socket, peer ? &socket->remote : &socket->local,
	                   address);
	return 0;
}

bool inet_speaks(const struct socket *socket, const struct bh_net_address *to)
{
	if (socket->family == AF_INET || to->family == BH_NET_IPV6)
		return true;
	return !socket->options.v6_only &&
	       (socket->local.family == BH_NET_IPV4 ||
	        inet_is_any(&socket->local));
}

static bool accepts_from(const struct socket *socket,
                         const struct bh_net_address *from)
{
	return socket->state != SOCKET_CONNECTED || !from ||
	       !memcmp(&socket->remote, from, sizeof(*from));
}

/* Exact addresses before any, connected ones before others; among equals the
 * one that was least lately chosen (SO_REUSEPORT). */
struct socket *inet_find(unsigned type, const struct bh_net_address *to,
                         const struct bh_net_address *from)
{
	struct socket *best = NULL;
	unsigned best_score = 0;

	LIST_EACH(socket, bucket(to->port), struct socket, port_link)
	{
		unsigned score = 1;

		if (socket->type != type || socket->local.port != to->port ||
		    !covers(socket, to))
			continue;
		if (type == SOCK_STREAM ? socket->state != SOCKET_LISTENING
		                        : !accepts_from(socket, from))
			continue;
		if (!inet_is_any(&socket->local))
			score += 2;
		if (socket->local.family == to->family)
			score += 1;
		if (socket->state == SOCKET_CONNECTED)
			score += 4;
		if (score > best_score) {
			best = socket;
			best_score = score;
		}
	}
	if (best && best->options.reuse_port && type == SOCK_STREAM) {
		list_remove(&best->port_link);
		list_append(bucket(to->port), &best->port_link);
	}
	return best;
}

bool inet_is_public(const struct socket *socket)
{
	return net_available() && !inet_is_loopback(&socket->local);
}

/* ---------------------------------------------------------- interfaces */

enum {
	SIOCGIFCONF = 0x8912,
	SIOCGIFFLAGS = 0x8913,
	SIOCGIFADDR = 0x8915,
	SIOCGIFNETMASK = 0x891b,
	SIOCGIFMTU = 0x8921,
	SIOCGIFHWADDR = 0x8927,
	SIOCGIFINDEX = 0x8933,
	SIOCGIFNAME = 0x8910,
};

/* struct ifreq: 16 bytes of name, 24 of union */
struct interface_request {
	char name[16];
	uint8_t data[24];
};

static const struct {
	char name[16];
	uint8_t address[4], mask[4];
	uint16_t flags; /* UP, LOOPBACK, RUNNING, BROADCAST, MULTICAST */
	int32_t mtu;
} interfaces[] = {
        {"lo", {127, 0, 0, 1}, {255, 0, 0, 0}, 0x49, 65536},
        {"eth0", INET_OUTSIDE_ADDRESS, {255, 255, 255, 0}, 0x1043, 1500},
};

static unsigned interface_count(void)
{
	return net_available() ? 2 : 1;
}

static void put_ipv4(uint8_t *data, const uint8_t *bytes)
{
	memset(data, 0, 16);
	data[0] = AF_INET;
	memcpy(data + 4, bytes, 4);
}

/* struct ifconf: size, padding, address */
static int64_t list_interfaces(uint64_t argument)
{
	struct {
		int32_t size, padding;
		uint64_t address;
	} list;
	int32_t used = 0;

	if (user_read(&list, argument, sizeof(list)))
		return -EFAULT;
	for (unsigned i = 0; i < interface_count(); i++) {
		struct interface_request r = {0};

		if (list.address && list.size - used < (int32_t)sizeof(r))
			break;
		memcpy(r.name, interfaces[i].name, sizeof(r.name));
		put_ipv4(r.data, interfaces[i].address);
		if (list.address &&
		    user_write(list.address + (uint32_t)used, &r, sizeof(r)))
			return -EFAULT;
		used += (int32_t)sizeof(r);
	}
	return user_write(argument, &used, sizeof(used));
}

int64_t inet_control(uint32_t request, uint64_t argument)
{
	struct interface_request r;
	unsigned i = 0;
	int32_t index;

	if (request == SIOCGIFCONF)
		return list_interfaces(argument);
	if (request < SIOCGIFNAME || request > SIOCGIFINDEX)
		return -ENOTTY;
	if (user_read(&r, argument, sizeof(r)))
		return -EFAULT;
	r.name[15] = 0;
	memcpy(&index, r.data, sizeof(index));
	while (i < interface_count() &&
	       (request == SIOCGIFNAME ? (int32_t)i + 1 != index
	                               : strcmp(r.name, interfaces[i].name)))
		i++;
	if (i == interface_count())
		return -ENODEV;
	memset(r.data, 0, sizeof(r.data));
	index = (int32_t)i + 1;
	switch (request) {
	case SIOCGIFNAME:
		memcpy(r.name, interfaces[i].name, sizeof(r.name));
		break;
	case SIOCGIFFLAGS:
		memcpy(r.data, &interfaces[i].flags, 2);
		break;
	case SIOCGIFADDR:
		put_ipv4(r.data, interfaces[i].address);
		break;
	case SIOCGIFNETMASK:
		put_ipv4(r.data, interfaces[i].mask);
		break;
	case SIOCGIFMTU:
		memcpy(r.data, &interfaces[i].mtu, 4);
		break;
	case SIOCGIFHWADDR:
		r.data[0] = i ? 1 : 4; /* ARPHRD_ETHER; _LOOPBACK is 772 */
		r.data[1] = i ? 0 : 3;
		break;
	case SIOCGIFINDEX:
		memcpy(r.data, &index, 4);
		break;
	default:
		return -ENOTTY;
	}
	return user_write(argument, &r, sizeof(r));
}
