/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <time.h>

#define MILLISECOND 1000000

/* struct sigevent without the C libraries' own fields. */
struct event {
	uint64_t value;
	int32_t number, notify, task, padding[13];
};

/* What the C libraries answer without the kernel, or in another way. */
#define CALL(name, ...) syscall(SYS_##name, __VA_ARGS__)

static int64_t nanoseconds(int clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void clocks(void)
{
	static const int all[] = {
	        CLOCK_REALTIME,           CLOCK_MONOTONIC,
	        CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
	        CLOCK_MONOTONIC_RAW,      CLOCK_REALTIME_COARSE,
	        CLOCK_MONOTONIC_COARSE,   CLOCK_BOOTTIME,
	        CLOCK_TAI,
	};
	struct timespec t;
	struct timeval v;
	struct timezone zone;
	struct tms tms;
	int64_t before, after;

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		before = nanoseconds(all[i]);
		after = nanoseconds(all[i]);
		begin("clock");
		say(all[i]);
		say(before > 0);
		say(after >= before);
		done();
	}
	/* What C libraries find the clocks in without a system call. */
	begin("clock-vdso");
	say(memcmp((void *)getauxval(AT_SYSINFO_EHDR), "\177ELF", 4) == 0);
	done();
	ASK("clock-zone", gettimeofday(&v, &zone));
	ASK("clock-bad", CALL(clock_gettime, 10, &t));
	ASK("clock-bad-large", CALL(clock_gettime, 99, &t));
	ASK("clock-fault", CALL(clock_gettime, CLOCK_REALTIME, 8));
	ASK("clock-res-bad", CALL(clock_getres, 99, &t));
	ASK("clock-res-nowhere", CALL(clock_getres, CLOCK_REALTIME, 0));
	ASK("clock-res-fault", CALL(clock_getres, CLOCK_REALTIME, 8));
	clock_getres(CLOCK_MONOTONIC, &t);
	ASK("clock-res", t.tv_sec * 1000000000 + t.tv_nsec);
	clock_getres(CLOCK_PROCESS_CPUTIME_ID, &t);
	ASK("clock-res-cpu", t.tv_sec * 1000000000 + t.tv_nsec);
	clock_gettime(CLOCK_REALTIME, &t);
	ASK("clock-set-bad", CALL(clock_settime, 99, &t));
	ASK("clock-set-fault", CALL(clock_settime, CLOCK_REALTIME, 8));
	ASK("clock-set-monotonic", CALL(clock_settime, CLOCK_MONOTONIC, &t));
	ASK("clock-set", CALL(clock_settime, CLOCK_REALTIME, &t));
	t.tv_nsec = 1000000000;
	ASK("clock-set-value", CALL(clock_settime, CLOCK_REALTIME, &t));
	v = (struct timeval){.tv_usec = 1000000};
	ASK("settimeofday-value", CALL(settimeofday, &v, 0));
	gettimeofday(&v, NULL);
	ASK("settimeofday", CALL(settimeofday, &v, 0));
	ASK("settimeofday-fault", CALL(settimeofday, 8, 0));
	ASK("gettimeofday", CALL(gettimeofday, &v, &zone));
	ASK("gettimeofday-range", v.tv_usec >= 0 && v.tv_usec < 1000000);
	ASK("gettimeofday-nowhere", CALL(gettimeofday, 0, 0));
	ASK("gettimeofday-fault", CALL(gettimeofday, 8, 0));
	ASK("times", times(&tms) != -1);
	ASK("times-nowhere", CALL(times, 0) != -1);
	ASK("times-fault", CALL(times, 8));
	ASK("times-children", tms.tms_cutime + tms.tms_cstime);
	ASK("ticks", sysconf(_SC_CLK_TCK));
}

static volatile sig_atomic_t caught;

static void handler(int number)
{
	caught = number;
}

/* SIGALRM in 5 ms and then, until it is switched off, every 5 ms. */
static void interrupt(int on)
{
	struct itimerval t = {{0, on * 5000}, {0, on * 5000}};

	setitimer(ITIMER_REAL, &t, NULL);
}

