/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_PROTOCOL_CONTROL_H
#define BH_ABI_PROTOCOL_CONTROL_H

/*
 * The control protocol, on channel 0 of every domain.  Both operations are
 * one-way: the exchange that carries one never completes.  Records after it in
 * the same batch are refused (-BH_EINVAL kills the domain).
 */

#include "../base.h"

enum bh_control_type {
	/*
	 * The guest has ended.  value[0]: its exit status, 0 to 255.  What it
	 * submitted before is delivered first.
	 */
	BH_CONTROL_EXIT = 1,
	/*
	 * The guest has found itself broken (stack protector, failed assertion,
	 * abort()).  value[0]: enum bh_abort.  Payload: up to BH_ABORT_TEXT
	 * bytes of text for the report.  If all variants agree it counts as a
	 * fault of all, else as a divergence.
	 */
	BH_CONTROL_ABORT = 2,
};

enum bh_abort {
	BH_ABORT_CALLED = 0,         /* abort(), assert() */
	BH_ABORT_STACK_SMASHED = 1,  /* stack protector */
	BH_ABORT_HEAP_CORRUPTED = 2, /* an allocator's check */
	BH_ABORT_BOOT = 3,           /* boot information the guest cannot use */
};

#define BH_ABORT_TEXT 256u

#endif
