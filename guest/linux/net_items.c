/* SPDX-License-Identifier: ISC */
#include "guest/linux/net_items.h"

#include "guest/linux/string.h"

bool net_item_next(const uint8_t *list, size_t size, size_t *at,
                   struct bh_net_item *item, const uint8_t **data)
{
	size_t left = size - *at;

	if (*at > size || left < sizeof(*item))
		return false;
	memcpy(item, list + *at, sizeof(*item));
	if (item->size < sizeof(*item) || item->size > left)
		return false;
	*data = list + *at + sizeof(*item);
	*at += NET_ITEM_STRIDE(item->size) < left
	               ? (size_t)NET_ITEM_STRIDE(item->size)
	               : left;
	return true;
}

bool net_address_is_valid(const struct bh_net_address *address)
{
	return address->family == BH_NET_IPV4 || address->family == BH_NET_IPV6;
}
