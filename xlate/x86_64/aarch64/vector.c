/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/vector.h"

/* Lanes that are integers. */

void vex(struct translation *t, uint32_t op, unsigned reg, unsigned second,
         struct rm rm)
{
	emit_vex(t->e, op >> 12 & 3, op >> 8 & 3, (op & V_W) != 0, op & 0xff,
	         reg, second, rm);
}

void vex_with(struct translation *t, uint32_t op, unsigned reg, unsigned second,
              struct rm rm, unsigned byte)
{
	vex(t, op, reg, second, rm);
	emit1(t->e, byte);
}

void shift_bytes(struct translation *t, unsigned direction, unsigned to,
                 unsigned from, unsigned bytes)
{
	vex_with(t, V_SHIFT_BYTES, direction, to, in_register(from), bytes);
}

void load_vector(struct translation *t, unsigned to, unsigned number)
{
	struct rm place = vector_guest(t, number);

	if (place.memory || place.base != to)
		vex(t, V_MOVAPS, to, 0, place);
}

unsigned use_vector(struct translation *t, unsigned number, unsigned scratch)
{
	struct rm place = vector_guest(t, number);

	if (!place.memory)
		return place.base;
	load_vector(t, scratch, number);
	return scratch;
}

/* Elements of four bytes that become zero, all but the first. */
#define FIRST_ALONE 0x0e

void keep_bytes(struct translation *t, unsigned to, unsigned from,
                unsigned bytes)
{
	if (bytes == 8)
		vex(t, V_MOVQ, to, 0, in_register(from));
	else if (bytes == 4)
		vex_with(t, V_INSERTPS, to, from, in_register(from),
		         FIRST_ALONE);
	else if (to != from)
		vex(t, V_MOVAPS, to, 0, in_register(from));
}

void note_vector(struct translation *t, unsigned number, unsigned bytes)
{
	uint32_t bit = UINT32_C(1) << number;

	t->within_4 = bytes <= 4 ? t->within_4 | bit : t->within_4 & ~bit;
	t->within_8 = bytes <= 8 ? t->within_8 | bit : t->within_8 & ~bit;
}

bool is_within(const struct translation *t, unsigned number, unsigned bytes)
{
	return (bytes == 4 ? t->within_4 : t->within_8) >> number & 1;
}

void set_vector(struct translation *t, unsigned number, unsigned from,
                unsigned bytes)
{
	struct rm place = vector_guest(t, number);

	note_vector(t, number, bytes);
	if (!place.memory) {
		keep_bytes(t, place.base, from, bytes);
		return;
	}
	if (bytes < 16) {
		keep_bytes(t, XMM0, from, bytes);
		from = XMM0;
	}
	vex(t, V_MOVAPS_STORE, from, 0, place);
}

void set_alone(struct translation *t, unsigned number, unsigned from,
               unsigned bytes)
{
	set_vector(t, number, from, 16);
	note_vector(t, number, bytes);
}

unsigned vector_result(const struct translation *t, unsigned number)
{
	struct rm place = vector_guest(t, number);

	return place.memory ? XMM0 : place.base;
}

void repeat_first(struct translation *t, unsigned to, unsigned from,
                  unsigned size)
{
	static const uint16_t operations[4] = {V(2, 1, 0x78), V(2, 1, 0x79),
	                                       V(2, 1, 0x58), V(2, 1, 0x59)};

	vex(t, operations[size], to, 0, in_register(from));
}

void repeat_lane(struct translation *t, unsigned to, unsigned number,
                 unsigned size, unsigned n)
{
	unsigned from = use_vector(t, number, to);

	if (n) {
		shift_bytes(t, SHIFT_BYTES_DOWN, to, from, n << size);
		from = to;
	}
	repeat_first(t, to, from, size);
}

void insert_lane(struct translation *t, unsigned to, struct rm from,
                 unsigned size, unsigned n)
{
	static const uint32_t operations[4] = {V(3, 1, 0x20), V(1, 1, 0xc4),
	                                       V(3, 1, 0x22),
	                                       V(3, 1, 0x22) | V_W};

	vex_with(t, operations[size], to, to, from, n);
}

