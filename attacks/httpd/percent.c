/* SPDX-License-Identifier: ISC */

/* RFC 3986, section 2.1.  Whoever calls knows how much room there is. */

#include "httpd.h"

#include <ctype.h>
#include <stdlib.h>

size_t percent_decode(char *to, const char *text)
{
	const char *start = to;

	while (*text) {
		const char digits[] = {text[1], text[1] ? text[2] : '\0', '\0'};

		if (*text == '%' && isxdigit((unsigned char)digits[0]) &&
		    isxdigit((unsigned char)digits[1])) {
			*to++ = (char)strtoul(digits, NULL, 16);
			text += 3;
		} else {
			*to++ = *text++;
		}
	}
	return (size_t)(to - start);
}
