/* SPDX-License-Identifier: ISC */
#ifndef BH_LIB_ELF_H
#define BH_LIB_ELF_H

/*
 * A reader of ELF64 little-endian images that lie in memory.
 *
 * It allocates nothing, keeps no pointer but the one to the image, and trusts
 * no byte of it: every offset, size and count is checked against the length
 * of the image before it is used.  The image may be hostile, but must not
 * change meanwhile.  Used by the cores to load a guest, and by the command
 * line to describe one.
 *
 * Source: System V ABI, edition 4.1 and its gABI drafts, chapters 4 and 5;
 * the processor supplements for x86-64, AArch64 and RISC-V.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/base.h"

/* Everything that can be wrong with an image. */
enum bh_elf_error {
	BH_ELF_OK = 0,
	/* the file */
	BH_ELF_SHORT,            /* a: bytes */
	BH_ELF_MAGIC,
	BH_ELF_CLASS,            /* a: EI_CLASS */
	BH_ELF_BYTE_ORDER,       /* a: EI_DATA */
	BH_ELF_VERSION,          /* a: version */
	BH_ELF_HEADER_SIZE,      /* a: e_ehsize */
	BH_ELF_MACHINE_UNKNOWN,  /* a: e_machine */
	BH_ELF_ENTRY_SIZE,       /* a: e_phentsize */
	BH_ELF_HEADERS_OUTSIDE,  /* a: offset, b: count of program headers */
	/* what a guest may be */
	BH_ELF_TYPE,             /* a: e_type */
	BH_ELF_MACHINE_WRONG,    /* a: enum bh_isa found, b: wanted */
	BH_ELF_INTERPRETER,
	BH_ELF_NEEDED,           /* needs a shared library */
	BH_ELF_NO_SEGMENT,
	BH_ELF_TOO_MANY,         /* a: segments, b: limit */
	/* a segment; index: its number in the program header table */
	BH_ELF_SEGMENT_OUTSIDE,  /* a: offset, b: size in the file */
	BH_ELF_SEGMENT_SIZES,    /* a: size in the file, b: in memory */
	BH_ELF_SEGMENT_WRAPS,    /* a: address, b: size */
	BH_ELF_SEGMENT_ALIGN,    /* a: alignment */
	BH_ELF_SEGMENT_SKEWED,   /* a: address, b: offset */
	BH_ELF_SEGMENT_ACCESS,   /* no access at all */
	BH_ELF_SEGMENT_WX,       /* writable and executable */
	BH_ELF_SEGMENT_ORDER,    /* a: address; not after the one before */
	BH_ELF_SEGMENT_SHARES,   /* a: address; a page with the one before */
	BH_ELF_SEGMENT_RANGE,    /* a: address, b: end; not in guest memory */
	BH_ELF_IMAGE_HUGE,       /* a: bytes, b: limit */
	BH_ELF_ENTRY,            /* a: address */
	BH_ELF_RELRO,            /* a: address, b: size */
	/* dynamic section */
	BH_ELF_DYNAMIC_OUTSIDE,  /* a: address, b: size */
	BH_ELF_TEXT_RELOCATIONS,
	BH_ELF_TABLE,            /* a: dynamic tag, b: its value */
	BH_ELF_RELOCATION_TYPE,  /* index: relocation, a: type, b: address */
	BH_ELF_RELOCATION_PLACE, /* index: relocation, a: address */
	/* sections, symbols, notes: never needed to run an image */
	BH_ELF_SECTION,          /* index: section */
};

struct bh_elf_problem {
	enum bh_elf_error error;
	uint32_t index;
	uint64_t a, b;
};

/*
 * Writes one line without a full stop or newline, such as "segment 2 is
 * writable and executable".  Returns the length it has or would have had, as
 * snprintf(3) does.
 */
int bh_elf_explain(const struct bh_elf_problem *problem, char *text,
                   size_t size);

/* "x86_64", "aarch64", "riscv64", or "unknown". */
const char *bh_isa_name(enum bh_isa isa);

struct bh_elf {
	const uint8_t *data; /* borrowed */
	size_t size;
	enum bh_isa isa;
	uint16_t type;       /* ET_EXEC, ET_DYN, ... */
	uint32_t flags;      /* e_flags */
	uint64_t entry;
	uint64_t segment_offset;
	uint32_t segment_count;
	uint64_t section_offset;
	uint32_t section_count; /* 0: no usable section table */
	uint32_t section_names; /* index of the section with their names */
};

struct bh_elf_segment {
	uint32_t type;  /* PT_* */
	uint32_t flags; /* PF_* */
	uint64_t offset;
	uint64_t address;
	uint64_t file_size;
	uint64_t memory_size;
	uint64_t alignment;
};

/* Checks the file header and where the tables lie. */
bool bh_elf_open(struct bh_elf *elf, const void *data, size_t size,
                 struct bh_elf_problem *problem);

