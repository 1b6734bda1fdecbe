/* SPDX-License-Identifier: ISC */
#include "report_disasm.h"

#include <capstone/capstone.h>
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINES_BEFORE 5u
#define LINES_AFTER  4u
#define FUNCTION_MAX 65536u
#define RESYNC_BYTES 64u

/* Code that is known: SIZE bytes that lie at ADDRESS in the guest. */
struct code {
	const uint8_t *bytes;
	size_t size;
	uint64_t address;
};

struct decoder {
	uint32_t isa;
	csh handle;
	cs_insn *instruction;
};

static bool decoder_open(struct decoder *decoder, uint32_t isa)
{
	bool x86 = isa == BH_ISA_X86_64;

	*decoder = (struct decoder){.isa = isa};
	if (isa == BH_ISA_RISCV64)
		return true;
	if (isa != BH_ISA_X86_64 && isa != BH_ISA_AARCH64)
		return false;
	if (cs_open(x86 ? CS_ARCH_X86 : CS_ARCH_ARM64,
	            x86 ? CS_MODE_64 : CS_MODE_LITTLE_ENDIAN,
	            &decoder->handle) != CS_ERR_OK)
		return false;
	decoder->instruction = cs_malloc(decoder->handle);
	return decoder->instruction;
}

static void decoder_close(struct decoder *decoder)
{
	if (decoder->isa == BH_ISA_RISCV64)
		return;
	cs_free(decoder->instruction, 1);
	cs_close(&decoder->handle);
}

/* Length of the instruction at the start of the code, 0 if there is none. */
static unsigned decode(struct decoder *decoder, const struct code *code,
                       char *text, size_t size)
{
	const uint8_t *bytes = code->bytes;
	size_t left = code->size;
	uint64_t address = code->address;

	if (decoder->isa == BH_ISA_RISCV64)
		return riscv_disassemble(bytes, left, address, text, size);
	if (!cs_disasm_iter(decoder->handle, &bytes, &left, &address,
	                    decoder->instruction))
		return 0;
	snprintf(text, size, "%s%s%.60s", decoder->instruction->mnemonic,
	         decoder->instruction->op_str[0] ? " " : "",
	         decoder->instruction->op_str);
	return decoder->instruction->size;
}

static unsigned unit(uint32_t isa)
{
	switch (isa) {
	case BH_ISA_AARCH64:
		return 4;
	case BH_ISA_RISCV64:
		return 2;
	default:
		return 1;
	}
}

static struct code advance(struct code code, size_t n)
{
	if (n > code.size)
		n = code.size;
	code.bytes += n;
	code.size -= n;
	code.address += n;
	return code;
}

/* Does decoding from here reach the program counter exactly? */
static bool reaches(struct decoder *decoder, struct code code, uint64_t pc)
{
	char text[96];

	while (code.address < pc && code.size) {
		unsigned n = decode(decoder, &code, text, sizeof(text));

		code = advance(code, n ? n : unit(decoder->isa));
	}
	return code.address == pc;
}

/*
 * Moves the start of the code to where an instruction starts: where it is, or
 * else (a jump into the middle of one) wherever decoding meets the counter.
 */
static void align(struct decoder *decoder, struct code *code, uint64_t pc)
{
	if (reaches(decoder, *code, pc))
		return;
	if (pc - code->address > RESYNC_BYTES)
		*code = advance(*code,
		                (size_t)(pc - code->address) - RESYNC_BYTES);
	while (code->address < pc && !reaches(decoder, *code, pc))
		*code = advance(*code, unit(decoder->isa));
}

static void append(struct disasm *out, const struct code *code, uint64_t pc,
                   const char *text)
{
	struct disasm_line *line = &out->lines[out->count++];

	line->address = code->address;
	line->current = code->address == pc;
	snprintf(line->text, sizeof(line->text), "%s", text);
}

/* Drops the oldest of the lines before the program counter. */
static void drop_first(struct disasm *out)
{
	memmove(&out->lines[0], &out->lines[1],
	        (out->count - 1) * sizeof(out->lines[0]));
	out->count--;
}

static void decode_lines(struct decoder *decoder, struct code code, uint64_t pc,
                         struct disasm *out)
{
	unsigned after = 0;
	char text[96];

	while (code.size && after <= LINES_AFTER) {
		unsigned n = decode(decoder, &code, text, sizeof(text));

		if (n == 0) {
			snprintf(text, sizeof(text), ".byte 0x%02x",
			         code.bytes[0]);
			n = 1;
		}
		append(out, &code, pc, text);
		if (code.address >= pc)
			after++;
		else if (out->count > LINES_BEFORE)
			drop_first(out);
		code = advance(code, n);
	}
}

static bool find_segment(const struct bh_elf *elf, uint64_t linked,
                         struct bh_elf_segment *segment)
{
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		bh_elf_segment(elf, i, segment);
		if (segment->type == PT_LOAD && (segment->flags & PF_X) &&
		    linked >= segment->address &&
		    linked - segment->address < segment->file_size &&
		    segment->offset <= elf->size &&
		    segment->file_size <= elf->size - segment->offset)
			return true;
	}
	return false;
}

static bool code_of_image(const struct view_variant *variant, struct code *code)
{
	const struct bh_core_state *state = &variant->raw.state;
	uint64_t linked = state->pc - state->bias;
	struct bh_elf_segment segment;
	struct bh_elf_symbol symbol;
	uint64_t skip;

	if (!variant->has_elf ||
	    !find_segment(&variant->elf, linked, &segment) ||
	    !bh_elf_symbol_at(&variant->elf, linked, &symbol) ||
	    symbol.address < segment.address || symbol.address > linked ||
	    linked - symbol.address > FUNCTION_MAX)
		return false;
	skip = symbol.address - segment.address;
	*code = (struct code){
	        .bytes = variant->elf.data + segment.offset + skip,
	        .size = (size_t)(segment.file_size - skip),
	        .address = symbol.address + state->bias,
	};
	return true;
}

static bool code_of_state(const struct view_variant *variant, struct code *code)
{
	const struct bh_core_state *state = &variant->raw.state;

	if (state->code_size == 0 || state->pc < state->code_address ||
	    state->pc - state->code_address >= state->code_size)
		return false;
	*code = (struct code){state->code, state->code_size,
	                      state->code_address};
	return true;
}

void disasm_around(const struct view_variant *variant, struct disasm *out)
{
	uint64_t pc = variant->raw.state.pc;
	struct decoder decoder;
	struct code code;

	out->count = 0;
	if (!code_of_image(variant, &code) && !code_of_state(variant, &code))
		return;
	if (!decoder_open(&decoder, variant->raw.isa))
		return;
	align(&decoder, &code, pc);
	decode_lines(&decoder, code, pc, out);
	decoder_close(&decoder);
}
