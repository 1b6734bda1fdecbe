/* SPDX-License-Identifier: ISC */

/* setsockopt(2) and getsockopt(2). */

#include "guest/linux/socket.h"
#include "guest/linux/task.h"

#define SOL_SOCKET     1
#define CONGESTION_MAX 16u /* bytes of TCP_CONGESTION */

enum {
	SO_REUSEADDR = 2,
	SO_TYPE = 3,
	SO_ERROR = 4,
	SO_DONTROUTE = 5,
	SO_BROADCAST = 6,
	SO_SNDBUF = 7,
	SO_RCVBUF = 8,
	SO_KEEPALIVE = 9,
	SO_OOBINLINE = 10,
	SO_PRIORITY = 12,
	SO_LINGER = 13,
	SO_REUSEPORT = 15,
	SO_PASSCRED = 16,
	SO_PEERCRED = 17,
	SO_RCVLOWAT = 18,
	SO_RCVTIMEO = 20,
	SO_SNDTIMEO = 21,
	SO_ATTACH_FILTER = 26,
	SO_TIMESTAMP = 29,
	SO_ACCEPTCONN = 30,
	SO_SNDBUFFORCE = 32,
	SO_RCVBUFFORCE = 33,
	SO_MARK = 36,
	SO_PROTOCOL = 38,
	SO_DOMAIN = 39,
	SO_INCOMING_CPU = 49,
	SO_INCOMING_NAPI_ID = 56,
	SO_COOKIE = 57,
};

enum {
	TCP_NODELAY = 1,
	TCP_MAXSEG = 2,
	TCP_CORK = 3,
	TCP_KEEPIDLE = 4,
	TCP_KEEPINTVL = 5,
	TCP_KEEPCNT = 6,
	TCP_SYNCNT = 7,
	TCP_LINGER2 = 8,
	TCP_DEFER_ACCEPT = 9,
	TCP_WINDOW_CLAMP = 10,
	TCP_INFO = 11,
	TCP_QUICKACK = 12,
	TCP_CONGESTION = 13,
	TCP_USER_TIMEOUT = 18,
	TCP_FASTOPEN = 23,
	TCP_NOTSENT_LOWAT = 25,
};

enum {
	IP_TOS = 1,
	IP_TTL = 2,
	IP_PKTINFO = 8,
	IP_MTU_DISCOVER = 10,
	IP_RECVERR = 11,
	IP_RECVTTL = 12,
	IP_RECVTOS = 13,
	IP_FREEBIND = 15,
	IP_BIND_ADDRESS_NO_PORT = 24,
	IPV6_UNICAST_HOPS = 16,
	IPV6_MTU_DISCOVER = 23,
	IPV6_RECVERR = 25,
	IPV6_V6ONLY = 26,
	IPV6_RECVPKTINFO = 49,
	IPV6_PKTINFO = 50,
	IPV6_TCLASS = 67,
};

enum kind {
	FLAG,   /* bool: 0 or 1 */
	NUMBER, /* int32_t, between the limits */
	FIXED,  /* can be set and reads as the lower limit: it changes nothing
	         * here */
};

/* ---------------------------------------------- what values are made to be */

static int check_priority(const struct socket *socket, int32_t *value)
{
	(void)socket;
	return process.euid && (*value < 0 || *value > 6) ? -EPERM : 0;
}

static int check_privileged(const struct socket *socket, int32_t *value)
{
	(void)socket;
	(void)value;
	return process.euid ? -EPERM : 0;
}

static int check_low_water(const struct socket *socket, int32_t *value)
{
	int32_t most = (int32_t)(socket->options.receive_buffer / 2);

	if (!*value)
		*value = 1;
	if (*value < 0 || *value > most)
		*value = most;
	return 0;
}

static int check_v6_only(const struct socket *socket, int32_t *value)
{
	(void)value;
	return socket->bound ? -EINVAL : 0;
}

/* -1 is the default. */
static int check_time_to_live(const struct socket *socket, int32_t *value)
{
	(void)socket;
	if (*value == -1)
		*value = 64;
	return 0;
}

/* Two bits of the byte are TCP's own (ECN). */
static int check_type_of_service(const struct socket *socket, int32_t *value)
{
	*value &= socket->type == SOCK_STREAM ? 0xfc : 0xff;
	return 0;
}

