/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "xlate/aarch64/aarch64.h"

/* Where operands are. */
enum format {
	NONE,
	/* Data processing on general registers. */
	ADR,
	ADRP,
	ADD_IMMEDIATE,
	ADDS_IMMEDIATE,
	LOGIC_IMMEDIATE,
	LOGICS_IMMEDIATE,
	MOVE_WIDE,
	MOVE_NOT,
	MOVE_KEEP,
	BITFIELD,
	BITFIELD_SIGNED,
	EXTRACT,
	REGISTERS,
	SHIFTED,
	SHIFTED_SUM,
	EXTENDED,
	EXTENDEDS,
	COMPARE,
	COMPARE_IMMEDIATE,
	SELECT,
	/* Branches and the system. */
	BRANCH,
	BRANCH_LINK,
	BRANCH_CONDITION,
	BRANCH_COMPARE,
	BRANCH_BIT,
	BRANCH_REGISTER,
	BRANCH_REGISTER_LINK,
	READ_SYSTEM,
	WRITE_SYSTEM,
	SYSTEM_ADDRESS,
	/* Loads and stores, of general registers and of others. */
	STORE_EXCLUSIVE,
	STORE_RELEASE,
	LOAD_EXCLUSIVE,
	ATOMIC,
	COMPARE_SWAP,
	COMPARE_SWAP_PAIR,
	LITERAL,
	LITERAL_FLOAT,
	LOAD_PAIR,
	LOAD_PAIR_FLOAT,
	STORE_PAIR,
	STORE_PAIR_FLOAT,
	LOAD_SCALED,
	LOAD_SCALED_FLOAT,
	STORE_SCALED,
	STORE_SCALED_FLOAT,
	LOAD_UNSCALED,
	LOAD_UNSCALED_FLOAT,
	STORE_UNSCALED,
	STORE_UNSCALED_FLOAT,
	LOAD_REGISTER,
	LOAD_REGISTER_FLOAT,
	STORE_REGISTER,
	STORE_REGISTER_FLOAT,
	STRUCTURES,
	STRUCTURES_POST,
	STRUCTURE,
	STRUCTURE_POST,
	STRUCTURE_REPEAT,
	STRUCTURE_REPEAT_POST,
	/* Vectors. */
	VECTOR_2,
	VECTOR_3,
	VECTOR_BITS,
	VECTOR_BYTES,
	VECTOR_LONG,
	VECTOR_NARROW,
	VECTOR_ACROSS,
	VECTOR_COPY,
	VECTOR_COPY_GENERAL,
	COPY_SIGNED,
	COPY_UNSIGNED,
	COPY_FROM_GENERAL,
	COPY_ELEMENT,
	VECTOR_EXTRACT,
	VECTOR_TABLE,
	MODIFIED,
	MODIFIED_MOVE,
	VECTOR_SHIFT,
	VECTOR_SHIFT_LONG,
	VECTOR_SHIFT_NARROW,
	SCALAR_PAIR,
	/* Floating point. */
	FLOAT_2,
	FLOAT_3,
	FLOAT_4,
	FLOAT_CONVERT,
	FLOAT_CONDITION,
	FLOAT_IMMEDIATE,
	FLOAT_TO_GENERAL,
	FLOAT_TO_GENERAL_HIGH,
	FLOAT_TO_FIXED,
	FLOAT_FROM_GENERAL,
	FLOAT_FROM_GENERAL_HIGH,
	FLOAT_FROM_FIXED,
	FLOATS_2,
	FLOATS_3,
	FLOATS_PAIR,
	FLOATS_NARROW,
	FLOATS_LONG,
	FLOATS_ACROSS,
	FLOATS_FIXED,
	FORMAT_MASK = 0xff,
	/* Sizes that lanes may have, and what changes a format. */
	B = 0x100,
	H = 0x200,
	S = 0x400,
	D = 0x800,
	SCALAR = 0x1000,
	ELEMENT = 0x2000,
	ZERO = 0x4000,
	BH = B | H,
	HS = H | S,
	SD = S | D,
	BHS = B | H | S,
	BHSD = B | H | S | D,
};

