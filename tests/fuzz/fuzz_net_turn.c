/* SPDX-License-Identifier: ISC */
/* links: device/net/turn.o */

/*
 * Hostile turns: the decoder reads nothing outside, and whoever walks what it
 * lets through stays inside.
 */

#include <stdlib.h>
#include <string.h>

#include "device/net/net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	const struct bh_net_item *item;

	memcpy(copy, data, size);
	if (net_turn_check(copy, size) == 0)
		NET_TURN_EACH(item, copy, size) {
			const uint8_t *end = (const uint8_t *)item + item->size;

			if (item->size < sizeof(*item) || end > copy + size ||
			    item->type < BH_NET_LISTEN ||
			    item->type > BH_NET_OPTION || !item->socket)
				abort();
		}
	free(copy);
	return 0;
}
