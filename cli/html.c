/* SPDX-License-Identifier: ISC */
#include "html.h"

#include <stdarg.h>
#include <string.h>

static const char *reference(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		const char *escaped = reference(*text);

		if (escaped)
			fputs(escaped, out);
		else
			fputc(*text, out);
	}
}

void html_print(FILE *out, const char *format, ...)
{
	const char *at = format, *next;
	va_list list;

	va_start(list, format);
	while ((next = strstr(at, "%s"))) {
		fwrite(at, 1, (size_t)(next - at), out);
		html_text(out, va_arg(list, const char *));
		at = next + 2;
	}
	fputs(at, out);
	va_end(list);
}
