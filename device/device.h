/* SPDX-License-Identifier: ISC */
#ifndef BH_DEVICE_DEVICE_H
#define BH_DEVICE_DEVICE_H

/*
 * What all devices have in common (abi/device.h): the start block, the exchange
 * area, the way into the sandbox, and replies.  A device's main is
 *
 *	device_open(&device, &configuration, sizeof(configuration));
 *	device_enter_sandbox(&device, &sandbox);
 *	... set-up that needs no more rights ...
 *	device_seal(&device, rules, count);
 *	device_start(&device);
 *	for (;;) {
 *		device_begin(&device);
 *		... device_reply(), device_reply_end() for what is done ...
 *		device_post(&device, BH_WAIT_ANY);
 *		device_await(&device);
 *		while ((request = device_next(&device)))
 *			...
 *	}
 *
 * exo is trusted, but a request's values and payload are a hostile guest's.
 * They lie in memory that only exo writes to, and only while a post is
 * unanswered, so they need no copy.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/device.h"
#include "abi/exchange.h"
#include "abi/record.h"
#include "lib/sandbox.h"
#include "lib/seccomp.h"

struct device {
	struct bh_device_start start;
	struct bh_control *control;
	struct bh_submission *submission;       /* ours, up to a post */
	const struct bh_completion *completion; /* ours, from the answer on */
	int epoll; /* `wake` is in it, edge-triggered, with data.u64
	              DEVICE_WAKE; others may be added */
	uint32_t posted;
	bool is_posted;    /* a post is unanswered */
	uint32_t requests; /* how far exo.requests has been taken care of */
	uint64_t exchange; /* number of the last one posted */
	uint32_t next;     /* offset of the next request in the completion */
	struct bh_record *reply; /* in the making */
};

#define DEVICE_WAKE UINT64_MAX

/*
 * The system calls that the functions below need; the first entries of every
 * device's table.
 */
#define DEVICE_SECCOMP_RULES                                                   \
	{SYS_write,                                                            \
	 "ring the doorbell",                                                  \
	 {BH_SECCOMP_ARG(0, BH_DEVICE_FD_DOORBELL),                            \
	  BH_SECCOMP_ARG(2, sizeof(uint64_t))}},                               \
	        {SYS_epoll_pwait, "wait for exo and descriptors", {{0}}},      \
	        {SYS_sched_yield, "offer the CPU while exo answers", {{0}}},   \
	        {SYS_clock_gettime,                                            \
	         "time, where the vDSO has no clock",                          \
	         {{0}}},                                                       \
	{                                                                      \
		SYS_exit_group, "end when exo says so",                        \
		{                                                              \
			{                                                      \
				0                                              \
			}                                                      \
		}                                                              \
	}

/*
 * Maps the area and reads the start block with exactly SIZE bytes, or at most
 * SIZE if EXACT is false, of configuration.  Ends the process if anything is
 * wrong.
 */
void device_open(struct device *device, void *configuration, size_t size,
                 bool exact);

/*
 * Sheds what lib/sandbox.h sheds.  The caller fills in what is special; root,
 * landlock and keep_fds are set here.
 */
void device_enter_sandbox(struct device *device, struct bh_sandbox *sandbox);

/* Installs the filter. */
void device_seal(struct device *device, const struct bh_seccomp_rule *rules,
                 size_t count);

/* Tells exo that the device is ready, and waits until it may begin. */
void device_start(struct device *device);

/* Before device_start(): says why not, in one line, and ends the process. */
void device_fail(struct device *device, const char *format, ...)
        __attribute__((noreturn, format(printf, 2, 3)));

/* Begins an empty batch.  The submission must not be posted. */
void device_begin(struct device *device);

/*
 * Begins the reply to REQUEST, with status 0 and values 0; the caller may set
 * them.  Returns it, or NULL if the batch has no room for ROOM bytes of
 * payload. The payload begins at (reply + 1).
 */
struct bh_record *device_reply(struct device *device,
                               const struct bh_record *request, uint32_t room);

/* Ends it: so many bytes of payload have been written. */
void device_reply_end(struct device *device, uint32_t payload_size);

/* Posts the batch; with BH_WAIT_ANY the exchange waits for at least one request,
 * with BH_WAIT_NONE it returns at once with what there is. */
void device_post(struct device *device, enum bh_wait wait);

/* Is the post answered?  If so, the completion is ours.  Does not return if
 * exo has told the device to stop. */
bool device_is_answered(struct device *device);

/* Has a request come since the last post?  It comes with the next answer. */
bool device_has_requests(const struct device *device);

/* Looks for the answer for a moment, then sleeps until it is there. */
void device_await(struct device *device);

/* Looks for it for some 50 us. */
bool device_look(struct device *device);

/*
 * Before and after a sleep in epoll_pwait(): while the flag is set exo rings
 * `wake`.  device_may_sleep() is false if the answer to a post has come, or,
 * while nothing is posted, a request.
 */
bool device_may_sleep(struct device *device);
void device_has_woken(struct device *device);

/* The next request of the completion, or NULL.  Control records are left out.
 */
const struct bh_record *device_next(struct device *device);

static inline uint32_t device_payload_size(const struct bh_record *record)
{
	return record->size - (uint32_t)sizeof(*record);
}

/* Time since some point in the past, in nanoseconds. */
uint64_t device_now(void);

#endif
