/* SPDX-License-Identifier: ISC */
#include "kvd.h"

/* A line of KIND and a number up to REQUEST_MAX; how long it is, 0 or -1. */
static int take_number(size_t *number, char kind, const char *from, size_t size)
{
	size_t at = 1;

	if (size && from[0] != kind)
		return -1;
	for (*number = 0; at < size && from[at] >= '0' && from[at] <= '9'; at++)
		if ((*number = *number * 10 + (size_t)(from[at] - '0')) >
		    REQUEST_MAX)
			return -1;
	if (at + 2 > size)
		return 0;
	return from[at] == '\r' && from[at + 1] == '\n' ? (int)at + 2 : -1;
}

/* A string; how long it is with all around it, 0 or -1. */
static int take_text(struct text *text, const char *from, size_t size)
{
	int n = take_number(&text->size, '$', from, size);

	if (n <= 0)
		return n;
	if ((size_t)n + text->size + 2 > size)
		return 0;
	text->bytes = from + n;
	return n + (int)text->size + 2;
}

int request_parse(struct text arguments[ARGUMENTS], size_t *count,
                  const char *input, size_t size)
{
	int used = take_number(count, '*', input, size), n;

	if (used > 0 && (*count == 0 || *count > ARGUMENTS))
		return -1;
	for (size_t i = 0; used > 0 && i < *count; i++) {
		n = take_text(&arguments[i], input + used, size - (size_t)used);
		used = n > 0 ? used + n : n;
	}
	return used;
}
