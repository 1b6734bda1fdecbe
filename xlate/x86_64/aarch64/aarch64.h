/* SPDX-License-Identifier: ISC */
#ifndef XLATE_X86_64_AARCH64_H
#define XLATE_X86_64_AARCH64_H

#include "xlate/aarch64/aarch64.h"
#include "xlate/x86_64/host.h"

/* branch.c.  False: not one of its instructions. */
bool translate_branch(struct translation *t, const struct xlate_instruction *i);

/* vector.c: likewise, for vectors and floating point. */
bool translate_vector(struct translation *t, const struct xlate_instruction *i);

#endif
