/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "abi/protocol/control.h"
#include "hostile.h"

/* The neighbours: they trust nobody either, and check every byte. */

#define CHANNEL_SERVER 1u /* of the client: to the server */
#define PAYLOAD_MAX 3000u

void seat_post(const struct seat *seat, enum bh_post kind)
{
	uint64_t one = 1;

	seat->control->variant.kind = kind;
	__atomic_store_n(&seat->control->variant.posted,
	                 seat->control->variant.posted + 1, __ATOMIC_SEQ_CST);
	if (write(seat->doorbell, &one, sizeof(one)) < 0)
		return; /* full: exo has been told often enough */
}

bool seat_wait(const struct seat *seat, unsigned limit_ms)
{
	uint32_t *completed = &seat->control->exo.completed;
	uint32_t wanted = seat->control->variant.posted, seen;

	for (unsigned waited = 0;; waited++) {
		seat->control->variant.variant_waiting = 1;
		seen = __atomic_load_n(completed, __ATOMIC_SEQ_CST);
		if (seen == wanted)
			return true;
		if (waited >= limit_ms)
			return false;
		syscall(SYS_futex, completed, FUTEX_WAIT, seen,
		        &(struct timespec){.tv_nsec = 1000000}, NULL, 0);
	}
}

struct batch {
	struct bh_submission header;
	uint8_t bytes[BUFFER];
};

static struct bh_record *add(struct batch *batch, uint16_t channel,
                             uint16_t type, uint64_t tag, uint32_t size)
{
	struct bh_record *record =
	        (struct bh_record *)(void *)(batch->bytes + batch->header.bytes);

	memset(record, 0, sizeof(*record) + BH_RECORD_STRIDE(size));
	record->size = (uint32_t)sizeof(*record) + size;
	record->channel = channel;
	record->type = type;
	record->tag = tag;
	batch->header.bytes += (uint32_t)BH_RECORD_STRIDE(record->size);
	batch->header.count++;
	return record;
}

/* One exchange of both variants.  False with *failed set, or on stop. */
static bool exchange(struct honest *honest, struct batch *batch, uint64_t number)
{
	batch->header.exchange = number;
	for (int v = 0; v < 2; v++) {
		memcpy(honest->seats[v].submission, batch,
		       sizeof(batch->header) + batch->header.bytes);
		seat_post(&honest->seats[v], BH_POST_EXCHANGE);
	}
	for (int v = 0; v < 2; v++)
		for (unsigned waits = 0; !seat_wait(&honest->seats[v], 100);) {
			if (honest->stop)
				return false;
			if (++waits == 100) {
				honest->failed = "a neighbour was not answered "
				                 "for 10 seconds";
				return false;
			}
		}
	if (memcmp(honest->seats[0].completion, honest->seats[1].completion,
	           sizeof(struct bh_completion) +
	                   ((const struct bh_completion *)(const void *)
	                            honest->seats[0].completion)->bytes) != 0) {
		honest->failed = "two variants got different completions";
		return false;
	}
	return true;
}

static bool begin(struct honest *honest)
{
	for (int v = 0; v < 2; v++)
		seat_post(&honest->seats[v], BH_POST_READY);
	for (int v = 0; v < 2; v++)
		if (!seat_wait(&honest->seats[v], 20000)) {
			honest->failed = "a neighbour was not started";
			return false;
		}
	return true;
}

/* Bytes that both sides can compute: the secret, then a pattern. */
static uint8_t pattern(uint64_t key, uint32_t i)
{
	if (i < sizeof(SECRET))
		return (uint8_t)SECRET[i];
	return (uint8_t)((key * UINT64_C(0x9e3779b97f4a7c15) + i * 167) >> 24);
}

static void fill(struct bh_record *record, uint64_t key, uint32_t size)
{
	uint8_t *bytes = (uint8_t *)(record + 1);

	for (uint32_t i = 0; i < size; i++)
		bytes[i] = pattern(key, i);
}

static bool holds(const struct bh_record *record, uint64_t key, uint32_t size)
{
	const uint8_t *bytes = (const uint8_t *)(record + 1);

	if (record->size != sizeof(*record) + size)
		return false;
	for (uint32_t i = 0; i < size; i++)
		if (bytes[i] != pattern(key, i))
			return false;
	return true;
}

/* The records of a completion, with its frame checked.  NULL at the end. */
static const struct bh_record *next(struct honest *honest, uint64_t *at)
{
	const struct bh_completion *c =
	        (const struct bh_completion *)(const void *)
	                honest->seats[0].completion;
	const struct bh_record *record;

	if (*at >= c->bytes)
		return NULL;
	record = (const struct bh_record *)(const void *)
	        ((const uint8_t *)(c + 1) + *at);
	if (c->bytes > BUFFER - sizeof(*c) || record->size < sizeof(*record) ||
	    BH_RECORD_STRIDE(record->size) > c->bytes - *at ||
	    record->reserved) {
		honest->failed = "a completion is malformed";
		return NULL;
	}
	for (uint64_t i = record->size; i < BH_RECORD_STRIDE(record->size); i++)
		if (((const uint8_t *)record)[i])
			honest->failed = "padding of a completion is not zero";
	*at += BH_RECORD_STRIDE(record->size);
	return record;
}

