/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_HISTORY_H
#define BH_EXO_HISTORY_H

/*
 * The last exchanges of a domain, kept for the report.  The private copies
 * that exo works on are the history: a new exchange takes the oldest slot, so
 * remembering costs nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "abi/exchange.h"
#include "abi/report.h"

/* Those of the report, the one in progress, and one with the last input. */
#define HISTORY_SLOTS (BH_REPORT_PAST + 2u)
#define HISTORY_NONE HISTORY_SLOTS

struct history_slot {
	uint64_t exchange;  /* 0: empty */
	uint64_t monotonic; /* when it was agreed */
	bool completed;
	struct bh_submission *submission; /* header and batch */
	struct bh_completion *completion;
};

struct history {
	struct history_slot slots[HISTORY_SLOTS];
	uint32_t current;    /* the slot of the exchange in progress */
	uint32_t last_input; /* slot whose completion carried input, or NONE */
};

/* Returns 0 or -ENOMEM. */
int history_create(struct history *history, uint32_t submission_size,
                   uint32_t completion_size);

void history_clear(struct history *history);

static inline struct history_slot *history_current(struct history *history)
{
	return &history->slots[history->current];
}

/* The current exchange is agreed. */
void history_agree(struct history *history, uint64_t exchange,
                   uint64_t monotonic);

/*
 * The current exchange is completed, with input from outside or not: the next
 * slot, which must not be that of the last input, becomes the current one.
 */
void history_complete(struct history *history, bool input);

/*
 * Lists the agreed exchanges, oldest first, at most BH_REPORT_PAST.  Returns
 * their number.
 */
uint32_t history_list(struct history *history,
                      struct history_slot *list[BH_REPORT_PAST]);

#endif
