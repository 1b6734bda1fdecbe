/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_DOMAIN_H
#define BH_EXO_DOMAIN_H

/*
 * A domain: a set of variants in lockstep with one identity.
 *
 *  STARTING    the cores load the image
 *      |  all READY
 *  COMPUTING   variants run; some have posted, some not     <--+
 *      |  all have posted the same (monitor.c)                 |
 *  BLOCKED     the console has no room for what was agreed     |
 *      |  acted upon (protocol.c)                              |
 *  WAITING     what the exchange waits for is not there yet    |
 *      |  completed (deliver.c) -------------------------------+
 *
 *  DESCRIBING  a verdict fell; the variants say where they stand (report.c)
 *  RESTARTING  killed; waits for the last process to die
 *  ENDED       exited, or stopped by a verdict
 */

#include <stdbool.h>
#include <stdint.h>

#include "abi/cell.h"
#include "abi/report.h"
#include "console.h"
#include "history.h"
#include "inbox.h"
#include "past.h"
#include "recovery.h"
#include "service.h"
#include "variant.h"

enum domain_phase {
	DOMAIN_STARTING,
	DOMAIN_COMPUTING,
	DOMAIN_BLOCKED,
	DOMAIN_WAITING,
	DOMAIN_DESCRIBING,
	DOMAIN_RESTARTING,
	DOMAIN_ENDED,
};

struct cell;

/* One entry of a domain's channel table. */
struct channel {
	uint16_t protocol;        /* enum bh_protocol */
	uint16_t role;            /* enum bh_role */
	uint32_t credit;
	uint32_t unanswered;      /* client end: requests whose reply has not
	                             been delivered */
	struct domain *peer;      /* client end of a channel between domains */
	uint16_t peer_channel;
};

/* What the monitor found. */
struct judgement {
	enum bh_verdict verdict;
	enum bh_reason reason;
	uint32_t detail;           /* enum bh_malformed or enum bh_abort */
	uint64_t malformed_offset;
};

struct domain {
	struct cell *cell;
	const struct bh_cell_domain *config;
	uint16_t number;
	enum domain_phase phase;
	struct variant variants[BH_MAX_VARIANTS];
	struct channel channels[BH_MAX_CHANNELS];
	struct history history;
	struct past past;      /* of this life; nothing if none is replaced */
	struct inbox inbox;
	struct console console;
	struct recovery recovery;
	struct service service;

	uint64_t exchange;     /* number that the next submission must have */
	uint64_t completed_at; /* when the variants were last set running */
	uint64_t first_post;   /* when the first of them posted; BH_NEVER: none */
	uint64_t died_at;      /* when the first process died; BH_NEVER: none */
	bool input;            /* the inbox has held input from outside */
	uint64_t own_replies;  /* bytes in the inbox that are exo's own replies;
	                          the rest is other domains' and has room of its
	                          own, which their credit bounds */

	struct judgement judgement;
	uint64_t judged_at;
	uint64_t interrupted_at; /* when those that compute were last asked
	                            where they stand */
	enum domain_phase judged_in; /* the phase in which the verdict fell */
	uint8_t *evidence;     /* a private copy of every variant's submission */
	struct bh_report_variant report[BH_MAX_VARIANTS];

	uint32_t signals;      /* bit N: signal N waits to be delivered */

	uint64_t started_at;   /* when the processes were last asked for */
	uint64_t restart_at;   /* RESTARTING: not before then */
	uint32_t short_lives;  /* of a device, one after the other */
	uint32_t restarts;
	/* Responses: when verdicts fell, what followed from the last one. */
	uint64_t verdicts[BH_RESTART_LIMIT_MAX];
	uint32_t verdict_count;
	uint32_t setbacks;     /* verdicts, one soon after the other */
	enum bh_consequence consequence;
	uint64_t delay;        /* RESTARTS: until then */
	uint32_t fruitless;    /* restarts since an exchange was last agreed, */
	uint64_t fruitless_since; /* and when the first of them was */
	uint32_t redelivered;
};

/* Returns 0 or -errno.  The configuration has been checked (cell.c). */
int domain_create(struct domain *domain, struct cell *cell, uint16_t number);

