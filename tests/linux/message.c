/* SPDX-License-Identifier: ISC */
#include "socket.h"

#include <sys/resource.h>

/* sendmsg(2), recvmsg(2), their plurals, and control messages. */

#ifndef SCM_CREDENTIALS
#define SCM_CREDENTIALS 2
#endif

/* musl looks at headers itself. */
#define sendmsg(fd, m, flags)        syscall(SYS_sendmsg, fd, m, flags)
#define recvmsg(fd, m, flags)        syscall(SYS_recvmsg, fd, m, flags)
#define sendmmsg(fd, m, n, flags)    syscall(SYS_sendmmsg, fd, m, n, flags)
#define recvmmsg(fd, m, n, flags, t) syscall(SYS_recvmmsg, fd, m, n, flags, t)

static char control[4096];

struct identity {
	int pid;
	unsigned uid, gid;
};

static struct msghdr header(struct iovec *v, void *bytes, size_t size)
{
	*v = (struct iovec){bytes, size};
	return (struct msghdr){.msg_iov = v, .msg_iovlen = 1};
}

/* Sends a byte with COUNT descriptors in one control message. */
static long send_files(int fd, const int *files, size_t count)
{
	struct iovec v;
	struct msghdr m = header(&v, "f", 1);
	struct cmsghdr *c;

	memset(control, 0, sizeof(control));
	m.msg_control = control;
	m.msg_controllen = CMSG_SPACE(count * sizeof(int));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), files, count * sizeof(int));
	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

static long send_identity(int fd, struct identity who)
{
	struct iovec v;
	struct msghdr m = header(&v, "i", 1);
	struct cmsghdr *c;

	m.msg_control = control;
	m.msg_controllen = CMSG_SPACE(sizeof(who));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof(who));
	memcpy(CMSG_DATA(c), &who, sizeof(who));
	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

static void say_control(const struct msghdr *m, const struct cmsghdr *c)
{
	size_t size = c->cmsg_len - CMSG_LEN(0), n = size / sizeof(int);
	struct identity who;

	printf(" %d:%d:%zu", c->cmsg_level, c->cmsg_type, (size_t)c->cmsg_len);
	if (c->cmsg_type == SCM_CREDENTIALS) {
		memcpy(&who, CMSG_DATA(c), sizeof(who));
		printf("(%d,%d,%d)", who.pid == getpid(), who.uid, who.gid);
		return;
	}
	for (size_t i = 0; c->cmsg_type == SCM_RIGHTS && i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
		printf("[%d]", fcntl(fd, F_GETFD));
		close(fd);
	}
}

/* What comes, with room for SIZE bytes of control messages. */
static void say_message(int fd, size_t size, int flags)
{
	struct iovec v;
	struct msghdr m = header(&v, buffer, 64);
	struct cmsghdr *c;
	long n;

	memset(control, 0x55, sizeof(control));
	m.msg_control = size ? control : NULL;
	m.msg_controllen = size;
	n = recvmsg(fd, &m, flags | MSG_DONTWAIT);
	say(n);
	if (n < 0)
		return;
	printf(" flags %x control %zu", m.msg_flags, (size_t)m.msg_controllen);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		say_control(&m, c);
}

static void headers(void)
{
	int p[2];
	struct iovec v;
	struct msghdr m = header(&v, "abc", 3);

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	ASK("sendmsg", sendmsg(p[0], &m, 0));
	ASK("sendmsg-bad-header", sendmsg(p[0], (void *)8, 0));
	m.msg_iovlen = 1025;
	ASK("sendmsg-many-vectors", sendmsg(p[0], &m, 0));
	ASK("recvmsg-many-vectors", recvmsg(p[0], &m, 0));
	m.msg_iovlen = 1;
	m.msg_iov = (void *)8;
	ASK("sendmsg-bad-vector", sendmsg(p[0], &m, 0));
	m.msg_iov = &v;
	v.iov_len = (size_t)-1;
	ASK("sendmsg-negative-size", sendmsg(p[0], &m, 0));
	v.iov_len = 3;
	m.msg_controllen = 1 << 20;
	m.msg_control = control;
	ASK("sendmsg-large-control", sendmsg(p[0], &m, 0));
	m.msg_controllen = 16;
	m.msg_control = (void *)8;
	ASK("sendmsg-bad-control", sendmsg(p[0], &m, 0));
	m.msg_controllen = 8;
	m.msg_control = control;
	ASK("sendmsg-short-control", sendmsg(p[0], &m, 0));
	m.msg_controllen = 16;
	memset(control, 0, 64);
	ASK("sendmsg-empty-control", sendmsg(p[0], &m, 0));
	m = header(&v, "abc", 3);
	m.msg_name = (void *)8;
	m.msg_namelen = 16;
	ASK("sendmsg-bad-name", sendmsg(p[0], &m, 0));
	m.msg_namelen = (socklen_t)-1;
	ASK("sendmsg-negative-name", sendmsg(p[0], &m, 0));
	ASK("recvmsg-negative-name", recvmsg(p[1], &m, MSG_DONTWAIT));
	m.msg_name = NULL;
	m.msg_namelen = 0;
	m.msg_iovlen = 0;
	ASK("sendmsg-no-vector", sendmsg(p[0], &m, 0));
	ASK("recvmsg-no-vector", recvmsg(p[1], &m, MSG_DONTWAIT));
	ASK("recvmsg-bad-header", recvmsg(p[1], (void *)8, MSG_DONTWAIT));
	ASK("recvmsg-no-socket", recvmsg(0, &m, MSG_DONTWAIT));
	close_pair(p);
}

