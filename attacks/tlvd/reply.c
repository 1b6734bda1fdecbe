/* SPDX-License-Identifier: ISC */
#include "tlvd.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPLY_MAX 4096u

void reply(uint8_t type, const void *value, size_t length)
{
	static uint8_t frame[TLV_HEADER + REPLY_MAX];

	if (length > REPLY_MAX)
		length = REPLY_MAX;
	frame[0] = type;
	frame[1] = 0;
	frame[2] = (uint8_t)(length >> 8);
	frame[3] = (uint8_t)length;
	memcpy(frame + TLV_HEADER, value, length);
	send(current->fd, frame, TLV_HEADER + length, MSG_NOSIGNAL);
}

void reply_error(const char *why)
{
	reply(TLV_ERROR, why, strlen(why));
}

void send_file(const char *path)
{
	static char text[1024];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		reply_error("no such file");
		return;
	}
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n < 0)
		n = 0;
	reply(TLV_MOTD, text, (size_t)n);
}

void send_key(void)
{
	send_file(KEY_FILE);
}
