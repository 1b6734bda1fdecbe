/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_CLOCK_H
#define BH_EXO_CLOCK_H

/* The cell's time, in nanoseconds.  See abi/protocol/clock.h. */

#include <stdint.h>

/* Makes now the start of the cell. */
void clock_start(void);

/* Time since the start of the cell. */
uint64_t clock_monotonic(void);

/* Time since 1970. */
uint64_t clock_realtime(void);

#endif