struct row {
	uint32_t match, mask;
	uint16_t format, id;
	uint8_t operation;
	const char *name;
};

#define A64(name, match, mask, format, operation, ...)                         \
	{match, mask, format, A64_##name, OP_##operation, #name},
#define A64_SAME(name, match, mask, format, same)                              \
	{match, mask, format, A64_##same, 0, #name},
static const struct row integer_rows[] = {
#define A64_WITHOUT_VECTOR
#include "xlate/aarch64/a64.def"
#undef A64_WITHOUT_VECTOR
};
static const struct row vector_rows[] = {
#define A64_WITHOUT_INTEGER
#include "xlate/aarch64/a64.def"
#undef A64_WITHOUT_INTEGER
};
#undef A64
#undef A64_SAME

static const uint8_t operations[] = {
        OP_ILLEGAL,
#define A64(name, match, mask, format, operation, ...) OP_##operation,
#define A64_SAME(...)
#include "xlate/aarch64/a64.def"
#undef A64
#undef A64_SAME
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint32_t bits(uint32_t word, unsigned low, unsigned count)
{
	return word >> low & ((UINT32_C(1) << count) - 1);
}

static int64_t signed_bits(uint32_t word, unsigned low, unsigned count)
{
	return (int32_t)(word << (32 - low - count)) >> (32 - count);
}

static unsigned rd(uint32_t word)
{
	return bits(word, 0, 5);
}

static uint8_t result(unsigned number)
{
	return (uint8_t)(number == 31 ? XLATE_SINK : number);
}

static uint8_t source(unsigned number)
{
	return (uint8_t)(number == 31 ? AARCH64_ZERO : number);
}

static bool is_64(uint32_t word)
{
	return word >> 31;
}

static unsigned top_bit(uint32_t word)
{
	return 31 - (unsigned)__builtin_clz(word);
}

static uint64_t repeat(uint64_t pattern, unsigned size)
{
	while (size < 64) {
		pattern |= pattern << size;
		size *= 2;
	}
	return pattern;
}

static uint64_t ones(unsigned count)
{
	return count < 64 ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
}

/* DecodeBitMasks(): imms + 1 ones, rotated by immr, repeated. */
static bool take_bit_mask(struct xlate_instruction *i, uint32_t w)
{
	uint32_t immr = bits(w, 16, 6), imms = bits(w, 10, 6);
	uint32_t pattern = bits(w, 22, 1) << 6 | (~imms & 63);
	unsigned size, count;
	uint64_t value;

	if (pattern < 2 || (!is_64(w) && pattern >> 6))
		return false;
	size = 1u << top_bit(pattern);
	count = (imms & (size - 1)) + 1;
	immr &= size - 1;
	if (count == size)
		return false;
	value = ones(count);
	if (immr)
		value = (value >> immr | value << (size - immr)) & ones(size);
	value = repeat(value, size);
	i->imm = (int64_t)(is_64(w) ? value : value & UINT32_MAX);
	return true;
}

/* Move wide: 16 bits somewhere. */
static bool take_wide(struct xlate_instruction *i, uint32_t w,
                      enum format format)
{
	uint64_t value = bits(w, 5, 16);
	unsigned at = bits(w, 21, 2) * 16;

	if (at >= 32 && !is_64(w))
		return false;
	i->shift = (uint8_t)at;
	if (format == MOVE_WIDE)
		value <<= at;
	else if (format == MOVE_NOT)
		value = ~(value << at);
	i->imm = (int64_t)(is_64(w) ? value : value & UINT32_MAX);
	return true;
}

/*
 * The field from bit immr to bit imms goes to bit 0; or that from bit 0 to bit
 * imms goes to bit -immr.  With a sign, it is first moved to the left end.
 */
static bool take_bitfield(struct xlate_instruction *i, uint32_t w,
                          bool is_signed)
{
	unsigned immr = bits(w, 16, 6), imms = bits(w, 10, 6);
	unsigned size = is_64(w) ? 64 : 32;
	bool left = imms < immr;

	if (bits(w, 22, 1) != is_64(w) || immr >= size || imms >= size)
		return false;
	i->shift = (uint8_t)(left ? size - immr : 0);
	i->amount = (uint8_t)(left ? 0 : immr);
	i->imm = (int64_t)ones(left ? imms + 1 : imms - immr + 1);
	if (is_signed) {
		i->size = (uint8_t)(size - 1 - imms);
		i->amount = (uint8_t)(i->amount + i->size);
	}
	return true;
}

static bool take_immediate(struct xlate_instruction *i, enum format format,
                           uint32_t w)
{
	i->immediate = true;
	switch (format) {
	case ADR:
		i->imm = signed_bits(w, 5, 19) * 4 + bits(w, 29, 2);
		return true;
	case ADRP:
		i->imm = (signed_bits(w, 5, 19) * 4 + bits(w, 29, 2)) * 4096;
		return true;
	case ADD_IMMEDIATE:
	case ADDS_IMMEDIATE:
		i->rs1 = (uint8_t)bits(w, 5, 5);
		i->rd = format == ADD_IMMEDIATE ? (uint8_t)rd(w) : i->rd;
		i->imm = (int64_t)bits(w, 10, 12) << bits(w, 22, 1) * 12;
		return true;
	case LOGIC_IMMEDIATE:
		i->rd = (uint8_t)rd(w);
		return take_bit_mask(i, w);
	case LOGICS_IMMEDIATE:
		return take_bit_mask(i, w);
	case BITFIELD:
	case BITFIELD_SIGNED:
		return take_bitfield(i, w, format == BITFIELD_SIGNED);
	default:
		return take_wide(i, w, format);
	}
}

/* False: a shift by as much as there are bits, or more. */
static bool take_shift(struct xlate_instruction *i, uint32_t w)
{
	i->shift = (uint8_t)bits(w, 22, 2);
	i->amount = (uint8_t)bits(w, 10, 6);
	return is_64(w) || i->amount < 32;
}

static bool take_extension(struct xlate_instruction *i, uint32_t w, bool flags)
{
	i->rs1 = (uint8_t)bits(w, 5, 5);
	if (!flags)
		i->rd = (uint8_t)rd(w);
	i->shift = (uint8_t)bits(w, 13, 3);
	i->amount = (uint8_t)bits(w, 10, 3);
	return i->amount <= 4;
}

static bool take_registers(struct xlate_instruction *i, enum format format,
                           uint32_t w)
{
	i->condition = (uint8_t)bits(w, 12, 4);
	switch (format) {
	case EXTRACT:
		i->amount = (uint8_t)bits(w, 10, 6);
		return bits(w, 22, 1) == is_64(w) &&
		       (is_64(w) || i->amount < 32);
	case SHIFTED:
		return take_shift(i, w);
	case SHIFTED_SUM:
		return take_shift(i, w) && i->shift != SHIFT_ROR;
	case EXTENDED:
	case EXTENDEDS:
		return take_extension(i, w, format == EXTENDEDS);
	case COMPARE:
	case COMPARE_IMMEDIATE:
		i->rd = XLATE_SINK;
		i->shift = (uint8_t)bits(w, 0, 4); /* the flags otherwise */
		i->immediate = format == COMPARE_IMMEDIATE;
		i->imm = bits(w, 16, 5);
		return true;
	default:
		return true;
	}
}

static bool take_branch(struct xlate_instruction *i, enum format format,
                        uint32_t w)
{
	i->rs1 = source(rd(w));
	i->rd = XLATE_SINK;
	switch (format) {
	case BRANCH_LINK:
		i->rd = AARCH64_LR;
		i->imm = signed_bits(w, 0, 26) * 4;
		return true;
	case BRANCH:
		i->imm = signed_bits(w, 0, 26) * 4;
		return true;
	case BRANCH_CONDITION:
		i->condition = (uint8_t)bits(w, 0, 4);
		i->imm = signed_bits(w, 5, 19) * 4;
		return true;
	case BRANCH_COMPARE:
		i->imm = signed_bits(w, 5, 19) * 4;
		return true;
	case BRANCH_BIT:
		i->amount = (uint8_t)(bits(w, 31, 1) << 5 | bits(w, 19, 5));
		i->imm = signed_bits(w, 5, 14) * 4;
		return true;
	case BRANCH_REGISTER_LINK:
		i->rd = AARCH64_LR;
		i->rs1 = source(bits(w, 5, 5));
		return true;
	case BRANCH_REGISTER:
		i->rs1 = source(bits(w, 5, 5));
		return true;
	case READ_SYSTEM:
		i->rd = result(rd(w));
		return true;
	default: /* WRITE_SYSTEM, SYSTEM_ADDRESS */
		return true;
	}
}

/* Bytes of an access, as a power of two, in the words of loads and stores. */
static unsigned access_size(uint32_t w, bool is_float)
{
	return bits(w, 30, 2) + (is_float ? bits(w, 23, 1) * 4 : 0);
}

static unsigned pair_size(uint32_t w, bool is_float)
{
	return is_float ? 2 + bits(w, 30, 2) : 2 + bits(w, 31, 1);
}

/* The register that is loaded or stored. */
static void take_data(struct xlate_instruction *i, uint32_t w, bool load,
                      bool is_float)
{
	unsigned number = rd(w);

	i->rd = XLATE_SINK;
	if (load)
		i->rd = is_float ? (uint8_t)number : result(number);
	else
		i->rs3 = is_float ? (uint8_t)number : source(number);
}

/* The other one of a pair. */
static void take_pair(struct xlate_instruction *i, uint32_t w, bool load,
                      bool is_float)
{
	unsigned number = bits(w, 10, 5);

	take_data(i, w, load, is_float);
	i->rs2 = i->rs3;
	if (is_float)
		i->rs3 = (uint8_t)number;
	else
		i->rs3 = load ? result(number) : source(number);
	i->imm = signed_bits(w, 15, 7) * (1 << pair_size(w, is_float));
}

/* False: an extension of bytes or halfwords. */
static bool take_index(struct xlate_instruction *i, uint32_t w, bool is_float)
{
	i->rs2 = source(bits(w, 16, 5));
	i->shift = (uint8_t)bits(w, 13, 3);
	i->amount = (uint8_t)(bits(w, 12, 1) * access_size(w, is_float));
	return i->shift & 2;
}

static bool take_exclusive(struct xlate_instruction *i, enum format format,
                           uint32_t w)
{
	unsigned second = bits(w, 10, 5), data = rd(w);

	if (format == STORE_EXCLUSIVE)
		i->rd = result(bits(w, 16, 5));
	else if (format == LOAD_EXCLUSIVE)
		i->rd = result(data);
	i->rs2 = source(data);
	i->rs3 = format == LOAD_EXCLUSIVE ? result(second) : source(second);
	return true;
}

/* `rs2` is what is stored, `rs3` what memory is compared with; of a pair, the
 * second ones are `shift` and `condition`, and where memory's goes `amount`. */
static bool take_atomic(struct xlate_instruction *i, enum format format,
                        uint32_t w)
{
	unsigned data = rd(w), other = bits(w, 16, 5);

	i->rd = result(format == ATOMIC ? data : other);
	i->rs2 = source(format == ATOMIC ? other : data);
	i->rs3 = source(other);
	if (format != COMPARE_SWAP_PAIR)
		return true;
	i->shift = source(data + 1);
	i->condition = source(other + 1);
	i->amount = result(other + 1);
	return !((data | other) & 1);
}

static bool take_access(struct xlate_instruction *i, enum format format,
                        uint32_t w)
{
	bool is_float = bits(w, 26, 1), load = bits(w, 22, 1);

	/* Sign-extending loads have bit 23 instead. */
	load |= !is_float && bits(w, 23, 1);
	i->rs1 = (uint8_t)bits(w, 5, 5); /* sp */
	switch (format) {
	case LITERAL:
	case LITERAL_FLOAT:
		take_data(i, w, true, is_float);
		i->imm = signed_bits(w, 5, 19) * 4;
		return true;
	case LOAD_PAIR:
	case LOAD_PAIR_FLOAT:
	case STORE_PAIR:
	case STORE_PAIR_FLOAT:
		take_pair(i, w, bits(w, 22, 1), is_float);
		return true;
	case LOAD_SCALED:
	case LOAD_SCALED_FLOAT:
	case STORE_SCALED:
	case STORE_SCALED_FLOAT:
		take_data(i, w, load, is_float);
		i->imm = (int64_t)bits(w, 10, 12) << access_size(w, is_float);
		return true;
	case LOAD_UNSCALED:
	case LOAD_UNSCALED_FLOAT:
	case STORE_UNSCALED:
	case STORE_UNSCALED_FLOAT:
		take_data(i, w, load, is_float);
		i->imm = signed_bits(w, 12, 9);
		return true;
	case LOAD_REGISTER:
	case LOAD_REGISTER_FLOAT:
	case STORE_REGISTER:
	case STORE_REGISTER_FLOAT:
		take_data(i, w, load, is_float);
		return take_index(i, w, is_float);
	case ATOMIC:
	case COMPARE_SWAP:
	case COMPARE_SWAP_PAIR:
		return take_atomic(i, format, w);
	default:
		return take_exclusive(i, format, w);
	}
}

/* Of 64 bits, or 128. */
static void set_lanes(struct xlate_instruction *i, uint32_t w, unsigned size)
{
	i->size = (uint8_t)size;
	i->lanes = (uint8_t)((bits(w, 30, 1) ? 16u : 8u) >> size);
}

/* What is loaded or stored: `imm` structures of `amount` registers, each with
 * `lanes` lanes, or one lane that begins at lane `shift`. */
static bool take_structures(struct xlate_instruction *i, uint32_t w)
{
	static const struct {
		uint8_t count, registers;
	} kinds[16] = {[0] = {1, 4}, [2] = {4, 1}, [4] = {1, 3}, [6] = {3, 1},
	               [7] = {1, 1}, [8] = {1, 2}, [10] = {2, 1}};

	set_lanes(i, w, bits(w, 10, 2));
	i->imm = kinds[bits(w, 12, 4)].count;
	i->amount = kinds[bits(w, 12, 4)].registers;
	/* A structure of 64-bit lanes would have but one of them. */
	return i->amount == 1 || i->size < 3 || bits(w, 30, 1);
}

static bool take_structure(struct xlate_instruction *i, uint32_t w)
{
	unsigned opcode = bits(w, 14, 2), size = bits(w, 10, 2);
	unsigned index = bits(w, 30, 1) << 3 | bits(w, 10, 3);

	i->amount = (uint8_t)(1 + bits(w, 21, 1) + bits(w, 13, 1) * 2);
	if (opcode == 3 || (opcode == 1 && size & 1) ||
	    (opcode == 2 && (size > 1 || (size && bits(w, 12, 1)))))
		return false;
	opcode += opcode == 2 && size;
	i->size = (uint8_t)opcode;
	i->shift = (uint8_t)(index >> opcode);
	return true;
}

static bool take_any_structure(struct xlate_instruction *i, enum format format,
                               uint32_t w)
{
	unsigned index = bits(w, 16, 5);
	bool post = format == STRUCTURES_POST || format == STRUCTURE_POST ||
	            format == STRUCTURE_REPEAT_POST;

	i->rd = (uint8_t)rd(w);
	i->rs1 = (uint8_t)bits(w, 5, 5);
	/* Register 31 stands for the size of what has been accessed. */
	i->immediate = index == 31;
	i->rs2 = post && index != 31 ? (uint8_t)index : AARCH64_ZERO;
	i->condition = post;
	if (format == STRUCTURES || format == STRUCTURES_POST)
		return take_structures(i, w);
	if (format == STRUCTURE || format == STRUCTURE_POST)
		return take_structure(i, w);
	set_lanes(i, w, bits(w, 10, 2));
	i->amount = (uint8_t)(1 + bits(w, 21, 1) + bits(w, 13, 1) * 2);
	return true;
}

/* Element of a register, for SIZE. */
static bool take_element(struct xlate_instruction *i, uint32_t w, unsigned size)
{
	unsigned high = bits(w, 11, 1), low = bits(w, 21, 1);

	i->second = SECOND_ELEMENT;
	i->rs2 = (uint8_t)bits(w, 16, 5);
	if (size == 1) {
		i->rs2 &= 15;
		i->imm = high << 2 | low << 1 | bits(w, 20, 1);
	} else if (size == 2) {
		i->imm = high << 1 | low;
	} else {
		i->imm = high;
		return !low;
	}
	return true;
}

/* VFPExpandImm() */
static uint64_t expand_float(uint32_t imm8, bool is_double)
{
	uint64_t sign = imm8 >> 7, exponent = imm8 >> 4 & 7, rest = imm8 & 15;

	exponent = (exponent & 3) | (exponent & 4 ? 0 : 4);
	if (is_double)
		return sign << 63 |
		       (exponent & 4 ? UINT64_C(0x400) : UINT64_C(0x3fc))
		               << 52 |
		       (exponent & 3) << 52 | rest << 48;
	return sign << 31 |
	       (exponent & 4 ? UINT64_C(0x80) : UINT64_C(0x7c)) << 23 |
	       (exponent & 3) << 23 | rest << 19;
}

/* AdvSIMDExpandImm() */
static uint64_t expand_modified(uint32_t imm8, unsigned mode, bool op)
{
	uint64_t bytes = 0;

	if (mode < 8)
		return repeat((uint64_t)imm8 << mode / 2 * 8, 32);
	if (mode < 12)
		return repeat((uint64_t)imm8 << (mode / 2 & 1) * 8, 16);
	if (mode == 12)
		return repeat((uint64_t)imm8 << 8 | 0xff, 32);
	if (mode == 13)
		return repeat((uint64_t)imm8 << 16 | 0xffff, 32);
	if (mode == 14 && !op)
		return repeat(imm8, 8);
	if (mode == 15 && op)
		return expand_float(imm8, true);
	if (mode == 15)
		return repeat(expand_float(imm8, false), 32);
	for (unsigned n = 0; n < 8; n++)
		if (imm8 >> n & 1)
			bytes |= UINT64_C(0xff) << n * 8;
	return bytes;
}

static bool take_modified(struct xlate_instruction *i, uint32_t w, bool move)
{
	unsigned mode = bits(w, 12, 4);
	bool op = bits(w, 29, 1);
	uint64_t value =
	        expand_modified(bits(w, 16, 3) << 5 | bits(w, 5, 5), mode, op);

	if (move && op && mode < 14)
		value = ~value;
	i->imm = (int64_t)value;
	set_lanes(i, w, 3);
	return !(mode == 15 && op && i->lanes == 1);
}

/* immh:immb says how large lanes are and how far they are shifted. */
static bool take_vector_shift(struct xlate_instruction *i, uint32_t w,
                              enum format format)
{
	i->imm = bits(w, 16, 7);
	if (i->imm < 8)
		return false;
	i->size = (uint8_t)(top_bit((uint32_t)i->imm) - 3);
	if (format == VECTOR_SHIFT || format == FLOATS_FIXED)
		set_lanes(i, w, i->size);
	return true;
}

static bool take_copy(struct xlate_instruction *i, enum format format,
                      uint32_t w)
{
	unsigned imm5 = bits(w, 16, 5), size;
	bool is_general = format == COPY_SIGNED || format == COPY_UNSIGNED;

	if (!(imm5 & 15))
		return false;
	size = (unsigned)__builtin_ctz(imm5);
	set_lanes(i, w, size);
	i->imm = imm5 >> (size + 1);
	i->amount = (uint8_t)(bits(w, 11, 4) >> size);
	if (is_general)
		i->rd = result(rd(w));
	if (format == VECTOR_COPY_GENERAL || format == COPY_FROM_GENERAL)
		i->rs1 = source(bits(w, 5, 5));
	if (format == COPY_SIGNED)
		return size < 2 + bits(w, 30, 1);
	if (format == COPY_UNSIGNED)
		return size < 3 + bits(w, 30, 1);
	return true;
}

/* The upper half of a register, if bit 30 says so, is what is widened, or where
 * what is narrowed goes. */
static void set_half(struct xlate_instruction *i, uint32_t w)
{
	i->lanes = (uint8_t)(8u >> i->size);
	i->amount = bits(w, 30, 1) ? i->lanes : 0;
}

static bool take_vector_kind(struct xlate_instruction *i, enum format format,
                             uint32_t w)
{
	switch (format) {
	case VECTOR_BITS:
		set_lanes(i, w, 3);
		return true;
	case VECTOR_BYTES:
	case VECTOR_TABLE:
		set_lanes(i, w, 0);
		i->imm = bits(w, 13, 2) + 1;
		return true;
	case VECTOR_EXTRACT:
		set_lanes(i, w, 0);
		i->imm = bits(w, 11, 4);
		return i->imm < i->lanes;
	case VECTOR_ACROSS:
		return i->lanes > 2;
	case MODIFIED:
	case MODIFIED_MOVE:
		return take_modified(i, w, format == MODIFIED_MOVE);
	case VECTOR_LONG:
	case VECTOR_NARROW:
		set_half(i, w);
		return true;
	case VECTOR_SHIFT:
		return take_vector_shift(i, w, format);
	case VECTOR_SHIFT_LONG:
	case VECTOR_SHIFT_NARROW:
		if (!take_vector_shift(i, w, format) || i->size > 2)
			return false;
		set_half(i, w);
		return true;
	case VECTOR_2:
	case VECTOR_3:
	case SCALAR_PAIR:
		return true;
	default:
		return take_copy(i, format, w);
	}
}

static bool take_float_kind(struct xlate_instruction *i, enum format format,
                            uint32_t w)
{
	set_lanes(i, w, 2 + bits(w, 22, 1));
	if (format <= FLOAT_FROM_FIXED)
		i->lanes = 1;
	i->condition = (uint8_t)bits(w, 12, 4);
	switch (format) {
	case FLOAT_CONDITION:
		i->shift = (uint8_t)bits(w, 0, 4);
		return true;
	case FLOAT_IMMEDIATE:
		i->imm = (int64_t)expand_float(bits(w, 13, 8), i->size == 3);
		i->size = 3;
		return true;
	case FLOAT_TO_FIXED:
	case FLOAT_FROM_FIXED:
		i->imm = 64 - bits(w, 10, 6);
		if (!is_64(w) && i->imm > 32)
			return false;
		break;
	case FLOATS_NARROW:
	case FLOATS_LONG:
		i->size--; /* of the narrow side */
		set_half(i, w);
		return true;
	case FLOATS_FIXED:
		return take_vector_shift(i, w, format);
	case FLOATS_PAIR:
		i->lanes = 1;
		return true;
	case FLOATS_ACROSS:
		return i->size == 2;
	default:
		break;
	}
	i->shift = (uint8_t)(is_64(w) ? 64 : 32); /* of the general register */
	if (format == FLOAT_TO_GENERAL || format == FLOAT_TO_FIXED ||
	    format == FLOAT_TO_GENERAL_HIGH)
		i->rd = result(rd(w));
	if (format == FLOAT_FROM_GENERAL || format == FLOAT_FROM_FIXED ||
	    format == FLOAT_FROM_GENERAL_HIGH)
		i->rs1 = source(bits(w, 5, 5));
	return true;
}

/* Where a vector of one lane of 64 bits is reserved. */
static bool is_of_lanes(enum format format)
{
	switch (format) {
	case VECTOR_2:
	case VECTOR_3:
	case VECTOR_COPY:
	case VECTOR_COPY_GENERAL:
	case VECTOR_SHIFT:
	case FLOATS_2:
	case FLOATS_3:
	case FLOATS_FIXED:
		return true;
	default:
		return false;
	}
}

static bool take_vector(struct xlate_instruction *i, uint32_t format,
                        uint32_t w)
{
	enum format kind = (enum format)(format & FORMAT_MASK);
	bool ok;

	i->rd = (uint8_t)rd(w);
	i->rs1 = (uint8_t)bits(w, 5, 5);
	i->rs2 = (uint8_t)bits(w, 16, 5);
	i->rs3 = (uint8_t)bits(w, 10, 5);
	set_lanes(i, w, bits(w, 22, 2));
	ok = kind < FLOAT_2 ? take_vector_kind(i, kind, w)
	                    : take_float_kind(i, kind, w);
	if (!ok || (format & BHSD && !(format & B << i->size)))
		return false;
	if (format & ELEMENT && !take_element(i, w, i->size))
		return false;
	if (format & ZERO)
		i->second = SECOND_ZERO;
	if (format & SCALAR || kind == SCALAR_PAIR) {
		i->lanes = 1;
		i->amount = 0;
		return true;
	}
	return i->size < 3 || i->lanes != 1 || !is_of_lanes(kind);
}

/* False: a reserved form. */
static bool take_operands(struct xlate_instruction *i, uint32_t format,
                          uint32_t w)
{
	enum format kind = (enum format)(format & FORMAT_MASK);

	if (kind >= VECTOR_2)
		return take_vector(i, format, w);
	if (kind >= STRUCTURES)
		return take_any_structure(i, kind, w);
	if (kind >= STORE_EXCLUSIVE)
		return take_access(i, kind, w);
	if (kind >= BRANCH)
		return take_branch(i, kind, w);
	i->rd = result(rd(w));
	i->rs1 = source(bits(w, 5, 5));
	i->rs2 = source(bits(w, 16, 5));
	i->rs3 = source(bits(w, 10, 5));
	if (kind >= EXTRACT)
		return take_registers(i, kind, w);
	return kind == NONE || take_immediate(i, kind, w);
}

/* Words of a kind have eight bits in common that nearly all rows look at: where
 * the first row is that has them. */
#define KIND(word) ((word) >> 21 & 255)
#define KINDS      256u

static const struct row *find_in(const struct row *rows, size_t count,
                                 uint16_t first[KINDS], uint32_t word)
{
	uint16_t *from = &first[KIND(word)];

	while (*from < count &&
	       (KIND(word ^ rows[*from].match) & KIND(rows[*from].mask)))
		++*from;
	for (const struct row *row = rows + *from; row != rows + count; row++)
		if ((word & row->mask) == row->match)
			return row;
	return NULL;
}

static bool is_vector_word(uint32_t word)
{
	uint32_t group = bits(word, 25, 4);

	/* Pairs of vector registers are with the other loads. */
	return group == 7 || group == 15 ||
	       (group == 6 && !(word & 0xa0000000));
}

static const struct row *find(uint32_t word)
{
	static uint16_t vector_first[KINDS], integer_first[KINDS];

	if (is_vector_word(word))
		return find_in(vector_rows, COUNT(vector_rows), vector_first,
		               word);
	return find_in(integer_rows, COUNT(integer_rows), integer_first, word);
}

static uint32_t fetch(const uint8_t *code)
{
	return code[0] | (uint32_t)code[1] << 8 | (uint32_t)code[2] << 16 |
	       (uint32_t)code[3] << 24;
}

void aarch64_decode(struct xlate_instruction *i, const uint8_t *code,
                    size_t size)
{
	const struct row *row;

	*i = (struct xlate_instruction){.rd = XLATE_SINK};
	if (size < 4)
		return;
	i->length = 4;
	row = find(fetch(code));
	if (!row)
		return;
	if (!take_operands(i, row->format, fetch(code))) {
		*i = (struct xlate_instruction){.rd = XLATE_SINK, .length = 4};
		return;
	}
	i->id = row->id;
	i->operation = operations[row->id];
}

const char *aarch64_name(uint32_t word)
{
	const uint8_t code[4] = {(uint8_t)word, (uint8_t)(word >> 8),
	                         (uint8_t)(word >> 16), (uint8_t)(word >> 24)};
	struct xlate_instruction i;

	aarch64_decode(&i, code, sizeof(code));
	return i.id ? find(word)->name : NULL;
}
