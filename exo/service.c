/* SPDX-License-Identifier: ISC */
#include "service.h"

#include <errno.h>
#include <string.h>

#include "memory.h"

/* The slot is part of the tag, so that a reply is found without a search. */
#define SLOT_BITS 12
#define SLOT_MASK ((UINT64_C(1) << SLOT_BITS) - 1)

int service_create(struct service *service, uint32_t capacity,
                   uint32_t record_max)
{
	uint64_t stride = BH_RECORD_STRIDE(record_max);
	uint8_t *records;

	*service = (struct service){
	        .sequence = 1,
	        .capacity = capacity,
	        .first = SERVICE_NONE,
	        .last = SERVICE_NONE,
	        .undelivered = SERVICE_NONE,
	        .free = SERVICE_NONE,
	};
	if (capacity == 0)
		return 0;
	if (capacity > SLOT_MASK)
		return -EINVAL;
	service->requests = memory_reserve(capacity *
	                                   sizeof(*service->requests));
	records = memory_reserve(capacity * stride);
	if (!service->requests || !records)
		return -ENOMEM;
	for (uint32_t i = capacity; i-- > 0;) {
		service->requests[i].record =
		        (struct bh_record *)(void *)(records + i * stride);
		service->requests[i].next = service->free;
		service->free = (uint16_t)i;
	}
	return 0;
}

static uint16_t slot_of(const struct service *service,
                        const struct request *request)
{
	return (uint16_t)(request - service->requests);
}

static void link_last(struct service *service, uint16_t slot)
{
	struct request *request = &service->requests[slot];

	request->next = SERVICE_NONE;
	request->previous = service->last;
	if (service->last == SERVICE_NONE)
		service->first = slot;
	else
		service->requests[service->last].next = slot;
	service->last = slot;
	if (service->undelivered == SERVICE_NONE)
		service->undelivered = slot;
}

static void unlink_request(struct service *service, struct request *request)
{
	if (request->previous == SERVICE_NONE)
		service->first = request->next;
	else
		service->requests[request->previous].next = request->next;
	if (request->next == SERVICE_NONE)
		service->last = request->previous;
	else
		service->requests[request->next].previous = request->previous;
	if (service->undelivered == slot_of(service, request))
		service->undelivered = request->next;
}

void service_queue(struct service *service, const struct bh_record *record,
                   uint16_t client_domain, uint16_t client_channel,
                   uint16_t channel)
{
	uint16_t slot = service->free;
	struct request *request = &service->requests[slot];

	service->free = request->next;
	request->tag = (service->sequence++ << SLOT_BITS) | slot;
	request->client_tag = record->tag;
	request->client_domain = client_domain;
	request->client_channel = client_channel;
	request->orphaned = request->delivered = request->answering = false;

	memcpy(request->record, record, BH_RECORD_STRIDE(record->size));
	request->record->channel = channel;
	request->record->tag = request->tag;
	request->record->client = client_domain + 1u;
	link_last(service, slot);
}

struct request *service_find(struct service *service, uint64_t tag,
                             uint16_t channel)
{
	uint64_t slot = tag & SLOT_MASK;
	struct request *request;

	if (tag == 0 || slot >= service->capacity)
		return NULL;
	request = &service->requests[slot];
	if (request->tag != tag || !request->delivered ||
	    request->record->channel != channel)
		return NULL;
	return request;
}

void service_finish(struct service *service, struct request *request)
{
	unlink_request(service, request);
	request->tag = 0;
	request->next = service->free;
	service->free = slot_of(service, request);
}

struct request *service_next(const struct service *service)
{
	if (service->undelivered == SERVICE_NONE)
		return NULL;
	return &service->requests[service->undelivered];
}

void service_delivered(struct service *service)
{
	struct request *request = service_next(service);

	request->delivered = true;
	service->undelivered = request->next;
}

uint32_t service_redeliver(struct service *service)
{
	uint32_t count = 0;

	for (uint16_t i = service->first; i != SERVICE_NONE;
	     i = service->requests[i].next) {
		count += service->requests[i].delivered;
		service->requests[i].delivered = false;
		service->requests[i].answering = false;
	}
	service->undelivered = service->first;
	return count;
}

uint32_t service_orphan(struct service *service, uint16_t client_domain,
                        uint16_t client_channel)
{
	uint32_t count = 0;

	for (uint16_t i = service->first; i != SERVICE_NONE;
	     i = service->requests[i].next) {
		struct request *request = &service->requests[i];

		if (request->client_domain != client_domain ||
		    request->client_channel != client_channel)
			continue;
		request->orphaned = true;
		count++;
	}
	return count;
}

struct request *service_first(struct service *service)
{
	if (service->first == SERVICE_NONE)
		return NULL;
	return &service->requests[service->first];
}
