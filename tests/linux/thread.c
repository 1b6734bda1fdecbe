/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/time.h>

/* linux/futex.h, which not every C library comes with */
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
	FUTEX_PRIVATE = 128,
	FUTEX_CLOCK_REALTIME = 256,
};
#define ADD_5_IF_ZERO (1u << 28 | 5 << 12)

static long futex(void *word, int operation, unsigned value, void *time,
                  void *other, unsigned third)
{
	return syscall(SYS_futex, word, operation, value, time, other, third);
}

static void say_error(int error)
{
	printf(" %s", error ? error_name(error) : "0");
}

#define ASK_ERROR(name, call)                                                  \
	do {                                                                   \
		begin(name);                                                   \
		say_error(call);                                               \
		done();                                                        \
	} while (0)

/* ------------------------------------------------------------- threads */

static __thread int own = 5;
static int steps;

static void *add_one(void *argument)
{
	own += (int)(intptr_t)argument;
	return (void *)(intptr_t)own;
}

static void *leave(void *argument)
{
	pthread_exit(argument);
}

static void creating(void)
{
	pthread_attr_t attribute;
	pthread_t threads[20];
	void *result;
	long sum = 0;

	for (intptr_t i = 0; i < 20; i++)
		pthread_create(&threads[i], NULL, add_one, (void *)i);
	for (int i = 0; i < 20; i++) {
		pthread_join(threads[i], &result);
		sum += (intptr_t)result;
	}
	ASK("thread-tls", sum);
	ASK("thread-tls-own", own);
	pthread_create(&threads[0], NULL, leave, (void *)77);
	pthread_join(threads[0], &result);
	ASK("thread-exit", (intptr_t)result);
	pthread_attr_init(&attribute);
	ASK_ERROR("thread-small-stack",
	          pthread_attr_setstacksize(&attribute, 100));
	pthread_attr_setdetachstate(&attribute, PTHREAD_CREATE_DETACHED);
	ASK_ERROR("thread-detached",
	          pthread_create(&threads[0], &attribute, add_one, NULL));
	pthread_attr_destroy(&attribute);
}

static pthread_key_t key;
static long destroyed;

static void destroy(void *value)
{
	destroyed += (long)value;
	if ((long)value == 3)
		pthread_setspecific(key, (void *)100);
}

static void *set_key(void *argument)
{
	pthread_setspecific(key, argument);
	return NULL;
}

static void keys(void)
{
	pthread_t thread;

	pthread_key_create(&key, destroy);
	ASK("key-empty", (long)pthread_getspecific(key));
	pthread_create(&thread, NULL, set_key, (void *)3);
	pthread_join(thread, NULL);
	ASK("key-destroyed", destroyed);
	ASK_ERROR("key-delete", pthread_key_delete(key));
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int runs;

static void run_once(void)
{
	runs++;
	sched_yield();
}

static void *call_once(void *argument)
{
	pthread_once(&once, run_once);
	return argument;
}

/* ------------------------------------------------------- locks and signs */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int shared, turn;

static void *count(void *argument)
{
	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&mutex);
		int before = shared;

		if (i % 10 == 0)
			sched_yield();
		shared = before + 1;
		pthread_mutex_unlock(&mutex);
	}
	return argument;
}

