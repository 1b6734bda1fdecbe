/* SPDX-License-Identifier: ISC */
#ifndef XLATE_AARCH64_ACCESS_H
#define XLATE_AARCH64_ACCESS_H

/* How A64's interpreters touch memory. */

#include "xlate/access.h"

/* Memory does not look at the top byte of an address: TCR_EL1.TBI0, as Linux
 * has it.  It is as bit 55 is, in what a fault reports. */
static inline uint64_t aarch64_without_tag(uint64_t at)
{
	return (uint64_t)((int64_t)(at << 8) >> 8);
}

/* As xlate_begin_access(); AT without its tag.  Host code leaves addresses with
 * tags to the interpreter, since they are outside the window. */
static inline uint64_t aarch64_begin_access(struct xlate_machine *m,
                                            const struct xlate_instruction *i,
                                            enum xlate_exit exit, uint64_t at,
                                            uint64_t size)
{
	if (xlate_begin_near(m, i, at)) {
		at = aarch64_without_tag(at);
		xlate_check_end(m, exit, at, size);
	}
	return at;
}

#endif
