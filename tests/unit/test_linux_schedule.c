/* SPDX-License-Identifier: ISC */
/* links: @linux */

/* Who runs when: the queue of threads, futexes, timers and the clock. */

#include "tests/unit/linux/machine.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MILLISECOND UINT64_C(1000000)

static uint32_t *words; /* of the program, for futexes */
static struct timespec *times;
static char order[16];

static int set_up(void **state)
{
	(void)state;
	memset(words, 0, 4096);
	order[0] = 0;
	return 0;
}

static void note(const void *name)
{
	size_t n = strlen(order);

	assert_true(n + 1 < sizeof(order));
	order[n] = *(const char *)name;
	order[n + 1] = 0;
}

static struct timespec *milliseconds(uint64_t n)
{
	*times = (struct timespec){.tv_nsec = (long)(n * MILLISECOND)};
	return times;
}

static void sleep_for(uint64_t n)
{
	assert_int_equal(call("nanosleep", AT(milliseconds(n)), 0), 0);
}

/* -------------------------------------------------------------- the queue */

static void take_three_turns(const void *name)
{
	for (int i = 0; i < 3; i++) {
		note(name);
		call("sched_yield");
	}
}

static void threads_take_turns(void **state)
{
	(void)state;
	machine_thread(take_three_turns, "a");
	machine_thread(take_three_turns, "b");
	machine_thread(take_three_turns, "c");
	assert_string_equal(order, "");
	machine_settle();
	assert_string_equal(order, "abcabcabc");
}

/* Threads that never wait must not keep out what has arrived. */
static void turns_without_end_exchange(void **state)
{
	uint64_t before = machine.exchanges;

	(void)state;
	for (int i = 0; i < 1024; i++)
		call("sched_yield");
	assert_int_equal(machine.exchanges - before, 1024 / 256);
}

/* -------------------------------------------------------------- the clock */

static uint64_t now(void)
{
	struct timespec *t = times + 1;

	assert_int_equal(call("clock_gettime", CLOCK_MONOTONIC, AT(t)), 0);
	return (uint64_t)t->tv_sec * 1000 * MILLISECOND + (uint64_t)t->tv_nsec;
}

static void time_moves_with_exchanges(void **state)
{
	uint64_t start = now();

	(void)state;
	machine.monotonic += 5 * MILLISECOND;
	assert_int_equal(now(), start);
	sleep_for(3);
	assert_true(now() >= start + 5 * MILLISECOND);
}

/* A program that waits for the clock to move sees it move; here an exchange takes
 * a millisecond. */
static void reads_without_end_exchange(void **state)
{
	uint64_t start, before;

	(void)state;
	sleep_for(1);
	start = now();
	before = machine.exchanges;
	for (int i = 0; i < 20000; i++)
		now();
	assert_int_equal(machine.exchanges - before, 1);
	assert_int_equal(now(), start + MILLISECOND);
}

static void sleep_and_note(const void *name)
{
	struct timespec *t = machine_memory(sizeof(*t));
	uint64_t n = (uint64_t)(*(const char *)name - '0');

	t->tv_nsec = (long)(n * MILLISECOND);
	assert_int_equal(call("nanosleep", AT(t), 0), 0);
	note(name);
}

static void sleepers_wake_by_time(void **state)
{
	uint64_t start;

	(void)state;
	sleep_for(1);
	start = now();
	machine_thread(sleep_and_note, "3");
	machine_thread(sleep_and_note, "1");
	machine_thread(sleep_and_note, "2");
	machine_settle();
	assert_string_equal(order, "");
	sleep_for(9);
	assert_string_equal(order, "123");
	assert_int_equal(now(), start + 9 * MILLISECOND);
}

static void timers_count_what_passed(void **state)
{
	struct itimerspec *every = machine_memory(sizeof(*every));
	uint64_t *expired = machine_memory(sizeof(*expired));
	uint64_t timer = (uint64_t)call("timerfd_create", CLOCK_MONOTONIC,
	                                04000 /* TFD_NONBLOCK */);

	(void)state;
	every->it_value.tv_nsec = every->it_interval.tv_nsec =
	        2 * MILLISECOND;
	assert_int_equal(call("timerfd_settime", timer, 0, AT(every), 0), 0);
	assert_int_equal(call("read", timer, AT(expired), 8), -EAGAIN);
	sleep_for(7);
	assert_int_equal(call("read", timer, AT(expired), 8), 8);
	assert_int_equal(*expired, 3);
	assert_int_equal(call("read", timer, AT(expired), 8), -EAGAIN);
	sleep_for(1);
	assert_int_equal(call("read", timer, AT(expired), 8), 8);
	assert_int_equal(*expired, 1);
	call("close", timer);
}

