/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_HOSTILE_HOSTILE_H
#define BH_TESTS_HOSTILE_HOSTILE_H

/*
 * A cell of honest and hostile domains around the real exokernel process.
 *
 *   domain 0     an honest client of two variants; checks every byte it gets
 *   domain 1     an honest server of two variants; likewise
 *   the others   hostile: clients of 1, some of them servers of 0
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi/cell.h"
#include "abi/exchange.h"
#include "abi/record.h"
#include "lib/random.h"

#define CLIENT 0u
#define SERVER 1u
#define FIRST_HOSTILE 2u
#define BUFFER 8192u
#define AREA_SIZE (BH_AREA_SUBMISSION + 2 * BUFFER)

/* Bytes that only domains 0 and 1 may ever hold. */
#define SECRET "the-neighbour's-secret!!"

/* What a variant has of the world. */
struct seat {
	struct bh_control *control;
	uint8_t *submission, *completion;
	int doorbell;
};

/* core_hostile.c: does nasty things; returns when it has had enough. */
void hostile_run(const struct seat *seat, struct bh_random *random,
                 uint32_t channels);

/* honest.c: threads.  They set *failed to a line of text and end if anything
 * is not as it must be. */
struct honest {
	struct seat seats[2];
	uint64_t seed;
	uint32_t exchanges; /* the client's work */
	uint32_t servers;   /* channels of the client to hostile servers */
	volatile bool stop;
	const char *volatile failed;
	volatile uint64_t done;
};
void *honest_client(void *honest);
void *honest_server(void *honest);

/* Posts, and waits until exo has answered; false: not within LIMIT_MS. */
void seat_post(const struct seat *seat, enum bh_post kind);
bool seat_wait(const struct seat *seat, unsigned limit_ms);

#endif
