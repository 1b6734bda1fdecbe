/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>

static char buffer[1 << 20];

static int events(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};

	poll(&p, 1, 0);
	return p.revents;
}

static void flags(void)
{
	int p[2];

	ASK("pipe2-bad-flag", pipe2(p, O_APPEND));
	ASK("pipe2-fault", pipe2((int *)8, 0));
	ASK("pipe2", pipe2(p, O_CLOEXEC | O_NONBLOCK));
	ASK("pipe2-cloexec", fcntl(p[0], F_GETFD));
	ASK("pipe2-flags-read", fcntl(p[0], F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	ASK("pipe2-flags-write",
	    fcntl(p[1], F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	ASK("pipe-write-to-read-end", write(p[0], "x", 1));
	ASK("pipe-read-from-write-end", read(p[1], buffer, 1));
	ASK("pipe-seek", lseek(p[0], 0, SEEK_SET));
	ASK("pipe-pread", pread(p[0], buffer, 1, 0));
	ASK("pipe-empty", read(p[0], buffer, 1));
	ASK("pipe-read-nothing", read(p[0], buffer, 0));
	close(p[0]);
	close(p[1]);
}

static void filling(void)
{
	int p[2], n = 0;

	pipe2(p, O_NONBLOCK);
	ASK("pipe-size", fcntl(p[1], F_GETPIPE_SZ));
	ASK("pipe-poll-empty-read", events(p[0]));
	ASK("pipe-poll-empty-write", events(p[1]));
	ASK("pipe-fill", write(p[1], buffer, sizeof(buffer)));
	ASK("pipe-poll-full-read", events(p[0]));
	ASK("pipe-poll-full-write", events(p[1]));
	ASK("pipe-full", write(p[1], "x", 1));
	ASK("pipe-take-one", read(p[0], buffer, 1));
	ASK("pipe-still-full", write(p[1], "x", 1));
	ASK("pipe-take-page", read(p[0], buffer, 4095));
	ASK("pipe-atomic", write(p[1], buffer, 4096));
	ioctl(p[0], FIONREAD, &n);
	ASK("pipe-fionread", n);
	ASK("pipe-take-100", read(p[0], buffer, 4196));
	ASK("pipe-partial", write(p[1], buffer, 5000));
	ASK("pipe-take-all", read(p[0], buffer, sizeof(buffer)));
	ASK("pipe-set-size", fcntl(p[1], F_SETPIPE_SZ, 5000));
	ASK("pipe-small-fill", write(p[1], buffer, sizeof(buffer)));
	ASK("pipe-set-size-busy", fcntl(p[1], F_SETPIPE_SZ, 4096));
	close(p[0]);
	close(p[1]);
}

static void merging(void)
{
	int p[2], n = 0;

	pipe2(p, O_NONBLOCK);
	while (write(p[1], buffer, 3000) == 3000)
		n++;
	ASK("pipe-merge-3000", n);
	close(p[0]);
	close(p[1]);
	pipe2(p, O_NONBLOCK);
	for (n = 0; write(p[1], "a", 1) == 1;)
		n++;
	ASK("pipe-merge-1", n);
	close(p[0]);
	close(p[1]);
}

static void packets(void)
{
	int p[2];

	pipe2(p, O_NONBLOCK | O_DIRECT);
	write(p[1], "abc", 3);
	write(p[1], "de", 2);
	ASK("pipe-packet", read(p[0], buffer, 100));
	ASK("pipe-packet-cut", read(p[0], buffer, 1));
	ASK("pipe-packet-gone", read(p[0], buffer, 1));
	close(p[0]);
	close(p[1]);
}

static volatile sig_atomic_t caught;

static void handler(int number)
{
	caught = number;
}

static void ends(void)
{
	int p[2];

	signal(SIGPIPE, handler);
	pipe(p);
	write(p[1], "last", 4);
	close(p[1]);
	ASK("pipe-poll-hangup-data", events(p[0]));
	ASK("pipe-rest", read(p[0], buffer, 100));
	ASK("pipe-poll-hangup", events(p[0]));
	ASK("pipe-end", read(p[0], buffer, 100));
	close(p[0]);
	pipe(p);
	close(p[0]);
	ASK("pipe-poll-broken", events(p[1]));
	ASK("pipe-broken", write(p[1], "x", 1));
	ASK("pipe-signal", caught);
	ASK("pipe-broken-nothing", write(p[1], "x", 0));
	close(p[1]);
	pipe(p);
	ASK("pipe-fault-read", (write(p[1], "x", 1), read(p[0], (void *)8, 1)));
	ASK("pipe-fault-write", write(p[1], (void *)8, 1));
	close(p[0]);
	close(p[1]);
}

static int inlet[2];

static void note_cancelled(void *argument)
{
	(void)argument;
	caught = 99;
}

/* In a thread, the C library makes its calls where they can be cancelled. */
static void *read_for_ever(void *argument)
{
	char byte;

	pthread_cleanup_push(note_cancelled, NULL);
	while (read(inlet[0], &byte, 1) == 1)
		*(int *)argument += byte;
	pthread_cleanup_pop(0);
	return NULL;
}

static void cancelling(void)
{
	pthread_t thread;
	void *result = NULL;
	volatile int sum = 0;

	pipe(inlet);
	pthread_create(&thread, NULL, read_for_ever, (int *)&sum);
	for (int i = 0; i < 20; i++) {
		write(inlet[1], "\1", 1);
		while (sum <= i)
			usleep(100);
	}
	usleep(1000);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	ASK("pipe-cancelled", result == PTHREAD_CANCELED);
	ASK("pipe-cleanup", caught);
	ASK("pipe-before", sum);
}

int main(void)
{
	flags();
	filling();
	merging();
	packets();
	ends();
	cancelling();
	return 0;
}
