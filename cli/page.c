/* SPDX-License-Identifier: ISC */
#include "page.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "html.h"
#include "page_bytes.h"
#include "page_json.h"

extern const char page_css[];

static void write_head(FILE *out, const json_t *report)
{
	html_print(
	        out,
	        "<!doctype html>\n<html lang=\"en\">\n<head>\n"
	        "<meta charset=\"utf-8\">\n"
	        "<meta name=\"viewport\" content=\"width=device-width\">\n"
	        "<meta http-equiv=\"Content-Security-Policy\" "
	        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	        "<title>%s: %s</title>\n<style>\n",
	        page_string(report, "verdict"), page_string(report, "domain"));
	fputs(page_css, out);
	fputs("</style>\n</head>\n<body>\n", out);
}

/* The report's own clock, in UTC. */
static void format_date(const json_t *report, char *text, size_t size)
{
	uint64_t ns = page_number(report, "realtime_ns", 0);
	time_t seconds = (time_t)(ns / 1000000000u);
	struct tm tm;

	text[0] = 0;
	if (ns && gmtime_r(&seconds, &tm))
		strftime(text, size, "%Y-%m-%d %H:%M:%S UTC", &tm);
}

static void write_headline(FILE *out, const json_t *report)
{
	const char *verdict = page_string(report, "verdict");
	char date[40];

	format_date(report, date, sizeof(date));
	fprintf(out, "<h1%s>",
	        strcmp(verdict, "agreed") == 0 ? " class=\"agreed\"" : "");
	html_print(out, "%s</h1>\n<p class=\"lead\">%s</p>\n", verdict,
	           page_string(report, "headline"));
	html_print(out, "<p class=\"quiet\">%s</p>\n", date);
}

/* What bh did about it. */
static void write_consequence(FILE *out, const json_t *report)
{
	uint64_t delay = page_number(report, "delay_ns", 0);
	const char *what = page_string(report, "consequence");

	if (!what[0])
		return;
	html_print(out, "<p>After it the domain <em>%s</em>", what);
	if (delay)
		fprintf(out, ", %" PRIu64 " ms later", delay / 1000000);
	fputs(".</p>\n", out);
}

static void write_records(FILE *out, const json_t *records, const char *mark)
{
	const json_t *record;
	size_t i;

	json_array_foreach(records, i, record) html_print(
	        out, "<div>%s %s</div>\n", mark, page_string(record, "text"));
}

static void write_agreed_row(FILE *out, const json_t *past, size_t variants,
                             uint64_t end)
{
	uint64_t time = page_number(past, "time_ns", 0);
	char before[40] = "";

	if (time && time <= end)
		snprintf(before, sizeof(before), "%.3f ms before",
		         (double)(end - time) / 1e6);
	fprintf(out, "<tr><td class=\"number\">%" PRIu64 "</td>",
	        page_number(past, "exchange", 0));
	fprintf(out,
	        "<td class=\"number\">%s</td>\n"
	        "<td class=\"words agreed\" colspan=\"%zu\">\n",
	        before, variants ? variants : 1);
	write_records(out, json_object_get(past, "submission"), ">");
	write_records(out, json_object_get(past, "completion"), "<");
	fputs("</td></tr>\n", out);
}

static void write_verdict_cell(FILE *out, const json_t *variant)
{
	const json_t *records = json_object_get(variant, "records");

	fprintf(out, "<td class=\"words%s\">\n",
	        page_true(variant, "outlier") ? " outlier" : "");
	html_print(out, "<div><em>%s</em></div>\n",
	           page_string(variant, "state"));
	write_records(out, records, ">");
	html_print(out, "<div>%s</div>\n", page_string(variant, "fault_text"));
	fputs("</td>\n", out);
}

/* What was agreed spans all variants; the last exchange has a cell for each. */
static void write_timeline(FILE *out, const json_t *report)
{
	const json_t *variants = json_object_get(report, "variants");
	const json_t *past = json_object_get(report, "past"), *item;
	size_t i;

	fputs("<h2>Timeline</h2>\n<p class=\"quiet\">&gt; leaves the domain, "
	      "&lt; comes in.  What spans all variants was agreed.</p>\n"
	      "<div class=\"scroll\"><table>\n"
	      "<tr><th>Exchange</th><th>Time</th>",
	      out);
	json_array_foreach(variants, i, item)
	        html_print(out, "<th>%s on %s</th>", page_string(item, "isa"),
	                   page_string(item, "core"));
	fputs("</tr>\n", out);
	json_array_foreach(past, i, item)
	        write_agreed_row(out, item, json_array_size(variants),
	                         page_number(report, "time_ns", 0));
	fprintf(out,
	        "<tr class=\"verdict\"><td class=\"number\">%" PRIu64
	        "</td><td>verdict</td>\n",
	        page_number(report, "exchange", 0));
	json_array_foreach(variants, i, item) write_verdict_cell(out, item);
	fputs("</tr>\n</table></div>\n", out);
}

