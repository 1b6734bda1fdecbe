/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <poll.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

static volatile int count, last, trail[16], depth, deepest;
static siginfo_t seen;
static sigjmp_buf away;
static char *alternate;
static volatile int on_alternate;

static void plain(int number)
{
	last = number;
	trail[count++ & 15] = number;
}

static void with_info(int number, siginfo_t *info, void *context)
{
	plain(number);
	seen = *info;
}

static void install(int number, void *handler, int flags)
{
	struct sigaction a = {.sa_flags = flags};

	if (flags & SA_SIGINFO)
		a.sa_sigaction = handler;
	else
		a.sa_handler = handler;
	sigaction(number, &a, NULL);
	count = last = 0;
}

static sigset_t set_of(int a, int b)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, a);
	if (b)
		sigaddset(&set, b);
	return set;
}

static long bits(const sigset_t *set)
{
	long all = 0;

	for (int i = 1; i < 32; i++)
		all |= (long)(sigismember(set, i) == 1) << i;
	return all;
}

static void show_trail(void)
{
	for (int i = 0; i < count; i++)
		say(trail[i]);
}

static void actions(void)
{
	struct sigaction a = {.sa_handler = plain}, old;

	ASK("sigaction-zero", sigaction(0, &a, NULL));
	ASK("sigaction-large", sigaction(65, &a, NULL));
	ASK("sigaction-kill", sigaction(SIGKILL, &a, NULL));
	ASK("sigaction-stop", sigaction(SIGSTOP, &a, NULL));
	ASK("sigaction-kill-get", sigaction(SIGKILL, NULL, &old));
	ASK("sigaction-size", syscall(SYS_rt_sigaction, SIGUSR1, 0, 0, 4));
	ASK("sigaction-fault", syscall(SYS_rt_sigaction, SIGUSR1, 8, 0, 8));
	ASK("sigaction-fault-old", syscall(SYS_rt_sigaction, SIGUSR1, 0, 8, 8));
	a.sa_flags = SA_RESTART | SA_NODEFER;
	a.sa_mask = set_of(SIGHUP, SIGKILL);
	sigaction(SIGUSR1, &a, NULL);
	sigaction(SIGUSR1, NULL, &old);
	ASK("sigaction-old", old.sa_handler == plain);
	ASK("sigaction-old-flags", old.sa_flags & (SA_RESTART | SA_NODEFER));
	ASK("sigaction-old-mask", bits(&old.sa_mask));
	install(SIGUSR1, plain, 0);
	ASK("raise", raise(SIGUSR1));
	ASK("raise-last", last);
	install(SIGUSR1, plain, SA_RESETHAND);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &old);
	ASK("resethand", old.sa_handler == SIG_DFL);
	signal(SIGUSR1, SIG_IGN);
	ASK("ignored", raise(SIGUSR1));
	ASK("ignored-winch", raise(SIGWINCH));
	ASK("ignored-chld", raise(SIGCHLD));
	ASK("ignored-cont", raise(SIGCONT));
}

static void nested(int number)
{
	sigset_t mask;

	if (++depth > deepest)
		deepest = depth;
	trail[count++ & 15] = number;
	sigprocmask(0, NULL, &mask);
	trail[count++ & 15] = bits(&mask);
	if (depth < 3 && count < 8)
		raise(number);
	depth--;
}

static void masks(void)
{
	sigset_t set = set_of(SIGUSR1, SIGUSR2), old, pending;
	struct sigaction a = {.sa_handler = nested};
	int order;

	ASK("procmask-how", sigprocmask(77, &set, NULL));
	ASK("procmask-how-unused", sigprocmask(77, NULL, &old));
	ASK("procmask-size", syscall(SYS_rt_sigprocmask, 0, &set, 0, 4));
	ASK("procmask-fault", syscall(SYS_rt_sigprocmask, 0, 8, 0, 8));
	ASK("procmask-kill", (set = set_of(SIGKILL, SIGSTOP),
	                      sigprocmask(SIG_BLOCK, &set, NULL)));
	sigprocmask(0, NULL, &old);
	ASK("procmask-kill-not", bits(&old));
	install(SIGUSR1, plain, 0);
	install(SIGUSR2, plain, 0);
	set = set_of(SIGUSR1, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR2);
	raise(SIGUSR1);
	raise(SIGUSR1);
	ASK("blocked", count);
	sigpending(&pending);
	ASK("pending", bits(&pending));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	ASK("unblocked", count);
	begin("unblocked-order");
	show_trail();
	done();
	sigpending(&pending);
	ASK("pending-none", bits(&pending));
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	sigpending(&pending);
	ASK("ignore-forgets", bits(&pending));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	count = deepest = 0;
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	ASK("deferred-depth", deepest);
	begin("deferred");
	show_trail();
	done();
	count = deepest = 0;
	a.sa_flags = SA_NODEFER;
	a.sa_mask = set_of(SIGHUP, SIGTERM);
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	ASK("nodefer-depth", deepest);
	begin("nodefer");
	show_trail();
	done();
	sigprocmask(0, NULL, &old);
	ASK("mask-after", bits(&old));
	for (order = SIGRTMIN + 3; order >= SIGRTMIN; order--)
		install(order, plain, 0);
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGRTMIN + 2);
	raise(SIGRTMIN + 1);
	raise(SIGRTMIN + 2);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	begin("realtime");
	for (int i = 0; i < count; i++)
		say(trail[i] - SIGRTMIN);
	done();
}

