/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/aarch64/aarch64.h"

/* A64 as the frame sees it. */

#define RMODE 22 /* in FPCR */

static bool can_run(const struct xlate_state *state)
{
	return !(state->fpcr & ~(UINT32_C(3) << RMODE));
}

/* RMode counts up, down; MXCSR down, up. */
static uint32_t rounding(const struct xlate_state *state)
{
	static const uint32_t mode[4] = {0, 2, 1, 3};

	return mode[state->fpcr >> RMODE & 3];
}

/* IE, DE, ZE, OE, UE, PE to IOC, DZC, OFC, UFC, IXC. */
static uint32_t flags(uint32_t mxcsr)
{
	return (mxcsr & 1) | (mxcsr >> 1 & 0x1e);
}

static void to_host(struct xlate_state *state)
{
	state->nzcv = flags_to_host(state->nzcv);
}

static void to_guest(struct xlate_state *state, uint32_t mxcsr)
{
	state->fpsr |= flags(mxcsr);
	state->nzcv = flags_to_guest(state->nzcv);
}

const struct host_guest host_aarch64 = {
        /* Arguments, what is kept across calls, sp; the link register is
         * needed where functions begin and end only. */
        .pinned = {{0, RDI},
                   {1, RSI},
                   {2, R8},
                   {3, R9},
                   {4, R10},
                   {5, R11},
                   {19, RBX},
                   {20, R12},
                   {21, R13},
                   {AARCH64_SP, R14},
                   {22, R15}},
        .vector_pinned = {{0, 2},
                          {1, 3},
                          {2, 4},
                          {3, 5},
                          {4, 6},
                          {5, 7},
                          {6, 8},
                          {7, 9},
                          {16, 10},
                          {17, 11},
                          {18, 12},
                          {19, 13},
                          {8, 14},
                          {9, 15}},
        .vectors = offsetof(struct xlate_state, v),
        .vector_size = 16,
        .zero = NO_REGISTER, /* to read it changes no flags */
        .link = AARCH64_LR,
        .can_run = can_run,
        .float_traps = true,
        .rounding = rounding,
        .flags = flags,
        .to_host = to_host,
        .to_guest = to_guest,
        .translate = aarch64_translate,
        .settle = flags_settle,
        .defers = true,
        .recall = flags_recall,
        .flags_of = flags_of,
        .is_same = flags_are_same,
};
