/* SPDX-License-Identifier: ISC */
/* links: lib/elf.o lib/elf_explain.o lib/elf_plan.o lib/elf_symbol.o */

/*
 * The ELF reader: one well-formed image, and one small change for everything
 * that can be wrong with it.
 */

#include "test.h"

#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/elf.h"

#ifndef DT_RELR
#define DT_RELRSZ  35
#define DT_RELR    36
#define DT_RELRENT 37
#endif

/*
 * Addresses are offsets.  Page 0: headers and tables, read; page 1: code;
 * page 2: RELRO with the dynamic section; page 3: data, then a page of zeros.
 */
struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segments[8];
	Elf64_Rela rela[3];
	uint64_t relr[3];
	Elf64_Sym symbols[6];
	char strings[64];
	Elf64_Shdr sections[6];
	Elf64_Nhdr note;
	char note_owner[4];
	char note_data[8];
	uint8_t code[4096] __attribute__((aligned(4096)));
	Elf64_Dyn dynamic[16] __attribute__((aligned(4096)));
	uint64_t words[512] __attribute__((aligned(4096)));
};

enum segment {
	HEADERS,
	CODE,
	RELRO_DATA,
	DATA,
	DYNAMIC,
	RELRO,
	STACK,
	NOTE,
};

#define AT(member) offsetof(struct image, member)

static Elf64_Phdr segment(uint32_t type, uint32_t flags, uint64_t at,
                          uint64_t file_size, uint64_t memory_size)
{
	return (Elf64_Phdr){.p_type = type,
	                    .p_flags = flags,
	                    .p_offset = at,
	                    .p_vaddr = at,
	                    .p_paddr = at,
	                    .p_filesz = file_size,
	                    .p_memsz = memory_size,
	                    .p_align = type == PT_LOAD ? 4096 : 8};
}

static void fill_segments(struct image *m)
{
	m->segments[HEADERS] =
	        segment(PT_LOAD, PF_R, 0, AT(code) - 64, AT(code) - 64);
	m->segments[CODE] = segment(PT_LOAD, PF_R | PF_X, AT(code), 4096, 4096);
	m->segments[RELRO_DATA] = segment(PT_LOAD, PF_R | PF_W, AT(dynamic),
	                                  sizeof(m->dynamic), 4096);
	m->segments[DATA] = segment(PT_LOAD, PF_R | PF_W, AT(words),
	                            sizeof(m->words), 8192);
	m->segments[DYNAMIC] = segment(PT_DYNAMIC, PF_R | PF_W, AT(dynamic),
	                               sizeof(m->dynamic), sizeof(m->dynamic));
	m->segments[RELRO] = segment(PT_GNU_RELRO, PF_R, AT(dynamic),
	                             sizeof(m->dynamic), 4096);
	m->segments[STACK] = segment(PT_GNU_STACK, PF_R | PF_W, 0, 0, 0);
	m->segments[NOTE] = segment(PT_NOTE, PF_R, AT(note), 24, 24);
	m->segments[NOTE].p_align = 4;
}

static void fill_dynamic(struct image *m)
{
	const Elf64_Dyn entries[] = {
	        {DT_RELA, {AT(rela)}},
	        {DT_RELASZ, {sizeof(m->rela)}},
	        {DT_RELAENT, {24}},
	        {DT_RELR, {AT(relr)}},
	        {DT_RELRSZ, {sizeof(m->relr)}},
	        {DT_RELRENT, {8}},
	        {DT_FLAGS, {0}},
	        {DT_NULL, {0}},
	};

	memcpy(m->dynamic, entries, sizeof(entries));
	m->rela[0] = (Elf64_Rela){AT(words), R_X86_64_RELATIVE, 0x1111};
	m->rela[1] = (Elf64_Rela){0, R_X86_64_NONE, 0};
	m->rela[2] = (Elf64_Rela){AT(dynamic) + 4000, R_X86_64_RELATIVE, -8};
	m->relr[0] = AT(words) + 8; /* then words 2 and 4 */
	m->relr[1] = 1 | 1 << 1 | 1 << 3;
	m->relr[2] = 1 | 1 << 1; /* 63 words on: word 65 */
}

static Elf64_Sym symbol(uint32_t name, uint8_t type, uint16_t section,
                        uint64_t value, uint64_t size)
{
	return (Elf64_Sym){
	        name, ELF64_ST_INFO(STB_GLOBAL, type), 0, section, value, size};
}

