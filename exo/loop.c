/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "loop.h"

#include <errno.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "trace.h"

#define NANOSECONDS UINT64_C(1000000000)
#define EVENTS_MAX 32

/*
 * Doorbells are edge-triggered: each ring is an event, and the counter behind
 * it need never be read.  (An eventfd overflows after 2^64 - 2 rings; a core
 * that gets there has only silenced itself.)  Console descriptors are armed
 * only while they are wanted.
 */

static int epoll_fd = -1;

/* What console descriptors are armed for: index CONSOLE_FDS * domain + which,
 * the input first. */
#define CONSOLE_FDS (1 + BH_CONSOLE_STREAMS)
static bool armed[CONSOLE_FDS * BH_MAX_DOMAINS];

enum event_kind { EVENT_LAUNCHER, EVENT_DOORBELL, EVENT_CONSOLE };

static int add(int fd, uint32_t events, enum event_kind kind)
{
	struct epoll_event event = {.events = events, .data.u32 = kind};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int loop_create(const struct cell *cell)
{
	int r;

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		return -errno;
	r = add(BH_EXO_FD_CONTROL, EPOLLIN, EVENT_LAUNCHER);
	for (uint32_t d = 0; d < cell->config.domain_count; d++) {
		const struct bh_cell_domain *domain = &cell->config.domains[d];

		for (uint32_t v = 0; !r && v < domain->variant_count; v++)
			r = add(domain->variants[v].doorbell_fd,
			        EPOLLIN | EPOLLET, EVENT_DOORBELL);
	}
	return r;
}

static void arm(uint32_t index, int fd, uint32_t events, bool wanted)
{
	struct epoll_event event = {.events = events,
	                            .data.u32 = EVENT_CONSOLE};

	if (armed[index] == wanted)
		return;
	armed[index] = wanted;
	epoll_ctl(epoll_fd, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd, &event);
}

static void arm_outputs(uint32_t first, const struct console *console)
{
	for (uint32_t i = 0; i < BH_CONSOLE_STREAMS; i++)
		if (console->outputs[i].polled)
			arm(first + i, console->outputs[i].fd, EPOLLOUT,
			    console_has_output(console) &&
			            console_next(console) == i);
}

static void arm_consoles(struct cell *cell)
{
	for (uint32_t d = 0; d < cell->config.domain_count; d++) {
		const struct domain *domain = &cell->domains[d];
		const struct console *console = &domain->console;

		if (console->input_polled)
			arm(CONSOLE_FDS * d, console->input_fd, EPOLLIN,
			    console->reading &&
			            domain->phase == DOMAIN_WAITING);
		arm_outputs(CONSOLE_FDS * d + 1, console);
	}
}

static void flush_consoles(struct cell *cell)
{
	for (uint32_t d = 0; d < cell->config.domain_count; d++)
		console_flush(&cell->domains[d].console);
}

/* Sleeps until something happens.  Returns the kinds of events seen, as a set,
 * or -errno. */
static int wait_for_events(uint64_t now, uint64_t until)
{
	struct epoll_event events[EVENTS_MAX];
	uint64_t delay = until > now ? until - now : 0;
	struct timespec timeout = {
	        .tv_sec = (time_t)(delay / NANOSECONDS),
	        .tv_nsec = (long)(delay % NANOSECONDS),
	};
	int seen = 0;
	long count = syscall(SYS_epoll_pwait2, epoll_fd, events, EVENTS_MAX,
	                     until == BH_NEVER ? NULL : &timeout, NULL, 0);

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	for (long i = 0; i < count; i++)
		seen |= 1 << events[i].data.u32;
	return seen;
}

/*
 * Exchanges come in bursts, and to be woken costs more than a small exchange:
 * after one, exo keeps looking for the next posts for a moment, offering its
 * CPU to the variants (sched_yield) between two looks.  When another program
 * takes that offer for long, the machine is busy; then sleeping is better,
 * since the scheduler lets a task that wakes up run soon.
 */
#define POLL_LIMIT UINT64_C(50000)   /* ns without a post */
#define YIELD_LIMIT UINT64_C(25000)  /* ns that one offer may take */
#define EVENTS_LIMIT UINT64_C(100000) /* ns without a look at other events */
#define PENALTY_MAX 256u

struct polling {
	bool announced;     /* the variants have been told */
	uint32_t penalty;   /* how often to sleep at once after a bad offer */
	uint32_t sleeps;    /* how often that is still to be done */
};

static void announce(struct polling *polling, struct cell *cell, bool on)
{
	if (polling->announced == on)
		return;
	polling->announced = on;
	cell_set_polling(cell, on);
}

static void punish(struct polling *polling)
{
	polling->penalty = polling->penalty ? 2 * polling->penalty : 1;
	if (polling->penalty > PENALTY_MAX)
		polling->penalty = PENALTY_MAX;
	polling->sleeps = polling->penalty;
}

static bool look_for_posts(struct polling *polling, const struct cell *cell,
                           uint64_t until)
{
	uint64_t start = clock_monotonic(), before = start, now;

	for (;;) {
		if (cell_has_posts(cell)) {
			polling->penalty = 0;
			return true;
		}
		sched_yield();
		now = clock_monotonic();
		if (now - before > YIELD_LIMIT) {
			punish(polling);
			return false;
		}
		if (now - start > POLL_LIMIT || now >= until)
			return false;
		before = now;
	}
}

/* True if there is a post; false: it is time to sleep. */
static bool poll_posts(struct polling *polling, struct cell *cell,
                       uint64_t until)
{
	bool found = false;

	if (polling->sleeps) {
		polling->sleeps--;
	} else if (cell_expects_posts(cell)) {
		announce(polling, cell, true);
		found = look_for_posts(polling, cell, until);
	}
	if (found)
		return true;
	announce(polling, cell, false);
	return cell_has_posts(cell);
}

bool loop_run(struct cell *cell)
{
	struct polling polling = {.announced = false};
	uint64_t now = clock_monotonic(), looked = now;

	for (;;) {
		bool more = cell_step(cell, now);
		uint64_t until = cell_timer(cell);
		int seen = 0;

		if (cell_is_finished(cell, now))
			return true;
		more = more || poll_posts(&polling, cell, until);
		if (!more || now - looked > EVENTS_LIMIT) {
			arm_consoles(cell);
			seen = wait_for_events(now, more ? now : until);
			looked = now;
		}
		if (seen < 0)
			return false;
		now = clock_monotonic();
		if (seen & 1 << EVENT_CONSOLE)
			flush_consoles(cell);
		if (seen & 1 << EVENT_LAUNCHER && !launcher_receive(cell, now))
			return false;
	}
}
