/* SPDX-License-Identifier: ISC */

/*
 * HELLO name: a greeting.
 *
 * Bug: the name is copied to the stack whatever its length, since names "come
 * from our own client, which sends 64 characters at most" (CWE-121).
 */

#include "tlvd.h"

#include <stdio.h>
#include <string.h>

static size_t greet(char *to, size_t room, const uint8_t *value, size_t length)
{
	char name[64];
	int n;

	memcpy(name, value, length);
	n = snprintf(to, room, "welcome, %.*s", (int)strnlen(name, length),
	             name);
	return (size_t)n < room ? (size_t)n : room - 1;
}

void hello(const uint8_t *value, size_t length)
{
	static char text[128];
	size_t n = greet(text, sizeof(text), value, length);

	reply(TLV_HELLO, text, n);
}