void extract_lane(struct translation *t, unsigned from, struct rm to,
                  unsigned size, unsigned n)
{
	static const uint32_t operations[4] = {V(3, 1, 0x14), V(3, 1, 0x15),
	                                       V(3, 1, 0x16),
	                                       V(3, 1, 0x16) | V_W};

	vex_with(t, operations[size], from, 0, to, n);
}

struct rm second_operand(struct translation *t,
                         const struct xlate_instruction *i)
{
	if (i->second == SECOND_VECTOR)
		return vector_guest(t, i->rs2);
	if (i->second == SECOND_ELEMENT)
		repeat_lane(t, XMM1, i->rs2, i->size, (unsigned)i->imm);
	else
		vector_constant(t, XMM1, 0);
	return in_register(XMM1);
}

static void all_ones(struct translation *t, unsigned to)
{
	vex(t, V_EQUAL_WORDS, to, to, in_register(to));
}

void vector_constant(struct translation *t, unsigned to, uint64_t value)
{
	if (value == 0) {
		vex(t, V_XOR, to, to, in_register(to));
	} else if (value == UINT64_MAX) {
		all_ones(t, to);
	} else {
		emit_constant(t->e, RAX, value);
		vex(t, V_MOVD_FROM_GENERAL | V_W, to, 0, in_register(RAX));
		repeat_first(t, to, to, 3);
	}
}

static void invert(struct translation *t, unsigned reg, unsigned scratch)
{
	all_ones(t, scratch);
	vex(t, V_XOR, reg, reg, in_register(scratch));
}

/* How an instruction is made, and the host's operation for each size of lanes;
 * 0: there is none, or it is not needed. */
struct form {
	bool (*translate)(struct translation *t,
	                  const struct xlate_instruction *i,
	                  const struct form *form);
	uint16_t operation[4], other[4];
};

static void commit_vector(struct translation *t,
                          const struct xlate_instruction *i, unsigned from)
{
	set_vector(t, i->rd, from, result_bytes(i));
}

VECTOR_FORM(translate_both)
{
	struct rm second = second_operand(t, i);
	unsigned to = vector_result(t, i->rd);

	vex(t, form->operation[i->size], to, use_vector(t, i->rs1, XMM0),
	    second);
	commit_vector(t, i, to);
	return true;
}

/* The host's second operand is the first. */
static void combine_swapped(struct translation *t,
                            const struct xlate_instruction *i,
                            const struct form *form, unsigned to)
{
	struct rm second = second_operand(t, i);
	unsigned reg = second.base;

	if (second.memory)
		reg = use_vector(t, i->rs2, XMM1);
	vex(t, form->operation[i->size], to, reg, vector_guest(t, i->rs1));
}

VECTOR_FORM(translate_swapped)
{
	unsigned to = vector_result(t, i->rd);

	combine_swapped(t, i, form, to);
	commit_vector(t, i, to);
	return true;
}

/* a >= b is not b > a. */
VECTOR_FORM(translate_not_swapped)
{
	combine_swapped(t, i, form, XMM0);
	invert(t, XMM0, XMM1);
	commit_vector(t, i, XMM0);
	return true;
}

/* b is the greater one of both, so a >= b is that a is: for unsigned lanes.
 * With the least one, b >= a, which is not a > b. */
VECTOR_FORM(translate_extreme_is)
{
	unsigned first = use_vector(t, i->rs1, XMM1);
	unsigned to = i->id == A64_cmhi_v ? XMM0 : vector_result(t, i->rd);

	vex(t, form->operation[i->size], XMM0, first, vector_guest(t, i->rs2));
	vex(t, form->other[i->size], to, XMM0, in_register(first));
	if (i->id == A64_cmhi_v)
		invert(t, to, XMM1);
	commit_vector(t, i, to);
	return true;
}

