/* SPDX-License-Identifier: ISC */
#include "socket.h"

/* Sockets of AF_UNIX: their names, and how they end. */

#define PATH offsetof(struct sockaddr_un, sun_path)

struct name {
	struct sockaddr_un address;
	socklen_t size;
};

static struct name path(const char *text)
{
	struct name n = {.address = {.sun_family = AF_UNIX},
	                 .size = (socklen_t)(PATH + strlen(text) + 1)};

	strcpy(n.address.sun_path, text);
	return n;
}

/* The names of this program alone. */
static struct name abstract(const char *text)
{
	struct name n = {.address = {.sun_family = AF_UNIX}};

	n.size = (socklen_t)(PATH + 1 +
	                     (size_t)sprintf(n.address.sun_path + 1, "%08d%s",
	                                     getpid(), text));
	return n;
}

static int bind_name(int fd, struct name name)
{
	return bind(fd, (void *)&name.address, name.size);
}

static int connect_name(int fd, struct name name)
{
	return connect(fd, (void *)&name.address, name.size);
}

static long send_name(int fd, const char *text, struct name name)
{
	return sendto(fd, text, strlen(text), MSG_NOSIGNAL,
	              (void *)&name.address, name.size);
}

static int unix_socket(int type)
{
	int fd = socket(AF_UNIX, type, 0);

	wait_little(fd);
	return fd;
}

/* Its size, and the text if it is a path. */
static void say_unix(const struct sockaddr_un *address, socklen_t size)
{
	printf(" %u/%d", size, address->sun_family);
	if (size > PATH && address->sun_path[0])
		printf("/%s", address->sun_path);
}

static void say_unix_name(int fd,
                          int (*get)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_un a = {.sun_family = 77};
	socklen_t size = sizeof(a);

	if (get(fd, (void *)&a, &size))
		say(-1);
	else
		say_unix(&a, size);
}

static void say_from(int fd, int flags)
{
	struct sockaddr_un a = {.sun_family = 0};
	socklen_t size = sizeof(a);
	long n = recvfrom(fd, buffer, 64, flags, (void *)&a, &size);

	say_bytes(buffer, n);
	if (n >= 0)
		say_unix(&a, size);
}

static void binds(int type)
{
	int a = unix_socket(type), b = unix_socket(type);
	struct name n = path("bound");
	struct stat status;

	n.size = 1;
	ASK("bind-short", bind_name(a, n));
	n.size = 111;
	ASK("bind-long", bind_name(a, n));
	n = path("bound");
	n.address.sun_family = AF_INET;
	ASK("bind-family", bind_name(a, n));
	ASK("bind-no-folder", bind_name(a, path("none/a")));
	ASK("bind-no-rights", bind_name(a, path("/a")));
	ASK("bind-folder", bind_name(a, path(".")));
	ASK("bind", bind_name(a, path("bound")));
	ASK("bind-twice", bind_name(a, path("other")));
	ASK("bind-taken", bind_name(b, path("bound")));
	ASK("bind-stat", stat("bound", &status));
	ASK("bind-mode", status.st_mode);
	ASK("bind-open", open("bound", O_RDWR));
	begin("bind-name");
	say_unix_name(a, getsockname);
	say_unix_name(a, getpeername);
	done();
	close(a);
	ASK("bind-stale", bind_name(b, path("bound")));
	a = unix_socket(type);
	ASK("connect-stale", connect_name(a, path("bound")));
	unlink("bound");
	ASK("connect-none", connect_name(a, path("bound")));
	make_file("file", "x", 0666);
	ASK("connect-file", connect_name(a, path("file")));
	ASK("connect-folder", connect_name(a, path(".")));
	begin("bind-no-zero");
	n = path("cut");
	n.size -= 1;
	say(bind_name(b, n));
	say_unix_name(b, getsockname);
	say(stat("cut", &status));
	done();
	unlink("cut");
	close_pair((int[]){a, b});
}

