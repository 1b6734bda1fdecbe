/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/vector.h"

/* Lanes that move, within vectors and between them and general registers. */

static void shift_both(struct translation *t, unsigned kind, unsigned size,
                       unsigned count)
{
	for (unsigned reg = XMM0; reg <= XMM1; reg++)
		shift_lanes(t, kind, reg, reg, size, count);
}

/* The host narrows lanes by saturating them, so that what is above goes first.
 */
static void unzip_narrow(struct translation *t, unsigned size, bool odd)
{
	unsigned bits = 8u << size;

	if (!odd)
		shift_both(t, SHIFT_UP, size + 1, bits);
	shift_both(t, SHIFT_DOWN, size + 1, bits);
	vex(t, size ? V_PACK_UNSIGNED_HALVES : V_PACK_UNSIGNED_BYTES, XMM0,
	    XMM0, in_register(XMM1));
}

void unzip(struct translation *t, unsigned size, bool odd)
{
	if (size < 2)
		unzip_narrow(t, size, odd);
	else if (size == 2)
		vex_with(t, V_SHUFFLE_SINGLES, XMM0, XMM0, in_register(XMM1),
		         odd ? 0xdd : 0x88);
	else
		vex(t, odd ? V_UNPACK_HIGH_DOUBLES : V_UNPACK_LOW_DOUBLES, XMM0,
		    XMM0, in_register(XMM1));
}

void load_operands(struct translation *t, const struct xlate_instruction *i)
{
	load_vector(t, XMM0, i->rs1);
	if (result_bytes(i) == 16) {
		load_vector(t, XMM1, i->rs2);
		return;
	}
	vex(t, V_UNPACK_LOW_DOUBLES, XMM0, XMM0, vector_guest(t, i->rs2));
	vex(t, V_MOVAPS, XMM1, 0, in_register(XMM0));
}

static void translate_unzip(struct translation *t,
                            const struct xlate_instruction *i)
{
	load_operands(t, i);
	unzip(t, i->size, i->id == A64_uzp2);
	set_vector(t, i->rd, XMM0, result_bytes(i));
}

static void translate_zip(struct translation *t,
                          const struct xlate_instruction *i)
{
	static const uint8_t low[4] = {0x60, 0x61, 0x62, 0x6c};
	static const uint8_t high[4] = {0x68, 0x69, 0x6a, 0x6d};
	bool second = i->id == A64_zip2, is_long = result_bytes(i) == 16;
	uint8_t opcode = second && is_long ? high[i->size] : low[i->size];

	vex(t, V(1, 1, opcode), XMM0, use_vector(t, i->rs1, XMM0),
	    vector_guest(t, i->rs2));
	if (second && !is_long)
		shift_bytes(t, SHIFT_BYTES_DOWN, XMM0, XMM0, 8);
	set_vector(t, i->rd, XMM0, result_bytes(i));
}

/* Of the largest lanes, it is a zip. */
static bool translate_transpose(struct translation *t,
                                const struct xlate_instruction *i)
{
	bool second = i->id == A64_trn2;

	if (i->size != 3)
		return false;
	vex(t, second ? V_UNPACK_HIGH_DOUBLES : V_UNPACK_LOW_DOUBLES, XMM0,
	    use_vector(t, i->rs1, XMM0), vector_guest(t, i->rs2));
	set_vector(t, i->rd, XMM0, 16);
	return true;
}

static void translate_extract(struct translation *t,
                              const struct xlate_instruction *i)
{
	if (result_bytes(i) == 16) {
		vex_with(t, V_ALIGN_BYTES, XMM0, use_vector(t, i->rs2, XMM0),
		         vector_guest(t, i->rs1), (unsigned)i->imm);
	} else {
		load_operands(t, i);
		shift_bytes(t, SHIFT_BYTES_DOWN, XMM0, XMM0, (unsigned)i->imm);
	}
	set_vector(t, i->rd, XMM0, result_bytes(i));
}

#define V_ADD_SATURATED V(1, 1, 0xdc) /* bytes */

/* The host takes zero for indices above 127: all that are above 15 become so.
 */
static bool translate_table(struct translation *t,
                            const struct xlate_instruction *i)
{
	if (i->imm != 1)
		return false;
	vector_constant(t, XMM1, UINT64_C(0x7070707070707070));
	vex(t, V_ADD_SATURATED, XMM1, XMM1, vector_guest(t, i->rs2));
	vex(t, V_SHUFFLE_BYTES, XMM0, use_vector(t, i->rs1, XMM0),
	    in_register(XMM1));
	set_vector(t, i->rd, XMM0, result_bytes(i));
	return true;
}

/* Lanes change places within groups of BYTES: the host's table of indices. */
static void translate_reverse(struct translation *t,
                              const struct xlate_instruction *i, unsigned bytes)
{
	unsigned last = bytes - (1u << i->size);
	uint64_t low = 0;

	for (unsigned n = 0; n < 8; n++)
		low |= (uint64_t)(n ^ last) << 8 * n;
	emit_constant(t->e, RAX, low);
	vex(t, V_MOVD_FROM_GENERAL | V_W, XMM1, 0, in_register(RAX));
	emit_constant(t->e, RCX, UINT64_C(0x0808080808080808));
	emit_op(t->e, X86_ADD | X86_W, RAX, in_register(RCX));
	vex_with(t, V(3, 1, 0x22) | V_W, XMM1, XMM1, in_register(RAX), 1);
	vex(t, V_SHUFFLE_BYTES, XMM0, use_vector(t, i->rs1, XMM0),
	    in_register(XMM1));
	set_vector(t, i->rd, XMM0, result_bytes(i));
}