static void sleeping(void)
{
	struct timespec t = {0, 0}, left = {77, 77};
	struct sigaction action = {.sa_handler = handler};
	int64_t before;

	sigaction(SIGALRM, &action, NULL);
	ASK("nanosleep-nothing", CALL(nanosleep, &t, 0));
	t.tv_nsec = 1000000000;
	ASK("nanosleep-value", CALL(nanosleep, &t, 0));
	t.tv_nsec = -1;
	ASK("nanosleep-negative", CALL(nanosleep, &t, 0));
	t = (struct timespec){-1, 0};
	ASK("nanosleep-past", CALL(nanosleep, &t, 0));
	ASK("nanosleep-fault", CALL(nanosleep, 8, 0));
	t = (struct timespec){0, 3 * MILLISECOND};
	before = nanoseconds(CLOCK_MONOTONIC);
	ASK("nanosleep", CALL(nanosleep, &t, &left));
	ASK("nanosleep-slept",
	    nanoseconds(CLOCK_MONOTONIC) - before >= 3 * MILLISECOND);
	ASK("nanosleep-left-alone", left.tv_sec);
	t.tv_sec = 100;
	interrupt(1);
	ASK("nanosleep-interrupted", CALL(nanosleep, &t, &left));
	ASK("nanosleep-left", left.tv_sec > 50 && left.tv_sec <= 100);
	ASK("nanosleep-left-fault", CALL(nanosleep, &t, 8));
	ASK("clock-nanosleep-interrupted",
	    CALL(clock_nanosleep, CLOCK_REALTIME, 0, &t, &left));
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += 100;
	left.tv_sec = 77;
	ASK("clock-nanosleep-absolute-interrupted",
	    CALL(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, &left));
	ASK("clock-nanosleep-absolute-left", left.tv_sec);
	action.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &action, NULL);
	t.tv_sec = 100;
	ASK("nanosleep-not-restarted", CALL(nanosleep, &t, &left));
	interrupt(0);
	/* A signal without a handler does not end a sleep. */
	signal(SIGALRM, SIG_IGN);
	interrupt(1);
	before = nanoseconds(CLOCK_MONOTONIC);
	t = (struct timespec){0, 20 * MILLISECOND};
	ASK("nanosleep-ignored", CALL(nanosleep, &t, &left));
	ASK("nanosleep-ignored-slept",
	    nanoseconds(CLOCK_MONOTONIC) - before >= 20 * MILLISECOND);
	interrupt(0);
	t = (struct timespec){0, MILLISECOND};
	ASK("clock-nanosleep-bad",
	    CALL(clock_nanosleep, 99, 0, &t, 0));
	ASK("clock-nanosleep-thread",
	    CALL(clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &t, 0));
	ASK("clock-nanosleep-raw",
	    CALL(clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &t, 0));
	ASK("clock-nanosleep-coarse",
	    CALL(clock_nanosleep, CLOCK_REALTIME_COARSE, 0, &t, 0));
	ASK("clock-nanosleep-tai", CALL(clock_nanosleep, CLOCK_TAI, 0, &t, 0));
	ASK("clock-nanosleep-boot",
	    CALL(clock_nanosleep, CLOCK_BOOTTIME, 0, &t, 0));
	ASK("clock-nanosleep-fault",
	    CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, 8, 0));
	t.tv_nsec = 1000000000;
	ASK("clock-nanosleep-value",
	    CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, &t, 0));
	t = (struct timespec){1, 0};
	ASK("clock-nanosleep-past",
	    CALL(clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &t, 0));
	t = (struct timespec){-1, 0};
	ASK("clock-nanosleep-before-all",
	    CALL(clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &t, 0));
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += t.tv_nsec >= 995 * MILLISECOND;
	t.tv_nsec = (t.tv_nsec + 5 * MILLISECOND) % 1000000000;
	ASK("clock-nanosleep-absolute",
	    CALL(clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &t, 0));
	before = nanoseconds(CLOCK_REALTIME);
	ASK("clock-nanosleep-absolute-slept",
	    before >= t.tv_sec * INT64_C(1000000000) + t.tv_nsec);
}

