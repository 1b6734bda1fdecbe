/* SPDX-License-Identifier: ISC */
#include "report_disasm.h"

/*
 * The compressed instructions of RV64 (C extension), each expanded to the full
 * one that it stands for.  Source: The RISC-V Instruction Set Manual, volume
 * I, chapter 16, tables 16.5 to 16.7 (20191213).
 */

enum opcode {
	LOAD = 0x03,
	LOAD_FP = 0x07,
	OP_IMM = 0x13,
	OP_IMM_32 = 0x1b,
	STORE = 0x23,
	STORE_FP = 0x27,
	OP = 0x33,
	LUI = 0x37,
	OP_32 = 0x3b,
	BRANCH = 0x63,
	JALR = 0x67,
	JAL = 0x6f,
};

static uint32_t bits(uint32_t c, unsigned high, unsigned low)
{
	return (c >> low) & ((1u << (high - low + 1)) - 1);
}

/* Bits HIGH to LOW of C, moved to start at bit AT. */
static uint32_t move(uint32_t c, unsigned high, unsigned low, unsigned at)
{
	return bits(c, high, low) << at;
}

static uint32_t extend(uint32_t value, unsigned width)
{
	unsigned shift = 32 - width;

	return (uint32_t)((int32_t)(value << shift) >> shift);
}

static uint32_t encode_i(uint32_t op, uint32_t f3, uint32_t rd, uint32_t rs1,
                         uint32_t immediate)
{
	return immediate << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op;
}

static uint32_t encode_r(uint32_t op, uint32_t f3, uint32_t f7, uint32_t rd,
                         uint32_t rs1, uint32_t rs2)
{
	return f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op;
}

static uint32_t encode_s(uint32_t op, uint32_t f3, uint32_t rs1, uint32_t rs2,
                         uint32_t immediate)
{
	return bits(immediate, 11, 5) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 |
	       bits(immediate, 4, 0) << 7 | op;
}

static uint32_t encode_b(uint32_t f3, uint32_t rs1, uint32_t offset)
{
	return bits(offset, 12, 12) << 31 | bits(offset, 10, 5) << 25 |
	       rs1 << 15 | f3 << 12 | bits(offset, 4, 1) << 8 |
	       bits(offset, 11, 11) << 7 | BRANCH;
}

static uint32_t encode_j(uint32_t offset)
{
	return bits(offset, 20, 20) << 31 | bits(offset, 10, 1) << 21 |
	       bits(offset, 11, 11) << 20 | bits(offset, 19, 12) << 12 | JAL;
}

/* Offsets of loads and stores with the short registers. */
static uint32_t offset_word(uint32_t c)
{
	return move(c, 5, 5, 6) | move(c, 12, 10, 3) | move(c, 6, 6, 2);
}

static uint32_t offset_double(uint32_t c)
{
	return move(c, 6, 5, 6) | move(c, 12, 10, 3);
}

/* The six-bit signed immediate. */
static uint32_t immediate6(uint32_t c)
{
	return extend(move(c, 12, 12, 5) | bits(c, 6, 2), 6);
}

static uint32_t expand_0(uint32_t c)
{
	uint32_t rd = 8 + bits(c, 4, 2), rs1 = 8 + bits(c, 9, 7);
	uint32_t sum = move(c, 10, 7, 6) | move(c, 12, 11, 4) |
	               move(c, 5, 5, 3) | move(c, 6, 6, 2);

	switch (bits(c, 15, 13)) {
	case 0:
		return sum ? encode_i(OP_IMM, 0, rd, 2, sum) : 0;
	case 1:
		return encode_i(LOAD_FP, 3, rd, rs1, offset_double(c));
	case 2:
		return encode_i(LOAD, 2, rd, rs1, offset_word(c));
	case 3:
		return encode_i(LOAD, 3, rd, rs1, offset_double(c));
	case 5:
		return encode_s(STORE_FP, 3, rs1, rd, offset_double(c));
	case 6:
		return encode_s(STORE, 2, rs1, rd, offset_word(c));
	case 7:
		return encode_s(STORE, 3, rs1, rd, offset_double(c));
	default:
		return 0;
	}
}