static void start_batch(struct batch *batch, enum bh_wait wait, uint64_t tag)
{
	memset(&batch->header, 0, sizeof(batch->header));
	batch->header.wait = wait;
	batch->header.wait_tag = tag;
	batch->header.deadline = BH_NEVER;
}

struct question {
	uint64_t tag, key;
	uint32_t size;
	bool answered;
};

static void check_answer(struct honest *honest, const struct bh_record *record,
                         struct question *question)
{
	if (record->channel > CHANNEL_SERVER) {
		/* A hostile server: only what it says is its own business. */
		if (record->channel > CHANNEL_SERVER + honest->servers ||
		    (record->client && record->client <= 1 + SERVER) ||
		    record->status > 0)
			honest->failed = "a hostile server forged its identity";
		return;
	}
	if (record->channel != CHANNEL_SERVER || record->tag != question->tag ||
	    record->client != 1 + SERVER || record->type != 1 ||
	    record->status || question->answered ||
	    record->value[0] != question->key)
		honest->failed = "a reply has a wrong header";
	else if (!holds(record, question->key + 1, question->size))
		honest->failed = "a reply has bytes that are not the server's";
	question->answered = true;
}

/* Asks the server; now and then it leaves something with a hostile one. */
static void ask(struct honest *honest, struct batch *batch,
                struct bh_random *random, struct question *question)
{
	struct bh_record *record;

	*question = (struct question){
	        .tag = UINT64_C(1) << 63 | bh_random_next(random) >> 1,
	        .key = bh_random_next(random),
	        .size = (uint32_t)bh_random_below(random, PAYLOAD_MAX),
	};
	start_batch(batch, BH_WAIT_TAG, question->tag);
	record = add(batch, CHANNEL_SERVER, 1, question->tag, question->size);
	record->value[0] = question->key;
	fill(record, question->key, question->size);
	if (honest->servers && bh_random_below(random, 4) == 0)
		add(batch,
		    (uint16_t)(CHANNEL_SERVER + 1 +
		               bh_random_below(random, honest->servers)),
		    3, bh_random_below(random, 1000), 40);
}

void *honest_client(void *argument)
{
	struct honest *honest = argument;
	static struct batch batch;
	struct bh_random random;
	struct question question;
	const struct bh_record *record;
	uint64_t number = 1;

	bh_random_seed(&random, honest->seed, 1);
	if (!begin(honest))
		return NULL;
	for (; number <= honest->exchanges && !honest->failed; number++) {
		uint64_t at = 0;

		ask(honest, &batch, &random, &question);
		if (!exchange(honest, &batch, number))
			return NULL;
		while ((record = next(honest, &at)))
			check_answer(honest, record, &question);
		if (!question.answered && !honest->failed)
			honest->failed = "the reply that was waited for is not "
			                 "there";
		honest->done = number;
	}
	if (honest->failed)
		return NULL;
	start_batch(&batch, BH_WAIT_NONE, 0);
	add(&batch, 0, BH_CONTROL_EXIT, 0, 0)->value[0] = 7;
	batch.header.exchange = number;
	for (int v = 0; v < 2; v++) {
		memcpy(honest->seats[v].submission, &batch,
		       sizeof(batch.header) + batch.header.bytes);
		seat_post(&honest->seats[v], BH_POST_EXCHANGE);
	}
	return NULL;
}

/* Channels of the server: 1 belongs to the client, the others to hostile
 * domains in their order. */
static void answer(struct honest *honest, struct batch *batch,
                   const struct bh_record *record)
{
	uint32_t expected = record->channel == 1
	                            ? 1 + CLIENT
	                            : 1 + FIRST_HOSTILE + record->channel - 2u;
	uint32_t size = record->size - (uint32_t)sizeof(*record);
	struct bh_record *reply;

	if (record->client != expected || record->status) {
		honest->failed = "a request does not name who sent it";
		return;
	}
	if (record->channel == 1 && !holds(record, record->value[0], size)) {
		honest->failed = "a request has bytes that are not the client's";
		return;
	}
	if (batch->header.bytes + sizeof(*record) + BH_RECORD_STRIDE(size) >
	    BUFFER - sizeof(struct bh_submission))
		size = 0; /* only ever with hostile clients: they ask for much */
	reply = add(batch, record->channel, record->type, record->tag, size);
	reply->value[0] = record->value[0];
	if (record->channel == 1)
		fill(reply, record->value[0] + 1, size);
	else
		memcpy(reply + 1, record + 1, size);
}

void *honest_server(void *argument)
{
	struct honest *honest = argument;
	static struct batch batch;

	if (!begin(honest))
		return NULL;
	start_batch(&batch, BH_WAIT_ANY, 0);
	for (uint64_t number = 1; !honest->failed; number++) {
		const struct bh_record *record;
		uint64_t at = 0;

		if (!exchange(honest, &batch, number))
			return NULL;
		start_batch(&batch, BH_WAIT_ANY, 0);
		/* The client's answer comes first: there is room for it. */
		while ((record = next(honest, &at)))
			if (record->channel == 1)
				answer(honest, &batch, record);
		at = 0;
		while ((record = next(honest, &at)))
			if (record->channel != 1)
				answer(honest, &batch, record);
		honest->done = number;
	}
	return NULL;
}
