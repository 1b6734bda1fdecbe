/* SPDX-License-Identifier: ISC */
#ifndef XLATE_X86_64_RISCV64_H
#define XLATE_X86_64_RISCV64_H

#include "xlate/x86_64/host.h"

/* Integer and memory operations, and before them addresses that are relative to
 * pc, of one or two instructions: integer.c; those on bits: bits.c; atomic ones:
 * atomic.c; floating point: float.c, flags.c.  False: not one of theirs. */
bool translate_address(struct translation *t,
                       const struct xlate_instruction *i);
bool translate_integer(struct translation *t,
                       const struct xlate_instruction *i);
bool translate_bits(struct translation *t, const struct xlate_instruction *i);
bool translate_atomic(struct translation *t, const struct xlate_instruction *i);
bool translate_float(struct translation *t, const struct xlate_instruction *i);
bool translate_flags(struct translation *t, const struct xlate_instruction *i);

/*
 * halves.c: registers of which the low half is all that is right.  Translates
 * an instruction by the function given, with its operands as it needs them.
 */
bool translate_halves(struct translation *t, const struct xlate_instruction *i,
                      bool (*translate)(struct translation *t,
                                        const struct xlate_instruction *i));
/* What of I's operands it has to be right for is made so. */
void halves_need(struct translation *t, const struct xlate_instruction *i);
/* A register's low half is all that is right. */
void set_low(struct translation *t, unsigned number);
/* A register's upper half is known to have the sign of its low one. */
bool is_narrow(const struct translation *t, unsigned number);
/* X86_W, or 0: both operands are what their low halves tell. */
unsigned compared_width(const struct translation *t,
                        const struct xlate_instruction *i);
/* For the frame: what is pending are such registers, as bits. */
void halves_settle(struct translation *t);
void halves_recall(struct xlate_state *state, uint32_t low);
struct host_flags halves_of(const struct xlate_host *h, uint32_t low);
bool halves_are_same(const struct xlate_host *h, uint32_t a, uint32_t b);

/* guest.c: whether host code for I leaves alone what scratch registers hold;
 * one instruction by itself. */
bool keeps_scratch(const struct translation *t,
                   const struct xlate_instruction *i);
bool translate_plain(struct translation *t, const struct xlate_instruction *i);

/* late.c: an instruction, some of which are left out for a while; until now. */
bool late_translate(struct translation *t, const struct xlate_instruction *i);
void late_finish(struct translation *t);
/* For the frame: what is pending are registers as above, or the number of a
 * struct late_note. */
void late_recall(const struct xlate_host *h, struct xlate_state *state,
                 uint32_t pending);

static inline bool is_branch(const struct xlate_instruction *i)
{
	return i->operation >= OP_BRANCH_EQ && i->operation <= OP_BRANCH_GEU;
}

/* Whether rs2 is an operand. */
static inline bool reads_second(const struct xlate_instruction *i)
{
	return !i->immediate || is_branch(i) || xlate_writes(i);
}

#endif
