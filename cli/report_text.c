/* SPDX-License-Identifier: ISC */
#include "report_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "abi/cell.h"
#include "escape.h"
#include "names.h"
#include "report_disasm.h"

#define LINE_SIZE       1024u
#define BACKTRACE_SHOWN 8u
#define STACK_SHOWN     6u
#define DUMP_ROWS       12u
#define CONTEXT_BYTES   16u
#define INPUT_SHOWN     256u
#define RECORDS_SHOWN   8u

#define BOLD "1"
#define RED  "1;31"
#define DIM  "2"

static void print_styled(const struct style *style, const char *code,
                         const char *text)
{
	if (style->colour)
		fprintf(style->stream, "\033[%sm%s\033[0m", code, text);
	else
		fputs(text, style->stream);
}

static void print_heading(const struct style *style, const char *text)
{
	fputc('\n', style->stream);
	print_styled(style, BOLD, text);
	fputc('\n', style->stream);
}

/* Breaks a sentence at spaces; continuation lines are indented. */
static void print_wrapped(const struct style *style, const char *text,
                          unsigned used, unsigned indent)
{
	bool first = true;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (used + 1 + word > style->columns && !first) {
			fprintf(style->stream, "\n%*s", (int)indent, "");
			used = indent;
		} else if (!first) {
			fputc(' ', style->stream);
			used++;
		}
		fprintf(style->stream, "%.*s", (int)word, text);
		used += (unsigned)word;
		first = false;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', style->stream);
}

