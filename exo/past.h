/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_PAST_H
#define BH_EXO_PAST_H

/*
 * All that a domain's variants have said and been told since they started, so
 * that a fresh one can be brought to where the others are (replace.c).  There
 * is a limit; beyond it, nothing is of use.
 */

#include <stdbool.h>
#include <stdint.h>

#include "abi/exchange.h"

struct past {
	uint8_t *bytes;
	uint64_t capacity; /* 0: nobody asks for it */
	uint64_t used;
	bool lost; /* there was more than that */
};

/* One exchange of it, as it lies in memory. */
struct past_exchange {
	struct bh_submission *submission;
	const struct bh_completion *completion;
	uint64_t next; /* where the one after it is */
};

/* Returns 0 or -ENOMEM. */
int past_create(struct past *past, uint64_t capacity);

void past_clear(struct past *past);

void past_append(struct past *past, const struct bh_submission *submission,
                 const struct bh_completion *completion);

/* What is at OFFSET, which is below past->used. */
struct past_exchange past_at(const struct past *past, uint64_t offset);

#endif
