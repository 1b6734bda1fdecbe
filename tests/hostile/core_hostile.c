/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "abi/protocol/service.h"
#include "hostile.h"

/*
 * A core under an attacker's control.  It plays by the rules just long enough
 * to be heard, and breaks one or several at a time.
 */

static const uint64_t boundaries[] = {
        0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 255, 256, 4095, 4096, BUFFER - 65,
        BUFFER - 64, BUFFER - 63, BUFFER, 32767, 32768, 32769, 65535, 65536,
        INT32_MAX, UINT32_C(0x80000000), UINT32_MAX - 63, UINT32_MAX - 7,
        UINT32_MAX, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX,
};

static uint64_t nasty(struct bh_random *random)
{
	if (bh_random_below(random, 4) == 0)
		return bh_random_next(random);
	return boundaries[bh_random_below(random, sizeof(boundaries) /
	                                                  sizeof(*boundaries))];
}

static struct bh_submission *header(const struct seat *seat)
{
	return (struct bh_submission *)(void *)seat->submission;
}

/* A batch that exo would accept: requests to everybody. */
static void make_batch(const struct seat *seat, struct bh_random *random,
                       uint64_t exchange)
{
	struct bh_submission *s = header(seat);
	uint32_t records = (uint32_t)bh_random_below(random, 6);
	uint32_t bytes = 0; /* its own thread may be changing the header's */

	memset(seat->submission, 0, BUFFER);
	s->exchange = exchange;
	s->deadline = bh_random_below(random, 2) ? BH_NEVER : 0;
	for (uint32_t i = 0; i < records; i++) {
		uint32_t size = (uint32_t)bh_random_below(random, 1200);
		struct bh_record *r = (struct bh_record *)(void *)
		        (seat->submission + sizeof(*s) + bytes);

		r->size = (uint32_t)sizeof(*r) + size;
		r->channel = 5;
		r->type = 1;
		r->tag = bh_random_next(random);
		if (bh_random_below(random, 3) == 0) {
			r->channel = (uint16_t)(1 + bh_random_below(random, 4));
			r->type = 1;
			r->value[0] = r->channel == 1 || r->channel == 4 ? 0 : 1;
			if (r->channel != 1 && r->channel != 4)
				r->size = size = sizeof(*r);
		}
		memset(r + 1, 0x48, size);
		bytes += (uint32_t)BH_RECORD_STRIDE(sizeof(*r) + size);
	}
	s->bytes = bytes;
	s->count = records;
}

/* Overwrites one field of the header or of a record. */
static void break_field(const struct seat *seat, struct bh_random *random)
{
	static const uint8_t widths[] = {4, 2, 2, 8, 4, 4, 8, 8, 8, 8, 8};
	struct bh_submission *s = header(seat);
	uint64_t value = nasty(random);
	uint64_t at = 0;
	uint32_t field = (uint32_t)bh_random_below(random, 22);

	if (field >= 11 || s->bytes == 0) {
		at = 4 * bh_random_below(random, sizeof(*s) / 4);
		memcpy(seat->submission + at, &value, 4);
		return;
	}
	at = sizeof(*s);
	for (uint32_t i = 0; i < field; i++)
		at += widths[i];
	memcpy(seat->submission + at, &value, widths[field]);
}

static void scribble(const struct seat *seat, struct bh_random *random)
{
	uint8_t *area = (uint8_t *)seat->control;

	for (int i = 0; i < 200; i++) {
		uint64_t value = nasty(random);
		uint64_t at = 8 * bh_random_below(random, AREA_SIZE / 8);

		/* Not the counters of posts: exo should go on listening. */
		if (at >= 64)
			memcpy(area + at, &value, sizeof(value));
	}
}

struct rewriter {
	const struct seat *seat;
	uint64_t seed;
	volatile bool stop;
};

/* Changes the area while exo reads it, and changes it back. */
static void *rewrite(void *argument)
{
	struct rewriter *rewriter = argument;
	struct bh_random random;
	volatile uint32_t *words =
	        (volatile uint32_t *)(void *)rewriter->seat->submission;

	bh_random_seed(&random, rewriter->seed, 7);
	while (!rewriter->stop) {
		uint64_t at = bh_random_below(&random, 4) ? bh_random_below(&random, 40)
		                                          : bh_random_below(&random, BUFFER / 4);
		uint32_t old = words[at];

		words[at] = (uint32_t)nasty(&random);
		words[at] = old;
	}
	return NULL;
}

