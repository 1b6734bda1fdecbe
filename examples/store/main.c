/* SPDX-License-Identifier: ISC */

/*
 * A counter store that survives the death of all its variants.
 *
 * Its log in recovery memory is a sequence of entries, each an array of struct
 * store_counter: "these counters have these values now".  An increment appends
 * one counter; when the log is full, one entry with all counters replaces it.
 * Reading is applying the entries in order, whichever kind they are.
 *
 * The entry and the reply leave in one exchange, so exo either has both or
 * neither: a request that is delivered again was never counted.
 */

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <bh.h>

#include "examples/store/store.h"

static struct store_counter counters[STORE_COUNTERS_MAX];
static size_t count;

static struct store_counter *find(const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!memcmp(counters[i].name, name, sizeof(counters[i].name)))
			return &counters[i];
	}
	return NULL;
}

static void apply(const struct store_counter *entry)
{
	struct store_counter *counter = find(entry->name);

	if (!counter) {
		assert(count < STORE_COUNTERS_MAX);
		counter = &counters[count++];
	}
	*counter = *entry;
}

/* Copies the name in a request's payload; false if it is none. */
static bool take_name(const struct bh_record *request, char *name)
{
	size_t size = bh_payload_size(request);

	if (!size || size > STORE_NAME_MAX ||
	    memchr(bh_payload(request), 0, size))
		return false;
	memset(name, 0, STORE_NAME_MAX + 1);
	memcpy(name, bh_payload(request), size);
	return true;
}

/* Queues what must survive: the counter, or all of them if the log is full. */
static int keep(const struct store_counter *counter)
{
	int error = bh_recovery_append(counter, sizeof(*counter));

	if (error != -BH_ENOSPC)
		return error;
	return bh_recovery_replace(counters, count * sizeof(counters[0]));
}

static int increment(const struct bh_record *request)
{
	struct store_counter next = {.value = request->value[0]};
	struct store_counter *old;

	if (!take_name(request, next.name))
		return bh_reply(request, -BH_EINVAL, NULL, NULL, 0);
	old = find(next.name);
	if (!old && count == STORE_COUNTERS_MAX)
		return bh_reply(request, -BH_ENOSPC, NULL, NULL, 0);
	if (old && __builtin_add_overflow(old->value, next.value, &next.value))
		return bh_reply(request, -BH_EINVAL, NULL, NULL, 0);
	apply(&next);
	/* What is in memory only must not be seen: give up, start again. */
	if (keep(&next) < 0)
		bh_abort(BH_ABORT_CALLED, "recovery memory is too small");
	return bh_reply(request, 0, BH_VALUES(next.value), NULL, 0);
}

static int get(const struct bh_record *request)
{
	char name[STORE_NAME_MAX + 1];
	const struct store_counter *counter;

	if (!take_name(request, name))
		return bh_reply(request, -BH_EINVAL, NULL, NULL, 0);
	counter = find(name);
	if (!counter)
		return bh_reply(request, -BH_ENOENT, NULL, NULL, 0);
	return bh_reply(request, 0, BH_VALUES(counter->value), NULL, 0);
}

static int list(const struct bh_record *request)
{
	uint64_t first = request->value[0];
	size_t some;

	if (first > count)
		first = count;
	some = count - first;
	if (some > STORE_LIST_MAX)
		some = STORE_LIST_MAX;
	return bh_reply(request, 0, BH_VALUES(count), counters + first,
	                some * sizeof(counters[0]));
}

static int handle(void *context, const struct bh_record *request)
{
	(void)context;
	switch (request->type) {
	case STORE_INCREMENT:
		return increment(request);
	case STORE_GET:
		return get(request);
	case STORE_LIST:
		return list(request);
	default:
		return bh_reply(request, -BH_ENOENT, NULL, NULL, 0);
	}
}

/* Rebuilds the counters.  Returns the number of entries or an error. */
static int64_t recover(void)
{
	static struct store_counter entry[STORE_COUNTERS_MAX];
	int64_t entries = bh_recovery_open();

	for (int64_t i = 0; i < entries; i++) {
		int64_t size = bh_recovery_read((uint64_t)i, entry,
		                                sizeof(entry));

		if (size < 0)
			return size;
		if (size % (int64_t)sizeof(entry[0]))
			return -BH_EIO;
		for (size_t j = 0; j < (size_t)size / sizeof(entry[0]); j++)
			apply(&entry[j]);
	}
	return entries;
}

int main(void)
{
	const struct bh_service service = {
	        .request = handle,
	        /* A request may compact the log or list counters. */
	        .reserve = 2 * sizeof(struct bh_record) + sizeof(counters),
	};
	int64_t entries = recover();

	if (entries < 0) {
		fprintf(stderr, "store: cannot read recovery memory (%d)\n",
		        (int)-entries);
		return 1;
	}
	return -bh_serve(&service);
}
