/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_INBOX_H
#define BH_EXO_INBOX_H

/*
 * The queue of completion records of one domain, in the order in which they
 * will be delivered.  A plain byte buffer: it is nearly always emptied by the
 * next exchange and then starts again at its beginning.
 */

#include <stdbool.h>
#include <stdint.h>

#include "abi/record.h"

struct inbox {
	uint8_t *bytes;
	uint64_t capacity;
	uint64_t head, tail; /* the queue is bytes[head, tail) */
};

/* Returns 0 or -ENOMEM. */
int inbox_create(struct inbox *inbox, uint64_t capacity);

void inbox_clear(struct inbox *inbox);

static inline uint64_t inbox_used(const struct inbox *inbox)
{
	return inbox->tail - inbox->head;
}

static inline uint64_t inbox_room(const struct inbox *inbox)
{
	return inbox->capacity - inbox_used(inbox);
}

/*
 * Appends a record: HEADER (its size field is set here) with payload_size
 * bytes of PAYLOAD; the padding is zeroed.  PAYLOAD may be NULL: the caller
 * fills the returned room itself.  Returns the payload's place, or NULL if
 * there is no room.
 */
void *inbox_push(struct inbox *inbox, const struct bh_record *header,
                 const void *payload, uint32_t payload_size);

/* The oldest record, or NULL. */
const struct bh_record *inbox_front(const struct inbox *inbox);

/* Drops the oldest record. */
void inbox_pop(struct inbox *inbox);

/* Is a record with this tag queued? */
bool inbox_has_tag(const struct inbox *inbox, uint64_t tag);

#endif
