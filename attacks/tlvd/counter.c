/* SPDX-License-Identifier: ISC */

/*
 * Counters: ADD index delta, GET index.
 *
 * Bug: the index is signed and only its upper bound is checked (CWE-839).
 */

#include "tlvd.h"

#define COUNTERS 16

static uint64_t counters[COUNTERS];

static void reply_counter(uint8_t type, int32_t index)
{
	uint8_t text[8];

	put_u64(text, counters[index]);
	reply(type, text, sizeof(text));
}

void counter_add(const uint8_t *value, size_t length)
{
	int32_t index;

	if (length != 12 || (index = (int32_t)get_u32(value)) >= COUNTERS) {
		reply_error("no such counter");
		return;
	}
	counters[index] += get_u64(value + 4);
	reply(TLV_COUNTER_ADD, "ok", 2);
}

void counter_get(const uint8_t *value, size_t length)
{
	int32_t index;

	if (length != 4 || (index = (int32_t)get_u32(value)) >= COUNTERS)
		reply_error("no such counter");
	else
		reply_counter(TLV_COUNTER_GET, index);
}
