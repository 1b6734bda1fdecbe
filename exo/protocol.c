/* SPDX-License-Identifier: ISC */
#include <stddef.h>

#include "abi/protocol/clock.h"
#include "abi/protocol/console.h"
#include "abi/protocol/control.h"
#include "abi/protocol/entropy.h"
#include "abi/protocol/recovery.h"
#include "abi/protocol/service.h"
#include "batch.h"
#include "cell.h"
#include "clock.h"
#include "domain.h"
#include "entropy.h"

/*
 * What the records of an agreed batch mean.  Each protocol has a check, which
 * changes nothing and may refuse, and an act, which cannot fail: what goes
 * wrong there is a status for the guest.  All records are checked before the
 * first is acted upon.
 */

struct protocol {
	enum bh_malformed (*check)(struct domain *domain, uint16_t channel,
	                           const struct bh_record *record);
	void (*act)(struct domain *domain, uint16_t channel,
	            const struct bh_record *record);
};

/* True if all scalar values from index FIRST on are zero. */
static bool values_are_zero(const struct bh_record *record, unsigned first)
{
	for (unsigned i = first; i < 4; i++)
		if (record->value[i])
			return false;
	return true;
}

/* A request with COUNT scalar arguments and no payload. */
static bool is_plain_request(const struct bh_record *record, unsigned count)
{
	return record->status == 0 && values_are_zero(record, count) &&
	       record_payload_size(record) == 0;
}

static struct bh_record reply_to(const struct bh_record *request, int status)
{
	return (struct bh_record){
	        .channel = request->channel,
	        .type = request->type,
	        .tag = request->tag,
	        .status = status,
	};
}

/*
 * A reply without payload always fits: protocol_check() has refused a batch
 * for whose replies there is no room.
 */
static void push_reply(struct domain *domain, const struct bh_record *reply)
{
	inbox_push(&domain->inbox, reply, NULL, 0);
	domain->own_replies += sizeof(*reply);
}

/* Room for a reply with payload, or NULL after an -BH_EAGAIN without one. */
static void *push_payload(struct domain *domain, struct bh_record *reply,
                          uint32_t size)
{
	uint64_t stride = BH_RECORD_STRIDE(sizeof(*reply) + size);

	if (domain_reply_room(domain) <
	    stride + domain->config->submission_size) {
		*reply = reply_to(reply, -BH_EAGAIN);
		push_reply(domain, reply);
		return NULL;
	}
	domain->own_replies += stride;
	return inbox_push(&domain->inbox, reply, NULL, size);
}

static enum bh_malformed check_control(struct domain *domain, uint16_t channel,
                                       const struct bh_record *record)
{
	(void)domain;
	(void)channel;
	switch (record->type) {
	case BH_CONTROL_EXIT:
		return is_plain_request(record, 1) && record->value[0] <= 255
		               ? BH_MALFORMED_NONE
		               : BH_MALFORMED_FIELD;
	case BH_CONTROL_ABORT:
		return record->status == 0 && values_are_zero(record, 1) &&
		                       record->value[0] <= BH_ABORT_BOOT &&
		                       record_payload_size(record) <=
		                               BH_ABORT_TEXT
		               ? BH_MALFORMED_NONE
		               : BH_MALFORMED_FIELD;
	default:
		return BH_MALFORMED_TYPE;
	}
}

/* An abort has been turned into a verdict before anything is acted upon. */
static void act_control(struct domain *domain, uint16_t channel,
                        const struct bh_record *record)
{
	(void)channel;
	cell_domain_ended(domain->cell, domain, BH_RESULT_EXITED,
	                  (uint32_t)record->value[0]);
}

static enum bh_malformed check_console(struct domain *domain, uint16_t channel,
                                       const struct bh_record *record)
{
	(void)domain;
	(void)channel;
	switch (record->type) {
	case BH_CONSOLE_WRITE:
		return record->status == 0 && values_are_zero(record, 1) &&
		                       record->value[0] < BH_CONSOLE_STREAMS
		               ? BH_MALFORMED_NONE
		               : BH_MALFORMED_FIELD;
	case BH_CONSOLE_READ:
		return is_plain_request(record, 1) && record->value[0] > 0
		               ? BH_MALFORMED_NONE
		               : BH_MALFORMED_FIELD;
	default:
		return BH_MALFORMED_TYPE;
	}
}

