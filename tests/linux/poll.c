/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#define CALL(name, ...) syscall(SYS_##name, __VA_ARGS__)

static volatile sig_atomic_t caught;

static void handler(int number)
{
	caught = number;
}

static void alarm_soon(int on)
{
	struct itimerval t = {{0, on * 5000}, {0, on * 5000}};

	setitimer(ITIMER_REAL, &t, NULL);
}

/* ------------------------------------------------------------------- FIFOs */

static int events(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};

	poll(&p, 1, 0);
	return p.revents;
}

static void *open_writer(void *unused)
{
	int fd;

	usleep(2000);
	fd = open("fifo", O_WRONLY);
	write(fd, "hello", 5);
	close(fd);
	return unused;
}

static void fifos(void)
{
	pthread_t thread;
	char buffer[64];
	int r, w, both;

	ASK("mkfifo", mkfifo("fifo", 0600));
	ASK("mkfifo-exists", mkfifo("fifo", 0600));
	ASK("fifo-write-alone", open("fifo", O_WRONLY | O_NONBLOCK));
	ASK("fifo-read-alone", (r = open("fifo", O_RDONLY | O_NONBLOCK)) >= 0);
	ASK("fifo-read-no-writer", read(r, buffer, 1));
	ASK("fifo-poll-no-writer", events(r));
	ASK("fifo-write", (w = open("fifo", O_WRONLY | O_NONBLOCK)) >= 0);
	ASK("fifo-read-empty", read(r, buffer, 1));
	ASK("fifo-poll-empty", events(r));
	write(w, "abc", 3);
	ASK("fifo-poll-bytes", events(r));
	ASK("fifo-poll-writer", events(w));
	ASK("fifo-seek", lseek(r, 0, SEEK_SET));
	ASK("fifo-write-reader", write(r, "x", 1));
	ASK("fifo-read-writer", read(w, buffer, 1));
	close(w);
	ASK("fifo-poll-hangup-bytes", events(r));
	ASK("fifo-rest", read(r, buffer, 10));
	ASK("fifo-end", read(r, buffer, 10));
	ASK("fifo-poll-hangup", events(r));
	w = open("fifo", O_WRONLY | O_NONBLOCK);
	ASK("fifo-poll-again", events(r));
	ASK("fifo-read-again", read(r, buffer, 10));
	write(w, "kept", 4);
	close(r);
	signal(SIGPIPE, handler);
	ASK("fifo-broken", write(w, "x", 1));
	ASK("fifo-broken-signal", caught == SIGPIPE);
	ASK("fifo-poll-broken", events(w));
	r = open("fifo", O_RDONLY | O_NONBLOCK);
	ASK("fifo-kept", read(r, buffer, 10));
	close(r);
	close(w);
	ASK("fifo-both", (both = open("fifo", O_RDWR)) >= 0);
	ASK("fifo-both-write", write(both, "self", 4));
	ASK("fifo-both-read", read(both, buffer, 10));
	close(both);
	/* What nobody has read is gone with the last end. */
	ASK("fifo-empty-after", (r = open("fifo", O_RDONLY | O_NONBLOCK),
	                         read(r, buffer, 10)));
	close(r);
	pthread_create(&thread, NULL, open_writer, NULL);
	r = open("fifo", O_RDONLY);
	ASK("fifo-waited-read", read(r, buffer, 10));
	ASK("fifo-waited-end", read(r, buffer, 10));
	pthread_join(thread, NULL);
	close(r);
	alarm_soon(1);
	ASK("fifo-open-interrupted", open("fifo", O_RDONLY));
	ASK("fifo-open-write-interrupted", open("fifo", O_WRONLY));
	alarm_soon(0);
	ASK("fifo-path", (r = open("fifo", O_PATH)) >= 0);
	close(r);
	unlink("fifo");
}

/* ---------------------------------------------------------- poll, select */

