/* SPDX-License-Identifier: ISC */

/* Connections and requests. */

#include "httpd.h"

#include "../common/listen.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 8000

struct connection *current;

static struct connection connections[CONNECTIONS];
static int listener;

static void open_connection(int fd)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		if (connections[i].fd >= 0)
			continue;
		connections[i] = (struct connection){.fd = fd};
		return;
	}
	close(fd);
}

static void close_connection(struct connection *c)
{
	close(c->fd);
	c->fd = -1;
}

bool upload_is_under_way(const struct paste *paste)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (connections[i].fd >= 0 && connections[i].upload.to == paste)
			return true;
	return false;
}

/* Answers the first request if all of its head is there; how long that was,
 * or 0. */
static size_t answer_one(void)
{
	char *end = strstr(current->input, "\r\n\r\n");

	if (!end) {
		current->closing = current->received == HEAD_MAX;
		return 0;
	}
	if (request_parse(&current->request, current->input))
		page_answer();
	else
		respond_text(400, "not HTTP\n");
	return (size_t)(end + 4 - current->input);
}

static size_t take_some(void)
{
	current->input[current->received] = 0;
	return current->upload.to ? body_take() : answer_one();
}

static void take_input(struct connection *c)
{
	ssize_t n = read(c->fd, c->input + c->received, HEAD_MAX - c->received);
	size_t used;

	current = c;
	c->received += n > 0 ? (size_t)n : 0;
	c->closing = n <= 0;
	while (!c->closing && (used = take_some()) > 0) {
		c->received -= used;
		memmove(c->input, c->input + used, c->received);
	}
	paste_batch_ends();
	if (c->closing)
		close_connection(c);
}

void serve(void)
{
	struct pollfd polled[CONNECTIONS + 1];

	for (;;) {
		polled[CONNECTIONS] = (struct pollfd){listener, POLLIN, 0};
		for (int i = 0; i < CONNECTIONS; i++)
			polled[i] =
			        (struct pollfd){connections[i].fd, POLLIN, 0};
		if (poll(polled, CONNECTIONS + 1, -1) < 0)
			continue;
		for (int i = 0; i < CONNECTIONS; i++)
			if (polled[i].revents && connections[i].fd >= 0)
				take_input(&connections[i]);
		if (polled[CONNECTIONS].revents)
			open_connection(accept(listener, NULL, NULL));
	}
}

int main(void)
{
	for (int i = 0; i < CONNECTIONS; i++)
		connections[i].fd = -1;
	password_read();
	listener = listen_on(PORT);
	printf("httpd: serves port %d\n", PORT);
	fflush(stdout);
	serve();
}