static int check_traffic_class(const struct socket *socket, int32_t *value)
{
	if (*value == -1)
		*value = 0;
	if (*value < 0 || *value > 255)
		return -EINVAL;
	return check_type_of_service(socket, value);
}

static int check_linger2(const struct socket *socket, int32_t *value)
{
	(void)socket;
	if (*value < 0)
		*value = -1;
	else if (!*value)
		*value = 60;
	else if (*value > 120)
		*value = 120;
	return 0;
}

/* Seconds are kept as a number of tries, each twice as long, up to two minutes.
 */
static int check_defer_accept(const struct socket *socket, int32_t *value)
{
	int64_t total = 0, timeout = 1;
	unsigned tries = 0;

	(void)socket;
	while (total < *value && tries < 255) {
		total += timeout;
		timeout = timeout * 2 < 120 ? timeout * 2 : 120;
		tries++;
	}
	*value = (int32_t)total;
	return 0;
}

/* ------------------------------------------------------------- the options */

/* Options that are one int kept in struct socket_options. */
static const struct option {
	int level, name;
	enum kind kind;
	size_t offset;
	int32_t least, most;
	/* NULL, or changes the value before it is looked at; or -errno. */
	int (*check)(const struct socket *socket, int32_t *value);
} options[] = {
#define O(member) offsetof(struct socket_options, member)
        {SOL_SOCKET, SO_REUSEADDR, FLAG, O(reuse_address), 0, 0, NULL},
        {SOL_SOCKET, SO_REUSEPORT, FLAG, O(reuse_port), 0, 0, NULL},
        {SOL_SOCKET, SO_BROADCAST, FLAG, O(broadcast), 0, 0, NULL},
        {SOL_SOCKET, SO_KEEPALIVE, FLAG, O(keep_alive), 0, 0, NULL},
        {SOL_SOCKET, SO_OOBINLINE, FLAG, O(urgent_inline), 0, 0, NULL},
        {SOL_SOCKET, SO_DONTROUTE, FLAG, O(dont_route), 0, 0, NULL},
        {SOL_SOCKET, SO_PASSCRED, FLAG, O(pass_credentials), 0, 0, NULL},
        {SOL_SOCKET, SO_TIMESTAMP, FLAG, O(timestamp), 0, 0, NULL},
        {SOL_SOCKET, SO_PRIORITY, NUMBER, O(priority), INT32_MIN, INT32_MAX,
         check_priority},
        {SOL_SOCKET, SO_MARK, NUMBER, O(mark), INT32_MIN, INT32_MAX,
         check_privileged},
        {SOL_SOCKET, SO_RCVLOWAT, NUMBER, O(low_water), INT32_MIN, INT32_MAX,
         check_low_water},
        {SOL_SOCKET, SO_INCOMING_CPU, FIXED, 0, 0, 0, NULL},
        {SOL_SOCKET, SO_INCOMING_NAPI_ID, FIXED, 0, 0, 0, NULL},
        {IPPROTO_TCP, TCP_NODELAY, FLAG, O(no_delay), 0, 0, NULL},
        {IPPROTO_TCP, TCP_CORK, FLAG, O(cork), 0, 0, NULL},
        {IPPROTO_TCP, TCP_QUICKACK, FLAG, O(quick_ack), 0, 0, NULL},
        {IPPROTO_TCP, TCP_MAXSEG, NUMBER, O(max_segment), 88, 32767, NULL},
        {IPPROTO_TCP, TCP_KEEPIDLE, NUMBER, O(keep_idle), 1, 32767, NULL},
        {IPPROTO_TCP, TCP_KEEPINTVL, NUMBER, O(keep_interval), 1, 32767, NULL},
        {IPPROTO_TCP, TCP_KEEPCNT, NUMBER, O(keep_count), 1, 127, NULL},
        {IPPROTO_TCP, TCP_SYNCNT, NUMBER, O(sync_count), 1, 127, NULL},
        {IPPROTO_TCP, TCP_LINGER2, NUMBER, O(linger2), INT32_MIN, INT32_MAX,
         check_linger2},
        {IPPROTO_TCP, TCP_DEFER_ACCEPT, NUMBER, O(defer_accept), INT32_MIN,
         INT32_MAX, check_defer_accept},
        {IPPROTO_TCP, TCP_WINDOW_CLAMP, NUMBER, O(window), 0, INT32_MAX, NULL},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, NUMBER, O(user_timeout), 0, INT32_MAX,
         NULL},
        {IPPROTO_TCP, TCP_FASTOPEN, NUMBER, O(fast_open), 0, INT32_MAX, NULL},
        {IPPROTO_TCP, TCP_NOTSENT_LOWAT, NUMBER, O(unsent_low_water), INT32_MIN,
         INT32_MAX, NULL},
        {IPPROTO_IP, IP_TOS, NUMBER, O(type_of_service), INT32_MIN, INT32_MAX,
         check_type_of_service},
        {IPPROTO_IP, IP_TTL, NUMBER, O(time_to_live), 1, 255,
         check_time_to_live},
        {IPPROTO_IP, IP_PKTINFO, FLAG, O(receive_info), 0, 0, NULL},
        {IPPROTO_IP, IP_RECVTTL, FLAG, O(receive_ttl), 0, 0, NULL},
        {IPPROTO_IP, IP_RECVTOS, FLAG, O(receive_tos), 0, 0, NULL},
        {IPPROTO_IP, IP_MTU_DISCOVER, NUMBER, O(path_mtu_discovery), 0, 5,
         NULL},
        {IPPROTO_IP, IP_RECVERR, FLAG, O(receive_errors), 0, 0, NULL},
        {IPPROTO_IP, IP_FREEBIND, FLAG, O(free_bind), 0, 0, NULL},
        {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, FLAG, O(bind_no_port), 0, 0,
         NULL},
        {IPPROTO_IPV6, IPV6_V6ONLY, FLAG, O(v6_only), 0, 0, check_v6_only},
        {IPPROTO_IPV6, IPV6_TCLASS, NUMBER, O(type_of_service), 0, 255,
         check_traffic_class},
        {IPPROTO_IPV6, IPV6_UNICAST_HOPS, NUMBER, O(time_to_live), 0, 255,
         check_time_to_live},
        {IPPROTO_IPV6, IPV6_RECVPKTINFO, FLAG, O(receive_info), 0, 0, NULL},
        {IPPROTO_IPV6, IPV6_MTU_DISCOVER, NUMBER, O(path_mtu_discovery), 0, 5,
         NULL},
        {IPPROTO_IPV6, IPV6_RECVERR, FLAG, O(receive_errors), 0, 0, NULL},
