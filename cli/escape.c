/* SPDX-License-Identifier: ISC */
#include "escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ESCAPE_MAX 5u /* \xNN and a zero */

static void escape_one(char text[ESCAPE_MAX], uint8_t byte, bool quoted)
{
	if (quoted && (byte == '"' || byte == '\\'))
		snprintf(text, ESCAPE_MAX, "\\%c", byte);
	else if (byte >= 0x20 && byte < 0x7f)
		snprintf(text, ESCAPE_MAX, "%c", byte);
	else if (byte == '\n')
		snprintf(text, ESCAPE_MAX, "\\n");
	else if (byte == '\r')
		snprintf(text, ESCAPE_MAX, "\\r");
	else if (byte == '\t')
		snprintf(text, ESCAPE_MAX, "\\t");
	else
		snprintf(text, ESCAPE_MAX, "\\x%02x", byte);
}

static size_t escape(char *out, size_t size, const uint8_t *data, size_t length,
                     bool quoted)
{
	size_t used = 0, i;

	for (i = 0; i < length; i++) {
		char text[ESCAPE_MAX];
		size_t n;

		escape_one(text, data[i], quoted);
		n = strlen(text);
		if (used + n + 1 > size)
			break;
		memcpy(out + used, text, n);
		used += n;
	}
	if (size)
		out[used] = 0;
	return i;
}

size_t escape_bytes(char *out, size_t size, const void *data, size_t length)
{
	return escape(out, size, data, length, true);
}

size_t escape_text(char *out, size_t size, const void *data, size_t length)
{
	return escape(out, size, data, length, false);
}
