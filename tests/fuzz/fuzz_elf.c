/* SPDX-License-Identifier: ISC */
/* links: lib/elf.o lib/elf_explain.o lib/elf_plan.o lib/elf_symbol.o */

/*
 * Everything that the ELF reader offers, on arbitrary bytes.  What a plan
 * promises is checked, since the core relies on it without looking again.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read must be readable; the sum itself is of no interest. */
static volatile uint8_t sink;

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_plan(const struct bh_elf *elf, const struct bh_elf_plan *plan)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < plan->load_count; i++) {
		const struct bh_elf_load *load = &plan->loads[i];

		require(load->offset <= elf->size &&
		        load->file_size <= elf->size - load->offset);
		require(load->file_size <= load->memory_size);
		require((load->access & (BH_ELF_WRITE | BH_ELF_EXECUTE)) !=
		        (BH_ELF_WRITE | BH_ELF_EXECUTE));
		require(load->page_start >= end || i == 0);
		require(load->page_start <= load->address &&
		        load->memory_size <= load->page_end - load->address);
		end = load->page_end;
	}
	require(plan->high - plan->low <= BH_ELF_IMAGE_MAX);
	require(plan->relro_start <= plan->relro_end);
}

static void relocate(const struct bh_elf *elf, const struct bh_elf_plan *plan)
{
	struct bh_elf_relocations walk = {0};
	struct bh_elf_relocation r;
	struct bh_elf_problem problem;
	char text[300];

	while (bh_elf_relocation(elf, plan, &walk, &r, &problem))
		require(r.address >= plan->low && r.address <= plan->high - 8);
	bh_elf_explain(&problem, text, sizeof(text));
}

static void look_around(const struct bh_elf *elf)
{
	struct bh_elf_notes walk = {0};
	struct bh_elf_note note;
	struct bh_elf_section section;
	struct bh_elf_symbol symbol;
	struct bh_elf_problem problem;

	for (uint32_t i = 0; i < elf->section_count && i < 64; i++)
		if (bh_elf_section(elf, i, &section, &problem))
			sink += (uint8_t)strlen(section.name);
	if (bh_elf_symbol_at(elf, elf->entry, &symbol))
		sink += (uint8_t)strlen(symbol.name);
	bh_elf_symbol_named(elf, "main", &symbol);
	while (bh_elf_note(elf, &walk, &note)) {
		for (uint32_t i = 0; i < note.size; i++)
			sink += note.data[i];
		for (uint32_t i = 0; i < note.owner_size; i++)
			sink += (uint8_t)note.owner[i];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_elf elf;
	struct bh_elf_plan plan;
	struct bh_elf_problem problem;
	char text[300];

	if (!bh_elf_open(&elf, data, size, &problem)) {
		bh_elf_explain(&problem, text, sizeof(text));
		return 0;
	}
	if (bh_elf_plan(&elf, BH_ISA_NONE, &plan, &problem)) {
		check_plan(&elf, &plan);
		relocate(&elf, &plan);
	}
	bh_elf_explain(&problem, text, sizeof(text));
	look_around(&elf);
	return 0;
}