#undef O
};

static bool has_level(const struct socket *socket, int level)
{
	bool inet = socket->family == AF_INET || socket->family == AF_INET6;

	switch (level) {
	case SOL_SOCKET:
		return true;
	case IPPROTO_IP:
		return inet;
	case IPPROTO_IPV6:
		return socket->family == AF_INET6;
	case IPPROTO_TCP:
		return inet && socket->type == SOCK_STREAM;
	default:
		return false;
	}
}

static const struct option *find(int level, int name)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].level == level && options[i].name == name)
			return &options[i];
	return NULL;
}

static int64_t set_simple(struct socket *socket, const struct option *o,
                          int32_t value)
{
	uint8_t *at = (uint8_t *)&socket->options + o->offset;

	if (o->check) {
		int r = o->check(socket, &value);

		if (r)
			return r;
	}
	switch (o->kind) {
	case FLAG:
		*at = value != 0;
		value = value != 0;
		break;
	case NUMBER:
		if (value < o->least || value > o->most)
			return -EINVAL;
		memcpy(at, &value, sizeof(value));
		break;
	default:
		return 0;
	}
	if (socket->ops->option)
		socket->ops->option(socket, o->level, o->name, value);
	return 0;
}

/* Linux doubles what it is asked for, within limits. */
static void set_buffer(uint32_t *buffer, uint32_t value, uint32_t least)
{
	if (value > SOCKET_BUFFER)
		value = SOCKET_BUFFER;
	*buffer = value * 2 < least ? least : value * 2;
}

/* struct timeval; too much is forever. */
static int64_t set_timeout(uint64_t *timeout, uint64_t address, uint32_t size)
{
	int64_t pair[2];

	if (size < sizeof(pair))
		return -EINVAL;
	if (user_read(pair, address, sizeof(pair)))
		return -EFAULT;
	if (pair[1] < 0 || pair[1] >= 1000000)
		return -EDOM;
	if (pair[0] < 0 || pair[0] > UINT32_MAX)
		*timeout = 0;
	else
		*timeout = (uint64_t)pair[0] * NANOSECONDS +
		           (uint64_t)pair[1] * 1000;
	return 0;
}

