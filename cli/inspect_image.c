/* SPDX-License-Identifier: ISC */
#include "inspect_image.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "abi/image.h"
#include "bh.h"
#include "escape.h"
#include "lib/elf.h"
#include "mapped.h"
#include "names.h"
#include "problem.h"

static void print_type(const struct bh_elf *elf)
{
	const char *text;

	switch (elf->type) {
	case ET_EXEC:
		text = "at a fixed address: every variant has the same layout";
		break;
	case ET_DYN:
		text = "position-independent: every variant gets its own "
		       "layout";
		break;
	case ET_REL:
		text = "an object that is not linked";
		break;
	default:
		text = "neither program nor object";
		break;
	}
	printf("  type             %s\n", text);
}

static void print_entry(const struct bh_elf *elf)
{
	struct bh_elf_symbol symbol;
	char safe[256] = "";

	if (bh_elf_symbol_at(elf, elf->entry, &symbol))
		escape_text(safe, sizeof(safe), symbol.name,
		            strlen(symbol.name));
	printf("  entry            0x%" PRIx64 "%s%s%s\n", elf->entry,
	       safe[0] ? " (" : "", safe, safe[0] ? ")" : "");
}

static uint64_t print_segments(const struct bh_elf *elf)
{
	uint64_t memory = 0;

	for (uint32_t i = 0; i < elf->segment_count; i++) {
		struct bh_elf_segment segment;

		bh_elf_segment(elf, i, &segment);
		if (segment.type != PT_LOAD)
			continue;
		memory += segment.memory_size;
		printf("  segment %-2u       %c%c%c 0x%-10" PRIx64 " %" PRIu64
		       " bytes, %" PRIu64 " from the file\n",
		       i, segment.flags & PF_R ? 'r' : '-',
		       segment.flags & PF_W ? 'w' : '-',
		       segment.flags & PF_X ? 'x' : '-', segment.address,
		       segment.memory_size, segment.file_size);
	}
	return memory;
}

static void print_note(const struct bh_elf *elf)
{
	struct bh_elf_notes walk = {0, 0};
	struct bh_elf_note note;
	struct bh_image_note found;

	while (bh_elf_note(elf, &walk, &note)) {
		if (note.owner_size != BH_IMAGE_NOTE_NAME_SIZE ||
		    memcmp(note.owner, BH_IMAGE_NOTE_NAME,
		           BH_IMAGE_NOTE_NAME_SIZE) != 0 ||
		    note.type != BH_IMAGE_NOTE_TYPE ||
		    note.size < sizeof(found))
			continue;
		memcpy(&found, note.data, sizeof(found));
		printf("  SDK              contracts %u.%u, for %s%s\n",
		       found.version >> 16, found.version & 0xffff,
		       isa_name(found.isa),
		       found.version >> 16 == BH_ABI_MAJOR
		               ? ""
		               : " (this bh speaks another major version)");
		return;
	}
	puts("  SDK              no note: not linked by bh-cc");
}

static void print_protector(const struct bh_elf *elf)
{
	struct bh_elf_symbol symbol;

	printf("  stack protector  %s\n",
	       bh_elf_symbol_named(elf, "__stack_chk_fail", &symbol) ||
	                       bh_elf_symbol_named(elf, "__stack_chk_guard",
	                                           &symbol)
	               ? "yes"
	               : "none that its symbols would show");
}

static uint64_t count_symbols(const struct bh_elf *elf)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < elf->section_count; i++) {
		struct bh_elf_section section;
		struct bh_elf_problem problem;

		if (bh_elf_section(elf, i, &section, &problem) &&
		    section.type == SHT_SYMTAB)
			count += section.size / sizeof(Elf64_Sym);
	}
	return count;
}

/* Walks all relocations, as a core would. */
static bool count_relocations(const struct bh_elf *elf,
                              const struct bh_elf_plan *plan, uint64_t *count,
                              struct bh_elf_problem *problem)
{
	struct bh_elf_relocations walk = {0};
	struct bh_elf_relocation relocation;

	problem->error = BH_ELF_OK;
	for (*count = 0;
	     bh_elf_relocation(elf, plan, &walk, &relocation, problem);
	     ++*count)
		;
	return problem->error == BH_ELF_OK;
}

static int print_verdict(const struct bh_elf *elf, enum bh_isa isa)
{
	struct bh_elf_problem problem = {.error = BH_ELF_OK};
	struct bh_elf_plan plan;
	uint64_t relocations;
	char text[256];

	if (bh_elf_plan(elf, isa, &plan, &problem) &&
	    count_relocations(elf, &plan, &relocations, &problem)) {
		printf("  relocations      %" PRIu64 "\n", relocations);
		puts("  bh               would load it");
		return 0;
	}
	bh_elf_explain(&problem, text, sizeof(text));
	printf("  bh               would not load it: %s\n", text);
	return 1;
}

int inspect_image(const char *path, enum bh_isa isa)
{
	struct bh_elf_problem problem;
	struct problem message;
	struct mapped file;
	struct bh_elf elf;
	char text[256];
	uint64_t memory;
	int r = mapped_open(&file, path);

	if (r) {
		problem_errno(&message, -r, "%s", path);
		return bh_complain("%s", message.text);
	}
	printf("%s\n", path);
	if (!bh_elf_open(&elf, file.data, file.size, &problem)) {
		bh_elf_explain(&problem, text, sizeof(text));
		printf("  bh               would not load it: %s\n", text);
		mapped_close(&file);
		return 1;
	}
	printf("  ISA              %s\n", isa_name(elf.isa));
	print_type(&elf);
	print_entry(&elf);
	memory = print_segments(&elf);
	printf("  size             %zu bytes, %" PRIu64 " in memory\n",
	       file.size, memory);
	print_note(&elf);
	print_protector(&elf);
	printf("  symbols          %" PRIu64 "\n", count_symbols(&elf));
	r = print_verdict(&elf, isa);
	mapped_close(&file);
	return r;
}