static void act_console_read(struct domain *domain,
                             const struct bh_record *record)
{
	struct console *console = &domain->console;
	uint32_t most = domain->config->completion_size -
	                (uint32_t)sizeof(struct bh_completion) -
	                (uint32_t)sizeof(*record);
	struct bh_record reply;

	if (console->reading) {
		reply = reply_to(record, -BH_EAGAIN);
		push_reply(domain, &reply);
		return;
	}
	if (most > CONSOLE_READ_MAX)
		most = CONSOLE_READ_MAX;
	console->reading = true;
	console->read_channel = record->channel;
	console->read_tag = record->tag;
	console->read_size = record->value[0] < most
	                             ? (uint32_t)record->value[0]
	                             : most;
}

static void act_console(struct domain *domain, uint16_t channel,
                        const struct bh_record *record)
{
	enum bh_console_stream stream =
	        (enum bh_console_stream)record->value[0];
	struct bh_record reply = reply_to(record, 0);

	(void)channel;
	if (record->type == BH_CONSOLE_READ) {
		act_console_read(domain, record);
		return;
	}
	console_write(&domain->console, stream, record_payload(record),
	              record_payload_size(record));
	if (domain->console.outputs[stream].broken)
		reply.status = -BH_EPIPE;
	else
		reply.value[0] = record_payload_size(record);
	push_reply(domain, &reply);
}

static enum bh_malformed check_clock(struct domain *domain, uint16_t channel,
                                     const struct bh_record *record)
{
	(void)domain;
	(void)channel;
	if (record->type != BH_CLOCK_GET && record->type != BH_CLOCK_RESOLUTION)
		return BH_MALFORMED_TYPE;
	return is_plain_request(record, 1) &&
	                       record->value[0] <= BH_CLOCK_REALTIME
	               ? BH_MALFORMED_NONE
	               : BH_MALFORMED_FIELD;
}

static void act_clock(struct domain *domain, uint16_t channel,
                      const struct bh_record *record)
{
	struct bh_record reply = reply_to(record, 0);

	(void)channel;
	if (record->type == BH_CLOCK_RESOLUTION)
		reply.value[0] = 1;
	else if (record->value[0] == BH_CLOCK_MONOTONIC)
		reply.value[0] = clock_monotonic();
	else
		reply.value[0] = clock_realtime();
	push_reply(domain, &reply);
}

static enum bh_malformed check_entropy(struct domain *domain, uint16_t channel,
                                       const struct bh_record *record)
{
	(void)domain;
	(void)channel;
	if (record->type != BH_ENTROPY_GET)
		return BH_MALFORMED_TYPE;
	return is_plain_request(record, 1) && record->value[0] > 0 &&
	                       record->value[0] <= BH_ENTROPY_MAX
	               ? BH_MALFORMED_NONE
	               : BH_MALFORMED_FIELD;
}

static void act_entropy(struct domain *domain, uint16_t channel,
                        const struct bh_record *record)
{
	struct bh_record reply = reply_to(record, 0);
	uint32_t size = (uint32_t)record->value[0];
	void *payload = push_payload(domain, &reply, size);

	(void)channel;
	if (payload)
		entropy_fill(payload, size);
}

static enum bh_malformed check_recovery(struct domain *domain,
                                        uint16_t channel,
                                        const struct bh_record *record)
{
	uint32_t size = record_payload_size(record);

	(void)domain;
	(void)channel;
	switch (record->type) {
	case BH_RECOVERY_APPEND:
	case BH_RECOVERY_REPLACE:
		return record->status == 0 && values_are_zero(record, 0) &&
		                       size <= BH_RECOVERY_ENTRY_MAX &&
		                       (size ||
		                        record->type == BH_RECOVERY_REPLACE)
		               ? BH_MALFORMED_NONE
		               : BH_MALFORMED_FIELD;
	case BH_RECOVERY_READ:
		return is_plain_request(record, 1) ? BH_MALFORMED_NONE
		                                   : BH_MALFORMED_FIELD;
	default:
		return BH_MALFORMED_TYPE;
	}
}

