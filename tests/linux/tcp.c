/* SPDX-License-Identifier: ISC */
#include "socket.h"

static void bind_errors(void)
{
	int a = socket(AF_INET, SOCK_STREAM, 0);
	int b = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in in = inet("127.0.0.1", 0);
	int port;

	ASK("bind-short", bind(a, (void *)&in, 8));
	ASK("bind-long", bind(a, (void *)&in, 129));
	ASK("bind-negative", bind(a, (void *)&in, (socklen_t)-1));
	ASK("bind-bad-address", bind(a, (void *)8, sizeof(in)));
	ASK("bind-no-socket", bind(0, (void *)&in, sizeof(in)));
	ASK("bind-no-descriptor", bind(77, (void *)&in, sizeof(in)));
	ASK("bind-foreign", bind_inet(a, "192.0.2.1", 0));
	in.sin_family = AF_INET6;
	ASK("bind-family", bind(a, (void *)&in, sizeof(in)));
	in.sin_family = AF_UNSPEC;
	ASK("bind-unspecified", bind(b, (void *)&in, sizeof(in)));
	in.sin_addr.s_addr = 0;
	ASK("bind-unspecified-any", bind(b, (void *)&in, sizeof(in)));
	ASK("bind-free", bind_inet(a, "127.0.0.1", 0));
	port = port_of(a);
	close(b);
	b = socket(AF_INET, SOCK_STREAM, 0);
	ASK("bind-taken", bind_inet(b, "127.0.0.1", port));
	ASK("bind-taken-any", bind_inet(b, "0.0.0.0", port));
	ASK("bind-other-address", bind_inet(b, "127.0.0.2", port));
	close(b);
	b = socket(AF_INET, SOCK_STREAM, 0);
	set_int(b, SOL_SOCKET, SO_REUSEADDR, 1);
	ASK("bind-one-reuses", bind_inet(b, "127.0.0.1", port));
	set_int(a, SOL_SOCKET, SO_REUSEADDR, 1);
	ASK("bind-both-reuse", bind_inet(b, "127.0.0.1", port));
	ASK("listen-both-reuse", listen(a, 1));
	ASK("listen-twice-there", listen(b, 1));
	close(b);
	b = socket(AF_INET, SOCK_STREAM, 0);
	set_int(b, SOL_SOCKET, SO_REUSEADDR, 1);
	ASK("bind-beside-listener", bind_inet(b, "127.0.0.1", port));
	close(a);
	close(b);
}

