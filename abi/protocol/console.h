/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_PROTOCOL_CONSOLE_H
#define BH_ABI_PROTOCOL_CONSOLE_H

/*
 * The console protocol: a byte stream in, and two out, what a program puts out
 * and what it complains of.  Which end of the host they lead to (a terminal, a
 * pipe, a log) is the cell's business.
 */

#include "../base.h"

enum bh_console_stream {
	BH_CONSOLE_OUTPUT = 0,
	BH_CONSOLE_ERROR = 1,
};

/* How many streams there are. */
#define BH_CONSOLE_STREAMS 2

enum bh_console_type {
	/*
	 * Write the payload to the stream value[0].  Completes when all of it
	 * has been accepted; writes on one channel keep their order, on both
	 * streams.  Completion: value[0]: bytes accepted; status -BH_EPIPE if
	 * nobody reads any more.
	 */
	BH_CONSOLE_WRITE = 1,
	/*
	 * Read up to value[0] bytes (at least 1).  Completes when at least one
	 * byte is there; a payload of zero bytes is the end of input.  One read
	 * may be unanswered at a time; a second one fails with -BH_EAGAIN.
	 */
	BH_CONSOLE_READ = 2,
};

#endif
