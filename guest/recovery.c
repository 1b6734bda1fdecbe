/* SPDX-License-Identifier: ISC */

/* The log that survives the guest. */

#include <string.h>

#include "guest/internal.h"

static int channel = -BH_ENOENT;

/*
 * How much the log will take is known from the newest completion, less what
 * has been queued since.  After a replacement it is guessed from the most that
 * was ever free, which is never too much.
 */
static uint64_t reported;
static uint64_t queued;
static uint64_t most;

/*
 * What exo may need for an entry beyond its payload.  It need not be exact,
 * only enough.
 */
static uint64_t entry_room(size_t size)
{
	return ((uint64_t)size + 7) / 8 * 8 + 32;
}

/* The tag of a queued entry holds its room below a running number. */
#define ROOM_BITS 20u
#define ROOM_MASK ((UINT64_C(1) << ROOM_BITS) - 1)

static void note_free(uint64_t bytes)
{
	reported = bytes;
	if (most < bytes)
		most = bytes;
}

static const struct bh_record *read_entry(uint64_t number)
{
	const struct bh_record *reply =
	        bh_request((unsigned)channel, BH_RECOVERY_READ,
	                   BH_VALUES(number), NULL, 0);

	if (!reply->status || reply->status == -BH_ENOENT)
		note_free(reply->value[1]);
	return reply;
}

int64_t bh_recovery_open(void)
{
	const struct bh_record *reply;

	for (unsigned i = 0; channel < 0 && bh_channel(i); i++) {
		if (bh_channel(i)->protocol == BH_PROTOCOL_RECOVERY)
			channel = (int)i;
	}
	if (channel < 0)
		return -BH_ENOENT;
	reply = read_entry(0);
	if (reply->status == -BH_ENOENT)
		return 0;
	return reply->status ? reply->status : (int64_t)reply->value[0];
}

int64_t bh_recovery_read(uint64_t number, void *buffer, size_t size)
{
	const struct bh_record *reply;

	if (channel < 0)
		return channel;
	reply = read_entry(number);
	if (reply->status)
		return reply->status;
	if (bh_payload_size(reply) > size)
		return -BH_EMSGSIZE;
	memcpy(buffer, bh_payload(reply), bh_payload_size(reply));
	return (int64_t)bh_payload_size(reply);
}

/* Queues an entry; `queued` counts it until its completion has come. */
static int queue(enum bh_recovery_type type, const void *entry, size_t size)
{
	static uint64_t number;
	struct bh_record header = {
	        .channel = (uint16_t)channel,
	        .type = (uint16_t)type,
	        .tag = BH_TAG_SDK | BH_TAG_RECOVERY |
	               ++number << ROOM_BITS | entry_room(size),
	};
	int error = bh_submit_record(&header, entry, size);

	if (!error)
		queued += entry_room(size);
	return error;
}

void bh_recovery_completed(const struct bh_record *record)
{
	queued -= record->tag & ROOM_MASK;
	if (record->status)
		bh_abort(BH_ABORT_CALLED, "recovery memory refused an entry");
	note_free(record->value[1]);
}

int bh_recovery_append(const void *entry, size_t size)
{
	if (channel < 0)
		return channel;
	if (!size)
		return -BH_EINVAL;
	if (size > BH_RECOVERY_ENTRY_MAX)
		return -BH_EMSGSIZE;
	if (reported < queued + entry_room(size))
		return -BH_ENOSPC;
	return queue(BH_RECOVERY_APPEND, entry, size);
}

int bh_recovery_replace(const void *entry, size_t size)
{
	int error;

	if (channel < 0)
		return channel;
	if (size > BH_RECOVERY_ENTRY_MAX)
		return -BH_EMSGSIZE;
	error = queue(BH_RECOVERY_REPLACE, entry, size);
	if (!error)
		reported = most;
	return error;
}
