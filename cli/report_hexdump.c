/* SPDX-License-Identifier: ISC */
#include "report_hexdump.h"

#include <ctype.h>

#define MARGIN       2u
#define OFFSET_WIDTH 6u

static char printable(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x7f ? (char)byte : '.';
}

/* Columns of one side with N bytes a row: " xx" each, two spaces, text. */
static unsigned side_width(unsigned n, bool text)
{
	return 3 * n + (text ? 2 + n : 0);
}

static bool fits(const struct style *style, unsigned count, unsigned n,
                 bool text)
{
	return MARGIN + OFFSET_WIDTH + count * (side_width(n, text) + 2) <=
	       style->columns;
}

/* The most that the width allows: many bytes first, then text. */
static unsigned choose_row(const struct style *style, unsigned count,
                           bool *text)
{
	static const struct {
		unsigned n;
		bool text;
	} choices[] = {
	        {16, true}, {8, true}, {16, false}, {8, false}, {4, true}};

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		*text = choices[i].text;
		if (fits(style, count, choices[i].n, choices[i].text))
			return choices[i].n;
	}
	*text = false;
	return 4;
}

static bool differs(const struct hexdump_side *sides, unsigned count, size_t at)
{
	for (unsigned s = 1; s < count; s++) {
		bool here = at < sides[s].bytes.size;
		bool there = at < sides[0].bytes.size;

		if (here != there || (here && sides[s].bytes.data[at] !=
		                                      sides[0].bytes.data[at]))
			return true;
	}
	return false;
}

static void print_byte(const struct style *style,
                       const struct hexdump_side *sides, unsigned count,
                       unsigned side, size_t at)
{
	const struct view_bytes *bytes = &sides[side].bytes;
	bool mark = differs(sides, count, at);
	char text[4] = "  ";

	if (at < bytes->size)
		snprintf(text, sizeof(text), "%02x", bytes->data[at]);
	else if (mark)
		snprintf(text, sizeof(text), "--");
	if (mark && style->colour)
		fprintf(style->stream, " \033[1;31m%s\033[0m", text);
	else
		fprintf(style->stream, "%c%s", mark ? '*' : ' ', text);
}

static void print_text(const struct style *style,
                       const struct view_bytes *bytes, size_t at, unsigned n)
{
	fputs("  ", style->stream);
	for (unsigned i = 0; i < n; i++)
		fputc(at + i < bytes->size ? printable(bytes->data[at + i])
		                           : ' ',
		      style->stream);
}

static size_t longest(const struct hexdump_side *sides, unsigned count)
{
	size_t size = 0;

	for (unsigned s = 0; s < count; s++)
		if (sides[s].bytes.size > size)
			size = sides[s].bytes.size;
	return size;
}

static void print_titles(const struct style *style,
                         const struct hexdump_side *sides, unsigned count,
                         unsigned width)
{
	fprintf(style->stream, "%*s", (int)(MARGIN + OFFSET_WIDTH), "");
	for (unsigned s = 0; s < count; s++)
		fprintf(style->stream, " %-*.*s", (int)(width + 1), (int)width,
		        sides[s].title);
	fputc('\n', style->stream);
}

void hexdump_compare(const struct style *style,
                     const struct hexdump_side *sides, unsigned count,
                     size_t from, unsigned rows)
{
	bool text;
	unsigned n = choose_row(style, count, &text);
	size_t end = longest(sides, count);
	size_t at = from / n * n;

	print_titles(style, sides, count, side_width(n, text));
	if (at > 0)
		fprintf(style->stream, "%*s...\n", (int)MARGIN, "");
	for (; at < end && rows; at += n, rows--) {
		fprintf(style->stream, "%*s%*zx", (int)MARGIN, "",
		        (int)OFFSET_WIDTH, at);
		for (unsigned s = 0; s < count; s++) {
			for (unsigned i = 0; i < n; i++)
				print_byte(style, sides, count, s, at + i);
			if (text)
				print_text(style, &sides[s].bytes, at, n);
			if (s + 1 < count)
				fputs("  ", style->stream);
		}
		fputc('\n', style->stream);
	}
	if (at < end)
		fprintf(style->stream, "%*s... %zu bytes more\n", (int)MARGIN,
		        "", end - at);
}

void hexdump(const struct style *style, const struct view_bytes *bytes,
             size_t max)
{
	struct hexdump_side side = {NULL, *bytes};
	bool text;
	unsigned n = choose_row(style, 1, &text);
	size_t shown = bytes->size < max ? bytes->size : max;

	side.bytes.size = shown;
	for (size_t at = 0; at < shown; at += n) {
		fprintf(style->stream, "%*s%*zx", (int)MARGIN, "",
		        (int)OFFSET_WIDTH, at);
		for (unsigned i = 0; i < n; i++)
			print_byte(style, &side, 1, 0, at + i);
		if (text)
			print_text(style, &side.bytes, at, n);
		fputc('\n', style->stream);
	}
	if (shown < bytes->size)
		fprintf(style->stream, "%*s... %zu bytes more\n", (int)MARGIN,
		        "", bytes->size - shown);
}
