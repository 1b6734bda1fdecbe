/* SPDX-License-Identifier: ISC */

/*
 * Ranges (RFC 9110, section 14): one, of bytes.
 *
 * Bug: a range may begin before the page and end behind it (CWE-126, CWE-127).
 */

#include "httpd.h"

#include <stdio.h>

const char *range_cut(const void **body, size_t *size)
{
	static char header[96];
	const char *range = current->request.range;
	long first, last;

	if (!range || sscanf(range, "bytes=%ld-%ld", &first, &last) != 2 ||
	    last < first)
		return "";
	snprintf(header, sizeof(header), "Content-Range: bytes %ld-%ld/%zu\r\n",
	         first, last, *size);
	*body = (const char *)*body + first;
	*size = (size_t)(last - first) + 1;
	return header;
}
