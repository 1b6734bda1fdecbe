/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static void eventfds(void)
{
	int e = eventfd(3, EFD_NONBLOCK), s;
	uint64_t v = 0;

	ASK("eventfd-bad-flag", eventfd(0, 0x10));
	ASK("eventfd-short", read(e, &v, 7));
	ASK("eventfd-read", read(e, &v, 8));
	ASK("eventfd-value", (long)v);
	ASK("eventfd-empty", read(e, &v, 8));
	v = UINT64_MAX;
	ASK("eventfd-max", write(e, &v, 8));
	v = UINT64_MAX - 1;
	ASK("eventfd-most", write(e, &v, 8));
	v = 1;
	ASK("eventfd-overflow", write(e, &v, 8));
	s = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	ASK("eventfd-semaphore", (read(s, &v, 8), (long)v));
	ASK("eventfd-semaphore-2", (read(s, &v, 8), (long)v));
	ASK("eventfd-semaphore-3", read(s, &v, 8));
	close(e);
	close(s);
}

static void timerfds(void)
{
	int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec s = {.it_value = {.tv_nsec = 1000000}}, old;
	struct pollfd p = {.fd = t, .events = POLLIN};
	uint64_t v = 0;

	ASK("timerfd-bad-clock", timerfd_create(77, 0));
	ASK("timerfd-bad-flag", timerfd_create(CLOCK_MONOTONIC, 1));
	ASK("timerfd-unset", read(t, &v, 8));
	ASK("timerfd-set-bad-flag", timerfd_settime(t, 8, &s, NULL));
	ASK("timerfd-set-not", timerfd_settime(0, 0, &s, NULL));
	ASK("timerfd-set-bad-fd", timerfd_settime(99, 0, &s, NULL));
	ASK("timerfd-set", timerfd_settime(t, 0, &s, NULL));
	ASK("timerfd-poll", poll(&p, 1, 5000));
	ASK("timerfd-read", read(t, &v, 8));
	ASK("timerfd-value", (long)v);
	ASK("timerfd-again", read(t, &v, 8));
	s.it_value.tv_nsec = 1000000000;
	ASK("timerfd-bad-time", timerfd_settime(t, 0, &s, NULL));
	s.it_value = (struct timespec){.tv_sec = 100};
	s.it_interval = (struct timespec){.tv_sec = 7};
	timerfd_settime(t, 0, &s, NULL);
	ASK("timerfd-get", timerfd_gettime(t, &old));
	ASK("timerfd-interval", old.it_interval.tv_sec);
	ASK("timerfd-left", old.it_value.tv_sec >= 90);
	s.it_value = (struct timespec){.tv_sec = 1};
	ASK("timerfd-past", timerfd_settime(t, TFD_TIMER_ABSTIME, &s, &old));
	ASK("timerfd-past-poll", poll(&p, 1, 5000));
	ASK("timerfd-write", write(t, &v, 8));
	close(t);
}

static void signalfds(void)
{
	sigset_t set;
	struct signalfd_siginfo info;
	int s;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s = signalfd(-1, &set, SFD_NONBLOCK);
	ASK("signalfd-empty", read(s, &info, sizeof(info)));
	ASK("signalfd-short", read(s, &info, 100));
	raise(SIGUSR2);
	raise(SIGUSR1);
	ASK("signalfd-read", read(s, &info, sizeof(info)));
	ASK("signalfd-number", info.ssi_signo);
	ASK("signalfd-second",
	    (read(s, &info, sizeof(info)), (long)info.ssi_signo));
	ASK("signalfd-not", signalfd(0, &set, 0));
	close(s);
}

static void add(int e, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	say(epoll_ctl(e, EPOLL_CTL_ADD, fd, &event));
}

static void show(int e)
{
	struct epoll_event events[8];
	int n = epoll_wait(e, events, 8, 0);

	say(n);
	for (int i = 0; i < n; i++)
		printf(" %x", events[i].events);
}

static void epolls(void)
{
	int e = epoll_create1(0), f = epoll_create1(0), p[2];
	struct epoll_event event = {.events = EPOLLIN};

	pipe(p);
	ASK("epoll-create-zero", epoll_create(0));
	ASK("epoll-create-flag", epoll_create1(1));
	ASK("epoll-self", epoll_ctl(e, EPOLL_CTL_ADD, e, &event));
	ASK("epoll-bad-fd", epoll_ctl(e, EPOLL_CTL_ADD, 99, &event));
	ASK("epoll-not", epoll_ctl(p[0], EPOLL_CTL_ADD, p[1], &event));
	ASK("epoll-mod-none", epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event));
	ASK("epoll-del-none", epoll_ctl(e, EPOLL_CTL_DEL, p[0], &event));
	ASK("epoll-operation", epoll_ctl(e, 7, p[0], &event));
	begin("epoll-level");
	add(e, p[0], EPOLLIN);
	add(e, p[0], EPOLLIN);
	show(e);
	write(p[1], "x", 1);
	show(e);
	show(e);
	done();
	begin("epoll-edge");
	event.events = EPOLLIN | EPOLLET;
	say(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event));
	show(e);
	show(e);
	write(p[1], "x", 1);
	show(e);
	show(e);
	done();
	begin("epoll-oneshot");
	event.events = EPOLLIN | EPOLLONESHOT;
	say(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event));
	show(e);
	show(e);
	say(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event));
	show(e);
	done();
	begin("epoll-nested");
	event.events = EPOLLIN;
	epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event);
	add(f, e, EPOLLIN);
	show(f);
	add(e, f, EPOLLIN);
	done();
	begin("epoll-hangup");
	close(p[1]);
	show(e);
	done();
	begin("epoll-forgets");
	close(p[0]);
	show(e);
	show(f);
	done();
	begin("epoll-exclusive");
	pipe(p);
	add(e, p[0], EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT);
	add(e, p[0], EPOLLIN | EPOLLEXCLUSIVE);
	say(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event));
	done();
	ASK("epoll-wait-count", epoll_wait(e, &event, 0, 0));
	ASK("epoll-wait-fault", epoll_wait(e, (void *)8, 1, 0));
	ASK("epoll-wait-not", epoll_wait(p[0], &event, 1, 0));
	ASK("epoll-wait-time", epoll_wait(e, &event, 1, 1));
}

static void polls(void)
{
	struct pollfd p[2] = {{.fd = -1, .events = POLLIN},
	                      {.fd = 99, .events = POLLIN}};
	struct timeval now = {0};
	fd_set set;
	int q[2];

	pipe(q);
	ASK("poll-bad-fd", poll(p, 2, 0));
	ASK("poll-nval", p[1].revents);
	ASK("poll-nothing", poll(NULL, 0, 1));
	ASK("poll-fault", poll((void *)8, 1, 0));
	FD_ZERO(&set);
	FD_SET(q[0], &set);
	ASK("select-none", select(q[0] + 1, &set, NULL, NULL, &now));
	ASK("select-cleared", FD_ISSET(q[0], &set));
	write(q[1], "x", 1);
	FD_SET(q[0], &set);
	ASK("select-one", select(q[0] + 1, &set, NULL, NULL, &now));
	ASK("select-set", !!FD_ISSET(q[0], &set));
	FD_ZERO(&set);
	/* Linux looks at no more than its table has places: 64 at least. */
	close(60);
	FD_SET(60, &set);
	ASK("select-bad-fd", select(61, &set, NULL, NULL, &now));
	ASK("select-negative", select(-1, NULL, NULL, NULL, &now));
}

int main(void)
{
	eventfds();
	timerfds();
	signalfds();
	epolls();
	polls();
	return 0;
}