/* With zero as one of the operands. */
VECTOR_FORM(translate_with_zero)
{
	vector_constant(t, XMM1, 0);
	vex(t, form->operation[i->size], XMM0, XMM1, vector_guest(t, i->rs1));
	if (i->id == A64_cmle_v) {
		/* Neither is a > 0: that is, 0 > a or equal. */
		vex(t, form->other[i->size], XMM1, XMM1,
		    vector_guest(t, i->rs1));
		vex(t, V_OR, XMM0, XMM0, in_register(XMM1));
	}
	commit_vector(t, i, XMM0);
	return true;
}

VECTOR_FORM(translate_one)
{
	unsigned to = vector_result(t, i->rd);

	vex(t, form->operation[i->size], to, 0, vector_guest(t, i->rs1));
	commit_vector(t, i, to);
	return true;
}

VECTOR_FORM(translate_not)
{
	load_vector(t, XMM0, i->rs1);
	invert(t, XMM0, XMM1);
	commit_vector(t, i, XMM0);
	return true;
}

/* a | ~b */
VECTOR_FORM(translate_or_not)
{
	load_vector(t, XMM0, i->rs2);
	invert(t, XMM0, XMM1);
	vex(t, V_OR, XMM0, XMM0, vector_guest(t, i->rs1));
	commit_vector(t, i, XMM0);
	return true;
}

/* One of two by bits of a third: ((chosen ^ other) & mask) ^ other */
VECTOR_FORM(translate_choose)
{
	uint8_t chosen = i->rs1, other = i->rs2, mask = i->rd;

	if (i->id == A64_bit_v)
		other = i->rd, mask = i->rs2;
	if (i->id == A64_bif_v)
		chosen = i->rd, other = i->rs1, mask = i->rs2;
	load_vector(t, XMM0, chosen);
	vex(t, V_XOR, XMM0, XMM0, vector_guest(t, other));
	vex(t, V_AND, XMM0, XMM0, vector_guest(t, mask));
	vex(t, V_XOR, XMM0, XMM0, vector_guest(t, other));
	commit_vector(t, i, XMM0);
	return true;
}

VECTOR_FORM(translate_test)
{
	vex(t, V_AND, XMM0, use_vector(t, i->rs1, XMM0),
	    vector_guest(t, i->rs2));
	vector_constant(t, XMM1, 0);
	vex(t, form->operation[i->size], XMM0, XMM0, in_register(XMM1));
	invert(t, XMM0, XMM1);
	commit_vector(t, i, XMM0);
	return true;
}

/* What is in the result's register already, plus or minus a product. */
VECTOR_FORM(translate_accumulate)
{
	struct rm second = second_operand(t, i);

	vex(t, form->operation[i->size], XMM1, use_vector(t, i->rs1, XMM0),
	    second);
	vex(t, form->other[i->size], XMM0, use_vector(t, i->rd, XMM0),
	    in_register(XMM1));
	commit_vector(t, i, XMM0);
	return true;
}

/* The two lanes of the first operand, all there is. */
static void join_pair(struct translation *t, const struct xlate_instruction *i,
                      unsigned operation)
{
	unsigned from = use_vector(t, i->rs1, XMM0);

	shift_bytes(t, SHIFT_BYTES_DOWN, XMM1, from, 8);
	vex(t, operation, XMM0, from, in_register(XMM1));
	commit_vector(t, i, XMM0);
}

/* Neighbours. */
VECTOR_FORM(translate_pairs)
{
	struct rm spill = in_memory(RBP, HOST_FIELD(spill));

	if (i->lanes == 1) {
		join_pair(t, i, form->operation[i->size]);
		return true;
	}
	load_operands(t, i);
	unzip(t, i->size, false);
	vex(t, V_MOVAPS_STORE, XMM0, 0, spill);
	load_operands(t, i);
	unzip(t, i->size, true);
	vex(t, form->operation[i->size], XMM0, XMM0, spill);
	commit_vector(t, i, XMM0);
	return true;
}

