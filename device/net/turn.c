/* SPDX-License-Identifier: ISC */
#include "device/net/net.h"

/*
 * The decoder of turns, the only place that looks at bytes which nobody has
 * checked.  It changes nothing; what it lets through is well-formed, though the
 * sockets that it names may not exist.
 */

static bool are_zero(const uint8_t *bytes, size_t size)
{
	uint8_t any = 0;

	for (size_t i = 0; i < size; i++)
		any |= bytes[i];
	return any == 0;
}

static bool is_none(const struct bh_net_address *address)
{
	return are_zero((const uint8_t *)address, sizeof(*address));
}

static bool is_address(const struct bh_net_address *address)
{
	if (address->reserved)
		return false;
	if (address->family == BH_NET_IPV6)
		return true;
	return address->family == BH_NET_IPV4 &&
	       are_zero(address->bytes + 4, sizeof(address->bytes) - 4);
}

/* Numbers that a guest gives, and those that it has been given. */
static bool is_own_number(uint32_t number)
{
	return number >= 1 && number <= BH_NET_SOCKET_MAX;
}

static bool is_number(uint32_t number)
{
	if (number & BH_NET_ACCEPTED_BIT)
		return number < 2 * BH_NET_ACCEPTED_BIT;
	return is_own_number(number);
}

static bool option_is_valid(uint64_t value)
{
	uint32_t setting = (uint32_t)value;

	switch (value >> 32) {
	case BH_NET_OPTION_NO_DELAY:
	case BH_NET_OPTION_KEEP_ALIVE:
	case BH_NET_OPTION_CORK:
		return setting <= 1;
	case BH_NET_OPTION_KEEP_IDLE:
	case BH_NET_OPTION_KEEP_INTERVAL:
		return setting >= 1 && setting <= 32767;
	case BH_NET_OPTION_KEEP_COUNT:
		return setting >= 1 && setting <= 127;
	default:
		return false;
	}
}

/* Which parts an item of its type may have. */
static bool parts_are_valid(const struct bh_net_item *item, uint32_t data)
{
	bool address =
	        item->type == BH_NET_CONNECT || item->type == BH_NET_SEND_TO;
	bool local = item->type == BH_NET_LISTEN || item->type == BH_NET_BIND;

	if (address ? !is_address(&item->address) : !is_none(&item->address))
		return false;
	if (local ? !is_address(&item->local) : !is_none(&item->local))
		return false;
	if (item->type == BH_NET_SEND)
		return data >= 1;
	if (item->type == BH_NET_SEND_TO)
		return data <= BH_NET_DATAGRAM_MAX;
	return data == 0;
}

static bool value_is_valid(const struct bh_net_item *item)
{
	switch (item->type) {
	case BH_NET_LISTEN:
		return item->value <= INT32_MAX;
	case BH_NET_CREDIT:
		return item->value >= 1 &&
		       item->value <= BH_NET_RECEIVE_CREDIT_MAX;
	case BH_NET_CLOSE:
		return item->value <= 1;
	case BH_NET_OPTION:
		return option_is_valid(item->value);
	default:
		return item->value == 0;
	}
}

static bool item_is_valid(const struct bh_net_item *item)
{
	uint32_t data = item->size - (uint32_t)sizeof(*item);
	bool creates = item->type == BH_NET_LISTEN ||
	               item->type == BH_NET_CONNECT ||
	               item->type == BH_NET_BIND;

	return item->type >= BH_NET_LISTEN && item->type <= BH_NET_OPTION &&
	       (item->flags & ~BH_NET_FLAG_DATAGRAM) == 0 &&
	       item->status == 0 &&
	       (creates ? is_own_number(item->socket)
	                : is_number(item->socket)) &&
	       value_is_valid(item) && parts_are_valid(item, data);
}

int net_turn_check(const uint8_t *turn, size_t size)
{
	size_t at = 0;

	while (at < size) {
		const struct bh_net_item *item = (const void *)(turn + at);
		size_t stride;

		if (size - at < sizeof(*item) || item->size < sizeof(*item) ||
		    item->size > size - at)
			return -BH_EINVAL;
		stride = ((size_t)item->size + 7) & ~(size_t)7;
		if (stride > size - at ||
		    !are_zero(turn + at + item->size, stride - item->size) ||
		    !item_is_valid(item))
			return -BH_EINVAL;
		at += stride;
	}
	return 0;
}
