/* SPDX-License-Identifier: ISC */

/* poll(2) and select(2). */

#include "guest/linux/clock.h"
#include "guest/linux/ipc.h"
#include "guest/linux/signal.h"
#include "guest/linux/syscall.h"
#include "guest/linux/task.h"

#define ALWAYS ((uint32_t)(POLLERR | POLLHUP))
#define SELECT_IN                                                              \
	((uint32_t)(POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR))
#define SELECT_OUT    ((uint32_t)(POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR))
#define SELECT_EXCEPT ((uint32_t)POLLPRI)
#define SELECT_MAX    65536u
#define LIMIT_FILES   7 /* RLIMIT_NOFILE */

/* One descriptor that is waited for, with the file held. */
struct polled {
	struct file *file; /* NULL: a bad descriptor */
	int32_t descriptor;
	uint32_t wanted, seen;
};

/* The entries in the queues, in blocks. */
struct block {
	struct block *next;
	unsigned used;
	struct wait_entry entries[32];
};

struct waiter {
	struct poll_table table;
	struct block *blocks;
	bool failed;
};

static void add_entry(struct poll_table *table, struct wait_queue *queue)
{
	struct waiter *waiter = CONTAINER_OF(table, struct waiter, table);
	struct block *block = waiter->blocks;

	if (!block || block->used == ARRAY_SIZE(block->entries)) {
		block = memory_allocate(sizeof(*block));
		if (!block) {
			waiter->failed = true;
			return;
		}
		block->next = waiter->blocks;
		block->used = 0;
		waiter->blocks = block;
	}
	wait_begin(&block->entries[block->used++], queue);
}

static void waiter_end(struct waiter *waiter)
{
	while (waiter->blocks) {
		struct block *block = waiter->blocks;

		waiter->blocks = block->next;
		for (unsigned i = 0; i < block->used; i++)
			wait_end(&block->entries[i]);
		memory_free(block);
	}
}

/* How many have something to report now. */
static unsigned look(struct polled *set, unsigned count,
                     struct poll_table *table)
{
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++) {
		struct polled *p = &set[i];

		if (p->descriptor < 0)
			continue;
		p->seen = POLLNVAL;
		if (p->file)
			p->seen = file_poll(p->file, table) & p->wanted;
		if (p->seen) {
			n++;
			table = NULL;
		}
	}
	return n;
}

/* The number of those with events; 0 after DEADLINE; -EINTR, -ENOMEM. */
static int64_t poll_set(struct polled *set, unsigned count, uint64_t deadline)
{
	struct waiter waiter = {.table.add = add_entry};
	unsigned n = look(set, count, NULL);
	int r = 0;

	if (n) {
		ipc_poll_returns();
		return n;
	}
	if (deadline <= clock_monotonic()) {
		ipc_relax();
		return look(set, count, NULL);
	}
	n = look(set, count, &waiter.table);
	if (waiter.failed)
		r = -ENOMEM;
	while (!n && !r) {
		r = task_sleep(deadline);
		n = look(set, count, NULL);
	}
	waiter_end(&waiter);
	if (n)
		return n;
	return r == -ETIMEDOUT ? 0 : r;
}

int ipc_wait_file(struct file *file, uint32_t events, uint64_t deadline)
{
	struct polled one = {.file = file, .wanted = events | ALWAYS};
	int64_t n = poll_set(&one, 1, deadline);

	if (n > 0)
		return 0;
	return n ? (int)n : -ETIMEDOUT;
}

static void release(struct polled *set, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (set[i].file)
			file_release(set[i].file);
	memory_free(set);
}

/* ---------------------------------------------------------------- poll */

struct pollfd {
	int32_t descriptor;
	uint16_t events, seen;
};

static int64_t do_poll(uint64_t address, uint32_t count, uint64_t deadline)
{
	uint64_t size = (uint64_t)count * sizeof(struct pollfd);
	struct polled *set;
	int64_t n;

	if (count > process.limits[LIMIT_FILES][0])
		return -EINVAL;
	if (!user_readable(address, size))
		return -EFAULT;
	set = memory_zeroed(sizeof(*set) * (count ? count : 1));
	if (!set)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		struct pollfd p = {0};

		user_read(&p, address + i * sizeof(p), sizeof(p));
		set[i].descriptor = p.descriptor;
		set[i].wanted = p.events | ALWAYS;
		if (p.descriptor >= 0)
			set[i].file = descriptor_hold(p.descriptor);
	}
	n = poll_set(set, count, deadline);
	for (uint32_t i = 0; i < count && n >= 0; i++) {
		uint16_t seen = (uint16_t)set[i].seen;

		if (user_write(address + i * sizeof(struct pollfd) +
		                       offsetof(struct pollfd, seen),
		               &seen, sizeof(seen)))
			n = -EFAULT;
	}
	release(set, count);
	return n;
}

SYSCALL(poll)
{
	int32_t timeout = call_int(call, 2);
	uint64_t deadline = NEVER;

	if (timeout >= 0)
		deadline = clock_monotonic() + (uint64_t)timeout * 1000000;
	return do_poll(call->a[0], (uint32_t)call->a[1], deadline);
}

