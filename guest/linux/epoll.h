/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_EPOLL_H
#define BH_LINUX_EPOLL_H

/* An epoll instance: what it watches and what is ready (epoll(7)).  Without
 * system calls, so that tests on the host can use it. */

#include "guest/linux/ipc.h"

enum {
	EPOLL_CTL_ADD = 1,
	EPOLL_CTL_DEL = 2,
	EPOLL_CTL_MOD = 3,
};

#define EPOLLEXCLUSIVE (UINT32_C(1) << 28)
#define EPOLLWAKEUP    (UINT32_C(1) << 29)
#define EPOLLONESHOT   (UINT32_C(1) << 30)
#define EPOLLET        (UINT32_C(1) << 31)

struct epoll {
	struct list ready;         /* items in the order they became so */
	struct epoll_item **items; /* by descriptor; a chain each */
	uint32_t room;
	struct wait_queue queue;
};

struct epoll_event {
	uint32_t events;
	uint64_t data;
};

struct epoll *epoll_create(void);
void epoll_destroy(struct epoll *epoll);

/* epoll_ctl(2), when FILE is known to be no epoll that leads back here. */
int epoll_change(struct epoll *epoll, int operation, struct file *file,
                 int descriptor, const struct epoll_event *event);

/* True if there may be something to report. */
static inline bool epoll_maybe_ready(const struct epoll *epoll)
{
	return !list_is_empty(&epoll->ready);
}

/* Takes up to COUNT events that hold now.  Returns how many. */
unsigned epoll_collect(struct epoll *epoll, struct epoll_event *events,
                       unsigned count);

/* The state as a file that another epoll watches. */
uint32_t epoll_state(struct epoll *epoll, struct poll_table *table);

extern const struct file_ops epoll_ops;

#endif
