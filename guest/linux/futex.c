/* SPDX-License-Identifier: ISC */

/* futex(2).  One process, one vCPU: a futex is an address, and nothing happens
 * between the look at its word and the sleep. */

#include "guest/linux/internal.h"
#include "guest/linux/mm.h"

#define BUCKETS 64u
#define ANY UINT32_MAX
#define ROBUST_MAX 2048u

enum {
	FUTEX_WAIT = 0,
	FUTEX_WAKE = 1,
	FUTEX_REQUEUE = 3,
	FUTEX_CMP_REQUEUE = 4,
	FUTEX_WAKE_OP = 5,
	FUTEX_LOCK_PI = 6,
	FUTEX_UNLOCK_PI = 7,
	FUTEX_TRYLOCK_PI = 8,
	FUTEX_WAIT_BITSET = 9,
	FUTEX_WAKE_BITSET = 10,
	FUTEX_LOCK_PI2 = 13,
	FUTEX_PRIVATE = 128,
	FUTEX_REALTIME = 256,
};

#define WAITERS UINT32_C(0x80000000)
#define OWNER_DIED UINT32_C(0x40000000)
#define OWNER UINT32_C(0x3fffffff)

struct waiter {
	struct list link;
	struct task *task;
	uint64_t address;
	uint32_t set;
	bool woken;
};

static struct list buckets[BUCKETS];

static struct list *bucket_of(uint64_t address)
{
	struct list *bucket = &buckets[address / 4 % BUCKETS];

	if (!bucket->next)
		list_init(bucket);
	return bucket;
}

static int read_word(uint64_t address, uint32_t *value)
{
	if (address % sizeof(*value))
		return -EINVAL;
	return user_read(value, address, sizeof(*value));
}

static void wake(struct waiter *waiter)
{
	waiter->woken = true;
	list_remove(&waiter->link);
	task_wake(waiter->task);
}

int futex_wake(uint64_t address, unsigned count, uint32_t set)
{
	int woken = 0;

	LIST_EACH(waiter, bucket_of(address), struct waiter, link) {
		if ((unsigned)woken == count)
			break;
		if (waiter->address == address && waiter->set & set) {
			wake(waiter);
			woken++;
		}
	}
	return woken;
}

/* Sleeps on ADDRESS, whose word has been looked at. */
static int sleep_on(uint64_t address, uint32_t set, uint64_t deadline)
{
	struct waiter waiter = {
	        .task = task_current, .address = address, .set = set};
	int r = 0;

	list_append(bucket_of(address), &waiter.link);
	while (!waiter.woken && !r)
		r = task_sleep(deadline);
	list_remove(&waiter.link);
	return waiter.woken ? 0 : r;
}

/* FUTEX_WAIT has a relative time, the others an absolute one. */
static int deadline_of(const struct syscall *call, int operation, bool realtime,
                       uint64_t *deadline)
{
	uint64_t time, now = realtime ? clock_realtime() : clock_monotonic();
	int r;

	*deadline = NEVER;
	if (!call->a[3])
		return 0;
	if (operation == FUTEX_WAIT)
		return deadline_from_user(call->a[3], deadline);
	r = time_from_user(call->a[3], &time);
	if (r)
		return r;
	*deadline = time <= now ? 0 : clock_monotonic() + (time - now);
	return 0;
}

static int64_t wait(const struct syscall *call, int operation, bool realtime)
{
	uint32_t set = operation == FUTEX_WAIT ? ANY : (uint32_t)call->a[5];
	uint64_t deadline;
	uint32_t value;
	int r = deadline_of(call, operation, realtime, &deadline);

	if (r)
		return r;
	if (!set)
		return -EINVAL;
	r = read_word(call->a[0], &value);
	if (r)
		return r;
	if (value != (uint32_t)call->a[2])
		return -EAGAIN;
	r = sleep_on(call->a[0], set, deadline);
	if (r != -EINTR)
		return r;
	task_current->restart_deadline = deadline;
	return deadline == NEVER ? -ERESTARTSYS : -ERESTART_RESTARTBLOCK;
}