static Elf64_Shdr section(uint32_t name, uint32_t type, uint64_t at,
                          uint64_t size, uint64_t entry_size, uint32_t link)
{
	return (Elf64_Shdr){.sh_name = name,
	                    .sh_type = type,
	                    .sh_addr = at,
	                    .sh_offset = at,
	                    .sh_size = size,
	                    .sh_entsize = entry_size,
	                    .sh_link = link};
}

static void fill_sections(struct image *m)
{
	static const char names[] = "\0outer\0inner\0label\0$x\0.text\0table";

	memcpy(m->strings, names, sizeof(names));
	m->symbols[1] = symbol(1, STT_FUNC, 1, AT(code), 256);
	m->symbols[2] = symbol(7, STT_FUNC, 1, AT(code) + 64, 64);
	m->symbols[3] = symbol(13, STT_NOTYPE, 1, AT(code) + 512, 0);
	m->symbols[4] = symbol(19, STT_NOTYPE, 1, AT(code) + 520, 0);
	m->symbols[5] = symbol(28, STT_OBJECT, SHN_UNDEF, AT(words), 8);
	m->sections[1] = section(22, SHT_PROGBITS, AT(code), 4096, 0, 0);
	m->sections[1].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
	m->sections[2] =
	        section(0, SHT_STRTAB, AT(strings), sizeof(m->strings), 0, 0);
	m->sections[3] = section(28, SHT_SYMTAB, AT(symbols),
	                         sizeof(m->symbols), sizeof(Elf64_Sym), 2);
	m->sections[4] = section(0, SHT_NOBITS, 0, UINT64_MAX, 0, 0);
	m->sections[5] = section(0, SHT_PROGBITS, UINT64_MAX, 2, 0, 0);
}

