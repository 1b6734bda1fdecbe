/* SPDX-License-Identifier: ISC */
#include "socket.h"

static void kinds(void)
{
	ASK("socket-family", socket(77, SOCK_STREAM, 0));
	ASK("socket-type", socket(AF_INET, 7, 0));
	ASK("socket-protocol", socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
	ASK("socketpair-inet", socketpair(AF_INET, SOCK_STREAM, 0, (int[2]){0}));
}

static void pairs(void)
{
	int p[2];

	signal(SIGPIPE, SIG_IGN);
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p);
	ASK("pair-empty", recv(p[0], buffer, 9, 0));
	ASK("pair-send", send(p[1], "hello", 5, 0));
	ASK("pair-peek", recv(p[0], buffer, 9, MSG_PEEK));
	ASK("pair-poll", events(p[0]));
	ASK("pair-read", read(p[0], buffer, 3));
	ASK("pair-shutdown", shutdown(p[1], SHUT_WR));
	ASK("pair-rest", read(p[0], buffer, 9));
	ASK("pair-end", read(p[0], buffer, 9));
	ASK("pair-poll-half", events(p[0]));
	ASK("pair-send-shut", send(p[1], "x", 1, 0));
	close(p[1]);
	ASK("pair-poll-closed", events(p[0]));
	ASK("pair-send-closed", send(p[0], "x", 1, MSG_NOSIGNAL));
	close(p[0]);
}

static void tcp(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t size = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0), c, s;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ASK("tcp-poll-new", events(l));
	ASK("tcp-send-new", send(l, "x", 1, MSG_NOSIGNAL));
	ASK("tcp-recv-new", recv(l, buffer, 1, 0));
	ASK("tcp-accept-new", accept(l, NULL, NULL));
	ASK("tcp-bind", bind(l, (void *)&a, sizeof(a)));
	ASK("tcp-bind-again", bind(l, (void *)&a, sizeof(a)));
	ASK("tcp-listen", listen(l, 5));
	getsockname(l, (void *)&a, &size);
	c = socket(AF_INET, SOCK_STREAM, 0);
	ASK("tcp-connect", connect(c, (void *)&a, sizeof(a)));
	ASK("tcp-connect-again", connect(c, (void *)&a, sizeof(a)));
	ASK("tcp-poll-listener", events(l));
	s = accept(l, NULL, NULL);
	ASK("tcp-poll-connected", events(s));
	ASK("tcp-send", send(c, "hello", 5, 0));
	ASK("tcp-recv", recv(s, buffer, 9, 0));
	ASK("tcp-shutdown", shutdown(c, SHUT_WR));
	ASK("tcp-recv-end", recv(s, buffer, 9, 0));
	ASK("tcp-poll-end", events(s));
	close(s);
	ASK("tcp-end", recv(c, buffer, 9, 0));
	close(c);
	close(l);
	c = socket(AF_INET, SOCK_STREAM, 0);
	ASK("tcp-refused", connect(c, (void *)&a, sizeof(a)));
	ASK("tcp-not-connected", shutdown(c, SHUT_WR));
}

int main(void)
{
	kinds();
	pairs();
	tcp();
	return 0;
}
