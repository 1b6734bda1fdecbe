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
	case 201:
		return "Created";
	case 206:
		return "Partial Content";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 404:
		return "Not Found";
	case 409:
		return "Conflict";
	case 413:
		return "Content Too Large";
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

void respond(int status, const char *headers, const void *body, size_t size)
{
	static char head[512];
	const struct request *request = &current->request;
	const char *range = status == 200 ? range_cut(&body, &size) : "";
	int n = snprintf(head, sizeof(head),
	                 "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n"
	                 "Content-Type: text/plain\r\n%s%s%s\r\n",
	                 *range ? 206 : status, reason(*range ? 206 : status),
	                 size,
	                 request->keeps_alive ? "" : "Connection: close\r\n",
	                 headers, range);

	transmit(head, (size_t)n);
	if (strcmp(request->method, "HEAD") != 0)
		transmit(body, size);
	if (!request->keeps_alive)
		current->closing = true;
}

void respond_text(int status, const char *text)
{
	respond(status, "", text, strlen(text));
}

void respond_file(const char *path)
{
	static char text[1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		respond_text(404, "not here\n");
		return;
	}
	n = read(fd, text, sizeof(text));
	close(fd);
	respond(200, "", text, n < 0 ? 0 : (size_t)n);
}

void respond_private(void)
{
	respond_file(KEY_FILE);
}