static int setup(void **state)
{
	struct image *m = aligned_alloc(4096, sizeof(*m));

	assert_non_null(m);
	memset(m, 0, sizeof(*m));
	memcpy(m->header.e_ident, ELFMAG, SELFMAG);
	m->header.e_ident[EI_CLASS] = ELFCLASS64;
	m->header.e_ident[EI_DATA] = ELFDATA2LSB;
	m->header.e_ident[EI_VERSION] = EV_CURRENT;
	m->header.e_type = ET_DYN;
	m->header.e_machine = EM_X86_64;
	m->header.e_version = EV_CURRENT;
	m->header.e_entry = AT(code) + 16;
	m->header.e_phoff = AT(segments);
	m->header.e_shoff = AT(sections);
	m->header.e_ehsize = sizeof(Elf64_Ehdr);
	m->header.e_phentsize = sizeof(Elf64_Phdr);
	m->header.e_phnum = 8;
	m->header.e_shentsize = sizeof(Elf64_Shdr);
	m->header.e_shnum = 6;
	m->header.e_shstrndx = 2;
	m->note = (Elf64_Nhdr){3, 7, 42};
	memcpy(m->note_owner, "bh", 3);
	memcpy(m->note_data, "content", 7);
	fill_segments(m);
	fill_dynamic(m);
	fill_sections(m);
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static struct bh_elf open_image(const struct image *m)
{
	struct bh_elf_problem problem;
	struct bh_elf elf;

	assert_true(bh_elf_open(&elf, m, sizeof(*m), &problem));
	return elf;
}

static void plans_a_good_image(void **state)
{
	struct image *m = *state;
	struct bh_elf elf = open_image(m);
	struct bh_elf_problem problem;
	struct bh_elf_plan plan;

	assert_true(bh_elf_plan(&elf, BH_ISA_X86_64, &plan, &problem));
	assert_false(plan.fixed);
	assert_int_equal(plan.load_count, 4);
	assert_int_equal(plan.low, 0);
	assert_int_equal(plan.high, AT(words) + 8192);
	assert_int_equal(plan.alignment, 4096);
	assert_int_equal(plan.entry, AT(code) + 16);
	assert_int_equal(plan.relro_start, AT(dynamic));
	assert_int_equal(plan.relro_end, AT(dynamic) + 4096);
	assert_int_equal(plan.loads[1].access, BH_ELF_READ | BH_ELF_EXECUTE);
	assert_int_equal(plan.loads[3].access, BH_ELF_READ | BH_ELF_WRITE);
	assert_int_equal(plan.loads[3].memory_size, 8192);
	assert_int_equal(plan.rela_count, 3);
	assert_int_equal(plan.relr_count, 3);
}

static void walks_relocations(void **state)
{
	static const struct bh_elf_relocation expected[] = {
	        {AT(words), false, 0x1111},
	        {AT(dynamic) + 4000, false, (uint64_t)-8},
	        {AT(words) + 8, true, 0},
	        {AT(words) + 16, true, 0},
	        {AT(words) + 32, true, 0},
	        {AT(words) + 65 * 8, true, 0},
	};
	struct bh_elf elf = open_image(*state);
	struct bh_elf_relocations walk = {0};
	struct bh_elf_relocation r;
	struct bh_elf_problem problem;
	struct bh_elf_plan plan;
	size_t n = 0;

	assert_true(bh_elf_plan(&elf, BH_ISA_X86_64, &plan, &problem));
	for (; bh_elf_relocation(&elf, &plan, &walk, &r, &problem); n++) {
		assert_true(n < sizeof(expected) / sizeof(expected[0]));
		assert_int_equal(r.address, expected[n].address);
		assert_int_equal(r.in_place, expected[n].in_place);
		assert_int_equal(r.addend, expected[n].addend);
	}
	assert_int_equal(problem.error, BH_ELF_OK);
	assert_int_equal(n, sizeof(expected) / sizeof(expected[0]));
}

static void finds_symbols(void **state)
{
	struct bh_elf elf = open_image(*state);
	struct bh_elf_symbol s;

	assert_true(bh_elf_symbol_at(&elf, AT(code) + 63, &s));
	assert_string_equal(s.name, "outer");
	assert_true(bh_elf_symbol_at(&elf, AT(code) + 64, &s));
	assert_string_equal(s.name, "inner");
	assert_true(bh_elf_symbol_at(&elf, AT(code) + 128, &s));
	assert_string_equal(s.name, "outer");
	assert_false(bh_elf_symbol_at(&elf, AT(code) + 256, &s));
	/* a mapping symbol nearer by is passed over */
	assert_true(bh_elf_symbol_at(&elf, AT(code) + 530, &s));
	assert_string_equal(s.name, "label");
	assert_false(bh_elf_symbol_at(&elf, AT(code) + 4096, &s));
	assert_true(bh_elf_symbol_named(&elf, "inner", &s));
	assert_int_equal(s.address, AT(code) + 64);
	assert_false(bh_elf_symbol_named(&elf, "table", &s));
}

/* Debug information has labels at offset 0 of sections that are not loaded. */
static void ignores_symbols_of_what_is_not_loaded(void **state)
{
	struct image *m = *state;
	struct bh_elf elf;
	struct bh_elf_symbol s;

	m->sections[1].sh_flags = 0;
	elf = open_image(m);
	assert_false(bh_elf_symbol_at(&elf, AT(code) + 530, &s));
}

static void survives_bad_symbols(void **state)
{
	struct image *m = *state;
	struct bh_elf elf;
	struct bh_elf_symbol s;

	m->symbols[2].st_name = UINT32_MAX;
	elf = open_image(m);
	assert_true(bh_elf_symbol_at(&elf, AT(code) + 64, &s));
	assert_string_equal(s.name, "outer");
	/* a name that does not end within its table */
	memset(m->strings, 'a', sizeof(m->strings));
	assert_false(bh_elf_symbol_at(&elf, AT(code) + 64, &s));
	m->sections[3].sh_size = UINT64_MAX;
	assert_false(bh_elf_symbol_at(&elf, AT(code) + 64, &s));
	m->header.e_shoff = UINT64_MAX - 8;
	elf = open_image(m);
	assert_int_equal(elf.section_count, 0);
}

static void reads_sections(void **state)
{
	struct bh_elf elf = open_image(*state);
	struct bh_elf_section s;
	struct bh_elf_problem problem;

	assert_true(bh_elf_section(&elf, 1, &s, &problem));
	assert_string_equal(s.name, ".text");
	assert_true(bh_elf_section(&elf, 4, &s, &problem)); /* SHT_NOBITS */
	assert_false(bh_elf_section(&elf, 5, &s, &problem));
	assert_int_equal(problem.error, BH_ELF_SECTION);
	assert_false(bh_elf_section(&elf, 6, &s, &problem));
}

static void reads_notes(void **state)
{
	struct image *m = *state;
	struct bh_elf elf = open_image(m);
	struct bh_elf_notes walk = {0};
	struct bh_elf_note note;

	assert_true(bh_elf_note(&elf, &walk, &note));
	assert_int_equal(note.type, 42);
	assert_int_equal(note.owner_size, 3);
	assert_memory_equal(note.owner, "bh", 3);
	assert_int_equal(note.size, 7);
	assert_memory_equal(note.data, "content", 7);
	assert_false(bh_elf_note(&elf, &walk, &note));

	m->note.n_descsz = UINT32_MAX;
	walk = (struct bh_elf_notes){0};
	assert_false(bh_elf_note(&elf, &walk, &note));
	m->note.n_descsz = 7;
	m->note.n_namesz = UINT32_MAX;
	walk = (struct bh_elf_notes){0};
	assert_false(bh_elf_note(&elf, &walk, &note));
}

/*
 * Malformed images.  Each case is one field of the good image that is set to
 * a bad value, and what is to be said about it.
 */
struct fault {
	size_t at;   /* offset of the field */
	size_t size; /* of the field */
	uint64_t value;
	enum bh_elf_error error;
	const char *text;
};

#define FIELD(m) AT(m), sizeof(((struct image *)0)->m)

static const struct fault faults[] = {
        {FIELD(header.e_ident[0]), 0, BH_ELF_MAGIC, "not an ELF file"},
        {FIELD(header.e_ident[EI_CLASS]), 1, BH_ELF_CLASS, "class 1"},
        {FIELD(header.e_ident[EI_DATA]), 2, BH_ELF_BYTE_ORDER, "byte order 2"},
        {FIELD(header.e_ident[EI_VERSION]), 7, BH_ELF_VERSION, "version 7"},
        {FIELD(header.e_version), 9, BH_ELF_VERSION, "version 9"},
        {FIELD(header.e_ehsize), 52, BH_ELF_HEADER_SIZE, "52 bytes"},
        {FIELD(header.e_machine), 3, BH_ELF_MACHINE_UNKNOWN, "machine 3"},
        {FIELD(header.e_machine), EM_AARCH64, BH_ELF_MACHINE_WRONG,
         "image is for aarch64, variant says x86_64"},
        {FIELD(header.e_phentsize), 32, BH_ELF_ENTRY_SIZE, "32 bytes"},
        {FIELD(header.e_phoff), UINT64_MAX, BH_ELF_HEADERS_OUTSIDE,
         "0xffffffffffffffff"},
        {FIELD(header.e_phnum), 0xffff, BH_ELF_HEADERS_OUTSIDE,
         "65535 program headers"},
        {FIELD(header.e_type), ET_REL, BH_ELF_TYPE, "object file"},
        {FIELD(header.e_type), ET_CORE, BH_ELF_TYPE, "core dump"},
        {FIELD(header.e_type), 77, BH_ELF_TYPE, "type 77"},
        {FIELD(header.e_phnum), 0, BH_ELF_NO_SEGMENT, "no segment"},
        {FIELD(header.e_entry), 0, BH_ELF_ENTRY, "entry point 0x0"},
        {FIELD(header.e_entry), AT(words), BH_ELF_ENTRY, "entry point"},
        {FIELD(header.e_type), ET_EXEC, BH_ELF_SEGMENT_RANGE,
         "segment 0 at 0x0"},
        {FIELD(segments[STACK].p_type), PT_INTERP, BH_ELF_INTERPRETER,
         "must be static"},
        {FIELD(segments[CODE].p_offset), UINT64_MAX - 4095,
         BH_ELF_SEGMENT_OUTSIDE, "segment 1: 4096 bytes at offset 0xffff"},
        {FIELD(segments[CODE].p_filesz), 1 << 20, BH_ELF_SEGMENT_OUTSIDE,
         "segment 1: 1048576 bytes"},
        {FIELD(segments[CODE].p_memsz), 4095, BH_ELF_SEGMENT_SIZES,
         "segment 1 has 0x1000 bytes in the file but only 0xfff"},
        {FIELD(segments[DATA].p_vaddr), UINT64_MAX - 4095, BH_ELF_SEGMENT_WRAPS,
         "segment 3: 0x2000 bytes at address 0xffff"},
        {FIELD(segments[DATA].p_memsz), UINT64_MAX, BH_ELF_SEGMENT_WRAPS,
         "segment 3"},
        {FIELD(segments[DATA].p_memsz), UINT64_C(1) << 40, BH_ELF_IMAGE_HUGE,
         "the limit is 0x40000000"},
        {FIELD(segments[DATA].p_align), 12, BH_ELF_SEGMENT_ALIGN,
         "segment 3: alignment 0xc"},
        {FIELD(segments[DATA].p_align), UINT64_C(1) << 31, BH_ELF_SEGMENT_ALIGN,
         "alignment 0x80000000"},
        {FIELD(segments[DATA].p_vaddr), AT(words) + 8, BH_ELF_SEGMENT_SKEWED,
         "segment 3"},
        {FIELD(segments[DATA].p_flags), 0, BH_ELF_SEGMENT_ACCESS,
         "segment 3 is neither"},
        {FIELD(segments[RELRO_DATA].p_flags), PF_R | PF_W | PF_X,
         BH_ELF_SEGMENT_WX, "segment 2 is writable and executable"},
        {FIELD(segments[CODE].p_vaddr), 0, BH_ELF_SEGMENT_ORDER,
         "segment 1 at address 0x0"},
        {FIELD(segments[RELRO_DATA].p_memsz), 4097, BH_ELF_SEGMENT_ORDER,
         "segment 3"},
        {FIELD(segments[RELRO].p_vaddr), AT(code), BH_ELF_RELRO,
         "no writable segment"},
        {FIELD(segments[RELRO].p_memsz), UINT64_MAX, BH_ELF_RELRO,
         "0xffffffffffffffff bytes"},
        {FIELD(segments[DYNAMIC].p_offset), UINT64_MAX, BH_ELF_DYNAMIC_OUTSIDE,
         "dynamic section"},
        {FIELD(dynamic[6].d_tag), DT_NEEDED, BH_ELF_NEEDED, "shared library"},
        {FIELD(dynamic[6].d_tag), DT_TEXTREL, BH_ELF_TEXT_RELOCATIONS, "-fPIE"},
        {FIELD(dynamic[6].d_un.d_val), DF_TEXTREL, BH_ELF_TEXT_RELOCATIONS,
         "-fPIE"},
        {FIELD(dynamic[0].d_un.d_val), UINT64_MAX, BH_ELF_TABLE, "tag 0x7"},
        {FIELD(dynamic[0].d_un.d_val), AT(words) + 4096, BH_ELF_TABLE,
         "tag 0x7"},
        {FIELD(dynamic[1].d_un.d_val), 25, BH_ELF_TABLE, "tag 0x8"},
        {FIELD(dynamic[1].d_un.d_val), UINT64_MAX, BH_ELF_TABLE, "tag 0x7"},
        {FIELD(dynamic[2].d_un.d_val), 0, BH_ELF_TABLE, "tag 0x8"},
        {FIELD(dynamic[4].d_un.d_val), 12, BH_ELF_TABLE, "tag 0x25"},
        {FIELD(rela[0].r_info), R_X86_64_GLOB_DAT, BH_ELF_RELOCATION_TYPE,
         "relocation 0 (at 0x"},
        {FIELD(rela[2].r_info), R_X86_64_IRELATIVE, BH_ELF_RELOCATION_TYPE,
         "has type 37"},
        {FIELD(rela[0].r_info), ELF64_R_INFO(1, R_X86_64_RELATIVE),
         BH_ELF_RELOCATION_TYPE, "relocation 0"},
        {FIELD(rela[2].r_offset), AT(code), BH_ELF_RELOCATION_PLACE,
         "relocation 2 is for address 0x"},
        {FIELD(rela[2].r_offset), AT(words) + 8192 - 7, BH_ELF_RELOCATION_PLACE,
         "relocation 2"},
        {FIELD(rela[2].r_offset), UINT64_MAX, BH_ELF_RELOCATION_PLACE,
         "0xffffffffffffffff"},
        {FIELD(relr[0]), 0, BH_ELF_RELOCATION_PLACE, "relocation 3"},
        {FIELD(relr[2]), UINT64_MAX - 1, BH_ELF_RELOCATION_PLACE,
         "0xfffffffffffffffe"},
};

/* Everything that a core does with an image; the first problem. */
static struct bh_elf_problem examine(const struct image *m)
{
	struct bh_elf_relocations walk = {0};
	struct bh_elf_relocation r;
	struct bh_elf_problem problem;
	struct bh_elf_plan plan;
	struct bh_elf elf;

	if (bh_elf_open(&elf, m, sizeof(*m), &problem) &&
	    bh_elf_plan(&elf, BH_ISA_X86_64, &plan, &problem))
		while (bh_elf_relocation(&elf, &plan, &walk, &r, &problem))
			;
	return problem;
}

static void refuses_malformed_images(void **state)
{
	struct image *m = *state;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct fault *f = &faults[i];
		struct bh_elf_problem problem;
		uint8_t saved[8];
		char text[256];

		memcpy(saved, (uint8_t *)m + f->at, f->size);
		memcpy((uint8_t *)m + f->at, &f->value, f->size);
		problem = examine(m);
		memcpy((uint8_t *)m + f->at, saved, f->size);
		bh_elf_explain(&problem, text, sizeof(text));
		if (problem.error != f->error || !strstr(text, f->text))
			fail_msg("case %zu: error %d \"%s\"", i, problem.error,
			         text);
	}
}

