/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_PROTOCOL_ENTROPY_H
#define BH_ABI_PROTOCOL_ENTROPY_H

/*
 * The entropy protocol.  All variants of a domain receive the same bytes.
 * They come from the host's getrandom(2), or, when the cell was given a seed
 * (for reproductions and tests), from a generator that the seed fixes.
 */

#include "../base.h"

enum bh_entropy_type {
	/* value[0]: bytes wanted, 1 to BH_ENTROPY_MAX.  Completion: payload. */
	BH_ENTROPY_GET = 1,
};

#define BH_ENTROPY_MAX 256u

#endif