enum trick {
	TRICK_FIELDS,    /* wrong values in every field */
	TRICK_REWRITE,   /* a second thread changes the area meanwhile */
	TRICK_POSTED,    /* the post counter jumps */
	TRICK_KINDS,     /* posts of kinds that make no sense */
	TRICK_DOORBELL,  /* a flood of rings */
	TRICK_SCRIBBLE,  /* rubbish all over the area */
	TRICK_REPLIES,   /* replies that nobody asked for */
	TRICK_FAULT,     /* a fault with an impossible state */
	TRICK_LEAVE,     /* ends in the middle */
	TRICK_SILENT,    /* never says where it stands */
	TRICK_ERROR,     /* an error text without an end, after it has started */
	TRICK_GREEDY,    /* valid, and as much as possible */
	TRICK_COUNT,
};

static void play_once(const struct seat *seat, struct bh_random *random,
                      enum trick trick, uint32_t channels)
{
	struct bh_submission *s = header(seat);
	uint64_t one = 1;

	switch (trick) {
	case TRICK_FIELDS:
		for (uint64_t i = bh_random_below(random, 3); i-- > 0;)
			break_field(seat, random);
		break;
	case TRICK_POSTED:
		seat->control->variant.posted += (uint32_t)nasty(random);
		break;
	case TRICK_DOORBELL:
		for (int i = 0; i < 300; i++)
			if (write(seat->doorbell, &one, sizeof(one)) < 0)
				break;
		break;
	case TRICK_SCRIBBLE:
		scribble(seat, random);
		break;
	case TRICK_REPLIES:
		if (s->bytes) {
			struct bh_record *r =
			        (struct bh_record *)(void *)(s + 1);

			r->channel = (uint16_t)bh_random_below(random,
			                                       channels + 1);
			r->tag = bh_random_below(random, 1 << 16);
			r->client = (uint32_t)bh_random_below(random, 4);
		}
		break;
	case TRICK_FAULT:
		memset(&seat->control->state, 0xff, sizeof(seat->control->state));
		seat->control->state.fault = (uint32_t)nasty(random);
		break;
	case TRICK_ERROR:
		memset(seat->control->message, 'E',
		       sizeof(seat->control->message));
		break;
	default:
		break;
	}
}

static enum bh_post kind_of(enum trick trick, struct bh_random *random)
{
	switch (trick) {
	case TRICK_KINDS:
		return (enum bh_post)nasty(random);
	case TRICK_FAULT:
		return BH_POST_FAULT;
	case TRICK_ERROR:
		return BH_POST_ERROR;
	default:
		return BH_POST_EXCHANGE;
	}
}

void hostile_run(const struct seat *seat, struct bh_random *random,
                 uint32_t channels)
{
	enum trick trick = (enum trick)bh_random_below(random, TRICK_COUNT);
	uint64_t after = bh_random_below(random, 5), exchange = 1;
	struct rewriter rewriter = {.seat = seat, .seed = bh_random_next(random)};
	pthread_t thread;

	seat_post(seat, BH_POST_READY);
	if (!seat_wait(seat, 20000))
		return;
	if (trick == TRICK_REWRITE &&
	    pthread_create(&thread, NULL, rewrite, &rewriter))
		return;
	for (int i = 0; i < 400; i++) {
		if (seat->control->exo.command == BH_COMMAND_DESCRIBE &&
		    trick != TRICK_SILENT) {
			seat_post(seat, BH_POST_STATE);
			if (!seat_wait(seat, 50))
				return;
		}
		make_batch(seat, random, exchange);
		if (exchange > after)
			play_once(seat, random, trick, channels);
		if (exchange > after && trick == TRICK_LEAVE)
			return;
		seat_post(seat, exchange > after ? kind_of(trick, random)
		                                 : BH_POST_EXCHANGE);
		/* It does not always wait for the answer. */
		if (seat_wait(seat, 30))
			exchange++;
		else if (bh_random_below(random, 3) == 0)
			return;
	}
}
