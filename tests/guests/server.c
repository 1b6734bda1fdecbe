/* SPDX-License-Identifier: ISC */

/*
 * A service for tests: answers what client.c asks.  Types: 1: the payload and
 * values back; 2: value[0]: sum of the payload's bytes; 3: refused; 4: who
 * asks (value[0]: the client's identity); 5: exit with status value[0];
 * 6: fault.
 */

#include <stdlib.h>

#include <bh.h>

static int handle(void *context, const struct bh_record *request)
{
	const uint8_t *bytes = bh_payload(request);
	uint64_t sum = 0;

	(void)context;
	switch (request->type) {
	case 1:
		return bh_reply(request, 0, request->value, bytes,
		                bh_payload_size(request));
	case 2:
		for (size_t i = 0; i < bh_payload_size(request); i++)
			sum += bytes[i];
		return bh_reply(request, 0, BH_VALUES(sum), NULL, 0);
	case 3:
		return bh_reply(request, -BH_EINVAL, NULL, NULL, 0);
	case 4:
		return bh_reply(request, 0, BH_VALUES(request->client), NULL,
		                0);
	case 5:
		exit((int)request->value[0]);
	case 6:
		*(volatile int *)8 = 1;
		return 0;
	default:
		return bh_reply(request, -BH_ENOENT, NULL, NULL, 0);
	}
}

int main(void)
{
	const struct bh_service service = {
	        .request = handle,
	        .reserve = sizeof(struct bh_record) + BH_SERVICE_PAYLOAD_MAX,
	};

	return -bh_serve(&service);
}
