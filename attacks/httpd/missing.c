/* SPDX-License-Identifier: ISC */

/*
 * What is said where there is no page.
 *
 * Bug: the path is the format (CWE-134).
 */

#include "httpd.h"

#include <stdio.h>
#include <string.h>

void missing(void)
{
	static char page[1024];
	char text[512];

	if (strlen(current->request.path) >= sizeof(text)) {
		respond_text(404, "no such page\n");
		return;
	}
	text[percent_decode(text, current->request.path)] = 0;
	snprintf(page, sizeof(page), text);
	respond_text(404, page);
}
