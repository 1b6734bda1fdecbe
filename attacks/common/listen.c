/* SPDX-License-Identifier: ISC */
#include "listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int listen_on(int port)
{
	struct sockaddr_in to = {
	        .sin_family = AF_INET,
	        .sin_port = htons((uint16_t)port),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    listen(fd, SOMAXCONN)) {
		perror("port");
		exit(EXIT_FAILURE);
	}
	return fd;
}
