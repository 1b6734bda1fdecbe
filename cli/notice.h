/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_NOTICE_H
#define BH_CLI_NOTICE_H

#include "abi/cell.h"
#include "plan.h"

/*
 * What happens in a cell that goes on, told on the standard error by one line
 * each: a sentence, or a JSON object with the member `event` if PLAN says so
 * (bh-run(1) lists them).  DOMAIN is a number of PLAN's, VARIANT one of its
 * variants.
 */

/* A device or a set was started again, for the COUNTth time.  STATUS is that of
 * waitpid(), of how a device ended. */
void notice_restarted(const struct plan *plan, unsigned domain, int status,
                      uint64_t count, uint64_t redelivered);
/* It had too many verdicts within so many ns. */
void notice_given_up(const struct plan *plan, unsigned domain,
                     uint64_t verdicts, uint64_t ns);
/* REMAINING variants outvoted one, which has gone. */
void notice_dropped(const struct plan *plan, unsigned domain, unsigned variant,
                    uint64_t remaining);
/* A fresh one has taken its place, after so many exchanges in so many ns; none
 * has, for a reason that tells more of the exchange it failed in. */
void notice_replaced(const struct plan *plan, unsigned domain, unsigned variant,
                     uint64_t exchanges, uint64_t ns);
void notice_not_replaced(const struct plan *plan, unsigned domain,
                         unsigned variant, uint64_t reason, uint64_t exchange);
/* A domain other than the terminal's has ended by itself. */
void notice_ended(const struct plan *plan, unsigned domain,
                  unsigned exit_status);
/* What users should know of how their cell runs here. */
void notice_note(const struct plan *plan, const char *text);
/* From now on nothing is written to plan->trace; an errno. */
void notice_trace_lost(const struct plan *plan, int error);

#endif
