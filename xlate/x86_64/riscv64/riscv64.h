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

#endif
