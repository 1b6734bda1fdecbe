/* SPDX-License-Identifier: ISC */
#include "kvd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void transmit(const char *text)
{
	send(client, text, strlen(text), MSG_NOSIGNAL);
}

void reply_ok(void)
{
	transmit("+OK\r\n");
}

void reply_error(const char *why)
{
	char text[128];

	snprintf(text, sizeof(text), "-ERR %s\r\n", why);
	transmit(text);
}

void reply_number(int64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), ":%" PRId64 "\r\n", number);
	transmit(text);
}

void reply_bytes(const void *bytes, size_t size)
{
	char head[32];

	snprintf(head, sizeof(head), "$%zu\r\n", size);
	transmit(head);
	send(client, bytes, size, MSG_NOSIGNAL);
	transmit("\r\n");
}

void reply_file(const char *path)
{
	char text[1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		reply_error("no such file");
		return;
	}
	n = read(fd, text, sizeof(text));
	close(fd);
	reply_bytes(text, n < 0 ? 0 : (size_t)n);
}
