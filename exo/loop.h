/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_LOOP_H
#define BH_EXO_LOOP_H

/* The event loop: everything exo waits for, in one epoll set. */

#include "cell.h"

/* Returns 0 or -errno. */
int loop_create(const struct cell *cell);

/* Runs until the cell has finished (true) or the launcher is gone (false). */
bool loop_run(struct cell *cell);

#endif