static void longest(int type)
{
	int a = unix_socket(type);
	struct name n = {.address = {.sun_family = AF_UNIX}, .size = 110};

	memset(n.address.sun_path, 'p', sizeof(n.address.sun_path));
	begin("bind-longest");
	say(bind_name(a, n));
	struct {
		struct sockaddr_un address;
		char more[8];
	} big = {0};
	socklen_t size = sizeof(big);
	say(getsockname(a, (void *)&big.address, &size));
	say(size);
	say(strlen(big.address.sun_path));
	done();
	unlink(big.address.sun_path);
	close(a);
}

static void abstracts(int type)
{
	int a = unix_socket(type), b = unix_socket(type);
	struct name n = abstract("a"), m;
	int other = unix_socket(type == SOCK_STREAM ? SOCK_DGRAM : SOCK_STREAM);

	ASK("abstract-bind", bind_name(a, n));
	ASK("abstract-taken", bind_name(b, n));
	ASK("abstract-other-type", bind_name(other, n));
	begin("abstract-name");
	say_unix_name(a, getsockname);
	done();
	ASK("abstract-none", connect_name(b, abstract("b")));
	m = n;
	m.size--;
	ASK("abstract-prefix", connect_name(b, m));
	ASK("abstract-connect", connect_name(b, n));
	close(a);
	close(b);
	b = unix_socket(type);
	ASK("abstract-free-again", bind_name(b, n));
	m.size = PATH;
	begin("autobind");
	a = unix_socket(type);
	say(bind_name(a, m));
	say_unix_name(a, getsockname);
	say(bind_name(a, m));
	say(bind_name(a, n));
	done();
	ASK("connect-no-name", connect_name(a, m));
	close(a);
	close(b);
	close(other);
}

static void autobind_by_passcred(void)
{
	int a = unix_socket(SOCK_DGRAM), b = unix_socket(SOCK_DGRAM);

	bind_name(b, abstract("receiver"));
	begin("passcred-autobind");
	say(set_int(a, SOL_SOCKET, SO_PASSCRED, 1));
	say_unix_name(a, getsockname);
	say(send_name(a, "x", abstract("receiver")));
	say_unix_name(a, getsockname);
	say_from(b, 0);
	done();
	close_pair((int[]){a, b});
	a = unix_socket(SOCK_STREAM);
	b = unix_socket(SOCK_STREAM);
	bind_name(b, abstract("listener"));
	listen(b, 1);
	begin("passcred-autobind-connect");
	set_int(a, SOL_SOCKET, SO_PASSCRED, 1);
	say(connect_name(a, abstract("listener")));
	say_unix_name(a, getsockname);
	done();
	close_pair((int[]){a, b});
}

static long time_of(int fd)
{
	struct timeval t;
	socklen_t size = sizeof(t);

	getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, &size);
	return t.tv_usec;
}

