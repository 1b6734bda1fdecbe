/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_DECODE_H
#define BH_CLI_DECODE_H

/*
 * Records in words.  The bytes come from a guest, or from a process that
 * forges them: nothing here trusts a length.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/boot.h"
#include "abi/exchange.h"
#include "abi/protocol/net.h"
#include "abi/record.h"

/* Walks the records of a batch. */
struct batch_walk {
	const uint8_t *data; /* the batch, without the header before it */
	size_t size;
	size_t offset; /* of the next record */
	bool broken;   /* the rest is no record */
};

/* One record, copied out, with its payload still in the batch. */
struct batch_record {
	struct bh_record header;
	const uint8_t *payload;
	size_t payload_size;
	size_t offset; /* in the batch */
};

/* False at the end, or, with `broken` set, where no record can be. */
bool batch_next(struct batch_walk *walk, struct batch_record *record);

enum decode_direction {
	DECODE_SUBMISSION, /* from the guest */
	DECODE_COMPLETION, /* to the guest */
};

struct decode_channels {
	struct bh_channel_info info[BH_MAX_CHANNELS];
	unsigned count; /* 0: unknown; channels are then shown by number */
};

/* Without a table: the built-in channels, which have fixed numbers. */
void decode_channels_default(struct decode_channels *channels);
/* A table from a trace; cut to what fits, names terminated. */
void decode_channels_copy(struct decode_channels *channels, const void *table,
                          size_t size);

/*
 * Writes one line without a newline, such as
 *	console write 14 bytes "Hello, world.\n"
 * PAYLOAD_MAX: how many bytes of the payload to show; 0: none, only its size.
 */
void decode_record(char *out, size_t size,
                   const struct decode_channels *channels,
                   const struct batch_record *record,
                   enum decode_direction direction, size_t payload_max);

/* The operation's name, such as "write", or NULL. */
const char *decode_type(uint16_t protocol, uint16_t type);
/* The channel's protocol, or UINT16_MAX if there is no such channel. */
uint16_t decode_protocol(const struct decode_channels *channels,
                         uint16_t channel);
/* The channel's name, or NULL. */
const char *decode_channel_name(const struct decode_channels *channels,
                                uint16_t channel);
/* "nobody reads it", ...: what an error means in a protocol of exo's own. */
const char *decode_status(int32_t status);
/* What a negative errno of Linux means, as devices give it. */
const char *decode_errno(int32_t status);
/* Is RECORD a request to a server, seen from the domain that has CHANNELS? */
bool decode_is_request(const struct decode_channels *channels,
                       const struct batch_record *record,
                       enum decode_direction direction);

/* One command or event of the net protocol, copied out of a turn's payload. */
struct decode_net_item {
	struct bh_net_item header;
	const uint8_t *data; /* in the record's payload */
	size_t size;
};

/* The item at *AT, which moves on.  False at the end and, with *AT before the
 * end, where no item can be. */
bool decode_net_next(const struct batch_record *record, size_t *at,
                     struct decode_net_item *item);
/* Cuts RECORD's payload to the item that OFFSET in it lies in, if it does. */
void decode_net_narrow(struct batch_record *record, size_t offset);
/* The command's or event's name, such as "send" or "accepted", or NULL. */
const char *decode_net_type(uint16_t type, bool request);
/* "127.0.0.1:80", "[::1]:80"; false if it is no address. */
#define DECODE_NET_ADDRESS_SIZE 64u
bool decode_net_address(const struct bh_net_address *address, char *text,
                        size_t size);

#endif
