/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_UNIT_FAKE_CELL_H
#define BH_TESTS_UNIT_FAKE_CELL_H

/*
 * A cell inside the test's own process: the real domains of exo on real areas,
 * with a test in the place of the cores and of the launcher.
 *
 * Link with @exo (tests.mk): all of exo but
 * main, loop, launcher, seccomp and memory; the last three stand here.
 */

#include <stdbool.h>
#include <stdint.h>

#include "abi/cell.h"
#include "exo/cell.h"

/* Channels that every fake domain has; channels to others follow. */
enum {
	FAKE_CONTROL,
	FAKE_CONSOLE,
	FAKE_CLOCK,
	FAKE_ENTROPY,
	FAKE_RECOVERY,
	FAKE_SERVICE,
};

#define FAKE_BUFFER 4096u
#define FAKE_SECOND UINT64_C(1000000000)

/* Starts a description; then domains and connections, then fake_create(). */
void fake_begin(struct cell *cell);
uint16_t fake_domain(struct cell *cell, uint32_t variants, uint32_t flags);
/* Joins two domains; both get one more channel. */
void fake_connect(struct cell *cell, uint16_t client, uint16_t server,
                  uint32_t credit);
/* 0 or what cell_create() says. */
int fake_create(struct cell *cell);
/* Frees everything, so that the next one may begin. */
void fake_destroy(struct cell *cell);

/* What a core does: fills the variant's buffer, then posts. */
struct bh_submission *fake_submission(struct cell *cell, uint16_t domain,
                                      uint32_t variant);
const struct bh_completion *fake_completion(const struct cell *cell,
                                            uint16_t domain, uint32_t variant);
void fake_post(struct cell *cell, uint16_t domain, uint32_t variant,
               enum bh_post kind);
/* Has exo answered the variant's last post? */
bool fake_is_answered(const struct cell *cell, uint16_t domain,
                      uint32_t variant);

/* An empty submission for the domain's next exchange, in private memory. */
union fake_batch {
	struct bh_submission header;
	uint8_t bytes[1 << 17];
};
void fake_batch(union fake_batch *batch, const struct cell *cell,
                uint16_t domain);
/* Appends a record; PAYLOAD may be NULL if SIZE is 0. */
struct bh_record *fake_add(union fake_batch *batch, uint16_t channel,
                           uint16_t type, uint64_t tag, const void *payload,
                           uint32_t size);
/* Submits it for one variant, or for all of them and lets exo act. */
void fake_submit(struct cell *cell, uint16_t domain, uint32_t variant,
                 const union fake_batch *batch);
void fake_exchange(struct cell *cell, uint16_t domain,
                   const union fake_batch *batch);
/* All variants of all domains post READY, and exo starts them. */
void fake_start(struct cell *cell);

/* The record of the completion with this index, or NULL. */
const struct bh_record *fake_record(const struct cell *cell, uint16_t domain,
                                    uint32_t index);

/* The launcher's side: what exo has said since the last fake_forget(). */
extern struct bh_message fake_messages[1024];
extern uint32_t fake_message_count;
uint32_t fake_count(enum bh_message_type type);
const struct bh_message *fake_find(enum bh_message_type type);
void fake_forget(void);
/* The last raw report; valid until the next. */
const struct bh_report *fake_report(void);
/* What the launcher does with BH_MESSAGE_KILL and SPAWN. */
void fake_kill(struct cell *cell, uint16_t domain, uint32_t variant);

/* The time that fake_step() and others use; tests move it on. */
extern uint64_t fake_now;
void fake_step(struct cell *cell);

#endif
