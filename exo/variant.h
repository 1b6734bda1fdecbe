/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_VARIANT_H
#define BH_EXO_VARIANT_H

/*
 * One variant as exo sees it: an exchange area that a hostile process writes
 * to at any moment, and what has been read from it once.
 */

#include <stdbool.h>
#include <stdint.h>

#include "abi/cell.h"
#include "abi/exchange.h"

/* What is to come in the place of one that has been dropped (replace.c). */
enum variant_fresh {
	FRESH_NONE,
	FRESH_WANTED,   /* when the old process has died */
	FRESH_STARTING, /* it loads its image */
	FRESH_RELIVING, /* it is shown the past */
};

struct variant {
	struct bh_control *control; /* shared */
	uint8_t *submission;        /* shared; never read twice */
	uint8_t *completion;        /* shared; never read */
	int wake_fd;         /* devices: rung with each answer; else -1 */
	uint32_t answered;   /* our copy of control->exo.completed */
	uint32_t requests;   /* our copy of control->exo.requests */
	uint32_t posted;     /* the post being considered */
	enum bh_post post;   /* NONE: it computes */
	bool dead;           /* its process is gone */
	bool dropped;        /* out of the set (responses `report`, `vote`) */
	enum variant_fresh fresh;
	uint32_t attempts;   /* to put another in its place, which failed */
	uint64_t relived;    /* offset in the domain's past, */
	uint64_t relived_count; /* exchanges of it, */
	uint64_t moved_at;   /* when it came there, and when it was started */
	uint64_t started_at;
	uint32_t wait_status; /* of a dead process */
	uint64_t step_ns;    /* from the last completion to its post */
};

/*
 * Maps the area.  Refuses a descriptor that could shrink later, which would
 * turn exo's next read into SIGBUS.  Returns 0 or -errno.
 */
int variant_create(struct variant *variant, const struct bh_cell_variant *from,
                   uint32_t submission_size, uint32_t completion_size);

/* Before a new process uses the area: nothing of the old one is left. */
void variant_reset(struct variant *variant, uint32_t submission_size,
                   uint32_t completion_size);

/*
 * Looks for a post that has not been answered.  Returns true if there is a
 * new one; it is then in variant->post, whatever the area says later.
 */
bool variant_poll(struct variant *variant);

/* Would variant_poll() find a post? */
bool variant_has_post(const struct variant *variant);

/* Tells the core that exo looks for its posts and need not be rung for. */
void variant_set_polling(struct variant *variant, bool polling);

/* Writes a completion to its area, before the answer that is RUN. */
void variant_complete(struct variant *variant,
                      const struct bh_completion *completion);

/* Answers the post and wakes the core. */
void variant_answer(struct variant *variant, enum bh_command command);

/* Tells a device that has posted nothing: there is a request for it. */
void variant_request(struct variant *variant);

/* Does it take part (neither dead nor dropped)? */
static inline bool variant_is_live(const struct variant *variant)
{
	return !variant->dead && !variant->dropped;
}

#endif