/* Halves are joined until there is one lane. */
VECTOR_FORM(translate_across)
{
	unsigned lane = 1u << i->size;

	load_vector(t, XMM0, i->rs1);
	for (unsigned bytes = result_bytes(i) / 2; bytes >= lane; bytes /= 2) {
		shift_bytes(t, SHIFT_BYTES_DOWN, XMM1, XMM0, bytes);
		vex(t, form->operation[i->size], XMM0, XMM0, in_register(XMM1));
	}
	/* To the bottom, with zeros above. */
	shift_bytes(t, SHIFT_BYTES_UP, XMM0, XMM0, 16 - lane);
	shift_bytes(t, SHIFT_BYTES_DOWN, XMM0, XMM0, 16 - lane);
	set_vector(t, i->rd, XMM0, 16);
	return true;
}

#define V_SUM_BYTES   V(1, 1, 0xf6) /* of each half */
#define V_ADD_DOUBLES V(1, 1, 0xd4)

/* The sum of all bytes, with 16 bits. */
VECTOR_FORM(translate_sum)
{
	if (i->size)
		return false;
	load_vector(t, XMM0, i->rs1);
	keep_bytes(t, XMM0, XMM0, result_bytes(i));
	vector_constant(t, XMM1, 0);
	vex(t, V_SUM_BYTES, XMM0, XMM0, in_register(XMM1));
	shift_bytes(t, SHIFT_BYTES_DOWN, XMM1, XMM0, 8);
	vex(t, V_ADD_DOUBLES, XMM0, XMM0, in_register(XMM1));
	set_vector(t, i->rd, XMM0, 8);
	return true;
}

/* ------------------------------------------------- lanes of another size */

/* TO = half of the register, each lane of it twice as wide. */
static void lengthen(struct translation *t, unsigned to, unsigned from,
                     const struct xlate_instruction *i, bool is_signed)
{
	unsigned opcode = (is_signed ? 0x20 : 0x30) + (i->size == 0   ? 0
	                                               : i->size == 1 ? 3
	                                                              : 5);

	if (i->amount) {
		shift_bytes(t, SHIFT_BYTES_DOWN, to, from, 8);
		from = to;
	}
	vex(t, V(2, 1, opcode), to, 0, in_register(from));
}

static bool is_signed_long(const struct xlate_instruction *i)
{
	switch (i->id) {
	case A64_saddl_v:
	case A64_saddw_v:
	case A64_ssubl_v:
	case A64_ssubw_v:
	case A64_smull_v:
	case A64_smlal_v:
	case A64_smlsl_v:
	case A64_sshll_v:
		return true;
	default:
		return false;
	}
}

/* Both operands are made as wide as the result; or the second, if the first is.
 */
static void lengthen_both(struct translation *t,
                          const struct xlate_instruction *i, bool first)
{
	struct rm second = second_operand(t, i);
	bool is_signed = is_signed_long(i);

	if (second.memory)
		second = in_register(use_vector(t, i->rs2, XMM1));
	lengthen(t, XMM1, second.base, i, is_signed);
	if (first)
		lengthen(t, XMM0, use_vector(t, i->rs1, XMM0), i, is_signed);
	else
		load_vector(t, XMM0, i->rs1);
}

static bool combine_long(struct translation *t,
                         const struct xlate_instruction *i,
                         const struct form *form, bool first)
{
	lengthen_both(t, i, first);
	vex(t, form->operation[i->size], XMM0, XMM0, in_register(XMM1));
	set_vector(t, i->rd, XMM0, 16);
	return true;
}

VECTOR_FORM(translate_long)
{
	return combine_long(t, i, form, true);
}

VECTOR_FORM(translate_wide)
{
	return combine_long(t, i, form, false);
}

VECTOR_FORM(translate_long_accumulate)
{
	lengthen_both(t, i, true);
	vex(t, form->operation[i->size], XMM1, XMM0, in_register(XMM1));
	vex(t, form->other[i->size], XMM0, use_vector(t, i->rd, XMM0),
	    in_register(XMM1));
	set_vector(t, i->rd, XMM0, 16);
	return true;
}

