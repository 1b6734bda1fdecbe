/* SPDX-License-Identifier: ISC */
#include "socket.h"

static int udp(const char *address)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (address)
		bind_inet(fd, address, 0);
	wait_little(fd);
	return fd;
}

static long send_to(int fd, const char *text, size_t size, const char *address,
                    int port)
{
	struct sockaddr_in a = inet(address, port);

	return sendto(fd, text, size, 0, (void *)&a, sizeof(a));
}

/* A datagram, and where it comes from. */
static void say_from(int fd, size_t room, int flags)
{
	struct sockaddr_storage a = {0};
	socklen_t size = sizeof(a);
	long n = recvfrom(fd, buffer, room, flags, (void *)&a, &size);

	if (n < 0) {
		say(n);
		return;
	}
	say_bytes(buffer, n < (long)room ? n : (long)room);
	if (n > (long)room)
		say(n);
	say_address(&a, size);
}

static void errors(void)
{
	int fd = udp(NULL), port = free_port(SOCK_DGRAM);
	struct sockaddr_in a = inet("127.0.0.1", port);

	ASK("udp-listen", listen(fd, 1));
	ASK("udp-accept", accept(fd, NULL, NULL));
	ASK("udp-peer", getpeername(fd, NULL, NULL));
	ASK("udp-poll-new", events(fd));
	ASK("udp-send-nowhere", send(fd, "x", 1, 0));
	ASK("udp-port", port_of(fd) != 0);
	ASK("udp-sendto-short", sendto(fd, "x", 1, 0, (void *)&a, 8));
	ASK("udp-sendto-long", sendto(fd, "x", 1, 0, (void *)&a, 129));
	ASK("udp-sendto-bad", sendto(fd, "x", 1, 0, (void *)8, sizeof(a)));
	ASK("udp-sendto-zero", send_to(fd, "x", 1, "127.0.0.1", 0));
	ASK("udp-sendto-broadcast",
	    send_to(fd, "x", 1, "255.255.255.255", port));
	ASK("udp-too-large", send_to(fd, buffer, 65508, "127.0.0.1", port));
	ASK("udp-far-too-large",
	    send_to(fd, buffer, 100000, "127.0.0.1", port));
	ASK("udp-bad-data", send_to(fd, (void *)8, 4, "127.0.0.1", port));
	ASK("udp-oob", sendto(fd, "x", 1, MSG_OOB, (void *)&a, sizeof(a)));
	a.sin_family = AF_INET6;
	ASK("udp-sendto-family", sendto(fd, "x", 1, 0, (void *)&a, sizeof(a)));
	a.sin_family = AF_UNSPEC;
	ASK("udp-sendto-unspecified",
	    sendto(fd, "x", 1, 0, (void *)&a, sizeof(a)));
	ASK("udp-to-nobody", send_to(fd, "x", 1, "127.0.0.1", port));
	ASK("udp-to-nobody-again", send_to(fd, "x", 1, "127.0.0.1", port));
	ASK("udp-bound-by-send", port_of(fd) != 0);
	ASK("udp-bind-late", bind_inet(fd, "127.0.0.1", 0));
	ASK("udp-recv-dontwait", recv(fd, buffer, 9, MSG_DONTWAIT));
	ASK("udp-recv-timeout", recv(fd, buffer, 9, 0));
	ASK("udp-recv-oob", recv(fd, buffer, 9, MSG_OOB));
	ASK("udp-connect-short", connect(fd, (void *)&a, 1));
	ASK("udp-connect-broadcast", connect_inet(fd, "255.255.255.255", port));
	close(fd);
	fd = udp(NULL);
	ASK("udp-shutdown", shutdown(fd, SHUT_RDWR));
	ASK("udp-shutdown-poll", events(fd));
	ASK("udp-shutdown-send", send_to(fd, "x", 1, "127.0.0.1", port));
	ASK("udp-shutdown-recv", recv(fd, buffer, 9, 0));
	close(fd);
}

static void binds(void)
{
	int a = udp("127.0.0.1"), b = udp(NULL), port = port_of(a);

	ASK("udp-bind-taken", bind_inet(b, "127.0.0.1", port));
	ASK("udp-bind-any-taken", bind_inet(b, "0.0.0.0", port));
	ASK("udp-bind-foreign", bind_inet(b, "192.0.2.1", port));
	ASK("udp-bind-other", bind_inet(b, "127.0.0.2", port));
	ASK("udp-bind-twice", bind_inet(b, "127.0.0.2", 0));
	close(b);
	b = udp(NULL);
	set_int(a, SOL_SOCKET, SO_REUSEADDR, 1);
	ASK("udp-bind-one-reuses", bind_inet(b, "127.0.0.1", port));
	set_int(b, SOL_SOCKET, SO_REUSEADDR, 1);
	ASK("udp-bind-both-reuse", bind_inet(b, "127.0.0.1", port));
	close(a);
	close(b);
}

