/* SPDX-License-Identifier: ISC */

/*
 * A Linux program with sockets, for net.sh:
 *
 *	listen BACKLOG   listens at port 80, says so, and accepts only once a
 *	                 datagram has come to port 81; then, for each
 *connection, reads to the end, answers "N bytes" and closes reset says how a
 *connection that is reset looks half             answers before it has read,
 *and reads after it has shut down its own half tcp HOST PORT    sends "hello",
 *says what comes back udp HOST PORT    the same with one datagram
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static char buffer[65536];

static long check(long result, const char *what)
{
	if (result >= 0)
		return result;
	printf("%s: %s\n", what, strerrorname_np(errno));
	exit(1);
}

static int bound(int type, int port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6,
	                         .sin6_port = htons((uint16_t)port)};
	int s = (int)check(socket(AF_INET6, type, 0), "socket");

	check(bind(s, (void *)&a, sizeof(a)), "bind");
	return s;
}

static int listener(int backlog)
{
	int s = bound(SOCK_STREAM, 80);

	check(listen(s, backlog), "listen");
	puts("listening");
	fflush(stdout);
	return s;
}

static long read_all(int s)
{
	long sum = 0, n;

	while ((n = read(s, buffer, sizeof(buffer))) > 0)
		sum += n;
	return n < 0 ? n : sum;
}

/* Datagrams are answered, too: what came, and from whom it is not. */
static void wait_for_datagram(int s)
{
	struct sockaddr_storage from;
	socklen_t size = sizeof(from);
	long n = check(
	        recvfrom(s, buffer, sizeof(buffer), 0, (void *)&from, &size),
	        "recvfrom");

	check(sendto(s, buffer, (size_t)n, 0, (void *)&from, size), "sendto");
}

static void serve(int backlog)
{
	int u = bound(SOCK_DGRAM, 81), l = listener(backlog);

	wait_for_datagram(u);
	for (;;) {
		int c = (int)check(accept(l, NULL, NULL), "accept");
		long n = read_all(c);

		dprintf(c, "%ld bytes", n);
		close(c);
	}
}

static void see_reset(void)
{
	int l = listener(5);
	int c = (int)check(accept(l, NULL, NULL), "accept");
	long n = read_all(c);

	printf("read: %s\n", n < 0 ? strerrorname_np(errno) : "the end");
	n = send(c, "x", 1, MSG_NOSIGNAL);
	printf("write: %s\n", n < 0 ? strerrorname_np(errno) : "done");
}

static void half(void)
{
	int l = listener(5);
	int c = (int)check(accept(l, NULL, NULL), "accept");

	check(write(c, "first", 5), "write");
	check(shutdown(c, SHUT_WR), "shutdown");
	printf("write: %s\n", send(c, "x", 1, MSG_NOSIGNAL) < 0
	                              ? strerrorname_np(errno)
	                              : "done");
	printf("read: %ld\n", read_all(c));
}

static int connected(int type, const char *host, const char *port)
{
	const struct addrinfo hints = {.ai_socktype = type};
	struct addrinfo *found;
	int r = getaddrinfo(host, port, &hints, &found), s;

	if (r) {
		printf("getaddrinfo: %s\n", gai_strerror(r));
		exit(1);
	}
	s = (int)check(socket(found->ai_family, type, 0), "socket");
	check(connect(s, found->ai_addr, found->ai_addrlen), "connect");
	return s;
}

static void ask(int type, const char *host, const char *port)
{
	const struct timeval patience = {.tv_sec = 5};
	int s = connected(type, host, port);
	long n;

	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	check(send(s, "hello", 5, 0), "send");
	if (type == SOCK_STREAM)
		check(shutdown(s, SHUT_WR), "shutdown");
	n = check(recv(s, buffer, sizeof(buffer), 0), "recv");
	printf("%.*s\n", (int)n, buffer);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "listen") && argc > 2)
		serve(atoi(argv[2]));
	else if (!strcmp(what, "reset"))
		see_reset();
	else if (!strcmp(what, "half"))
		half();
	else if (!strcmp(what, "tcp") && argc > 3)
		ask(SOCK_STREAM, argv[2], argv[3]);
	else if (!strcmp(what, "udp") && argc > 3)
		ask(SOCK_DGRAM, argv[2], argv[3]);
	else
		return 2;
	return 0;
}