static void sending(void)
{
	union sigval value = {.sival_int = 4711};
	siginfo_t info = {0};
	sigset_t set = set_of(SIGUSR1, 0);

	install(SIGUSR1, with_info, SA_SIGINFO);
	kill(getpid(), SIGUSR1);
	ASK("kill-code", seen.si_code);
	ASK("kill-pid", seen.si_pid == getpid());
	ASK("kill-uid", seen.si_uid == getuid());
	raise(SIGUSR1);
	ASK("tkill-code", seen.si_code);
	sigqueue(getpid(), SIGUSR1, value);
	ASK("sigqueue-code", seen.si_code);
	ASK("sigqueue-value", seen.si_value.sival_int);
	ASK("kill-zero", kill(getpid(), 0));
	ASK("kill-bad", kill(getpid(), 65));
	ASK("kill-negative", kill(getpid(), -1));
	ASK("kill-nobody", kill(0x3ffffff, 0));
	ASK("kill-nobody-group", kill(-0x3ffffff, 0));
	ASK("tgkill-zero", syscall(SYS_tgkill, getpid(), 0, 0));
	ASK("tgkill-negative", syscall(SYS_tgkill, -1, getpid(), 0));
	ASK("tgkill-nobody", syscall(SYS_tgkill, getpid(), 0x3ffffff, 0));
	ASK("tgkill-bad", syscall(SYS_tgkill, getpid(), getpid(), 65));
	ASK("tkill-zero", syscall(SYS_tkill, 0, 0));
	ASK("sigqueue-nobody", sigqueue(0x3ffffff, SIGUSR1, value));
	ASK("sigqueue-bad", sigqueue(getpid(), 65, value));
	info.si_code = SI_QUEUE;
	info.si_value.sival_int = 5;
	ASK("tgsigqueue", syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(),
	                          SIGUSR1, &info));
	ASK("tgsigqueue-value", seen.si_value.sival_int);
	ASK("sigqueue-fault",
	    syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, 8));
}

