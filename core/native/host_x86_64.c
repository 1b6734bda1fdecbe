/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "core/native/native.h"

#include <asm/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "core/copy.h"
#include "core/syscall.h"

#define USER_TOP    (UINT64_C(1) << 47)
#define FIRST_FLAGS UINT64_C(0x202)

/* Exception vectors and page fault error code: Intel SDM volume 3A, 6.15. */
enum vector {
	VECTOR_DEBUG = 1,
	VECTOR_BREAKPOINT = 3,
	VECTOR_STACK = 12,
	VECTOR_PROTECTION = 13,
	VECTOR_PAGE = 14,
	VECTOR_ALIGNMENT = 17,
};
#define PAGE_FAULT_WRITE UINT64_C(2)
#define PAGE_FAULT_FETCH UINT64_C(16)

#define SYSCALL_SIZE 2u /* 0f 05 */

/* General registers of the context in the order of their encoding. */
static const uint8_t context_order[16] = {
        REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
        REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};
enum {
	RSP = 4,
	RDI = 7,
};

bool host_valid_thread_pointer(uint64_t value)
{
	return value < USER_TOP;
}

void host_set_thread_pointer(uint64_t value)
{
	if (native.fs_instructions) {
		__asm__ volatile("wrfsbase %0" ::"r"(value));
		return;
	}
	if (value == native.thread_pointer)
		return;
	core_syscall(SYS_arch_prctl, ARCH_SET_FS, (long)value, 0, 0);
	native.thread_pointer = value;
}

static uint64_t thread_pointer(void)
{
	uint64_t value;

	if (!native.fs_instructions)
		return native.thread_pointer;
	__asm__ volatile("rdfsbase %0" : "=r"(value));
	return value;
}

void host_write_entry(uint8_t *page)
{
	/* endbr64; movabs $host_hypercall, %r11; jmp *%r11; then traps */
	static const uint8_t start[] = {0xf3, 0x0f, 0x1e, 0xfa, 0x49, 0xbb};
	static const uint8_t end[] = {0x41, 0xff, 0xe3};
	uint64_t target = (uint64_t)(uintptr_t)host_hypercall;
	uint8_t *p = page;

	core_copy(p, start, sizeof(start));
	p += sizeof(start);
	core_copy(p, &target, sizeof(target));
	p += sizeof(target);
	core_copy(p, end, sizeof(end));
	p += sizeof(end);
	while (p < page + BH_PAGE_SIZE)
		*p++ = 0xcc;
}

void host_first_registers(const struct core *core,
                          struct core_registers *registers)
{
	core_zero(registers, sizeof(*registers));
	registers->pc = core->entry;
	registers->flags = FIRST_FLAGS;
	/* As after a call whose return address is zero. */
	registers->general[RSP] = core->stack_pointer - sizeof(uint64_t);
	registers->general[RDI] = core->boot_info;
}

void host_complete_call(struct core_registers *registers)
{
	uint64_t sp = registers->general[RSP];

	registers->flags = FIRST_FLAGS;
	registers->thread_pointer = thread_pointer();
	registers->pc = 0;
	if (!core_may(native.core, sp, sizeof(uint64_t), CORE_READ))
		return;
	core_copy(&registers->pc, (const void *)(uintptr_t)sp,
	          sizeof(registers->pc));
	registers->general[RSP] += sizeof(uint64_t);
}

void host_read_context(const void *context, struct core_registers *registers)
{
	const greg_t *g = ((const ucontext_t *)context)->uc_mcontext.gregs;

	core_zero(registers, sizeof(*registers));
	registers->pc = (uint64_t)g[REG_RIP];
	registers->flags = (uint64_t)g[REG_EFL];
	registers->thread_pointer = thread_pointer();
	for (unsigned i = 0; i < 16; i++)
		registers->general[i] = (uint64_t)g[context_order[i]];
}