static uint32_t expand_arithmetic(uint32_t c)
{
	static const struct {
		uint8_t op, f3, f7;
	} table[2][4] = {
	        {{OP, 0, 0x20}, {OP, 4, 0}, {OP, 6, 0}, {OP, 7, 0}},
	        {{OP_32, 0, 0x20}, {OP_32, 0, 0}, {0, 0, 0}, {0, 0, 0}},
	};
	uint32_t rd = 8 + bits(c, 9, 7), rs2 = 8 + bits(c, 4, 2);
	uint32_t shift = move(c, 12, 12, 5) | bits(c, 6, 2);
	uint32_t wide = bits(c, 12, 12), which = bits(c, 6, 5);

	switch (bits(c, 11, 10)) {
	case 0:
		return encode_i(OP_IMM, 5, rd, rd, shift);
	case 1:
		return encode_i(OP_IMM, 5, rd, rd, 0x400 | shift);
	case 2:
		return encode_i(OP_IMM, 7, rd, rd, immediate6(c));
	default:
		if (!table[wide][which].op)
			return 0;
		return encode_r(table[wide][which].op, table[wide][which].f3,
		                table[wide][which].f7, rd, rd, rs2);
	}
}

static uint32_t jump(uint32_t c)
{
	return encode_j(extend(move(c, 12, 12, 11) | move(c, 8, 8, 10) |
	                               move(c, 10, 9, 8) | move(c, 6, 6, 7) |
	                               move(c, 7, 7, 6) | move(c, 2, 2, 5) |
	                               move(c, 11, 11, 4) | move(c, 5, 3, 1),
	                       12));
}

static uint32_t branch(uint32_t c, uint32_t f3)
{
	return encode_b(f3, 8 + bits(c, 9, 7),
	                extend(move(c, 12, 12, 8) | move(c, 6, 5, 6) |
	                               move(c, 2, 2, 5) | move(c, 11, 10, 3) |
	                               move(c, 4, 3, 1),
	                       9));
}

static uint32_t expand_upper(uint32_t c, uint32_t rd)
{
	uint32_t sp = extend(move(c, 12, 12, 9) | move(c, 4, 3, 7) |
	                             move(c, 5, 5, 6) | move(c, 2, 2, 5) |
	                             move(c, 6, 6, 4),
	                     10);

	if (rd == 2)
		return sp ? encode_i(OP_IMM, 0, 2, 2, sp) : 0;
	return immediate6(c) ? immediate6(c) << 12 | rd << 7 | LUI : 0;
}

static uint32_t expand_1(uint32_t c)
{
	uint32_t rd = bits(c, 11, 7);

	switch (bits(c, 15, 13)) {
	case 0:
		return encode_i(OP_IMM, 0, rd, rd, immediate6(c));
	case 1:
		return rd ? encode_i(OP_IMM_32, 0, rd, rd, immediate6(c)) : 0;
	case 2:
		return encode_i(OP_IMM, 0, rd, 0, immediate6(c));
	case 3:
		return expand_upper(c, rd);
	case 4:
		return expand_arithmetic(c);
	case 5:
		return jump(c);
	case 6:
		return branch(c, 0);
	default:
		return branch(c, 1);
	}
}

static uint32_t expand_move(uint32_t c, uint32_t rd, uint32_t rs2)
{
	bool link = bits(c, 12, 12);

	if (rs2 == 0 && rd == 0)
		return link ? 0x00100073 : 0; /* ebreak */
	if (rs2 == 0)
		return encode_i(JALR, 0, link ? 1 : 0, rd, 0);
	if (link)
		return encode_r(OP, 0, 0, rd, rd, rs2);
	return encode_i(OP_IMM, 0, rd, rs2, 0); /* shown as mv */
}

static uint32_t expand_2(uint32_t c)
{
	uint32_t rd = bits(c, 11, 7), rs2 = bits(c, 6, 2);
	uint32_t load_word =
	        move(c, 3, 2, 6) | move(c, 12, 12, 5) | move(c, 6, 4, 2);
	uint32_t load_double =
	        move(c, 4, 2, 6) | move(c, 12, 12, 5) | move(c, 6, 5, 3);
	uint32_t store_double = move(c, 9, 7, 6) | move(c, 12, 10, 3);
	uint32_t store_word = move(c, 8, 7, 6) | move(c, 12, 9, 2);

	switch (bits(c, 15, 13)) {
	case 0:
		return encode_i(OP_IMM, 1, rd, rd, move(c, 12, 12, 5) | rs2);
	case 1:
		return encode_i(LOAD_FP, 3, rd, 2, load_double);
	case 2:
		return rd ? encode_i(LOAD, 2, rd, 2, load_word) : 0;
	case 3:
		return rd ? encode_i(LOAD, 3, rd, 2, load_double) : 0;
	case 4:
		return expand_move(c, rd, rs2);
	case 5:
		return encode_s(STORE_FP, 3, 2, rs2, store_double);
	case 6:
		return encode_s(STORE, 2, 2, rs2, store_word);
	default:
		return encode_s(STORE, 3, 2, rs2, store_double);
	}
}

uint32_t riscv_expand(uint16_t code)
{
	switch (code & 3) {
	case 0:
		return expand_0(code);
	case 1:
		return expand_1(code);
	case 2:
		return expand_2(code);
	default:
		return 0;
	}
}