static void alarms(void)
{
	struct itimerval t = {{0, 0}, {100, 0}}, old;
	struct sigaction action = {.sa_handler = handler};

	sigaction(SIGALRM, &action, NULL);
	caught = 0;
	ASK("alarm-none", alarm(10));
	ASK("alarm-replaced", alarm(1000) == 10);
	getitimer(ITIMER_REAL, &old);
	ASK("alarm-is-a-timer", old.it_value.tv_sec > 900);
	ASK("alarm-large", alarm(UINT_MAX) == 1000);
	ASK("alarm-off", alarm(0) > 1000000);
	ASK("alarm-off-again", alarm(0));
	ASK("setitimer", setitimer(ITIMER_REAL, &t, &old));
	ASK("setitimer-old", old.it_value.tv_sec + old.it_interval.tv_sec);
	ASK("setitimer-alarm", alarm(0) == 100);
	t.it_value.tv_usec = 1000000;
	ASK("setitimer-value", setitimer(ITIMER_REAL, &t, NULL));
	t.it_value.tv_usec = -1;
	ASK("setitimer-negative", setitimer(ITIMER_REAL, &t, NULL));
	ASK("setitimer-which", CALL(setitimer, 3, 0, 0));
	ASK("setitimer-which-negative", CALL(setitimer, -1, 0, 0));
	ASK("setitimer-fault", CALL(setitimer, ITIMER_REAL, 8, 0));
	ASK("getitimer-which", CALL(getitimer, 3, &t));
	ASK("getitimer-fault", CALL(getitimer, ITIMER_REAL, 8));
	/* Without a new value, it is switched off. */
	t = (struct itimerval){{0, 0}, {100, 0}};
	setitimer(ITIMER_REAL, &t, NULL);
	ASK("setitimer-nothing", CALL(setitimer, ITIMER_REAL, 0, &old));
	ASK("setitimer-nothing-old", old.it_value.tv_sec >= 90);
	getitimer(ITIMER_REAL, &t);
	ASK("setitimer-nothing-off", t.it_value.tv_sec);
	t = (struct itimerval){{70, 5}, {0, 0}};
	setitimer(ITIMER_REAL, &t, NULL);
	getitimer(ITIMER_REAL, &old);
	ASK("setitimer-interval-kept", old.it_interval.tv_sec);
	t = (struct itimerval){{0, 0}, {0, 1}};
	setitimer(ITIMER_REAL, &t, NULL);
	while (!caught)
		usleep(500);
	ASK("setitimer-signal", caught == SIGALRM);
	getitimer(ITIMER_REAL, &old);
	ASK("setitimer-once", old.it_value.tv_usec + old.it_value.tv_sec);
}

static void handle_value(int number, siginfo_t *info, void *context)
{
	caught = info->si_code == SI_TIMER ? info->si_value.sival_int : -1;
}

static volatile sig_atomic_t thread_signal;

static void note_thread(int number)
{
	thread_signal = syscall(SYS_gettid);
}

static int create(int clock, struct event *event)
{
	int id = -1;

	return CALL(timer_create, clock, event, &id) ? -1 : id;
}

