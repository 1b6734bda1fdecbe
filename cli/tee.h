/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_TEE_H
#define BH_CLI_TEE_H

/*
 * A copy of a guest's output: a process of its own passes it on to the
 * standard output and writes it to a file, so that a slow reader of one never
 * keeps the launcher from its work.
 */

#include <sys/types.h>

#include "problem.h"

struct tee {
	pid_t pid; /* 0: none */
};

/* *output: what to write to.  Creates or empties FILE. */
int tee_start(struct tee *tee, int *output, const char *file,
              struct problem *problem);
/* Waits for the end; all ends of the output must have been closed. */
void tee_finish(struct tee *tee);

#endif