/* INDEX below segment_count. */
void bh_elf_segment(const struct bh_elf *elf, uint32_t index,
                    struct bh_elf_segment *segment);

/*
 * The load plan: what a core has to do to run the image.  Making one checks
 * everything that a bare guest must be: static, W^X, in guest memory.
 */

#define BH_ELF_LOADS_MAX 32u
#define BH_ELF_IMAGE_MAX (UINT64_C(1) << 30) /* bytes from lowest to highest */

enum bh_elf_access {
	BH_ELF_READ = 1, /* always set */
	BH_ELF_WRITE = 2,
	BH_ELF_EXECUTE = 4,
};

struct bh_elf_load {
	uint32_t index;       /* in the program header table */
	uint32_t access;      /* enum bh_elf_access */
	uint64_t offset;      /* in the file */
	uint64_t address;     /* link-time */
	uint64_t file_size;
	uint64_t memory_size; /* not zero, at least file_size; the rest is zero */
	uint64_t page_start;  /* link-time, rounded to BH_PAGE_SIZE */
	uint64_t page_end;
};

struct bh_elf_plan {
	bool fixed;           /* runs only at its link-time addresses */
	uint64_t entry;
	uint64_t low, high;   /* of all loads, in pages */
	uint64_t alignment;   /* of low plus bias minus low: a power of two, at
	                         least BH_PAGE_SIZE */
	uint64_t relro_start; /* pages to protect after relocation; */
	uint64_t relro_end;   /* equal if there are none */
	uint32_t load_count;  /* ascending, never sharing a page */
	struct bh_elf_load loads[BH_ELF_LOADS_MAX];
	uint64_t rela_offset, rela_count; /* in the file; entries of 24 bytes */
	uint64_t relr_offset, relr_count; /* entries of 8 bytes */
};

/* ISA: what the image has to be for; BH_ISA_NONE: anything. */
bool bh_elf_plan(const struct bh_elf *elf, enum bh_isa isa,
                 struct bh_elf_plan *plan, struct bh_elf_problem *problem);

/*
 * Walks the relocations of a plan.  All are of one kind: the 64-bit word at
 * ADDRESS becomes bias plus ADDEND, or plus its own value.  bh_elf_relocation()
 * returns false at the end and on an error; then problem->error is not
 * BH_ELF_OK.  The word always lies within a writable load.
 */
struct bh_elf_relocations {
	uint64_t next;     /* entry of the current table */
	bool in_relr;
	uint64_t bitmap;   /* what is left of a RELR bitmap */
	uint64_t where;    /* link-time address of the bitmap's current bit */
	uint64_t base;     /* where the next bitmap starts */
	uint32_t count;    /* so far */
};

struct bh_elf_relocation {
	uint64_t address; /* link-time */
	bool in_place;    /* the addend is the word itself */
	uint64_t addend;
};

bool bh_elf_relocation(const struct bh_elf *elf, const struct bh_elf_plan *plan,
                       struct bh_elf_relocations *walk,
                       struct bh_elf_relocation *relocation,
                       struct bh_elf_problem *problem);

/* Sections.  Names and contents point into the image. */
struct bh_elf_section {
	const char *name; /* zero-terminated within the image, or "" */
	uint32_t type;    /* SHT_* */
	uint64_t flags;
	uint64_t address;
	uint64_t offset;
	uint64_t size;    /* within the image unless the type is SHT_NOBITS */
	uint32_t link;
	uint64_t entry_size;
};

/* False with a problem if the section's description is impossible. */
bool bh_elf_section(const struct bh_elf *elf, uint32_t index,
                    struct bh_elf_section *section,
                    struct bh_elf_problem *problem);

/*
 * Symbols.  A linear search: good for a report, not for a profile.
 */
struct bh_elf_symbol {
	const char *name;  /* zero-terminated, points into the image */
	uint64_t address;  /* link-time */
	uint64_t size;     /* 0: unknown */
};

/*
 * The function or object that holds the link-time ADDRESS: the innermost one
 * whose size says so, else the nearest one of unknown size below it in the
 * same section.
 */
bool bh_elf_symbol_at(const struct bh_elf *elf, uint64_t address,
                      struct bh_elf_symbol *symbol);
bool bh_elf_symbol_named(const struct bh_elf *elf, const char *name,
                         struct bh_elf_symbol *symbol);

/* Notes of PT_NOTE segments. */
struct bh_elf_note {
	const char *owner;   /* owner_size bytes, not always terminated */
	uint32_t owner_size;
	uint32_t type;
	const uint8_t *data;
	uint32_t size;
};

struct bh_elf_notes {
	uint32_t segment;
	uint64_t position; /* within the segment */
};

/* Starts with a zeroed walk; returns false after the last well-formed note. */
bool bh_elf_note(const struct bh_elf *elf, struct bh_elf_notes *walk,
                 struct bh_elf_note *note);

#endif
