/* SPDX-License-Identifier: ISC */
#ifndef XLATE_X86_64_AARCH64_H
#define XLATE_X86_64_AARCH64_H

/*
 * Host code for A64.
 *
 * NZCV is what a subtraction leaves in the host's flags: N is SF, Z is ZF, V is
 * OF, and C is the opposite of CF.  In memory (state.nzcv, while host code
 * runs) it is what lahf and seto make of them in ax.  Most often it is nowhere,
 * since what set it can be done again: see struct host_flags.
 */

#include "xlate/aarch64/aarch64.h"
#include "xlate/x86_64/host.h"

/* forms.c */
bool aarch64_translate(struct translation *t,
                       const struct xlate_instruction *i);
/* vector.c: for vectors and floating point.  False: not one of its
 * instructions. */
bool translate_vector(struct translation *t, const struct xlate_instruction *i);

/* Conditions from here on are AL. */
#define ALWAYS 14u

/* flags.c.  All may use rax and rcx, so they come before operands. */
void flags_settle(struct translation *t);
/* Before host code that changes the host's flags. */
void flags_clobber(struct translation *t);
/* Before an access to memory that does not change the host's flags. */
void flags_before_access(struct translation *t);
/* The host's flags are to be NZCV, as far as CONDITION looks at them. */
#define ALL_FLAGS 15u
void flags_need(struct translation *t, unsigned condition);
/* Whether I, a conditional comparison, and the branch behind it are as good as
 * a branch and a comparison: there, I is done in any case. */
bool flags_have_branch(const struct translation *t,
                       const struct xlate_instruction *i);
/* They are so now, since I has been done. */
void flags_set(struct translation *t, const struct xlate_instruction *i);
/* Behind branch I, where t->otherwise leads with flags that are NZCV. */
void flags_join(struct translation *t, const struct xlate_instruction *i,
                unsigned nzcv);
/* Before and after host code for I: what becomes of flags that depend on
 * registers it changes.  The result of the first goes to the second. */
uint32_t flags_before_change(struct translation *t,
                             const struct xlate_instruction *i);
void flags_after_change(struct translation *t, uint32_t changed);
/* They are NZCV, and in no place. */
static inline struct host_flags flags_constant(unsigned nzcv)
{
	return (struct host_flags){.constant = (uint8_t)(1 + nzcv)};
}
/* The host's flags := a constant NZCV, or what memory has. */
void flags_load_constant(struct translation *t, unsigned nzcv);
/* For the frame: what is pending is the setter of flags. */
void flags_recall(const struct xlate_host *h, struct xlate_state *state,
                  uint32_t setter);
struct host_flags flags_of(const struct xlate_host *h, uint32_t setter);
bool flags_are_same(const struct xlate_host *h, uint32_t a, uint32_t b);
uint32_t flags_to_host(uint32_t nzcv);
uint32_t flags_to_guest(uint32_t word);
/* The host's condition for A64's, which is less than that. */
enum condition flags_condition(unsigned condition);

#endif
