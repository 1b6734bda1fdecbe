/* SPDX-License-Identifier: ISC */
#include "core/native/native.h"

#include <errno.h>
#include <linux/prctl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "core/native/seccomp.h"
#include "core/syscall.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif
#ifndef SYSCALL_DISPATCH_FILTER_ALLOW
#define SYSCALL_DISPATCH_FILTER_ALLOW 0
#endif

/* What the handlers need besides the registers that the kernel saves. */
#define HANDLER_STACK 16384u

/* Program, libc and stack; far more than they are. */
#define ADDRESS_SPACE (UINT64_C(64) << 20)

/* libc's sigaction() would return through libc's own system call. */
struct kernel_sigaction {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static uint8_t signal_stack[NATIVE_SIGNAL_STACK_SIZE];

static void install(struct core *core, int number,
                    void (*handler)(int, siginfo_t *, void *))
{
	struct kernel_sigaction action = {
	        .handler = handler,
	        .flags = SA_SIGINFO | SA_ONSTACK | 0x04000000 /* SA_RESTORER */,
	        .restorer = core_signal_return,
	        .mask = UINT64_C(1) << (BH_CORE_SIGNAL_DESCRIBE - 1),
	};
	long r = core_syscall(SYS_rt_sigaction, number, (long)&action, 0,
	                      sizeof(action.mask));

	if (r)
		core_fail(core, "native: signal %d: %s", number,
		          strerror((int)-r));
}

static void create(struct core *core)
{
	static const int traps[] = {SIGSEGV, SIGBUS,  SIGILL,
	                            SIGFPE,  SIGTRAP, SIGSYS};
	stack_t stack = {.ss_sp = signal_stack,
	                 .ss_size = sizeof(signal_stack)};
	unsigned long least = getauxval(AT_MINSIGSTKSZ);

	native.core = core;
	native.fs_instructions = native_has_fs_instructions();
	if (least > sizeof(signal_stack) - HANDLER_STACK)
		core_fail(core,
		          "native: this processor's registers need %lu "
		          "bytes of signal stack",
		          least);
	if (sigaltstack(&stack, NULL))
		core_fail(core, "native: signal stack: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++)
		install(core, traps[i], native_on_trap);
	install(core, BH_CORE_SIGNAL_DESCRIBE, native_on_describe);
}

static void write_entry(struct core *core, uint8_t *page)
{
	(void)core;
	host_write_entry(page);
}

static void map(struct core *core, const struct core_region *region)
{
	core_protect(core, region, true);
}

/*
 * From native_run() on, a system call instruction anywhere but in the section
 * of syscall.h raises SIGSYS.  Until then the selector lets libc's pass.  A
 * guest that finds the selector and changes it merely meets seccomp.
 */
static void seal(struct core *core)
{
	size_t count;
	const struct bh_seccomp_rule *rules =
	        native_seccomp_rules(core_has_arena(core), &count);
	unsigned long start = (unsigned long)(uintptr_t)__start_core_syscalls;
	unsigned long end = (unsigned long)(uintptr_t)__stop_core_syscalls;
	int r;

	native.dispatch = SYSCALL_DISPATCH_FILTER_ALLOW;
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, start,
	          end - start, &native.dispatch))
		core_fail(core,
		          "native: Syscall User Dispatch: %s (it needs "
		          "Linux 5.11; use --variant ISA:kvm or ISA:unicorn)",
		          strerror(errno));
	r = bh_seccomp_enter(rules, count);
	if (r)
		core_fail(core, "native: seccomp: %s", strerror(-r));
}

const struct core_ops core_ops = {
        .name = "native",
#if defined(__x86_64__)
        .isas = 1u << BH_ISA_X86_64,
#elif defined(__aarch64__)
        .isas = 1u << BH_ISA_AARCH64,
#endif
#if !defined(BH_SANITIZE)
        .address_space = ADDRESS_SPACE,
#endif
        .create = create,
        .write_entry = write_entry,
        .map = map,
        .change = native_change,
        .seal = seal,
        .run = native_run,
};