static void refuses_short_files(void **state)
{
	struct bh_elf elf;
	struct bh_elf_problem problem;

	for (size_t size = 0; size < sizeof(Elf64_Ehdr); size++) {
		assert_false(bh_elf_open(&elf, *state, size, &problem));
		assert_int_equal(problem.error, BH_ELF_SHORT);
	}
}

static void refuses_shared_pages(void **state)
{
	struct image *m = *state;
	struct bh_elf_problem problem;

	m->segments[DATA].p_align = 8;
	m->segments[RELRO_DATA].p_memsz = 4096 - 16;
	m->segments[DATA].p_vaddr = m->segments[DATA].p_vaddr - 8;
	problem = examine(m);
	assert_int_equal(problem.error, BH_ELF_SEGMENT_SHARES);
	assert_int_equal(problem.index, DATA);
}

static void refuses_too_many_segments(void **state)
{
	const struct image *m = *state;
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segments[BH_ELF_LOADS_MAX + 1];
	} many = {m->header, {{0}}};
	struct bh_elf_problem problem;
	struct bh_elf_plan plan;
	struct bh_elf elf;

	many.header.e_phoff = sizeof(many.header);
	many.header.e_phnum = BH_ELF_LOADS_MAX + 1;
	many.header.e_entry = 0;
	for (unsigned i = 0; i <= BH_ELF_LOADS_MAX; i++) {
		many.segments[i] =
		        segment(PT_LOAD, PF_R | PF_X, i * 4096, 0, 1);
		many.segments[i].p_offset = 0;
	}
	assert_true(bh_elf_open(&elf, &many, sizeof(many), &problem));
	assert_false(bh_elf_plan(&elf, BH_ISA_NONE, &plan, &problem));
	assert_int_equal(problem.error, BH_ELF_TOO_MANY);
	many.header.e_phnum--;
	assert_true(bh_elf_open(&elf, &many, sizeof(many), &problem));
	assert_true(bh_elf_plan(&elf, BH_ISA_NONE, &plan, &problem));
}

