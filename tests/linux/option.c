/* SPDX-License-Identifier: ISC */
#include "socket.h"

/* setsockopt(2) and getsockopt(2). */

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif
#ifndef TCP_NOTSENT_LOWAT
#define TCP_NOTSENT_LOWAT 25
#endif
#ifndef IPV6_MTU_DISCOVER
#define IPV6_MTU_DISCOVER 23
#endif

static const struct {
	const char *name;
	int level, option;
} numbers[] = {
        {"reuseaddr", SOL_SOCKET, SO_REUSEADDR},
        {"broadcast", SOL_SOCKET, SO_BROADCAST},
        {"keepalive", SOL_SOCKET, SO_KEEPALIVE},
        {"oobinline", SOL_SOCKET, SO_OOBINLINE},
        {"dontroute", SOL_SOCKET, SO_DONTROUTE},
        {"priority", SOL_SOCKET, SO_PRIORITY},
        {"timestamp", SOL_SOCKET, SO_TIMESTAMP},
        {"type", SOL_SOCKET, SO_TYPE},
        {"domain", SOL_SOCKET, SO_DOMAIN},
        {"protocol", SOL_SOCKET, SO_PROTOCOL},
        {"error", SOL_SOCKET, SO_ERROR},
        {"acceptconn", SOL_SOCKET, SO_ACCEPTCONN},
        {"unknown", SOL_SOCKET, 999},
        {"nodelay", IPPROTO_TCP, TCP_NODELAY},
        {"cork", IPPROTO_TCP, TCP_CORK},
        {"keepidle", IPPROTO_TCP, TCP_KEEPIDLE},
        {"keepintvl", IPPROTO_TCP, TCP_KEEPINTVL},
        {"keepcnt", IPPROTO_TCP, TCP_KEEPCNT},
        {"syncnt", IPPROTO_TCP, TCP_SYNCNT},
        {"linger2", IPPROTO_TCP, TCP_LINGER2},
        {"defer-accept", IPPROTO_TCP, TCP_DEFER_ACCEPT},
        {"quickack", IPPROTO_TCP, TCP_QUICKACK},
        {"user-timeout", IPPROTO_TCP, TCP_USER_TIMEOUT},
        {"notsent-lowat", IPPROTO_TCP, TCP_NOTSENT_LOWAT},
        {"tcp-unknown", IPPROTO_TCP, 999},
        {"tos", IPPROTO_IP, IP_TOS},
        {"ttl", IPPROTO_IP, IP_TTL},
        {"recvttl", IPPROTO_IP, IP_RECVTTL},
        {"recvtos", IPPROTO_IP, IP_RECVTOS},
        {"ip-pktinfo", IPPROTO_IP, IP_PKTINFO},
        {"mtu-discover", IPPROTO_IP, IP_MTU_DISCOVER},
        {"ip-recverr", IPPROTO_IP, IP_RECVERR},
        {"freebind", IPPROTO_IP, IP_FREEBIND},
        {"no-port", IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT},
        {"ip-unknown", IPPROTO_IP, 999},
        {"v6only", IPPROTO_IPV6, IPV6_V6ONLY},
        {"hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS},
        {"tclass", IPPROTO_IPV6, IPV6_TCLASS},
        {"recvpktinfo", IPPROTO_IPV6, IPV6_RECVPKTINFO},
        {"v6-mtu-discover", IPPROTO_IPV6, IPV6_MTU_DISCOVER},
        {"v6-unknown", IPPROTO_IPV6, 999},
        {"level-unknown", 999, 1},
};

/* What an option is, and what it becomes when it is set to some values. */
static void ask_number(const char *kind, int fd, size_t i)
{
	static const int values[] = {0, 1, 2, 7, 100, -1, 300, 40000};
	int level = numbers[i].level, option = numbers[i].option;
	char name[64];

	snprintf(name, sizeof(name), "%s-%s", kind, numbers[i].name);
	begin(name);
	say(get_int(fd, level, option));
	for (size_t k = 0; k < sizeof(values) / sizeof(*values); k++) {
		int r = set_int(fd, level, option, values[k]);

		say(r);
		if (!r)
			printf("=%d", get_int(fd, level, option));
	}
	done();
}

static void ask_numbers(const char *kind, int family, int type)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		int fd = socket(family, type, 0);

		ask_number(kind, fd, i);
		close(fd);
	}
}

