/* SPDX-License-Identifier: ISC */
#ifndef XLATE_X86_64_AARCH64_FORMS_H
#define XLATE_X86_64_AARCH64_FORMS_H

/* Host code by the kind of instruction: all but what computes with vectors. */

#include "xlate/x86_64/aarch64/aarch64.h"

/* The second operand of an operation, or how memory is addressed. */
enum second {
	NO_SECOND,
	REGISTER,
	SHIFTED,
	EXTENDED,
	IMMEDIATE,
	INVERTED = 8, /* each bit of it, if it is a register */
};
enum address { OFFSET, PRE, POST, INDEXED, LITERAL };

/* What an instruction has to do with flags, and with who looks at them. */
enum {
	FLAGS_READ = 1,
	FLAGS_SET = 2,   /* all of them */
	FLAGS_LEAVE = 4, /* it may fault or go elsewhere */
	FLAGS_AGAIN = 8, /* nothing but flags comes of doing it again */
};

struct form {
	/* False: the interpreter's. */
	bool (*translate)(struct translation *t,
	                  const struct xlate_instruction *i,
	                  const struct form *form);
	uint16_t operation; /* of the host's, or what the function says */
	uint16_t w;         /* X86_W: 64 bits; 0: 32 */
	uint8_t mode;       /* enum second or enum address */
	uint8_t size;       /* bytes of a memory operand */
	uint8_t flags;
};

/* By struct xlate_instruction's id. */
extern const struct form aarch64_forms[A64_COUNT];

/* integer.c, bits.c, branch.c, memory.c, vector_memory.c */
#define FORM_FUNCTION(name)                                                    \
	bool name(struct translation *t, const struct xlate_instruction *i,    \
	          const struct form *form)
FORM_FUNCTION(translate_add);        /* operation: X86_ADD or X86_SUB */
FORM_FUNCTION(translate_binary);     /* operation */
FORM_FUNCTION(translate_or);         /* likewise */
FORM_FUNCTION(translate_sum_flags);  /* X86_ADD or X86_SUB */
FORM_FUNCTION(translate_and_flags);  /* X86_AND */
FORM_FUNCTION(translate_carry);      /* X86_ADC or X86_SBB */
FORM_FUNCTION(translate_compare_if); /* X86_ADD or X86_SUB */
FORM_FUNCTION(translate_select);     /* enum select */
FORM_FUNCTION(translate_constant);
FORM_FUNCTION(translate_page);
FORM_FUNCTION(translate_keep);
FORM_FUNCTION(translate_multiply); /* X86_ADD or X86_SUB */
FORM_FUNCTION(translate_multiply_long);
FORM_FUNCTION(translate_multiply_high); /* GROUP3_MUL or GROUP3_IMUL */
FORM_FUNCTION(translate_divide);        /* whether it has a sign */
FORM_FUNCTION(translate_shift);         /* SHIFT_LEFT and others */
FORM_FUNCTION(translate_field);         /* SHIFT_RIGHT or SHIFT_ARITHMETIC */
FORM_FUNCTION(translate_insert);
FORM_FUNCTION(translate_extract);
FORM_FUNCTION(translate_reverse);
FORM_FUNCTION(translate_leading_zeros);
FORM_FUNCTION(translate_leading_signs);
FORM_FUNCTION(translate_reverse_bits);
FORM_FUNCTION(translate_branch_condition);
FORM_FUNCTION(translate_branch_zero); /* CC_E or CC_NE */
FORM_FUNCTION(translate_branch_bit);  /* whether it is to be set */
FORM_FUNCTION(translate_nothing);
FORM_FUNCTION(translate_fence);
FORM_FUNCTION(translate_read_system); /* where it is, from rbp */
FORM_FUNCTION(translate_system_constant);
FORM_FUNCTION(translate_write_thread);
FORM_FUNCTION(translate_load);
FORM_FUNCTION(translate_store);
FORM_FUNCTION(translate_load_pair);
FORM_FUNCTION(translate_store_pair);
FORM_FUNCTION(translate_load_reserved);
FORM_FUNCTION(translate_store_conditional);
FORM_FUNCTION(translate_load_reserved_pair);
FORM_FUNCTION(translate_store_conditional_pair);
FORM_FUNCTION(translate_load_acquire);
FORM_FUNCTION(translate_store_release);
FORM_FUNCTION(translate_clear_block);
/* extensions.c: of extensions.def */
FORM_FUNCTION(translate_atomic_memory); /* mode: enum atomic_kind */
FORM_FUNCTION(translate_compare_swap);
FORM_FUNCTION(translate_compare_swap_pair);
FORM_FUNCTION(translate_check_sum); /* mode: whether Castagnoli's */
/* vector_memory.c: one register, two, some that follow each other. */
FORM_FUNCTION(translate_load_vector);
FORM_FUNCTION(translate_store_vector);
FORM_FUNCTION(translate_load_vectors);
FORM_FUNCTION(translate_store_vectors);
FORM_FUNCTION(translate_load_row);
FORM_FUNCTION(translate_store_row);
FORM_FUNCTION(translate_load_structures);
FORM_FUNCTION(translate_store_structures);
FORM_FUNCTION(translate_load_structure); /* whether to all lanes */
FORM_FUNCTION(translate_store_structure);
/* compare.c: the host's comparison */
FORM_FUNCTION(translate_float_compare);
FORM_FUNCTION(translate_float_compare_if);
FORM_FUNCTION(translate_float_select);

enum select { SELECT_SAME, SELECT_PLUS_ONE, SELECT_INVERTED, SELECT_NEGATED };

/* The operand [register], and flags as they have to be; may use rax and rcx. */
struct rm find_base(struct translation *t, unsigned number);
/* What is accessed, perhaps by rcx and rdx.  False: the interpreter's. */
bool find_operand(struct translation *t, const struct xlate_instruction *i,
                  const struct form *form, struct rm *memory);
/* The base register, after the access: rcx as find_operand() left it. */
void write_back(struct translation *t, const struct xlate_instruction *i,
                const struct form *form);

#endif
