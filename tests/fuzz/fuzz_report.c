/* SPDX-License-Identifier: ISC */
/* links: cli/report_view.o cli/report_words.o cli/report_text.o
 * cli/report_hexdump.o cli/report_json.o cli/report_disasm.o
 * cli/report_riscv.o cli/report_rvc.o cli/decode.o cli/decode_net.o cli/decode_volume.o
 * cli/escape.o cli/json.o
 * cli/memory.o cli/names.o cli/problem.o lib/elf.o lib/elf_explain.o
 * lib/elf_plan.o lib/elf_symbol.o */
/* libs: -lcapstone -ljansson */

/*
 * Raw reports, as text and as JSON.  The first bytes of the input overwrite
 * the header of a sound report, so that the fuzzer need not find the magic
 * number and the size; the rest is its data part.  The text must be harmless
 * to a terminal.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report_json.h"
#include "cli/report_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void print(const struct view *view)
{
	char *text = NULL;
	size_t size;
	struct style style = {open_memstream(&text, &size), 100, false};

	report_print_text(&style, view);
	fclose(style.stream);
	for (size_t i = 0; i < size; i++)
		require(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct view view;
	struct problem problem;
	struct bh_report header;
	uint8_t *raw;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, data, sizeof(header));
	header.magic = BH_REPORT_MAGIC;
	header.version = BH_ABI_VERSION;
	header.size = size;
	header.variant_count %= BH_MAX_VARIANTS + 2;
	header.past_count %= BH_REPORT_PAST + 2;
	raw = malloc(size);
	require(raw != NULL);
	memcpy(raw, data, size);
	memcpy(raw, &header, sizeof(header));
	if (view_open(&view, raw, size, &problem) == 0) {
		print(&view);
		json_decref(report_to_json(&view));
	}
	free(raw);
	return 0;
}