static void waiting(void)
{
	struct timespec zero = {0}, soon = {.tv_nsec = 2000000}, bad = {0, -1};
	sigset_t set = set_of(SIGUSR1, SIGUSR2), none;
	union sigval value = {.sival_int = 3};
	struct pollfd p;
	siginfo_t info;
	int fd[2];

	install(SIGUSR1, plain, 0);
	install(SIGUSR2, plain, 0);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ASK("timedwait-none", sigtimedwait(&set, &info, &zero));
	ASK("timedwait-time", sigtimedwait(&set, &info, &soon));
	ASK("timedwait-bad", sigtimedwait(&set, &info, &bad));
	ASK("timedwait-fault", sigtimedwait((void *)8, &info, &zero));
	raise(SIGUSR2);
	raise(SIGUSR1);
	ASK("timedwait-lowest", sigtimedwait(&set, &info, &zero));
	ASK("timedwait-code", info.si_code);
	ASK("timedwait-next", sigwaitinfo(&set, NULL));
	sigqueue(getpid(), SIGUSR1, value);
	ASK("timedwait-queue", sigtimedwait(&set, &info, NULL));
	ASK("timedwait-value", info.si_value.sival_int);
	raise(SIGUSR1);
	ASK("sigwait", sigwait(&set, fd) ?: fd[0]);
	ASK("waited-no-handler", count);
	raise(SIGUSR1);
	sigemptyset(&none);
	ASK("sigsuspend", sigsuspend(&none));
	ASK("sigsuspend-handled", last);
	sigprocmask(0, NULL, &none);
	ASK("sigsuspend-mask-back", bits(&none));
	sigemptyset(&none);
	ASK("sigsuspend-size", syscall(SYS_rt_sigsuspend, &none, 4));
	raise(SIGUSR2);
	p.fd = -1;
	ASK("ppoll-mask", ppoll(&p, 1, NULL, &none));
	ASK("ppoll-handled", last);
	raise(SIGUSR2);
	ASK("ppoll-time-and-signal", ppoll(&p, 1, &soon, &none));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void arm(int milliseconds)
{
	struct itimerval t = {.it_value.tv_usec = milliseconds * 1000};

	setitimer(ITIMER_REAL, &t, NULL);
}

static int pipe_ends[2];

static void feed(int number)
{
	plain(number);
	write(pipe_ends[1], "fed", 3);
}

static void interrupting(void)
{
	struct timespec t = {5}, left;
	struct itimerval value = {.it_value.tv_sec = 100}, old;
	struct itimerval wrong = {.it_value.tv_usec = 1000000};
	char buffer[8];

	pipe(pipe_ends);
	install(SIGALRM, plain, 0);
	arm(5);
	ASK("read-interrupted", read(pipe_ends[0], buffer, 8));
	ASK("alarm-handled", last);
	install(SIGALRM, feed, SA_RESTART);
	arm(5);
	ASK("read-restarted", read(pipe_ends[0], buffer, 8));
	ASK("read-restarted-handled", last);
	install(SIGALRM, plain, SA_RESTART);
	arm(5);
	ASK("nanosleep-interrupted", nanosleep(&t, &left));
	ASK("nanosleep-left", left.tv_sec);
	arm(5);
	ASK("poll-never-restarts", poll(NULL, 0, 5000));
	arm(5);
	ASK("pause", pause());
	arm(5);
	ASK("clock-nanosleep", clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &left));
	ASK("setitimer-bad-time", setitimer(ITIMER_REAL, &wrong, NULL));
	ASK("setitimer-bad", setitimer(9, &value, NULL));
	ASK("getitimer-bad", getitimer(9, &value));
	ASK("setitimer-fault", setitimer(ITIMER_REAL, (void *)8, NULL));
	setitimer(ITIMER_REAL, &value, NULL);
	ASK("getitimer", getitimer(ITIMER_REAL, &old));
	ASK("getitimer-left", old.it_value.tv_sec >= 90);
	ASK("alarm", alarm(50));
	ASK("alarm-again", alarm(0));
	ASK("alarm-none", alarm(0));
	install(SIGALRM, plain, 0);
	value = (struct itimerval){{0, 2000}, {0, 1000}};
	setitimer(ITIMER_REAL, &value, NULL);
	while (count < 3)
		pause();
	ASK("setitimer-interval", count);
	arm(0);
}

static void timers(void)
{
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL,
	                     .sigev_signo = SIGUSR1,
	                     .sigev_value.sival_int = 99};
	struct itimerspec soon = {.it_value.tv_nsec = 1000000}, old;
	sigset_t set = set_of(SIGUSR1, 0);
	siginfo_t info;
	timer_t t = 0;

	sigprocmask(SIG_BLOCK, &set, NULL);
	ASK("timer-bad-clock", timer_create(77, &e, &t));
	ASK("timer", timer_create(CLOCK_MONOTONIC, &e, &t));
	ASK("timer-unset", timer_gettime(t, &old));
	ASK("timer-unset-value", old.it_value.tv_sec + old.it_value.tv_nsec);
	ASK("timer-set", timer_settime(t, 0, &soon, NULL));
	ASK("timer-signal", sigwaitinfo(&set, &info));
	ASK("timer-code", info.si_code);
	ASK("timer-value", info.si_value.sival_int);
	ASK("timer-overrun", timer_getoverrun(t));
	soon.it_value.tv_nsec = 1000000000;
	ASK("timer-bad-time", timer_settime(t, 0, &soon, NULL));
	ASK("timer-delete", timer_delete(t));
	ASK("timer-deleted",
	    syscall(SYS_timer_settime, 9999, 0, &soon, NULL));
	ASK("timer-delete-again", syscall(SYS_timer_delete, 9999));
	e.sigev_signo = 99;
	ASK("timer-bad-signal", timer_create(CLOCK_MONOTONIC, &e, &t));
	e.sigev_notify = SIGEV_NONE;
	e.sigev_signo = SIGUSR1;
	timer_create(CLOCK_REALTIME, &e, &t);
	soon.it_value = (struct timespec){50};
	ASK("timer-none", timer_settime(t, 0, &soon, NULL));
	timer_gettime(t, &old);
	ASK("timer-left", old.it_value.tv_sec >= 45);
	timer_delete(t);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* ----------------------------------------------------- alternate stacks */