/* ------------------------------------------------------------------ shifts */

#define V_SUB_BYTES V(1, 1, 0xf8)
#define V_ADD_BYTES V(1, 1, 0xfc)

void shift_lanes(struct translation *t, unsigned kind, unsigned to,
                 unsigned from, unsigned size, unsigned count)
{
	vex_with(t, V(1, 1, 0x70u + size), kind, to, in_register(from), count);
}

/* i->imm is the lane's bits plus what is shifted to the left, or twice its bits
 * minus what is to the right. */
static unsigned left(const struct xlate_instruction *i)
{
	return (unsigned)i->imm - (8u << i->size);
}

static unsigned right(const struct xlate_instruction *i)
{
	return (16u << i->size) - (unsigned)i->imm;
}

/* VALUE in all lanes of a register's half. */
static uint64_t in_lanes(unsigned size, uint64_t value)
{
	unsigned bits = 8u << size;

	if (bits < 64)
		value &= (UINT64_C(1) << bits) - 1;
	for (; bits < 64; bits *= 2)
		value |= value << bits;
	return value;
}

/* The bits that a shift leaves in a lane. */
static uint64_t left_over(unsigned kind, unsigned size, unsigned count)
{
	uint64_t ones = UINT64_MAX >> (64 - (8u << size));

	if (count == 8u << size)
		return 0;
	return kind == SHIFT_UP ? ones << count : ones >> count;
}

/* Bytes are shifted with their neighbours, whose bits go then; a sign is
 * extended by what makes all from its bit on one or zero. */
static void shift_each_byte(struct translation *t, unsigned kind, unsigned to,
                            unsigned from, unsigned count)
{
	shift_lanes(t, kind == SHIFT_UP ? SHIFT_UP : SHIFT_DOWN, to, from, 1,
	            count);
	vector_constant(t, XMM1, in_lanes(0, left_over(kind, 0, count)));
	vex(t, V_AND, to, to, in_register(XMM1));
	if (kind != SHIFT_SIGN)
		return;
	vector_constant(t, XMM1, in_lanes(0, 0x80u >> count));
	vex(t, V_XOR, to, to, in_register(XMM1));
	vex(t, V_SUB_BYTES, to, to, in_register(XMM1));
}

VECTOR_FORM(translate_shift)
{
	unsigned kind = form->operation[0], from;
	unsigned count = kind == SHIFT_UP ? left(i) : right(i);

	if ((kind == SHIFT_SIGN && i->size == 3) ||
	    (i->size == 0 && count == 8))
		return false;
	from = use_vector(t, i->rs1, XMM0);
	if (i->size)
		shift_lanes(t, kind, XMM0, from, i->size, count);
	else
		shift_each_byte(t, kind, XMM0, from, count);
	if (form->other[i->size])
		vex(t, form->other[i->size], XMM0, XMM0,
		    vector_guest(t, i->rd));
	commit_vector(t, i, XMM0);
	return true;
}

/* Into what is in the result's register already. */
VECTOR_FORM(translate_shift_insert)
{
	unsigned kind = form->operation[0];
	unsigned count = kind == SHIFT_UP ? left(i) : right(i);

	if (i->size == 0)
		return false;
	shift_lanes(t, kind, XMM0, use_vector(t, i->rs1, XMM0), i->size, count);
	vector_constant(t, XMM1,
	                in_lanes(i->size, left_over(kind, i->size, count)));
	vex(t, V_AND_NOT, XMM1, XMM1, vector_guest(t, i->rd));
	vex(t, V_OR, XMM0, XMM0, in_register(XMM1));
	commit_vector(t, i, XMM0);
	return true;
}

