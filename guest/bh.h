/* SPDX-License-Identifier: ISC */
#ifndef BH_GUEST_BH_H
#define BH_GUEST_BH_H

/*
 * The SDK for bare guests: what a C program calls beyond the C library.
 *
 * A guest is one thread that fills a batch with records and hands it over with
 * an exchange, which brings a batch of completions and the time (abi/record.h,
 * abi/exchange.h).  The functions below do this in three layers:
 *
 *      batch      bh_submit, bh_exchange, bh_next: full control
 *      request    bh_request, bh_request_async, bh_wait: one call, one reply
 *      channel    console, clock, entropy, recovery memory, services
 *
 * They can be mixed.  A layer never loses a record that belongs to another: a
 * completion that a blocking call did not wait for is kept for bh_next().
 *
 * Conventions.  Sizes are in bytes, times in nanoseconds.  A function that can
 * fail returns a negative bh_error (abi/base.h).  Nothing here may be called
 * from an upcall entry that has interrupted the SDK.  A completion that breaks
 * its contract ends the guest with BH_CONTROL_ABORT.
 *
 * What goes into a record must be the same in all variants of the domain: no
 * address, no padding, nothing derived from bh_boot()->secret or ->isa.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/boot.h"
#include "abi/exchange.h"
#include "abi/hypercall.h"
#include "abi/protocol/clock.h"
#include "abi/protocol/console.h"
#include "abi/protocol/control.h"
#include "abi/protocol/entropy.h"
#include "abi/protocol/recovery.h"
#include "abi/protocol/service.h"
#include "abi/record.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------ start and channels */

/* The boot information; readable for the whole life of the guest. */
const struct bh_boot_info *bh_boot(void);

/* The channel with this number, or NULL. */
const struct bh_channel_info *bh_channel(unsigned channel);

/* The number of the channel with this name, or -BH_ENOENT. */
int bh_find_channel(const char *name);

/*
 * Makes a hypercall (abi/hypercall.h).  BH_CALL_EXCHANGE is the SDK's own: a
 * guest that makes it itself must not use the layers below.
 */
int64_t bh_call(enum bh_call call, uint64_t a, uint64_t b, uint64_t c);

/* -------------------------------------------------------------------- batch */

/* Up to four scalar values of a record, the others zero. */
#define BH_VALUES(...) ((const uint64_t[4]){__VA_ARGS__})

/*
 * Tags are the guest's own up to this one.  Those above it belong to the
 * layers that make up tags themselves.
 */
#define BH_TAG_MAX ((UINT64_C(1) << 62) - 1)

/*
 * Appends a record to the batch; nothing leaves before the next exchange.
 * VALUES: four values, or NULL for zeros.  PAYLOAD: SIZE bytes, copied now;
 * NULL if SIZE is 0.  Padding is zeroed.
 * Returns 0; -BH_ENOMEM if the batch is full (exchange, then try again);
 * -BH_EMSGSIZE if it would not fit an empty batch either.
 */
int bh_submit(unsigned channel, unsigned type, uint64_t tag,
              const uint64_t *values, const void *payload, size_t size);

/* The largest payload for which bh_submit() now succeeds, or 0. */
size_t bh_room(void);

/*
 * Hands over the batch and waits: for nothing (BH_WAIT_NONE), for any record
 * (BH_WAIT_ANY), or for the reply with tag TAG (BH_WAIT_TAG; else TAG is 0),
 * but no longer than to the monotonic time DEADLINE (BH_NEVER: for ever).
 * Records that bh_next() has not returned yet stay in line, and count as
 * having come: with one of them waiting, BH_WAIT_ANY does not block.
 * Returns 0, or -BH_ETIMEDOUT if the deadline came first, or that of another
 * variant of the same domain: bh_now() tells.
 */
int bh_exchange(enum bh_wait wait, uint64_t tag, uint64_t deadline);

/*
 * The next completion in the order of arrival, or NULL when there is none
 * left.  It is valid until the next call that exchanges or returns a record.
 */
const struct bh_record *bh_next(void);

/* The payload of a record, and its size. */
static inline const void *bh_payload(const struct bh_record *record)
{
	return record + 1;
}

static inline size_t bh_payload_size(const struct bh_record *record)
{
	return record->size - sizeof(*record);
}

/* True if a completion is a request from a client, to be answered. */
bool bh_is_request(const struct bh_record *record);

/* Time of the newest completion: since the cell started, and since 1970. */
uint64_t bh_now(void);
uint64_t bh_now_realtime(void);

/* Exchanges made so far. */
uint64_t bh_exchange_count(void);

/* ------------------------------------------------------------------ request */

/*
 * Submits a request, exchanges, and waits for its reply as long as it takes.
 * What else the batch holds leaves with it.  Returns the reply, valid until
 * the next call that exchanges or returns a record; its status says how the
 * request went.  NULL only if it does not fit an empty batch (-BH_EMSGSIZE).
 * This is also how a client calls a service.
 */
const struct bh_record *bh_request(unsigned channel, unsigned type,
                                   const uint64_t *values, const void *payload,
                                   size_t size);