static void polling(void)
{
	struct pollfd p[3] = {{.fd = -5, .events = POLLIN, .revents = 77}};
	struct timespec t = {0, 1000000};
	struct rlimit limit;
	sigset_t set;
	fd_set fds;
	int q[2], n;

	pipe(q);
	ASK("poll-negative", poll(p, 1, 0));
	ASK("poll-negative-cleared", p[0].revents);
	getrlimit(RLIMIT_NOFILE, &limit);
	ASK("poll-too-many", poll(p, limit.rlim_cur + 1, 0));
	for (n = 0; n < 3; n++)
		p[n] = (struct pollfd){.fd = q[0], .events = POLLIN};
	write(q[1], "x", 1);
	ASK("poll-same-thrice", poll(p, 3, -1));
	p[0].events = 0;
	ASK("poll-no-events", poll(p, 1, 0));
	close(q[1]);
	ASK("poll-no-events-hangup", poll(p, 1, 0));
	ASK("poll-hangup", p[0].revents);
	close(q[0]);
	ASK("poll-file", events(open(".", O_RDONLY)));
	p[0] = (struct pollfd){.fd = open("f", O_RDONLY | O_CREAT, 0600),
	                       .events = POLLIN | POLLOUT | POLLPRI};
	ASK("poll-regular", poll(p, 1, 0));
	ASK("poll-regular-events", p[0].revents);
	alarm_soon(1);
	ASK("poll-interrupted", poll(NULL, 0, -1));
	ASK("select-interrupted", select(0, NULL, NULL, NULL, NULL));
	ASK("ppoll-interrupted", CALL(ppoll, 0, 0, 0, 0, 8));
	alarm_soon(0);
	ASK("ppoll-time", CALL(ppoll, 0, 0, &t, 0, 8));
	t.tv_nsec = 1000000000;
	ASK("ppoll-time-bad", CALL(ppoll, 0, 0, &t, 0, 8));
	ASK("ppoll-time-fault", CALL(ppoll, 0, 0, 8, 0, 8));
	t.tv_nsec = 0;
	sigemptyset(&set);
	ASK("ppoll-set-size", CALL(ppoll, 0, 0, &t, &set, 7));
	ASK("ppoll-set-fault", CALL(ppoll, 0, 0, &t, 8, 8));
	/* A signal that only the call lets through. */
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR1, handler);
	caught = 0;
	raise(SIGUSR1);
	sigemptyset(&set);
	ASK("ppoll-unblocked", CALL(ppoll, 0, 0, 0, &set, 8));
	ASK("ppoll-unblocked-signal", caught == SIGUSR1);
	raise(SIGUSR1);
	caught = 0;
	ASK("ppoll-blocked", CALL(ppoll, 0, 0, &t, 0, 8));
	ASK("ppoll-blocked-signal", caught);
	ASK("pselect-unblocked", pselect(0, NULL, NULL, NULL, NULL, &set));
	ASK("pselect-unblocked-signal", caught == SIGUSR1);
	FD_ZERO(&fds);
	FD_SET(0, &fds);
	ASK("select-fault", CALL(pselect6, 1, 8, 0, 0, 0, 0));
	t = (struct timespec){-1, 0};
	ASK("select-time-negative", CALL(pselect6, 0, 0, 0, 0, &t, 0));
	pipe(q);
	FD_ZERO(&fds);
	FD_SET(q[1], &fds);
	ASK("select-writable", select(q[1] + 1, NULL, &fds, NULL, NULL));
	close(q[0]);
	FD_ZERO(&fds);
	FD_SET(q[1], &fds);
	t = (struct timespec){0, 0};
	ASK("select-broken", select(q[1] + 1, NULL, &fds, NULL, NULL));
	FD_ZERO(&fds);
	FD_SET(q[1], &fds);
	ASK("select-except",
	    pselect(q[1] + 1, NULL, NULL, &fds, &t, NULL));
	close(q[1]);
}

/* ------------------------------------------------------------------- epoll */

