/* SPDX-License-Identifier: ISC */

/* Clients and their requests. */

#include "kvd.h"

#include "../common/listen.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT    6000
#define CLIENTS 64 /* descriptors, the listener's and others among them */

int client;

static int listener, epoll;

static struct input {
	size_t size;
	char bytes[REQUEST_MAX];
} inputs[CLIENTS]; /* by descriptor */

static void add(int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (fd >= CLIENTS || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) {
		close(fd);
		return;
	}
	inputs[fd].size = 0;
}

/* Answers all whole requests; false: what is there is none. */
static bool answer(struct input *input)
{
	struct text arguments[ARGUMENTS];
	size_t count;
	int used;

	while ((used = request_parse(arguments, &count, input->bytes,
	                             input->size)) > 0) {
		command_run(arguments, count);
		input->size -= (size_t)used;
		memmove(input->bytes, input->bytes + used, input->size);
	}
	return used == 0 && input->size < REQUEST_MAX;
}

static void hear(int fd)
{
	struct input *input = &inputs[fd];
	ssize_t n =
	        read(fd, input->bytes + input->size, REQUEST_MAX - input->size);

	client = fd;
	input->size += n > 0 ? (size_t)n : 0;
	if (n <= 0 || !answer(input))
		close(fd);
}

void serve(void)
{
	struct epoll_event event;

	for (;;) {
		if (epoll_wait(epoll, &event, 1, -1) != 1)
			continue;
		if (event.data.fd == listener)
			add(accept(listener, NULL, NULL));
		else
			hear(event.data.fd);
	}
}

int main(void)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	listener = listen_on(PORT);
	add(listener);
	printf("kvd: serves port %d\n", PORT);
	fflush(stdout);
	serve();
}
