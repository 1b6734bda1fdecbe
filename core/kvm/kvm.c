/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>

#include "core/core.h"
#include "core/kvm/arena.h"
#include "core/kvm/machine.h"
#include "core/kvm/seccomp.h"
#include "core/kvm/trap.h"

/* What KVM, its shared pages and the largest arena's page tables take beyond
 * guest memory. */
#define ADDRESS_SPACE (UINT64_C(352) << 20)

#define FLAGS_IOPL      UINT64_C(0x3000)    /* hidden from the guest */
#define USER_TOP        (UINT64_C(1) << 47) /* fs base must be canonical */
#define INSTRUCTION_MAX 15u
#define SYSCALL_SIZE    2u

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R11 = 11, GENERAL = 16 };

/* Where the guest stands, from the last fetch. */
struct position {
	enum bh_fault fault;
	uint64_t address;
	uint32_t cause; /* BH_UPCALL_* */
	bool in_stub;   /* in ring 0, where the trap has left it */
	struct core_registers registers;
};

static struct kvm_machine machine;
static struct position position;
static struct core *self; /* for the signal handler */

static void load_position(void)
{
	const struct kvm_regs *r = &machine.run->s.regs.regs;
	const uint64_t general[GENERAL] = {
	        r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi,
	        r->r8,  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15,
	};
	const struct kvm_frame *frame = kvm_system_frame(machine.system);

	position = (struct position){
	        .cause = BH_UPCALL_TRAP,
	        .in_stub = r->rip >= KVM_SYSTEM_BASE,
	        .registers =
	                {
	                        .pc = r->rip,
	                        .flags = r->rflags,
	                        .thread_pointer =
	                                machine.run->s.regs.sregs.fs.base,
	                },
	};
	memcpy(position.registers.general, general, sizeof(general));
	if (position.in_stub) {
		position.registers.pc = frame->rip;
		position.registers.flags = frame->rflags;
		position.registers.general[RSP] = frame->rsp;
	}
	position.registers.flags &= ~FLAGS_IOPL;
}

/* Makes the registers in the shared page those of REGISTERS. */
static void store_registers(const struct core_registers *registers)
{
	const uint64_t *g = registers->general;

	machine.run->s.regs.regs = (struct kvm_regs){
	        .rax = g[0],
	        .rcx = g[1],
	        .rdx = g[2],
	        .rbx = g[3],
	        .rsp = g[4],
	        .rbp = g[5],
	        .rsi = g[6],
	        .rdi = g[7],
	        .r8 = g[8],
	        .r9 = g[9],
	        .r10 = g[10],
	        .r11 = g[11],
	        .r12 = g[12],
	        .r13 = g[13],
	        .r14 = g[14],
	        .r15 = g[15],
	        .rip = registers->pc,
	        .rflags = registers->flags | machine.flags,
	};
	machine.run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
}

static void store_thread_pointer(uint64_t value)
{
	machine.run->s.regs.sregs.fs.base = value;
	machine.run->kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
}

/* Executable bytes at the address, at most LIMIT. */
static size_t read_code(const struct core *core, uint64_t address,
                        uint8_t *code, size_t limit)
{
	limit = core_reach(core, address, limit, CORE_EXECUTE);
	memcpy(code, (const void *)(uintptr_t)address, limit);
	return limit;
}

/* PC lies after the instruction; rcx and r11 are what SYSCALL makes of them. */
static void set_syscall(uint64_t pc, uint64_t flags)
{
	position.fault = BH_FAULT_SYSCALL;
	position.cause = BH_UPCALL_SYSCALL;
	position.registers.pc = pc;
	position.registers.flags = flags;
	position.registers.general[RCX] = pc;
	position.registers.general[R11] = flags;
}

static void classify_page_fault(uint64_t error_code)
{
	const struct core_registers *r = &position.registers;

	if (r->pc == KVM_SYSCALL_LANDING) {
		set_syscall(r->general[RCX], r->general[R11]);
		return;
	}
	position.fault = kvm_classify_page_fault(error_code);
	position.address = machine.run->s.regs.sregs.cr2;
}

static void classify_undefined(const uint8_t *code, size_t size)
{
	if (size >= SYSCALL_SIZE && code[0] == 0x0f && code[1] == 0x05)
		set_syscall(position.registers.pc + SYSCALL_SIZE,
		            position.registers.flags);
	else
		position.fault =
		        core_classify_instruction(BH_ISA_X86_64, code, size);
}

/* The trap is reported after INT3 (one byte) or INT 3 (two). */
static void classify_breakpoint(const struct core *core)
{
	uint8_t code;

	position.fault = BH_FAULT_TRAP;
	position.registers.pc--;
	if (read_code(core, position.registers.pc, &code, 1) && code != 0xcc)
		position.registers.pc--;
}

