/* SPDX-License-Identifier: ISC */
#include "httpd.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 404:
		return "Not Found";
	default:
		return "Not Implemented";
	}
}

static void transmit(const void *bytes, size_t size)
{
	const char *from = bytes;

	while (size) {
		ssize_t n = send(current->fd, from, size, MSG_NOSIGNAL);

		if (n <= 0) {
			current->closing = true;
			return;
		}
		from += n;
		size -= (size_t)n;
	}
}

void respond(const struct request *request, int status, const char *headers,
             const void *body, size_t size)
{
	static char head[512];
	int n = snprintf(head, sizeof(head),
	                 "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n"
	                 "Content-Type: text/plain\r\n%s%s\r\n",
	                 status, reason(status), size,
	                 request->keeps_alive ? "" : "Connection: close\r\n",
	                 headers);

	transmit(head, (size_t)n);
	if (strcmp(request->method, "HEAD") != 0)
		transmit(body, size);
	if (!request->keeps_alive)
		current->closing = true;
}

void respond_file(const struct request *request, const char *path)
{
	static char text[1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		respond(request, 404, "", "not here\n", 9);
		return;
	}
	n = read(fd, text, sizeof(text));
	close(fd);
	respond(request, 200, "", text, n < 0 ? 0 : (size_t)n);
}

void respond_private(void)
{
	static const struct request get = {.method = "GET",
	                                   .keeps_alive = true};

	respond_file(&get, KEY_FILE);
}
