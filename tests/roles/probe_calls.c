/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Every system call number, one process each: it enters the role's table and
 * makes the call.  Whatever is not in the table must end it by SIGSYS.
 */

#define NUMBERS 600u
#define X32_BIT 0x40000000u
#define SURVIVED 77 /* the call was made, and worked */
#define REFUSED 78  /* the call was made, and failed */

struct call {
	uint32_t number;
	uint64_t args[6];
	bool i386; /* by int $0x80 */
};

struct tally {
	unsigned tested, killed, allowed, wrong;
	char why[256]; /* the first that went wrong */
};

/* What the table means, said in C instead of BPF. */
static bool is_allowed(const struct bh_seccomp_rule *rules, size_t count,
                       const struct call *call)
{
	for (size_t i = 0; !call->i386 && i < count; i++) {
		bool holds = call->number == (uint32_t)rules[i].number;

		for (unsigned c = 0; c < BH_SECCOMP_CHECKS; c++) {
			const struct bh_seccomp_check *check =
			        &rules[i].checks[c];

			if ((call->args[check->index] & check->mask) !=
			    check->value)
				holds = false;
		}
		if (holds)
			return true;
	}
	return false;
}

/* Neither libc nor the stack is needed between the call and the end. */
static void make_call(const struct call *call)
{
#if defined(__x86_64__)
	long result;

	if (call->i386) {
		__asm__ volatile("int $0x80"
		                 : "=a"(result)
		                 : "a"((long)call->number), "b"(0L), "c"(0L),
		                   "d"(0L), "S"(0L), "D"(0L)
		                 : "memory", "r8", "r9", "r10", "r11");
	} else {
		register uint64_t r10 __asm__("r10") = call->args[3];
		register uint64_t r8 __asm__("r8") = call->args[4];
		register uint64_t r9 __asm__("r9") = call->args[5];

		__asm__ volatile("syscall"
		                 : "=a"(result)
		                 : "a"((long)call->number),
		                   "D"(call->args[0]), "S"(call->args[1]),
		                   "d"(call->args[2]), "r"(r10), "r"(r8),
		                   "r"(r9)
		                 : "memory", "rcx", "r11");
	}
	__asm__ volatile("syscall"
	                 :
	                 : "a"((long)SYS_exit_group),
	                   "D"((long)(result < 0 ? REFUSED : SURVIVED))
	                 : "memory", "rcx", "r11");
#else
	syscall(call->number, call->args[0], call->args[1], call->args[2],
	        call->args[3], call->args[4], call->args[5]);
	_exit(SURVIVED);
#endif
}

/*
 * The signal by which the kernel itself ends some calls before any filter: a
 * kernel without the i386 entry; uretprobe(2) and uprobe(2), which newer
 * kernels exempt from every filter because only their own trampolines may make
 * them.  From elsewhere the first kills by SIGILL, the second only fails.
 */
static bool is_ended_by_kernel(const struct call *call, int status)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (call->i386)
		return sig == SIGSEGV;
#if defined(__x86_64__)
	if (call->number == 335)
		return sig == SIGILL;
	if (call->number == 336)
		return WIFEXITED(status) && WEXITSTATUS(status) == REFUSED;
#endif
	return false;
}

static void try_call(const struct bh_seccomp_rule *rules, size_t count,
                     const struct call *call, struct tally *tally)
{
	bool allowed = is_allowed(rules, count, call), killed;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(5);
		if (bh_seccomp_enter(rules, count))
			_exit(99);
		make_call(call);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		tally->wrong++;
		snprintf(tally->why, sizeof(tally->why), "fork: %s",
		         strerror(errno));
		return;
	}
	killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
	if (is_ended_by_kernel(call, status))
		killed = true;
	tally->tested++;
	tally->killed += killed;
	tally->allowed += !killed;
	if (killed != allowed && !(WIFEXITED(status) && WEXITSTATUS(status) == 99))
		return;
	if (tally->wrong++ == 0)
		snprintf(tally->why, sizeof(tally->why),
		         "call %#x with %#lx %#lx %#lx: wait status %#x, %s",
		         call->number, (unsigned long)call->args[0],
		         (unsigned long)call->args[1],
		         (unsigned long)call->args[2], (unsigned)status,
		         allowed ? "but it is in the table"
		                 : "but it is not in the table");
}