static void where(int number)
{
	char here;
	stack_t now;

	on_alternate = &here >= alternate && &here < alternate + 65536;
	sigaltstack(NULL, &now);
	trail[count++ & 15] = now.ss_flags;
	now.ss_flags = SS_DISABLE;
	trail[count++ & 15] = sigaltstack(&now, NULL) ? errno : 0;
}

static void jumping(int number)
{
	where(number);
	siglongjmp(away, 1);
}

static void stacks(void)
{
	stack_t new, old;

	alternate = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
	                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	new = (stack_t){.ss_sp = alternate, .ss_size = 65536};
	ASK("altstack-none", sigaltstack(NULL, &old));
	ASK("altstack-none-flags", old.ss_flags);
	new.ss_size = 100;
	ASK("altstack-small", sigaltstack(&new, NULL));
	new.ss_size = 65536;
	new.ss_flags = 0x40;
	ASK("altstack-flags", sigaltstack(&new, NULL));
	new.ss_flags = 0;
	ASK("altstack", sigaltstack(&new, NULL));
	ASK("altstack-fault", syscall(SYS_sigaltstack, 8, NULL));
	sigaltstack(NULL, &old);
	ASK("altstack-size", old.ss_size);
	ASK("altstack-set", old.ss_sp == alternate);
	install(SIGUSR1, where, SA_ONSTACK);
	raise(SIGUSR1);
	ASK("altstack-used", on_alternate);
	begin("altstack-inside");
	show_trail();
	done();
	install(SIGUSR1, where, 0);
	raise(SIGUSR1);
	ASK("altstack-unused", on_alternate);
	sigaltstack(&new, NULL);
	install(SIGUSR1, jumping, SA_ONSTACK);
	if (!sigsetjmp(away, 1))
		raise(SIGUSR1);
	ASK("altstack-jump", on_alternate);
	sigaltstack(NULL, &old);
	ASK("altstack-left", old.ss_flags);
	new.ss_flags = SS_DISABLE;
	ASK("altstack-disable", sigaltstack(&new, NULL));
}

/* --------------------------------------------------------------- faults */

static volatile char *repaired;

static void repair(int number, siginfo_t *info, void *context)
{
	with_info(number, info, context);
	mprotect((void *)repaired, 4096, PROT_READ | PROT_WRITE);
}

static void change_context(int number, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	with_info(number, info, context);
	c->uc_sigmask = set_of(SIGHUP, 0);
}

static void overflow(int number, siginfo_t *info, void *context)
{
	with_info(number, info, context);
	where(number);
	siglongjmp(away, number);
}

static int recurse(int n)
{
	volatile char space[16384];

	space[0] = n;
	return n == 0 ? 0 : recurse(n + 1) + space[0];
}

static void faults(void)
{
	stack_t stack = {.ss_sp = alternate, .ss_size = 65536};
	struct sigaction a = {.sa_sigaction = overflow,
	                      .sa_flags = SA_SIGINFO | SA_ONSTACK};
	sigset_t mask;
	int r;

	repaired = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	                0);
	install(SIGSEGV, repair, SA_SIGINFO);
	repaired[100] = 7;
	ASK("fault-repaired", repaired[100]);
	ASK("fault-address", (char *)seen.si_addr - repaired);
	ASK("fault-code", seen.si_code);
	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &a, NULL);
	r = sigsetjmp(away, 1);
	if (!r)
		recurse(1);
	ASK("stack-overflow", r);
	ASK("stack-overflow-handled", on_alternate);
	install(SIGUSR1, change_context, SA_SIGINFO);
	raise(SIGUSR1);
	sigprocmask(0, NULL, &mask);
	ASK("context-mask", bits(&mask));
	sigemptyset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	install(SIGILL, overflow, SA_SIGINFO);
	r = sigsetjmp(away, 1);
	if (!r)