static void act_recovery_read(struct domain *domain,
                              const struct bh_record *record)
{
	struct bh_record reply = reply_to(record, 0);
	const void *entry;
	uint32_t size;
	void *payload;

	reply.status = recovery_read(&domain->recovery, record->value[0],
	                             &entry, &size);
	reply.value[0] = domain->recovery.count;
	reply.value[1] = recovery_free(&domain->recovery);
	if (reply.status) {
		push_reply(domain, &reply);
		return;
	}
	payload = push_payload(domain, &reply, size);
	if (payload)
		__builtin_memcpy(payload, entry, size);
}

static void act_recovery(struct domain *domain, uint16_t channel,
                         const struct bh_record *record)
{
	struct bh_record reply = reply_to(record, 0);
	uint32_t size = record_payload_size(record);

	(void)channel;
	if (record->type == BH_RECOVERY_READ) {
		act_recovery_read(domain, record);
		return;
	}
	if (record->type == BH_RECOVERY_APPEND)
		reply.status = recovery_append(&domain->recovery,
		                               record_payload(record), size);
	else
		reply.status = recovery_replace(&domain->recovery,
		                                record_payload(record), size);
	if (reply.status == 0 && domain->recovery.count)
		reply.value[0] = domain->recovery.count - 1;
	reply.value[1] = recovery_free(&domain->recovery);
	push_reply(domain, &reply);
}

static enum bh_malformed check_service(struct domain *domain, uint16_t channel,
                                       const struct bh_record *record)
{
	uint32_t most = domain->channels[channel].protocol ==
	                                BH_PROTOCOL_SERVICE
	                        ? BH_SERVICE_PAYLOAD_MAX
	                        : BH_DEVICE_PAYLOAD_MAX;
	struct request *request;

	if (record->type == 0 || record->type > BH_SERVICE_TYPE_MAX)
		return BH_MALFORMED_TYPE;
	if (record_payload_size(record) > most)
		return BH_MALFORMED_SIZE;
	if (domain->channels[channel].role == BH_ROLE_CLIENT)
		return record->status == 0 ? BH_MALFORMED_NONE
		                           : BH_MALFORMED_FIELD;

	request = service_find(&domain->service, record->tag, channel);
	if (!request || request->answering)
		return BH_MALFORMED_TAG;
	if (record->type != request->record->type || record->status > 0)
		return BH_MALFORMED_FIELD;
	request->answering = true;
	return BH_MALFORMED_NONE;
}

/* Can a completion of this domain hold the record at all? */
static bool fits(const struct domain *domain, const struct bh_record *record)
{
	return record->size <=
	       service_record_max(domain->config->completion_size);
}

/* 0 if the request can be queued, or the status that it fails with. */
static int refusal(const struct channel *channel,
                   const struct bh_record *record)
{
	if (channel->peer->phase == DOMAIN_ENDED)
		return -BH_ECONNRESET;
	if (!fits(channel->peer, record))
		return -BH_EMSGSIZE;
	return channel->unanswered == channel->credit ? -BH_EAGAIN : 0;
}

static void act_service_request(struct domain *domain, uint16_t channel,
                                const struct bh_record *record)
{
	struct channel *c = &domain->channels[channel];
	struct bh_record reply = reply_to(record, refusal(c, record));

	if (reply.status) {
		push_reply(domain, &reply);
		return;
	}
	c->unanswered++;
	service_queue(&c->peer->service, record, domain->number, channel,
	              c->peer_channel);
	domain_ring(c->peer);
}