static void write_code(FILE *out, const json_t *variant)
{
	const json_t *lines = json_object_get(variant, "disassembly"), *line;
	size_t i;

	if (json_array_size(lines) == 0)
		return;
	fputs("<pre>", out);
	json_array_foreach(lines, i, line) html_print(
	        out,
	        page_true(line, "current") ? "<b>-&gt; %s  %s</b>\n"
	                                   : "   %s  %s\n",
	        page_string(line, "address"), page_string(line, "text"));
	fputs("</pre>\n", out);
}

/* A list of JSON that is shown when somebody asks for it. */
static void write_folded(FILE *out, const char *title, const json_t *list,
                         void (*write)(FILE *out, size_t i, const json_t *item))
{
	const json_t *item;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	fprintf(out, "<details><summary>%s</summary><pre>", title);
	json_array_foreach(list, i, item) write(out, i, item);
	fputs("</pre></details>\n", out);
}

static void write_caller(FILE *out, size_t i, const json_t *caller)
{
	(void)i;
	html_print(out, "%s  %s\n", page_string(caller, "address"),
	           page_string(caller, "symbol"));
}

static void write_register(FILE *out, size_t i, const json_t *value)
{
	fprintf(out, "%2zu ", i);
	html_print(out, i % 2 ? "%s\n" : "%s\t",
	           json_is_string(value) ? json_string_value(value) : "");
}

static void write_fact(FILE *out, const char *name, const char *value)
{
	if (value[0])
		html_print(out, "<dt>%s</dt><dd>%s</dd>\n", name, value);
}

static void write_variant(FILE *out, const json_t *variant, size_t number)
{
	bool outlier = page_true(variant, "outlier");
	uint64_t step = page_number(variant, "step_ns", 0);
	char took[40] = "";

	if (step)
		snprintf(took, sizeof(took), "%.3f ms", (double)step / 1e6);
	fprintf(out, "<section class=\"variant%s\">\n<h3>Variant %zu: ",
	        outlier ? " outlier" : "", number);
	html_print(out, "%s on %s", page_string(variant, "isa"),
	           page_string(variant, "core"));
	fputs(outlier ? " <span class=\"badge\">in the minority</span></h3>\n"
	              : "</h3>\n",
	      out);
	fputs("<dl>\n", out);
	write_fact(out, "state", page_string(variant, "state"));
	write_fact(out, "after", took);
	write_fact(out, "then", page_true(variant, "dropped")
	                                ? "stopped, the others go on"
	                                : "");
	write_fact(out, "fault", page_string(variant, "fault_text"));
	write_fact(out, "image", page_string(variant, "image"));
	write_fact(out, "at", page_string(variant, "pc"));
	write_fact(out, "in", page_string(variant, "symbol"));
	fputs("</dl>\n", out);
	write_code(out, variant);
	write_folded(out, "Called by", json_object_get(variant, "backtrace"),
	             write_caller);
	write_folded(out, "Registers", json_object_get(variant, "registers"),
	             write_register);
	fputs("</section>\n", out);
}

static void write_variants(FILE *out, const json_t *report)
{
	const json_t *variants = json_object_get(report, "variants"), *variant;
	size_t i;

	fputs("<h2>The variants</h2>\n<div class=\"variants\">\n", out);
	json_array_foreach(variants, i, variant) write_variant(out, variant, i);
	fputs("</div>\n", out);
}

/* Whose bytes came last over the network: most likely the attacker's. */
static void write_connection(FILE *out, const json_t *report)
{
	const json_t *last = json_object_get(report, "last_connection");
	const char *address = page_string(last, "address");

	if (!json_is_object(last))
		return;
	fprintf(out,
	        "<h2>Last connection</h2>\n"
	        "<p class=\"bytes\">%" PRIu64 " bytes from ",
	        page_number(last, "size", 0));
	html_print(out, "%s</p>\n", address[0] ? address : "an unknown peer");
	page_dump(out, page_string(last, "payload_hex"));
}

static void write_input(FILE *out, const json_t *report)
{
	const json_t *input = json_object_get(report, "last_input"), *record;
	size_t i;

	if (json_array_size(input) == 0)
		return;
	fputs("<h2>Last input</h2>\n", out);
	json_array_foreach(input, i, record)
	{
		html_print(out, "<p class=\"bytes\">%s</p>\n",
		           page_string(record, "text"));
		page_dump(out, page_string(record, "payload_hex"));
	}
}

void page_write(FILE *out, const json_t *report)
{
	write_head(out, report);
	write_headline(out, report);
	write_consequence(out, report);
	write_timeline(out, report);
	page_difference(out, report);
	write_variants(out, report);
	write_connection(out, report);
	write_input(out, report);
	fputs("</body>\n</html>\n", out);
}
