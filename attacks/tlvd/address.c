/* SPDX-License-Identifier: ISC */

/* ADDRESS text: the IPv4 address in network order. */

#include "tlvd.h"

#include <arpa/inet.h>
#include <string.h>

void address(const uint8_t *value, size_t length)
{
	static char text[64];
	struct in_addr result;

	if (length >= sizeof(text)) {
		reply_error("no address");
		return;
	}
	memcpy(text, value, length);
	text[length] = '\0';
	if (inet_aton(text, &result))
		reply(TLV_ADDRESS, &result, sizeof(result));
	else
		reply_error("no address");
}
