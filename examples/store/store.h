/* SPDX-License-Identifier: ISC */
#ifndef BH_EXAMPLES_STORE_STORE_H
#define BH_EXAMPLES_STORE_STORE_H

/*
 * The protocol of the counter store, on a channel of protocol
 * BH_PROTOCOL_SERVICE.  A counter comes into being with its first increment.
 * A name is 1 to STORE_NAME_MAX bytes, none of them zero.
 */

#include <stdint.h>

#define STORE_NAME_MAX 31u
#define STORE_COUNTERS_MAX 512u

enum store_type {
	/*
	 * Add value[0] to the counter that the payload names.  Reply: value[0]:
	 * its new value.  It is kept for as long as the cell lives, before the
	 * reply has left.  Status -BH_EINVAL: bad name, or it would overflow;
	 * -BH_ENOSPC: there are STORE_COUNTERS_MAX already.
	 */
	STORE_INCREMENT = 1,
	/* Reply: value[0]: the value of the counter that the payload names.
	   Status -BH_ENOENT: there is none. */
	STORE_GET = 2,
	/*
	 * Counters from number value[0] on, in the order they came into being.
	 * Reply: payload: up to STORE_LIST_MAX of struct store_counter; value[0]:
	 * how many counters there are.
	 */
	STORE_LIST = 3,
};

struct store_counter {
	char name[STORE_NAME_MAX + 1]; /* zero bytes behind its end */
	uint64_t value;
};

_Static_assert(sizeof(struct store_counter) == 40, "no padding in records");

#define STORE_LIST_MAX 128u

#endif
