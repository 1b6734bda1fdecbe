/* SPDX-License-Identifier: ISC */

/*
 * Numbers in requests.
 *
 * Bug: the text is copied to the stack whatever its length, since "a number has
 * 20 digits at most" (CWE-121).
 */

#include "kvd.h"

#include <stdlib.h>
#include <string.h>

size_t text_number(const struct text *text)
{
	char digits[32];

	memcpy(digits, text->bytes, text->size);
	digits[text->size] = 0;
	return strtoul(digits, NULL, 10);
}