static int64_t requeue(const struct syscall *call, bool compare)
{
	uint64_t from = call->a[0], to = call->a[4];
	int32_t wakes = call_int(call, 2), moves = call_int(call, 3);
	uint32_t value;
	int woken, moved = 0, r = read_word(from, &value);

	if (r)
		return r;
	if (to % 4 || wakes < 0 || moves < 0)
		return -EINVAL;
	if (compare && value != (uint32_t)call->a[5])
		return -EAGAIN;
	woken = futex_wake(from, (unsigned)wakes, ANY);
	LIST_EACH(waiter, bucket_of(from), struct waiter, link) {
		if (moved == moves)
			break;
		if (waiter->address != from)
			continue;
		list_remove(&waiter->link);
		waiter->address = to;
		list_append(bucket_of(to), &waiter->link);
		moved++;
		if (from == to)
			break;
	}
	return woken + moved;
}

static uint32_t operate(unsigned operation, uint32_t old, uint32_t argument)
{
	switch (operation & 7) {
	case 0:
		return argument;
	case 1:
		return old + argument;
	case 2:
		return old | argument;
	case 3:
		return old & ~argument;
	default:
		return old ^ argument;
	}
}

static bool compare(unsigned comparison, int32_t old, int32_t argument)
{
	switch (comparison) {
	case 0:
		return old == argument;
	case 1:
		return old != argument;
	case 2:
		return old < argument;
	case 3:
		return old <= argument;
	case 4:
		return old > argument;
	default:
		return old >= argument;
	}
}

/* futex(2), FUTEX_WAKE_OP: the encoding of the last argument. */
static int64_t wake_operation(const struct syscall *call)
{
	uint32_t code = (uint32_t)call->a[5], old, seen;
	unsigned operation = code >> 28, comparison = code >> 24 & 15;
	int32_t argument = (int32_t)(code << 8) >> 20;
	int32_t other = (int32_t)(code << 20) >> 20;
	int r = read_word(call->a[4], &old), woken;

	if (r)
		return r;
	if ((operation & 7) > 4 || comparison > 5)
		return -ENOSYS;
	if (operation & 8)
		argument = (int32_t)(UINT32_C(1) << (argument & 31));
	r = user_compare_exchange(call->a[4], old,
	                          operate(operation, old, (uint32_t)argument),
	                          &seen);
	if (r)
		return r;
	woken = futex_wake(call->a[0], (uint32_t)call->a[2], ANY);
	if (compare(comparison, (int32_t)old, other))
		woken += futex_wake(call->a[4], (uint32_t)call->a[3], ANY);
	return woken;
}

/* ------------------------------------------------- locks with an owner */

static int try_lock(uint64_t address)
{
	uint32_t id = (uint32_t)task_current->id, value, seen;
	int r = read_word(address, &value);

	if (r)
		return r;
	if ((value & OWNER) == id)
		return -EDEADLK;
	if (value & OWNER) {
		if (!task_find((int32_t)(value & OWNER)))
			return -ESRCH;
		r = user_compare_exchange(address, value, value | WAITERS,
		                          &seen);
		return r ? r : -EAGAIN;
	}
	return user_compare_exchange(address, value,
	                             id | (value & (WAITERS | OWNER_DIED)),
	                             &seen);
}

static int64_t lock(const struct syscall *call, bool wait_for, bool realtime)
{
	uint64_t deadline = NEVER;
	int r = deadline_of(call, FUTEX_LOCK_PI, realtime, &deadline);

	while (!r) {
		r = try_lock(call->a[0]);
		if (r != -EAGAIN || !wait_for)
			return r;
		r = sleep_on(call->a[0], ANY, deadline);
	}
	return r == -EINTR ? -ERESTARTSYS : r;
}