static void connections(int type)
{
	int l = unix_socket(type), c = unix_socket(type), s, d;
	struct name n = abstract("l"), m;
	socklen_t size = sizeof(m.address);

	ASK("listen-unbound", listen(l, 1));
	ASK("connect-unbound", connect_name(c, n));
	bind_name(l, n);
	ASK("connect-not-listening", connect_name(c, n));
	ASK("accept-not-listening", accept(l, NULL, NULL));
	ASK("listen", listen(l, 0));
	ASK("listen-again", listen(l, 0));
	ASK("listener-poll", events(l));
	ASK("listener-send", send(l, "x", 1, MSG_NOSIGNAL));
	ASK("listener-recv", recv(l, buffer, 9, 0));
	ASK("listener-connect", connect_name(l, n));
	ASK("accept-timeout", accept(l, NULL, NULL));
	ASK("idle-poll", events(c));
	ASK("idle-send", send(c, "x", 1, MSG_NOSIGNAL));
	ASK("idle-recv", recv(c, buffer, 9, MSG_DONTWAIT));
	ASK("idle-peer", getpeername(c, (void *)&m.address, &size));
	ASK("idle-shutdown", shutdown(c, SHUT_WR));
	close(c);
	c = unix_socket(type);
	ASK("connect", connect_name(c, n));
	ASK("connect-again", connect_name(c, n));
	ASK("connected-listen", listen(c, 1));
	ASK("connected-accept", accept(c, NULL, NULL));
	d = unix_socket(type);
	ASK("backlog-timeout", connect_name(d, n));
	fcntl(d, F_SETFL, O_NONBLOCK);
	ASK("backlog-full", connect_name(d, n));
	ASK("send-before-accept", send(c, "early", 5, 0));
	begin("accept");
	s = accept(l, (void *)&m.address, &size);
	say(s < 0);
	say_unix(&m.address, size);
	say_unix_name(s, getsockname);
	say_unix_name(s, getpeername);
	say_unix_name(c, getpeername);
	done();
	ASK("backlog-room", connect_name(d, n));
	ASK("accepted-timeout-not-inherited", time_of(s));
	begin("early");
	say_received(s, 0);
	done();
	ASK("sendto-connected", send_name(c, "x", n));
	ASK("sendto-arrives", recv(s, buffer, 9, MSG_DONTWAIT));
	close(l);
	ASK("unaccepted-poll", events(d));
	ASK("unaccepted-recv", recv(d, buffer, 9, 0));
	ASK("unaccepted-send", send(d, "x", 1, MSG_NOSIGNAL));
	ASK("accepted-still", send(s, "on", 2, 0));
	close(s);
	ASK("closed-poll", events(c));
	begin("closed-recv");
	say_received(c, 0);
	say_received(c, 0);
	done();
	ASK("closed-send", send(c, "x", 1, MSG_NOSIGNAL));
	ASK("closed-peer", getpeername(c, (void *)&m.address, &size));
	close_pair((int[]){c, d});
}

static void unread(int type)
{
	int p[2];

	socketpair(AF_UNIX, type, 0, p);
	send(p[0], "unread", 6, 0);
	send(p[1], "first", 5, 0);
	close(p[1]);
	ASK("unread-poll", events(p[0]));
	begin("unread-recv");
	say_received(p[0], MSG_DONTWAIT);
	say_received(p[0], MSG_DONTWAIT);
	say_received(p[0], MSG_DONTWAIT);
	done();
	ASK("unread-send", send(p[0], "x", 1, MSG_NOSIGNAL));
	close(p[0]);
}

static void shutting(int type)
{
	int p[2];

	socketpair(AF_UNIX, type, 0, p);
	send(p[0], "kept", 4, 0);
	ASK("shut-receive", shutdown(p[1], SHUT_RD));
	ASK("shut-receive-poll", events(p[1]));
	ASK("shut-receive-peer-poll", events(p[0]));
	begin("shut-receive-recv");
	say_received(p[1], MSG_DONTWAIT);
	say_received(p[1], MSG_DONTWAIT);
	done();
	ASK("shut-receive-send", send(p[0], "x", 1, MSG_NOSIGNAL));
	ASK("shut-receive-other-way", send(p[1], "back", 4, 0));
	close_pair(p);
	socketpair(AF_UNIX, type, 0, p);
	send(p[0], "kept", 4, 0);
	ASK("shut-send", shutdown(p[0], SHUT_WR));
	ASK("shut-send-send", send(p[0], "x", 1, MSG_NOSIGNAL));
	ASK("shut-send-poll", events(p[0]));
	ASK("shut-send-peer-poll", events(p[1]));
	begin("shut-send-recv");
	say_received(p[1], MSG_DONTWAIT);
	say_received(p[1], MSG_DONTWAIT);
	done();
	ASK("shut-send-other-way", send(p[1], "back", 4, 0));
	ASK("shut-both", shutdown(p[1], SHUT_RDWR));
	ASK("shut-both-poll", events(p[1]));
	ASK("shut-both-peer-poll", events(p[0]));
	begin("shut-both-recv");
	say_received(p[0], MSG_DONTWAIT);
	say_received(p[0], MSG_DONTWAIT);
	done();
	close_pair(p);
}