static void timer_making(void)
{
	struct event event = {.number = SIGUSR1, .notify = SIGEV_SIGNAL};
	int id;

	ASK("timer-default", create(CLOCK_REALTIME, NULL));
	ASK("timer-second", create(CLOCK_MONOTONIC, &event));
	ASK("timer-delete", CALL(timer_delete, 1));
	ASK("timer-delete-again", CALL(timer_delete, 1));
	ASK("timer-boottime", create(CLOCK_BOOTTIME, &event) >= 0);
	ASK("timer-cpu", create(CLOCK_PROCESS_CPUTIME_ID, &event) >= 0);
	ASK("timer-thread", create(CLOCK_THREAD_CPUTIME_ID, &event) >= 0);
	ASK("timer-tai", create(CLOCK_TAI, &event) >= 0);
	ASK("timer-raw", create(CLOCK_MONOTONIC_RAW, &event));
	ASK("timer-coarse", create(CLOCK_REALTIME_COARSE, &event));
	ASK("timer-bad-clock", create(99, &event));
	ASK("timer-fault", CALL(timer_create, CLOCK_REALTIME, 8, &id));
	ASK("timer-id-fault", CALL(timer_create, CLOCK_REALTIME, &event, 8));
	event.notify = SIGEV_NONE;
	ASK("timer-silent", create(CLOCK_REALTIME, &event) >= 0);
	event.number = 0;
	ASK("timer-silent-no-signal", create(CLOCK_REALTIME, &event) >= 0);
	event.notify = SIGEV_SIGNAL;
	ASK("timer-no-signal", create(CLOCK_REALTIME, &event));
	event.number = 65;
	ASK("timer-bad-signal", create(CLOCK_REALTIME, &event));
	event.number = SIGUSR1;
	event.notify = 77;
	ASK("timer-notify", create(CLOCK_REALTIME, &event));
	event.notify = 3;
	ASK("timer-notify-both", create(CLOCK_REALTIME, &event));
	event.notify = 4;
	event.task = 0;
	ASK("timer-no-thread", create(CLOCK_REALTIME, &event));
	event.task = 1 << 29;
	ASK("timer-bad-thread", create(CLOCK_REALTIME, &event));
	event.task = syscall(SYS_gettid);
	ASK("timer-one-thread", create(CLOCK_REALTIME, &event) >= 0);
	event.notify = SIGEV_THREAD;
	ASK("timer-thread-notify", create(CLOCK_REALTIME, &event) >= 0);
	for (id = 0; id < 50; id++)
		CALL(timer_delete, id);
}

static void timer_setting(void)
{
	struct event event = {
	        .value = 42, .number = SIGUSR1, .notify = SIGEV_SIGNAL};
	struct itimerspec t = {{7, 9}, {100, 0}}, old;
	struct sigaction action = {.sa_sigaction = handle_value,
	                           .sa_flags = SA_SIGINFO};
	int id = create(CLOCK_MONOTONIC, &event);

	sigaction(SIGUSR1, &action, NULL);
	CALL(timer_gettime, id, &old);
	ASK("timer-unset", old.it_value.tv_sec + old.it_value.tv_nsec);
	ASK("timer-set", CALL(timer_settime, id, 0, &t, &old));
	ASK("timer-set-old", old.it_value.tv_sec + old.it_interval.tv_sec);
	ASK("timer-get", CALL(timer_gettime, id, &old));
	ASK("timer-get-interval",
	    old.it_interval.tv_sec * 10 + old.it_interval.tv_nsec);
	ASK("timer-get-left", old.it_value.tv_sec >= 90);
	ASK("timer-set-again", CALL(timer_settime, id, 0, &t, &old));
	ASK("timer-set-again-old", old.it_value.tv_sec >= 90);
	t.it_value.tv_nsec = 1000000000;
	ASK("timer-set-value", CALL(timer_settime, id, 0, &t, 0));
	t.it_value.tv_nsec = -1;
	ASK("timer-set-negative", CALL(timer_settime, id, 0, &t, 0));
	t.it_value = (struct timespec){0, 0};
	t.it_interval.tv_nsec = -1;
	ASK("timer-off-interval", CALL(timer_settime, id, 0, &t, 0));
	t.it_interval = (struct timespec){7, 9};
	ASK("timer-off", CALL(timer_settime, id, 0, &t, &old));
	CALL(timer_gettime, id, &old);
	ASK("timer-off-interval-kept", old.it_interval.tv_sec);
	ASK("timer-set-bad", CALL(timer_settime, 99, 0, &t, 0));
	ASK("timer-set-bad-negative", CALL(timer_settime, -1, 0, &t, 0));
	ASK("timer-set-nothing", CALL(timer_settime, id, 0, 0, 0));
	ASK("timer-set-fault", CALL(timer_settime, id, 0, 8, 0));
	ASK("timer-set-old-fault", CALL(timer_settime, id, 0, &t, 8));
	ASK("timer-set-flags", CALL(timer_settime, id, 64, &t, 0));
	ASK("timer-get-bad", CALL(timer_gettime, 99, &old));
	ASK("timer-get-fault", CALL(timer_gettime, id, 8));
	ASK("timer-overrun-bad", CALL(timer_getoverrun, 99));
	ASK("timer-overrun-none", CALL(timer_getoverrun, id));
	caught = 0;
	t = (struct itimerspec){{0, 0}, {0, MILLISECOND}};
	CALL(timer_settime, id, 0, &t, 0);
	while (!caught)
		usleep(500);
	ASK("timer-value", caught);
	/* A time that has passed. */
	caught = 0;
	t = (struct itimerspec){{0, 0}, {1, 0}};
	CALL(timer_settime, id, TIMER_ABSTIME, &t, 0);
	while (!caught)
		usleep(500);
	ASK("timer-past", caught);
	CALL(timer_gettime, id, &old);
	ASK("timer-past-over", old.it_value.tv_sec + old.it_value.tv_nsec);
	clock_gettime(CLOCK_MONOTONIC, &t.it_value);
	t.it_value.tv_sec += 100;
	CALL(timer_settime, id, TIMER_ABSTIME, &t, 0);
	CALL(timer_gettime, id, &old);
	ASK("timer-absolute-left",
	    old.it_value.tv_sec > 50 && old.it_value.tv_sec <= 100);
	CALL(timer_delete, id);
}