static void shared_port(void)
{
	int l[2], c[8], port, count[2] = {0, 0};

	for (int i = 0; i < 2; i++) {
		l[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		set_int(l[i], SOL_SOCKET, SO_REUSEPORT, 1);
	}
	bind_inet(l[0], "127.0.0.1", 0);
	port = port_of(l[0]);
	ASK("reuseport-bind", bind_inet(l[1], "127.0.0.1", port));
	ASK("reuseport-listen", listen(l[0], 9));
	ASK("reuseport-listen-too", listen(l[1], 9));
	for (int i = 0; i < 8; i++) {
		c[i] = socket(AF_INET, SOCK_STREAM, 0);
		connect_inet(c[i], "127.0.0.1", port);
	}
	for (int i = 0; i < 2; i++)
		while (accept(l[i], NULL, NULL) >= 0)
			count[i]++;
	ASK("reuseport-all", count[0] + count[1]);
	for (int i = 0; i < 8; i++)
		close(c[i]);
	close_pair(l);
}

static void listening(void)
{
	int l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), c, s;
	struct sockaddr_in6 a;
	socklen_t size = 4;

	ASK("listen-unbound", listen(l, -1));
	ASK("listen-again", listen(l, 0));
	ASK("listen-port", port_of(l) != 0);
	ASK("listen-datagram", listen(socket(AF_INET, SOCK_DGRAM, 0), 1));
	ASK("listener-connect", connect_inet(l, "127.0.0.1", port_of(l)));
	ASK("listener-recv", recv(l, buffer, 1, 0));
	ASK("listener-send", send(l, "x", 1, MSG_NOSIGNAL));
	ASK("listener-peer", getpeername(l, (void *)&a, &size));
	ASK("listener-accepts", get_int(l, SOL_SOCKET, SO_ACCEPTCONN));
	ASK("listener-fionread", ioctl(l, FIONREAD, buffer));
	ASK("listener-outq", ioctl(l, SIOCOUTQ, buffer));
	ASK("accept-nothing", accept(l, NULL, NULL));
	c = socket(AF_INET, SOCK_STREAM, 0);
	connect_inet(c, "127.0.0.1", port_of(l));
	ASK("accept4-flags", accept4(l, NULL, NULL, 1));
	s = accept4(l, (void *)&a, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
	ASK("accept-short-name", size);
	ASK("accept4-cloexec", fcntl(s, F_GETFD));
	ASK("accept4-nonblock", (fcntl(s, F_GETFL) & O_NONBLOCK) != 0);
	ASK("accept-on-connected", accept(s, NULL, NULL));
	ASK("listen-on-connected", listen(c, 1));
	close(s);
	close(c);
	c = socket(AF_INET, SOCK_STREAM, 0);
	connect_inet(c, "127.0.0.1", port_of(l));
	s = accept(l, NULL, NULL);
	ASK("accept-inherits", (fcntl(s, F_GETFL) & O_NONBLOCK) != 0);
	close(s);
	close(c);
	c = socket(AF_INET, SOCK_STREAM, 0);
	connect_inet(c, "127.0.0.1", port_of(l));
	size = sizeof(a);
	ASK("accept-bad-name", accept(l, (void *)8, &size));
	ASK("accept-is-lost", accept(l, NULL, NULL));
	ASK("listener-shutdown-send", shutdown(l, SHUT_WR));
	ASK("listener-still", get_int(l, SOL_SOCKET, SO_ACCEPTCONN));
	ASK("listener-shutdown", shutdown(l, SHUT_RD));
	ASK("listener-ended", accept(l, NULL, NULL));
	ASK("listener-poll", events(l));
	ASK("listener-revived", listen(l, 1));
	close(c);
	close(l);
}

static void unaccepted(void)
{
	int l = socket(AF_INET, SOCK_STREAM, 0), c;

	bind_inet(l, "127.0.0.1", 0);
	listen(l, 5);
	c = socket(AF_INET, SOCK_STREAM, 0);
	connect_inet(c, "127.0.0.1", port_of(l));
	ASK("unaccepted-send", send(c, "hello", 5, 0));
	close(l);
	ASK("unaccepted-poll", events_after(c, POLLIN));
	ASK("unaccepted-recv", recv(c, buffer, 9, 0));
	ASK("unaccepted-again", recv(c, buffer, 9, 0));
	ASK("unaccepted-then-send", send(c, "x", 1, MSG_NOSIGNAL));
	close(c);
}

static void connecting(void)
{
	int c = socket(AF_INET, SOCK_STREAM, 0), pair[2];
	int port = free_port(SOCK_STREAM);
	struct sockaddr_in in = inet("127.0.0.1", port);

	ASK("connect-short", connect(c, (void *)&in, 8));
	ASK("connect-long", connect(c, (void *)&in, 129));
	ASK("connect-bad-address", connect(c, (void *)8, sizeof(in)));
	in.sin_family = AF_UNIX;
	ASK("connect-family", connect(c, (void *)&in, sizeof(in)));
	in.sin_family = AF_UNSPEC;
	ASK("connect-unspecified", connect(c, (void *)&in, sizeof(in)));
	ASK("connect-broadcast", connect_inet(c, "255.255.255.255", port));
	ASK("connect-port-zero", connect_inet(c, "127.0.0.1", 0));
	ASK("connect-refused", connect_inet(c, "127.0.0.1", port));
	ASK("connect-refused-again", connect_inet(c, "127.0.0.1", port));
	ASK("connect-no-error-left", get_int(c, SOL_SOCKET, SO_ERROR));
	ASK("connect-refused-poll", events(c));
	ASK("connect-refused-send", send(c, "x", 1, MSG_NOSIGNAL));
	ASK("connect-refused-recv", recv(c, buffer, 1, 0));
	close(c);
	c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ASK("connect-later", connect_inet(c, "127.0.0.1", port));
	ASK("connect-later-poll", events_after(c, POLLOUT));
	ASK("connect-later-error", get_int(c, SOL_SOCKET, SO_ERROR));
	ASK("connect-later-none", get_int(c, SOL_SOCKET, SO_ERROR));
	ASK("connect-later-again", connect_inet(c, "127.0.0.1", port));
	ASK("connect-later-fails", events_after(c, POLLOUT));
	ASK("connect-later-says", connect_inet(c, "127.0.0.1", port));
	close(c);
	tcp_pair(pair);
	ASK("connect-connected", connect_inet(pair[0], "127.0.0.1", port));
	ASK("connect-accepted", connect_inet(pair[1], "127.0.0.1", port));
	ASK("disconnect", connect(pair[0], (void *)&in, sizeof(in)));
	ASK("disconnect-peer", recv(pair[1], buffer, 1, 0));
	ASK("disconnect-poll", events(pair[0]));
	ASK("disconnect-recv", recv(pair[0], buffer, 1, 0));
	ASK("disconnect-refused", connect_inet(pair[0], "127.0.0.1", port));
	close_pair(pair);
}

static void connecting_later(void)
{
	int l = socket(AF_INET, SOCK_STREAM, 0);
	int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), port;

	bind_inet(l, "127.0.0.1", 0);
	listen(l, 5);
	port = port_of(l);
	ASK("nonblock-connect", connect_inet(c, "127.0.0.1", port));
	ASK("nonblock-poll", events_after(c, POLLOUT));
	ASK("nonblock-error", get_int(c, SOL_SOCKET, SO_ERROR));
	ASK("nonblock-told", connect_inet(c, "127.0.0.1", port));
	ASK("nonblock-then", connect_inet(c, "127.0.0.1", port));
	close(c);
	c = socket(AF_INET, SOCK_STREAM, 0);
	begin("connect-any-means-loopback");
	say(connect_inet(c, "0.0.0.0", port));
	say_name(c, getpeername);
	say_name(c, getsockname);
	done();
	close(c);
	c = socket(AF_INET, SOCK_STREAM, 0);
	bind_inet(c, "127.0.0.5", 0);
	begin("connect-from");
	say(connect_inet(c, "127.0.0.1", port));
	say_name(c, getsockname);
	done();
	close(c);
	close(l);
}

