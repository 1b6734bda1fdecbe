/* SPDX-License-Identifier: ISC */
#include "inbox.h"

#include <errno.h>
#include <string.h>

#include "batch.h"
#include "memory.h"

int inbox_create(struct inbox *inbox, uint64_t capacity)
{
	inbox->bytes = memory_reserve(capacity);
	inbox->capacity = capacity;
	inbox_clear(inbox);
	return inbox->bytes ? 0 : -ENOMEM;
}

void inbox_clear(struct inbox *inbox)
{
	inbox->head = inbox->tail = 0;
}

static void make_room_at_end(struct inbox *inbox, uint64_t stride)
{
	if (inbox->capacity - inbox->tail >= stride)
		return;
	memmove(inbox->bytes, inbox->bytes + inbox->head, inbox_used(inbox));
	inbox->tail -= inbox->head;
	inbox->head = 0;
}

void *inbox_push(struct inbox *inbox, const struct bh_record *header,
                 const void *payload, uint32_t payload_size)
{
	uint32_t size = (uint32_t)sizeof(*header) + payload_size;
	uint64_t stride = BH_RECORD_STRIDE(size);
	struct bh_record *record;
	uint8_t *body;

	if (inbox_room(inbox) < stride)
		return NULL;
	make_room_at_end(inbox, stride);
	record = (struct bh_record *)(void *)(inbox->bytes + inbox->tail);
	body = (uint8_t *)(record + 1);
	*record = *header;
	record->size = size;
	if (payload)
		memcpy(body, payload, payload_size);
	memset(body + payload_size, 0, stride - size);
	inbox->tail += stride;
	return body;
}

const struct bh_record *inbox_front(const struct inbox *inbox)
{
	if (inbox->head == inbox->tail)
		return NULL;
	return batch_at(inbox->bytes, inbox->head);
}

void inbox_pop(struct inbox *inbox)
{
	inbox->head += BH_RECORD_STRIDE(inbox_front(inbox)->size);
	if (inbox->head == inbox->tail)
		inbox_clear(inbox);
}

bool inbox_has_tag(const struct inbox *inbox, uint64_t tag)
{
	const struct bh_record *record;

	BATCH_EACH(record, inbox->bytes + inbox->head, inbox_used(inbox))
		if (record->tag == tag)
			return true;
	return false;
}
