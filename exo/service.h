/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_SERVICE_H
#define BH_EXO_SERVICE_H

/*
 * The requests that one server domain has not answered yet, in the one order
 * that exo gave them.  They outlive the server's variants: after a restart
 * they are delivered again with the same tags.
 * See abi/protocol/service.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "abi/exchange.h"
#include "abi/protocol/service.h"
#include "abi/record.h"

struct request {
	uint64_t tag;             /* as the server sees it; 0: slot is free */
	uint64_t client_tag;      /* as the client chose it */
	uint16_t client_domain;
	uint16_t client_channel;
	bool orphaned;            /* nobody waits for the reply any more */
	bool delivered;           /* to the present variants of the server */
	bool answering;           /* the batch being checked answers it */
	uint16_t next;            /* in the order of requests, or in the free list */
	uint16_t previous;
	struct bh_record *record; /* as it is delivered; room for the largest */
};

#define SERVICE_NONE UINT16_MAX

/*
 * The largest record between domains that a completion buffer of this size can
 * deliver.  It bounds the room of a queued request (the server's buffer) and of
 * a queued reply (the client's).
 */
static inline uint32_t service_record_max(uint32_t completion_size)
{
	uint32_t most = sizeof(struct bh_record) + BH_DEVICE_PAYLOAD_MAX;
	uint32_t room = completion_size - (uint32_t)sizeof(struct bh_completion);

	return room < most ? room : most;
}

struct service {
	struct request *requests;
	uint32_t capacity;
	uint64_t sequence;        /* of the next request; never reused */
	uint16_t first, last;     /* unanswered requests, oldest first */
	uint16_t undelivered;     /* the oldest that is yet to be delivered */
	uint16_t free;
};

/*
 * CAPACITY: sum of the credits of all clients; RECORD_MAX: bytes of the largest
 * request.  Returns 0 or -ENOMEM.
 */
int service_create(struct service *service, uint32_t capacity,
                   uint32_t record_max);

/*
 * Queues a request; RECORD is as the client submitted it.  CHANNEL is the
 * server's end.  The caller has checked the client's credit, so there is a
 * free slot, and the record's size.
 */
void service_queue(struct service *service, const struct bh_record *record,
                   uint16_t client_domain, uint16_t client_channel,
                   uint16_t channel);

/* The delivered, unanswered request with this tag on CHANNEL, or NULL. */
struct request *service_find(struct service *service, uint64_t tag,
                             uint16_t channel);

/* Forgets an answered request. */
void service_finish(struct service *service, struct request *request);

/* The next request to deliver, or NULL; service_delivered() moves on. */
struct request *service_next(const struct service *service);
void service_delivered(struct service *service);

/*
 * All variants are new: deliver everything again.  Returns how many requests
 * that is.
 */
uint32_t service_redeliver(struct service *service);

/*
 * The client's variants are gone: nobody wants the replies on this channel.
 * Returns how many requests of it are unanswered; they hold their slots, and
 * with them the client's credit, until the server answers.
 */
uint32_t service_orphan(struct service *service, uint16_t client_domain,
                        uint16_t client_channel);

/* The oldest unanswered request, or NULL. */
struct request *service_first(struct service *service);

#endif
