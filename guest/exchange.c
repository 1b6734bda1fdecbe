/* SPDX-License-Identifier: ISC */

/*
 * The batch, the hypercall, the completions, and the line of records that
 * nobody has taken yet.
 */

#include <stdlib.h>
#include <string.h>

#include "guest/internal.h"

static const struct bh_boot_info *boot_info;
static struct bh_submission *submission;
static const struct bh_completion *completion;
static uint32_t capacity; /* of the batch */
static uint64_t last_tag;

/*
 * What is left of the newest batch, in place.  Before the next exchange
 * overwrites it, the rest moves to the line.
 */
static struct {
	uint32_t at;
	uint32_t end;
} unread;

/*
 * Records that an exchange found unread, oldest first, back to back.  A
 * record that was taken out of turn stays behind with `channel` TAKEN.
 */
static struct {
	uint8_t *bytes;
	size_t head, tail, size;
} line;

#define TAKEN UINT16_MAX

const struct bh_boot_info *bh_boot(void)
{
	return boot_info;
}

const struct bh_channel_info *bh_channel(unsigned channel)
{
	if (channel >= boot_info->channel_count)
		return NULL;
	return (const void *)(boot_info->channels +
	                      (uint64_t)channel * boot_info->channel_size);
}

int bh_find_channel(const char *name)
{
	for (unsigned i = 0; i < boot_info->channel_count; i++) {
		if (!strncmp(bh_channel(i)->name, name, BH_NAME_SIZE))
			return (int)i;
	}
	return -BH_ENOENT;
}

bool bh_is_request(const struct bh_record *record)
{
	const struct bh_channel_info *channel = bh_channel(record->channel);

	return channel && channel->role == BH_ROLE_SERVER;
}

int64_t bh_call(enum bh_call call, uint64_t a, uint64_t b, uint64_t c)
{
	int64_t (*entry)(uint64_t, uint64_t, uint64_t, uint64_t);

	entry = (int64_t(*)(uint64_t, uint64_t, uint64_t,
	                    uint64_t))boot_info->hypercall;
	return entry(call, a, b, c);
}

void bh_exchange_init(const struct bh_boot_info *boot)
{
	boot_info = boot;
	submission = (struct bh_submission *)boot->submission;
	completion = (const struct bh_completion *)boot->completion;
	capacity = boot->submission_size - (uint32_t)sizeof(*submission);
	memset(submission, 0, sizeof(*submission));
	if (boot->version >> 16 != BH_ABI_MAJOR)
		bh_abort(BH_ABORT_BOOT, "the core speaks another ABI version");
}

/* ------------------------------------------------------------------- batch */

int bh_submit_record(const struct bh_record *header, const void *payload,
                     size_t size)
{
	uint64_t whole = sizeof(*header) + size;
	uint64_t stride = BH_RECORD_STRIDE(whole);
	uint8_t *to = (uint8_t *)(submission + 1) + submission->bytes;
	struct bh_record *record = (struct bh_record *)(void *)to;

	if (size > capacity || stride > capacity)
		return -BH_EMSGSIZE;
	if (stride > capacity - submission->bytes)
		return -BH_ENOMEM;
	*record = *header;
	record->size = (uint32_t)whole;
	if (size)
		memcpy(record + 1, payload, size);
	memset(to + whole, 0, stride - whole);
	submission->bytes += (uint32_t)stride;
	submission->count++;
	return 0;
}

int bh_submit(unsigned channel, unsigned type, uint64_t tag,
              const uint64_t *values, const void *payload, size_t size)
{
	struct bh_record header = {
	        .channel = (uint16_t)channel,
	        .type = (uint16_t)type,
	        .tag = tag,
	};

	if (values)
		memcpy(header.value, values, sizeof(header.value));
	return bh_submit_record(&header, payload, size);
}

size_t bh_room(void)
{
	uint32_t room = capacity - submission->bytes;

	return room > sizeof(struct bh_record)
	               ? room - sizeof(struct bh_record)
	               : 0;
}

/* ------------------------------------------------------------- completions */

static const struct bh_record *batch_at(uint32_t offset)
{
	const uint8_t *batch = (const uint8_t *)(completion + 1);

	return (const struct bh_record *)(const void *)(batch + offset);
}

/*
 * exo is trusted and the core is not worth distrusting from inside; these
 * checks find mistakes, at the price of a few compares a record.
 */
static void check_completion(void)
{
	uint32_t at = 0, count = 0;

	if (completion->exchange != submission->exchange ||
	    completion->bytes >
	            boot_info->completion_size - sizeof(*completion))
		bh_abort(BH_ABORT_CALLED, "completion header out of range");
	while (at < completion->bytes) {
		uint32_t size = completion->bytes - at;

		if (size >= sizeof(struct bh_record))
			size = batch_at(at)->size;
		if (size < sizeof(struct bh_record) ||
		    BH_RECORD_STRIDE(size) > completion->bytes - at)
			bh_abort(BH_ABORT_CALLED, "completion out of range");
		at += (uint32_t)BH_RECORD_STRIDE(size);
		count++;
	}
	if (count != completion->count)
		bh_abort(BH_ABORT_CALLED, "completion count is wrong");
}

/* True if the record is a reply that the SDK waits for itself. */
static bool is_own(const struct bh_record *record)
{
	const uint64_t own = BH_TAG_SDK | BH_TAG_RECOVERY;

	return !bh_is_request(record) && (record->tag & own) == own;
}

