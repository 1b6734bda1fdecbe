/* SPDX-License-Identifier: ISC */
#include "core/native/native.h"

#include <linux/prctl.h>

#include "core/copy.h"
#include "core/syscall.h"

#ifndef SYSCALL_DISPATCH_FILTER_BLOCK
#define SYSCALL_DISPATCH_FILTER_BLOCK 1
#endif

/* At first libc's is installed, which no guest may have. */
struct native native = {.thread_pointer = UINT64_MAX};
uint8_t native_stack[NATIVE_STACK_SIZE] __attribute__((aligned(64)));

/* Bounds of this program's code, made by the linker. */
extern const char __executable_start[], etext[];

static void describe(struct core *core)
{
	core_describe(core, &native.shown, native.fault, native.address);
}

static void show(const struct core_registers *registers, enum bh_fault fault,
                 uint64_t address)
{
	core_copy(&native.shown, registers, sizeof(native.shown));
	native.fault = fault;
	native.address = address;
}

static void show_call(enum bh_fault fault)
{
	show(&native.called, fault, 0);
	host_complete_call(&native.shown);
}

static void describe_call(struct core *core)
{
	show_call(BH_FAULT_NONE);
	describe(core);
}

static void __attribute__((noreturn)) end_with_fault(void)
{
	describe(native.core);
	core_post(native.core, BH_POST_FAULT, describe);
	/* A guest that has faulted cannot go on, whatever exo says. */
	core_exit(0);
}

static void __attribute__((noreturn)) refuse_call(void)
{
	show_call(BH_FAULT_HYPERCALL);
	end_with_fault();
}

int native_change(struct core *core, const struct bh_memory_change *change)
{
	(void)core;
	return core_change_host(change, true);
}

static int64_t resume(uint64_t frame)
{
	/* Not on the stack, which host_resume() uses from its top. */
	static struct core_registers registers;

	if (!core_end_upcall(native.core, frame, &registers))
		return -BH_EINVAL;
	host_set_thread_pointer(registers.thread_pointer);
	host_resume(&registers);
}

int64_t native_call(uint64_t call, uint64_t a, uint64_t b, uint64_t c)
{
	switch (call) {
	case BH_CALL_EXCHANGE:
		if (a | b | c)
			refuse_call();
		core_post(native.core, BH_POST_EXCHANGE, describe_call);
		return 0;
	case BH_CALL_SET_UPCALL:
		return core_set_upcall(native.core, a, b, c);
	case BH_CALL_RESUME:
		return resume(a);
	case BH_CALL_SET_THREAD_POINTER:
		if (!host_valid_thread_pointer(a))
			return -BH_EINVAL;
		host_set_thread_pointer(a);
		return 0;
	case BH_CALL_MEMORY:
		return core_change_memory(native.core, a, b, c);
	default:
		refuse_call();
	}
}

static bool is_between(uint64_t pc, const char *start, const char *end)
{
	return pc >= (uint64_t)(uintptr_t)start &&
	       pc < (uint64_t)(uintptr_t)end;
}

static bool is_own_code(uint64_t pc)
{
	return is_between(pc, __executable_start, etext) ||
	       is_between(pc, __start_core_syscalls, __stop_core_syscalls);
}

void native_on_trap(int number, siginfo_t *info, void *context)
{
	struct core *core = native.core;
	struct native_trap trap;
	uint64_t frame, stack;
	uint32_t cause;

	(void)number;
	host_read_context(context, &trap.registers);
	/* The guest made a hypercall with a stack that cannot be used. */
	if (is_own_code(trap.registers.pc))
		refuse_call();
	host_classify(info, context, &trap);
	cause = trap.fault == BH_FAULT_SYSCALL ? BH_UPCALL_SYSCALL
	                                       : BH_UPCALL_TRAP;
	if (core_begin_upcall(core, cause, trap.fault, trap.address,
	                      &trap.registers, &frame, &stack)) {
		host_start_upcall(context, core->upcall.entry, frame, stack);
		return;
	}
	trap.registers.pc = trap.pc;
	show(&trap.registers, trap.fault, trap.address);
	end_with_fault();
}

/*
 * exo asks where the guest is.  Within core_post() a post is under way that
 * answers the question; elsewhere in the core the guest is in a hypercall.
 */
void native_on_describe(int number, siginfo_t *info, void *context)
{
	struct core_registers registers;

	(void)number;
	(void)info;
	if (native.core->posting)
		return;
	host_read_context(context, &registers);
	if (is_own_code(registers.pc))
		show_call(BH_FAULT_NONE);
	else
		show(&registers, BH_FAULT_NONE, 0);
	describe(native.core);
	core_post(native.core, BH_POST_STATE, describe);
}

void native_run(struct core *core)
{
	static struct core_registers registers;

	host_first_registers(core, &registers);
	native.dispatch = SYSCALL_DISPATCH_FILTER_BLOCK;
	host_reset_vectors();
	host_set_thread_pointer(0);
	host_resume(&registers);
}