/* Two threads in turn, by one condition. */
static void *take_turns(void *argument)
{
	int mine = (int)(intptr_t)argument;

	for (int i = 0; i < 50; i++) {
		pthread_mutex_lock(&mutex);
		while (turn % 2 != mine)
			pthread_cond_wait(&condition, &mutex);
		turn++;
		pthread_cond_broadcast(&condition);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *try_it(void *lock)
{
	return (void *)(intptr_t)pthread_mutex_trylock(lock);
}

static void *unlock_it(void *lock)
{
	return (void *)(intptr_t)pthread_mutex_unlock(lock);
}

static void *lock_and_die(void *lock)
{
	pthread_mutex_lock(lock);
	return NULL;
}

static long in_thread(void *(*function)(void *), void *argument)
{
	pthread_t thread;
	void *result;

	pthread_create(&thread, NULL, function, argument);
	pthread_join(thread, &result);
	return (intptr_t)result;
}

static void all_run(void *(*function)(void *), int n)
{
	pthread_t threads[16];

	for (intptr_t i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, function, (void *)i);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static void mutexes(void)
{
	static const int kinds[] = {PTHREAD_MUTEX_NORMAL,
	                            PTHREAD_MUTEX_RECURSIVE,
	                            PTHREAD_MUTEX_ERRORCHECK};
	struct timespec past = {.tv_sec = 1};

	all_run(count, 8);
	ASK("mutex-count", shared);
	all_run(take_turns, 2);
	ASK("condition-turns", turn);
	all_run(call_once, 8);
	ASK("once", runs);
	for (int i = 0; i < 3; i++) {
		pthread_mutexattr_t attribute;
		pthread_mutex_t m;

		pthread_mutexattr_init(&attribute);
		pthread_mutexattr_settype(&attribute, kinds[i]);
		pthread_mutex_init(&m, &attribute);
		printf("mutex-kind-%d:", i);
		say_error(pthread_mutex_lock(&m));
		say_error(in_thread(try_it, &m));
		if (i) {
			say_error(pthread_mutex_lock(&m));
			say_error(in_thread(unlock_it, &m));
		}
		say_error(pthread_mutex_timedlock(&m, &past));
		say_error(pthread_mutex_unlock(&m));
		done();
	}
	pthread_mutex_lock(&mutex);
	ASK_ERROR("condition-past",
	          pthread_cond_timedwait(&condition, &mutex, &past));
	pthread_mutex_unlock(&mutex);
}

/* Of robust mutexes, with and without an heir of priorities. */
static void robust(int protocol)
{
	pthread_mutexattr_t attribute;
	pthread_mutex_t m;

	pthread_mutexattr_init(&attribute);
	pthread_mutexattr_setrobust(&attribute, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setprotocol(&attribute, protocol);
	pthread_mutex_init(&m, &attribute);
	begin(protocol ? "robust-heir" : "robust");
	in_thread(lock_and_die, &m);
	say_error(pthread_mutex_lock(&m));
	say_error(in_thread(try_it, &m));
	say_error(pthread_mutex_consistent(&m));
	say_error(pthread_mutex_unlock(&m));
	in_thread(lock_and_die, &m);
	say_error(pthread_mutex_trylock(&m));
	say_error(pthread_mutex_unlock(&m));
	say_error(pthread_mutex_lock(&m));
	done();
}

static pthread_barrier_t barrier;
static int serial;

static void *meet(void *argument)
{
	for (int i = 0; i < 10; i++)
		if (pthread_barrier_wait(&barrier) ==
		    PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
	return argument;
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

static void *try_read(void *argument)
{
	int r = pthread_rwlock_tryrdlock(&rwlock);

	if (!r)
		pthread_rwlock_unlock(&rwlock);
	return (void *)(intptr_t)r;
}

static void *try_write(void *argument)
{
	int r = pthread_rwlock_trywrlock(&rwlock);

	if (!r)
		pthread_rwlock_unlock(&rwlock);
	return (void *)(intptr_t)r;
}

static sem_t semaphore;

static void *post(void *argument)
{
	for (int i = 0; i < 30; i++)
		sem_post(&semaphore);
	return NULL;
}

static void others(void)
{
	struct timespec past = {.tv_sec = 1};

	pthread_barrier_init(&barrier, NULL, 6);
	all_run(meet, 6);
	ASK("barrier", serial);
	pthread_rwlock_rdlock(&rwlock);
	ASK_ERROR("rwlock-shared", in_thread(try_read, NULL));
	ASK_ERROR("rwlock-read-held", in_thread(try_write, NULL));
	pthread_rwlock_unlock(&rwlock);
	pthread_rwlock_wrlock(&rwlock);
	ASK_ERROR("rwlock-write-held", in_thread(try_read, NULL));
	pthread_rwlock_unlock(&rwlock);
	sem_init(&semaphore, 0, 0);
	ASK("semaphore-try", sem_trywait(&semaphore));
	ASK("semaphore-past", sem_timedwait(&semaphore, &past));
	all_run(post, 2);
	for (int i = 0; i < 60; i++)
		sem_wait(&semaphore);
	ASK("semaphore-empty", sem_trywait(&semaphore));
}

static void note(void *argument)
{
	steps = steps * 10 + (int)(intptr_t)argument;
}

static void *sleep_long(void *argument)
{
	pthread_cleanup_push(note, (void *)1);
	pthread_cleanup_push(note, (void *)2);
	sem_post(&semaphore);
	sleep(100);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *cannot(void *argument)
{
	int old;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	sem_post(&semaphore);
	usleep(100000);
	note((void *)3);
	pthread_setcancelstate(old, NULL);
	pthread_testcancel();
	note((void *)4);
	return NULL;
}

static void cancelling(void)
{
	void *(*const functions[])(void *) = {sleep_long, cannot};

	for (int i = 0; i < 2; i++) {
		pthread_t thread;
		void *result;

		pthread_create(&thread, NULL, functions[i], NULL);
		sem_wait(&semaphore);
		pthread_cancel(thread);
		pthread_join(thread, &result);
		ASK(i ? "cancel-later" : "cancel", result == PTHREAD_CANCELED);
	}
	ASK("cancel-steps", steps);
}

/* --------------------------------------------------------------- signals */

static volatile sig_atomic_t caught, in_other;
static pthread_t main_thread;

static void handler(int number)
{
	caught++;
	in_other = !pthread_equal(pthread_self(), main_thread);
}

static void *wait_signal(void *argument)
{
	sigset_t set;
	int number = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sem_post(&semaphore);
	say_error(sigwait(&set, &number));
	return (void *)(intptr_t)(number == SIGUSR2);
}

static void *pause_it(void *argument)
{
	sem_post(&semaphore);
	usleep(999999);
	return (void *)(intptr_t)in_other;
}

static void signals(void)
{
	pthread_t thread;
	sigset_t set;
	void *result;

	main_thread = pthread_self();
	signal(SIGUSR1, handler);
	pthread_create(&thread, NULL, pause_it, NULL);
	sem_wait(&semaphore);
	ASK_ERROR("kill-thread", pthread_kill(thread, SIGUSR1));
	pthread_join(thread, &result);
	ASK("kill-thread-there", (intptr_t)result);
	ASK_ERROR("kill-thread-bad", pthread_kill(main_thread, 99));
	ASK_ERROR("kill-thread-nothing", pthread_kill(main_thread, 0));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	begin("sigwait");
	pthread_create(&thread, NULL, wait_signal, NULL);
	sem_wait(&semaphore);
	kill(getpid(), SIGUSR2);
	pthread_join(thread, &result);
	say((intptr_t)result);
	done();
	ASK("tgkill-bad", syscall(SYS_tgkill, getpid(), -1, 0));
	ASK("tgkill-none", syscall(SYS_tgkill, getpid(), 999999, 0));
	ASK("tgkill-group", syscall(SYS_tgkill, -1, getpid(), 0));
	ASK("tkill-zero", syscall(SYS_tkill, 0, 0));
}

/* ----------------------------------------------------------------- futex */

static unsigned word, second;
static struct timespec soon = {.tv_nsec = 2000000}, past = {.tv_sec = 1};

static void *futex_sleeper(void *argument)
{
	sem_post(&semaphore);
	return (void *)futex(&word, FUTEX_WAIT | FUTEX_PRIVATE, 0, NULL, NULL, 0);
}

static void *futex_waiter(void *argument)
{
	long r = futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL,
	               (unsigned)(intptr_t)argument);

	return (void *)r;
}

/* A wake that finds N who sleep; they need a moment to get there. */
static long wake(unsigned *at, int operation, int n, unsigned set)
{
	long total = 0;

	for (int i = 0; i < 1000 && total < n; i++) {
		long r = futex(at, operation, n - total, NULL, NULL, set);

		if (r < 0)
			return r;
		total += r;
		usleep(100);
	}
	return total;
}

static void futex_errors(void)
{
	struct timespec bad = {.tv_nsec = 1000000000}, negative = {-1, 0};
	char *hole = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
	                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(hole + 4096, 4096);
	word = 1;
	ASK("futex-other-value", futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0));
	ASK("futex-unaligned",
	    futex((char *)&word + 1, FUTEX_WAIT, 0, NULL, NULL, 0));
	ASK("futex-wake-unaligned",
	    futex((char *)&word + 1, FUTEX_WAKE, 1, NULL, NULL, 0));
	ASK("futex-fault", futex(hole + 4096, FUTEX_WAIT, 0, NULL, NULL, 0));
	ASK("futex-wake-hole-private",
	    futex(hole + 4096, FUTEX_WAKE | FUTEX_PRIVATE, 1, NULL, NULL, 0));
	ASK("futex-time", futex(&word, FUTEX_WAIT, 1, &soon, NULL, 0));
	ASK("futex-time-bad", futex(&word, FUTEX_WAIT, 1, &bad, NULL, 0));
	ASK("futex-time-negative",
	    futex(&word, FUTEX_WAIT, 1, &negative, NULL, 0));
	ASK("futex-time-fault",
	    futex(&word, FUTEX_WAIT, 1, (void *)8, NULL, 0));
	ASK("futex-absolute",
	    futex(&word, FUTEX_WAIT_BITSET, 1, &past, NULL, -1));
	ASK("futex-realtime",
	    futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 1, &past,
	          NULL, -1));
	ASK("futex-realtime-wake",
	    futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
	ASK("futex-no-bits", futex(&word, FUTEX_WAIT_BITSET, 1, NULL, NULL, 0));
	ASK("futex-wake-no-bits",
	    futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
	ASK("futex-operation", futex(&word, 77, 0, NULL, NULL, 0));
	ASK("futex-fd", futex(&word, 2, 0, NULL, NULL, 0));
	ASK("futex-wake-none", futex(&word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0));
	ASK("futex-requeue-negative",
	    futex(&word, FUTEX_REQUEUE, -1, NULL, &second, 0));
	ASK("futex-requeue-negative-2",
	    futex(&word, FUTEX_REQUEUE, 1, (void *)-1, &second, 0));
	ASK("futex-requeue-unaligned",
	    futex(&word, FUTEX_REQUEUE, 1, NULL, (char *)&second + 2, 0));
	ASK("futex-compare",
	    futex(&word, FUTEX_CMP_REQUEUE, 1, NULL, &second, 7));
	ASK("futex-wake-op", futex(&word, FUTEX_WAKE_OP, 1, NULL, &second,
	                           ADD_5_IF_ZERO));
	ASK("futex-wake-op-value", second);
	ASK("futex-wake-op-bad", futex(&word, FUTEX_WAKE_OP, 1, NULL, &second,
	                               0x70000000));
	ASK("futex-wake-op-compare", futex(&word, FUTEX_WAKE_OP, 1, NULL,
	                                   &second, 0x0f000000));
	word = 999999;
	ASK("futex-unlock-not-mine",
	    futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	word = syscall(SYS_gettid);
	ASK("futex-lock-again", futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	ASK("futex-try-again",
	    futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	ASK("futex-unlock", futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	ASK("futex-unlocked", word);
	word = 999999;
	ASK("futex-lock-nobody", futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	word = 0;
	ASK("futex-lock", futex(&word, FUTEX_LOCK_PI, 0, &past, NULL, 0));
	ASK("futex-lock-mine", word == syscall(SYS_gettid));
	munmap(hole, 4096);
}

static void futex_wakes(void)
{
	pthread_t threads[4];
	void *result;

	word = 0;
	for (int i = 0; i < 4; i++) {
		pthread_create(&threads[i], NULL, futex_sleeper, NULL);
		sem_wait(&semaphore);
	}
	ASK("futex-wake", wake(&word, FUTEX_WAKE | FUTEX_PRIVATE, 4, 0));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], &result);
	ASK("futex-woken", (long)result);
	for (intptr_t i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, futex_waiter, (void *)(i + 1));
	ASK("futex-bit-4", futex(&word, FUTEX_WAKE_BITSET, 9, NULL, NULL, 4));
	ASK("futex-bit-1", wake(&word, FUTEX_WAKE_BITSET, 1, 1));
	ASK("futex-bit-2", wake(&word, FUTEX_WAKE_BITSET, 1, 2));
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	for (int i = 0; i < 3; i++) {
		pthread_create(&threads[i], NULL, futex_sleeper, NULL);
		sem_wait(&semaphore);
	}
	usleep(100000);
	ASK("futex-requeue", futex(&word, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE, 1,
	                           (void *)10, &second, 0));
	ASK("futex-nobody-left",
	    futex(&word, FUTEX_WAKE | FUTEX_PRIVATE, 9, NULL, NULL, 0));
	ASK("futex-requeued",
	    futex(&second, FUTEX_WAKE | FUTEX_PRIVATE, 9, NULL, NULL, 0));
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

static void lists(void)
{
	void *head = NULL;
	size_t size = 0;

	ASK("robust-size", syscall(SYS_set_robust_list, &head, 8));
	ASK("robust-none", syscall(SYS_get_robust_list, 999999, &head, &size));
	ASK("robust-get", syscall(SYS_get_robust_list, 0, &head, &size));
	ASK("robust-fault", syscall(SYS_get_robust_list, 0, 8, &size));
	ASK("tid-address",
	    syscall(SYS_set_tid_address, &word) == syscall(SYS_gettid));
}

static void scheduling(void)
{
	struct sched_param p = {0};
	struct timespec t;
	cpu_set_t set;

	ASK("sched-yield", sched_yield());
	ASK("sched-get", sched_getscheduler(0));
	ASK("sched-get-none", sched_getscheduler(999999));
	ASK("sched-get-negative", sched_getscheduler(-1));
	ASK("sched-param", sched_getparam(0, &p));
	ASK("sched-param-priority", p.sched_priority);
	ASK("sched-param-fault", syscall(SYS_sched_getparam, 0, 0));
	ASK("sched-set", sched_setscheduler(0, SCHED_OTHER, &p));
	p.sched_priority = 5;
	ASK("sched-set-param", sched_setparam(0, &p));
	ASK("sched-max-fifo", sched_get_priority_max(SCHED_FIFO));
	ASK("sched-min-fifo", sched_get_priority_min(SCHED_FIFO));
	ASK("sched-max-other", sched_get_priority_max(SCHED_OTHER));
	ASK("sched-max-batch", sched_get_priority_max(3));
	ASK("sched-max-bad", sched_get_priority_max(77));
	ASK("sched-interval", sched_rr_get_interval(0, &t));
	ASK("sched-interval-none", sched_rr_get_interval(999999, &t));
	ASK("sched-affinity-small", syscall(SYS_sched_getaffinity, 0, 4, &set));
	ASK("sched-affinity-none",
	    syscall(SYS_sched_getaffinity, 999999, sizeof(set), &set));
	CPU_ZERO(&set);
	ASK("sched-affinity-empty", sched_setaffinity(0, sizeof(set), &set));
	ASK("membarrier-flag", syscall(SYS_membarrier, 0, 77, 0));
}

int main(void)
{
	creating();
	keys();
	mutexes();
	robust(PTHREAD_PRIO_NONE);
	robust(PTHREAD_PRIO_INHERIT);
	others();
	cancelling();
	signals();
	futex_errors();
	futex_wakes();
	scheduling();
	lists();
	return 0;
}
