/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_RESOLVE_H
#define BH_CLI_RESOLVE_H

/*
 * Names are resolved by a program of its own, bh-resolve: the C library's
 * resolver loads plugins of the host, which a static executable had better not.
 */

#include "plan.h"

/* Appends the addresses of NAME in numbers.  At least one, or -1. */
int resolve_name(const char *name, struct plan_strings *numbers,
                 struct problem *problem);

#endif
