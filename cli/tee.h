/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_TEE_H
#define BH_CLI_TEE_H

/*
 * A copy of a guest's output: a process of its own passes it on, output to the
 * standard output and errors to the standard error, and writes both to a file,
 * so that a slow reader of one never keeps the launcher from its work.
 */

#include <sys/types.h>

#include "abi/protocol/console.h"
#include "problem.h"

struct tee {
	pid_t pid; /* 0: none */
};

/*
 * OUTPUTS: what is to be written to now; what was there is closed.  Where the
 * standard output and error are one, so are these, and the order is kept.
 * Creates or empties FILE.
 */
int tee_start(struct tee *tee, int outputs[BH_CONSOLE_STREAMS],
              const char *file, struct problem *problem);
/* Waits for the end; all ends of the output must have been closed. */
void tee_finish(struct tee *tee);

#endif
