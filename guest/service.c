/* SPDX-License-Identifier: ISC */

/* The loop of a server. */

#include <stdlib.h>
#include <string.h>

#include "guest/internal.h"

int bh_reply(const struct bh_record *request, int status,
             const uint64_t *values, const void *payload, size_t size)
{
	struct bh_record header = {
	        .channel = request->channel,
	        .type = request->type,
	        .tag = request->tag,
	        .status = status,
	};

	if (values)
		memcpy(header.value, values, sizeof(header.value));
	return bh_submit_record(&header, payload, size);
}

/*
 * Handles one request.  It is copied first, because a handler that exchanges
 * would lose it; and the batch is emptied first if it might overflow, because
 * what the handler queues must leave together.
 */
static int handle_request(const struct bh_service *service, size_t reserve,
                          struct bh_record *copy,
                          const struct bh_record *request)
{
	memcpy(copy, request, request->size);
	if (bh_room() < reserve)
		bh_exchange(BH_WAIT_NONE, 0, BH_NEVER);
	return service->request(service->context, copy);
}

int bh_serve(const struct bh_service *service)
{
	struct bh_record *copy = malloc(bh_boot()->completion_size);
	size_t reserve = service->reserve ? service->reserve
	                                  : bh_boot()->submission_size / 4;
	int result = 0;

	if (!copy)
		bh_abort(BH_ABORT_CALLED, "no memory for requests");
	while (!result) {
		const struct bh_record *record;

		bh_exchange(BH_WAIT_ANY, 0, BH_NEVER);
		while (!result && (record = bh_next())) {
			if (bh_is_request(record))
				result = handle_request(service, reserve, copy,
				                        record);
			else if (service->completion)
				result = service->completion(service->context,
				                             record);
		}
	}
	free(copy);
	bh_exchange(BH_WAIT_NONE, 0, BH_NEVER);
	return result;
}
