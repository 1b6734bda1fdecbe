/* SPDX-License-Identifier: ISC */
#ifndef XLATE_SWEEP_H
#define XLATE_SWEEP_H

/*
 * Inside xlate/: where blocks begin in code that does not run yet.  Found by
 * looking at one instruction after the other; what is reached by computed jumps
 * only may be missing, and what is no code may be taken for some.
 */

#include "xlate/guest.h"

/* What is known of an address. */
enum {
	SWEEP_BLOCK = 1,    /* a block begins here, */
	SWEEP_FUNCTION = 2, /* and perhaps a function */
};

/* Of SIZE bytes; MARKS has one entry for each guest->alignment of them, zero
 * before. */
void sweep(const struct xlate_guest *guest, const uint8_t *code, size_t size,
           uint8_t *marks);

#endif
