/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_CONTROL_H
#define BH_CLI_CONTROL_H

#include "launch.h"

/* How a cell ended. */
struct outcome {
	enum bh_cell_result result;
	unsigned status;   /* the guest's, if it exited */
	uint64_t exchange; /* its last one, if it exited */
	int signal;        /* the signal that told us to stop, or 0 */
	unsigned reports;  /* verdicts that were shown */
};

/* Blocks the signals that the loop receives by descriptor: those that stop the
 * cell, and, if a guest of PLAN takes signals, those that are for it.  Returns it, or
 * -errno.  To be called before any process is started. */
int control_signals(const struct plan *plan);

/*
 * Serves exo and the processes until the cell has ended.  Returns 0 with the
 * outcome, -1 with the reason, or LAUNCH_REFUSED.
 */
int control_run(struct launch *launch, int signals, struct outcome *outcome,
                struct problem *problem);

/* Undoes control_signals() and ends this process by SIGNAL. */
void control_die(int signal) __attribute__((noreturn));

#endif
