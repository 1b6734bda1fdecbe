/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_CHANNEL_H
#define BH_LINUX_CHANNEL_H

/*
 * The boundary: what is submitted leaves with the next exchange, which the
 * scheduler makes when no task can run, or when the batch is full.  Completions
 * are handed to whoever submitted the request.
 */

#include "abi/boot.h"
#include "abi/record.h"
#include "guest/linux/kernel.h"

extern const struct bh_boot_info *boot;

/* The number of the channel with this name, or -ENOENT. */
int channel_find(const char *name);
/* The next channel with this protocol after AFTER (-1: the first), or -ENOENT. */
int channel_next(enum bh_protocol protocol, int after);
const struct bh_channel_info *channel_info(unsigned channel);

/*
 * A request that waits for its reply.  It stays with its owner; `completed` is
 * called once, from the scheduler's loop, with the reply, whose bytes are gone
 * when it returns.
 */
struct request {
	struct list link;
	uint64_t tag;
	void (*completed)(struct request *request,
	                  const struct bh_record *reply);
};

/*
 * Appends a record whose payload lies in two pieces (either may be empty).  If
 * the batch is full it is exchanged first (other tasks do not run meanwhile).
 * -EMSGSIZE if it would not fit an empty batch.
 */
int channel_submit(struct request *request, unsigned channel, unsigned type,
                   const uint64_t values[4], const void *first,
                   size_t first_size, const void *second, size_t second_size);

/* The same, and the current task sleeps until the reply is there.  The payload
 * of the reply is copied to REPLY, at most ROOM bytes; the record's header to
 * *header.  Returns the reply's status or -errno. */
int channel_call(unsigned channel, unsigned type, const uint64_t values[4],
                 const void *first, size_t first_size, const void *second,
                 size_t second_size, struct bh_record *header, void *reply,
                 size_t room);

/*
 * Called before each exchange: modules that gather (net) put in what they have.
 */
void channel_before_exchange(void (*gather)(void));

/* Hands over and takes in whatever is there, without waiting. */
void channel_exchange_now(void);

/* The largest payload that one record may have. */
size_t channel_payload_max(void);

/* Exchanges so far: for busy loops that poll with a zero timeout. */
uint64_t channel_exchanges(void);

#endif