static void bad_places(void)
{
	int p[2];
	struct iovec v;
	struct msghdr m;

	socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
	set_int(p[1], SOL_SOCKET, SO_PASSCRED, 1);
	send(p[0], "abc", 3, 0);
	m = header(&v, buffer, 9);
	m.msg_control = (void *)8;
	m.msg_controllen = 64;
	begin("recvmsg-bad-control");
	say(recvmsg(p[1], &m, MSG_DONTWAIT));
	say(m.msg_flags);
	say(m.msg_controllen);
	done();
	ASK("recvmsg-bad-control-took", recv(p[1], buffer, 9, MSG_DONTWAIT));
	send_files(p[0], (int[]){0}, 1);
	m.msg_control = (void *)8;
	m.msg_controllen = 64;
	begin("recvmsg-bad-rights");
	say(recvmsg(p[1], &m, MSG_DONTWAIT));
	say(m.msg_flags);
	say(m.msg_controllen);
	done();
	ASK("recvmsg-no-descriptor-lost", dup(0));
	send(p[0], "abc", 3, 0);
	m = header(&v, buffer, 9);
	m.msg_name = (void *)8;
	m.msg_namelen = 16;
	ASK("recvmsg-bad-name", recvmsg(p[1], &m, MSG_DONTWAIT));
	send(p[0], "abc", 3, 0);
	m = header(&v, (void *)8, 9);
	ASK("recvmsg-bad-buffer", recvmsg(p[1], &m, MSG_DONTWAIT));
	close_pair(p);
}

static void rights(int type)
{
	int p[2], many[300], q[2];

	for (int i = 0; i < 300; i++)
		many[i] = 0;
	socketpair(AF_UNIX, type, 0, p);
	ASK("rights-send", send_files(p[0], many, 3));
	begin("rights-receive");
	say_message(p[1], 64, 0);
	done();
	send_files(p[0], many, 3);
	begin("rights-cloexec");
	say_message(p[1], 64, MSG_CMSG_CLOEXEC);
	done();
	send_files(p[0], many, 3);
	begin("rights-cut");
	say_message(p[1], CMSG_LEN(2 * sizeof(int)), 0);
	done();
	send_files(p[0], many, 3);
	begin("rights-odd-room");
	say_message(p[1], CMSG_LEN(2 * sizeof(int)) + 3, 0);
	done();
	send_files(p[0], many, 1);
	begin("rights-no-room");
	say_message(p[1], 0, 0);
	done();
	send_files(p[0], many, 1);
	begin("rights-little-room");
	say_message(p[1], 16, 0);
	done();
	send_files(p[0], many, 2);
	begin("rights-peek");
	say_message(p[1], 64, MSG_PEEK);
	say_message(p[1], 64, 0);
	done();
	send_files(p[0], many, 1);
	ASK("rights-by-read", read(p[1], buffer, 9));
	ASK("rights-most", send_files(p[0], many, 253));
	begin("rights-most-receive");
	say_message(p[1], sizeof(control), 0);
	done();
	ASK("rights-too-many", send_files(p[0], many, 254));
	ASK("rights-none", send_files(p[0], many, 0));
	begin("rights-none-receive");
	say_message(p[1], 64, 0);
	done();
	many[1] = 999;
	ASK("rights-bad", send_files(p[0], many, 2));
	ASK("rights-bad-sent-none", recv(p[1], buffer, 9, MSG_DONTWAIT));
	socketpair(AF_UNIX, type, 0, q);
	send_files(p[0], q, 1);
	close(q[0]);
	ASK("in-flight-poll", events(q[1]));
	ASK("in-flight-send", send(q[1], "x", 1, MSG_NOSIGNAL));
	close_pair(p);
	ASK("in-flight-closed-poll", events(q[1]));
	ASK("in-flight-closed", send(q[1], "x", 1, MSG_NOSIGNAL));
	close(q[1]);
	ASK("rights-all-closed", dup(0));
	close(3);
}

