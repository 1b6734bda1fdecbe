/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_CELL_H
#define BH_EXO_CELL_H

/*
 * The cell: all domains of one exokernel, and how the cell ends.
 */

#include <stdbool.h>
#include <stdint.h>

#include "abi/cell.h"
#include "domain.h"

struct cell {
	struct bh_cell config;
	struct domain domains[BH_MAX_DOMAINS];
	bool report_pending; /* a raw report waits for the launcher */
	bool ended;          /* only queued console output is left to do */
	uint64_t ended_at;
	enum bh_cell_result result;
	uint32_t status;     /* of the first domain that is not a service */
};

/*
 * Checks the configuration and creates all domains.  Returns 0 or -errno, with
 * one line for the user in *problem.
 */
int cell_create(struct cell *cell, const char **problem);

/*
 * Carries all domains as far as they go, within a bound: a variant that posts
 * without end must not keep exo from everything else.  True if the bound was
 * reached; then it has to be called again soon.
 */
bool cell_step(struct cell *cell, uint64_t now);

/* The next time at which cell_step() has something to do. */
uint64_t cell_timer(const struct cell *cell);

/* Is there a variant that computes, so that a post may come any moment? */
bool cell_expects_posts(const struct cell *cell);

/* Has any of them posted? */
bool cell_has_posts(const struct cell *cell);

/* Tells all of them whether to ring their doorbells. */
void cell_set_polling(struct cell *cell, bool polling);

/* A domain has come to its end; the first bad end decides the cell's result. */
void cell_domain_ended(struct cell *cell, struct domain *domain,
                       enum bh_cell_result result, uint32_t status);

/* Remembers how the cell went; the first bad result counts. */
void cell_note_result(struct cell *cell, enum bh_cell_result result,
                      uint32_t status);

/* Ends all domains. */
void cell_end(struct cell *cell);

/* True when nothing is left to do. */
bool cell_is_finished(struct cell *cell, uint64_t now);

/* config.c: 0 if every number in the configuration is within its range. */
int config_check(const struct bh_cell *config, const char **problem);

/* launcher.c: messages to and from the launcher. */
void launcher_send(enum bh_message_type type, uint16_t domain, uint16_t variant,
                   uint64_t value, uint64_t detail, const char *text);

/* Acts on all that has arrived; false: the launcher is gone. */
bool launcher_receive(struct cell *cell, uint64_t now);

#endif