/* These answers are not those of all versions of Linux on all sockets. */
static void others(void)
{
	int tcp = socket(AF_INET, SOCK_STREAM, 0);
	int pair = socket(AF_UNIX, SOCK_STREAM, 0);

	ASK("reuseport", set_int(tcp, SOL_SOCKET, SO_REUSEPORT, 7));
	ASK("reuseport-get", get_int(tcp, SOL_SOCKET, SO_REUSEPORT));
	ASK("passcred", set_int(pair, SOL_SOCKET, SO_PASSCRED, 7));
	ASK("passcred-get", get_int(pair, SOL_SOCKET, SO_PASSCRED));
	ASK("rcvlowat", get_int(tcp, SOL_SOCKET, SO_RCVLOWAT));
	ASK("rcvlowat-zero", set_int(tcp, SOL_SOCKET, SO_RCVLOWAT, 0));
	ASK("rcvlowat-zero-get", get_int(tcp, SOL_SOCKET, SO_RCVLOWAT));
	ASK("rcvlowat-set", set_int(tcp, SOL_SOCKET, SO_RCVLOWAT, 300));
	ASK("rcvlowat-get", get_int(tcp, SOL_SOCKET, SO_RCVLOWAT));
	close(tcp);
	close(pair);
}

static void sizes(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char many[64];
	socklen_t size;

	memset(many, 0, sizeof(many));
	for (size = 0; size < 6; size++) {
		socklen_t room = size;

		snprintf(many, sizeof(many), "get-size-%u", size);
		begin(many);
		memset(many, 0x55, sizeof(many));
		say(getsockopt(fd, SOL_SOCKET, SO_TYPE, many, &room));
		say(room);
		for (int i = 0; i < 5; i++)
			printf(" %02x", many[i]);
		done();
		snprintf(many, sizeof(many), "set-size-%u", size);
		begin(many);
		memset(many, 0, sizeof(many));
		many[0] = 1;
		say(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, many, size));
		say(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, many, size));
		say(setsockopt(fd, IPPROTO_IP, IP_TTL, many, size));
		say(setsockopt(fd, SOL_SOCKET, SO_LINGER, many, size));
		say(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, many, size));
		done();
	}
	size = (socklen_t)-1;
	ASK("get-negative", getsockopt(fd, SOL_SOCKET, SO_TYPE, many, &size));
	ASK("set-negative",
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, many, size));
	size = 4;
	ASK("get-bad-value",
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, (void *)8, &size));
	ASK("get-bad-size",
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, many, (void *)8));
	ASK("set-bad-value",
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, (void *)8, 4));
	ASK("get-no-socket", getsockopt(0, SOL_SOCKET, SO_TYPE, many, &size));
	ASK("get-no-descriptor",
	    getsockopt(77, SOL_SOCKET, SO_TYPE, many, &size));
	size = sizeof(many);
	begin("get-linger");
	say(getsockopt(fd, SOL_SOCKET, SO_LINGER, many, &size));
	say(size);
	done();
	size = sizeof(many);
	begin("get-cookie");
	say(getsockopt(fd, SOL_SOCKET, SO_COOKIE, many, &size));
	say(size);
	size = 4;
	say(getsockopt(fd, SOL_SOCKET, SO_COOKIE, many, &size));
	done();
	close(fd);
}

