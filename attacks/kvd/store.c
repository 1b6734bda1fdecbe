/* SPDX-License-Identifier: ISC */

/*
 * Keys and values: GET key, SET key value, SETRANGE key offset bytes, COPY from
 * to, DEL key.
 *
 * Bug: a copy has the same bytes, and DEL frees them for each (CWE-415).
 */

#include "kvd.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES 32

static struct entry {
	char key[KEY_MAX + 1]; /* "": free */
	uint8_t *bytes;
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

void store_get(const struct text *arguments)
{
	const struct entry *e = find_or_reply(&arguments[1], false);

	if (e)
		reply_bytes(e->bytes, e->size);
}

void store_set(const struct text *arguments)
{
	struct entry *e = find_or_reply(&arguments[1], true);
	size_t size = arguments[2].size;

	if (!e)
		return;
	free(e->bytes);
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

void store_copy(const struct text *arguments)
{
	const struct entry *from = find_or_reply(&arguments[1], false);
	struct entry *to = from ? find_or_reply(&arguments[2], true) : NULL;

	if (!to)
		return;
	to->bytes = from->bytes;
	to->size = from->size;
	reply_ok();
}

void store_delete(const struct text *arguments)
{
	struct entry *e = find_or_reply(&arguments[1], false);

	if (!e)
		return;
	free(e->bytes);
	e->key[0] = 0;
	reply_ok();
}