/* Readable bytes at ADDRESS, at most LIMIT; their number. */
static size_t fetch(uint64_t address, uint8_t *code, size_t limit)
{
	size_t n = 0;

	while (n < limit && core_may(native.core, address + n, 1, CORE_READ)) {
		code[n] = *(const uint8_t *)(uintptr_t)(address + n);
		n++;
	}
	return n;
}

static enum bh_fault classify_page_fault(uint64_t error)
{
	if (error & PAGE_FAULT_FETCH)
		return BH_FAULT_EXECUTE;
	return error & PAGE_FAULT_WRITE ? BH_FAULT_WRITE : BH_FAULT_READ;
}

/*
 * The kernel reports every way into it alike; only `syscall` is a system call
 * of this machine.  The pc lies behind the instruction.
 */
static void classify_dispatch(struct native_trap *trap)
{
	uint8_t code[SYSCALL_SIZE];
	uint64_t start = trap->registers.pc - SYSCALL_SIZE;

	trap->pc = start;
	if (fetch(start, code, sizeof(code)) == sizeof(code) &&
	    code[0] == 0x0f && code[1] == 0x05) {
		trap->fault = BH_FAULT_SYSCALL;
	} else {
		trap->fault = BH_FAULT_INSTRUCTION;
		trap->registers.pc = start;
	}
}

static void classify_memory(const greg_t *g, struct native_trap *trap)
{
	uint8_t code[16];
	size_t size;

	switch (g[REG_TRAPNO]) {
	case VECTOR_PAGE:
		trap->fault = classify_page_fault((uint64_t)g[REG_ERR]);
		trap->address = (uint64_t)g[REG_CR2];
		break;
	case VECTOR_STACK:
	case VECTOR_PROTECTION:
		size = fetch(trap->pc, code, sizeof(code));
		trap->fault = core_classify_protection(code, size);
		break;
	case VECTOR_ALIGNMENT:
		trap->fault = BH_FAULT_ALIGNMENT;
		break;
	default:
		trap->fault = BH_FAULT_OTHER;
	}
}

/* int3 traps behind itself; a fault is reported at its instruction. */
static void classify_trap(const greg_t *g, struct native_trap *trap)
{
	trap->fault = BH_FAULT_TRAP;
	if (g[REG_TRAPNO] == VECTOR_BREAKPOINT) {
		trap->pc--;
		trap->registers.pc--;
	}
}

void host_classify(const siginfo_t *info, const void *context,
                   struct native_trap *trap)
{
	const greg_t *g = ((const ucontext_t *)context)->uc_mcontext.gregs;
	uint8_t code[4];
	size_t size;

	trap->address = 0;
	trap->pc = trap->registers.pc;
	switch (info->si_signo) {
	case SIGSYS:
		classify_dispatch(trap);
		break;
	case SIGSEGV:
	case SIGBUS:
		classify_memory(g, trap);
		break;
	case SIGILL:
		size = fetch(trap->pc, code, sizeof(code));
		trap->fault =
		        core_classify_instruction(BH_ISA_X86_64, code, size);
		break;
	case SIGFPE:
		trap->fault = BH_FAULT_ARITHMETIC;
		break;
	case SIGTRAP:
		classify_trap(g, trap);
		break;
	default:
		trap->fault = BH_FAULT_OTHER;
	}
}

void host_start_upcall(void *context, uint64_t entry, uint64_t frame,
                       uint64_t stack_pointer)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t sp = stack_pointer - sizeof(uint64_t);

	/* Below the frame, which is at least a red zone away from anything
	 * that lives; the region may end here, then the entry faults. */
	if (core_may(native.core, sp, sizeof(uint64_t), CORE_WRITE))
		core_zero((void *)(uintptr_t)sp, sizeof(uint64_t));
	for (unsigned i = 0; i < 16; i++)
		g[context_order[i]] = 0;
	g[REG_RIP] = (greg_t)entry;
	g[REG_RSP] = (greg_t)sp;
	g[REG_RDI] = (greg_t)frame;
	g[REG_EFL] = (greg_t)FIRST_FLAGS;
}
