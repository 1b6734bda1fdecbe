/* SPDX-License-Identifier: ISC */
#include <elf.h>

#include "lib/elf.h"
#include "lib/elf_internal.h"

/* A string of a table, or NULL unless it ends within the table. */
static const char *string_at(const struct bh_elf *elf,
                             const struct bh_elf_section *table,
                             uint64_t offset)
{
	const char *text;

	if (offset >= table->size)
		return NULL;
	text = (const char *)elf->data + table->offset + offset;
	return memchr(text, 0, table->size - offset) ? text : NULL;
}

static bool read_section(const struct bh_elf *elf, uint32_t index,
                         struct bh_elf_section *section, uint32_t *name)
{
	Elf64_Shdr s;

	if (index >= elf->section_count)
		return false;
	elf_copy(elf, elf->section_offset + (uint64_t)index * sizeof(s), &s,
	         sizeof(s));
	*name = s.sh_name;
	*section = (struct bh_elf_section){
	        .name = "",
	        .type = s.sh_type,
	        .flags = s.sh_flags,
	        .address = s.sh_addr,
	        .offset = s.sh_offset,
	        .size = s.sh_size,
	        .link = s.sh_link,
	        .entry_size = s.sh_entsize,
	};
	return s.sh_type == SHT_NOBITS || s.sh_type == SHT_NULL ||
	       elf_within(s.sh_offset, s.sh_size, elf->size);
}

bool bh_elf_section(const struct bh_elf *elf, uint32_t index,
                    struct bh_elf_section *section,
                    struct bh_elf_problem *problem)
{
	struct bh_elf_section names;
	const char *text = NULL;
	uint32_t name, unused;

	if (!read_section(elf, index, section, &name))
		return elf_refuse(problem, BH_ELF_SECTION, index, 0, 0);
	if (read_section(elf, elf->section_names, &names, &unused) &&
	    names.type == SHT_STRTAB)
		text = string_at(elf, &names, name);
	if (text)
		section->name = text;
	return true;
}

struct symbols {
	struct bh_elf_section table, strings;
	uint64_t count;
};

/* The full symbol table, or the dynamic one where that has been stripped. */
static bool find_symbols(const struct bh_elf *elf, struct symbols *symbols)
{
	static const uint32_t types[] = {SHT_SYMTAB, SHT_DYNSYM};
	uint32_t unused;

	for (unsigned t = 0; t < 2; t++) {
		for (uint32_t i = 0; i < elf->section_count; i++) {
			if (!read_section(elf, i, &symbols->table, &unused) ||
			    symbols->table.type != types[t] ||
			    symbols->table.entry_size != sizeof(Elf64_Sym))
				continue;
			if (!read_section(elf, symbols->table.link,
			                  &symbols->strings, &unused) ||
			    symbols->strings.type != SHT_STRTAB)
				continue;
			symbols->count =
			        symbols->table.size / sizeof(Elf64_Sym);
			return true;
		}
	}
	return false;
}

/*
 * Reads symbol INDEX.  False if it names no place in memory: undefined,
 * absolute, a section, a file, a thread-local; or one of the mapping symbols
 * ($x, $d) of the Arm and RISC-V ABIs, or a label of the compiler's own (.L),
 * which riscv64 images keep for their linker's relaxation.
 */
static bool read_symbol(const struct bh_elf *elf, const struct symbols *symbols,
                        uint64_t index, Elf64_Sym *raw,
                        struct bh_elf_symbol *symbol)
{
	uint8_t type;

	elf_copy(elf, symbols->table.offset + index * sizeof(*raw), raw,
	         sizeof(*raw));
	type = ELF64_ST_TYPE(raw->st_info);
	if (raw->st_shndx == SHN_UNDEF || raw->st_shndx >= SHN_LORESERVE ||
	    (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE &&
	     type != STT_GNU_IFUNC))
		return false;
	symbol->name = string_at(elf, &symbols->strings, raw->st_name);
	symbol->address = raw->st_value;
	symbol->size = raw->st_size;
	return symbol->name && symbol->name[0] && symbol->name[0] != '$' &&
	       strncmp(symbol->name, ".L", 2) != 0;
}

static bool same_section(const struct bh_elf *elf, uint32_t index,
                         uint64_t address)
{
	struct bh_elf_section section;
	uint32_t unused;

	return read_section(elf, index, &section, &unused) &&
	       (section.flags & SHF_ALLOC) && address >= section.address &&
	       address - section.address < section.size;
}

/* Whether A describes the address better than B. */
static bool is_closer(const struct bh_elf_symbol *a,
                      const struct bh_elf_symbol *b)
{
	if (!b->name)
		return true;
	if ((a->size != 0) != (b->size != 0))
		return a->size != 0;
	return a->address > b->address;
}

bool bh_elf_symbol_at(const struct bh_elf *elf, uint64_t address,
                      struct bh_elf_symbol *symbol)
{
	struct symbols symbols;
	struct bh_elf_symbol one;
	Elf64_Sym raw;

	*symbol = (struct bh_elf_symbol){NULL, 0, 0};
	if (!find_symbols(elf, &symbols))
		return false;
	for (uint64_t i = 0; i < symbols.count; i++) {
		if (!read_symbol(elf, &symbols, i, &raw, &one) ||
		    address < one.address)
			continue;
		if (one.size ? address - one.address >= one.size
		             : !same_section(elf, raw.st_shndx, address))
			continue;
		if (is_closer(&one, symbol))
			*symbol = one;
	}
	return symbol->name != NULL;
}

bool bh_elf_symbol_named(const struct bh_elf *elf, const char *name,
                         struct bh_elf_symbol *symbol)
{
	struct symbols symbols;
	Elf64_Sym raw;

	if (!find_symbols(elf, &symbols))
		return false;
	for (uint64_t i = 0; i < symbols.count; i++)
		if (read_symbol(elf, &symbols, i, &raw, symbol) &&
		    strcmp(symbol->name, name) == 0)
			return true;
	return false;
}

static bool next_note(const uint8_t *data, uint64_t size, uint64_t *position,
                      uint64_t alignment, struct bh_elf_note *note)
{
	Elf64_Nhdr header;
	uint64_t owner, content, end;

	if (!elf_within(*position, sizeof(header), size))
		return false;
	memcpy(&header, data + *position, sizeof(header));
	owner = *position + sizeof(header);
	content = (owner + header.n_namesz + alignment - 1) & ~(alignment - 1);
	end = (content + header.n_descsz + alignment - 1) & ~(alignment - 1);
	if (content > size || header.n_descsz > size - content)
		return false;
	*note = (struct bh_elf_note){
	        .owner = (const char *)data + owner,
	        .owner_size = header.n_namesz,
	        .type = header.n_type,
	        .data = data + content,
	        .size = header.n_descsz,
	};
	*position = end;
	return true;
}

bool bh_elf_note(const struct bh_elf *elf, struct bh_elf_notes *walk,
                 struct bh_elf_note *note)
{
	for (; walk->segment < elf->segment_count; walk->segment++) {
		struct bh_elf_segment s;

		bh_elf_segment(elf, walk->segment, &s);
		if (s.type == PT_NOTE &&
		    elf_within(s.offset, s.file_size, elf->size) &&
		    next_note(elf->data + s.offset, s.file_size,
		              &walk->position, s.alignment == 8 ? 8 : 4, note))
			return true;
		walk->position = 0;
	}
	return false;
}