static void messages(void)
{
	int a = udp("127.0.0.1"), b = udp("127.0.0.1"), value;

	ASK("udp-empty", send_to(a, "", 0, "127.0.0.1", port_of(b)));
	ASK("udp-empty-poll", events_after(b, POLLIN));
	ASK("udp-empty-fionread", (ioctl(b, FIONREAD, &value), value));
	begin("udp-empty-recv");
	say_from(b, 9, 0);
	done();
	send_to(a, "hello", 5, "127.0.0.1", port_of(b));
	send_to(a, "you", 3, "127.0.0.1", port_of(b));
	usleep(10000);
	ASK("udp-fionread", (ioctl(b, FIONREAD, &value), value));
	begin("udp-peek");
	say_from(b, 3, MSG_PEEK);
	say_from(b, 3, MSG_PEEK | MSG_TRUNC);
	done();
	begin("udp-cut");
	say_from(b, 3, 0);
	say_from(b, 9, 0);
	done();
	send_to(a, "hello", 5, "127.0.0.1", port_of(b));
	begin("udp-true-size");
	say_from(b, 2, MSG_TRUNC);
	done();
	send_to(a, "hello", 5, "127.0.0.1", port_of(b));
	ASK("udp-recv-bad-buffer", recv(b, (void *)8, 5, 0));
	ASK("udp-recv-lost", recv(b, buffer, 5, MSG_DONTWAIT));
	send_to(a, "hello", 5, "127.0.0.1", port_of(b));
	ASK("udp-recv-no-room", recv(b, buffer, 0, 0));
	ASK("udp-recv-gone", recv(b, buffer, 5, MSG_DONTWAIT));
	memset(buffer, 'x', sizeof(buffer));
	ASK("udp-largest", send_to(a, buffer, 65507, "127.0.0.1", port_of(b)));
	ASK("udp-largest-recv", recv(b, buffer, sizeof(buffer), 0));
	send_to(a, "read", 4, "127.0.0.1", port_of(b));
	ASK("udp-read", read(b, buffer, 2));
	send_to(a, "", 0, "127.0.0.1", port_of(b));
	send_to(a, "next", 4, "127.0.0.1", port_of(b));
	ASK("udp-read-nothing", read(b, buffer, 0));
	ASK("udp-read-empty", read(b, buffer, 9));
	ASK("udp-read-next", read(b, buffer, 9));
	send_to(a, "abc", 3, "127.0.0.1", port_of(b));
	ASK("udp-waitall", recv(b, buffer, 9, MSG_WAITALL));
	begin("udp-to-any");
	say(send_to(a, "any", 3, "0.0.0.0", port_of(b)));
	say_from(b, 9, 0);
	done();
	close(a);
	close(b);
}

static void connections(void)
{
	int a = udp("127.0.0.1"), b = udp("127.0.0.1"), c = udp(NULL);
	struct sockaddr none = {.sa_family = AF_UNSPEC};

	begin("udp-connect");
	say(connect_inet(c, "127.0.0.1", port_of(a)));
	say_name(c, getsockname);
	say_name(c, getpeername);
	done();
	ASK("udp-connected-send", send(c, "one", 3, 0));
	begin("udp-connected-recv");
	say_from(a, 9, 0);
	done();
	send_to(b, "stranger", 8, "127.0.0.1", port_of(c));
	send_to(a, "peer", 4, "127.0.0.1", port_of(c));
	begin("udp-only-of-peer");
	say_from(c, 9, 0);
	say_from(c, 9, MSG_DONTWAIT);
	done();
	ASK("udp-connected-sendto",
	    send_to(c, "b", 1, "127.0.0.1", port_of(b)));
	begin("udp-connected-elsewhere");
	say_from(b, 9, 0);
	done();
	ASK("udp-connect-again", connect_inet(c, "127.0.0.1", port_of(b)));
	ASK("udp-write", write(c, "two", 3));
	begin("udp-reconnected");
	say_from(b, 9, 0);
	done();
	begin("udp-disconnect");
	say(connect(c, &none, sizeof(none)));
	say_name(c, getsockname);
	say_name(c, getpeername);
	say(send(c, "x", 1, 0));
	done();
	ASK("udp-disconnected-port", port_of(c) != 0);
	connect_inet(a, "127.0.0.1", port_of(b));
	begin("udp-bound-disconnect");
	say(connect(a, &none, sizeof(none)));
	say_name(a, getsockname);
	say(port_of(a) != 0);
	done();
	connect_inet(c, "127.0.0.1", port_of(b));
	ASK("udp-shutdown-write", shutdown(c, SHUT_WR));
	ASK("udp-shut-send", send(c, "x", 1, MSG_NOSIGNAL));
	ASK("udp-shut-poll", events(c));
	ASK("udp-shutdown-read", shutdown(c, SHUT_RD));
	ASK("udp-shut-recv", recv(c, buffer, 9, 0));
	ASK("udp-shut-both-poll", events(c));
	close(a);
	close(b);
	close(c);
}

