/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "net.h"

/* Cuts "/tcp" or "/udp" off a copy of the text. */
static bool take_protocol(char *text, bool *datagram)
{
	char *slash = strrchr(text, '/');

	*datagram = false;
	if (!slash)
		return true;
	*datagram = strcmp(slash, "/udp") == 0;
	if (!*datagram && strcmp(slash, "/tcp") != 0)
		return false;
	*slash = 0;
	return true;
}

/* Cuts ":PORT" off the end; 0 is written "*" where that is allowed. */
static bool take_port(char *text, bool any, uint16_t *port)
{
	char *colon = strrchr(text, ':');
	char *digits = colon ? colon + 1 : text;
	size_t length = strlen(digits);
	unsigned long number = 0;
	bool is_any = any && strcmp(digits, "*") == 0;

	if (!is_any) {
		if (length == 0 || length > 5 ||
		    strspn(digits, "0123456789") != length)
			return false;
		number = strtoul(digits, NULL, 10);
		if (number < 1 || number > 65535)
			return false;
	}
	*port = (uint16_t)number;
	*(colon ? colon : text) = 0;
	return true;
}

/* A host, IPv6 in brackets; false if it is not shaped like one. */
static bool take_host(const char *text, char *host, size_t size)
{
	size_t length = strlen(text);

	if (text[0] == '[') {
		if (text[length - 1] != ']' || length < 3)
			return false;
		text++;
		length -= 2;
	} else if (strchr(text, ':')) {
		return false;
	}
	if (length == 0 || length >= size)
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] > '~' || strchr("[]/", text[i]))
			return false;
	memcpy(host, text, length);
	host[length] = 0;
	return true;
}

int net_parse_publish(const char *text, const char *what,
                      struct net_publish *publish, struct problem *problem)
{
	char copy[256];

	*publish = (struct net_publish){.host = "0.0.0.0"};
	if (strlen(text) >= sizeof(copy))
		return problem_set(problem, "%s: '%.40s...' is too long", what,
		                   text);
	strcpy(copy, text);
	if (!take_protocol(copy, &publish->datagram) ||
	    !take_port(copy, false, &publish->guest_port) || !copy[0] ||
	    !take_port(copy, false, &publish->host_port) ||
	    (copy[0] && !take_host(copy, publish->host, sizeof(publish->host))))
		return problem_set(problem,
		                   "%s: '%s' is not [ADDRESS:]PORT:GUESTPORT"
		                   "[/udp], such as 8080:80",
		                   what, text);
	return 0;
}

int net_parse_connect(const char *text, const char *what,
                      struct net_connect *connect, struct problem *problem)
{
	char copy[512];

	*connect = (struct net_connect){.port = 0};
	if (strlen(text) >= sizeof(copy))
		return problem_set(problem, "%s: '%.40s...' is too long", what,
		                   text);
	strcpy(copy, text);
	if (!take_protocol(copy, &connect->datagram) ||
	    !take_port(copy, true, &connect->port) || !copy[0] ||
	    !take_host(copy, connect->host, sizeof(connect->host)))
		return problem_set(problem,
		                   "%s: '%s' is not HOST:PORT[/udp], such as "
		                   "db.example.org:5432",
		                   what, text);
	return 0;
}
