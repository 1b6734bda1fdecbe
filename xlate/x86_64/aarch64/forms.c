/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/forms.h"
#include "xlate/x86_64/aarch64/vector.h"

/* Which host code is made for an instruction. */

#define BOTH(name, ...)                                                        \
	[A64_##name##_w] = {__VA_ARGS__, .w = 0},                              \
	[A64_##name##_x] = {__VA_ARGS__, .w = X86_W}
#define PLAIN(name, function, op, effect, second)                              \
	BOTH(name, .translate = function, .operation = (op), .mode = (second), \
	     .flags = (effect))

#define LOGIC(name, function, op, effect, also)                                \
	PLAIN(name, function, op, effect, REGISTER | (also)),                  \
	        PLAIN(name##_shift, function, op, effect, SHIFTED | (also))
#define SUM(name, function, op, effect)                                        \
	LOGIC(name, function, op, effect, 0),                                  \
	        PLAIN(name##_i, function, op, effect, IMMEDIATE),              \
	        PLAIN(name##_extend, function, op, effect, EXTENDED)

#define SETS (FLAGS_SET | FLAGS_AGAIN)
#define IF   (FLAGS_READ | FLAGS_SET)
#define ELSE (IF | FLAGS_AGAIN) /* if the condition holds */

#define MEMORY(name, function, op, bytes, way)                                 \
	[A64_##name] = {.translate = function,                                 \
	                .operation = (op),                                     \
	                .size = (bytes),                                       \
	                .mode = (way),                                         \
	                .flags = FLAGS_LEAVE}
#define PAIR(name, function, op, bytes)                                        \
	MEMORY(name##_offset, function, op, bytes, OFFSET),                    \
	        MEMORY(name##_pre, function, op, bytes, PRE),                  \
	        MEMORY(name##_post, function, op, bytes, POST)
#define ACCESS(name, function, op, bytes)                                      \
	PAIR(name, function, op, bytes),                                       \
	        MEMORY(name##_register, function, op, bytes, INDEXED)
#define EXCLUSIVE(letter, bytes, load, store, swap)                            \
	MEMORY(ldxr_##letter, translate_load_reserved, load, bytes, OFFSET),   \
	        MEMORY(stxr_##letter, translate_store_conditional, store,      \
	               bytes, OFFSET),                                         \
	        MEMORY(ldar_##letter, translate_load_acquire, load, bytes,     \
	               OFFSET),                                                \
	        MEMORY(stlr_##letter, translate_store_release, swap, bytes,    \
	               OFFSET)
#define EXCLUSIVE_PAIR(letter, bytes, width)                                   \
	[A64_ldxp_##letter] = {.translate = translate_load_reserved_pair,      \
	                       .w = (width),                                   \
	                       .size = (bytes),                                \
	                       .flags = FLAGS_LEAVE},                          \
	[A64_stxp_##letter] = {.translate = translate_store_conditional_pair,  \
	                       .w = (width),                                   \
	                       .size = (bytes),                                \
	                       .flags = FLAGS_LEAVE},                          \
	[A64_casp_##letter] = {.translate = translate_compare_swap_pair,       \
	                       .w = (width),                                   \
	                       .size = (bytes),                                \
	                       .flags = FLAGS_LEAVE}
#define ATOMIC(name, kind, op)                                                 \
	MEMORY(name##_b, translate_atomic_memory, op, 1, kind),                \
	        MEMORY(name##_h, translate_atomic_memory, op, 2, kind),        \
	        MEMORY(name##_w, translate_atomic_memory, op, 4, kind),        \
	        MEMORY(name##_x, translate_atomic_memory, op, 8, kind)
#define CHECK_SUM(name, castagnoli, bytes)                                     \
	[A64_##name] = {.translate = translate_check_sum,                      \
	                .mode = (castagnoli),                                  \
	                .size = (bytes)}
/* The base register may change. */
#define ROW(name, function) MEMORY(name, function, 0, 0, POST)
#define STRUCTURES(count)                                                      \
	ROW(ld##count, translate_load_structures),                             \
	        ROW(st##count, translate_store_structures)
#define STRUCTURE(count)                                                       \
	ROW(ld##count##_lane, translate_load_structure),                       \
	        ROW(st##count##_lane, translate_store_structure),              \
	        MEMORY(ld##count##_repeat, translate_load_structure, true, 0,  \
	               POST)
#define ONE(name, function, effect)                                            \
	[A64_##name] = {.translate = function, .flags = (effect)}

#define MOVSX_W(size) (X86_MOVSX_##size & ~X86_W)

const struct form aarch64_forms[A64_COUNT] = {
        SUM(add, translate_add, X86_ADD, 0),
        SUM(sub, translate_add, X86_SUB, 0),
        SUM(adds, translate_sum_flags, X86_ADD, FLAGS_SET),
        SUM(subs, translate_sum_flags, X86_SUB, SETS),
        LOGIC(and, translate_binary, X86_AND, 0, 0),
        LOGIC(bic, translate_binary, X86_AND, 0, INVERTED),
        LOGIC(orr, translate_or, X86_OR, 0, 0),
        LOGIC(orn, translate_or, X86_OR, 0, INVERTED),
        LOGIC(eor, translate_binary, X86_XOR, 0, 0),
        LOGIC(eon, translate_binary, X86_XOR, 0, INVERTED),
        LOGIC(ands, translate_and_flags, X86_AND, SETS, 0),
        LOGIC(bics, translate_and_flags, X86_AND, SETS, INVERTED),
        PLAIN(and_i, translate_binary, X86_AND, 0, IMMEDIATE),
        PLAIN(orr_i, translate_or, X86_OR, 0, IMMEDIATE),
        PLAIN(eor_i, translate_binary, X86_XOR, 0, IMMEDIATE),
        PLAIN(ands_i, translate_and_flags, X86_AND, SETS, IMMEDIATE),
        PLAIN(adc, translate_carry, X86_ADC, FLAGS_READ, REGISTER),
        PLAIN(adcs, translate_carry, X86_ADC, IF, REGISTER),
        PLAIN(sbc, translate_carry, X86_SBB, FLAGS_READ, REGISTER),
        PLAIN(sbcs, translate_carry, X86_SBB, IF, REGISTER),
        PLAIN(ccmn, translate_compare_if, X86_ADD, ELSE, REGISTER),
        PLAIN(ccmn_i, translate_compare_if, X86_ADD, ELSE, IMMEDIATE),
        PLAIN(ccmp, translate_compare_if, X86_SUB, ELSE, REGISTER),
        PLAIN(ccmp_i, translate_compare_if, X86_SUB, ELSE, IMMEDIATE),
        PLAIN(csel, translate_select, SELECT_SAME, FLAGS_READ, 0),
        PLAIN(csinc, translate_select, SELECT_PLUS_ONE, FLAGS_READ, 0),
        PLAIN(csinv, translate_select, SELECT_INVERTED, FLAGS_READ, 0),
        PLAIN(csneg, translate_select, SELECT_NEGATED, FLAGS_READ, 0),
        [A64_adr] = {.translate = translate_page, .operation = 0},
        [A64_adrp] = {.translate = translate_page, .operation = 12},
        PLAIN(movz, translate_constant, 0, 0, 0),
        PLAIN(movn, translate_constant, 0, 0, 0),
        PLAIN(movk, translate_keep, 0, 0, 0),

        PLAIN(madd, translate_multiply, X86_ADD, 0, 0),
        PLAIN(msub, translate_multiply, X86_SUB, 0, 0),
        [A64_smaddl] = {translate_multiply_long, X86_ADD, .mode = true},
        [A64_smsubl] = {translate_multiply_long, X86_SUB, .mode = true},
        [A64_umaddl] = {translate_multiply_long, X86_ADD, .mode = false},
        [A64_umsubl] = {translate_multiply_long, X86_SUB, .mode = false},
        [A64_smulh] = {.translate = translate_multiply_high,
                       .operation = GROUP3_IMUL},
        [A64_umulh] = {.translate = translate_multiply_high,
                       .operation = GROUP3_MUL},
        PLAIN(udiv, translate_divide, false, FLAGS_LEAVE, 0),
        PLAIN(sdiv, translate_divide, true, FLAGS_LEAVE, 0),

        PLAIN(lslv, translate_shift, SHIFT_LEFT, 0, 0),
        PLAIN(lsrv, translate_shift, SHIFT_RIGHT, 0, 0),
        PLAIN(asrv, translate_shift, SHIFT_ARITHMETIC, 0, 0),
        PLAIN(rorv, translate_shift, SHIFT_ROTATE, 0, 0),
        PLAIN(ubfm, translate_field, SHIFT_RIGHT, 0, 0),
        PLAIN(sbfm, translate_field, SHIFT_ARITHMETIC, 0, 0),
        PLAIN(bfm, translate_insert, SHIFT_RIGHT, 0, 0),
        PLAIN(extr, translate_extract, 0, 0, 0),
        [A64_rev_w] = {.translate = translate_reverse},
        [A64_rev_x] = {.translate = translate_reverse, .w = X86_W},
        [A64_rev16_w] = {.translate = translate_reverse, .size = 16},
        [A64_rev32_x] = {.translate = translate_reverse,
                         .w = X86_W,
                         .size = 32},
        PLAIN(clz, translate_leading_zeros, 0, 0, 0),
        PLAIN(cls, translate_leading_signs, 0, 0, 0),
        PLAIN(rbit, translate_reverse_bits, 0, 0, 0),

        ONE(b_cond, translate_branch_condition, FLAGS_READ | FLAGS_LEAVE),
        PLAIN(cbz, translate_branch_zero, CC_E, FLAGS_LEAVE, 0),
        PLAIN(cbnz, translate_branch_zero, CC_NE, FLAGS_LEAVE, 0),
        [A64_tbz] = {translate_branch_bit, false, .flags = FLAGS_LEAVE},
        [A64_tbnz] = {translate_branch_bit, true, .flags = FLAGS_LEAVE},
        ONE(hint, translate_nothing, 0),
        ONE(isb, translate_nothing, 0),
        ONE(prfm_literal, translate_nothing, 0),
        ONE(prfm_offset, translate_nothing, 0),
        ONE(prfm_unscaled, translate_nothing, 0),
        ONE(prfm_register, translate_nothing, 0),
        ONE(dmb, translate_fence, 0),
        ONE(dsb, translate_fence, 0),
        [A64_mrs_tpidr] = {translate_read_system, MACHINE_FIELD(state.tpidr),
                           .w = X86_W},
        [A64_mrs_fpcr] = {.translate = translate_read_system,
                          .operation = MACHINE_FIELD(state.fpcr)},
        [A64_mrs_dczid] = {.translate = translate_system_constant,
                           .operation = AARCH64_DCZID},
        ONE(msr_tpidr, translate_write_thread, 0),

        ACCESS(ldrb, translate_load, X86_MOVZX_8, 1),
        ACCESS(ldrh, translate_load, X86_MOVZX_16, 2),
        ACCESS(ldr_w, translate_load, X86_MOV, 4),
        ACCESS(ldr_x, translate_load, X86_MOV | X86_W, 8),
        ACCESS(ldrsb_w, translate_load, MOVSX_W(8), 1),
        ACCESS(ldrsb_x, translate_load, X86_MOVSX_8, 1),
        ACCESS(ldrsh_w, translate_load, MOVSX_W(16), 2),
        ACCESS(ldrsh_x, translate_load, X86_MOVSX_16, 2),
        ACCESS(ldrsw, translate_load, X86_MOVSXD, 4),
        ACCESS(strb, translate_store, X86_STORE_8, 1),
        ACCESS(strh, translate_store, X86_STORE_16, 2),
        ACCESS(str_w, translate_store, X86_STORE, 4),
        ACCESS(str_x, translate_store, X86_STORE | X86_W, 8),
        MEMORY(ldr_literal_w, translate_load, X86_MOV, 4, LITERAL),
        MEMORY(ldr_literal_x, translate_load, X86_MOV | X86_W, 8, LITERAL),
        MEMORY(ldrsw_literal, translate_load, X86_MOVSXD, 4, LITERAL),
        PAIR(ldp_w, translate_load_pair, X86_MOV, 4),
        PAIR(ldp_x, translate_load_pair, X86_MOV | X86_W, 8),
        PAIR(ldpsw, translate_load_pair, X86_MOVSXD, 4),
        PAIR(stp_w, translate_store_pair, X86_STORE, 4),
        PAIR(stp_x, translate_store_pair, X86_STORE | X86_W, 8),
        ACCESS(ldr_b, translate_load_vector, X86_MOVZX_8, 1),
        ACCESS(ldr_h, translate_load_vector, X86_MOVZX_16, 2),
        ACCESS(ldr_s, translate_load_vector, X86_MOVSS, 4),
        ACCESS(ldr_d, translate_load_vector, X86_MOVSD, 8),
        ACCESS(ldr_q, translate_load_vector, X86_MOVUPS, 16),
        ACCESS(str_b, translate_store_vector, X86_STORE_8, 1),
        ACCESS(str_h, translate_store_vector, X86_STORE_16, 2),
        ACCESS(str_s, translate_store_vector, X86_MOVSS_STORE, 4),
        ACCESS(str_d, translate_store_vector, X86_MOVSD_STORE, 8),
        ACCESS(str_q, translate_store_vector, X86_MOVUPS_STORE, 16),
        MEMORY(ldr_literal_s, translate_load_vector, X86_MOVSS, 4, LITERAL),
        MEMORY(ldr_literal_d, translate_load_vector, X86_MOVSD, 8, LITERAL),
        MEMORY(ldr_literal_q, translate_load_vector, X86_MOVUPS, 16, LITERAL),
        PAIR(ldp_s, translate_load_vectors, X86_MOVSS, 4),
        PAIR(ldp_d, translate_load_vectors, X86_MOVSD, 8),
        PAIR(ldp_q, translate_load_vectors, X86_MOVUPS, 16),
        PAIR(stp_s, translate_store_vectors, X86_MOVSS_STORE, 4),
        PAIR(stp_d, translate_store_vectors, X86_MOVSD_STORE, 8),
        PAIR(stp_q, translate_store_vectors, X86_MOVUPS_STORE, 16),
        EXCLUSIVE(b, 1, X86_MOVZX_8, X86_CMPXCHG_8, X86_XCHG_8),
        EXCLUSIVE(h, 2, X86_MOVZX_16, X86_CMPXCHG | X86_66, X86_XCHG | X86_66),
        EXCLUSIVE(w, 4, X86_MOV, X86_CMPXCHG, X86_XCHG),
        EXCLUSIVE(x, 8, X86_MOV | X86_W, X86_CMPXCHG | X86_W, X86_XCHG | X86_W),
        ATOMIC(ldadd, ATOMIC_ADD, 0),
        ATOMIC(ldclr, ATOMIC_COMBINE_NOT, X86_AND),
        ATOMIC(ldeor, ATOMIC_COMBINE, X86_XOR),
        ATOMIC(ldset, ATOMIC_COMBINE, X86_OR),
        ATOMIC(ldsmax, ATOMIC_CHOOSE, CC_G),
        ATOMIC(ldsmin, ATOMIC_CHOOSE, CC_L),
        ATOMIC(ldumax, ATOMIC_CHOOSE, CC_A),
        ATOMIC(ldumin, ATOMIC_CHOOSE, CC_B),
        ATOMIC(swp, ATOMIC_SWAP, 0),
        MEMORY(cas_b, translate_compare_swap, 0, 1, OFFSET),
        MEMORY(cas_h, translate_compare_swap, 0, 2, OFFSET),
        MEMORY(cas_w, translate_compare_swap, 0, 4, OFFSET),
        MEMORY(cas_x, translate_compare_swap, 0, 8, OFFSET),
        EXCLUSIVE_PAIR(w, 4, 0),
        EXCLUSIVE_PAIR(x, 8, X86_W),
        CHECK_SUM(crc32b, false, 1),
        CHECK_SUM(crc32h, false, 2),
        CHECK_SUM(crc32w, false, 4),
        CHECK_SUM(crc32x, false, 8),
        CHECK_SUM(crc32cb, true, 1),
        CHECK_SUM(crc32ch, true, 2),
        CHECK_SUM(crc32cw, true, 4),
        CHECK_SUM(crc32cx, true, 8),
        ROW(ld1_1, translate_load_row),
        ROW(ld1_2, translate_load_row),
        ROW(ld1_3, translate_load_row),
        ROW(ld1_4, translate_load_row),
        ROW(st1_1, translate_store_row),
        ROW(st1_2, translate_store_row),
        ROW(st1_3, translate_store_row),
        ROW(st1_4, translate_store_row),
        STRUCTURES(2),
        STRUCTURES(3),
        STRUCTURES(4),
        STRUCTURE(1),
        STRUCTURE(2),
        STRUCTURE(3),
        STRUCTURE(4),
        [A64_fcmp_f] = {translate_float_compare, V_UCOMIS, .flags = FLAGS_SET},
        [A64_fcmpe_f] = {translate_float_compare, V_COMIS, .flags = FLAGS_SET},
        [A64_fccmp] = {translate_float_compare_if, V_UCOMIS, .flags = IF},
        [A64_fccmpe] = {translate_float_compare_if, V_COMIS, .flags = IF},
        ONE(fcsel, translate_float_select, FLAGS_READ),
        MEMORY(dc_zva, translate_clear_block, 0, 64, OFFSET),
};

/* Vectors have nothing to do with NZCV, but the host's flags are changed by the
 * way. */
static bool translate_any_vector(struct translation *t,
                                 const struct xlate_instruction *i)
{
	flags_clobber(t);
	return translate_vector(t, i);
}

/* [register + constant], and a register of the host is the base if it changes. */
static bool is_plain_access(const struct translation *t,
                            const struct xlate_instruction *i,
                            const struct form *form)
{
	bool changes = form->mode == PRE || form->mode == POST;

	return i->imm <= DISPLACEMENT_MAX &&
	       (form->mode == OFFSET ||
	        (changes && !t->host->places[i->rs1].memory));
}

static bool is_plain_operation(const struct xlate_instruction *i,
                               const struct form *form)
{
	return form->mode == REGISTER ||
	       (form->mode == IMMEDIATE && i->imm == (int32_t)i->imm);
}

/* Whether its host code has scratch registers from use() and its like only. */
static bool keeps_scratch(const struct translation *t,
                          const struct xlate_instruction *i,
                          const struct form *form)
{
	if (form->translate == translate_add ||
	    form->translate == translate_binary ||
	    form->translate == translate_or ||
	    form->translate == translate_sum_flags ||
	    form->translate == translate_and_flags)
		return is_plain_operation(i, form);
	if (form->translate == translate_load ||
	    form->translate == translate_store ||
	    form->translate == translate_store_pair)
		return is_plain_access(t, i, form);
	return form->translate == translate_constant ||
	       form->translate == translate_field ||
	       form->translate == translate_branch_condition ||
	       form->translate == translate_branch_zero ||
	       form->translate == translate_branch_bit;
}

bool aarch64_translate(struct translation *t, const struct xlate_instruction *i)
{
	const struct form *form = &aarch64_forms[i->id];
	uint32_t changed;

	if (keeps_scratch(t, i, form))
		scratch_allow(t);
	else
		scratch_forget(t);
	scratch_unlock(t);
	changed = flags_before_change(t, i);
	scratch_lock(t, i);

	if (form->translate ? form->translate(t, i, form)
	                    : translate_any_vector(t, i)) {
		if (form->flags & FLAGS_SET)
			flags_set(t, i);
		flags_after_change(t, changed);
		return true;
	}
	flags_settle(t);
	scratch_forget(t);
	t->flags = (struct host_flags){.saved = true};
	return false;
}