static int64_t set_linger(struct socket *socket, uint64_t address,
                          uint32_t size)
{
	int32_t pair[2];

	if (size < sizeof(pair))
		return -EINVAL;
	if (user_read(pair, address, sizeof(pair)))
		return -EFAULT;
	socket->options.lingers = pair[0] != 0;
	if (pair[0])
		socket->options.linger = pair[1];
	return 0;
}

static int64_t set_socket_level(struct socket *socket, int name,
                                uint64_t address, uint32_t size, int32_t value)
{
	struct socket_options *o = &socket->options;

	if (name == SO_SNDBUFFORCE || name == SO_RCVBUFFORCE) {
		if (process.euid)
			return -EPERM;
		name = name == SO_SNDBUFFORCE ? SO_SNDBUF : SO_RCVBUF;
	}
	switch (name) {
	case SO_SNDBUF:
		set_buffer(&o->send_buffer, (uint32_t)value, 4608);
		return 0;
	case SO_RCVBUF:
		set_buffer(&o->receive_buffer, (uint32_t)value, 2304);
		return 0;
	case SO_LINGER:
		return set_linger(socket, address, size);
	case SO_RCVTIMEO:
		return set_timeout(&o->receive_timeout, address, size);
	case SO_SNDTIMEO:
		return set_timeout(&o->send_timeout, address, size);
	default:
		return -ENOPROTOOPT;
	}
}

/* They are kept, and change nothing: that is the host's business. */
static const char congestions[][CONGESTION_MAX] = {"cubic", "reno"};

static int64_t set_congestion(struct socket *socket, uint64_t address,
                              uint32_t size)
{
	char name[CONGESTION_MAX] = "";

	if (!size)
		return -EINVAL;
	if (user_read(name, address, min_u64(size, sizeof(name) - 1)))
		return -EFAULT;
	for (unsigned i = 0; i < ARRAY_SIZE(congestions); i++)
		if (!strcmp(name, congestions[i])) {
			socket->options.congestion = i;
			return 0;
		}
	return -ENOENT;
}

int64_t socket_set_option(struct socket *socket, int level, int name,
                          uint64_t address, uint32_t size)
{
	const struct option *o = find(level, name);
	int32_t value = 0;
	uint8_t byte;

	if (!has_level(socket, level))
		return socket->family == AF_UNIX ? -EOPNOTSUPP : -ENOPROTOOPT;
	if (level == IPPROTO_TCP && name == TCP_CONGESTION)
		return set_congestion(socket, address, size);
	/* IPPROTO_IP takes a byte too. */
	if (level == IPPROTO_IP && size && size < sizeof(value)) {
		if (user_read(&byte, address, 1))
			return -EFAULT;
		value = byte;
	} else if (size < sizeof(value)) {
		return -EINVAL;
	} else if (user_read(&value, address, sizeof(value))) {
		return -EFAULT;
	}
	if (o)
		return set_simple(socket, o, value);
	if (level == SOL_SOCKET)
		return set_socket_level(socket, name, address, size, value);
	return -ENOPROTOOPT;
}

/* --------------------------------------------------------------- reading */

struct result {
	uint8_t bytes[64];
	uint32_t size;
};

static void put_int(struct result *result, int32_t value)
{
	memcpy(result->bytes, &value, sizeof(value));
	result->size = sizeof(value);
}

static void put_time(struct result *result, uint64_t timeout)
{
	const uint64_t pair[2] = {timeout / NANOSECONDS,
	                          timeout % NANOSECONDS / 1000};

	memcpy(result->bytes, pair, sizeof(pair));
	result->size = sizeof(pair);
}

static void put_linger(struct result *result, const struct socket *socket)
{
	const int32_t pair[2] = {socket->options.lingers,
	                         socket->options.linger};

	memcpy(result->bytes, pair, sizeof(pair));
	result->size = sizeof(pair);
}

static void put_peer(struct result *result, const struct socket *socket)
{
	struct credentials c = {0, UINT32_MAX, UINT32_MAX};

	if (socket->peer_credentials.pid)
		c = socket->peer_credentials;
	memcpy(result->bytes, &c, sizeof(c));
	result->size = sizeof(c);
}

static int get_socket_level(struct socket *socket, int name,
                            struct result *result)
{
	const struct socket_options *o = &socket->options;