static void act_service_reply(struct domain *domain, uint16_t channel,
                              const struct bh_record *record)
{
	struct request *request =
	        service_find(&domain->service, record->tag, channel);
	struct domain *client =
	        &domain->cell->domains[request->client_domain];
	uint32_t size = record_payload_size(record);
	struct bh_record reply = *record;

	if (!fits(client, record)) {
		reply = reply_to(record, -BH_EMSGSIZE);
		size = 0;
	}
	reply.channel = request->client_channel;
	reply.tag = request->client_tag;
	reply.client = domain->number + 1u;
	if (request->orphaned) {
		client->channels[request->client_channel].unanswered--;
	} else {
		inbox_push(&client->inbox, &reply, record_payload(record),
		           size);
		client->input = true;
	}
	service_finish(&domain->service, request);
}

static void act_service(struct domain *domain, uint16_t channel,
                        const struct bh_record *record)
{
	if (domain->channels[channel].role == BH_ROLE_CLIENT)
		act_service_request(domain, channel, record);
	else
		act_service_reply(domain, channel, record);
}

static const struct protocol protocols[] = {
        [BH_PROTOCOL_CONTROL] = {check_control, act_control},
        [BH_PROTOCOL_CONSOLE] = {check_console, act_console},
        [BH_PROTOCOL_CLOCK] = {check_clock, act_clock},
        [BH_PROTOCOL_ENTROPY] = {check_entropy, act_entropy},
        [BH_PROTOCOL_RECOVERY] = {check_recovery, act_recovery},
        [BH_PROTOCOL_SERVICE] = {check_service, act_service},
        [BH_PROTOCOL_NET] = {check_service, act_service},
        [BH_PROTOCOL_VOLUME] = {check_service, act_service},
};

static const struct protocol *protocol_of(const struct domain *domain,
                                          const struct bh_record *record)
{
	return &protocols[domain->channels[record->channel].protocol];
}

static struct judgement malformed(enum bh_malformed what, uint64_t offset)
{
	return (struct judgement){
	        .verdict = BH_VERDICT_FAULT,
	        .reason = BH_REASON_MALFORMED,
	        .detail = what,
	        .malformed_offset = offset,
	};
}

struct judgement protocol_check(struct domain *domain)
{
	const struct bh_submission *copy =
	        history_current(&domain->history)->submission;
	const struct bh_record *record, *last = NULL;
	struct judgement judgement = {.verdict = BH_VERDICT_AGREED};
	enum bh_malformed wrong;
	uint64_t offset;

	/* The monitor has seen to it, unless this is one variant's evidence. */
	if (copy->bytes > domain->config->submission_size - sizeof(*copy))
		return malformed(BH_MALFORMED_HEADER, 0);
	wrong = batch_check(copy, domain->exchange,
	                    domain->config->channel_count, &offset);
	if (wrong)
		return malformed(wrong, offset);
	/* A reply without payload is no larger than its request. */
	if (domain_reply_room(domain) < copy->bytes)
		return malformed(BH_MALFORMED_OVERRUN, 0);
	BATCH_EACH(record, copy + 1, copy->bytes) {
		offset = (uint64_t)((const uint8_t *)record -
		                    (const uint8_t *)copy);
		if (last && last->channel == BH_CHANNEL_CONTROL)
			return malformed(BH_MALFORMED_AFTER_EXIT, offset);
		wrong = protocol_of(domain, record)
		                ->check(domain, record->channel, record);
		if (wrong)
			return malformed(wrong, offset);
		last = record;
	}
	if (last && last->channel == BH_CHANNEL_CONTROL &&
	    last->type == BH_CONTROL_ABORT) {
		judgement.verdict = BH_VERDICT_FAULT;
		judgement.reason = BH_REASON_ABORT;
		judgement.detail = (uint32_t)last->value[0];
	}
	return judgement;
}

void protocol_act(struct domain *domain)
{
	const struct bh_submission *copy =
	        history_current(&domain->history)->submission;
	const struct bh_record *record;

	BATCH_EACH(record, copy + 1, copy->bytes)
		protocol_of(domain, record)
		        ->act(domain, record->channel, record);
}
