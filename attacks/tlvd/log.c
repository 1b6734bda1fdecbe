/* SPDX-License-Identifier: ISC */

/*
 * LOG text: a line for the log, and back to the client as it was logged.
 *
 * Bug: the client's text is the format (CWE-134).
 */

#include "tlvd.h"

#include <stdio.h>
#include <string.h>

void log_text(const uint8_t *value, size_t length)
{
	static char line[1024];
	char text[512];
	int n;

	if (length >= sizeof(text)) {
		reply_error("too long");
		return;
	}
	memcpy(text, value, length);
	text[length] = '\0';
	n = snprintf(line, sizeof(line), text);
	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	reply(TLV_LOG, line, n < 0 ? 0 : (size_t)n);
}