static void refusals(void)
{
	int a = udp(NULL), port = free_port(SOCK_DGRAM);

	connect_inet(a, "127.0.0.1", port);
	ASK("refused-send", send(a, "x", 1, 0));
	ASK("refused-poll", events_after(a, POLLIN));
	ASK("refused-send-again", send(a, "x", 1, 0));
	ASK("refused-and-again", send(a, "x", 1, 0));
	usleep(10000);
	ASK("refused-recv", recv(a, buffer, 9, 0));
	send(a, "x", 1, 0);
	usleep(10000);
	ASK("refused-error", get_int(a, SOL_SOCKET, SO_ERROR));
	ASK("refused-no-error", get_int(a, SOL_SOCKET, SO_ERROR));
	send(a, "x", 1, 0);
	usleep(10000);
	ASK("refused-connect", connect_inet(a, "127.0.0.1", port));
	ASK("refused-still", get_int(a, SOL_SOCKET, SO_ERROR));
	close(a);
	a = udp(NULL);
	send_to(a, "x", 1, "127.0.0.1", port);
	usleep(10000);
	ASK("refused-unconnected", get_int(a, SOL_SOCKET, SO_ERROR));
	close(a);
}

/* What a control message of a datagram says of its destination. */
static void say_packet_info(int fd)
{
	char control[256];
	struct iovec v = {buffer, 16};
	struct msghdr m = {.msg_iov = &v,
	                   .msg_iovlen = 1,
	                   .msg_control = control,
	                   .msg_controllen = sizeof(control)};
	long n = recvmsg(fd, &m, 0);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	say(n);
	say(m.msg_flags);
	for (; n >= 0 && c; c = CMSG_NXTHDR(&m, c)) {
		const unsigned char *data = CMSG_DATA(c);
		char text[INET6_ADDRSTRLEN] = "";

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			inet_ntop(AF_INET, data + 8, text, sizeof(text));
		else if (c->cmsg_level == IPPROTO_IPV6 &&
		         c->cmsg_type == IPV6_PKTINFO)
			inet_ntop(AF_INET6, data, text, sizeof(text));
		else if (c->cmsg_level == IPPROTO_IP ||
		         c->cmsg_level == IPPROTO_IPV6)
			sprintf(text, "%d", data[0]); /* little-endian */
		printf(" %d:%d:%zu:%s", c->cmsg_level, c->cmsg_type,
		       (size_t)c->cmsg_len, text);
	}
}

static void controls(void)
{
	int a = udp("127.0.0.1"), b = udp("0.0.0.0");

	set_int(b, IPPROTO_IP, IP_PKTINFO, 1);
	send_to(a, "info", 4, "127.0.0.1", port_of(b));
	begin("pktinfo");
	say_packet_info(b);
	done();
	send_to(a, "info", 4, "127.0.0.7", port_of(b));
	begin("pktinfo-other");
	say_packet_info(b);
	done();
	set_int(b, IPPROTO_IP, IP_RECVTTL, 1);
	set_int(b, IPPROTO_IP, IP_RECVTOS, 1);
	set_int(a, IPPROTO_IP, IP_TTL, 33);
	set_int(a, IPPROTO_IP, IP_TOS, 0x10);
	send_to(a, "info", 4, "127.0.0.1", port_of(b));
	begin("pktinfo-ttl-tos");
	say_packet_info(b);
	done();
	close(a);
	close(b);
}

