/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_PROTOCOL_CLOCK_H
#define BH_ABI_PROTOCOL_CLOCK_H

/*
 * The clock protocol.  Time also comes with every completion header, which is
 * enough for most guests; a request on this channel yields the time at which
 * exo acted on it.
 */

#include "../base.h"

enum bh_clock_type {
	/* value[0]: enum bh_clock.  Completion: value[0]: the time in ns. */
	BH_CLOCK_GET = 1,
	/* value[0]: enum bh_clock.  Completion: value[0]: resolution in ns. */
	BH_CLOCK_RESOLUTION = 2,
};

enum bh_clock {
	BH_CLOCK_MONOTONIC = 0, /* since the cell started; never goes back */
	BH_CLOCK_REALTIME = 1,  /* since 1970-01-01T00:00:00Z */
};

#endif
