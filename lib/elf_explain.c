/* SPDX-License-Identifier: ISC */
#include "lib/elf.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *bh_isa_name(enum bh_isa isa)
{
	switch (isa) {
	case BH_ISA_X86_64:
		return "x86_64";
	case BH_ISA_AARCH64:
		return "aarch64";
	case BH_ISA_RISCV64:
		return "riscv64";
	default:
		return "unknown";
	}
}

static int explain_type(uint64_t type, char *text, size_t size)
{
	if (type == ET_REL)
		return snprintf(text, size,
		                "image is an object file (.o); link it first");
	if (type == ET_CORE)
		return snprintf(text, size, "image is a core dump");
	return snprintf(text, size, "image has unknown type %" PRIu64, type);
}

/*
 * %i, %a, %b: the problem's index and numbers; %A, %B: in hexadecimal.
 */
static const char *const formats[] = {
        [BH_ELF_OK] = "image is well-formed",
        [BH_ELF_SHORT] = "file has %a bytes, too few for an ELF header",
        [BH_ELF_MAGIC] = "not an ELF file",
        [BH_ELF_CLASS] = "not a 64-bit ELF file (class %a)",
        [BH_ELF_BYTE_ORDER] = "not a little-endian ELF file (byte order %a)",
        [BH_ELF_VERSION] = "unknown ELF version %a",
        [BH_ELF_HEADER_SIZE] = "ELF header says it has %a bytes, not 64",
        [BH_ELF_MACHINE_UNKNOWN] =
                "image is for machine %a; known are x86_64 (62), aarch64 "
                "(183), riscv64 (243)",
        [BH_ELF_ENTRY_SIZE] = "program headers of %a bytes each, not 56",
        [BH_ELF_HEADERS_OUTSIDE] =
                "%b program headers at offset %A lie outside the file",
        [BH_ELF_INTERPRETER] =
                "image is dynamically linked (it names an interpreter); a "
                "bare guest must be static",
        [BH_ELF_NEEDED] =
                "image needs a shared library; a bare guest must be static",
        [BH_ELF_NO_SEGMENT] = "image has no segment to load",
        [BH_ELF_TOO_MANY] = "image has more than %b segments to load",
        [BH_ELF_SEGMENT_OUTSIDE] =
                "segment %i: %b bytes at offset %A lie outside the file",
        [BH_ELF_SEGMENT_SIZES] =
                "segment %i has %A bytes in the file but only %B in memory",
        [BH_ELF_SEGMENT_WRAPS] =
                "segment %i: %B bytes at address %A wrap around",
        [BH_ELF_SEGMENT_ALIGN] =
                "segment %i: alignment %A is not a power of two up to 1 GiB",
        [BH_ELF_SEGMENT_SKEWED] =
                "segment %i: address %A and offset %B differ modulo the "
                "alignment",
        [BH_ELF_SEGMENT_ACCESS] =
                "segment %i is neither readable, writable nor executable",
        [BH_ELF_SEGMENT_WX] = "segment %i is writable and executable",
        [BH_ELF_SEGMENT_ORDER] =
                "segment %i at address %A does not lie after the one before",
        [BH_ELF_SEGMENT_SHARES] =
                "segment %i at address %A shares a page with the one "
                "before; link with -z separate-code or a page-aligned "
                "layout",
        [BH_ELF_SEGMENT_RANGE] =
                "segment %i at %A to %B is not within guest memory (0x10000"
                " to 0x4000000000)",
        [BH_ELF_IMAGE_HUGE] = "image takes %A bytes of memory; the limit is %B",
        [BH_ELF_ENTRY] = "entry point %A lies in no executable segment",
        [BH_ELF_RELRO] =
                "read-only-after-relocation part of %B bytes at %A lies in "
                "no writable segment",
        [BH_ELF_DYNAMIC_OUTSIDE] =
                "dynamic section of %B bytes at offset %A lies outside the "
                "file",
        [BH_ELF_TEXT_RELOCATIONS] =
                "image has text relocations; compile it with -fPIE",
        [BH_ELF_TABLE] =
                "dynamic section: tag %A with value %B is impossible in a "
                "static image",
        [BH_ELF_RELOCATION_TYPE] =
                "relocation %i (at %B) has type %a; only relative ones are "
                "possible in a static image",
        [BH_ELF_RELOCATION_PLACE] =
                "relocation %i is for address %A, which is in no writable "
                "segment",
        [BH_ELF_SECTION] = "section %i lies outside the file",
};

static const char *expand(char code, const struct bh_elf_problem *problem,
                          char number[32])
{
	switch (code) {
	case 'i':
		snprintf(number, 32, "%u", problem->index);
		break;
	case 'a':
	case 'b':
		snprintf(number, 32, "%" PRIu64,
		         code == 'a' ? problem->a : problem->b);
		break;
	default:
		snprintf(number, 32, "0x%" PRIx64,
		         code == 'A' ? problem->a : problem->b);
	}
	return number;
}

static int explain_numbers(const struct bh_elf_problem *problem, char *text,
                           size_t size)
{
	const char *format = formats[problem->error];
	int length = 0;

	for (const char *end; *format; format = end) {
		char number[32];
		const char *piece = format;
		size_t span = strcspn(format, "%");

		end = format + span;
		if (span == 0) {
			piece = expand(format[1], problem, number);
			span = strlen(piece);
			end = format + 2;
		}
		if ((size_t)length < size)
			snprintf(text + length, size - (size_t)length, "%.*s",
			         (int)span, piece);
		length += (int)span;
	}
	return length;
}

int bh_elf_explain(const struct bh_elf_problem *problem, char *text,
                   size_t size)
{
	if (problem->error == BH_ELF_TYPE)
		return explain_type(problem->a, text, size);
	if (problem->error == BH_ELF_MACHINE_WRONG)
		return snprintf(text, size, "image is for %s, variant says %s",
		                bh_isa_name((enum bh_isa)problem->a),
		                bh_isa_name((enum bh_isa)problem->b));
	return explain_numbers(problem, text, size);
}
