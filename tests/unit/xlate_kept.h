/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_XLATE_KEPT_H
#define BH_TESTS_XLATE_KEPT_H

/* For tests that try the same on each tier; the third way is the translator
 * that leaves what runs for the first time to the interpreter, the fourth one
 * has blocks that have been made ahead of time as well. */

#include <stdlib.h>

#include "xlate/keep.h"

enum way { INTERPRETED, TRANSLATED, MIXED, KEPT, WAYS };

static inline enum xlate_tier way_tier(enum way way)
{
	return way == INTERPRETED ? XLATE_INTERPRET : XLATE_TRANSLATE;
}

static inline uint8_t way_patience(enum way way)
{
	return way == MIXED || way == KEPT;
}

/* What a guest has in SIZE bytes at CODE is translated, and X uses it.  False:
 * it cannot. */
static inline bool keep_code(struct xlate *x, enum xlate_isa isa, uint64_t code,
                             size_t size)
{
	static struct xlate_keep *before;
	struct xlate_keep *keep;
	struct xlate_kept kept;
	const void *file;
	bool done;

	if (xlate_keep_start(&keep, isa))
		return false;
	done = xlate_keep_code(keep, (const uint8_t *)(uintptr_t)code, size,
	                       code) == 0;
	file = xlate_keep_finish(keep, &kept);
	done = done && file && xlate_attach(x, file, kept.size) == 0;
	xlate_keep_release(before);
	before = keep;
	return done;
}

/* How many blocks of X have been made ahead of time.  Others begin where the
 * interpreter has executed an instruction in the midst of one, and where
 * computed jumps lead. */
static inline uint64_t kept_blocks(const struct xlate *x)
{
	struct xlate_statistics s;

	xlate_statistics(x, &s);
	return s.kept_blocks;
}

#endif