/* Moves on to the next record of the newest batch that is for the guest. */
static const struct bh_record *take_from_batch(void)
{
	while (unread.at < unread.end) {
		const struct bh_record *record = batch_at(unread.at);

		unread.at += (uint32_t)BH_RECORD_STRIDE(record->size);
		if (!is_own(record))
			return record;
		bh_recovery_completed(record);
	}
	return NULL;
}

static struct bh_record *line_at(size_t offset)
{
	return (struct bh_record *)(void *)(line.bytes + offset);
}

static const struct bh_record *take_from_line(void)
{
	while (line.head < line.tail) {
		const struct bh_record *record = line_at(line.head);

		line.head += BH_RECORD_STRIDE(record->size);
		if (record->channel != TAKEN)
			return record;
	}
	return NULL;
}

/* Makes room for SIZE more bytes at the end of the line. */
static void extend_line(size_t size)
{
	size_t used = line.tail - line.head;

	if (line.size - line.tail >= size)
		return;
	if (used)
		memmove(line.bytes, line.bytes + line.head, used);
	line.head = 0;
	line.tail = used;
	if (line.size - used >= size)
		return;
	line.size = 2 * (used + size);
	line.bytes = realloc(line.bytes, line.size);
	if (!line.bytes)
		bh_abort(BH_ABORT_CALLED, "no memory for completions");
}

static void put_in_line(const struct bh_record *record)
{
	size_t stride = BH_RECORD_STRIDE(record->size);

	extend_line(stride);
	memcpy(line.bytes + line.tail, record, stride);
	line.tail += stride;
}

/* Moves what is unread of the newest batch to the line. */
static void keep_unread(void)
{
	const struct bh_record *record;

	while ((record = take_from_batch()))
		put_in_line(record);
}

const struct bh_record *bh_next(void)
{
	const struct bh_record *record = take_from_line();

	return record ? record : take_from_batch();
}

/* ---------------------------------------------------------------- exchange */

int bh_exchange_raw(enum bh_wait wait, uint64_t tag, uint64_t deadline)
{
	keep_unread();
	submission->wait = wait;
	submission->wait_tag = wait == BH_WAIT_TAG ? tag : 0;
	submission->deadline = deadline;
	submission->exchange++;
	if (bh_call(BH_CALL_EXCHANGE, 0, 0, 0))
		__builtin_trap();
	check_completion();
	submission->bytes = 0;
	submission->count = 0;
	unread.at = 0;
	unread.end = completion->bytes;
	return completion->status;
}

/* A reply with this tag in the line, or NULL. */
static struct bh_record *find_in_line(uint64_t tag)
{
	for (size_t at = line.head; at < line.tail;) {
		struct bh_record *record = line_at(at);

		if (record->channel != TAKEN && !bh_is_request(record) &&
		    record->tag == tag)
			return record;
		at += BH_RECORD_STRIDE(record->size);
	}
	return NULL;
}

int bh_exchange(enum bh_wait wait, uint64_t tag, uint64_t deadline)
{
	keep_unread();
	if ((wait == BH_WAIT_ANY && line.head < line.tail) ||
	    (wait == BH_WAIT_TAG && find_in_line(tag))) {
		wait = BH_WAIT_NONE;
		tag = 0;
	}
	return bh_exchange_raw(wait, tag, deadline);
}

uint64_t bh_now(void)
{
	return completion->monotonic;
}

uint64_t bh_now_realtime(void)
{
	return completion->realtime;
}

uint64_t bh_exchange_count(void)
{
	return submission->exchange;
}

/* ----------------------------------------------------------------- request */

/* Takes the reply out of the newest batch; keeps what stood before it. */
static const struct bh_record *take_reply(uint64_t tag)
{
	const struct bh_record *record;

	while ((record = take_from_batch())) {
		if (!bh_is_request(record) && record->tag == tag)
			return record;
		put_in_line(record);
	}
	return NULL;
}

const struct bh_record *bh_wait(uint64_t tag, uint64_t deadline)
{
	struct bh_record *kept;

	keep_unread();
	kept = find_in_line(tag);
	if (kept) {
		kept->channel = TAKEN;
		return kept;
	}
	for (;;) {
		const struct bh_record *reply;
		int status = bh_exchange_raw(BH_WAIT_TAG, tag, deadline);

		/* It may stand behind more records than one batch holds, and
		 * another variant's deadline may have come before ours. */
		reply = take_reply(tag);
		if (reply || (status && bh_now() >= deadline))
			return reply;
	}
}

int bh_request_async(unsigned channel, unsigned type, const uint64_t *values,
                     const void *payload, size_t size, uint64_t *tag)
{
	*tag = BH_TAG_SDK | ++last_tag;
	return bh_submit(channel, type, *tag, values, payload, size);
}

const struct bh_record *bh_request(unsigned channel, unsigned type,
                                   const uint64_t *values, const void *payload,
                                   size_t size)
{
	uint64_t tag;
	int error = bh_request_async(channel, type, values, payload, size,
	                             &tag);

	if (error == -BH_ENOMEM) {
		bh_exchange(BH_WAIT_NONE, 0, BH_NEVER);
		error = bh_submit(channel, type, tag, values, payload, size);
	}
	return error ? NULL : bh_wait(tag, BH_NEVER);
}