static void buffers(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ASK("rcvbuf-default", get_int(fd, SOL_SOCKET, SO_RCVBUF));
	ASK("sndbuf-default", get_int(fd, SOL_SOCKET, SO_SNDBUF));
	for (int value = 1; value <= 32768; value *= 32) {
		char name[32];

		snprintf(name, sizeof(name), "buffers-%d", value);
		begin(name);
		say(set_int(fd, SOL_SOCKET, SO_RCVBUF, value));
		say(get_int(fd, SOL_SOCKET, SO_RCVBUF));
		say(set_int(fd, SOL_SOCKET, SO_SNDBUF, value));
		say(get_int(fd, SOL_SOCKET, SO_SNDBUF));
		done();
	}
	ASK("rcvbuf-negative", set_int(fd, SOL_SOCKET, SO_RCVBUF, -1));
	ASK("rcvbufforce", set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, 9999));
	close(fd);
}

static void times(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct timeval t = {7, 7};
	socklen_t size = sizeof(t);

	begin("rcvtimeo");
	say(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, &size));
	printf(" %ld %ld %u", (long)t.tv_sec, (long)t.tv_usec, size);
	done();
	ASK("rcvtimeo-domain", set_time(fd, SO_RCVTIMEO, 1, 1000000));
	ASK("rcvtimeo-negative", set_time(fd, SO_RCVTIMEO, 1, -1));
	begin("rcvtimeo-past");
	say(set_time(fd, SO_RCVTIMEO, -1, 0));
	getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, &size);
	printf(" %ld %ld", (long)t.tv_sec, (long)t.tv_usec);
	done();
	begin("sndtimeo");
	say(set_time(fd, SO_SNDTIMEO, 3, 500000));
	getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, &size);
	printf(" %ld %ld", (long)t.tv_sec, (long)t.tv_usec);
	done();
	begin("rcvtimeo-forever");
	say(set_time(fd, SO_RCVTIMEO, INT64_MAX, 0));
	getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, &size);
	printf(" %ld %ld", (long)t.tv_sec, (long)t.tv_usec);
	done();
	close(fd);
}

static void lingers(void)
{
	struct linger l = {1, 5}, got = {7, 7};
	socklen_t size = sizeof(got);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	for (int on = 2; on >= 0; on--) {
		begin((char *[]){"linger-off", "linger-on", "linger-two"}[on]);
		l.l_onoff = on;
		say(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
		getsockopt(fd, SOL_SOCKET, SO_LINGER, &got, &size);
		printf(" %d %d", got.l_onoff, got.l_linger);
		done();
	}
	close(fd);
}

static void read_only(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ASK("set-type", set_int(fd, SOL_SOCKET, SO_TYPE, 1));
	ASK("set-error", set_int(fd, SOL_SOCKET, SO_ERROR, 1));
	ASK("set-domain", set_int(fd, SOL_SOCKET, SO_DOMAIN, 1));
	ASK("set-acceptconn", set_int(fd, SOL_SOCKET, SO_ACCEPTCONN, 1));
	ASK("set-tcp-info", set_int(fd, IPPROTO_TCP, TCP_INFO, 1));
	ASK("set-mark", set_int(fd, SOL_SOCKET, SO_MARK, 1));
	ASK("get-mark", get_int(fd, SOL_SOCKET, SO_MARK));
	close(fd);
}

/* The state that TCP_INFO tells. */
static int state(int fd)
{
	unsigned char info[256] = {0};
	socklen_t size = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size))
		return -1;
	return info[0];
}

static void info(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), p[2];
	unsigned char some[8] = {0};
	socklen_t size = sizeof(some);

	ASK("info-new", state(fd));
	listen(fd, 1);
	ASK("info-listen", state(fd));
	close(fd);
	tcp_pair(p);
	begin("info-connected");
	say(state(p[0]));
	say(state(p[1]));
	say(getsockopt(p[0], IPPROTO_TCP, TCP_INFO, some, &size));
	say(size);
	done();
	shutdown(p[0], SHUT_WR);
	usleep(10000);
	begin("info-half");
	say(state(p[0]));
	say(state(p[1]));
	done();
	shutdown(p[1], SHUT_WR);
	usleep(10000);
	begin("info-over");
	say(state(p[1]));
	done();
	close_pair(p);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ASK("info-datagram", state(fd));
	close(fd);
}

