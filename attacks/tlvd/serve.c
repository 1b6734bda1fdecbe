/* SPDX-License-Identifier: ISC */

/* Connections and requests. */

#include "tlvd.h"

#include "../common/listen.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PORT 7000

struct session sessions[SESSIONS];
uint8_t inputs[SESSIONS][TLV_HEADER + TLV_VALUE];
struct session *current;

static int listener;

static void session_open(int fd)
{
	for (int i = 0; i < SESSIONS; i++) {
		if (sessions[i].fd >= 0)
			continue;
		memset(&sessions[i], 0, sizeof(sessions[i]));
		sessions[i].fd = fd;
		sessions[i].role = &roles[GUEST];
		return;
	}
	close(fd);
}

static void session_close(struct session *session)
{
	close(session->fd);
	session->fd = -1;
}

static void session_input(struct session *session)
{
	uint8_t *input = inputs[session - sessions];
	size_t used;
	ssize_t n = read(session->fd, input + session->received,
	                 sizeof(inputs[0]) - session->received);

	if (n <= 0) {
		session_close(session);
		return;
	}
	session->received += (uint32_t)n;
	current = session;
	while ((used = dispatch(session, input)) > 0) {
		session->received -= (uint32_t)used;
		memmove(input, input + used, session->received);
	}
}

void serve(void)
{
	struct pollfd polled[SESSIONS + 1];

	for (;;) {
		polled[SESSIONS] = (struct pollfd){listener, POLLIN, 0};
		for (int i = 0; i < SESSIONS; i++)
			polled[i] = (struct pollfd){sessions[i].fd, POLLIN, 0};
		if (poll(polled, SESSIONS + 1, -1) < 0)
			continue;
		for (int i = 0; i < SESSIONS; i++)
			if (polled[i].revents && sessions[i].fd >= 0)
				session_input(&sessions[i]);
		if (polled[SESSIONS].revents)
			session_open(accept(listener, NULL, NULL));
	}
}

int main(void)
{
	for (int i = 0; i < SESSIONS; i++)
		sessions[i].fd = -1;
	login_start();
	label_start();
	listener = listen_on(PORT);
	/* gettid(2) has a function of its own only since glibc 2.30. */
	printf("tlvd: thread %ld serves port %d\n", syscall(SYS_gettid), PORT);
	fflush(stdout);
	serve();
}