static void classify_trap(const struct core *core)
{
	const struct kvm_frame *frame = kvm_system_frame(machine.system);
	uint8_t code[INSTRUCTION_MAX];
	size_t size = read_code(core, frame->rip, code, sizeof(code));

	switch (frame->vector) {
	case KVM_VECTOR_DIVIDE:
	case KVM_VECTOR_X87:
	case KVM_VECTOR_SIMD:
		position.fault = BH_FAULT_ARITHMETIC;
		break;
	case KVM_VECTOR_DEBUG:
		position.fault = BH_FAULT_TRAP;
		break;
	case KVM_VECTOR_BREAKPOINT:
		classify_breakpoint(core);
		break;
	case KVM_VECTOR_UNDEFINED:
		classify_undefined(code, size);
		break;
	case KVM_VECTOR_STACK:
	case KVM_VECTOR_PROTECTION:
		position.fault = core_classify_protection(code, size);
		break;
	case KVM_VECTOR_PAGE:
		classify_page_fault(frame->error_code);
		break;
	case KVM_VECTOR_ALIGNMENT:
		position.fault = BH_FAULT_ALIGNMENT;
		break;
	default:
		position.fault = BH_FAULT_OTHER;
	}
}

static void describe_position(struct core *core)
{
	core_describe(core, &position.registers, position.fault,
	              position.address);
}

/* The guest waits in the entry: its place is where the entry returns to. */
static void leave_entry(const struct core *core)
{
	const uint64_t stack = position.registers.general[RSP];

	if (core_may(core, stack, sizeof(uint64_t), CORE_READ))
		memcpy(&position.registers.pc, (const void *)(uintptr_t)stack,
		       sizeof(uint64_t));
}

static void describe_exchange(struct core *core)
{
	if (kvm_machine_fetch(&machine))
		return;
	load_position();
	leave_entry(core);
	describe_position(core);
}

static void fail_guest(struct core *core) __attribute__((noreturn));

static void fail_guest(struct core *core)
{
	if (position.fault == BH_FAULT_SYSCALL)
		position.registers.pc -= SYSCALL_SIZE;
	describe_position(core);
	for (;;)
		core_post(core, BH_POST_FAULT, describe_position);
}

/* Ends the guest for a reason of the machine's own. */
static void fail_machine(struct core *core) __attribute__((noreturn));

static void fail_machine(struct core *core)
{
	if (kvm_machine_fetch(&machine) == 0)
		load_position();
	position.fault = BH_FAULT_OTHER;
	fail_guest(core);
}

/* A function's entry: the stack holds a return address, which is zero. */
static uint64_t push_no_return(const struct core *core, uint64_t stack)
{
	stack = (stack & ~UINT64_C(15)) - sizeof(uint64_t);
	if (core_may(core, stack, sizeof(uint64_t), CORE_WRITE))
		memset((void *)(uintptr_t)stack, 0, sizeof(uint64_t));
	return stack;
}

/* Out of a stub the guest returns by IRET, which takes these three. */
static void enter_upcall(const struct core *core, uint64_t frame_address,
                         uint64_t stack)
{
	struct kvm_regs *regs = &machine.run->s.regs.regs;
	struct kvm_frame *frame = kvm_system_frame(machine.system);

	stack = push_no_return(core, stack);
	regs->rdi = frame_address;
	if (position.in_stub) {
		frame->rip = core->upcall.entry;
		frame->rsp = stack;
		frame->rflags = machine.flags;
	} else {
		regs->rip = core->upcall.entry;
		regs->rsp = stack;
		regs->rflags = machine.flags;
	}
	machine.run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
}

/* Hands the fault in `position` to the guest, or ends it. */
static void deliver(struct core *core)
{
	uint64_t frame_address, stack;

	if (!core_begin_upcall(core, position.cause, position.fault,
	                       position.address, &position.registers,
	                       &frame_address, &stack))
		fail_guest(core);
	enter_upcall(core, frame_address, stack);
}

/* Whether the guest may have what it has faulted for, and goes on. */
static bool serve_fault(struct core *core)
{
	static const uint32_t access[] = {
	        [BH_FAULT_READ] = CORE_READ,
	        [BH_FAULT_WRITE] = CORE_WRITE,
	        [BH_FAULT_EXECUTE] = CORE_EXECUTE,
	};
	int r;

	if (kvm_system_frame(machine.system)->vector != KVM_VECTOR_PAGE ||
	    position.fault == BH_FAULT_SYSCALL)
		return false;
	r = kvm_arena_fault(core, &machine, position.address,
	                    access[position.fault]);
	if (r < 0)
		fail_machine(core);
	return r;
}

static void handle_trap(struct core *core)
{
	if (kvm_machine_fetch(&machine))
		fail_machine(core);
	load_position();
	if (position.in_stub) {
		classify_trap(core);
		if (serve_fault(core))
			return;
	} else {
		position.fault = BH_FAULT_INSTRUCTION;
	}
	deliver(core);
}