static void timer_signals(void)
{
	struct event event = {.number = SIGUSR2, .notify = SIGEV_SIGNAL};
	struct itimerspec t = {{0, MILLISECOND}, {0, MILLISECOND}};
	struct timespec nap = {0, 20 * MILLISECOND};
	sigset_t set;
	siginfo_t info;
	int id = create(CLOCK_MONOTONIC, &event), n = 0;

	/* While the signal waits, a timer counts what it would have sent. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CALL(timer_settime, id, 0, &t, 0);
	nanosleep(&nap, NULL);
	ASK("timer-blocked", sigwaitinfo(&set, &info));
	ASK("timer-blocked-code", info.si_code == SI_TIMER);
	ASK("timer-blocked-overrun", info.si_overrun >= 10);
	ASK("timer-blocked-same",
	    CALL(timer_getoverrun, id) == info.si_overrun);
	nanosleep(&nap, NULL);
	/* One that is deleted takes its signal with it. */
	CALL(timer_delete, id);
	while (sigtimedwait(&set, &info, &(struct timespec){0, 0}) > 0)
		n++;
	ASK("timer-deleted-signals", n <= 1);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	event.notify = 4;
	event.task = syscall(SYS_gettid);
	signal(SIGUSR2, note_thread);
	id = create(CLOCK_REALTIME, &event);
	t.it_interval.tv_nsec = 0;
	CALL(timer_settime, id, 0, &t, 0);
	while (!thread_signal)
		usleep(500);
	ASK("timer-to-thread", thread_signal == event.task);
	CALL(timer_delete, id);
	event.notify = SIGEV_NONE;
	id = create(CLOCK_MONOTONIC, &event);
	CALL(timer_settime, id, 0, &t, 0);
	nanosleep(&nap, NULL);
	CALL(timer_gettime, id, &t);
	ASK("timer-silent-over", t.it_value.tv_sec + t.it_value.tv_nsec);
	t = (struct itimerspec){{10, 0}, {0, MILLISECOND}};
	CALL(timer_settime, id, 0, &t, 0);
	nanosleep(&nap, NULL);
	CALL(timer_gettime, id, &t);
	ASK("timer-silent-goes-on", t.it_value.tv_sec >= 9);
	CALL(timer_delete, id);
}

