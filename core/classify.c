/* SPDX-License-Identifier: ISC */
#include "core/core.h"

static uint32_t word(const uint8_t *code, size_t size)
{
	uint32_t value = 0;

	for (size_t i = 0; i < 4 && i < size; i++)
		value |= (uint32_t)code[i] << (8 * i);
	return value;
}

/* int3, int 3, icebp; ud2, and ud1, which clang's sanitizers trap with. */
static bool traps_x86_64(const uint8_t *code, size_t size)
{
	if (size >= 1 && (code[0] == 0xcc || code[0] == 0xf1))
		return true;
	if (size >= 2 && code[0] == 0xcd && code[1] == 0x03)
		return true;
	if (size >= 3 && code[0] == 0x67 && code[1] == 0x0f)
		return code[2] == 0xb9;
	return size >= 2 && code[0] == 0x0f &&
	       (code[1] == 0x0b || code[1] == 0xb9);
}

/* brk #imm16 */
static bool traps_aarch64(const uint8_t *code, size_t size)
{
	return size >= 4 && (word(code, size) & UINT32_C(0xffe0001f)) ==
	                            UINT32_C(0xd4200000);
}

/* c.unimp, c.ebreak; ebreak; unimp, which is csrrw x0, cycle, x0. */
static bool traps_riscv64(const uint8_t *code, size_t size)
{
	uint32_t w = word(code, size);

	if (size >= 2 && ((w & 0xffff) == 0x0000 || (w & 0xffff) == 0x9002))
		return true;
	return size >= 4 &&
	       (w == UINT32_C(0x00100073) || w == UINT32_C(0xc0001073));
}

/* What is told apart is no longer, on any ISA. */
#define TELLING 4u

enum bh_fault core_classify_at(const struct core *core, uint64_t pc)
{
	uint64_t size = core_reach(core, pc, TELLING, CORE_EXECUTE);

	return core_classify_instruction((enum bh_isa)core->start.isa,
	                                 (const uint8_t *)(uintptr_t)pc, size);
}

enum bh_fault core_classify_instruction(enum bh_isa isa, const uint8_t *code,
                                        size_t size)
{
	bool traps = false;

	if (isa == BH_ISA_X86_64)
		traps = traps_x86_64(code, size);
	else if (isa == BH_ISA_AARCH64)
		traps = traps_aarch64(code, size);
	else if (isa == BH_ISA_RISCV64)
		traps = traps_riscv64(code, size);
	return traps ? BH_FAULT_TRAP : BH_FAULT_INSTRUCTION;
}