static void names(void)
{
	struct sockaddr_in a;
	socklen_t size = 0;
	int pair[2], fd = socket(AF_INET, SOCK_STREAM, 0);

	begin("name-new");
	say_name(fd, getsockname);
	say_name(fd, getpeername);
	done();
	ASK("name-no-room", getsockname(fd, (void *)&a, &size));
	ASK("name-true-size", size);
	size = 3;
	memset(&a, 0x55, sizeof(a));
	ASK("name-cut", getsockname(fd, (void *)&a, &size));
	ASK("name-cut-rest", a.sin_port);
	size = (socklen_t)-1;
	ASK("name-negative", getsockname(fd, (void *)&a, &size));
	ASK("name-bad-size", getsockname(fd, (void *)&a, (void *)8));
	size = sizeof(a);
	ASK("name-bad-address", getsockname(fd, (void *)8, &size));
	close(fd);
	tcp_pair(pair);
	begin("name-connected");
	for (int i = 0; i < 2; i++) {
		say_name(pair[i], getsockname);
		say_name(pair[i], getpeername);
	}
	done();
	close(pair[1]);
	ASK("name-peer-gone", getpeername(pair[0], (void *)&a, &size));
	send(pair[0], "x", 1, MSG_NOSIGNAL);
	events_after(pair[0], POLLHUP);
	ASK("name-peer-reset", getpeername(pair[0], (void *)&a, &size));
	close(pair[0]);
}

