/* SPDX-License-Identifier: ISC */
/* links: cli/report_view.o cli/report_words.o cli/report_text.o
 * cli/report_hexdump.o cli/report_json.o cli/report_disasm.o
 * cli/report_riscv.o cli/report_rvc.o cli/decode.o cli/decode_net.o cli/decode_volume.o
 * cli/escape.o cli/json.o
 * cli/memory.o cli/names.o cli/problem.o lib/elf.o lib/elf_explain.o
 * lib/elf_plan.o lib/elf_symbol.o */
/* libs: -lcapstone -ljansson */

/* Rendering of raw reports that are good, damaged and hostile. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/report_json.h"
#include "cli/report_text.h"
#include "tests/unit/raw_report.h"
#include "tests/unit/test.h"

static struct raw_report raw;
static struct view view;
static struct problem problem;

static int open_view(void)
{
	size_t size = raw_finish(&raw);

	return view_open(&view, &raw, size, &problem);
}

/* The text report; the caller frees it. */
static char *render(unsigned columns, bool colour)
{
	char *text = NULL;
	size_t size;
	struct style style = {open_memstream(&text, &size), columns, colour};

	assert_non_null(style.stream);
	report_print_text(&style, &view);
	fclose(style.stream);
	return text;
}

static void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part))
		return;
	print_error("'%s' is not in:\n%s\n", part, text);
	fail();
}

static void two_against_one(void)
{
	raw_start(&raw, 3);
	raw_submit(&raw, 0, "agreed: heads");
	raw_submit(&raw, 1, "agreed: tails");
	raw_submit(&raw, 2, "agreed: heads");
	raw.header.variants[1].outlier = 1;
	raw.header.first_difference = 64 + 64 + 8;
	raw.header.variants[1].first_difference = 64 + 64 + 8;
	assert_int_equal(open_view(), 0);
}

static void names_the_outlier(void **state)
{
	char text[1024];

	(void)state;
	two_against_one();
	view_headline(&view, text, sizeof(text));
	assert_string_equal(
	        text, "guest, exchange 17: variant 1 (aarch64 on unicorn) "
	              "wants to send something else than the others, first at "
	              "byte 8 of the payload of record 1: console write 13 "
	              "bytes \"agreed: tails\" instead of console write 13 "
	              "bytes \"agreed: heads\".");
}

static void shows_bytes_side_by_side(void **state)
{
	char *text;

	(void)state;
	two_against_one();
	text = render(100, false);
	assert_contains(text, "variants 0, 2");
	assert_contains(text, "variant 1 ");
	assert_contains(text, "*68*65*61*64 73");
	assert_contains(text, "*74*61*69*6c 73");
	assert_contains(text, "Nothing of exchange 17 has left guest.");
	assert_null(strchr(text, '\033'));
	free(text);
	text = render(100, true);
	assert_contains(text, "\033[1;31m68\033[0m");
	free(text);
}

static void keeps_to_the_width(void **state)
{
	static const unsigned widths[] = {60, 80, 100, 200};

	(void)state;
	two_against_one();
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		char *text = render(widths[i], false), *save = NULL;

		for (char *line = strtok_r(text, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save)) {
			if (strlen(line) <= widths[i])
				continue;
			print_error("longer than %u: '%s'\n", widths[i], line);
			fail();
		}
		free(text);
	}
}

static void words_every_reason(void **state)
{
	static const struct {
		enum bh_reason reason;
		uint32_t detail;
		const char *part;
	} cases[] = {
	        {BH_REASON_LOST, 0,
	         "was ended by signal 9 (Killed) while the "
	         "others went on"},
	        {BH_REASON_ABSENT, 0, "did not get there before the deadline"},
	        {BH_REASON_MALFORMED, BH_MALFORMED_TAG, "answers no open"},
	        {BH_REASON_ABORT, 1, "stack protector"},
	        {BH_REASON_ABORT, 999, "unknown"},
	        {(enum bh_reason)77, 0, "does not know (77)"},
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		raw_start(&raw, 3);
		raw.header.reason = cases[i].reason;
		raw.header.detail = cases[i].detail;
		raw.header.variants[2].lost = cases[i].reason == BH_REASON_LOST;
		raw.header.variants[2].wait_status = SIGKILL;
		assert_int_equal(open_view(), 0);
		view_headline(&view, text, sizeof(text));
		assert_contains(text, cases[i].part);
	}
}

static void describes_a_fault(void **state)
{
	/* xor eax, eax; mov byte ptr [rax], 1; ret */
	static const uint8_t code[] = {0x31, 0xc0, 0xc6, 0x00, 0x01, 0xc3};
	struct bh_core_state *fault;
	char *text;

	(void)state;
	raw_start(&raw, 2);
	raw.header.reason = BH_REASON_FAULT;
	raw_submit(&raw, 1, "well");
	raw.header.variants[0].post = BH_POST_FAULT;
	raw.header.variants[0].described = 1;
	fault = &raw.header.variants[0].state;
	*fault = (struct bh_core_state){
	        .fault = BH_FAULT_WRITE,
	        .isa = BH_ISA_X86_64,
	        .pc = 0x1002,
	        .code_address = 0x1000,
	        .code_size = sizeof(code),
	};
	memcpy(fault->code, code, sizeof(code));
	assert_int_equal(open_view(), 0);
	text = render(100, false);
	assert_contains(text, "variant 0 (x86_64 on unicorn) faulted and the "
	                      "other one did not");
	assert_contains(text, "write at 0x0 (a null pointer)");
	assert_contains(text, "   0x1000  xor eax, eax");
	assert_contains(text, "-> 0x1002  mov byte ptr [rax], 1");
	free(text);
}