/* By a table of four bits, for both halves of a byte. */
VECTOR_FORM(translate_count)
{
	struct rm nibbles = in_memory(RBP, HOST_FIELD(constants.nibbles));
	struct rm spill = in_memory(RBP, HOST_FIELD(spill));

	shift_lanes(t, SHIFT_DOWN, XMM0, use_vector(t, i->rs1, XMM0), 1, 4);
	vex(t, V_AND, XMM0, XMM0, nibbles);
	vex(t, V_MOVAPS, XMM1, 0,
	    in_memory(RBP, HOST_FIELD(constants.bits_of_nibble)));
	vex(t, V_SHUFFLE_BYTES, XMM0, XMM1, in_register(XMM0));
	vex(t, V_MOVAPS_STORE, XMM0, 0, spill);
	vex(t, V_AND, XMM0, use_vector(t, i->rs1, XMM0), nibbles);
	vex(t, V_SHUFFLE_BYTES, XMM0, XMM1, in_register(XMM0));
	vex(t, V_ADD_BYTES, XMM0, XMM0, spill);
	commit_vector(t, i, XMM0);
	return true;
}

VECTOR_FORM(translate_shift_long)
{
	lengthen(t, XMM0, use_vector(t, i->rs1, XMM0), i, is_signed_long(i));
	if (left(i))
		shift_lanes(t, SHIFT_UP, XMM0, XMM0, i->size + 1u, left(i));
	set_vector(t, i->rd, XMM0, 16);
	return true;
}

/* FROM: lanes twice as wide as the result's, of which the lower halves count.
 */
static void narrow(struct translation *t, const struct xlate_instruction *i,
                   unsigned from)
{
	struct rm bytes = in_memory(RBP, HOST_FIELD(constants.lower_halves) +
	                                         16 * i->size);
	unsigned to = vector_result(t, i->rd);

	if (!i->amount) {
		vex(t, V_SHUFFLE_BYTES, to, from, bytes);
		set_alone(t, i->rd, to, 8);
		return;
	}
	/* Behind what the lower half has. */
	vex(t, V_SHUFFLE_BYTES, XMM0, from, bytes);
	vex(t, V_UNPACK_LOW_DOUBLES, to, use_vector(t, i->rd, XMM1),
	    in_register(XMM0));
	set_vector(t, i->rd, to, 16);
}

VECTOR_FORM(translate_narrow)
{
	unsigned from = use_vector(t, i->rs1, XMM0);

	if (i->id == A64_shrn_v) {
		shift_lanes(t, SHIFT_DOWN, XMM0, from, i->size + 1u, right(i));
		from = XMM0;
	}
	narrow(t, i, from);
	return true;
}

/* -------------------------------------------------------------- constants */

VECTOR_FORM(translate_constant)
{
	unsigned to = vector_result(t, i->rd), bytes = result_bytes(i);
	uint64_t value = (uint64_t)i->imm >> (bytes == 4 ? 32 : 0);

	if (bytes == 16 || value == 0) {
		vector_constant(t, to, value);
	} else {
		emit_constant(t->e, RAX, value);
		vex(t, V_MOVD_FROM_GENERAL | V_W, to, 0, in_register(RAX));
	}
	set_alone(t, i->rd, to, bytes);
	return true;
}

VECTOR_FORM(translate_with_constant)
{
	vector_constant(t, XMM0, (uint64_t)i->imm);
	vex(t, form->operation[i->size], XMM0, XMM0, vector_guest(t, i->rd));
	commit_vector(t, i, XMM0);
	return true;
}

#define OP(map, b, h, s, d)                                                    \
	{                                                                      \
		(b) ? V(map, 1, b) : 0, (h) ? V(map, 1, h) : 0,                \
		        (s) ? V(map, 1, s) : 0, (d) ? V(map, 1, d) : 0         \
	}
#define SAME(op)                                                               \
	{                                                                      \
		op, op, op, op                                                 \
	}
#define ADD OP(1, 0xfc, 0xfd, 0xfe, 0xd4)
#define SUB OP(1, 0xf8, 0xf9, 0xfa, 0xfb)
#define EQUAL                                                                  \
	{                                                                      \
		V(1, 1, 0x74), V(1, 1, 0x75), V(1, 1, 0x76), V(2, 1, 0x29)     \
	}