/* ------------------------------------------------------ general registers */

static void translate_repeat(struct translation *t,
                             const struct xlate_instruction *i)
{
	unsigned to = vector_result(t, i->rd);

	vex(t, V_MOVD_FROM_GENERAL | V_W, XMM0, 0, guest(t, i->rs1));
	repeat_first(t, to, XMM0, i->size);
	set_vector(t, i->rd, to, result_bytes(i));
}

static void translate_insert(struct translation *t,
                             const struct xlate_instruction *i)
{
	unsigned from = use(t, i->rs1, RAX);

	load_vector(t, XMM0, i->rd);
	insert_lane(t, XMM0, in_register(from), i->size, (unsigned)i->imm);
	set_vector(t, i->rd, XMM0, 16);
}

static void translate_insert_element(struct translation *t,
                                     const struct xlate_instruction *i)
{
	load_vector(t, XMM0, i->rs1);
	extract_lane(t, XMM0, in_register(RAX), i->size, i->amount);
	load_vector(t, XMM0, i->rd);
	insert_lane(t, XMM0, in_register(RAX), i->size, (unsigned)i->imm);
	set_vector(t, i->rd, XMM0, 16);
}

static void translate_extract_lane(struct translation *t,
                                   const struct xlate_instruction *i)
{
	static const uint16_t extensions[3] = {X86_MOVSX_8, X86_MOVSX_16,
	                                       X86_MOVSXD};
	bool is_signed = i->id == A64_smov_w || i->id == A64_smov_x;

	load_vector(t, XMM0, i->rs1);
	extract_lane(t, XMM0, in_register(RAX), i->size,
	             (unsigned)i->imm);
	if (is_signed)
		emit_op(t->e, extensions[i->size], RAX, in_register(RAX));
	if (i->id == A64_smov_w)
		emit_op(t->e, X86_MOV, RAX, in_register(RAX));
	commit(t, i, RAX);
}

static void move_to_general(struct translation *t,
                            const struct xlate_instruction *i, uint32_t w)
{
	unsigned to = result_register(t, i);

	vex(t, V_MOVD_TO_GENERAL | w, use_vector(t, i->rs1, XMM0), 0,
	    in_register(to));
	commit(t, i, to);
}

static void move_from_general(struct translation *t,
                              const struct xlate_instruction *i, uint32_t w)
{
	unsigned to = vector_result(t, i->rd);

	vex(t, V_MOVD_FROM_GENERAL | w, to, 0, guest(t, i->rs1));
	set_alone(t, i->rd, to, w ? 8 : 4);
}

static void move_high_to_general(struct translation *t,
                                 const struct xlate_instruction *i)
{
	load_vector(t, XMM0, i->rs1);
	extract_lane(t, XMM0, in_register(RAX), 3, 1);
	commit(t, i, RAX);
}

static void move_high_from_general(struct translation *t,
                                   const struct xlate_instruction *i)
{
	load_vector(t, XMM0, i->rd);
	insert_lane(t, XMM0, guest(t, i->rs1), 3, 1);
	set_vector(t, i->rd, XMM0, 16);
}

static bool translate_move(struct translation *t,
                           const struct xlate_instruction *i)
{
	switch (i->id) {
	case A64_ins_general:
		translate_insert(t, i);
		return true;
	case A64_ins_element:
		translate_insert_element(t, i);
		return true;
	case A64_smov_w:
	case A64_smov_x:
	case A64_umov_w:
	case A64_umov_x:
		translate_extract_lane(t, i);
		return true;
	case A64_fmov_to_w:
		move_to_general(t, i, 0);
		return true;
	case A64_fmov_to_x:
		move_to_general(t, i, V_W);
		return true;
	case A64_fmov_from_w:
		move_from_general(t, i, 0);
		return true;
	case A64_fmov_from_x:
		move_from_general(t, i, V_W);
		return true;
	case A64_fmov_to_high:
		move_high_to_general(t, i);
		return true;
	case A64_fmov_from_high:
		move_high_from_general(t, i);
		return true;
	default:
		return false;
	}
}

bool translate_permutation(struct translation *t,
                           const struct xlate_instruction *i)
{
	switch (i->id) {
	case A64_dup_element:
		if (result_bytes(i) < 4)
			return false;
		repeat_lane(t, XMM0, i->rs1, i->size, (unsigned)i->imm);
		set_vector(t, i->rd, XMM0, result_bytes(i));
		return true;
	case A64_dup_general:
		translate_repeat(t, i);
		return true;
	case A64_uzp1:
	case A64_uzp2:
		translate_unzip(t, i);
		return true;
	case A64_zip1:
	case A64_zip2:
		translate_zip(t, i);
		return true;
	case A64_trn1:
	case A64_trn2:
		return translate_transpose(t, i);
	case A64_ext:
		translate_extract(t, i);
		return true;
	case A64_tbl:
		return translate_table(t, i);
	case A64_rev64_v:
		translate_reverse(t, i, 8);
		return true;
	case A64_rev32_v:
		translate_reverse(t, i, 4);
		return true;
	case A64_rev16_v:
		translate_reverse(t, i, 2);
		return true;
	default:
		return translate_move(t, i);
	}
}
