/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_NATIVE_NATIVE_H
#define BH_CORE_NATIVE_NATIVE_H

/*
 * The native core: the guest's code runs in this process, at full speed, on
 * its own stack, in the same address space.  seccomp confines both.
 *
 * The guest reaches the core in two ways.  It calls the hypercall entry, a
 * page that jumps to host_hypercall (entry_ISA.S), which changes to the
 * core's stack and calls native_call().  Or it does something that makes the
 * kernel send a signal: a trap, or a system call instruction, which Syscall
 * User Dispatch turns into SIGSYS unless it lies among those of syscall.h.
 *
 * Either way the guest's vector registers and thread pointer are loaded while
 * the core's code runs.  So everything but setup.c and seccomp.c is compiled
 * for general registers only and calls nothing of libc; core.mk checks it.
 *
 * What depends on the host's ISA is declared here as host_* and defined in
 * host_ISA.c and entry_ISA.S.
 */

#include <signal.h>

#include "core/core.h"

struct native {
	struct core *core;
	/* The guest's registers at its last hypercall, pc unset. */
	struct core_registers called;
	/* What core_describe() is to show next. */
	struct core_registers shown;
	enum bh_fault fault;
	uint64_t address;
	/* What Syscall User Dispatch looks at: SYSCALL_DISPATCH_FILTER_*. */
	volatile char dispatch;
	bool fs_instructions; /* x86-64: rdfsbase and wrfsbase may be used */
	uint64_t thread_pointer; /* used where they may not */
};

extern struct native native;

#define NATIVE_STACK_SIZE 16384u
#define NATIVE_SIGNAL_STACK_SIZE 65536u
extern uint8_t native_stack[NATIVE_STACK_SIZE];

/* Called by host_hypercall on native_stack; returns the hypercall's result. */
int64_t native_call(uint64_t call, uint64_t a, uint64_t b, uint64_t c);

/* Signal handlers. */
void native_on_trap(int number, siginfo_t *info, void *context);
void native_on_describe(int number, siginfo_t *info, void *context);

/* How a signal is to be understood. */
struct native_trap {
	enum bh_fault fault;
	uint64_t address;
	struct core_registers registers; /* as the upcall shall see them */
	uint64_t pc;                     /* of the instruction itself */
};

/* host_ISA.c */
void host_write_entry(uint8_t *page);
void host_set_thread_pointer(uint64_t value);
void host_read_context(const void *context, struct core_registers *registers);
void host_classify(const siginfo_t *info, const void *context,
                   struct native_trap *trap);
/* Makes the return from the signal start an upcall entry. */
void host_start_upcall(void *context, uint64_t entry, uint64_t frame,
                       uint64_t stack_pointer);
/* Completes registers that host_hypercall saved: pc, stack pointer. */
void host_complete_call(struct core_registers *registers);
/* Registers at the guest's start. */
void host_first_registers(const struct core *core,
                          struct core_registers *registers);
bool host_valid_thread_pointer(uint64_t value);

/* entry_ISA.S */
void host_hypercall(void);
void host_resume(const struct core_registers *registers)
        __attribute__((noreturn));
/* Sets floating point and vector registers to their default state. */
void host_reset_vectors(void);

/* run.c */
int native_change(struct core *core, const struct bh_memory_change *change);
void native_run(struct core *core) __attribute__((noreturn));

#endif