static int64_t unlock(uint64_t address)
{
	uint32_t value, seen;
	int r = read_word(address, &value);

	if (r)
		return r;
	if ((value & OWNER) != (uint32_t)task_current->id)
		return -EPERM;
	/* The one that is woken takes it, and says whether others wait. */
	r = user_compare_exchange(address, value, 0, &seen);
	if (!r)
		futex_wake(address, ANY, ANY);
	return r;
}

SYSCALL(futex)
{
	int code = call_int(call, 1);
	int operation = code & ~(FUTEX_PRIVATE | FUTEX_REALTIME);
	bool realtime = code & FUTEX_REALTIME;

	if (realtime && operation != FUTEX_WAIT &&
	    operation != FUTEX_WAIT_BITSET && operation != FUTEX_LOCK_PI2)
		return -ENOSYS;
	switch (operation) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		return wait(call, operation, realtime);
	case FUTEX_WAKE:
	case FUTEX_WAKE_BITSET:
		if (call->a[0] % 4)
			return -EINVAL;
		if (operation == FUTEX_WAKE_BITSET && !(uint32_t)call->a[5])
			return -EINVAL;
		return futex_wake(call->a[0], (uint32_t)call->a[2],
		                  operation == FUTEX_WAKE
		                          ? ANY
		                          : (uint32_t)call->a[5]);
	case FUTEX_REQUEUE:
		return requeue(call, false);
	case FUTEX_CMP_REQUEUE:
		return requeue(call, true);
	case FUTEX_WAKE_OP:
		return wake_operation(call);
	case FUTEX_LOCK_PI:
		return lock(call, true, true);
	case FUTEX_LOCK_PI2:
		return lock(call, true, realtime);
	case FUTEX_TRYLOCK_PI:
		return lock(call, false, false);
	case FUTEX_UNLOCK_PI:
		return unlock(call->a[0]);
	default:
		return -ENOSYS;
	}
}

/* --------------------------------------------------- what the dead leave */

/* uapi/linux/futex.h: struct robust_list_head */
struct robust_head {
	uint64_t next;
	int64_t offset;
	uint64_t pending;
};

static void give_up(uint64_t address)
{
	uint32_t value, seen;

	if (read_word(address, &value) ||
	    (value & OWNER) != (uint32_t)task_current->id)
		return;
	if (!user_compare_exchange(address, value,
	                           (value & WAITERS) | OWNER_DIED, &seen) &&
	    value & WAITERS)
		futex_wake(address, 1, ANY);
}

/* The lowest bit of a link says that the lock has an owner (PI). */
void futex_task_ends(void)
{
	uint64_t list = task_current->robust_list, entry;
	struct robust_head head;

	if (!list || user_read(&head, list, sizeof(head)))
		return;
	entry = head.next;
	for (unsigned i = 0; i < ROBUST_MAX && (entry & ~UINT64_C(1)) != list;
	     i++) {
		uint64_t next;

		if (user_read(&next, entry & ~UINT64_C(1), sizeof(next)))
			break;
		if (entry != head.pending)
			give_up((entry & ~UINT64_C(1)) +
			        (uint64_t)head.offset);
		entry = next;
	}
	if (head.pending)
		give_up((head.pending & ~UINT64_C(1)) + (uint64_t)head.offset);
}

SYSCALL(set_robust_list)
{
	if (call->a[1] != sizeof(struct robust_head))
		return -EINVAL;
	task_current->robust_list = call->a[0];
	task_current->robust_list_size = call->a[1];
	return 0;
}

SYSCALL(get_robust_list)
{
	struct task *task = call_int(call, 0) ? task_find(call_int(call, 0))
	                                      : task_current;

	if (!task)
		return -ESRCH;
	if (user_write(call->a[1], &task->robust_list, 8) ||
	    user_write(call->a[2], &task->robust_list_size, 8))
		return -EFAULT;
	return 0;
}
