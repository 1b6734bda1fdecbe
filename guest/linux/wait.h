/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_WAIT_H
#define BH_LINUX_WAIT_H

/*
 * Sleeping and waking.
 *
 * Whatever can become ready has a wait queue.  A task that must wait links an
 * entry into it and sleeps; the one that makes it ready wakes the queue.  epoll
 * links entries of its own, whose `wake` function notes the event instead.
 *
 *	struct wait_entry entry;
 *	int r = 0;
 *
 *	wait_begin(&entry, &queue);
 *	while (!is_ready() && !r)
 *		r = task_sleep(deadline);
 *	wait_end(&entry);
 *
 * or, which is the same, WAIT_FOR(r, &queue, is_ready(), deadline).
 */

#include "guest/linux/list.h"

#include <stdint.h>

struct task;

/* What a poll sees (asm-generic/poll.h). */
enum {
	POLLIN = 0x1,
	POLLPRI = 0x2,
	POLLOUT = 0x4,
	POLLERR = 0x8,
	POLLHUP = 0x10,
	POLLNVAL = 0x20,
	POLLRDNORM = 0x40,
	POLLRDBAND = 0x80,
	POLLWRNORM = 0x100,
	POLLWRBAND = 0x200,
	POLLRDHUP = 0x2000,
};

struct wait_queue {
	struct list entries;
};

struct wait_entry {
	struct list link;
	struct task *task; /* made runnable if `wake` is NULL */
	void (*wake)(struct wait_entry *entry, uint32_t events);
};

static inline void wait_queue_init(struct wait_queue *queue)
{
	list_init(&queue->entries);
}

/* Links an entry for the current task. */
void wait_begin(struct wait_entry *entry, struct wait_queue *queue);
void wait_end(struct wait_entry *entry);

/* EVENTS: the set of POLL* that has become true, as a hint for epoll. */
void wait_wake(struct wait_queue *queue, uint32_t events);
/* Wakes the oldest COUNT tasks only; entries of epoll all hear of it. */
void wait_wake_some(struct wait_queue *queue, uint32_t events, unsigned count);

/*
 * Lets other tasks run until this one is woken.  Returns 0; -EINTR if a signal
 * is to be handled; -ETIMEDOUT if the monotonic time DEADLINE has come (NEVER:
 * none).  May return 0 for no reason.
 */
int task_sleep(uint64_t deadline);

#define WAIT_FOR(result, queue, condition, deadline)                           \
	do {                                                                   \
		struct wait_entry wait_for_entry;                              \
                                                                               \
		(result) = 0;                                                  \
		if (condition)                                                 \
			break;                                                 \
		wait_begin(&wait_for_entry, (queue));                          \
		while (!(condition) && !(result))                              \
			(result) = task_sleep(deadline);                       \
		wait_end(&wait_for_entry);                                     \
		if (condition)                                                 \
			(result) = 0;                                          \
	} while (0)

#endif
