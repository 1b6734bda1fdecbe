/* SPDX-License-Identifier: ISC */
#include "passthrough.h"

#include <stdio.h>
#include <unistd.h>

#include "escape.h"

void passthrough_flush(struct passthrough *stream)
{
	char safe[4 * sizeof(stream->line) + 1];

	if (!stream->used)
		return;
	escape_text(safe, sizeof(safe), stream->line, stream->used);
	fprintf(stderr, "%s: %s\n", stream->name, safe);
	stream->used = 0;
}

static void add(struct passthrough *stream, char c)
{
	if (c == '\n' && !stream->used)
		fprintf(stderr, "%s:\n", stream->name);
	else if (c == '\n')
		passthrough_flush(stream);
	else
		stream->line[stream->used++] = c;
	if (stream->used == sizeof(stream->line))
		passthrough_flush(stream);
}

bool passthrough_read(struct passthrough *stream, int fd)
{
	char buffer[4096];
	ssize_t n = read(fd, buffer, sizeof(buffer));

	for (ssize_t i = 0; i < n; i++)
		add(stream, buffer[i]);
	return n > 0;
}
