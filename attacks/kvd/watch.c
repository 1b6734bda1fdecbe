/* SPDX-License-Identifier: ISC */

/*
 * WATCH key: counts changes from now on.  CHANGES key: how many there were.
 *
 * No bug of its own: a watch is what a value that was freed twice reaches.
 */

#include "kvd.h"

#include <stdlib.h>
#include <string.h>

#define WATCHES 8

struct watch {
	char key[KEY_MAX + 1];
	void (*changed)(struct watch *watch);
	uint64_t changes;
};

static struct watch *watches[WATCHES];

static void count_change(struct watch *watch)
{
	watch->changes++;
}

void watch_add(const struct text *arguments)
{
	const struct text *key = &arguments[1];
	size_t i = 0;

	while (i < WATCHES && watches[i])
		i++;
	if (i == WATCHES || key->size > KEY_MAX ||
	    !(watches[i] = malloc(sizeof(*watches[i])))) {
		reply_error("no room for a watch");
		return;
	}
	*watches[i] = (struct watch){.changed = count_change};
	memcpy(watches[i]->key, key->bytes, key->size);
	reply_ok();
}

void watch_changes(const struct text *arguments)
{
	const struct text *key = &arguments[1];

	for (size_t i = 0; i < WATCHES && watches[i]; i++)
		if (strlen(watches[i]->key) == key->size &&
		    !memcmp(watches[i]->key, key->bytes, key->size)) {
			reply_number((int64_t)watches[i]->changes);
			return;
		}
	reply_error("nobody watches it");
}

void watch_touch(const char *key)
{
	for (size_t i = 0; i < WATCHES && watches[i]; i++)
		if (!strcmp(watches[i]->key, key))
			watches[i]->changed(watches[i]);
}
