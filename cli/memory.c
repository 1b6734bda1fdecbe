/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bh.h"

static void *check(void *pointer)
{
	if (!pointer) {
		fputs("bh: out of memory\n", stderr);
		exit(BH_EXIT_ERROR);
	}
	return pointer;
}

void *memory_new(size_t count, size_t size)
{
	return check(calloc(count, size));
}

void *memory_resize(void *old, size_t count, size_t size)
{
	return check(reallocarray(old, count, size));
}

char *memory_string(const char *text)
{
	return check(strdup(text));
}

char *memory_format(const char *format, ...)
{
	va_list list;
	char *text;
	int r;

	va_start(list, format);
	r = vasprintf(&text, format, list);
	va_end(list);
	return check(r < 0 ? NULL : text);
}