static void datagrams(void)
{
	int a = unix_socket(SOCK_DGRAM), b = unix_socket(SOCK_DGRAM), c, n;
	struct sockaddr none = {.sa_family = AF_UNSPEC};

	bind_name(a, path("a"));
	ASK("dgram-listen", listen(a, 1));
	ASK("dgram-accept", accept(a, NULL, NULL));
	ASK("dgram-idle-poll", events(b));
	ASK("dgram-idle-send", send(b, "x", 1, MSG_NOSIGNAL));
	ASK("dgram-idle-recv", recv(b, buffer, 9, MSG_DONTWAIT));
	ASK("dgram-sendto", send_name(b, "one", path("a")));
	ASK("dgram-sendto-none", send_name(b, "one", path("none")));
	begin("dgram-recv");
	say_from(a, 0);
	done();
	bind_name(b, path("b"));
	ASK("dgram-empty", send_name(b, "", path("a")));
	begin("dgram-empty-recv");
	say(events(a));
	say_from(a, 0);
	done();
	ASK("dgram-connect", connect_name(b, path("a")));
	ASK("dgram-peer-first", connect_name(a, path("b")));
	c = unix_socket(SOCK_DGRAM);
	ASK("dgram-stranger-sendto", send_name(c, "x", path("a")));
	ASK("dgram-stranger-connect", connect_name(c, path("a")));
	ASK("dgram-connected-sendto", send_name(b, "two", path("b")));
	begin("dgram-to-itself");
	say_from(b, 0);
	done();
	ASK("dgram-disconnect", connect(a, &none, sizeof(none)));
	begin("dgram-disconnected");
	say_unix_name(a, getpeername);
	say(send(a, "x", 1, 0));
	done();
	for (n = 0; send(b, "many", 4, MSG_DONTWAIT) == 4 && n < 999;)
		n++;
	ASK("dgram-queue", n);
	ASK("dgram-queue-full", send(b, "more", 4, MSG_DONTWAIT));
	ASK("dgram-queue-timeout", send(b, "more", 4, 0));
	ASK("dgram-queue-poll", events(b));
	recv(a, buffer, 9, 0);
	ASK("dgram-queue-room", events(b));
	ASK("dgram-too-large",
	    send_name(c, (memset(buffer, 'x', 9), buffer), path("none")));
	close(a);
	ASK("dgram-gone-poll", events(b));
	ASK("dgram-gone-send", send(b, "x", 1, MSG_NOSIGNAL));
	ASK("dgram-gone-send-again", send(b, "x", 1, MSG_NOSIGNAL));
	ASK("dgram-gone-recv", recv(b, buffer, 9, MSG_DONTWAIT));
	close(b);
	close(c);
	unlink("a");
	unlink("b");
}

static void packets(int type)
{
	int p[2], value;
	long n, count = 0;

	socketpair(AF_UNIX, type, 0, p);
	wait_little(p[0]);
	ASK("packet-empty", send(p[0], "", 0, 0));
	ASK("packet-empty-recv", recv(p[1], buffer, 9, MSG_DONTWAIT));
	send(p[0], "hello", 5, 0);
	send(p[0], "you", 3, 0);
	ASK("packet-fionread", (ioctl(p[1], FIONREAD, &value), value));
	begin("packet-peek");
	say_bytes(buffer, recv(p[1], buffer, 3, MSG_PEEK));
	say(recv(p[1], buffer, 3, MSG_PEEK | MSG_TRUNC));
	done();
	begin("packet-cut");
	say_bytes(buffer, recv(p[1], buffer, 3, 0));
	say_received(p[1], MSG_DONTWAIT);
	done();
	send(p[0], "hello", 5, 0);
	ASK("packet-bad-buffer", recv(p[1], (void *)8, 5, 0));
	ASK("packet-lost", recv(p[1], buffer, 5, MSG_DONTWAIT));
	ASK("packet-outq", (ioctl(p[0], SIOCOUTQ, &value), value > 0));
	while (recv(p[1], buffer, 9, MSG_DONTWAIT) > 0)
		;
	ASK("packet-outq-empty", (ioctl(p[0], SIOCOUTQ, &value), value));
	ASK("packet-huge", send(p[0], buffer, 300000, 0));
	while ((n = send(p[0], buffer, 10000, MSG_DONTWAIT)) == 10000)
		count++;
	ASK("packet-full", n);
	ASK("packet-many", count > 2 && count < 100);
	ASK("packet-full-timeout", send(p[0], buffer, 10000, 0));
	ASK("packet-oob", send(p[0], "x", 1, MSG_OOB));
	ASK("packet-recv-oob", recv(p[1], buffer, 1, MSG_OOB | MSG_DONTWAIT));
	close_pair(p);
}

