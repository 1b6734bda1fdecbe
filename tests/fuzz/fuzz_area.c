/* SPDX-License-Identifier: ISC */
/* links: @exo */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake_cell.h"

/*
 * A whole cell, driven by the input: a hostile domain of two variants whose
 * areas and posts are arbitrary, next to a server and a client whose bytes it
 * must never see.  The input is a program of small steps.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECRET "nobody-else-may-see-this"

enum { HOSTILE, SERVER, NEIGHBOUR };

static struct cell cell;
static union fake_batch batch;

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t take(struct input *input)
{
	if (!input->size)
		return 0;
	input->size--;
	return *input->data++;
}

static void take_bytes(struct input *input, void *to, size_t size)
{
	if (size > input->size)
		size = input->size;
	memcpy(to, input->data, size);
	input->data += size;
	input->size -= size;
}

static bool holds_secret(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i + sizeof(SECRET) - 1 <= size; i++)
		if (at[i] == SECRET[0] &&
		    !memcmp(at + i, SECRET, sizeof(SECRET) - 1))
			return true;
	return false;
}

static void start(uint8_t flags)
{
	fake_begin(&cell);
	fake_domain(&cell, 2, flags & 1 ? BH_DOMAIN_RESTART : 0);
	fake_domain(&cell, 1, BH_DOMAIN_SERVICE);
	fake_domain(&cell, 1, 0);
	cell.config.domains[HOSTILE].response =
	        flags & 2 ? BH_RESPONSE_REPORT : BH_RESPONSE_HALT;
	fake_connect(&cell, HOSTILE, SERVER, 4);
	fake_connect(&cell, NEIGHBOUR, SERVER, 4);
	if (fake_create(&cell))
		abort();
	fake_start(&cell);
}

/* The server returns to everybody what he has sent. */
static void serve(void)
{
	const struct bh_record *record;

	if (cell.domains[SERVER].phase != DOMAIN_COMPUTING)
		return;
	fake_batch(&batch, &cell, SERVER);
	fake_exchange(&cell, SERVER, &batch);
	fake_batch(&batch, &cell, SERVER);
	for (uint32_t i = 0; (record = fake_record(&cell, SERVER, i)); i++) {
		uint32_t size = record->size - (uint32_t)sizeof(*record);

		if (record->client !=
		    (record->channel == FAKE_SERVICE ? 1u + HOSTILE
		                                     : 1u + NEIGHBOUR))
			abort();
		fake_add(&batch, record->channel, record->type, record->tag,
		         record + 1, size);
	}
	if (batch.header.count)
		fake_exchange(&cell, SERVER, &batch);
}

static void ask_as_neighbour(void)
{
	if (cell.domains[NEIGHBOUR].phase != DOMAIN_COMPUTING)
		return;
	fake_batch(&batch, &cell, NEIGHBOUR);
	fake_add(&batch, FAKE_SERVICE, 1, 1, SECRET, sizeof(SECRET));
	fake_exchange(&cell, NEIGHBOUR, &batch);
}

static void write_area(struct input *input, uint32_t variant)
{
	uint8_t *area = (uint8_t *)cell.domains[HOSTILE].variants[variant].control;
	uint32_t at = take(input) << 5;

	/* Half of the writes go to the submission, which matters most. */
	if (at & 32)
		at = BH_AREA_SUBMISSION + (at >> 3);
	take_bytes(input, area + at, 4 + (take(input) & 63));
}

static void run(struct input *input)
{
	while (input->size) {
		uint8_t op = take(input);
		uint32_t variant = op >> 7;

		switch (op & 15) {
		case 0: case 1: case 2:
			write_area(input, variant);
			break;
		case 3:
			write_area(input, 0);
			memcpy(fake_submission(&cell, HOSTILE, 1),
			       fake_submission(&cell, HOSTILE, 0), FAKE_BUFFER);
			break;
		case 4: case 5:
			for (uint32_t v = 0; v < 2; v++) {
				fake_submission(&cell, HOSTILE, v)->exchange =
				        cell.domains[HOSTILE].exchange;
				fake_post(&cell, HOSTILE, v, BH_POST_EXCHANGE);
			}
			break;
		case 6:
			fake_post(&cell, HOSTILE, variant,
			          (enum bh_post)take(input));
			break;
		case 7:
			fake_kill(&cell, HOSTILE, variant);
			break;
		case 8:
			serve();
			break;
		case 9:
			ask_as_neighbour();
			break;
		case 10:
			fake_now += (uint64_t)take(input) << 22;
			break;
		case 11:
			cell.report_pending = false;
			break;
		case 12:
			fake_start(&cell);
			break;
		case 13:
			fake_batch(&batch, &cell, HOSTILE);
			fake_add(&batch, FAKE_SERVICE, 1, take(input), NULL, 40);
			for (uint32_t v = 0; v < 2; v++)
				fake_submit(&cell, HOSTILE, v, &batch);
			break;
		default:
			break;
		}
		cell_step(&cell, fake_now);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	/* An input may hold the secret itself; then nothing is proved. */
	bool knows = holds_secret(data, size);

	start(take(&input));
	run(&input);
	for (uint32_t v = 0; v < 2 && !knows; v++)
		if (holds_secret(cell.domains[HOSTILE].variants[v].control,
		                 BH_AREA_SUBMISSION + 2 * FAKE_BUFFER))
			abort();
	if (cell.domains[SERVER].phase == DOMAIN_DESCRIBING ||
	    cell.domains[NEIGHBOUR].phase == DOMAIN_DESCRIBING)
		abort();
	fake_destroy(&cell);
	return 0;
}