static void out_of_band(void)
{
	int pair[2], value;

	tcp_pair(pair);
	ASK("oob-none", recv(pair[1], buffer, 1, MSG_OOB));
	ASK("oob-mark-none", ioctl(pair[1], SIOCATMARK, &value));
	ASK("oob-send", send(pair[0], "abc", 3, MSG_OOB));
	ASK("oob-poll", events_after(pair[1], POLLPRI));
	begin("oob-recv");
	say_received(pair[1], MSG_OOB);
	say_received(pair[1], 0);
	done();
	ASK("oob-recv-again", recv(pair[1], buffer, 1, MSG_OOB));
	send(pair[0], "before", 6, 0);
	send(pair[0], "!", 1, MSG_OOB);
	send(pair[0], "after", 5, 0);
	events_after(pair[1], POLLPRI);
	usleep(20000);
	begin("oob-stops-at-mark");
	say_received(pair[1], 0);
	ioctl(pair[1], SIOCATMARK, &value);
	say(value);
	say_received(pair[1], 0);
	ioctl(pair[1], SIOCATMARK, &value);
	say(value);
	say_received(pair[1], MSG_OOB | MSG_DONTWAIT);
	done();
	set_int(pair[1], SOL_SOCKET, SO_OOBINLINE, 1);
	send(pair[0], "12", 2, MSG_OOB);
	events_after(pair[1], POLLPRI);
	begin("oob-inline");
	say(recv(pair[1], buffer, 1, MSG_OOB));
	say_received(pair[1], 0);
	say_received(pair[1], 0);
	done();
	close_pair(pair);
}

static volatile int urgent_signals;

static void on_urgent(int signal)
{
	(void)signal;
	urgent_signals++;
}

static void out_of_band_more(void)
{
	int pair[2], value;

	tcp_pair(pair);
	signal(SIGURG, on_urgent);
	fcntl(pair[1], F_SETOWN, getpid());
	send(pair[0], "ab", 2, 0);
	send(pair[0], "U", 1, MSG_OOB);
	events_after(pair[1], POLLPRI);
	ASK("oob-sigurg", urgent_signals);
	ASK("oob-fionread", (ioctl(pair[1], FIONREAD, &value), value));
	begin("oob-peek");
	say_received(pair[1], MSG_OOB | MSG_PEEK);
	say_received(pair[1], MSG_PEEK);
	say_received(pair[1], MSG_OOB);
	say_received(pair[1], 0);
	done();
	ASK("oob-only-mark-left", recv(pair[1], buffer, 1, MSG_DONTWAIT));
	send(pair[0], "U", 1, MSG_OOB);
	events_after(pair[1], POLLPRI);
	ASK("oob-alone-poll", events(pair[1]));
	ASK("oob-alone-recv", recv(pair[1], buffer, 9, MSG_DONTWAIT));
	ASK("oob-no-room", recv(pair[1], buffer, 0, MSG_OOB));
	send(pair[0], "12", 2, 0);
	send(pair[0], "V", 1, MSG_OOB);
	send(pair[0], "34", 2, 0);
	send(pair[0], "W", 1, MSG_OOB);
	usleep(20000);
	begin("oob-replaced");
	say_received(pair[1], 0);
	say_received(pair[1], MSG_OOB);
	say_received(pair[1], MSG_DONTWAIT);
	done();
	send(pair[0], "56", 2, 0);
	send(pair[0], "X", 1, MSG_OOB);
	send(pair[0], "78", 2, 0);
	usleep(20000);
	begin("oob-waitall");
	say_bytes(buffer, recv(pair[1], buffer, 4, MSG_WAITALL));
	done();
	close_pair(pair);
	tcp_pair(pair);
	close(pair[0]);
	usleep(10000);
	ASK("oob-closed", recv(pair[1], buffer, 1, MSG_OOB));
	close(pair[1]);
	signal(SIGURG, SIG_DFL);
}

static void receiving(void)
{
	int pair[2];
	struct sockaddr_in a;
	socklen_t size = sizeof(a);

	tcp_pair(pair);
	ASK("recv-dontwait", recv(pair[1], buffer, 9, MSG_DONTWAIT));
	wait_little(pair[1]);
	ASK("recv-timeout", recv(pair[1], buffer, 9, 0));
	send(pair[0], "12345678", 8, 0);
	usleep(10000);
	ASK("recv-fionread", (ioctl(pair[1], FIONREAD, &size), size));
	ASK("recv-nothing", recv(pair[1], buffer, 0, 0));
	ASK("recv-bad-buffer", recv(pair[1], (void *)8, 4, 0));
	begin("recv-peek");
	say_bytes(buffer, recv(pair[1], buffer, 4, MSG_PEEK));
	say_bytes(buffer, recv(pair[1], buffer, 4, 0));
	done();
	ASK("recv-trunc-drops", recv(pair[1], buffer, 2, MSG_TRUNC));
	begin("recv-after-trunc");
	say_received(pair[1], 0);
	done();
	size = sizeof(a);
	send(pair[0], "x", 1, 0);
	begin("recvfrom-no-name");
	say(recvfrom(pair[1], buffer, 9, 0, (void *)&a, &size));
	say(size);
	done();
	send(pair[0], "abc", 3, 0);
	begin("waitall-timeout");
	say_bytes(buffer, recv(pair[1], buffer, 9, MSG_WAITALL));
	done();
	send(pair[0], "abc", 3, 0);
	send(pair[0], "def", 3, 0);
	begin("waitall");
	say_bytes(buffer, recv(pair[1], buffer, 6, MSG_WAITALL));
	done();
	send(pair[0], "abc", 3, 0);
	shutdown(pair[0], SHUT_WR);
	begin("waitall-end");
	say_bytes(buffer, recv(pair[1], buffer, 6, MSG_WAITALL));
	say(recv(pair[1], buffer, 6, MSG_WAITALL));
	done();
	ASK("recv-errqueue", recv(pair[1], buffer, 9, MSG_ERRQUEUE));
	close_pair(pair);
}