static int control(int e, int operation, int fd, uint32_t wanted)
{
	struct epoll_event event = {.events = wanted, .data.fd = fd};

	return epoll_ctl(e, operation, fd, &event);
}

/* What is ready, in its order. */
static void show(int e)
{
	struct epoll_event ready[8];
	int n = epoll_wait(e, ready, 8, 0);

	say(n);
	for (int i = 0; i < n; i++)
		printf(" %x", ready[i].events);
}

static void edges(void)
{
	int e = epoll_create1(0), p[2], copy, event;
	char byte[16];
	uint64_t one = 1;

	pipe(p);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	control(e, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLET);
	begin("edge");
	show(e);
	write(p[1], "ab", 2);
	show(e);
	read(p[0], byte, 1);
	show(e);
	write(p[1], "c", 1);
	show(e);
	show(e);
	/* Changing what it waits for arms it again. */
	control(e, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET);
	show(e);
	show(e);
	done();
	begin("edge-write");
	control(e, EPOLL_CTL_ADD, p[1], EPOLLOUT | EPOLLET);
	show(e);
	show(e);
	done();
	begin("edge-hangup");
	close(p[1]);
	show(e);
	show(e);
	read(p[0], byte, 16);
	show(e);
	done();
	close(p[0]);
	begin("edge-event");
	event = eventfd(0, EFD_NONBLOCK);
	control(e, EPOLL_CTL_ADD, event, EPOLLIN | EPOLLOUT | EPOLLET);
	show(e);
	show(e);
	write(event, &one, 8);
	show(e);
	write(event, &one, 8);
	show(e);
	show(e);
	done();
	close(event);
	begin("oneshot");
	pipe(p);
	control(e, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLONESHOT);
	write(p[1], "x", 1);
	show(e);
	write(p[1], "x", 1);
	show(e);
	say(control(e, EPOLL_CTL_ADD, p[0], EPOLLIN));
	control(e, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT | EPOLLET);
	show(e);
	show(e);
	close(p[1]);
	show(e);
	done();
	close(p[0]);
	/* The file lives on in a copy of its descriptor. */
	begin("closed-but-copied");
	pipe(p);
	control(e, EPOLL_CTL_ADD, p[0], EPOLLIN);
	copy = dup(p[0]);
	close(p[0]);
	write(p[1], "x", 1);
	show(e);
	say(control(e, EPOLL_CTL_DEL, p[0], 0));
	say(control(e, EPOLL_CTL_DEL, copy, 0));
	show(e);
	close(copy);
	show(e);
	done();
	close(p[1]);
	begin("copies-apart");
	pipe(p);
	copy = dup(p[0]);
	say(control(e, EPOLL_CTL_ADD, p[0], EPOLLIN));
	say(control(e, EPOLL_CTL_ADD, copy, EPOLLIN));
	write(p[1], "x", 1);
	show(e);
	done();
	close(copy);
	close(p[0]);
	close(p[1]);
	close(e);
}