static void rights_limit(void)
{
	struct rlimit old, less;
	int p[2], files[3] = {0, 0, 0};

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	getrlimit(RLIMIT_NOFILE, &old);
	less = old;
	less.rlim_cur = (rlim_t)p[1] + 2;
	send_files(p[0], files, 3);
	setrlimit(RLIMIT_NOFILE, &less);
	begin("rights-emfile");
	say_message(p[1], 64, 0);
	done();
	less.rlim_cur = (rlim_t)p[1] + 1;
	setrlimit(RLIMIT_NOFILE, &less);
	send_files(p[0], files, 3);
	begin("rights-emfile-all");
	say_message(p[1], 64, 0);
	done();
	setrlimit(RLIMIT_NOFILE, &old);
	close_pair(p);
}

static void rights_in_flight(void)
{
	struct rlimit old, less;
	int p[2], file = 0, n = 0;

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	getrlimit(RLIMIT_NOFILE, &old);
	less = old;
	less.rlim_cur = 20;
	setrlimit(RLIMIT_NOFILE, &less);
	while (n < 99 && send_files(p[0], &file, 1) == 1)
		n++;
	ASK("rights-in-flight", n);
	ASK("rights-too-many-in-flight", send_files(p[0], &file, 1));
	read(p[1], buffer, 1);
	ASK("rights-one-less", send_files(p[0], &file, 1));
	setrlimit(RLIMIT_NOFILE, &old);
	close_pair(p);
}

/* Linux looks for lost sockets when another one is closed, in its own time. */
static void wait_collected(int pipe_end)
{
	struct pollfd p = {.fd = pipe_end};

	for (int i = 0; i < 30 && !p.revents; i++) {
		int pair[2];

		socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
		close_pair(pair);
		poll(&p, 1, 100);
	}
}

/* A listener that is on its way in a connection that waits for it. */
static void rights_of_listener(void)
{
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c, pipe_ends[2];
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(name);
	char byte;

	bind(l, (void *)&name, sizeof(name.sun_family));
	getsockname(l, (void *)&name, &size);
	listen(l, 1);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	pipe2(pipe_ends, O_NONBLOCK);
	ASK("listener-connect", connect(c, (void *)&name, size));
	ASK("listener-send", send_files(c, (int[]){l, pipe_ends[1], c}, 3));
	close(l);
	close(c);
	close(pipe_ends[1]);
	ASK("listener-still", read(pipe_ends[0], &byte, 1));
	wait_collected(pipe_ends[0]);
	ASK("listener-collected", read(pipe_ends[0], &byte, 1));
	close(pipe_ends[0]);
}

/* Sockets that hold only each other go, and what they hold with them. */
static void rights_cycle(void)
{
	int p[2], pipe_ends[2];
	char byte;

	pipe2(pipe_ends, O_NONBLOCK);
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	ASK("cycle-send", send_files(p[0], (int[]){p[0], p[1]}, 2));
	ASK("cycle-other", send_files(p[1], (int[]){p[0], pipe_ends[1]}, 2));
	close(pipe_ends[1]);
	close_pair(p);
	wait_collected(pipe_ends[0]);
	ASK("cycle-collected", read(pipe_ends[0], &byte, 1));
	close(pipe_ends[0]);
}