static void writes_what_programs_need(void **state)
{
	static const char *const keys[] = {"verdict", "exchange", "variants",
	                                   "last_input", "first_difference"};
	static const char *const variant_keys[] = {
	        "isa", "core",   "state",       "fault",
	        "pc",  "symbol", "disassembly", "record"};
	json_t *root, *variant;

	(void)state;
	two_against_one();
	root = report_to_json(&view);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_non_null(json_object_get(root, keys[i]));
	variant = json_array_get(json_object_get(root, "variants"), 1);
	for (size_t i = 0; i < sizeof(variant_keys) / sizeof(variant_keys[0]);
	     i++)
		assert_non_null(json_object_get(variant, variant_keys[i]));
	assert_string_equal(json_string_value(json_object_get(root, "verdict")),
	                    "divergence");
	assert_int_equal(
	        json_integer_value(json_object_get(
	                json_object_get(root, "first_difference"), "offset")),
	        136);
	assert_true(json_is_true(json_object_get(variant, "outlier")));
	json_decref(root);
}

static void escapes_what_guests_say(void **state)
{
	char *text;

	(void)state;
	raw_start(&raw, 2);
	raw_submit(&raw, 0, "\033]0;owned\007\r\b\x9b");
	raw_submit(&raw, 1, "\033[2J\x7f");
	memcpy(raw.header.domain, "\033[31mevil", 9);
	raw.header.first_difference = 64;
	raw.header.last_input =
	        raw_console(&raw, 0, BH_CONSOLE_READ, "\033c\x01");
	assert_int_equal(open_view(), 0);
	text = render(80, false);
	for (const char *p = text; *p; p++)
		assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
	assert_contains(text, "\\x1b]0;owned\\x07\\r\\x08\\x9b");
	free(text);
}

static void refuses_extents_outside(void **state)
{
	static const struct bh_extent bad[] = {
	        {0, UINT64_MAX},
	        {UINT64_MAX, 1},
	        {UINT64_MAX - 3, 8},
	        {sizeof(struct bh_report) + 1, sizeof(raw.data)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		raw_start(&raw, 1);
		raw.header.variants[0].submission = bad[i];
		assert_int_equal(open_view(), -1);
		raw_start(&raw, 1);
		raw.header.last_input = bad[i];
		assert_int_equal(open_view(), -1);
		raw_start(&raw, 1);
		raw.header.past_count = 1;
		raw.header.past[0].submission = bad[i];
		assert_int_equal(open_view(), -1);
		raw_start(&raw, 1);
		raw.header.past_count = 1;
		raw.header.past[0].completion = bad[i];
		assert_int_equal(open_view(), -1);
	}
}

static void refuses_bad_headers(void **state)
{
	size_t size;

	(void)state;
	raw_start(&raw, BH_MAX_VARIANTS + 1);
	assert_int_equal(open_view(), -1);
	raw_start(&raw, 1);
	raw.header.past_count = BH_REPORT_PAST + 1;
	assert_int_equal(open_view(), -1);
	raw_start(&raw, 1);
	raw.header.magic++;
	assert_int_equal(open_view(), -1);
	raw_start(&raw, 1);
	raw.header.version += 1u << 16;
	assert_int_equal(open_view(), -1);
	raw_start(&raw, 1);
	size = raw_finish(&raw);
	assert_int_equal(view_open(&view, &raw, size - 1, &problem), -1);
	assert_int_equal(view_open(&view, &raw, 100, &problem), -1);
}

static void survives_hostile_counts(void **state)
{
	struct bh_core_state *hostile;

	(void)state;
	raw_start(&raw, 1);
	raw.header.variants[0].described = 1;
	raw.header.variants[0].isa = 99;
	raw.header.variants[0].core = 99;
	raw.header.variants[0].post = 99;
	hostile = &raw.header.variants[0].state;
	memset(hostile, 0xff, sizeof(*hostile));
	raw.header.first_difference = UINT64_MAX - 1;
	assert_int_equal(open_view(), 0);
	free(render(80, false));
	json_decref(report_to_json(&view));
}

static void survives_a_broken_batch(void **state)
{
	uint8_t bytes[200];
	char *text;

	(void)state;
	raw_start(&raw, 2);
	raw_submit(&raw, 0, "good");
	memset(bytes, 0xee, sizeof(bytes));
	raw.header.variants[1].post = BH_POST_EXCHANGE;
	raw.header.variants[1].submission = raw_put(&raw, bytes, sizeof(bytes));
	raw.header.first_difference = 0;
	assert_int_equal(open_view(), 0);
	text = render(80, false);
	assert_contains(text, "the rest of the batch is no record");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_the_outlier),
	        cmocka_unit_test(shows_bytes_side_by_side),
	        cmocka_unit_test(keeps_to_the_width),
	        cmocka_unit_test(words_every_reason),
	        cmocka_unit_test(describes_a_fault),
	        cmocka_unit_test(writes_what_programs_need),
	        cmocka_unit_test(escapes_what_guests_say),
	        cmocka_unit_test(refuses_extents_outside),
	        cmocka_unit_test(refuses_bad_headers),
	        cmocka_unit_test(survives_hostile_counts),
	        cmocka_unit_test(survives_a_broken_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
