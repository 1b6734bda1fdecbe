/* SPDX-License-Identifier: ISC */
/* links: device/net/turn.o */
#include "test.h"

#include <string.h>

#include "device/net/net.h"

/* The decoder of turns: what is well-formed, and every field that is not. */

static _Alignas(8) uint8_t turn[4096];
static struct bh_net_item *const item = (struct bh_net_item *)turn;
static size_t size;

static int begin(void **state)
{
	(void)state;
	memset(turn, 0, sizeof(turn));
	size = 0;
	return 0;
}

static void make(uint16_t type, uint32_t socket, uint64_t value, uint32_t data)
{
	memset(turn, 0, sizeof(turn));
	item->size = (uint32_t)sizeof(*item) + data;
	item->type = type;
	item->socket = socket;
	item->value = value;
	if (type == BH_NET_LISTEN || type == BH_NET_BIND)
		item->local = (struct bh_net_address){.family = BH_NET_IPV4,
		                                      .port = 80};
	if (type == BH_NET_CONNECT || type == BH_NET_SEND_TO)
		item->address = (struct bh_net_address){.family = BH_NET_IPV6,
		                                        .port = 80};
	size = (item->size + 7u) & ~7u;
}

static bool is_good(void)
{
	return net_turn_check(turn, size) == 0;
}

static void every_command(void **state)
{
	(void)state;
	assert_true(is_good()); /* an empty turn */
	for (uint16_t type = BH_NET_LISTEN; type <= BH_NET_OPTION; type++) {
		uint64_t value = 0;

		if (type == BH_NET_CREDIT)
			value = 1;
		if (type == BH_NET_OPTION)
			value = (uint64_t)BH_NET_OPTION_CORK << 32 | 1;
		make(type, 1, value, type == BH_NET_SEND ? 5 : 0);
		assert_true(is_good());
		item->status = -1;
		assert_false(is_good());
		item->status = 0;
		item->flags = 2;
		assert_false(is_good());
		item->flags = 0;
		item->socket = 0;
		assert_false(is_good());
		item->socket = BH_NET_ACCEPTED_BIT | 7;
		assert_int_equal(is_good(), type > BH_NET_BIND);
		item->socket = 2 * BH_NET_ACCEPTED_BIT;
		assert_false(is_good());
	}
	make(0, 1, 0, 0);
	assert_false(is_good());
	make(BH_NET_OPTION + 1, 1, 0, 0);
	assert_false(is_good());
}

static void sizes(void **state)
{
	(void)state;
	make(BH_NET_SEND, 1, 0, 5);
	assert_true(is_good());
	item->size = 63;
	assert_false(is_good());
	item->size = UINT32_MAX;
	assert_false(is_good());
	item->size = (uint32_t)size + 1;
	assert_false(is_good());
	make(BH_NET_SEND, 1, 0, 5);
	turn[size - 1] = 1; /* padding */
	assert_false(is_good());
	turn[size - 1] = 0;
	size -= 8;
	assert_false(is_good());
	make(BH_NET_SEND, 1, 0, 0);
	assert_false(is_good());
	make(BH_NET_CLOSE, 1, 0, 8);
	assert_false(is_good());
	make(BH_NET_CREDIT, 1, 1, 0);
	size += 8; /* a tail that is no item */
	assert_false(is_good());
}

static void addresses(void **state)
{
	(void)state;
	make(BH_NET_LISTEN, 1, 5, 0);
	item->local.family = 5;
	assert_false(is_good());
	item->local.family = BH_NET_IPV4;
	item->local.bytes[4] = 1;
	assert_false(is_good());
	item->local.bytes[4] = 0;
	item->local.reserved = 1;
	assert_false(is_good());
	item->local.reserved = 0;
	item->address.port = 1;
	assert_false(is_good());
	make(BH_NET_CLOSE, 1, 0, 0);
	item->local.family = BH_NET_IPV4;
	assert_false(is_good());
}

static void values(void **state)
{
	(void)state;
	make(BH_NET_CREDIT, 1, 0, 0);
	assert_false(is_good());
	item->value = BH_NET_RECEIVE_CREDIT_MAX + 1;
	assert_false(is_good());
	make(BH_NET_CLOSE, 1, 2, 0);
	assert_false(is_good());
	make(BH_NET_LISTEN, 1, UINT64_C(1) << 31, 0);
	assert_false(is_good());
	make(BH_NET_OPTION, 1, (uint64_t)BH_NET_OPTION_NO_DELAY << 32 | 2, 0);
	assert_false(is_good());
	item->value = UINT64_C(99) << 32;
	assert_false(is_good());
	make(BH_NET_SHUTDOWN, 1, 1, 0);
	assert_false(is_good());
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(every_command),
	        TEST(sizes),
	        TEST(addresses),
	        TEST(values),
	};

	return cmocka_run_group_tests_name("net/turn", tests, NULL, NULL);
}
