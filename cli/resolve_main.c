/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

/* bh-resolve NAME: prints its addresses in numbers, one a line, or "!" and why
 * there are none. */

int main(int argc, char **argv)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
	char text[INET6_ADDRSTRLEN];
	int r;

	if (argc != 2)
		return 125;
	r = getaddrinfo(argv[1], NULL, &hints, &list);
	if (r) {
		printf("!%s\n", gai_strerror(r));
		return 1;
	}
	for (const struct addrinfo *i = list; i; i = i->ai_next)
		if (getnameinfo(i->ai_addr, i->ai_addrlen, text, sizeof(text),
		                NULL, 0, NI_NUMERICHOST) == 0)
			puts(text);
	freeaddrinfo(list);
	return 0;
}