static void low_water(void)
{
	int pair[2];

	tcp_pair(pair);
	wait_little(pair[1]);
	ASK("lowat-set", set_int(pair[1], SOL_SOCKET, SO_RCVLOWAT, 4));
	ASK("lowat-get", get_int(pair[1], SOL_SOCKET, SO_RCVLOWAT));
	send(pair[0], "ab", 2, 0);
	usleep(10000);
	ASK("lowat-poll", events(pair[1]) & POLLIN);
	ASK("lowat-dontwait", recv(pair[1], buffer, 1, MSG_DONTWAIT));
	ASK("lowat-timeout", recv(pair[1], buffer, 9, 0));
	send(pair[0], "abcd", 4, 0);
	ASK("lowat-reached", events_after(pair[1], POLLIN) & POLLIN);
	ASK("lowat-all", recv(pair[1], buffer, 9, 0));
	send(pair[0], "abcdefgh", 8, 0);
	usleep(10000);
	ASK("lowat-less", recv(pair[1], buffer, 2, 0));
	ASK("lowat-rest", recv(pair[1], buffer, 9, 0));
	send(pair[0], "ab", 2, 0);
	shutdown(pair[0], SHUT_WR);
	ASK("lowat-end", events_after(pair[1], POLLIN) & POLLIN);
	close_pair(pair);
}

static volatile int pipes;

static void on_pipe(int signal)
{
	(void)signal;
	pipes++;
}

static void sending(void)
{
	struct sockaddr_in a = inet("127.0.0.1", 9);
	int pair[2];
	long n, sum = 0;

	signal(SIGPIPE, on_pipe);
	tcp_pair(pair);
	ASK("send-nothing", send(pair[0], "", 0, 0));
	ASK("send-bad-buffer", send(pair[0], (void *)8, 4, 0));
	ASK("sendto-connected",
	    sendto(pair[0], "x", 1, 0, (void *)&a, sizeof(a)));
	ASK("sendto-arrives", recv(pair[1], buffer, 9, 0));
	while ((n = send(pair[0], buffer, sizeof(buffer), MSG_DONTWAIT)) > 0)
		sum += n;
	ASK("send-full", n);
	ASK("send-full-poll", events(pair[0]));
	wait_little(pair[0]);
	ASK("send-timeout", send(pair[0], buffer, 100000, 0));
	while (sum > 0 && (n = recv(pair[1], buffer, sizeof(buffer), 0)) > 0)
		sum -= n;
	ASK("send-all-arrived", sum);
	ASK("send-after-room", events_after(pair[0], POLLOUT));
	ASK("send-shutdown", shutdown(pair[0], SHUT_WR));
	ASK("send-after-shutdown", send(pair[0], "x", 1, 0));
	ASK("sigpipe", pipes);
	ASK("send-nosignal", send(pair[0], "x", 1, MSG_NOSIGNAL));
	ASK("sigpipe-not", pipes);
	ASK("write-after-shutdown", write(pair[0], "x", 1));
	ASK("sigpipe-by-write", pipes);
	close_pair(pair);
	signal(SIGPIPE, SIG_IGN);
}

