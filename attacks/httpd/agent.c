/* SPDX-License-Identifier: ISC */

/*
 * User-Agent: what the client calls itself.
 *
 * Bug: it may be as long as it likes, and is_admin is behind it (CWE-120).
 */

#include "httpd.h"

void agent_set(const char *agent)
{
	char *to = current->agent;

	while (*agent)
		*to++ = *agent++;
	*to = 0;
}
