/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_NET_ITEMS_H
#define BH_LINUX_NET_ITEMS_H

/* Lists of commands and events of the net protocol (abi/protocol/net.h). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/protocol/net.h"

#define NET_ITEM_STRIDE(size) (((uint64_t)(size) + 7) & ~UINT64_C(7))

/*
 * The item at *AT of a list of SIZE bytes, copied to *ITEM; *DATA points to its
 * bytes, item->size - sizeof(*item) of them; *AT moves on.  False at the end,
 * and where the list is malformed: what follows cannot be told apart.
 */
bool net_item_next(const uint8_t *list, size_t size, size_t *at,
                   struct bh_net_item *item, const uint8_t **data);

/* Is it an address that a program can be given? */
bool net_address_is_valid(const struct bh_net_address *address);

#endif