static void v6(void)
{
	int a = socket(AF_INET6, SOCK_DGRAM, 0);
	int b = socket(AF_INET6, SOCK_DGRAM, 0), c = udp("127.0.0.1");
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	wait_little(a);
	wait_little(b);
	bind_inet6(a, "::1", 0);
	bind_inet6(b, "::", 0);
	in6 = inet6("::1", port_of(b));
	begin("udp6-send");
	say(sendto(a, "six", 3, 0, (void *)&in6, sizeof(in6)));
	say_from(b, 9, 0);
	done();
	begin("udp6-old-size");
	say(sendto(a, "six", 3, 0, (void *)&in6, 24));
	say_from(b, 9, 0);
	say(sendto(a, "six", 3, 0, (void *)&in6, 23));
	done();
	begin("udp6-mapped");
	say(send_to(c, "four", 4, "127.0.0.1", port_of(b)));
	say_from(b, 9, 0);
	done();
	in6 = inet6("::ffff:127.0.0.1", port_of(c));
	begin("udp6-to-mapped");
	say(sendto(b, "six", 3, 0, (void *)&in6, sizeof(in6)));
	say_from(c, 9, 0);
	say(sendto(a, "six", 3, 0, (void *)&in6, sizeof(in6)));
	done();
	in = inet("127.0.0.1", port_of(c));
	begin("udp6-sockaddr-in");
	say(sendto(b, "six", 3, 0, (void *)&in, sizeof(in)));
	say_from(c, 9, MSG_DONTWAIT);
	say(sendto(a, "six", 3, 0, (void *)&in, sizeof(in)));
	done();
	set_int(b, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	in6 = inet6("::1", port_of(b));
	sendto(a, "six", 3, 0, (void *)&in6, sizeof(in6));
	begin("udp6-pktinfo");
	say_packet_info(b);
	done();
	send_to(c, "four", 4, "127.0.0.1", port_of(b));
	begin("udp6-pktinfo-mapped");
	say_packet_info(b);
	done();
	begin("udp6-connect-mapped");
	say(connect_inet6(b, "::ffff:127.0.0.1", port_of(c)));
	say_name(b, getsockname);
	say_name(b, getpeername);
	done();
	begin("udp6-connect-any");
	say(connect_inet6(a, "::", port_of(b)));
	say_name(a, getpeername);
	done();
	close(a);
	close(b);
	close(c);
}

static void v6_only(void)
{
	int a = socket(AF_INET6, SOCK_STREAM, 0);
	int b = socket(AF_INET, SOCK_STREAM, 0), c, port;

	ASK("v6only-default", get_int(a, IPPROTO_IPV6, IPV6_V6ONLY));
	bind_inet6(a, "::", 0);
	port = port_of(a);
	ASK("v6only-bound", set_int(a, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	ASK("v6-covers-v4", bind_inet(b, "127.0.0.1", port));
	ASK("v6-listen", listen(a, 5));
	ASK("v4-to-v6", connect_inet(b, "127.0.0.1", port));
	c = accept(a, NULL, NULL);
	begin("v4-to-v6-names");
	say_name(c, getsockname);
	say_name(c, getpeername);
	say(get_int(c, SOL_SOCKET, SO_DOMAIN));
	done();
	close(a);
	close(b);
	close(c);
	a = socket(AF_INET6, SOCK_STREAM, 0);
	b = socket(AF_INET, SOCK_STREAM, 0);
	ASK("v6only", set_int(a, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	ASK("v6only-bind-mapped", bind_inet6(a, "::ffff:127.0.0.1", 0));
	ASK("v6only-connect-mapped",
	    connect_inet6(a, "::ffff:127.0.0.1", port));
	bind_inet6(a, "::", 0);
	port = port_of(a);
	ASK("v6only-beside-v4", bind_inet(b, "0.0.0.0", port));
	close(b);
	listen(a, 5);
	b = socket(AF_INET, SOCK_STREAM, 0);
	ASK("v6only-refuses-v4", connect_inet(b, "127.0.0.1", port));
	close(b);
	b = socket(AF_INET6, SOCK_STREAM, 0);
	begin("v6-connect");
	say(connect_inet6(b, "::1", port));
	say_name(b, getsockname);
	say_name(b, getpeername);
	done();
	close(b);
	b = socket(AF_INET6, SOCK_STREAM, 0);
	ASK("v6-connect-mapped-refused",
	    connect_inet6(b, "::ffff:127.0.0.1", port));
	ASK("v6-connect-v4", connect_inet(b, "127.0.0.1", port));
	close(b);
	b = socket(AF_INET6, SOCK_STREAM, 0);
	ASK("v6-bind-v4", bind_inet(b, "127.0.0.1", 0));
	ASK("v6-bind-foreign", bind_inet6(b, "2001:db8::1", 0));
	ASK("v6-bind-mapped", bind_inet6(b, "::ffff:127.0.0.1", 0));
	begin("v6-bind-mapped-name");
	say_name(b, getsockname);
	done();
	close(a);
	close(b);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	errors();
	binds();
	messages();
	connections();
	refusals();
	controls();
	v6();
	v6_only();
	return 0;
}
