/* SPDX-License-Identifier: ISC */

/*
 * Bodies, of a length that is known or in chunks (RFC 9112, section 7.1).
 *
 * Bugs: a chunk's size is added before it is compared, and can wrap (CWE-190,
 * as in CVE-2002-0392); a paste has the length that was announced before its
 * bytes have come (CWE-908).
 */

#include "httpd.h"

#include <stdlib.h>
#include <string.h>

#define CHUNKED_ROOM 248u /* for a body of unknown length */

static size_t refuse(void)
{
	respond_text(413, "too long\n");
	current->closing = true;
	return 0;
}

static void end(void)
{
	current->upload.to = NULL;
	respond_text(201, "kept\n");
}

void body_begin(void)
{
	const struct request *request = &current->request;
	size_t room = request->chunked ? CHUNKED_ROOM : request->length;
	struct paste *to = paste_open(request->query, room);

	if (!to) {
		refuse();
		return;
	}
	current->upload = (struct upload){.to = to};
	if (request->chunked)
		return;
	to->size = current->upload.left = request->length;
	if (!request->length)
		end();
}

static size_t take_bytes(void)
{
	struct upload *upload = &current->upload;
	size_t size = current->received < upload->left ? current->received
	                                               : upload->left;

	memcpy(upload->to->bytes + upload->filled, current->input, size);
	upload->filled += size;
	upload->left -= size;
	if (!upload->left && !current->request.chunked)
		end();
	return size;
}

/* The line before a chunk, or the empty one behind it. */
static size_t take_line(void)
{
	struct upload *upload = &current->upload;
	const char *line = current->input, *ends = strstr(line, "\r\n");
	size_t size = strtoul(line, NULL, 16);

	if (!ends)
		return 0;
	if (ends == line)
		return 2;
	if (upload->filled + size > upload->to->room)
		return refuse();
	upload->left = size;
	if (size)
		return (size_t)(ends + 2 - line);
	if (strncmp(ends, "\r\n\r\n", 4) != 0)
		return 0;
	upload->to->size = upload->filled;
	end();
	return (size_t)(ends + 4 - line);
}

size_t body_take(void)
{
	return current->upload.left ? take_bytes() : take_line();
}