#if defined(__x86_64__)
		__asm__ volatile("ud2");
#elif defined(__aarch64__)
		__asm__ volatile("udf #0");
#else
		__asm__ volatile("unimp");
#endif
	ASK("illegal", r);
	install(SIGTRAP, with_info, SA_SIGINFO);
#if defined(__x86_64__)
	__asm__ volatile("int3");
#else
	raise(SIGTRAP);
#endif
	ASK("breakpoint", last);
	install(SIGFPE, overflow, SA_SIGINFO);
	r = sigsetjmp(away, 1);
	if (!r)
		raise(SIGFPE);
	ASK("fpe", r);
	ASK("fpe-code", seen.si_code);
	install(SIGBUS, overflow, SA_SIGINFO);
	r = sigsetjmp(away, 1);
	if (!r)
		kill(getpid(), SIGBUS);
	ASK("bus", r);
}

/* ------------------------------------- registers of a handler's return */

static void clobber(int number)
{
	volatile double a = number, b = 1;
	volatile float f = 1;

	for (int i = 0; i < 40; i++) {
		a = a * 1.5 + i;
		b = b / 3 + a;
		f = f * 2 + (float)b;
	}
	trail[count++ & 15] = number;
	errno = EDOM;
}

/* What a computation keeps in registers survives handlers at any point of it:
 * the timer's come at exchanges, so the loop makes calls. */
static void registers(void)
{
	double d[12], sum = 0;
	/* The main thread's number, too. */
	int pid = getpid();
	long l[12], all = 0;

	install(SIGUSR1, clobber, 0);
	for (int i = 0; i < 12; i++) {
		d[i] = i + 0.5;
		l[i] = i * 1000003L;
	}
	for (int round = 0; round < 20; round++) {
		double d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4];
		double d5 = d[5], d6 = d[6], d7 = d[7], d8 = d[8], d9 = d[9];
		long l0 = l[0], l1 = l[1], l2 = l[2], l3 = l[3], l4 = l[4];
		long l5 = l[5], l6 = l[6], l7 = l[7], l8 = l[8], l9 = l[9];

#if defined(__x86_64__)
		register long number __asm__("rax") = SYS_tkill;
		register long first __asm__("rdi") = pid;
		register long second __asm__("rsi") = SIGUSR1;

		__asm__ volatile("syscall"
		                 : "+r"(number), "+x"(d0), "+x"(d1), "+x"(d2),
		                   "+x"(d3), "+x"(d4), "+x"(d5), "+x"(d6),
		                   "+x"(d7), "+x"(d8), "+x"(d9)
		                 : "r"(first), "r"(second)
		                 : "rcx", "r11", "memory");
#elif defined(__aarch64__)
		register long number __asm__("x8") = SYS_tkill;
		register long first __asm__("x0") = pid;
		register long second __asm__("x1") = SIGUSR1;

		__asm__ volatile("svc #0"
		                 : "+r"(first), "+w"(d0), "+w"(d1), "+w"(d2),
		                   "+w"(d3), "+w"(d4), "+w"(d5), "+w"(d6),
		                   "+w"(d7), "+w"(d8), "+w"(d9), "+r"(l0),
		                   "+r"(l1)
		                 : "r"(number), "r"(second)
		                 : "memory");
#else
		register long number __asm__("a7") = SYS_tkill;
		register long first __asm__("a0") = pid;
		register long second __asm__("a1") = SIGUSR1;

		__asm__ volatile("ecall"
		                 : "+r"(first), "+f"(d0), "+f"(d1), "+f"(d2),
		                   "+f"(d3), "+f"(d4), "+f"(d5), "+f"(d6),
		                   "+f"(d7), "+f"(d8), "+f"(d9), "+r"(l0),
		                   "+r"(l1)
		                 : "r"(number), "r"(second)
		                 : "memory");
#endif
		sum += d0 + d1 + d2 + d3 + d4 + d5 + d6 + d7 + d8 + d9;
		all += l0 + l1 + l2 + l3 + l4 + l5 + l6 + l7 + l8 + l9;
	}
	ASK("registers-handled", count);
	ASK("registers-float", (long)(sum * 2));
	ASK("registers-integer", all);
}

int main(int argc, char **argv)
{
	enter(argc, argv);
	actions();
	masks();
	sending();
	waiting();
	interrupting();
	timers();
	stacks();
	faults();
	registers();
	return 0;
}
