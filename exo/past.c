/* SPDX-License-Identifier: ISC */
#include "past.h"

#include <errno.h>
#include <string.h>

#include "abi/record.h"
#include "memory.h"

static uint64_t size_of_submission(const struct bh_submission *submission)
{
	return BH_RECORD_STRIDE(sizeof(*submission) + submission->bytes);
}

static uint64_t size_of_completion(const struct bh_completion *completion)
{
	return BH_RECORD_STRIDE(sizeof(*completion) + completion->bytes);
}

int past_create(struct past *past, uint64_t capacity)
{
	*past = (struct past){.capacity = capacity};
	if (capacity)
		past->bytes = memory_reserve(capacity);
	return capacity && !past->bytes ? -ENOMEM : 0;
}

void past_clear(struct past *past)
{
	past->used = 0;
	past->lost = false;
}

void past_append(struct past *past, const struct bh_submission *submission,
                 const struct bh_completion *completion)
{
	uint64_t first = size_of_submission(submission);
	uint64_t size = first + size_of_completion(completion);
	uint8_t *to = past->bytes + past->used;

	past->lost |= past->capacity - past->used < size;
	if (past->lost)
		return;
	memcpy(to, submission, sizeof(*submission) + submission->bytes);
	memcpy(to + first, completion, sizeof(*completion) + completion->bytes);
	past->used += size;
}

struct past_exchange past_at(const struct past *past, uint64_t offset)
{
	struct past_exchange exchange;
	uint8_t *at = past->bytes + offset;

	exchange.submission = (struct bh_submission *)(void *)at;
	at += size_of_submission(exchange.submission);
	exchange.completion = (const struct bh_completion *)(void *)at;
	at += size_of_completion(exchange.completion);
	exchange.next = (uint64_t)(at - past->bytes);
	return exchange;
}