/* ---------------------------------------------------------------- futexes */

static int64_t wake(unsigned word, uint64_t count)
{
	return call("futex", AT(&words[word]), FUTEX_WAKE, count);
}

static void wait_and_note(const void *name)
{
	assert_int_equal(call("futex", AT(words), FUTEX_WAIT, 0, 0), 0);
	note(name);
}

static void three_wait(void)
{
	machine_thread(wait_and_note, "a");
	machine_thread(wait_and_note, "b");
	machine_thread(wait_and_note, "c");
	machine_settle();
	assert_string_equal(order, "");
}

static void futex_wakes_in_order(void **state)
{
	(void)state;
	three_wait();
	assert_int_equal(wake(1, INT_MAX), 0);
	assert_int_equal(wake(0, 2), 2);
	machine_settle();
	assert_string_equal(order, "ab");
	assert_int_equal(wake(0, INT_MAX), 1);
	machine_settle();
	assert_string_equal(order, "abc");
	assert_int_equal(wake(0, 1), 0);
}

static void futex_looks_at_its_word(void **state)
{
	(void)state;
	assert_int_equal(call("futex", AT(words), FUTEX_WAIT, 1, 0), -EAGAIN);
	assert_int_equal(call("futex", AT(words) + 1, FUTEX_WAIT, 0, 0),
	                 -EINVAL);
	assert_int_equal(call("futex", 16, FUTEX_WAIT, 0, 0), -EFAULT);
	assert_int_equal(call("futex", AT(words), FUTEX_WAIT_BITSET, 0, 0, 0,
	                      0),
	                 -EINVAL);
	assert_int_equal(call("futex", AT(words), 99, 0, 0), -ENOSYS);
}

static void futex_times_out(void **state)
{
	uint64_t start;

	(void)state;
	sleep_for(1);
	start = now();
	assert_int_equal(call("futex", AT(words), FUTEX_WAIT, 0,
	                      AT(milliseconds(5))),
	                 -ETIMEDOUT);
	assert_int_equal(now(), start + 5 * MILLISECOND);
	/* Of a set it is a point in time, and this one is over. */
	assert_int_equal(call("futex", AT(words), FUTEX_WAIT_BITSET, 0,
	                      AT(milliseconds(1)), 0, UINT32_MAX),
	                 -ETIMEDOUT);
	assert_int_equal(now(), start + 5 * MILLISECOND);
	times->tv_nsec = 1000000000;
	assert_int_equal(call("futex", AT(words), FUTEX_WAIT, 0, AT(times)),
	                 -EINVAL);
}

static void wait_for_second_bit(const void *name)
{
	assert_int_equal(call("futex", AT(words), FUTEX_WAIT_BITSET, 0, 0, 0,
	                      2),
	                 0);
	note(name);
}

static void futex_wakes_by_set(void **state)
{
	(void)state;
	machine_thread(wait_for_second_bit, "a");
	machine_settle();
	assert_int_equal(call("futex", AT(words), FUTEX_WAKE_BITSET, 1, 0, 0,
	                      5),
	                 0);
	assert_int_equal(call("futex", AT(words), FUTEX_WAKE_BITSET, 1, 0, 0,
	                      6),
	                 1);
	machine_settle();
	assert_string_equal(order, "a");
}

static void futex_moves_waiters(void **state)
{
	(void)state;
	three_wait();
	assert_int_equal(call("futex", AT(words), FUTEX_CMP_REQUEUE, 1,
	                      INT_MAX, AT(words + 1), 7),
	                 -EAGAIN);
	assert_int_equal(call("futex", AT(words), FUTEX_CMP_REQUEUE, 1,
	                      INT_MAX, AT(words + 1), 0),
	                 3);
	machine_settle();
	assert_string_equal(order, "a");
	assert_int_equal(wake(0, INT_MAX), 0);
	assert_int_equal(wake(1, INT_MAX), 2);
	machine_settle();
	assert_string_equal(order, "abc");
}

