/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <string.h>

#include "abi/protocol/console.h"
#include "abi/protocol/control.h"
#include "batch.h"
#include "cell.h"
#include "clock.h"
#include "domain.h"
#include "trace.h"

/*
 * Completes an agreed exchange: one batch is put together in private memory,
 * then copied to every variant's area.
 */

/* Serves the unanswered console read, if input is there. */
static void collect_input(struct domain *domain)
{
	struct console *console = &domain->console;
	static uint8_t bytes[CONSOLE_READ_MAX];
	struct bh_record reply = {.type = BH_CONSOLE_READ};
	int got;

	if (!console->reading)
		return;
	if (domain_reply_room(domain) <
	    BH_RECORD_STRIDE(sizeof(reply) + console->read_size))
		return;
	got = console_read(console, bytes, console->read_size);
	if (got < 0)
		return;
	reply.channel = console->read_channel;
	reply.tag = console->read_tag;
	reply.value[0] = (uint64_t)got;
	inbox_push(&domain->inbox, &reply, bytes, (uint32_t)got);
	domain->own_replies += BH_RECORD_STRIDE(sizeof(reply) + (uint32_t)got);
	domain->input = true;
	console->reading = false;
}

static bool has_news(const struct domain *domain)
{
	return domain->signals || inbox_front(&domain->inbox) ||
	       service_next(&domain->service);
}

bool deliver_is_due(struct domain *domain, uint64_t now)
{
	const struct bh_submission *agreed =
	        history_current(&domain->history)->submission;

	collect_input(domain);
	switch (agreed->wait) {
	case BH_WAIT_NONE:
		return true;
	case BH_WAIT_TAG:
		if (inbox_has_tag(&domain->inbox, agreed->wait_tag))
			return true;
		break;
	default:
		if (has_news(domain))
			return true;
	}
	return now >= agreed->deadline;
}

struct batch {
	struct bh_completion *header;
	uint64_t room;
};

static bool append(struct batch *batch, const struct bh_record *record)
{
	uint64_t stride = BH_RECORD_STRIDE(record->size);

	if (stride > batch->room)
		return false;
	memcpy((uint8_t *)(batch->header + 1) + batch->header->bytes, record,
	       stride);
	batch->header->bytes += (uint32_t)stride;
	batch->header->count++;
	batch->room -= stride;
	return true;
}

/* The record leaves the inbox: what it occupied can be used again. */
static void release(struct domain *domain, const struct bh_record *record)
{
	if (record->client)
		domain->channels[record->channel].unanswered--;
	else
		domain->own_replies -= BH_RECORD_STRIDE(record->size);
	inbox_pop(&domain->inbox);
}

/* They come first, so that there is always room for all of them. */
static void move_signals(struct domain *domain, struct batch *batch)
{
	for (uint32_t number = 0; domain->signals; number++) {
		const struct bh_record record = {
		        .size = sizeof(record),
		        .channel = BH_CHANNEL_CONTROL,
		        .type = BH_CONTROL_SIGNAL,
		        .value = {number},
		};

		if (!(domain->signals & UINT32_C(1) << number))
			continue;
		append(batch, &record);
		domain->signals &= ~(UINT32_C(1) << number);
		domain->input = true;
	}
}

static void move_replies(struct domain *domain, struct batch *batch)
{
	const struct bh_record *record;

	while ((record = inbox_front(&domain->inbox))) {
		if (!append(batch, record)) {
			batch->header->more = 1;
			return;
		}
		release(domain, record);
	}
}

static void move_requests(struct domain *domain, struct batch *batch)
{
	struct request *request;

	while ((request = service_next(&domain->service))) {
		if (!append(batch, request->record)) {
			batch->header->more = 1;
			return;
		}
		service_delivered(&domain->service);
		domain->input = true;
	}
}

static int32_t status_of(struct domain *domain)
{
	const struct bh_submission *agreed =
	        history_current(&domain->history)->submission;
	bool there = true;

	if (agreed->wait == BH_WAIT_TAG)
		there = inbox_has_tag(&domain->inbox, agreed->wait_tag);
	else if (agreed->wait == BH_WAIT_ANY)
		there = has_news(domain);
	return there ? 0 : -BH_ETIMEDOUT;
}

void deliver_complete(struct domain *domain, uint64_t now)
{
	struct bh_completion *completion =
	        history_current(&domain->history)->completion;
	struct batch batch = {
	        .header = completion,
	        .room = domain->config->completion_size - sizeof(*completion),
	};

	*completion = (struct bh_completion){
	        .status = status_of(domain),
	        .exchange = domain->exchange,
	        .monotonic = now,
	        .realtime = clock_realtime(),
	};
	move_signals(domain, &batch);
	move_replies(domain, &batch);
	if (!completion->more)
		move_requests(domain, &batch);
	trace_completion(domain, completion);

	if (domain->past.capacity)
		past_append(&domain->past,
		            history_current(&domain->history)->submission,
		            completion);
	DOMAIN_EACH_VARIANT(domain, variant)
		variant_complete(variant, completion);
	domain->exchange++;
	domain->fruitless = 0;
	domain->completed_at = now;
	domain->first_post = BH_NEVER;
	domain->phase = DOMAIN_COMPUTING;
	history_complete(&domain->history, domain->input);
	domain->input = inbox_front(&domain->inbox) != NULL;
	DOMAIN_EACH_VARIANT(domain, variant)
		variant_answer(variant, BH_COMMAND_RUN);
}
