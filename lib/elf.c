/* SPDX-License-Identifier: ISC */
#include "lib/elf.h"

#include <elf.h>

#include "lib/elf_internal.h"

static enum bh_isa isa_of_machine(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64:
		return BH_ISA_X86_64;
	case EM_AARCH64:
		return BH_ISA_AARCH64;
	case EM_RISCV:
		return BH_ISA_RISCV64;
	default:
		return BH_ISA_NONE;
	}
}

static bool check_identity(const Elf64_Ehdr *header,
                           struct bh_elf_problem *problem)
{
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return elf_refuse(problem, BH_ELF_MAGIC, 0, 0, 0);
	if (header->e_ident[EI_CLASS] != ELFCLASS64)
		return elf_refuse(problem, BH_ELF_CLASS, 0,
		                  header->e_ident[EI_CLASS], 0);
	if (header->e_ident[EI_DATA] != ELFDATA2LSB)
		return elf_refuse(problem, BH_ELF_BYTE_ORDER, 0,
		                  header->e_ident[EI_DATA], 0);
	if (header->e_ident[EI_VERSION] != EV_CURRENT)
		return elf_refuse(problem, BH_ELF_VERSION, 0,
		                  header->e_ident[EI_VERSION], 0);
	return true;
}

static bool check_tables(struct bh_elf *elf, const Elf64_Ehdr *header,
                         struct bh_elf_problem *problem)
{
	if (header->e_version != EV_CURRENT)
		return elf_refuse(problem, BH_ELF_VERSION, 0, header->e_version,
		                  0);
	if (header->e_ehsize != sizeof(*header))
		return elf_refuse(problem, BH_ELF_HEADER_SIZE, 0,
		                  header->e_ehsize, 0);
	if (elf->isa == BH_ISA_NONE)
		return elf_refuse(problem, BH_ELF_MACHINE_UNKNOWN, 0,
		                  header->e_machine, 0);
	if (elf->segment_count && header->e_phentsize != sizeof(Elf64_Phdr))
		return elf_refuse(problem, BH_ELF_ENTRY_SIZE, 0,
		                  header->e_phentsize, 0);
	if (!elf_table_within(elf, elf->segment_offset, elf->segment_count,
	                      sizeof(Elf64_Phdr)))
		return elf_refuse(problem, BH_ELF_HEADERS_OUTSIDE, 0,
		                  elf->segment_offset, elf->segment_count);
	return true;
}

bool bh_elf_open(struct bh_elf *elf, const void *data, size_t size,
                 struct bh_elf_problem *problem)
{
	Elf64_Ehdr header;

	*elf = (struct bh_elf){.data = data, .size = size};
	*problem = (struct bh_elf_problem){BH_ELF_OK, 0, 0, 0};
	if (size < sizeof(header))
		return elf_refuse(problem, BH_ELF_SHORT, 0, size, 0);
	elf_copy(elf, 0, &header, sizeof(header));
	if (!check_identity(&header, problem))
		return false;

	elf->isa = isa_of_machine(header.e_machine);
	elf->type = header.e_type;
	elf->flags = header.e_flags;
	elf->entry = header.e_entry;
	elf->segment_offset = header.e_phoff;
	elf->segment_count = header.e_phnum;
	if (!check_tables(elf, &header, problem))
		return false;

	/* Sections are for people only: a bad table is the same as none. */
	if (header.e_shentsize == sizeof(Elf64_Shdr) &&
	    elf_table_within(elf, header.e_shoff, header.e_shnum,
	                     sizeof(Elf64_Shdr))) {
		elf->section_offset = header.e_shoff;
		elf->section_count = header.e_shnum;
		elf->section_names = header.e_shstrndx;
	}
	return true;
}

void bh_elf_segment(const struct bh_elf *elf, uint32_t index,
                    struct bh_elf_segment *segment)
{
	Elf64_Phdr p;

	elf_copy(elf, elf->segment_offset + (uint64_t)index * sizeof(p), &p,
	         sizeof(p));
	*segment = (struct bh_elf_segment){
	        .type = p.p_type,
	        .flags = p.p_flags,
	        .offset = p.p_offset,
	        .address = p.p_vaddr,
	        .file_size = p.p_filesz,
	        .memory_size = p.p_memsz,
	        .alignment = p.p_align,
	};
}
