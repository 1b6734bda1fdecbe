/* SPDX-License-Identifier: ISC */

/*
 * HEARTBEAT count bytes: the client's bytes back, count (u16) of them.
 *
 * Bug: count is believed (CWE-126, as in CVE-2014-0160).  What lies behind is
 * the input of the next client.
 */

#include "tlvd.h"

void heartbeat(const uint8_t *value, size_t length)
{
	if (length < 2) {
		reply_error("no count");
		return;
	}
	reply(TLV_HEARTBEAT, value + 2, get_u16(value));
}
