/* SPDX-License-Identifier: ISC */

/*
 * /files/name: files of a folder.
 *
 * Bug: ".." is looked for before the path is decoded (CWE-22, as in
 * CVE-2021-41773).  No memory is corrupted.
 */

#include "httpd.h"

#include <string.h>

void files(void)
{
	const char *path = current->request.path + sizeof("/files/") - 1;
	char name[512] = FILES, *rest = name + sizeof(FILES) - 1;

	if (strstr(path, "..") ||
	    strlen(path) >= sizeof(name) - sizeof(FILES)) {
		respond_text(404, "no such file\n");
		return;
	}
	rest[percent_decode(rest, path)] = 0;
	respond_file(name);
}