#define ABOVE                                                                  \
	{                                                                      \
		V(1, 1, 0x64), V(1, 1, 0x65), V(1, 1, 0x66), V(2, 1, 0x37)     \
	}
#define MUL                                                                    \
	{                                                                      \
		0, V(1, 1, 0xd5), V(2, 1, 0x40), 0                             \
	}
#define SMAX                                                                   \
	{                                                                      \
		V(2, 1, 0x3c), V(1, 1, 0xee), V(2, 1, 0x3d), 0                 \
	}
#define UMAX                                                                   \
	{                                                                      \
		V(1, 1, 0xde), V(2, 1, 0x3e), V(2, 1, 0x3f), 0                 \
	}
#define SMIN                                                                   \
	{                                                                      \
		V(2, 1, 0x38), V(1, 1, 0xea), V(2, 1, 0x39), 0                 \
	}
#define UMIN                                                                   \
	{                                                                      \
		V(1, 1, 0xda), V(2, 1, 0x3a), V(2, 1, 0x3b), 0                 \
	}
/* For lanes of the next size. */
#define LONG_ADD OP(1, 0xfd, 0xfe, 0xd4, 0)
#define LONG_SUB OP(1, 0xf9, 0xfa, 0xfb, 0)
#define LONG_SMUL                                                              \
	{                                                                      \
		V(1, 1, 0xd5), V(2, 1, 0x40), V(2, 1, 0x28), 0                 \
	}
#define LONG_UMUL                                                              \
	{                                                                      \
		V(1, 1, 0xd5), V(2, 1, 0x40), V(1, 1, 0xf4), 0                 \
	}

