/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_REPORT_DISASM_H
#define BH_CLI_REPORT_DISASM_H

#include "report_view.h"

#define DISASM_LINES_MAX 16u

struct disasm_line {
	uint64_t address;
	bool current; /* at the program counter */
	char text[96];
};

struct disasm {
	unsigned count;
	struct disasm_line lines[DISASM_LINES_MAX];
};

/*
 * Disassembles around the variant's program counter: a few instructions
 * before, the one, a few after.  The bytes come from the image, where the
 * start of the function tells how instructions align, else from what the core
 * has saved.  No lines if neither has the code.
 */
void disasm_around(const struct view_variant *variant, struct disasm *out);

/*
 * riscv64 (RV64GC), which capstone 4 does not know.  Returns the length of the
 * instruction, 0 if SIZE bytes hold none; unknown ones become ".word".
 * Source: The RISC-V Instruction Set Manual, volume I, chapter 24 (20191213).
 */
unsigned riscv_disassemble(const uint8_t *code, size_t size, uint64_t address,
                           char *text, size_t text_size);

/* The full form of a compressed instruction, or 0. */
uint32_t riscv_expand(uint16_t code);

#endif