static void say(const struct probe_role *role, const char *name,
                const struct tally *tally)
{
	char title[128];

	snprintf(title, sizeof(title), "%s (%u tried, %u killed)", name,
	         tally->tested, tally->killed);
	probe_say(role, title, tally->wrong ? tally->why : NULL);
}

/* Numbers that no list of system calls has reached. */
static const uint32_t far_numbers[] = {601,        1000,       4096,
                                       0x3fffffff, 0x7fffffff, 0x80000000,
                                       0xc0000000, 0xffffffff};

static void try_numbers(const struct probe_role *role)
{
	size_t count;
	const struct bh_seccomp_rule *rules = role->rules(&count);
	struct tally plain = {0}, x32 = {0}, i386 = {0};

	for (uint32_t n = 0; n <= NUMBERS; n++) {
		try_call(rules, count, &(struct call){.number = n}, &plain);
#if defined(__x86_64__)
		try_call(rules, count, &(struct call){.number = n | X32_BIT},
		         &x32);
		try_call(rules, count, &(struct call){.number = n, .i386 = true},
		         &i386);
#endif
	}
	for (size_t i = 0; i < sizeof(far_numbers) / sizeof(*far_numbers); i++)
		try_call(rules, count, &(struct call){.number = far_numbers[i]},
		         &plain);
	say(role, "every-call", &plain);
#if defined(__x86_64__)
	say(role, "every-x32-call", &x32);
	say(role, "every-i386-call", &i386);
#endif
}

/* The arguments that a rule asks for. */
static struct call fulfil(const struct bh_seccomp_rule *rule)
{
	struct call call = {.number = (uint32_t)rule->number};

	for (unsigned c = 0; c < BH_SECCOMP_CHECKS; c++)
		call.args[rule->checks[c].index] |= rule->checks[c].value;
	return call;
}

/* Each allowed call as it is meant, and with each bit of each checked
 * argument turned. */
static void try_arguments(const struct probe_role *role)
{
	size_t count;
	const struct bh_seccomp_rule *rules = role->rules(&count);
	struct tally meant = {0}, turned = {0};

	for (size_t i = 0; i < count; i++) {
		struct call call = fulfil(&rules[i]);

		try_call(rules, count, &call, &meant);
		if (!is_allowed(rules, count, &call))
			meant.wrong++;
		for (unsigned c = 0; c < BH_SECCOMP_CHECKS; c++) {
			if (rules[i].checks[c].mask == 0)
				continue;
			for (unsigned bit = 0; bit < 64; bit++) {
				struct call bad = call;

				bad.args[rules[i].checks[c].index] ^=
				        UINT64_C(1) << bit;
				try_call(rules, count, &bad, &turned);
			}
		}
	}
	say(role, "allowed-calls-work", &meant);
	say(role, "wrong-arguments", &turned);
}

static void try_size(const struct probe_role *role)
{
	size_t count;
	const struct bh_seccomp_rule *rules = role->rules(&count);
	unsigned different = 0;
	char title[64], why[64];
	bool reasons = true;

	for (size_t i = 0; i < count; i++) {
		bool is_new = true;

		reasons = reasons && rules[i].reason && rules[i].reason[0];
		for (size_t j = 0; j < i; j++)
			if (rules[j].number == rules[i].number)
				is_new = false;
		different += is_new;
	}
	snprintf(title, sizeof(title), "table-size (%u calls)", different);
	snprintf(why, sizeof(why), "at most %u calls are allowed", role->most);
	probe_say(role, title, role->most && different > role->most ? why : NULL);
	probe_say(role, "each-call-has-a-reason",
	          reasons ? NULL : "a rule has none");
}

void probe_calls(const struct probe_role *role)
{
	struct bh_sandbox sandbox = role->sandbox;
	const char *stage;
	int r;

	/* Each call needs a process; what the limit does, probe_sandbox says. */
	sandbox.starts_threads = true;
	r = bh_sandbox_enter(&sandbox, &stage);
	if (r) {
		probe_note("not ok %s-calls: sandbox: %s: %s\n", role->name,
		           stage, strerror(-r));
		return;
	}
	try_size(role);
	try_numbers(role);
	try_arguments(role);
}
