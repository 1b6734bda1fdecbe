/* SPDX-License-Identifier: ISC */

/*
 * Notes: NEW id size title, SET id text, GET id offset count, DROP id, PIN id,
 * SHOW: the pinned one.
 *
 * Bugs: SET writes more than the size that the note was made with (CWE-122);
 * GET reads more (CWE-126), and what was never written (CWE-908); a note that
 * is dropped stays pinned (CWE-416).
 */

#include "tlvd.h"

#include <stdlib.h>
#include <string.h>

#define NOTES 32

struct note {
	char title[24];
	void (*show)(const struct note *note);
	uint8_t *text;
	uint64_t size;
};

static struct note *notes[NOTES], *pinned;

static void show_text(const struct note *note)
{
	reply(TLV_NOTE_SHOW, note->text, note->size);
}

static struct note *find(const uint8_t *value, size_t length, size_t least)
{
	if (length >= least && value[0] < NOTES && notes[value[0]])
		return notes[value[0]];
	reply_error("no such note");
	return NULL;
}

void note_new(const uint8_t *value, size_t length)
{
	struct note *note;

	if (length < 3 || value[0] >= NOTES || notes[value[0]] ||
	    length - 3 >= sizeof(note->title)) {
		reply_error("bad note");
		return;
	}
	note = malloc(sizeof(*note));
	if (!note)
		return;
	note->size = get_u16(value + 1);
	note->text = malloc(note->size);
	note->show = show_text;
	memset(note->title, 0, sizeof(note->title));
	memcpy(note->title, value + 3, length - 3);
	notes[value[0]] = note;
	reply(TLV_NOTE_NEW, "ok", 2);
}

void note_set(const uint8_t *value, size_t length)
{
	struct note *note = find(value, length, 1);

	if (!note)
		return;
	memcpy(note->text, value + 1, length - 1);
	reply(TLV_NOTE_SET, "ok", 2);
}

void note_get(const uint8_t *value, size_t length)
{
	struct note *note = find(value, length, 5);

	if (note)
		reply(TLV_NOTE_GET, note->text + get_u16(value + 1),
		      get_u16(value + 3));
}

void note_drop(const uint8_t *value, size_t length)
{
	struct note *note = find(value, length, 1);
	uint8_t *text;

	if (!note)
		return;
	text = note->text;
	notes[value[0]] = NULL;
	free(note);
	free(text);
	reply(TLV_NOTE_DROP, "ok", 2);
}

void note_pin(const uint8_t *value, size_t length)
{
	struct note *note = find(value, length, 1);

	if (!note)
		return;
	pinned = note;
	reply(TLV_NOTE_PIN, "ok", 2);
}

void note_show(const uint8_t *value, size_t length)
{
	(void)value;
	(void)length;
	if (pinned)
		pinned->show(pinned);
	else
		reply_error("none pinned");
}
