/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_PROTOCOL_CONTROL_H
#define BH_ABI_PROTOCOL_CONTROL_H

/*
 * The control protocol, on channel 0 of every domain.  What a guest submits on
 * it is one-way: the exchange that carries it never completes.  Records after
 * it in the same batch are refused (-BH_EINVAL kills the domain).
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
	/*
	 * From exo to a guest of a domain with BH_DOMAIN_SIGNALS, as a
	 * completion with tag zero: the user asks for something.  value[0]: enum
	 * bh_signal.  All variants receive it at the same point of their record
	 * stream.  It is not answered.
	 */
	BH_CONTROL_SIGNAL = 3,
};

/* The numbers are Linux's, which all instruction sets share. */
enum bh_signal {
	BH_SIGNAL_HANGUP = 1,
	BH_SIGNAL_INTERRUPT = 2,
	BH_SIGNAL_QUIT = 3,
	BH_SIGNAL_USER1 = 10,
	BH_SIGNAL_USER2 = 12,
	BH_SIGNAL_TERMINATE = 15,
	BH_SIGNAL_WINDOW = 28,
};

enum bh_abort {
	BH_ABORT_CALLED = 0,         /* abort(), assert() */
	BH_ABORT_STACK_SMASHED = 1,  /* stack protector */
	BH_ABORT_HEAP_CORRUPTED = 2, /* an allocator's check */
	BH_ABORT_BOOT = 3,           /* boot information the guest cannot use */
};

#define BH_ABORT_TEXT 256u

#endif