static void timerfds(void)
{
	struct itimerspec t = {{0, MILLISECOND}, {0, MILLISECOND}}, old;
	struct pollfd p = {.events = POLLIN | POLLOUT};
	struct sigaction action = {.sa_handler = handler};
	uint64_t v = 0, w[2] = {0};
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK), other;

	ASK("timerfd-process-clock",
	    timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
	ASK("timerfd-raw", timerfd_create(CLOCK_MONOTONIC_RAW, 0));
	ASK("timerfd-alarm", timerfd_create(CLOCK_BOOTTIME_ALARM, 0));
	p.fd = fd;
	ASK("timerfd-unset-poll", poll(&p, 1, 0));
	timerfd_settime(fd, 0, &t, NULL);
	usleep(20000);
	ASK("timerfd-overrun", read(fd, &v, 8));
	ASK("timerfd-overrun-count", v >= 10);
	usleep(5000);
	ASK("timerfd-get-keeps", timerfd_gettime(fd, &old));
	ASK("timerfd-get-interval", old.it_interval.tv_nsec);
	ASK("timerfd-long-read", read(fd, w, 16));
	usleep(3000);
	ASK("timerfd-read-fault", read(fd, (void *)8, 8));
	ASK("timerfd-pread", pread(fd, &v, 8, 0));
	ASK("timerfd-seek", lseek(fd, 0, SEEK_SET));
	t = (struct itimerspec){{0, 0}, {1, 0}};
	ASK("timerfd-past",
	    timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, NULL));
	p.events = POLLIN;
	ASK("timerfd-past-poll", poll(&p, 1, 5000));
	/* Setting it again forgets what has expired. */
	t = (struct itimerspec){{0, 0}, {100, 0}};
	timerfd_settime(fd, 0, &t, NULL);
	ASK("timerfd-forgets", read(fd, &v, 8));
	ASK("timerfd-off", (t.it_value.tv_sec = 0,
	                    timerfd_settime(fd, 0, &t, &old)));
	ASK("timerfd-off-old", old.it_value.tv_sec >= 90);
	timerfd_gettime(fd, &old);
	ASK("timerfd-off-left", old.it_value.tv_sec + old.it_value.tv_nsec);
	clock_gettime(CLOCK_REALTIME, &t.it_value);
	t.it_value.tv_sec += 100;
	ASK("timerfd-cancel-on-set",
	    timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
	                    &t, NULL));
	timerfd_gettime(fd, &old);
	ASK("timerfd-absolute-left",
	    old.it_value.tv_sec > 50 && old.it_value.tv_sec <= 100);
	ASK("timerfd-set-fault", timerfd_settime(fd, 0, (void *)8, NULL));
	ASK("timerfd-set-old-fault", timerfd_settime(fd, 0, &t, (void *)8));
	ASK("timerfd-get-fault", timerfd_gettime(fd, (void *)8));
	ASK("timerfd-get-bad", timerfd_gettime(99, &old));
	pipe((int *)w);
	ASK("timerfd-get-not", timerfd_gettime(((int *)w)[0], &old));
	t.it_value = (struct timespec){-1, 0};
	ASK("timerfd-negative", timerfd_settime(fd, 0, &t, NULL));
	close(fd);
	/* A duplicate is the same timer, which lives on with it. */
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	other = dup(fd);
	close(fd);
	t = (struct itimerspec){{0, 0}, {0, MILLISECOND}};
	timerfd_settime(other, 0, &t, NULL);
	ASK("timerfd-blocks", read(other, &v, 8));
	ASK("timerfd-blocks-value", v);
	caught = 0;
	sigaction(SIGALRM, &action, NULL);
	interrupt(1);
	ASK("timerfd-interrupted", read(other, &v, 8));
	interrupt(0);
	ASK("timerfd-interrupted-by", caught == SIGALRM);
	close(other);
}

int main(int argc, char **argv)
{
	enter(argc, argv);
	clocks();
	sleeping();
	alarms();
	timer_making();
	timer_setting();
	timer_signals();
	timerfds();
	return 0;
}
