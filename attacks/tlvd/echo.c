/* SPDX-License-Identifier: ISC */

/*
 * ECHO count bytes: the bytes back, count (u16) of them.
 *
 * Bugs: the bytes are copied to the stack whatever their number (CWE-121), and
 * count is believed (CWE-126).
 */

#include "tlvd.h"

#include <string.h>

void echo(const uint8_t *value, size_t length)
{
	uint8_t copy[128];
	size_t count;

	if (length < 2) {
		reply_error("no count");
		return;
	}
	count = get_u16(value);
	memcpy(copy, value + 2, length - 2);
	reply(TLV_ECHO, copy, count);
}
