/* SPDX-License-Identifier: ISC */
#ifndef XLATE_RISCV64_H
#define XLATE_RISCV64_H

#include "xlate/guest.h"

/* Numbers of the instructions, from the decode table. */
enum riscv64_id {
	RV_none,
#define RV(name, ...) RV_##name,
#include "xlate/riscv64/rv64gc.def"
#undef RV
	RV_COUNT
};

/* The assembler's name with underscores for dots, as the table has it (also of
 * the compressed form, if it is one). */
const char *riscv64_name(const uint8_t *code, size_t size);

void riscv64_decode(struct xlate_instruction *i, const uint8_t *code,
                    size_t size);
int riscv64_interpret(struct xlate_machine *m, struct xlate_instruction *i);

#endif