static void takes_fixed_images_in_range(void **state)
{
	struct image *m = *state;

	m->header.e_type = ET_EXEC;
	m->dynamic[0].d_tag = DT_NULL;
	m->header.e_entry += 0x400000;
	for (int i = HEADERS; i <= RELRO; i++)
		m->segments[i].p_vaddr += 0x400000;
	assert_int_equal(examine(m).error, BH_ELF_OK);
	m->segments[DATA].p_vaddr = BH_GUEST_TOP - 4096;
	assert_int_equal(examine(m).error, BH_ELF_SEGMENT_RANGE);
}

static void explains_in_little_room(void **state)
{
	const struct bh_elf_problem problem = {BH_ELF_SEGMENT_WX, 12, 0, 0};
	char text[16];
	int length = bh_elf_explain(&problem, text, sizeof(text));

	(void)state;
	assert_string_equal(text, "segment 12 is w");
	assert_int_equal(length,
	                 strlen("segment 12 is writable and executable"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	        CASE(plans_a_good_image),
	        CASE(walks_relocations),
	        CASE(finds_symbols),
	        CASE(ignores_symbols_of_what_is_not_loaded),
	        CASE(survives_bad_symbols),
	        CASE(reads_sections),
	        CASE(reads_notes),
	        CASE(refuses_malformed_images),
	        CASE(refuses_short_files),
	        CASE(refuses_shared_pages),
	        CASE(refuses_too_many_segments),
	        CASE(takes_fixed_images_in_range),
	        CASE(explains_in_little_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