/* Carries the state machine as far as it goes.  True if anything changed. */
bool domain_step(struct domain *domain, uint64_t now);

/* When domain_step() has to be called even if nothing happens. */
uint64_t domain_timer(const struct domain *domain);

/* Does a variant of it compute, so that a post may come any moment? */
bool domain_expects_posts(const struct domain *domain);

/* The launcher says that a variant's process is gone. */
void domain_variant_died(struct domain *domain, uint32_t variant,
                         uint32_t wait_status, uint64_t now);

/* The launcher passes a signal on; each is pending at most once. */
void domain_signal(struct domain *domain, uint64_t number);

/* A request has been queued: a device that waits without a post is told. */
void domain_ring(struct domain *domain);

/* Asks for the end of all processes: nobody answers their posts any more. */
void domain_kill_variants(struct domain *domain);

/* Checks what has been agreed, and acts on it as soon as it can be. */
bool domain_act_on_agreed(struct domain *domain, uint64_t now);

/* Ends the domain, since it could not be started; WHY is for the user. */
void domain_fail_start(struct domain *domain, const char *why);

/* Ends the domain: no variant runs any more, nobody waits for it. */
void domain_end(struct domain *domain);

/* Room in the inbox for exo's own replies. */
static inline uint64_t domain_reply_room(const struct domain *domain)
{
	return 4 * (uint64_t)domain->config->completion_size -
	       domain->own_replies;
}

/* A variant's number, as in the configuration. */
static inline uint16_t domain_index(const struct domain *domain,
                                    const struct variant *variant)
{
	return (uint16_t)(variant - domain->variants);
}

/* Walks the variants that take part. */
#define DOMAIN_EACH_VARIANT(domain, variant)                                   \
	for (struct variant *variant = (domain)->variants;                     \
	     variant < (domain)->variants + (domain)->config->variant_count;   \
	     variant++)                                                        \
		if (!variant->dropped)

/* monitor.c: compares what the variants posted.  On agreement the copy is in
 * the current slot of the history. */
struct judgement monitor_judge(struct domain *domain);

/*
 * How a variant's submission differs from a private copy; with POSSIBLE, which
 * says that the copy's length has been checked, its batch too.  Of the two
 * deadlines, the earlier becomes the copy's.
 */
enum bh_reason monitor_compare(struct bh_submission *copy,
                               const struct variant *variant, bool possible);

/* The same question when processes have died: who has by now? */
struct judgement monitor_judge_lost(struct domain *domain);

/* protocol.c: validates every record of the agreed batch against the protocol
 * of its channel; then acts on all of them, which cannot fail. */
struct judgement protocol_check(struct domain *domain);
void protocol_act(struct domain *domain);

/* deliver.c: is what the agreed exchange waits for there?  Then completes it. */
bool deliver_is_due(struct domain *domain, uint64_t now);
void deliver_complete(struct domain *domain, uint64_t now);

/* report.c: collects evidence when a verdict falls; compares it and writes the
 * raw report when the variants have described themselves. */
void report_collect(struct domain *domain);
void report_compare(struct domain *domain);
void report_write(struct domain *domain, uint64_t now);
/* Makes what one variant had submitted the agreed submission. */
void report_restore(struct domain *domain, uint32_t variant);

/* response.c: what follows from the verdict, and its execution.  In between the
 * report is written. */
void response_decide(struct domain *domain, uint64_t now);
void response_act(struct domain *domain, uint64_t now);
bool response_restarts(const struct domain *domain);
bool response_goes_on(const struct domain *domain);

/* replace.c: puts a fresh variant in the place of one that has been dropped,
 * if the configuration asks for it. */
void replace_begin(struct domain *domain, struct variant *variant);
bool replace_step(struct domain *domain, uint64_t now);
bool replace_expects_posts(const struct domain *domain);
uint64_t replace_timer(const struct domain *domain);

/* restart.c: is the domain to be started again after this death? */
bool restart_is_due(const struct domain *domain, uint32_t wait_status);
/* All variants are killed, and started again after DELAY. */
void restart_begin(struct domain *domain, uint64_t now, uint64_t delay);
bool restart_step(struct domain *domain, uint64_t now);
uint64_t restart_timer(const struct domain *domain);

#endif