	switch (name) {
	case SO_TYPE:
		put_int(result, socket->type);
		break;
	case SO_DOMAIN:
		put_int(result, socket->family);
		break;
	case SO_PROTOCOL:
		put_int(result, socket->protocol);
		break;
	case SO_ERROR:
		put_int(result, -socket_take_error(socket));
		break;
	case SO_ACCEPTCONN:
		put_int(result, socket->state == SOCKET_LISTENING);
		break;
	case SO_SNDBUF:
		put_int(result, (int32_t)o->send_buffer);
		break;
	case SO_RCVBUF:
		put_int(result, (int32_t)o->receive_buffer);
		break;
	case SO_LINGER:
		put_linger(result, socket);
		break;
	case SO_PEERCRED:
		put_peer(result, socket);
		break;
	case SO_RCVTIMEO:
		put_time(result, o->receive_timeout);
		break;
	case SO_SNDTIMEO:
		put_time(result, o->send_timeout);
		break;
	case SO_COOKIE:
		memcpy(result->bytes, &socket->number, 8);
		result->size = 8;
		break;
	default:
		return -ENOPROTOOPT;
	}
	return 0;
}

/* struct tcp_info: state and the sizes that programs look at. */
static int64_t get_tcp_info(const struct socket *socket, uint64_t address,
                            uint64_t size_address, uint32_t room)
{
	enum {
		ESTABLISHED = 1,
		SYN_SENT = 2,
		CLOSE = 7,
		CLOSE_WAIT = 8,
		LISTEN = 10,
		FIN_WAIT2 = 5
	};
	uint8_t info[104] = {CLOSE};
	const uint32_t segment = 1448;

	if (socket->state == SOCKET_CONNECTED)
		info[0] = socket->shut == SHUT_RECEIVE ? CLOSE_WAIT
		          : socket->shut == SHUT_SEND  ? FIN_WAIT2
		          : socket->shut               ? CLOSE
		                                       : ESTABLISHED;
	else if (socket->state == SOCKET_LISTENING)
		info[0] = LISTEN;
	else if (socket->state == SOCKET_CONNECTING)
		info[0] = SYN_SENT;
	memcpy(info + 16, &segment, sizeof(segment)); /* snd_mss, rcv_mss */
	memcpy(info + 20, &segment, sizeof(segment));
	if (room > sizeof(info))
		room = sizeof(info);
	if (user_write(address, info, room))
		return -EFAULT;
	return user_write(size_address, &room, sizeof(room));
}

static int get_other(struct socket *socket, int level, int name,
                     struct result *result)
{
	const struct option *o = find(level, name);
	const uint8_t *at;
	int32_t value;

	if (!has_level(socket, level))
		return socket->family == AF_INET6 ? -ENOPROTOOPT : -EOPNOTSUPP;
	if (o) {
		at = (const uint8_t *)&socket->options + o->offset;
		value = o->least;
		if (o->kind == FLAG)
			value = *at;
		else if (o->kind == NUMBER)
			memcpy(&value, at, sizeof(value));
		put_int(result, value);
		return 0;
	}
	if (level == SOL_SOCKET)
		return get_socket_level(socket, name, result);
	if (level == IPPROTO_TCP && name == TCP_CONGESTION) {
		memcpy(result->bytes, congestions[socket->options.congestion],
		       CONGESTION_MAX);
		result->size = CONGESTION_MAX;
		return 0;
	}
	return -ENOPROTOOPT;
}

int64_t socket_get_option(struct socket *socket, int level, int name,
                          uint64_t address, uint64_t size_address)
{
	struct result result = {.size = 0};
	int32_t room;
	int r;

	if (user_read(&room, size_address, sizeof(room)))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (level == IPPROTO_TCP && name == TCP_INFO &&
	    has_level(socket, level))
		return get_tcp_info(socket, address, size_address,
		                    (uint32_t)room);
	r = get_other(socket, level, name, &result);
	if (r)
		return r;
	if (level == SOL_SOCKET && name == SO_COOKIE &&
	    (uint32_t)room < result.size)
		return -EINVAL;
	if ((uint32_t)room > result.size)
		room = (int32_t)result.size;
	if (user_write(address, result.bytes, (size_t)room))
		return -EFAULT;
	return user_write(size_address, &room, sizeof(room));
}