static void print_sentence(const struct style *style, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static void print_sentence(const struct style *style, const char *format, ...)
{
	char text[LINE_SIZE];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	fputs("  ", style->stream);
	print_wrapped(style, text, 2, 2);
}

/* A line that does not fit is cut. */
static void print_line(const struct style *style, unsigned indent,
                       const char *text)
{
	size_t room =
	        style->columns > indent + 10 ? style->columns - indent : 10;

	if (strlen(text) <= room)
		fprintf(style->stream, "%s\n", text);
	else
		fprintf(style->stream, "%.*s...\n", (int)(room - 3), text);
}

static void print_headline(const struct style *style, const struct view *view)
{
	char text[LINE_SIZE], title[32];
	size_t i = 0;

	for (const char *p = verdict_name(view->raw.verdict); *p; p++)
		title[i++] = (char)toupper((unsigned char)*p);
	title[i] = 0;
	fputs("bh: ", style->stream);
	print_styled(style, RED, title);
	fputs(": ", style->stream);
	view_headline(view, text, sizeof(text));
	print_wrapped(style, text, 6 + (unsigned)i, 4);
}

static void print_batch(const struct style *style, const struct view *view,
                        const struct view_bytes *batch, uint64_t exchange,
                        enum decode_direction direction)
{
	struct batch_walk walk = {batch->data, batch->size, 0, false};
	struct batch_record record;
	char text[LINE_SIZE];

	for (unsigned n = 0; batch_next(&walk, &record); n++) {
		if (n == RECORDS_SHOWN) {
			fprintf(style->stream, "%10s   ... more records\n", "");
			return;
		}
		decode_record(text, sizeof(text), &view->channels, &record,
		              direction, 48);
		fprintf(style->stream, "%10" PRIu64 " %c ", exchange,
		        direction == DECODE_SUBMISSION ? '>' : '<');
		print_line(style, 13, text);
	}
	if (walk.broken)
		fprintf(style->stream,
		        "%10" PRIu64 "   the rest of the batch is no "
		        "record\n",
		        exchange);
}

static void print_past(const struct style *style, const struct view *view)
{
	if (view->past_count == 0)
		return;
	print_heading(style, "Last agreed exchanges");
	for (unsigned p = 0; p < view->past_count; p++) {
		const struct view_past *past = &view->past[p];

		print_batch(style, view, &past->submission, past->exchange,
		            DECODE_SUBMISSION);
		print_batch(style, view, &past->completion, past->exchange,
		            DECODE_COMPLETION);
	}
}

static void print_peer(const struct style *style, const struct view *view)
{
	char text[DECODE_NET_ADDRESS_SIZE] = "an address that is not in this "
	                                     "report";
	struct view_peer peer;

	if (!view_find_peer(view, &peer))
		return;
	decode_net_address(&peer.address, text, sizeof(text));
	print_heading(style, "Who was heard last");
	print_sentence(style, "Connection %" PRIu32 " from %s, %zu bytes:",
	               peer.socket, text, peer.bytes.size);
	hexdump(style, &peer.bytes, INPUT_SHOWN);
}

static void print_input(const struct style *style, const struct view *view)
{
	struct batch_walk walk = {view->last_input.data, view->last_input.size,
	                          0, false};
	struct batch_record record;
	char text[LINE_SIZE];

	if (view->last_input.size == 0)
		return;
	print_heading(style, "Last input");
	while (batch_next(&walk, &record)) {
		struct view_bytes payload = {record.payload,
		                             record.payload_size};

		if (payload.size == 0)
			continue;
		decode_record(text, sizeof(text), &view->channels, &record,
		              DECODE_COMPLETION, 0);
		fputs("  ", style->stream);
		print_line(style, 2, text);
		hexdump(style, &payload, INPUT_SHOWN);
	}
}

/* "0x7f12 = main+0x1c (0x1234 in the image)" */
static void format_address(const struct view_variant *variant, uint64_t address,
                           bool caller, char *text, size_t size)
{
	char symbol[200];

	if (caller ? view_caller(variant, address, symbol, sizeof(symbol))
	           : view_symbol(variant, address, symbol, sizeof(symbol)))
		snprintf(text, size,
		         "%s (0x%" PRIx64 ", 0x%" PRIx64 " in the image)",
		         symbol, address, address - variant->raw.state.bias);
	else
		snprintf(text, size,
		         "0x%" PRIx64 ", outside of every function "
		         "of the image",
		         address);
}

static void print_label(const struct style *style, const char *label)
{
	fprintf(style->stream, "    %-10s ", label);
}

static void print_code(const struct style *style,
                       const struct view_variant *variant)
{
	struct disasm disasm;

	disasm_around(variant, &disasm);
	for (unsigned i = 0; i < disasm.count; i++) {
		const struct disasm_line *line = &disasm.lines[i];
		char text[160];

		print_label(style, i ? "" : "code");
		snprintf(text, sizeof(text), "%s 0x%" PRIx64 "  %s",
		         line->current ? "->" : "  ", line->address,
		         line->text);
		if (line->current)
			print_styled(style, RED, text);
		else
			fputs(text, style->stream);
		fputc('\n', style->stream);
	}
}

static void print_backtrace(const struct style *style,
                            const struct view_variant *variant)
{
	const struct bh_core_state *state = &variant->raw.state;
	char text[320];

	for (unsigned i = 0; i < state->backtrace_count && i < BACKTRACE_SHOWN;
	     i++) {
		format_address(variant, state->backtrace[i], true, text,
		               sizeof(text));
		print_label(style, i ? "" : "called by");
		print_line(style, 15, text);
	}
}

/* After a wild jump the stack is all that tells where it came from. */
static void print_stack(const struct style *style,
                        const struct view_variant *variant)
{
	const struct bh_core_state *state = &variant->raw.state;
	char symbol[200];

	if (view_symbol(variant, state->pc, symbol, sizeof(symbol)))
		return;
	for (unsigned i = 0; i < STACK_SHOWN && 8 * i + 8 <= state->stack_size;
	     i++) {
		uint64_t word;

		memcpy(&word, state->stack + 8 * (size_t)i, sizeof(word));
		print_label(style, i ? "" : "stack");
		fprintf(style->stream, "0x%" PRIx64 ": 0x%016" PRIx64,
		        state->stack_address + 8 * (uint64_t)i, word);
		if (view_caller(variant, word, symbol, sizeof(symbol)))
			fprintf(style->stream, " %s", symbol);
		fputc('\n', style->stream);
	}
}

/*
 * Code says something about a variant that stopped where it should not have.
 * One that has submitted stands in the SDK's exchange, like all others.
 */
static bool is_code_of_interest(const struct view *view,
                                const struct view_variant *variant)
{
	for (unsigned v = 0; v < view->variant_count; v++)
		if (view->variants[v].raw.outlier)
			return variant->raw.outlier;
	return true;
}

static void print_stand(const struct style *style, const struct view *view,
                        const struct view_variant *variant)
{
	char text[320];

	if (!variant->raw.described)
		return;
	view_fault(variant, text, sizeof(text));
	if (text[0]) {
		print_label(style, "fault");
		print_wrapped(style, text, 15, 15);
	}
	format_address(variant, variant->raw.state.pc, false, text,
	               sizeof(text));
	print_label(style, "at");
	print_line(style, 15, text);
	if (is_code_of_interest(view, variant))
		print_code(style, variant);
	print_backtrace(style, variant);
	print_stack(style, variant);
}

static void print_records(const struct style *style, const struct view *view,
                          const struct view_variant *variant)
{
	struct batch_walk walk = {variant->batch.data, variant->batch.size, 0,
	                          false};
	struct batch_record record;
	char text[LINE_SIZE];

	if (variant->submission.size == 0)
		return;
	for (unsigned n = 0; n < RECORDS_SHOWN && batch_next(&walk, &record);
	     n++) {
		decode_record(text, sizeof(text), &view->channels, &record,
		              DECODE_SUBMISSION, 48);
		print_label(style, n ? "" : "would send");
		print_line(style, 15, text);
	}
	if (variant->batch.size == 0) {
		print_label(style, "would send");
		fputs("nothing, it only waits\n", style->stream);
	}
	if (walk.broken) {
		print_label(style, "");
		fputs("the rest of the batch is no record\n", style->stream);
	}
}

static void print_variant(const struct style *style, const struct view *view,
                          unsigned v)
{
	const struct view_variant *variant = &view->variants[v];
	char title[64], image[LINE_SIZE];

	snprintf(title, sizeof(title), "  variant %u, %s on %s: %s", v,
	         isa_name(variant->raw.isa), core_name(variant->raw.core),
	         view_state(variant));
	print_styled(style, BOLD, title);
	if (variant->raw.outlier)
		print_styled(style, RED, ", in the minority");
	if (variant->raw.dropped)
		fputs(", dropped", style->stream);
	if (variant->raw.step_ns)
		fprintf(style->stream, ", after %" PRIu64 ".%03" PRIu64 " ms",
		        variant->raw.step_ns / 1000000,
		        variant->raw.step_ns / 1000 % 1000);
	fputc('\n', style->stream);
	if (variant->image) {
		escape_text(image, sizeof(image), variant->image,
		            strlen(variant->image));
		print_label(style, "image");
		print_line(style, 15, image);
	}
	print_stand(style, view, variant);
	print_records(style, view, variant);
}

static void print_variants(const struct style *style, const struct view *view)
{
	char text[64];

	snprintf(text, sizeof(text), "The variants at exchange %" PRIu64,
	         view->raw.exchange);
	print_heading(style, text);
	for (unsigned v = 0; v < view->variant_count; v++) {
		if (v)
			fputc('\n', style->stream);
		print_variant(style, view, v);
	}
}

/* "variants 0, 2" for all that submitted the same as FIRST. */
static void name_group(const struct view *view, unsigned first, char *text,
                       size_t size)
{
	size_t used = 0;
	unsigned members = 0;

	for (unsigned v = 0; v < view->variant_count; v++)
		members += view->variants[v].group == first;
	used += (size_t)snprintf(text, size,
	                         members > 1 ? "variants" : "variant");
	for (unsigned v = first; v < view->variant_count; v++)
		if (view->variants[v].group == first && used < size)
			used += (size_t)snprintf(text + used, size - used,
			                         "%s %u", v == first ? "" : ",",
			                         v);
}

/* Equal submissions share a column; more than three make further dumps. */
static void print_dump(const struct style *style, const struct view *view)
{
	struct hexdump_side sides[BH_MAX_VARIANTS];
	char titles[BH_MAX_VARIANTS][64];
	unsigned count = 0;
	size_t from = 0;

	for (unsigned v = 0; v < view->variant_count; v++) {
		if (view->variants[v].group != v ||
		    view->variants[v].submission.size == 0)
			continue;
		name_group(view, v, titles[count], sizeof(titles[count]));
		sides[count].title = titles[count];
		sides[count].bytes = view->variants[v].submission;
		count++;
	}
	if (count < 2 || view->raw.first_difference == BH_NEVER)
		return;
	if (view->raw.first_difference > CONTEXT_BYTES)
		from = (size_t)view->raw.first_difference - CONTEXT_BYTES;
	print_heading(style, "What they would have sent, byte by byte");
	for (unsigned s = 1; s < count; s += HEXDUMP_SIDES_MAX - 1) {
		struct hexdump_side band[HEXDUMP_SIDES_MAX] = {sides[0]};
		unsigned width = 1;

		while (width < HEXDUMP_SIDES_MAX && s + width - 1 < count) {
			band[width] = sides[s + width - 1];
			width++;
		}
		hexdump_compare(style, band, width, from, DUMP_ROWS);
	}
}

static void print_difference(const struct style *style, const struct view *view)
{
	uint64_t at = view->raw.first_difference;
	struct view_place place = {.found = false};
	char where[128] = "past the end of one of them";

	if (at == BH_NEVER)
		return;
	for (unsigned v = 0; v < view->variant_count && !place.found; v++)
		view_locate(&view->variants[v].submission, at, &place);
	if (place.found && place.in_payload)
		snprintf(where, sizeof(where),
		         "byte %zu of the payload of record %u", place.offset,
		         place.record + 1);
	else if (place.found)
		snprintf(where, sizeof(where), "the header of %s, field %s",
		         place.in_header ? "the submission" : "a record",
		         place.field ? place.field : "(padding)");
	print_sentence(style, "First difference: offset 0x%" PRIx64 ", %s.", at,
	               where);
}

static void what_became_of_them(const struct view *view, char *text,
                                size_t size)
{
	switch (view->raw.consequence) {
	case BH_CONSEQUENCE_GOES_ON:
		snprintf(text, size, "%s",
		         view->raw.response == BH_RESPONSE_REPORT
		                 ? "The variants that differ from the first "
		                   "were dropped; what the others say goes out."
		                 : "The minority was dropped; what the "
		                   "majority says goes out.");
		return;
	case BH_CONSEQUENCE_RESTARTS:
		snprintf(text, size,
		         "Its variants were stopped; new ones start in %" PRIu64
		         ".%" PRIu64 " seconds. Its connections were reset.",
		         view->raw.delay / 1000000000,
		         view->raw.delay / 100000000 % 10);
		return;
	case BH_CONSEQUENCE_GIVEN_UP:
		snprintf(text, size,
		         "All its variants were stopped. There have been too "
		         "many verdicts to start them again.");
		return;
	default:
		snprintf(text, size, "%s",
		         view->variant_count == 1
		                 ? "Its variant was stopped."
		                 : "All its variants were stopped.");
	}
}

static void print_actions(const struct style *style, const struct view *view)
{
	char text[LINE_SIZE];

	what_became_of_them(view, text, sizeof(text));
	print_heading(style, "What bh did");
	if (view->raw.consequence == BH_CONSEQUENCE_GOES_ON)
		print_sentence(style, "%s", text);
	else
		print_sentence(style,
		               "Nothing of exchange %" PRIu64
		               " has left %s. %s",
		               view->raw.exchange, view->domain, text);
	print_heading(style, "What to do next");
	if (view->report)
		print_sentence(style, "This report as JSON: %s", view->report);
	else
		print_sentence(style,
		               "--report FILE writes this report as JSON.");
	if (view->trace)
		print_sentence(style, "All agreed records: bh trace %s",
		               view->trace);
	else
		print_sentence(style, "--trace FILE keeps all agreed records; "
		                      "bh trace FILE prints them.");
	print_sentence(style, "--seed N runs it again with layouts and entropy "
	                      "that N fixes.");
}

void report_print_text(const struct style *style, const struct view *view)
{
	print_headline(style, view);
	print_past(style, view);
	print_input(style, view);
	print_peer(style, view);
	print_variants(style, view);
	print_dump(style, view);
	print_difference(style, view);
	print_actions(style, view);
}
