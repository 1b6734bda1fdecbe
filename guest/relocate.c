/* SPDX-License-Identifier: ISC */

/*
 * The image relocates itself, and says in a note what it is.  Built without
 * the stack protector, whose guard is not set yet.
 */

#include "abi/image.h"
#include "guest/start.h"

#if defined(__x86_64__)
#define ISA BH_ISA_X86_64
#define RELATIVE 8 /* R_X86_64_RELATIVE */
#elif defined(__aarch64__)
#define ISA BH_ISA_AARCH64
#define RELATIVE 1027 /* R_AARCH64_RELATIVE */
#elif defined(__riscv) && __riscv_xlen == 64
#define ISA BH_ISA_RISCV64
#define RELATIVE 3 /* R_RISCV_RELATIVE */
#else
#error "No such instruction set."
#endif

/* The note that tells an image of this SDK, see abi/image.h. */
struct note {
	uint32_t name_size;
	uint32_t descriptor_size;
	uint32_t type;
	char name[BH_IMAGE_NOTE_NAME_SIZE];
	struct bh_image_note descriptor;
};

__attribute__((section(".note.broken-hype"), used, aligned(4)))
static const struct note note = {
	.name_size = BH_IMAGE_NOTE_NAME_SIZE,
	.descriptor_size = sizeof(struct bh_image_note),
	.type = BH_IMAGE_NOTE_TYPE,
	.name = BH_IMAGE_NOTE_NAME,
	.descriptor = {.version = BH_ABI_VERSION, .isa = ISA},
};

/* The parts of ELF64 that relocation needs (System V ABI, chapter 5). */
struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, program_headers, section_headers;
	uint32_t flags;
	uint16_t size, program_header_size, program_header_count;
	uint16_t rest[3];
};

struct program_header {
	uint32_t type, flags;
	uint64_t offset, address, physical, file_size, memory_size, alignment;
};

struct dynamic {
	uint64_t tag, value;
};

struct relocation {
	uint64_t offset, info, addend;
};

enum {
	ELF_LOAD = 1,
	ELF_DYNAMIC = 2,
	ELF_TAG_RELA = 7,
	ELF_TAG_RELA_SIZE = 8,
};

extern const struct elf_header header __asm__("__ehdr_start")
        __attribute__((visibility("hidden")));

/*
 * Applies the relative relocations, the only kind that the linker leaves.  A
 * core may have done it already, with what is constant afterwards mapped
 * read-only; so only what differs is written.
 */
void bh_relocate(void)
{
	uint64_t base = (uint64_t)&header;
	const struct program_header *segment =
	        (const void *)(base + header.program_headers);
	const struct dynamic *dynamic = NULL;
	const struct relocation *table = NULL;
	uint64_t size = 0, bias = base;

	for (unsigned i = 0; i < header.program_header_count; i++) {
		if (segment[i].type == ELF_LOAD && segment[i].offset == 0)
			bias = base - segment[i].address;
	}
	for (unsigned i = 0; i < header.program_header_count; i++) {
		if (segment[i].type == ELF_DYNAMIC)
			dynamic = (const void *)(bias + segment[i].address);
	}
	for (; dynamic && dynamic->tag; dynamic++) {
		if (dynamic->tag == ELF_TAG_RELA)
			table = (const void *)(bias + dynamic->value);
		else if (dynamic->tag == ELF_TAG_RELA_SIZE)
			size = dynamic->value;
	}
	for (; table && size >= sizeof(*table); size -= sizeof(*table)) {
		uint64_t *target = (uint64_t *)(bias + table->offset);

		if ((uint32_t)table->info != RELATIVE)
			__builtin_trap();
		if (*target != bias + table->addend)
			*target = bias + table->addend;
		table++;
	}
}