static void shutting(void)
{
	int pair[2];

	tcp_pair(pair);
	ASK("shutdown-how", shutdown(pair[0], 3));
	ASK("shutdown-negative", shutdown(pair[0], -1));
	ASK("shutdown-read", shutdown(pair[0], SHUT_RD));
	ASK("shutdown-read-poll", events(pair[0]));
	ASK("shutdown-read-recv", recv(pair[0], buffer, 9, 0));
	ASK("shutdown-read-peer", send(pair[1], "hello", 5, 0));
	usleep(10000);
	ASK("shutdown-read-still", recv(pair[0], buffer, 9, 0));
	ASK("shutdown-read-again", shutdown(pair[0], SHUT_RD));
	ASK("shutdown-both", shutdown(pair[0], SHUT_RDWR));
	ASK("shutdown-both-poll", events(pair[0]));
	events_after(pair[1], POLLIN);
	ASK("shutdown-peer-poll", events(pair[1]));
	ASK("shutdown-peer-recv", recv(pair[1], buffer, 9, 0));
	ASK("shutdown-peer-also", shutdown(pair[1], SHUT_RDWR));
	usleep(10000);
	ASK("shutdown-all", shutdown(pair[1], SHUT_RDWR));
	ASK("shutdown-all-poll", events(pair[1]));
	ASK("shutdown-all-recv", recv(pair[1], buffer, 9, 0));
	ASK("shutdown-all-send", send(pair[1], "x", 1, MSG_NOSIGNAL));
	close_pair(pair);
}

static void resets(void)
{
	struct linger hard = {1, 0};
	int pair[2];

	tcp_pair(pair);
	setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(pair[0]);
	ASK("linger-zero-poll", events_after(pair[1], POLLIN));
	ASK("linger-zero-error", get_int(pair[1], SOL_SOCKET, SO_ERROR));
	ASK("linger-zero-recv", recv(pair[1], buffer, 9, 0));
	ASK("linger-zero-send", send(pair[1], "x", 1, MSG_NOSIGNAL));
	close(pair[1]);

	tcp_pair(pair);
	send(pair[1], "unread", 6, 0);
	usleep(10000);
	close(pair[0]);
	ASK("unread-recv", recv(pair[1], buffer, 9, 0));
	ASK("unread-then", recv(pair[1], buffer, 9, 0));
	close(pair[1]);

	tcp_pair(pair);
	send(pair[0], "last", 4, 0);
	close(pair[0]);
	ASK("gone-poll", events_after(pair[1], POLLRDHUP));
	ASK("gone-send", send(pair[1], "x", 1, MSG_NOSIGNAL));
	usleep(10000);
	ASK("gone-poll-after", events(pair[1]));
	ASK("gone-send-again", send(pair[1], "x", 1, MSG_NOSIGNAL));
	ASK("gone-recv", recv(pair[1], buffer, 9, 0));
	close(pair[1]);
}

static void queues(void)
{
	int pair[2], value = -1, one = 1;

	tcp_pair(pair);
	ASK("outq-empty", (ioctl(pair[0], SIOCOUTQ, &value), value));
	ASK("fionread-bad-address", ioctl(pair[0], FIONREAD, 8));
	ASK("ioctl-unknown", ioctl(pair[0], 0x1234, &value));
	ASK("fionbio", ioctl(pair[0], FIONBIO, &one));
	ASK("fionbio-recv", recv(pair[0], buffer, 1, 0));
	ASK("fcntl-flags", fcntl(pair[0], F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	ASK("fcntl-seek", lseek(pair[0], 0, SEEK_CUR));
	ASK("fcntl-pread", pread(pair[0], buffer, 1, 0));
	ASK("fcntl-truncate", ftruncate(pair[0], 0));
	ASK("fcntl-sync", fsync(pair[0]));
	ASK("fcntl-pipe-size", fcntl(pair[0], F_GETPIPE_SZ));
	ASK("fcntl-owner", fcntl(pair[0], F_GETOWN));
	ASK("fcntl-set-owner", fcntl(pair[0], F_SETOWN, getpid()));
	ASK("fcntl-owner-set", fcntl(pair[0], F_GETOWN) == getpid());
	close_pair(pair);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	bind_errors();
	shared_port();
	listening();
	unaccepted();
	connecting();
	connecting_later();
	names();
	out_of_band();
	out_of_band_more();
	receiving();
	low_water();
	sending();
	shutting();
	resets();
	queues();
	return 0;
}
