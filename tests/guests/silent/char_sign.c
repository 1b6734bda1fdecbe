/* SPDX-License-Identifier: ISC */

/* Plain char is signed on x86-64 and unsigned on the two others by default. */

#include "tests/guests/silent/silent.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

struct bits {
	int plain : 5; /* sign of plain bit-fields is the compiler's choice */
	unsigned rest : 27;
};

void probe(uint64_t round)
{
	volatile char c = (char)(round * 31);
	char text[4] = {c, (char)silent_random(), 'a', 0};
	struct bits bits;
	volatile wchar_t wide = (wchar_t)silent_random();

	bits.plain = (int)(silent_random() & 31) - 16;
	bits.rest = 0;
	silent_add_number((uint64_t)c);
	silent_add_number(c < 0);
	silent_add_number((uint64_t)(c >> 1));
	silent_add_number((uint64_t)(text[1] * 3));
	silent_add_number((uint64_t)(strcmp(text, "m") > 0));
	silent_add_number((uint64_t)memcmp(text, "mmm", 3));
	silent_add_number((uint64_t)bits.plain);
	silent_add_number((uint64_t)(wide >> 3));
	silent_add_number((uint64_t)wide);
	silent_add_text("%d %hhd %hhu %d", c, c, (unsigned char)c, CHAR_MIN);
}
