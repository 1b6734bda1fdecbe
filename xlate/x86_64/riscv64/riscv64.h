/* SPDX-License-Identifier: ISC */
#ifndef XLATE_X86_64_RISCV64_H
#define XLATE_X86_64_RISCV64_H

#include "xlate/x86_64/host.h"

/* Integer and memory operations: integer.c; those on bits: bits.c; atomic ones:
 * atomic.c; floating point: float.c, flags.c.  False: not one of theirs. */
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
/* A register's upper half is known to have the sign of its low one. */
bool is_narrow(const struct translation *t, unsigned number);
/* X86_W, or 0: both operands are what their low halves tell. */
unsigned compared_width(const struct translation *t,
                        const struct xlate_instruction *i);
/* For the frame: what is pending are such registers, as bits. */
void halves_settle(struct translation *t);
void halves_recall(const struct xlate_host *h, struct xlate_state *state,
                   uint32_t low);
struct host_flags halves_of(const struct xlate_host *h, uint32_t low);
bool halves_are_same(const struct xlate_host *h, uint32_t a, uint32_t b);

#endif
