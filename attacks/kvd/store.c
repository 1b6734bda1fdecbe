/* SPDX-License-Identifier: ISC */

/*
 * Keys and values, which are texts or numbers: GET key, SET key value, SETRANGE
 * key offset bytes, INCRBY key number, COPY from to, DEL key.
 *
 * Bugs: a copy has the same bytes, and DEL frees them for each (CWE-415);
 * SETRANGE takes a number for the address of a text (CWE-843).
 */

#include "kvd.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES 32

static struct entry {
	char key[KEY_MAX + 1]; /* "": free */
	bool is_number;
	union {
		uint8_t *bytes;
		uint64_t number;
	};
	size_t size;
} entries[ENTRIES];

/* Its entry; with CREATE, also a free one that takes the key.  NULL: none. */
static struct entry *find(const struct text *key, bool create)
{
	struct entry *free_one = NULL;

	if (!key->size || key->size > KEY_MAX ||
	    memchr(key->bytes, 0, key->size))
		return NULL;
	for (struct entry *e = entries; e < entries + ENTRIES; e++) {
		if (!e->key[0])
			free_one = e;
		else if (strlen(e->key) == key->size &&
		         !memcmp(e->key, key->bytes, key->size))
			return e;
	}
	if (!create || !free_one)
		return NULL;
	memset(free_one, 0, sizeof(*free_one));
	memcpy(free_one->key, key->bytes, key->size);
	return free_one;
}

static struct entry *find_or_reply(const struct text *key, bool create)
{
	struct entry *e = find(key, create);

	if (!e)
		reply_error(create ? "no room for this key" : "no such key");
	return e;
}

static void forget_value(struct entry *e)
{
	if (!e->is_number)
		free(e->bytes);
	e->is_number = false;
}

void store_get(const struct text *arguments)
{
	const struct entry *e = find_or_reply(&arguments[1], false);

	if (!e)
		return;
	if (e->is_number)
		reply_number((int64_t)e->number);
	else
		reply_bytes(e->bytes, e->size);
}

void store_set(const struct text *arguments)
{
	struct entry *e = find_or_reply(&arguments[1], true);
	size_t size = arguments[2].size;

	if (!e)
		return;
	forget_value(e);
	e->bytes = malloc(size ? size : 1);
	if (!e->bytes)
		abort();
	memcpy(e->bytes, arguments[2].bytes, size);
	e->size = size;
	watch_touch(e->key);
	reply_ok();
}

void store_set_range(const struct text *arguments)
{
	struct entry *e = find_or_reply(&arguments[1], false);
	size_t offset;

	if (!e)
		return;
	offset = text_number(&arguments[2]);
	if (offset > e->size || arguments[3].size > e->size - offset) {
		reply_error("out of range");
		return;
	}
	memcpy(e->bytes + offset, arguments[3].bytes, arguments[3].size);
	watch_touch(e->key);
	reply_ok();
}

/* A key that is not there yet counts from 0. */
void store_increment(const struct text *arguments)
{
	struct entry *e = find_or_reply(&arguments[1], true);

	if (!e)
		return;
	if (!e->is_number && e->bytes) {
		reply_error("not a number");
		return;
	}
	e->is_number = true;
	e->number += text_number(&arguments[2]);
	e->size = sizeof(e->number);
	watch_touch(e->key);
	reply_number((int64_t)e->number);
}

void store_copy(const struct text *arguments)
{
	const struct entry *from = find_or_reply(&arguments[1], false);
	struct entry *to = from ? find_or_reply(&arguments[2], true) : NULL;

	if (!to)
		return;
	to->is_number = from->is_number;
	to->number = from->number;
	to->size = from->size;
	reply_ok();
}

void store_delete(const struct text *arguments)
{
	struct entry *e = find_or_reply(&arguments[1], false);

	if (!e)
		return;
	forget_value(e);
	e->key[0] = 0;
	reply_ok();
}
