/* SPDX-License-Identifier: ISC */
#include "history.h"

#include <errno.h>
#include <stddef.h>

#include "memory.h"

int history_create(struct history *history, uint32_t submission_size,
                   uint32_t completion_size)
{
	uint8_t *memory = memory_reserve(
	        HISTORY_SLOTS * ((uint64_t)submission_size + completion_size));

	if (!memory)
		return -ENOMEM;
	for (uint32_t i = 0; i < HISTORY_SLOTS; i++) {
		struct history_slot *slot = &history->slots[i];

		slot->submission = (struct bh_submission *)(void *)memory;
		memory += submission_size;
		slot->completion = (struct bh_completion *)(void *)memory;
		memory += completion_size;
	}
	history_clear(history);
	return 0;
}

void history_clear(struct history *history)
{
	for (uint32_t i = 0; i < HISTORY_SLOTS; i++)
		history->slots[i].exchange = 0;
	history->current = 0;
	history->last_input = HISTORY_NONE;
}

void history_agree(struct history *history, uint64_t exchange,
                   uint64_t monotonic)
{
	struct history_slot *slot = history_current(history);

	slot->exchange = exchange;
	slot->monotonic = monotonic;
	slot->completed = false;
}

static uint32_t after(uint32_t index)
{
	return index + 1 == HISTORY_SLOTS ? 0 : index + 1;
}

void history_complete(struct history *history, bool input)
{
	history_current(history)->completed = true;
	if (input)
		history->last_input = history->current;
	history->current = after(history->current);
	if (history->current == history->last_input)
		history->current = after(history->current);
	history_current(history)->exchange = 0;
}

/* Of the used slots, the one with the smallest number above FLOOR. */
static struct history_slot *find_after(struct history *history, uint64_t floor)
{
	struct history_slot *found = NULL;

	for (uint32_t i = 0; i < HISTORY_SLOTS; i++) {
		struct history_slot *slot = &history->slots[i];

		if (slot->exchange > floor &&
		    (!found || slot->exchange < found->exchange))
			found = slot;
	}
	return found;
}

uint32_t history_list(struct history *history,
                      struct history_slot *list[BH_REPORT_PAST])
{
	struct history_slot *slot;
	uint64_t floor = 0;
	uint32_t count = 0;

	while ((slot = find_after(history, floor))) {
		if (count == BH_REPORT_PAST) {
			for (uint32_t i = 1; i < count; i++)
				list[i - 1] = list[i];
			count--;
		}
		list[count++] = slot;
		floor = slot->exchange;
	}
	return count;
}
