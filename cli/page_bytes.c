/* SPDX-License-Identifier: ISC */
#include "page_bytes.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "html.h"
#include "page_json.h"

#define ROW       16u
#define DUMP_ROWS 64u
#define SIDE_ROWS 12u

/* Byte AT of hexadecimal DIGITS, or -1 behind their end. */
static int byte_at(const char *digits, size_t length, size_t at)
{
	int byte = 0;

	if (2 * at + 1 >= length)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		int c = tolower((unsigned char)digits[2 * at + i]);

		if (!isxdigit(c))
			return -1;
		byte = byte * 16 + (isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	return byte;
}

static void write_marked(FILE *out, bool marked, const char *text)
{
	html_print(out, marked ? "<mark>%s</mark>" : "%s", text);
}

struct sides {
	const char *own;
	const char *other; /* NULL: nothing is marked */
	size_t own_length, other_length;
};

static bool differs(const struct sides *sides, size_t at)
{
	return sides->other &&
	       byte_at(sides->own, sides->own_length, at) !=
	               byte_at(sides->other, sides->other_length, at);
}

static void write_row(FILE *out, const struct sides *sides, size_t from)
{
	fprintf(out, "%6zx ", from);
	for (size_t at = from; at < from + ROW; at++) {
		int byte = byte_at(sides->own, sides->own_length, at);
		char text[12] = "  ";

		if (byte >= 0)
			snprintf(text, sizeof(text), "%02x", byte);
		fputc(' ', out);
		write_marked(out, differs(sides, at), text);
	}
	fputs("  ", out);
	for (size_t at = from; at < from + ROW; at++) {
		int byte = byte_at(sides->own, sides->own_length, at);
		char text[2] = {(char)(byte < 0        ? ' '
		                       : isprint(byte) ? byte
		                                       : '.'),
		                0};

		write_marked(out, byte >= 0 && differs(sides, at), text);
	}
	fputc('\n', out);
}

static void write_rows(FILE *out, const struct sides *sides, size_t from,
                       size_t rows)
{
	size_t bytes = sides->own_length / 2;

	fputs("<pre>", out);
	for (size_t row = 0; row < rows && from + row * ROW < bytes; row++)
		write_row(out, sides, from + row * ROW);
	if (from + rows * ROW < bytes)
		fprintf(out, "       ... %zu more bytes\n",
		        bytes - from - rows * ROW);
	fputs("</pre>\n", out);
}

void page_dump(FILE *out, const char *digits)
{
	struct sides sides = {.own = digits, .own_length = strlen(digits)};

	if (sides.own_length >= 2)
		write_rows(out, &sides, 0, DUMP_ROWS);
}

static const char *record_digits(const json_t *variant)
{
	return page_string(json_object_get(variant, "record"), "payload_hex");
}

/* A variant that the verdict counts to the majority, or the first one. */
static const json_t *find_reference(const json_t *variants)
{
	const json_t *variant;
	size_t i;

	json_array_foreach(
	        variants, i,
	        variant) if (!page_true(variant, "outlier")) return variant;
	return json_array_get(variants, 0);
}

static void write_side(FILE *out, const json_t *variant, const char *other,
                       size_t from)
{
	struct sides sides = {.own = record_digits(variant), .other = other};

	sides.own_length = strlen(sides.own);
	sides.other_length = strlen(other);
	fprintf(out, "<section class=\"variant%s\">\n",
	        page_true(variant, "outlier") ? " outlier" : "");
	html_print(out, "<h3>%s on %s</h3>\n<p class=\"bytes\">%s</p>\n",
	           page_string(variant, "isa"), page_string(variant, "core"),
	           page_string(json_object_get(variant, "record"), "text"));
	write_rows(out, &sides, from, SIDE_ROWS);
	fputs("</section>\n", out);
}

void page_difference(FILE *out, const json_t *report)
{
	const json_t *difference = json_object_get(report, "first_difference");
	const json_t *variants = json_object_get(report, "variants"), *variant;
	const char *part = page_string(difference, "part"), *other;
	size_t i, from = 0;

	if (!json_is_object(difference))
		return;
	if (strcmp(part, "payload") == 0)
		from = (size_t)page_number(difference, "part_offset", 0);
	/* A row of what is alike before it. */
	from = from / ROW * ROW;
	from -= from >= ROW ? ROW : 0;
	fputs("<h2>What they would have sent</h2>\n", out);
	html_print(out, "<p>The first difference is in the %s", part);
	html_print(out,
	           page_string(difference, "field")[0] ? ", field %s" : "%s",
	           page_string(difference, "field"));
	fprintf(out, ", at byte %zu of it.</p>\n<div class=\"variants dumps\">\n",
	        (size_t)page_number(difference, "part_offset", 0));
	other = record_digits(find_reference(variants));
	json_array_foreach(variants, i, variant)
	        write_side(out, variant, other, from);
	fputs("</div>\n", out);
}
