/* SPDX-License-Identifier: ISC */

/*
 * /visitor: the name that the cookie keeps.
 *
 * Bug: it is decoded to the stack whatever its length, since "we have set the
 * cookie ourselves" (CWE-121).
 */

#include "httpd.h"

void visitor(void)
{
	char name[128];
	const char *cookie = current->request.cookie;
	size_t size = cookie ? percent_decode(name, cookie) : 0;

	respond(200, "", name, size);
}