static void return_value(int64_t value)
{
	machine.run->s.regs.regs.rax = (uint64_t)value;
	machine.run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
}

static void resume(struct core *core, uint64_t frame_address)
{
	struct core_registers registers;

	memset(&registers, 0, sizeof(registers));
	if (!core_end_upcall(core, frame_address, &registers)) {
		return_value(-BH_EINVAL);
		return;
	}
	store_registers(&registers);
	if (registers.thread_pointer != machine.run->s.regs.sregs.fs.base)
		store_thread_pointer(registers.thread_pointer);
}

static void set_thread_pointer(uint64_t value)
{
	if (value >= USER_TOP) {
		return_value(-BH_EINVAL);
		return;
	}
	store_thread_pointer(value);
	return_value(0);
}

static void handle_call(struct core *core)
{
	const uint64_t *argument;

	if (kvm_machine_fetch(&machine))
		fail_machine(core);
	load_position();
	argument = position.registers.general;
	switch (argument[RDI]) {
	case BH_CALL_SET_UPCALL:
		return_value(core_set_upcall(core, argument[RSI], argument[RDX],
		                             argument[RCX]));
		break;
	case BH_CALL_RESUME:
		resume(core, argument[RSI]);
		break;
	case BH_CALL_SET_THREAD_POINTER:
		set_thread_pointer(argument[RSI]);
		break;
	case BH_CALL_MEMORY:
		return_value(core_change_memory(core, argument[RSI],
		                                argument[RDX], argument[RCX]));
		break;
	default:
		leave_entry(core);
		position.fault = BH_FAULT_HYPERCALL;
		deliver(core);
	}
}

/* An I/O instruction that the bitmap should have stopped. */
static void handle_other_port(struct core *core)
{
	if (kvm_machine_fetch(&machine))
		fail_machine(core);
	load_position();
	position.fault = BH_FAULT_INSTRUCTION;
	deliver(core);
}

static void handle_port(struct core *core)
{
	if (machine.run->io.direction != KVM_EXIT_IO_OUT) {
		handle_other_port(core);
		return;
	}
	switch (machine.run->io.port) {
	case KVM_PORT_EXCHANGE:
		core_post(core, BH_POST_EXCHANGE, describe_exchange);
		break;
	case KVM_PORT_CALL:
		handle_call(core);
		break;
	case KVM_PORT_TRAP:
		handle_trap(core);
		break;
	default:
		handle_other_port(core);
	}
}

static void tell_state(struct core *core)
{
	if (kvm_machine_fetch(&machine))
		fail_machine(core);
	load_position();
	describe_position(core);
	core_post(core, BH_POST_STATE, describe_position);
}

static void kvm_run(struct core *core) __attribute__((noreturn));

static void kvm_run(struct core *core)
{
	for (;;) {
		int r;

		if (kvm_machine_was_interrupted(&machine))
			tell_state(core);
		r = kvm_machine_run();
		if (r == -EINTR)
			continue;
		if (r < 0 || machine.run->exit_reason != KVM_EXIT_IO)
			fail_machine(core);
		handle_port(core);
	}
}

static void on_signal(int number)
{
	(void)number;
	if (!self->posting)
		kvm_machine_interrupt(&machine);
}

static void kvm_create(struct core *core)
{
	struct sigaction action = {.sa_handler = on_signal};

	kvm_machine_create(core, &machine);
	self = core;
	if (sigaction(BH_CORE_SIGNAL_DESCRIBE, &action, NULL))
		core_fail(core, "kvm: cannot handle signal %d: %s",
		          BH_CORE_SIGNAL_DESCRIBE, strerror(errno));
}

static void kvm_fill_entry(struct core *core, uint8_t *page)
{
	(void)core;
	kvm_write_entry(page);
}

static void kvm_map(struct core *core, const struct core_region *region)
{
	kvm_machine_map(core, &machine, region);
}

static int kvm_change(struct core *core, const struct bh_memory_change *change)
{
	return kvm_arena_change(core, &machine, change);
}

static void kvm_seal(struct core *core)
{
	size_t count;
	const struct bh_seccomp_rule *rules =
	        kvm_seccomp_rules(core_has_arena(core), &count);
	int r;

	kvm_machine_prove(core, &machine);
	kvm_machine_start(core, &machine, core->entry,
	                  push_no_return(core, core->stack_pointer),
	                  core->boot_info);
	kvm_machine_close_vm(core, &machine);
	r = bh_seccomp_enter(rules, count);
	if (r)
		core_fail(core, "kvm: cannot enter seccomp: %s", strerror(-r));
}

const struct core_ops core_ops = {
        .name = "kvm",
        .isas = 1u << BH_ISA_X86_64,
        .address_space = ADDRESS_SPACE,
        .starts_threads = true,
        .create = kvm_create,
        .write_entry = kvm_fill_entry,
        .map = kvm_map,
        .change = kvm_change,
        .seal = kvm_seal,
        .run = kvm_run,
};