/* Bytes with rights or of other senders are not joined with others. */
static void boundaries(void)
{
	int p[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	send(p[0], "ab", 2, 0);
	send_files(p[0], (int[]){0}, 1);
	send(p[0], "cd", 2, 0);
	begin("boundary-before");
	say_message(p[1], 64, 0);
	say_message(p[1], 64, 0);
	say_message(p[1], 64, 0);
	done();
	send_files(p[0], (int[]){0}, 1);
	send_files(p[0], (int[]){0}, 1);
	begin("boundary-two");
	say_message(p[1], 128, 0);
	say_message(p[1], 128, 0);
	done();
	send_files(p[0], (int[]){0}, 1);
	send(p[0], "cd", 2, 0);
	begin("boundary-waitall");
	say_bytes(buffer, recv(p[1], buffer, 3, MSG_WAITALL | MSG_DONTWAIT));
	done();
	close_pair(p);
}

static void credentials(int type)
{
	struct identity me = {getpid(), getuid(), getgid()}, other = me;
	int p[2];

	socketpair(AF_UNIX, type, 0, p);
	send(p[0], "x", 1, 0);
	begin("credentials-not-asked");
	say_message(p[1], 64, 0);
	done();
	ASK("credentials-send", send_identity(p[0], me));
	begin("credentials-not-wanted");
	say_message(p[1], 64, 0);
	done();
	ASK("passcred-get", get_int(p[1], SOL_SOCKET, SO_PASSCRED));
	send(p[0], "x", 1, 0);
	ASK("passcred", set_int(p[1], SOL_SOCKET, SO_PASSCRED, 1));
	begin("credentials-before");
	say_message(p[1], 64, 0);
	done();
	send(p[0], "x", 1, 0);
	begin("credentials");
	say_message(p[1], 64, 0);
	done();
	send_identity(p[0], me);
	begin("credentials-own");
	say_message(p[1], 64, 0);
	done();
	send_files(p[0], (int[]){0}, 1);
	begin("credentials-and-rights");
	say_message(p[1], 64, 0);
	done();
	send_files(p[0], (int[]){0}, 1);
	begin("credentials-cut");
	say_message(p[1], CMSG_LEN(8), 0);
	done();
	other.uid = 0;
	ASK("credentials-uid", send_identity(p[0], other));
	other = me;
	other.gid = 0;
	ASK("credentials-gid", send_identity(p[0], other));
	other = me;
	other.pid = getpid() + 1000;
	ASK("credentials-pid", send_identity(p[0], other));
	while (recv(p[1], buffer, 9, MSG_DONTWAIT) > 0)
		;
	send(p[0], "one", 3, 0);
	send_identity(p[0], me);
	send(p[0], "two", 3, 0);
	begin("credentials-joined");
	say_message(p[1], 64, 0);
	done();
	close_pair(p);
}

static void peer_credentials(void)
{
	struct identity who;
	socklen_t size = sizeof(who);
	int p[2], fd = socket(AF_INET, SOCK_STREAM, 0);

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	begin("peercred");
	say(getsockopt(p[0], SOL_SOCKET, SO_PEERCRED, &who, &size));
	printf(" %u %d %d %d", size, who.pid == getpid(), who.uid, who.gid);
	done();
	size = 4;
	begin("peercred-cut");
	say(getsockopt(p[0], SOL_SOCKET, SO_PEERCRED, &who, &size));
	say(size);
	done();
	close_pair(p);
	p[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	size = sizeof(who);
	begin("peercred-none");
	say(getsockopt(p[0], SOL_SOCKET, SO_PEERCRED, &who, &size));
	printf(" %d %d %d", who.pid, who.uid, who.gid);
	done();
	ASK("peercred-set", set_int(p[0], SOL_SOCKET, SO_PEERCRED, 1));
	begin("peercred-inet");
	say(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size));
	printf(" %d %d %d", who.pid, who.uid, who.gid);
	done();
	close(fd);
	close(p[0]);
}

static struct mmsghdr many[4];
static struct iovec vectors[4];
static char places[4][8];

static void prepare(size_t size)
{
	memset(many, 0, sizeof(many));
	for (int i = 0; i < 4; i++) {
		memset(places[i], 'a' + i, sizeof(places[i]));
		many[i].msg_hdr = header(&vectors[i], places[i], size);
	}
}

static void say_many(int n)
{
	say(n);
	for (int i = 0; i < n; i++)
		say_bytes(places[i], many[i].msg_len);
}

static void several(void)
{
	int p[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
	prepare(3);
	ASK("sendmmsg", sendmmsg(p[0], many, 4, 0));
	ASK("sendmmsg-size", many[3].msg_len);
	begin("recvmmsg-fewer");
	say_many(recvmmsg(p[1], many, 2, 0, NULL));
	done();
	begin("recvmmsg-rest");
	say_many(recvmmsg(p[1], many, 4, MSG_DONTWAIT, NULL));
	done();
	ASK("recvmmsg-none", recvmmsg(p[1], many, 4, MSG_DONTWAIT, NULL));
	ASK("recvmmsg-zero", recvmmsg(p[1], many, 0, MSG_DONTWAIT, NULL));
	ASK("sendmmsg-zero", sendmmsg(p[0], many, 0, 0));
	prepare(3);
	many[2].msg_hdr.msg_iov = (void *)8;
	ASK("sendmmsg-third-bad", sendmmsg(p[0], many, 4, 0));
	ASK("sendmmsg-first-bad", sendmmsg(p[0], many + 2, 2, 0));
	prepare(8);
	begin("recvmmsg-waitforone");
	say_many(recvmmsg(p[1], many, 4, MSG_WAITFORONE, NULL));
	done();
	send(p[0], "one", 3, 0);
	send(p[0], "two", 3, 0);
	prepare(8);
	many[1].msg_hdr.msg_iov = (void *)8;
	begin("recvmmsg-second-bad");
	say_many(recvmmsg(p[1], many, 2, MSG_DONTWAIT, NULL));
	done();
	ASK("recvmmsg-error-left", get_int(p[1], SOL_SOCKET, SO_ERROR));
	ASK("recvmmsg-error-once", recv(p[1], buffer, 9, MSG_DONTWAIT));
	ASK("sendmmsg-bad-list", sendmmsg(p[0], (void *)8, 1, 0));
	ASK("recvmmsg-bad-list", recvmmsg(p[1], (void *)8, 1, 0, NULL));
	close_pair(p);
}

static void several_with_time(void)
{
	struct timespec t = {0, 20000000}, bad = {0, -1};
	int p[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
	prepare(8);
	ASK("recvmmsg-bad-time", recvmmsg(p[1], many, 4, 0, &bad));
	ASK("recvmmsg-wild-time", recvmmsg(p[1], many, 4, 0, (void *)8));
	wait_little(p[1]);
	ASK("recvmmsg-timeout", recvmmsg(p[1], many, 4, 0, &t));
	send(p[0], "one", 3, 0);
	send(p[0], "two", 3, 0);
	begin("recvmmsg-some");
	say_many(recvmmsg(p[1], many, 4, 0, &t));
	done();
	ASK("recvmmsg-error-after", get_int(p[1], SOL_SOCKET, SO_ERROR));
	t = (struct timespec){5, 0};
	send(p[0], "one", 3, 0);
	begin("recvmmsg-time-left");
	say_many(recvmmsg(p[1], many, 2, 0, &t));
	say(t.tv_sec == 4);
	done();
	t = (struct timespec){0, 0};
	send(p[0], "one", 3, 0);
	send(p[0], "two", 3, 0);
	begin("recvmmsg-no-time");
	say_many(recvmmsg(p[1], many, 4, 0, &t));
	done();
	close(p[0]);
	ASK("sendmmsg-no-peer", sendmmsg(p[1], many, 2, MSG_NOSIGNAL));
	close(p[1]);
}

/* An error of the socket behind a message is kept for the next call. */
static void kept_error(void)
{
	int a = socket(AF_INET, SOCK_DGRAM, 0);
	int b = socket(AF_INET, SOCK_DGRAM, 0);

	bind_inet(a, "127.0.0.1", 0);
	bind_inet(b, "127.0.0.1", 0);
	connect_inet(a, "127.0.0.1", port_of(b));
	connect_inet(b, "127.0.0.1", port_of(a));
	prepare(8);
	ASK("kept-send", send(b, "one", 3, 0));
	close(b);
	send(a, "x", 1, 0);
	usleep(10000);
	ASK("kept-first", recvmmsg(a, many, 4, MSG_DONTWAIT, NULL));
	prepare(8);
	ASK("kept-then", recvmmsg(a, many, 4, MSG_DONTWAIT, NULL));
	prepare(8);
	send(a, "x", 1, 0);
	usleep(10000);
	ASK("kept-sendmmsg", sendmmsg(a, many, 2, 0));
	close(a);
}

int main(int argc, char **argv)
{
	enter(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	headers();
	bad_places();
	case_prefix = "stream-";
	rights(SOCK_STREAM);
	credentials(SOCK_STREAM);
	case_prefix = "dgram-";
	rights(SOCK_DGRAM);
	credentials(SOCK_DGRAM);
	case_prefix = "seqpacket-";
	rights(SOCK_SEQPACKET);
	credentials(SOCK_SEQPACKET);
	case_prefix = "";
	rights_limit();
	rights_in_flight();
	rights_cycle();
	rights_of_listener();
	boundaries();
	peer_credentials();
	several();
	several_with_time();
	kept_error();
	return 0;
}
