/* SPDX-License-Identifier: ISC */
#include "core/core.h"

/*
 * Just enough of x86-64's encoding to tell three classes of instruction apart.
 * It serves the report and the upcall, never a decision about safety.
 * Source: Intel SDM volume 2A, chapter 2; volume 2D, appendix A (opcode maps).
 */

static bool is_prefix(uint8_t byte)
{
	switch (byte) {
	case 0x26: case 0x2e: case 0x36: case 0x3e: /* segments without effect */
	case 0x64: case 0x65:                       /* fs, gs */
	case 0x66: case 0x67:                       /* operand, address size */
	case 0xf0: case 0xf2: case 0xf3:            /* lock, rep */
		return true;
	default:
		return byte >= 0x40 && byte <= 0x4f; /* REX */
	}
}

static unsigned modrm_reg(uint8_t modrm)
{
	return modrm >> 3 & 7;
}

static enum bh_fault classify_two_byte(uint8_t opcode)
{
	switch (opcode) {
	case 0x00: case 0x01:                       /* lldt, lgdt, ... */
	case 0x06: case 0x07: case 0x08: case 0x09: /* clts, sysret, invd, wbinvd */
	case 0x20: case 0x21: case 0x22: case 0x23: /* mov to and from cr, dr */
	case 0x30: case 0x31: case 0x32: case 0x33: /* wrmsr, rdtsc, rdmsr, rdpmc */
	case 0x34: case 0x35:                       /* sysenter, sysexit */
		return BH_FAULT_INSTRUCTION;
	case 0x11: case 0x13: case 0x17: case 0x29: case 0x2b: /* mov?ps stores */
	case 0x7f: case 0xc3: case 0xd6: case 0xe7:            /* movdqa, ... */
	case 0xb0: case 0xb1: case 0xc0: case 0xc1: case 0xc7: /* cmpxchg, xadd */
		return BH_FAULT_WRITE;
	default:
		return opcode >= 0x90 && opcode <= 0x9f ? BH_FAULT_WRITE /* setcc */
		                                        : BH_FAULT_READ;
	}
}

static enum bh_fault classify_group_5(uint8_t modrm)
{
	switch (modrm_reg(modrm)) {
	case 0: case 1: /* inc, dec */
		return BH_FAULT_WRITE;
	case 2: case 3: case 4: case 5: /* call, jmp */
		return modrm >= 0xc0 ? BH_FAULT_EXECUTE : BH_FAULT_READ;
	default:
		return BH_FAULT_READ;
	}
}

/* ALU operations: 00-3f in groups of eight; 0 and 1 store, cmp does not. */
static bool is_alu_store(uint8_t opcode)
{
	return opcode < 0x38 && (opcode & 7) < 2;
}

static enum bh_fault classify_one_byte(uint8_t opcode, uint8_t modrm)
{
	switch (opcode) {
	case 0x6c: case 0x6d: case 0x6e: case 0x6f: /* ins, outs */
	case 0xe4: case 0xe5: case 0xe6: case 0xe7: /* in, out */
	case 0xec: case 0xed: case 0xee: case 0xef:
	case 0xcc: case 0xcd: case 0xcf:            /* int, iret */
	case 0xf4: case 0xfa: case 0xfb:            /* hlt, cli, sti */
		return BH_FAULT_INSTRUCTION;
	case 0x86: case 0x87: case 0x88: case 0x89: /* xchg, mov */
	case 0xc6: case 0xc7: case 0xa2: case 0xa3:
	case 0xa4: case 0xa5: case 0xaa: case 0xab: /* movs, stos */
	case 0xc0: case 0xc1: case 0xd0: case 0xd1: /* shifts */
	case 0xd2: case 0xd3: case 0xfe: case 0x68: case 0x6a:
		return BH_FAULT_WRITE;
	case 0x80: case 0x81: case 0x83: /* ALU with immediate; 7 is cmp */
		return modrm_reg(modrm) == 7 ? BH_FAULT_READ : BH_FAULT_WRITE;
	case 0xc2: case 0xc3: case 0xca: case 0xcb: /* ret */
		return BH_FAULT_EXECUTE;
	case 0xff:
		return classify_group_5(modrm);
	default:
		if (opcode >= 0x50 && opcode <= 0x57) /* push */
			return BH_FAULT_WRITE;
		return is_alu_store(opcode) ? BH_FAULT_WRITE : BH_FAULT_READ;
	}
}

enum bh_fault core_classify_protection(const uint8_t *code, size_t size)
{
	size_t at = 0;

	while (at < size && is_prefix(code[at]))
		at++;
	if (at == size)
		return BH_FAULT_READ;
	if (code[at] == 0x0f && at + 1 < size)
		return classify_two_byte(code[at + 1]);
	return classify_one_byte(code[at], at + 1 < size ? code[at + 1] : 0);
}