static const struct form forms[A64_COUNT] = {
        [A64_and_v] = {translate_both, SAME(V_AND), {0}},
        [A64_orr_v] = {translate_both, SAME(V_OR), {0}},
        [A64_eor_v] = {translate_both, SAME(V_XOR), {0}},
        [A64_bic_v] = {translate_swapped, SAME(V_AND_NOT), {0}},
        [A64_orn_v] = {translate_or_not, {0}, {0}},
        [A64_not_v] = {translate_not, {0}, {0}},
        [A64_bsl_v] = {translate_choose, {0}, {0}},
        [A64_bit_v] = {translate_choose, {0}, {0}},
        [A64_bif_v] = {translate_choose, {0}, {0}},
        [A64_add_v] = {translate_both, ADD, {0}},
        [A64_sub_v] = {translate_both, SUB, {0}},
        [A64_cmeq_v] = {translate_both, EQUAL, {0}},
        [A64_cmgt_v] = {translate_both, ABOVE, {0}},
        [A64_cmge_v] = {translate_not_swapped, ABOVE, {0}},
        [A64_cmhs_v] = {translate_extreme_is, UMAX, EQUAL},
        [A64_cmhi_v] = {translate_extreme_is, UMIN, EQUAL},
        [A64_cmlt_v] = {translate_with_zero, ABOVE, {0}},
        [A64_cmle_v] = {translate_with_zero, ABOVE, EQUAL},
        [A64_neg_v] = {translate_with_zero, SUB, {0}},
        [A64_abs_v] = {translate_one, OP(2, 0x1c, 0x1d, 0x1e, 0), {0}},
        [A64_cmtst_v] = {translate_test, EQUAL, {0}},
        [A64_smax_v] = {translate_both, SMAX, {0}},
        [A64_umax_v] = {translate_both, UMAX, {0}},
        [A64_smin_v] = {translate_both, SMIN, {0}},
        [A64_umin_v] = {translate_both, UMIN, {0}},
        [A64_mul_v] = {translate_both, MUL, {0}},
        [A64_mla_v] = {translate_accumulate, MUL, ADD},
        [A64_mls_v] = {translate_accumulate, MUL, SUB},
        [A64_addp_v] = {translate_pairs, ADD, {0}},
        [A64_smaxp_v] = {translate_pairs, SMAX, {0}},
        [A64_umaxp_v] = {translate_pairs, UMAX, {0}},
        [A64_sminp_v] = {translate_pairs, SMIN, {0}},
        [A64_uminp_v] = {translate_pairs, UMIN, {0}},
        [A64_addv_v] = {translate_across, ADD, {0}},
        [A64_smaxv_v] = {translate_across, SMAX, {0}},
        [A64_umaxv_v] = {translate_across, UMAX, {0}},
        [A64_sminv_v] = {translate_across, SMIN, {0}},
        [A64_uminv_v] = {translate_across, UMIN, {0}},
        [A64_uaddlv_v] = {translate_sum, {0}, {0}},
        [A64_saddl_v] = {translate_long, LONG_ADD, {0}},
        [A64_uaddl_v] = {translate_long, LONG_ADD, {0}},
        [A64_ssubl_v] = {translate_long, LONG_SUB, {0}},
        [A64_usubl_v] = {translate_long, LONG_SUB, {0}},
        [A64_smull_v] = {translate_long, LONG_SMUL, {0}},
        [A64_umull_v] = {translate_long, LONG_UMUL, {0}},
        [A64_saddw_v] = {translate_wide, LONG_ADD, {0}},
        [A64_uaddw_v] = {translate_wide, LONG_ADD, {0}},
        [A64_ssubw_v] = {translate_wide, LONG_SUB, {0}},
        [A64_usubw_v] = {translate_wide, LONG_SUB, {0}},
        [A64_smlal_v] = {translate_long_accumulate, LONG_SMUL, LONG_ADD},
        [A64_umlal_v] = {translate_long_accumulate, LONG_UMUL, LONG_ADD},
        [A64_smlsl_v] = {translate_long_accumulate, LONG_SMUL, LONG_SUB},
        [A64_umlsl_v] = {translate_long_accumulate, LONG_UMUL, LONG_SUB},
        [A64_shl_i_v] = {translate_shift, SAME(SHIFT_UP), {0}},
        [A64_sshr_i_v] = {translate_shift, SAME(SHIFT_SIGN), {0}},
        [A64_ushr_i_v] = {translate_shift, SAME(SHIFT_DOWN), {0}},
        [A64_ssra_i_v] = {translate_shift, SAME(SHIFT_SIGN), ADD},
        [A64_usra_i_v] = {translate_shift, SAME(SHIFT_DOWN), ADD},
        [A64_sli_i_v] = {translate_shift_insert, SAME(SHIFT_UP), {0}},
        [A64_sri_i_v] = {translate_shift_insert, SAME(SHIFT_DOWN), {0}},
        [A64_cnt_v] = {translate_count, {0}, {0}},
        [A64_sshll_v] = {translate_shift_long, {0}, {0}},
        [A64_ushll_v] = {translate_shift_long, {0}, {0}},
        [A64_xtn_v] = {translate_narrow, {0}, {0}},
        [A64_shrn_v] = {translate_narrow, {0}, {0}},
        [A64_movi_v] = {translate_constant, {0}, {0}},
        [A64_fmov_i] = {translate_constant, {0}, {0}},
        [A64_orr_i_v] = {translate_with_constant, SAME(V_OR), {0}},
        [A64_bic_i_v] = {translate_with_constant, SAME(V_AND_NOT), {0}},
};

/* Whether there is an operation for these lanes where one is needed. */
static bool has_operation(const struct form *form, unsigned size)
{
	bool needed = form->operation[0] || form->operation[1] ||
	              form->operation[2] || form->operation[3];

	return !needed || form->operation[size];
}

bool translate_lanes(struct translation *t, const struct xlate_instruction *i)
{
	const struct form *form = &forms[i->id];

	return form->translate && result_bytes(i) >= 4 &&
	       has_operation(form, i->size) && form->translate(t, i, form);
}

bool translate_vector(struct translation *t, const struct xlate_instruction *i)
{
	return t->host->vectors &&
	       (translate_lanes(t, i) || translate_permutation(t, i) ||
	        translate_floating(t, i));
}
