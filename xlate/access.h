/* SPDX-License-Identifier: ISC */
#ifndef XLATE_ACCESS_H
#define XLATE_ACCESS_H

/* Inside xlate/: how interpreters touch guest memory, and leave an instruction.
 */

#include "xlate/guest.h"

/* Values at any address. */
#define XLATE_ANY(type)                                                        \
	struct any_##type {                                                    \
		type v;                                                        \
	} __attribute__((packed, may_alias))
XLATE_ANY(uint8_t);
XLATE_ANY(int8_t);
XLATE_ANY(uint16_t);
XLATE_ANY(int16_t);
XLATE_ANY(uint32_t);
XLATE_ANY(int32_t);
XLATE_ANY(uint64_t);
XLATE_ANY(int64_t);
#undef XLATE_ANY

#define XLATE_AT(type, at) ((volatile struct any_##type *)(uintptr_t)(at))->v

static inline void __attribute__((noreturn))
xlate_fault(struct xlate_machine *m, enum xlate_exit exit, uint64_t address)
{
	m->fault_address = address;
	siglongjmp(m->leave, exit);
}

/* Before SIZE bytes at AT are touched: the handler of a fault needs pc and all
 * registers. */
static inline void xlate_begin_access(struct xlate_machine *m, uint64_t pc,
                                      enum xlate_exit exit, uint64_t at,
                                      uint64_t size)
{
	m->state.pc = pc;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (at > m->top - size)
		xlate_fault(m, exit, at);
}

/* The old value is in *OLD, also if it is not what was expected. */
#define XLATE_EXCHANGE(type, at, old, value)                                   \
	__atomic_compare_exchange_n((type *)(uintptr_t)(at), (old), (value),   \
	                            false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

/* How an instruction of an interpreter ends, where `s` is the state and `pc`
 * where it goes on: with an EXIT, elsewhere, or elsewhere if CONDITION holds.
 */
#define LEAVE(exit)                                                            \
	do {                                                                   \
		s->pc = pc;                                                    \
		return exit;                                                   \
	} while (0)
#define JUMP(to)                                                               \
	do {                                                                   \
		pc = (to);                                                     \
		XLATE_ENTER;                                                   \
	} while (0)
#define BRANCH(condition)                                                      \
	if (condition)                                                         \
	JUMP(PC + IMM)

/*
 * Interpreters jump from instruction to instruction, by labels as values: the
 * host predicts each such jump by itself.  `places` has one for each number.
 */
#define XLATE_GO goto *places[i->id]
#define XLATE_ENTER                                                            \
	do {                                                                   \
		i = xlate_known(m, pc);                                        \
		if (!i)                                                        \
			LEAVE(EXIT_NONE);                                      \
		XLATE_GO;                                                      \
	} while (0)

/* The code that is known for PC, or NULL. */
static inline const struct xlate_instruction *xlate_known(
        const struct xlate_machine *m, uint64_t pc)
{
	struct xlate_block *const *slots = m->slots;
	const struct xlate_block *block =
	        slots ? slots[(pc >> 1) % XLATE_SLOTS] : NULL;

	return block && block->pc == pc ? block->code : NULL;
}

#endif