static void instances(void)
{
	int e = epoll_create1(0), f = epoll_create1(EPOLL_CLOEXEC), p[2], n;
	int chain[8];
	struct epoll_event event = {.events = EPOLLIN}, ready[4];
	struct timespec t = {0, 0};
	sigset_t set;

	pipe(p);
	ASK("epoll-cloexec", fcntl(f, F_GETFD));
	ASK("epoll-read", read(e, ready, 8));
	ASK("epoll-seek", lseek(e, 0, SEEK_SET));
	ASK("epoll-file", control(e, EPOLL_CTL_ADD, open("f", O_RDONLY), 1));
	ASK("epoll-folder", control(e, EPOLL_CTL_ADD, open(".", O_RDONLY), 1));
	ASK("epoll-ctl-fault", epoll_ctl(e, EPOLL_CTL_ADD, p[0], (void *)8));
	ASK("epoll-del-no-event",
	    (epoll_ctl(e, EPOLL_CTL_ADD, p[0], &event),
	     epoll_ctl(e, EPOLL_CTL_DEL, p[0], NULL)));
	ASK("epoll-exclusive-nested", control(e, EPOLL_CTL_ADD, f,
	                                      EPOLLIN | EPOLLEXCLUSIVE));
	ASK("epoll-exclusive-pri", control(e, EPOLL_CTL_ADD, p[0],
	                                   EPOLLPRI | EPOLLEXCLUSIVE));
	ASK("epoll-exclusive", control(e, EPOLL_CTL_ADD, p[0],
	                               EPOLLIN | EPOLLET | EPOLLEXCLUSIVE));
	ASK("epoll-exclusive-mod",
	    control(e, EPOLL_CTL_MOD, p[0], EPOLLIN));
	ASK("epoll-mod-exclusive",
	    control(e, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLEXCLUSIVE));
	control(e, EPOLL_CTL_DEL, p[0], 0);
	for (n = 0; n < 8; n++)
		chain[n] = epoll_create1(0);
	begin("epoll-chain");
	for (n = 0; n < 7; n++)
		say(control(chain[n + 1], EPOLL_CTL_ADD, chain[n], EPOLLIN));
	done();
	begin("epoll-circle");
	say(control(chain[0], EPOLL_CTL_ADD, chain[2], EPOLLIN));
	done();
	begin("epoll-nested");
	control(chain[0], EPOLL_CTL_ADD, p[0], EPOLLIN);
	show(chain[2]);
	write(p[1], "x", 1);
	show(chain[2]);
	read(p[0], ready, 1);
	show(chain[2]);
	done();
	for (n = 0; n < 8; n++)
		close(chain[n]);
	ASK("epoll-wait-negative", epoll_wait(e, ready, -1, 0));
	ASK("epoll-wait-large", epoll_wait(e, ready, INT32_MAX, 0));
	ASK("epoll-wait-bad-fd", epoll_wait(99, ready, 1, 0));
	ASK("epoll-wait-nowhere", epoll_wait(e, NULL, 1, 0));
	alarm_soon(1);
	ASK("epoll-wait-interrupted", epoll_wait(e, ready, 1, -1));
	alarm_soon(0);
	sigemptyset(&set);
	raise(SIGUSR1);
	caught = 0;
	ASK("epoll-pwait-unblocked", epoll_pwait(e, ready, 1, -1, &set));
	ASK("epoll-pwait-signal", caught == SIGUSR1);
	ASK("epoll-pwait-size", CALL(epoll_pwait, e, ready, 1, 0, &set, 7));
	ASK("epoll-pwait2", CALL(epoll_pwait2, e, ready, 1, &t, 0, 8));
	t.tv_nsec = -1;
	ASK("epoll-pwait2-time", CALL(epoll_pwait2, e, ready, 1, &t, 0, 8));
	/* Three are ready: none is forgotten when two are asked for. */
	begin("epoll-in-turn");
	for (n = 0; n < 3; n++) {
		int event = eventfd(1, 0);
		struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = n};

		epoll_ctl(e, EPOLL_CTL_ADD, event, &wanted);
	}
	for (int i = 0; i < 3; i++) {
		n = epoll_wait(e, ready, 2, 0);
		say(n);
		printf(" (%d %d)", ready[0].data.u32, ready[1].data.u32);
	}
	done();
	close(e);
	close(f);
	close(p[0]);
	close(p[1]);
}

static void sockets(void)
{
	int e = epoll_create1(0), s[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	control(e, EPOLL_CTL_ADD, s[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP);
	begin("socket-events");
	show(e);
	write(s[1], "x", 1);
	show(e);
	shutdown(s[1], SHUT_WR);
	show(e);
	close(s[1]);
	show(e);
	done();
	ASK("socket-poll", events(s[0]));
	close(s[0]);
	close(e);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = handler};

	enter(argc, argv);
	sigaction(SIGALRM, &action, NULL);
	fifos();
	polling();
	edges();
	instances();
	sockets();
	return 0;
}
