/* SPDX-License-Identifier: ISC */

/*
 * Increments counters of the counter store and checks every reply against its
 * own arithmetic.  Exits with 1 on the first difference: something was lost
 * or counted twice.
 *
 *      store-client [INCREMENTS [COUNTERS [WINDOW]]]
 *
 * WINDOW requests are on their way at a time, at most the channel's credit.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bh.h>

#include "examples/store/store.h"

static const char *self;
static unsigned store; /* channel */
static uint64_t counters;
static uint64_t expected[STORE_COUNTERS_MAX];

/* The name of a counter of ours; other clients have other names. */
static size_t write_name(char *name, uint64_t counter)
{
	snprintf(name, STORE_NAME_MAX + 1, "%.20s/%u", self,
	         (unsigned)counter);
	return strlen(name);
}

static void check(const struct bh_record *reply, uint64_t value,
                  const char *what)
{
	if (!reply->status && reply->value[0] == value)
		return;
	printf("%s: status %d, %" PRIu64 " instead of %" PRIu64 "\n", what,
	       (int)reply->status, reply->value[0], value);
	exit(1);
}

/* Increments number FIRST to FIRST + SOME - 1, all in one batch. */
static void increment(uint64_t first, uint64_t some)
{
	static uint64_t tags[BH_SERVICE_CREDIT_MAX];
	static uint64_t values[BH_SERVICE_CREDIT_MAX];

	for (uint64_t i = 0; i < some; i++) {
		uint64_t counter = (first + i) % counters;
		uint64_t by = (first + i) % 7 + 1;
		char name[STORE_NAME_MAX + 1];
		size_t size = write_name(name, counter);

		expected[counter] += by;
		values[i] = expected[counter];
		if (bh_request_async(store, STORE_INCREMENT, BH_VALUES(by),
		                     name, size, &tags[i])) {
			printf("a batch is too small\n");
			exit(1);
		}
	}
	for (uint64_t i = 0; i < some; i++)
		check(bh_wait(tags[i], BH_NEVER), values[i], "increment");
}

/* Reads all counters back one by one.  Returns their sum. */
static uint64_t sum_by_name(void)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < counters; i++) {
		char name[STORE_NAME_MAX + 1];
		size_t size = write_name(name, i);
		const struct bh_record *reply =
		        bh_request(store, STORE_GET, NULL, name, size);

		/* With fewer increments than counters, some do not exist. */
		if (reply->status == -BH_ENOENT && !expected[i])
			continue;
		check(reply, expected[i], "get");
		sum += reply->value[0];
	}
	return sum;
}

/* Finds our counters in the list.  Returns their sum. */
static uint64_t sum_by_list(void)
{
	size_t prefix = strlen(self) < 20 ? strlen(self) : 20;
	uint64_t sum = 0, seen = 0, all;

	do {
		const struct bh_record *reply = bh_request(
		        store, STORE_LIST, BH_VALUES(seen), NULL, 0);
		const struct store_counter *list = bh_payload(reply);
		size_t some = bh_payload_size(reply) / sizeof(*list);

		all = reply->value[0];
		for (size_t i = 0; i < some; i++) {
			if (!strncmp(list[i].name, self, prefix) &&
			    list[i].name[prefix] == '/')
				sum += list[i].value;
		}
		seen += some;
		if (!some)
			break;
	} while (seen < all);
	return sum;
}

static uint64_t argument(int argc, char **argv, int number, uint64_t otherwise,
                         uint64_t most)
{
	uint64_t value = number < argc ? strtoull(argv[number], NULL, 10)
	                               : otherwise;

	if (value >= 1 && value <= most)
		return value;
	printf("argument %d must be 1 to %" PRIu64 "\n", number, most);
	exit(2);
}

int main(int argc, char **argv)
{
	uint64_t increments, window, sum;
	int channel = bh_find_channel("store");

	self = argc ? argv[0] : "client";
	if (channel < 0) {
		printf("the cell gives no channel named store\n");
		return 2;
	}
	store = (unsigned)channel;
	increments = argument(argc, argv, 1, 1000, UINT64_MAX);
	counters = argument(argc, argv, 2, 8, STORE_COUNTERS_MAX);
	window = argument(argc, argv, 3, 1, bh_channel(store)->credit);
	for (uint64_t i = 0; i < increments; i += window) {
		uint64_t left = increments - i;

		increment(i, left < window ? left : window);
	}
	sum = sum_by_name();
	if (sum_by_list() != sum) {
		printf("the list does not add up\n");
		return 1;
	}
	printf("%" PRIu64 " increments of %" PRIu64 " counters, sum %" PRIu64
	       "\n",
	       increments, counters, sum);
	return 0;
}
