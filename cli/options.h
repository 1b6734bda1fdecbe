/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_OPTIONS_H
#define BH_CLI_OPTIONS_H

#include <stdbool.h>

#include "plan.h"

/*
 * Fills PLAN from the command line of `bh run` and completes it.  Sets *help
 * instead if help was asked for.
 */
int options_parse(int argc, char **argv, struct plan *plan, bool *help,
                  struct problem *problem);

#endif
