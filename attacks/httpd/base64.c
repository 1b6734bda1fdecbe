/* SPDX-License-Identifier: ISC */

/* RFC 4648, section 4.  Whoever calls knows how much room there is. */

#include "httpd.h"

#include <string.h>

static int digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                             "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

size_t base64_decode(uint8_t *to, const char *text)
{
	uint32_t bits = 0;
	size_t n = 0;
	int count = 0;

	for (; digit(*text) >= 0; text++) {
		bits = bits << 6 | (uint32_t)digit(*text);
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		to[n++] = (uint8_t)(bits >> count);
	}
	return n;
}
