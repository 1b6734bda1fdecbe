/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_LINUX_SOCKET_H
#define BH_TESTS_LINUX_SOCKET_H

/* What the programs about sockets share. */

#include "case.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

/* musl's header of TCP and that of Linux do not go together. */
#include <netinet/tcp.h>
#ifndef SIOCOUTQ
#define SIOCOUTQ 0x5411
#endif

static char buffer[131072];

/* What poll(2) says at once. */
static inline int events(int fd)
{
	struct pollfd p = {.fd = fd,
	                   .events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP};

	poll(&p, 1, 0);
	return p.revents;
}

/* As events(), when one of WANTED has come, or after a second. */
static inline int events_after(int fd, int wanted)
{
	struct pollfd p = {.fd = fd, .events = (short)wanted};

	poll(&p, 1, 1000);
	return events(fd);
}

static inline void say_received(int fd, int flags)
{
	say_bytes(buffer, recv(fd, buffer, sizeof(buffer), flags));
}

static inline int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

/* An option that is one int, or -1. */
static inline int get_int(int fd, int level, int name)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(fd, level, name, &value, &size) ? -1 : value;
}

static inline int set_time(int fd, int name, long seconds, long microseconds)
{
	struct timeval t = {seconds, microseconds};

	return setsockopt(fd, SOL_SOCKET, name, &t, sizeof(t));
}

static inline void wait_little(int fd)
{
	set_time(fd, SO_RCVTIMEO, 0, 20000);
	set_time(fd, SO_SNDTIMEO, 0, 20000);
}

/* An address of AF_INET. */
static inline struct sockaddr_in inet(const char *address, int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	                        .sin_port = htons((uint16_t)port)};

	inet_pton(AF_INET, address, &a.sin_addr);
	return a;
}

static inline struct sockaddr_in6 inet6(const char *address, int port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6,
	                         .sin6_port = htons((uint16_t)port)};

	inet_pton(AF_INET6, address, &a.sin6_addr);
	return a;
}

static inline int bind_inet(int fd, const char *address, int port)
{
	struct sockaddr_in a = inet(address, port);

	return bind(fd, (void *)&a, sizeof(a));
}

static inline int bind_inet6(int fd, const char *address, int port)
{
	struct sockaddr_in6 a = inet6(address, port);

	return bind(fd, (void *)&a, sizeof(a));
}

static inline int connect_inet(int fd, const char *address, int port)
{
	struct sockaddr_in a = inet(address, port);

	return connect(fd, (void *)&a, sizeof(a));
}

static inline int connect_inet6(int fd, const char *address, int port)
{
	struct sockaddr_in6 a = inet6(address, port);

	return connect(fd, (void *)&a, sizeof(a));
}

/* The port that a socket of AF_INET or AF_INET6 has: it is not to be printed.
 */
static inline int port_of(int fd)
{
	struct sockaddr_in6 a = {0};
	socklen_t size = sizeof(a);

	getsockname(fd, (void *)&a, &size);
	return ntohs(a.sin6_port);
}

/* A port that nobody has. */
static inline int free_port(int type)
{
	int fd = socket(AF_INET, type, 0), port;

	bind_inet(fd, "0.0.0.0", 0);
	port = port_of(fd);
	close(fd);
	return port;
}

/* An address without its port, and the size it has. */
static inline void say_address(const void *address, socklen_t size)
{
	const struct sockaddr_in *in = address;
	const struct sockaddr_in6 *in6 = address;
	char text[INET6_ADDRSTRLEN] = "none";

	if (size >= sizeof(*in) && in->sin_family == AF_INET)
		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
	else if (size >= sizeof(*in6) && in6->sin6_family == AF_INET6)
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
	printf(" %s/%u", text, size);
}

static inline void say_name(int fd,
                            int (*get)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage a = {0};
	socklen_t size = sizeof(a);

	if (get(fd, (void *)&a, &size))
		say(-1);
	else
		say_address(&a, size);
}

/* A connection within AF_INET: [0] from connect(2), [1] from accept(2). */
static inline void tcp_pair(int pair[2])
{
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	bind_inet(listener, "127.0.0.1", 0);
	listen(listener, 1);
	pair[0] = socket(AF_INET, SOCK_STREAM, 0);
	connect_inet(pair[0], "127.0.0.1", port_of(listener));
	pair[1] = accept(listener, NULL, NULL);
	close(listener);
}

static inline void close_pair(const int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

#endif