static void congestion(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char name[32] = "";
	socklen_t size = sizeof(name);

	begin("congestion");
	say(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	say(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size));
	printf(" %u %s", size, name);
	size = 3;
	memset(name, 0, sizeof(name));
	say(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size));
	printf(" %u %s", size, name);
	done();
	ASK("congestion-none",
	    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "bh-none", 7));
	ASK("congestion-short",
	    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "", 0));
	close(fd);
}

/* Accepted sockets have the options of their listener. */
static void inherited(void)
{
	int l = socket(AF_INET, SOCK_STREAM, 0), c, s;

	set_int(l, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(l, SOL_SOCKET, SO_RCVBUF, 30000);
	set_int(l, IPPROTO_TCP, TCP_NODELAY, 1);
	set_int(l, IPPROTO_TCP, TCP_KEEPIDLE, 77);
	set_int(l, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
	set_int(l, IPPROTO_IP, IP_TOS, 0x10);
	set_time(l, SO_RCVTIMEO, 0, 400000);
	bind_inet(l, "127.0.0.1", 0);
	listen(l, 1);
	c = socket(AF_INET, SOCK_STREAM, 0);
	connect_inet(c, "127.0.0.1", port_of(l));
	send(c, "x", 1, 0);
	s = accept(l, NULL, NULL);
	begin("inherited");
	say(get_int(s, SOL_SOCKET, SO_KEEPALIVE));
	say(get_int(s, SOL_SOCKET, SO_RCVBUF));
	say(get_int(s, IPPROTO_TCP, TCP_NODELAY));
	say(get_int(s, IPPROTO_TCP, TCP_KEEPIDLE));
	say(get_int(s, SOL_SOCKET, SO_REUSEADDR));
	say(get_int(s, SOL_SOCKET, SO_ACCEPTCONN));
	done();
	close(s);
	close(c);
	close(l);
}

static void kinds(void)
{
	static const int families[] = {AF_UNIX, AF_INET, AF_INET6};

	for (int f = 0; f < 3; f++)
		for (int type = 0; type <= 6; type++) {
			char name[32];
			int fd = socket(families[f], type, 0);

			snprintf(name, sizeof(name), "socket-%d-%d", f, type);
			begin(name);
			say(fd < 0 ? fd : 0);
			if (fd >= 0)
				say(get_int(fd, SOL_SOCKET, SO_PROTOCOL));
			done();
			close(fd);
		}
	ASK("socket-flags", socket(AF_INET, SOCK_STREAM | 0x10, 0));
	ASK("socket-unix-protocol", socket(AF_UNIX, SOCK_STREAM, 5));
	ASK("socket-tcp-datagram", socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
	ASK("socket-negative-protocol", socket(AF_INET, SOCK_STREAM, -1));
	ASK("socket-large-protocol", socket(AF_INET, SOCK_STREAM, 9999));
	ASK("socket-family-zero", socket(0, SOCK_STREAM, 0));
	ASK("socket-negative-family", socket(-1, SOCK_STREAM, 0));
	ASK("socket-large-family", socket(99, SOCK_STREAM, 0));
}

int main(int argc, char **argv)
{
	enter(argc, argv);
	kinds();
	ask_numbers("tcp", AF_INET, SOCK_STREAM);
	ask_numbers("udp", AF_INET, SOCK_DGRAM);
	ask_numbers("tcp6", AF_INET6, SOCK_STREAM);
	ask_numbers("unix", AF_UNIX, SOCK_STREAM);
	others();
	sizes();
	buffers();
	times();
	lingers();
	read_only();
	info();
	congestion();
	inherited();
	return 0;
}
