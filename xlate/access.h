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

/* Where interpreters are, from where their block begins. */
static inline void xlate_complete_pc(struct xlate_machine *m)
{
	if (m->current)
		m->state.pc += m->current->at;
	m->current = NULL;
}

/* No access has more bytes: if it begins that far from the window's end, its
 * size need not be looked at. */
#define XLATE_ACCESS_MAX 64u

/* Before something at AT is touched: the handler of a fault needs to know where
 * that was, and all registers.  Whether an access may reach the window's end.
 */
static inline bool xlate_begin_near(struct xlate_machine *m,
                                    const struct xlate_instruction *i,
                                    uint64_t at)
{
	m->current = i;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return __builtin_expect(at > m->last, false);
}

/* Then, whether one of SIZE bytes does. */
static inline void xlate_check_end(struct xlate_machine *m,
                                   enum xlate_exit exit, uint64_t at,
                                   uint64_t size)
{
	if (at <= m->top - size)
		return;
	xlate_complete_pc(m);
	m->fault_address = at;
	siglongjmp(m->leave, exit);
}

static inline void xlate_begin_access(struct xlate_machine *m,
                                      const struct xlate_instruction *i,
                                      enum xlate_exit exit, uint64_t at,
                                      uint64_t size)
{
	if (xlate_begin_near(m, i, at))
		xlate_check_end(m, exit, at, size);
}

/* The old value is in *OLD, also if it is not what was expected. */
#define XLATE_EXCHANGE(type, at, old, value)                                   \
	__atomic_compare_exchange_n((type *)(uintptr_t)(at), (old), (value),   \
	                            false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

/*
 * Interpreters jump from instruction to instruction, by labels as values: the
 * host predicts each such jump by itself.  `places` has one for each number;
 * `i` is the instruction, and `s` the state, whose pc is where the block
 * begins.
 */
#define PC (s->pc + i->at)
#if defined(BH_SANITIZE)
/* All from one place: compilers take a minute for hundreds that are watched. */
#define XLATE_BEGIN                                                            \
	go:                                                                    \
	goto *places[i->id]
#define XLATE_GO goto go
#else
#define XLATE_BEGIN goto *places[i->id]
#define XLATE_GO    XLATE_BEGIN
#endif
#define XLATE_ENTER(block)                                                     \
	do {                                                                   \
		s->pc = (block)->pc;                                           \
		i = (block)->code;                                             \
		XLATE_GO;                                                      \
	} while (0)

/* How an instruction ends that does not lead to the next: with an exit, at the
 * instruction or after it; where its immediate operand says; anywhere. */
#define LEAVE_AT(address, why)                                                 \
	do {                                                                   \
		s->pc = (address);                                             \
		exit = (why);                                                  \
		goto leave;                                                    \
	} while (0)
#define LEAVE(why)       LEAVE_AT(PC, why)
#define LEAVE_AFTER(why) LEAVE_AT(PC + i->length, why)
#define JUMP                                                                   \
	do {                                                                   \
		struct xlate_block *next = xlate_linked(m, i);                 \
		if (!next)                                                     \
			goto unlinked;                                         \
		XLATE_ENTER(next);                                             \
	} while (0)
#define BRANCH(condition)                                                      \
	if (condition)                                                         \
	JUMP
#define JUMP_TO(address)                                                       \
	do {                                                                   \
		const uint64_t target = (address);                             \
		struct xlate_blocks *blocks = m->blocks;                       \
		struct xlate_block *next =                                     \
		        blocks ? xlate_known(blocks, target) : NULL;           \
		if (!next)                                                     \
			LEAVE_AT(target, EXIT_NONE);                           \
		XLATE_ENTER(next);                                             \
	} while (0)
/* What is behind label `unlinked`: a jump that has not been made before. */
#define JUMP_UNLINKED                                                          \
	do {                                                                   \
		const uint64_t target = PC + (uint64_t)i->imm;                 \
		struct xlate_block *next = xlate_link(m, i, target);           \
		if (!next)                                                     \
			LEAVE_AT(target, EXIT_NONE);                           \
		XLATE_ENTER(next);                                             \
	} while (0)

static inline uint32_t xlate_slot(uint64_t pc)
{
	return (uint32_t)(pc >> 1) % XLATE_SLOTS;
}

static inline struct xlate_block *xlate_block_at(struct xlate_blocks *blocks,
                                                 uint32_t place)
{
	return (struct xlate_block *)(void *)((uint8_t *)blocks + place);
}

static inline uint32_t xlate_place(const struct xlate_blocks *blocks,
                                   const struct xlate_block *block)
{
	return (uint32_t)((const uint8_t *)block - (const uint8_t *)blocks);
}

/* The block for PC, or NULL. */
static inline struct xlate_block *xlate_known(struct xlate_blocks *blocks,
                                              uint64_t pc)
{
	uint32_t place = blocks->slots[xlate_slot(pc)];
	struct xlate_block *block = xlate_block_at(blocks, place);

	return place && block->pc == pc ? block : NULL;
}

/* The block that I leads to, or NULL. */
static inline struct xlate_block *xlate_linked(
        const struct xlate_machine *m, const struct xlate_instruction *i)
{
	struct xlate_blocks *blocks = m->blocks;

	return blocks && i->to ? xlate_block_at(blocks, i->to) : NULL;
}

/* From now on I leads to the block for PC.  NULL: there is none. */
static inline struct xlate_block *xlate_link(const struct xlate_machine *m,
                                             struct xlate_instruction *i,
                                             uint64_t pc)
{
	struct xlate_blocks *blocks = m->blocks;
	struct xlate_block *block = blocks ? xlate_known(blocks, pc) : NULL;

	if (block)
		i->to = xlate_place(blocks, block);
	return block;
}

#endif
