/* SPDX-License-Identifier: ISC */
#ifndef XLATE_X86_64_KEPT_H
#define XLATE_X86_64_KEPT_H

/* Kept translations as host code. */

#include "xlate/kept.h"
#include "xlate/x86_64/host.h"

/* The parts that all blocks share, by the numbers that kept code has for them. */
#define SHARED_COUNT 6u

static inline uint32_t host_shared(const struct xlate_host *h, unsigned which)
{
	const uint32_t shared[SHARED_COUNT] = {
	        h->leave,     h->leave_link, h->leave_indirect,
	        h->interpret, h->miss,       h->trap,
	};

	return shared[which];
}

/* Loads the unit that has the block at PC.  Its offset, or 0: there is none. */
uint32_t kept_load(struct xlate *x, uint64_t pc);

/* Of the unit with that number: where in the guest's code its host code at OFFSET
 * comes from; *PENDING is what is pending there, as a file says it, or 0. */
uint32_t kept_find_origin(const struct xlate_host *h, uint32_t unit,
                          uint32_t offset, uint32_t *pending);

#endif