static void streams(void)
{
	int p[2], value;
	long n, sum = 0;

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	wait_little(p[0]);
	ASK("stream-empty", send(p[0], "", 0, 0));
	ASK("stream-empty-recv", recv(p[1], buffer, 9, MSG_DONTWAIT));
	send(p[0], "hello", 5, 0);
	send(p[0], "you", 3, 0);
	ASK("stream-fionread", (ioctl(p[1], FIONREAD, &value), value));
	begin("stream-joined");
	say_received(p[1], MSG_PEEK);
	say_bytes(buffer, recv(p[1], buffer, 2, MSG_TRUNC));
	say_received(p[1], 0);
	done();
	send(p[0], "hello", 5, 0);
	ASK("stream-bad-buffer", recv(p[1], (void *)8, 5, 0));
	ASK("stream-still", recv(p[1], buffer, 9, MSG_DONTWAIT));
	ASK("stream-outq-empty", (ioctl(p[0], SIOCOUTQ, &value), value));
	while ((n = send(p[0], buffer, 10000, MSG_DONTWAIT)) > 0)
		sum += n;
	ASK("stream-full", n);
	ASK("stream-full-poll", events(p[0]));
	ASK("stream-full-timeout", send(p[0], buffer, 10000, 0));
	while ((n = recv(p[1], buffer, sizeof(buffer), MSG_DONTWAIT)) > 0)
		sum -= n;
	ASK("stream-all", sum);
	ASK("stream-room", events(p[0]));
	close_pair(p);
}

static void pairs(void)
{
	int p[2];

	ASK("pair-raw", socketpair(AF_UNIX, SOCK_RAW, 0, p));
	ASK("pair-raw-type", get_int(p[0], SOL_SOCKET, SO_TYPE));
	ASK("pair-protocol", socketpair(AF_UNIX, SOCK_STREAM, 1, p));
	ASK("pair-protocol-wrong", socketpair(AF_UNIX, SOCK_STREAM, 2, p));
	ASK("pair-type", socketpair(AF_UNIX, 4, 0, p));
	ASK("pair-flags", socketpair(AF_UNIX, SOCK_STREAM | 16, 0, p));
	ASK("pair-bad-address", socketpair(AF_UNIX, SOCK_STREAM, 0, (void *)8));
	ASK("pair-inet-dgram", socketpair(AF_INET, SOCK_DGRAM, 0, p));
	ASK("pair-next-number", dup(0));
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, p);
	ASK("pair-cloexec", fcntl(p[1], F_GETFD));
	ASK("pair-nonblock", (fcntl(p[1], F_GETFL) & O_NONBLOCK) != 0);
	begin("pair-names");
	say_unix_name(p[0], getsockname);
	say_unix_name(p[0], getpeername);
	done();
	close_pair(p);
}

static void kind(int type, const char *name)
{
	case_prefix = name;
	binds(type);
	longest(type);
	abstracts(type);
	unread(type);
	shutting(type);
	if (type == SOCK_STREAM || type == SOCK_SEQPACKET)
		connections(type);
	if (type != SOCK_STREAM)
		packets(type);
}

int main(int argc, char **argv)
{
	enter(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	kind(SOCK_STREAM, "stream-");
	kind(SOCK_DGRAM, "dgram-");
	kind(SOCK_SEQPACKET, "seqpacket-");
	case_prefix = "";
	autobind_by_passcred();
	datagrams();
	streams();
	pairs();
	return 0;
}