static void futex_changes_and_wakes(void **state)
{
	(void)state;
	three_wait();
	/* words[1] += 5; wakes there, too, if it was 0; nobody waits there */
	assert_int_equal(call("futex", AT(words), FUTEX_WAKE_OP, 1, INT_MAX,
	                      AT(words + 1),
	                      FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0)),
	                 1);
	assert_int_equal(words[1], 5);
	/* words[0] |= 8; the second condition holds: the rest wakes */
	assert_int_equal(call("futex", AT(words + 1), FUTEX_WAKE_OP, 1,
	                      INT_MAX, AT(words),
	                      FUTEX_OP(FUTEX_OP_OR, 8, FUTEX_OP_CMP_LT, 1)),
	                 2);
	assert_int_equal(words[0], 8);
	machine_settle();
	assert_string_equal(order, "abc");
}

static void lock_and_note(const void *name)
{
	assert_int_equal(call("futex", AT(words), FUTEX_TRYLOCK_PI, 0, 0),
	                 -EAGAIN);
	assert_int_equal(call("futex", AT(words), FUTEX_UNLOCK_PI, 0, 0),
	                 -EPERM);
	assert_int_equal(call("futex", AT(words), FUTEX_LOCK_PI, 0, 0), 0);
	note(name);
	assert_int_equal(call("futex", AT(words), FUTEX_UNLOCK_PI, 0, 0), 0);
}

static void locks_have_one_owner(void **state)
{
	(void)state;
	assert_int_equal(call("futex", AT(words), FUTEX_LOCK_PI, 0, 0), 0);
	assert_int_equal(words[0], call("gettid"));
	assert_int_equal(call("futex", AT(words), FUTEX_LOCK_PI, 0, 0),
	                 -EDEADLK);
	machine_thread(lock_and_note, "a");
	machine_thread(lock_and_note, "b");
	machine_settle();
	assert_string_equal(order, "");
	assert_int_equal(call("futex", AT(words), FUTEX_UNLOCK_PI, 0, 0), 0);
	machine_settle();
	assert_string_equal(order, "ab");
}

/* ------------------------------------------------------- threads that end */

static void end_with_a_word(const void *argument)
{
	(void)argument;
	call("set_tid_address", AT(words));
}

static void a_joiner_is_woken(void **state)
{
	(void)state;
	words[0] = 1;
	machine_thread(end_with_a_word, NULL);
	assert_int_equal(call("futex", AT(words), FUTEX_WAIT, 1, 0), 0);
	assert_int_equal(words[0], 0);
}

struct lock {
	struct robust_list link;
	uint32_t word;
};

static void end_with_a_lock(const void *argument)
{
	struct robust_list_head *head = machine_memory(sizeof(*head));
	struct lock *lock = (void *)(uintptr_t)argument;

	lock->word = (uint32_t)call("gettid") | FUTEX_WAITERS;
	lock->link.next = &head->list;
	*head = (struct robust_list_head){
	        .list.next = &lock->link,
	        .futex_offset = offsetof(struct lock, word),
	};
	assert_int_equal(call("set_robust_list", AT(head), sizeof(*head)), 0);
	call("sched_yield");
}

static void a_lock_outlives_its_owner(void **state)
{
	struct lock *lock = machine_memory(sizeof(*lock));

	(void)state;
	machine_thread(end_with_a_lock, lock);
	call("sched_yield");
	assert_int_equal(call("futex", AT(&lock->word), FUTEX_WAIT, lock->word,
	                      0),
	                 0);
	assert_int_equal(lock->word, FUTEX_WAITERS | FUTEX_OWNER_DIED);
}

static void program(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup(name, set_up)
	        CASE(threads_take_turns),
	        CASE(turns_without_end_exchange),
	        CASE(time_moves_with_exchanges),
	        CASE(reads_without_end_exchange),
	        CASE(sleepers_wake_by_time),
	        CASE(timers_count_what_passed),
	        CASE(futex_wakes_in_order),
	        CASE(futex_looks_at_its_word),
	        CASE(futex_times_out),
	        CASE(futex_wakes_by_set),
	        CASE(futex_moves_waiters),
	        CASE(futex_changes_and_wakes),
	        CASE(locks_have_one_owner),
	        CASE(a_joiner_is_woken),
	        CASE(a_lock_outlives_its_owner),
	};

	words = machine_memory(4096);
	times = machine_memory(4096);
	exit(cmocka_run_group_tests(tests, NULL, NULL));
}

int main(void)
{
	machine_run(program);
}