/* What is left of the time, as Linux gives it back; errors do not matter. */
static void put_left(uint64_t address, uint64_t deadline, bool microseconds)
{
	uint64_t now = clock_monotonic(), left = 0;
	uint64_t pair[2];

	if (!address || deadline == NEVER)
		return;
	if (deadline > now)
		left = deadline - now;
	pair[0] = left / NANOSECONDS;
	pair[1] = left % NANOSECONDS / (microseconds ? 1000 : 1);
	(void)user_write(address, pair, sizeof(pair));
}

SYSCALL(ppoll)
{
	uint64_t deadline;
	int64_t n = deadline_from_user(call->a[2], &deadline);

	if (!n && call->a[3])
		n = signal_mask_for_call(call->a[3], call->a[4]);
	if (n)
		return n;
	n = do_poll(call->a[0], (uint32_t)call->a[1], deadline);
	put_left(call->a[2], deadline, false);
	return n;
}

/* -------------------------------------------------------------- select */

/* The three sets of select(2), as words of 64 bits. */
struct sets {
	uint64_t *words[3];
	uint64_t address[3];
	unsigned count; /* words of each */
};

static const uint32_t select_events[3] = {SELECT_IN, SELECT_OUT, SELECT_EXCEPT};

static int sets_read(struct sets *sets, const struct syscall *call, unsigned n)
{
	sets->count = (n + 63) / 64;
	sets->words[0] = memory_zeroed((size_t)sets->count * 24 + 8);
	if (!sets->words[0])
		return -ENOMEM;
	for (unsigned i = 0; i < 3; i++) {
		sets->words[i] = sets->words[0] + i * sets->count;
		sets->address[i] = call->a[i + 1];
		if (sets->address[i] &&
		    user_read(sets->words[i], sets->address[i],
		              (size_t)sets->count * 8))
			return -EFAULT;
	}
	return 0;
}

static bool set_has(const struct sets *sets, unsigned which, unsigned bit)
{
	return sets->words[which][bit / 64] >> bit % 64 & 1;
}

/* The descriptors of all three sets together; -EBADF. */
static int sets_open(const struct sets *sets, unsigned n, struct polled *set,
                     unsigned *count)
{
	*count = 0;
	for (unsigned i = 0; i < n; i++) {
		struct polled *p = &set[*count];
		uint32_t wanted = 0;

		for (unsigned j = 0; j < 3; j++)
			if (set_has(sets, j, i))
				wanted |= select_events[j];
		if (!wanted)
			continue;
		*p = (struct polled){.descriptor = (int32_t)i,
		                     .wanted = wanted};
		p->file = descriptor_hold(p->descriptor);
		if (!p->file)
			return -EBADF;
		(*count)++;
	}
	return 0;
}

/* Leaves in the sets what is ready and counts it. */
static int64_t sets_write(struct sets *sets, const struct polled *set,
                          unsigned count)
{
	int64_t bits = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned d = (unsigned)set[i].descriptor;

		for (unsigned j = 0; j < 3; j++) {
			if (!set_has(sets, j, d))
				continue;
			if (set[i].seen & select_events[j])
				bits++;
			else
				sets->words[j][d / 64] &=
				        ~(UINT64_C(1) << d % 64);
		}
	}
	for (unsigned j = 0; j < 3; j++)
		if (sets->address[j] &&
		    user_write(sets->address[j], sets->words[j],
		               (size_t)sets->count * 8))
			return -EFAULT;
	return bits;
}

static int64_t do_select(const struct syscall *call, uint64_t deadline)
{
	int32_t n = call_int(call, 0);
	struct sets sets = {0};
	struct polled *set;
	unsigned count = 0;
	int64_t r;

	if (n < 0)
		return -EINVAL;
	if (n > (int32_t)SELECT_MAX)
		n = (int32_t)SELECT_MAX;
	r = sets_read(&sets, call, (unsigned)n);
	set = memory_zeroed(sizeof(*set) * ((size_t)n + 1));
	if (!r)
		r = set ? sets_open(&sets, (unsigned)n, set, &count) : -ENOMEM;
	if (!r)
		r = poll_set(set, count, deadline);
	if (r >= 0)
		r = sets_write(&sets, set, count);
	if (set)
		release(set, count);
	memory_free(sets.words[0]);
	return r;
}

/* struct timeval; parts may be larger than a second. */
SYSCALL(select)
{
	uint64_t deadline = NEVER;
	int64_t pair[2], r;

	if (call->a[4]) {
		if (user_read(pair, call->a[4], sizeof(pair)))
			return -EFAULT;
		if (pair[0] < 0 || pair[1] < 0)
			return -EINVAL;
		deadline =
		        clock_monotonic() +
		        min_u64((uint64_t)pair[0], UINT32_MAX) * NANOSECONDS +
		        min_u64((uint64_t)pair[1], UINT32_MAX) * 1000;
	}
	r = do_select(call, deadline);
	put_left(call->a[4], deadline, true);
	return r;
}

SYSCALL(pselect6)
{
	uint64_t deadline, mask[2];
	int64_t r = deadline_from_user(call->a[4], &deadline);

	if (!r && call->a[5]) {
		if (user_read(mask, call->a[5], sizeof(mask)))
			return -EFAULT;
		if (mask[0])
			r = signal_mask_for_call(mask[0], mask[1]);
	}
	if (r)
		return r;
	r = do_select(call, deadline);
	put_left(call->a[4], deadline, false);
	return r;
}
