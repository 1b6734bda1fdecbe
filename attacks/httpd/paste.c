/* SPDX-License-Identifier: ISC */

/*
 * /paste?name: PUT leaves a text, which is found by who knows the name; GET,
 * DELETE.
 *
 * Bugs: what was found last is remembered for the requests that have come
 * together with this one, also if one of these deletes it (CWE-416); a text
 * that shall be replaced by one that is too long is freed before that is
 * noticed, and again later (CWE-415).
 */

#include "httpd.h"

#include <stdlib.h>
#include <string.h>

#define PASTES   16
#define ROOM_MAX 2048u

static struct paste *pastes[PASTES], *recent;

static void show_bytes(const struct paste *paste)
{
	respond(200, "", paste->bytes, paste->size);
}

/* Where it is kept; of NULL, a free place.  NULL: nowhere. */
static struct paste **place_of(const struct paste *paste)
{
	for (int i = 0; i < PASTES; i++)
		if (pastes[i] == paste)
			return &pastes[i];
	return NULL;
}

static struct paste *find(const char *name)
{
	if (recent && !strcmp(recent->name, name))
		return recent;
	for (int i = 0; i < PASTES; i++)
		if (pastes[i] && !strcmp(pastes[i]->name, name))
			return recent = pastes[i];
	return NULL;
}

static void *allocate(size_t size)
{
	void *bytes = malloc(size);

	if (!bytes)
		abort();
	return bytes;
}

static struct paste *create(const char *name, size_t room)
{
	struct paste **place = place_of(NULL), *paste;
	uint8_t *bytes;

	if (!place || !name[0] || strlen(name) >= sizeof(paste->name) ||
	    room > ROOM_MAX)
		return NULL;
	bytes = allocate(room);
	paste = allocate(sizeof(*paste));
	*paste = (struct paste){
	        .show = show_bytes, .bytes = bytes, .room = room};
	memcpy(paste->name, name, strlen(name));
	return *place = paste;
}

struct paste *paste_open(const char *name, size_t room)
{
	struct paste *paste = find(name);

	if (!paste)
		return create(name, room);
	if (room <= paste->room)
		return paste;
	if (upload_is_under_way(paste))
		return NULL;
	free(paste->bytes);
	if (room > ROOM_MAX)
		return NULL;
	paste->bytes = allocate(room);
	paste->room = room;
	return paste;
}

static void discard(struct paste *paste)
{
	if (upload_is_under_way(paste)) {
		respond_text(409, "it is being written\n");
		return;
	}
	*place_of(paste) = NULL;
	free(paste->bytes);
	free(paste);
	respond_text(200, "deleted\n");
}

void paste_batch_ends(void)
{
	recent = NULL;
}

void paste_page(void)
{
	const char *method = current->request.method;
	struct paste *paste;

	if (!strcmp(method, "PUT")) {
		body_begin();
		return;
	}
	paste = find(current->request.query);
	if (!paste)
		respond_text(404, "no such paste\n");
	else if (!strcmp(method, "DELETE"))
		discard(paste);
	else
		paste->show(paste);
}
