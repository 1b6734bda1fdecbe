/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_DESCRIPTORS_H
#define BH_CLI_DESCRIPTORS_H

/* How many files a process may have open at a time. */

#include "problem.h"

/* What spawn_start() needs: what a role gets is put aside above the numbers
 * under which it finds it. */
#define DESCRIPTORS_MIN 1024u

/* The most that this host allows. */
unsigned long long descriptors_max(void);

/* Lets this process have DESCRIPTORS_MIN.  0, or -1 if the host does not allow
 * it. */
int descriptors_raise(struct problem *problem);

/* Lets this process have as many as it may. */
void descriptors_raise_to_max(void);

#endif
