/* SPDX-License-Identifier: ISC */

/*
 * Asks server.c over the channel "service" and checks what it answers.
 *
 *      client [COUNT]          COUNT rounds of every kind, default 20
 *      client type NUMBER [VALUE]      one request; prints the status
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bh.h>

static unsigned service; /* channel */
static uint8_t bytes[BH_SERVICE_PAYLOAD_MAX];

static void fail(const char *what, uint64_t round)
{
	printf("client: %s is wrong in round %" PRIu64 "\n", what, round);
	exit(1);
}

/* Fills the first bytes with something that depends on the round. */
static uint64_t fill(size_t size, uint64_t round)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < size; i++) {
		bytes[i] = (uint8_t)(i * 7 + round * 13);
		sum += bytes[i];
	}
	return sum;
}

static void check_echo(uint64_t round)
{
	const uint64_t values[4] = {round, ~round, 0, round << 40};
	size_t size = (size_t)(round * round * 37 % 3000);
	const struct bh_record *reply;

	/* Now and then the largest that the channel takes. */
	if (round % 16 == 5)
		size = BH_SERVICE_PAYLOAD_MAX;
	fill(size, round);
	reply = bh_request(service, 1, values, bytes, size);
	if (!reply || reply->status || bh_payload_size(reply) != size ||
	    memcmp(bh_payload(reply), bytes, size) ||
	    memcmp(reply->value, values, sizeof(values)))
		fail("an echo", round);
}

/* Four requests on their way, collected in the opposite order. */
static void check_sums(uint64_t round)
{
	uint64_t tags[4], sums[4];

	for (unsigned i = 0; i < 4; i++) {
		sums[i] = fill(100 + 10 * i, round + i);
		if (bh_request_async(service, 2, NULL, bytes, 100 + 10 * i,
		                     &tags[i]))
			fail("a batch", round);
	}
	for (unsigned i = 4; i-- > 0;) {
		const struct bh_record *reply = bh_wait(tags[i], BH_NEVER);

		if (!reply || reply->status || reply->value[0] != sums[i])
			fail("a sum", round);
	}
}

static void check_refusals(uint64_t round)
{
	const struct bh_record *reply =
	        bh_request(service, 3, NULL, NULL, 0);

	if (!reply || reply->status != -BH_EINVAL)
		fail("a refusal", round);
	reply = bh_request(service, 77, NULL, NULL, 0);
	if (!reply || reply->status != -BH_ENOENT)
		fail("an unknown type", round);
}

static int ask_one(int argc, char **argv)
{
	unsigned type = (unsigned)strtoul(argv[2], NULL, 10);
	uint64_t value = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	const struct bh_record *reply =
	        bh_request(service, type, BH_VALUES(value), NULL, 0);

	if (!reply)
		return 1;
	printf("status %d value %" PRIu64 "\n", (int)reply->status,
	       reply->value[0]);
	return 0;
}

int main(int argc, char **argv)
{
	int channel = bh_find_channel("service");
	uint64_t count;

	if (channel < 0) {
		printf("client: the cell gives no channel named service\n");
		return 2;
	}
	service = (unsigned)channel;
	if (argc > 2 && !strcmp(argv[1], "type"))
		return ask_one(argc, argv);
	count = argc > 1 ? strtoull(argv[1], NULL, 10) : 20;
	for (uint64_t round = 0; round < count; round++) {
		check_echo(round);
		check_sums(round);
		check_refusals(round);
	}
	printf("client: %" PRIu64 " rounds agreed\n", count);
	return 0;
}
