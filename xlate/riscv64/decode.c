/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "xlate/riscv64/riscv64.h"

/* Where operands are; the words of the manual's chapter 2.3 and 16.2. */
enum format {
	R,
	I,
	S,
	B,
	U,
	J,
	SH5,
	SH6, /* shift by a constant */
	CSR,
	CSRI,
	NONE,
	FLOAD, /* I, rd is a floating-point register */
	F,     /* R, likewise */
	FRM,   /* likewise, with a rounding mode */
	R4,    /* likewise, with a third operand */
	XRM,   /* R with a rounding mode */
	/* Compressed. */
	CIW,
	CLW,
	CLD,
	CSW,
	CSD,
	CI,
	CI_NONZERO,
	CLI,
	CI16,
	CLUI,
	CI_SHIFT,
	CB_SHIFT,
	CB_AND,
	CA,
	CJ,
	CB,
	CLDSP_F,
	CLWSP,
	CLDSP,
	CSWSP,
	CSDSP,
	CJR,
	CJALR,
	CMV,
	CADD,
	CNONE,
};

struct row {
	uint32_t match, mask;
	uint8_t format, operation;
	uint16_t id;
	const char *name;
};

static const struct row rows[] = {
#define RV(name, match, mask, format, operation, ...)                          \
	{match, mask, format, OP_##operation, RV_##name, #name},
#include "xlate/riscv64/rv64gc.def"
#undef RV
};

static const struct row compressed[] = {
#define RV(...)
#define RVC(name, match, mask, format, full)                                   \
	{match, mask, format, 0, RV_##full, #name},
#include "xlate/riscv64/rv64gc.def"
#undef RV
#undef RVC
};

/* Numbers of CSRs. */
#define CSR_FFLAGS 1
#define CSR_FRM    2

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bits [low, low + count) of the word, at bit `at`. */
static uint32_t field(uint32_t word, int low, int count, int at)
{
	return (word >> low & ((UINT32_C(1) << count) - 1)) << at;
}

static int64_t extend(uint32_t value, int bits)
{
	return (int32_t)(value << (32 - bits)) >> (32 - bits);
}

static uint8_t integer_result(uint32_t number)
{
	return number ? (uint8_t)number : XLATE_SINK;
}

/* The five-bit fields that are at the same place everywhere. */
static void take_registers(struct xlate_instruction *i, uint32_t w)
{
	i->rd = integer_result(field(w, 7, 5, 0));
	i->rs1 = (uint8_t)field(w, 15, 5, 0);
	i->rs2 = (uint8_t)field(w, 20, 5, 0);
	i->rs3 = (uint8_t)field(w, 27, 5, 0);
	i->rounding = (uint8_t)field(w, 12, 3, 0);
}

static int64_t branch_offset(uint32_t w)
{
	return extend(field(w, 8, 4, 1) | field(w, 25, 6, 5) |
	                      field(w, 7, 1, 11) | field(w, 31, 1, 12),
	              13);
}

static int64_t jump_offset(uint32_t w)
{
	return extend(field(w, 21, 10, 1) | field(w, 20, 1, 11) |
	                      field(w, 12, 8, 12) | field(w, 31, 1, 20),
	              21);
}

static bool has_rounding(enum format format)
{
	return format == FRM || format == R4 || format == XRM;
}

/* False: a reserved form. */
static bool take_operands(struct xlate_instruction *i, enum format format,
                          uint32_t w)
{
	take_registers(i, w);
	i->immediate = true;
	switch (format) {
	case I:
	case FLOAD:
		i->imm = (int32_t)w >> 20;
		break;
	case S:
		i->imm = extend(field(w, 7, 5, 0) | field(w, 25, 7, 5), 12);
		break;
	case B:
		i->imm = branch_offset(w);
		break;
	case U:
		i->imm = (int32_t)(w & 0xfffff000);
		i->rs1 = i->rs2 = 0;
		break;
	case J:
		i->imm = jump_offset(w);
		i->rs1 = i->rs2 = 0;
		break;
	case SH5:
		i->imm = field(w, 20, 5, 0);
		break;
	case SH6:
		i->imm = field(w, 20, 6, 0);
		break;
	case CSR:
	case CSRI:
		i->imm = field(w, 20, 12, 0);
		break;
	default:
		i->immediate = false;
	}
	if (format == FLOAD || format == F || format == FRM || format == R4)
		i->rd = (uint8_t)field(w, 7, 5, 0);
	/* 7 means what fcsr says; 5 and 6 mean nothing. */
	return !has_rounding(format) || i->rounding <= 4 || i->rounding == 7;
}

/* Immediates of the compressed formats. */
static int64_t short_immediate(uint32_t w)
{
	return extend(field(w, 2, 5, 0) | field(w, 12, 1, 5), 6);
}

static uint32_t word_offset(uint32_t w)
{
	return field(w, 6, 1, 2) | field(w, 10, 3, 3) | field(w, 5, 1, 6);
}

static uint32_t double_offset(uint32_t w)
{
	return field(w, 10, 3, 3) | field(w, 5, 2, 6);
}

static int64_t short_jump(uint32_t w)
{
	return extend(field(w, 3, 3, 1) | field(w, 11, 1, 4) |
	                      field(w, 2, 1, 5) | field(w, 7, 1, 6) |
	                      field(w, 6, 1, 7) | field(w, 9, 2, 8) |
	                      field(w, 8, 1, 10) | field(w, 12, 1, 11),
	              12);
}

static int64_t short_branch(uint32_t w)
{
	return extend(field(w, 3, 2, 1) | field(w, 10, 2, 3) |
	                      field(w, 2, 1, 5) | field(w, 5, 2, 6) |
	                      field(w, 12, 1, 8),
	              9);
}

/* Offsets from the stack pointer. */
static uint32_t load_word_offset(uint32_t w)
{
	return field(w, 4, 3, 2) | field(w, 12, 1, 5) | field(w, 2, 2, 6);
}

static uint32_t load_double_offset(uint32_t w)
{
	return field(w, 5, 2, 3) | field(w, 12, 1, 5) | field(w, 2, 3, 6);
}

static int64_t stack_step(uint32_t w)
{
	return extend(field(w, 6, 1, 4) | field(w, 2, 1, 5) |
	                      field(w, 5, 1, 6) | field(w, 3, 2, 7) |
	                      field(w, 12, 1, 9),
	              10);
}

static void set(struct xlate_instruction *i, uint32_t rd, uint32_t rs1,
                uint32_t rs2, int64_t imm)
{
	i->rd = (uint8_t)rd;
	i->rs1 = (uint8_t)rs1;
	i->rs2 = (uint8_t)rs2;
	i->imm = imm;
}

/* False: a reserved form. */
static bool take_compressed(struct xlate_instruction *i, enum format format,
                            uint32_t w)
{
	uint32_t full = field(w, 7, 5, 0), second = field(w, 2, 5, 0);
	uint32_t low = 8 + field(w, 2, 3, 0), high = 8 + field(w, 7, 3, 0);
	uint32_t rd = integer_result(full);
	int64_t imm = short_immediate(w);

	i->immediate = true;
	switch (format) {
	case CIW:
		set(i, low, 2, 0,
		    field(w, 6, 1, 2) | field(w, 5, 1, 3) | field(w, 11, 2, 4) |
		            field(w, 7, 4, 6));
		return i->imm != 0;
	case CLW:
		set(i, low, high, 0, word_offset(w));
		return true;
	case CLD:
		set(i, low, high, 0, double_offset(w));
		return true;
	case CSW:
		set(i, XLATE_SINK, high, low, word_offset(w));
		return true;
	case CSD:
		set(i, XLATE_SINK, high, low, double_offset(w));
		return true;
	case CI:
		set(i, rd, full, 0, imm);
		return true;
	case CI_NONZERO:
		set(i, rd, full, 0, imm);
		return full != 0;
	case CLI:
		set(i, rd, 0, 0, imm);
		return true;
	case CI16:
		set(i, 2, 2, 0, stack_step(w));
		return i->imm != 0;
	case CLUI:
		set(i, rd, 0, 0, imm * 4096);
		return imm != 0;
	case CI_SHIFT:
		set(i, rd, full, 0, imm & 63);
		return true;
	case CB_SHIFT:
		set(i, high, high, 0, imm & 63);
		return true;
	case CB_AND:
		set(i, high, high, 0, imm);
		return true;
	case CJ:
		set(i, XLATE_SINK, 0, 0, short_jump(w));
		return true;
	case CB:
		set(i, XLATE_SINK, high, 0, short_branch(w));
		return true;
	case CLDSP_F:
		set(i, full, 2, 0, load_double_offset(w));
		return true;
	case CLWSP:
		set(i, full, 2, 0, load_word_offset(w));
		return full != 0;
	case CLDSP:
		set(i, full, 2, 0, load_double_offset(w));
		return full != 0;
	case CSWSP:
		set(i, XLATE_SINK, 2, second,
		    field(w, 9, 4, 2) | field(w, 7, 2, 6));
		return true;
	case CSDSP:
		set(i, XLATE_SINK, 2, second,
		    field(w, 10, 3, 3) | field(w, 7, 3, 6));
		return true;
	case CJR:
		set(i, XLATE_SINK, full, 0, 0);
		return full != 0;
	case CJALR:
		set(i, 1, full, 0, 0);
		return full != 0;
	default:
		break;
	}
	i->immediate = false;
	switch (format) {
	case CA:
		set(i, high, high, low, 0);
		return true;
	case CMV:
		set(i, rd, 0, second, 0);
		return true;
	case CADD:
		set(i, rd, full, second, 0);
		return true;
	default:
		set(i, XLATE_SINK, 0, 0, 0);
		return true;
	}
}

/*
 * The rows by what all masks have: the opcode, with funct3 of what is
 * compressed. Those of class N are order[begin[N]] to order[begin[N + 1] - 1],
 * the first that fits before others.
 */
#define CLASSES 64u

static const struct row *order[COUNT(rows) + COUNT(compressed)];
static uint16_t begin[CLASSES + 1];

static uint32_t class_of(uint32_t word)
{
	if ((word & 3) == 3)
		return 32 + field(word, 2, 5, 0);
	return field(word, 0, 2, 3) | field(word, 13, 3, 0);
}

static void count_classes(const struct row *row, size_t count)
{
	for (; count; row++, count--)
		begin[class_of(row->match) + 1]++;
}

static void place(uint16_t *next, const struct row *row, size_t count)
{
	for (; count; row++, count--)
		order[next[class_of(row->match)]++] = row;
}

static void __attribute__((constructor)) order_rows(void)
{
	uint16_t next[CLASSES];

	count_classes(rows, COUNT(rows));
	count_classes(compressed, COUNT(compressed));
	for (uint32_t class = 0; class < CLASSES; class ++)
		begin[class + 1] += begin[class];
	memcpy(next, begin, sizeof(next));
	place(next, rows, COUNT(rows));
	place(next, compressed, COUNT(compressed));
}

static const struct row *find(uint32_t word)
{
	uint32_t class = class_of(word);

	for (unsigned i = begin[class]; i < begin[class + 1]; i++)
		if ((word & order[i]->mask) == order[i]->match)
			return order[i];
	return NULL;
}

/* The bytes of the instruction, and how many; 0: SIZE is not enough. */
static size_t fetch(const uint8_t *code, size_t size, uint32_t *word)
{
	if (size < 2)
		return 0;
	*word = code[0] | (uint32_t)code[1] << 8;
	if ((*word & 3) != 3)
		return 2;
	if (size < 4)
		return 0;
	*word |= (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24;
	return 4;
}

/* Forms of the CSR instructions that host code is made for. */
static enum xlate_operation control(const struct xlate_instruction *i)
{
	bool reads = i->id == RV_csrrs && i->rs1 == 0;

	if (i->imm == CSR_FFLAGS && reads)
		return OP_READ_FLAGS;
	if (i->imm == CSR_FFLAGS && i->id == RV_csrrw)
		return OP_WRITE_FLAGS;
	if (i->imm == CSR_FRM && reads)
		return OP_READ_ROUNDING;
	return OP_CONTROL;
}

void riscv64_decode(struct xlate_instruction *i, const uint8_t *code,
                    size_t size)
{
	const struct row *row;
	uint32_t word;

	*i = (struct xlate_instruction){.rd = XLATE_SINK};
	i->length = (uint8_t)fetch(code, size, &word);
	if (!i->length)
		return;
	row = find(word);
	if (!row)
		return;
	if (i->length == 4 ? !take_operands(i, row->format, word)
	                   : !take_compressed(i, row->format, word)) {
		*i = (struct xlate_instruction){.rd = XLATE_SINK,
		                                .length = i->length};
		return;
	}
	i->id = row->id;
	/* Rows are in the order of their numbers, which begin at 1. */
	i->operation = rows[row->id - 1].operation;
	if (i->operation == OP_CONTROL)
		i->operation = (uint8_t)control(i);
}

const char *riscv64_name(const uint8_t *code, size_t size)
{
	struct xlate_instruction i;
	uint32_t word = 0;

	fetch(code, size, &word);
	riscv64_decode(&i, code, size);
	return i.id ? find(word)->name : NULL;
}