/*
 * The same without waiting: appends the request to the batch and stores in
 * *TAG what its reply will carry.  The reply comes by bh_wait() or bh_next().
 * Returns as bh_submit().
 */
int bh_request_async(unsigned channel, unsigned type, const uint64_t *values,
                     const void *payload, size_t size, uint64_t *tag);

/*
 * Exchanges until the reply with TAG is there and returns it; other records
 * stay in line.  NULL if DEADLINE came first.
 */
const struct bh_record *bh_wait(uint64_t tag, uint64_t deadline);

/* ---------------------------------------------- console, clock, entropy, end */

/*
 * Writes SIZE bytes to a stream of the console, past the buffers of stdout and
 * stderr.  Returns 0, or -BH_EPIPE if nobody reads any more, or -BH_ENOENT
 * without a console.
 */
int bh_console_write_to(enum bh_console_stream stream, const void *bytes,
                        size_t size);

static inline int bh_console_write(const void *bytes, size_t size)
{
	return bh_console_write_to(BH_CONSOLE_OUTPUT, bytes, size);
}

/*
 * Reads at least 1 and up to SIZE bytes from the console, past stdin's buffer;
 * waits for them.  Returns how many; 0 at the end of the input.
 */
int64_t bh_console_read(void *bytes, size_t size);

/* The time now, or the clock's resolution; one exchange. */
uint64_t bh_clock_get(enum bh_clock clock);
uint64_t bh_clock_resolution(enum bh_clock clock);

/* Waits until the monotonic time has come; other records stay in line. */
void bh_sleep_until(uint64_t time);

/* Fills BYTES with random bytes, the same in all variants; any size. */
int bh_entropy(void *bytes, size_t size);

/*
 * Ends the guest with STATUS (0 to 255; `bh run` passes 0 to 119 on).  The
 * batch leaves first.  exit() runs atexit functions, flushes stdout and ends
 * here.
 */
void bh_exit(int status) __attribute__((noreturn));

/*
 * Ends the guest as broken.  The batch is dropped: what a broken program has
 * put together should not leave.  TEXT goes into the report, up to
 * BH_ABORT_TEXT bytes, and must not differ between variants.
 */
void bh_abort(enum bh_abort reason, const char *text)
        __attribute__((noreturn));

/* ----------------------------------------------------------- recovery memory */

/*
 * The log that survives the guest (abi/protocol/recovery.h).  Appends are
 * queued in the batch and take effect with the exchange that carries them,
 * together with everything else in it: an append and the reply that depends
 * on it belong in one batch.
 */

/*
 * Finds the log.  Returns how many entries it has, or -BH_ENOENT if the domain
 * has no recovery memory.  To be called once before the others.
 */
int64_t bh_recovery_open(void);

/*
 * Reads entry NUMBER into BUFFER.  Returns its size; -BH_ENOENT if there is no
 * such entry; -BH_EIO if its checksum is wrong; -BH_EMSGSIZE if SIZE is less
 * than its size.
 */
int64_t bh_recovery_read(uint64_t number, void *buffer, size_t size);

/*
 * Queues an entry of 1 to BH_RECOVERY_ENTRY_MAX bytes.  Returns 0; -BH_ENOSPC
 * if the log might not hold it (compact it: bh_recovery_replace); -BH_ENOMEM
 * and -BH_EMSGSIZE as bh_submit().
 */
int bh_recovery_append(const void *entry, size_t size);

/*
 * Queues the replacement of all entries by this one; SIZE 0 empties the log.
 * A log that cannot hold the entry at all ends the guest, so a domain's
 * recovery memory must be larger than its largest replacement.  Returns 0,
 * -BH_ENOMEM or -BH_EMSGSIZE.
 */
int bh_recovery_replace(const void *entry, size_t size);

/* ------------------------------------------------------------------- services */

/*
 * Queues the reply to a request.  REQUEST may be a copy of its header, which
 * is how a reply is given later than at once.  Returns as bh_submit().
 */
int bh_reply(const struct bh_record *request, int status,
             const uint64_t *values, const void *payload, size_t size);

/*
 * A server.  Each function returns 0 to go on; another number ends bh_serve(),
 * which returns it.
 */
struct bh_service {
	/*
	 * Handles one request, which stays valid until it returns.  It queues
	 * what must survive (bh_recovery_append) and the reply (bh_reply); both
	 * leave in one exchange after it has returned.  Each request is to be
	 * answered exactly once; after a restart exo delivers the unanswered
	 * ones again.  A call that exchanges (printf, bh_request, time) between
	 * append and reply would let one leave without the other.
	 */
	int (*request)(void *context, const struct bh_record *request);
	/* Handles another completion; NULL: they are dropped. */
	int (*completion)(void *context, const struct bh_record *record);
	void *context;
	/*
	 * Bytes of the batch that one call of `request` may fill, record
	 * headers included; 0: a quarter of the batch.
	 */
	size_t reserve;
};

/* Serves all channels of which this guest is the server end. */
int bh_serve(const struct bh_service *service);

#ifdef __cplusplus
}
#endif

#endif
