/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "xlate/xlate.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "core/core.h"
#include "core/xlate/seccomp.h"

/*
 * The xlate kind: the translator of xlate/ as a core.  Guest memory is this
 * process's memory at the same addresses, and the host's page protection
 * decides who may read and write; what may be executed is looked up when code
 * is translated.
 *
 * The hypercall entry is a page of zeros: no instruction, so that a jump there
 * ends a run.
 */

/* Code, what is known of it, and the guard; most is never touched. */
#if defined(BH_SANITIZE)
#define ADDRESS_SPACE 0
#else
#define ADDRESS_SPACE (UINT64_C(512) << 20)
#endif

/* Some milliseconds. */
#define FLOAT_TRAPS_MAX 1000
#define PATIENCE        16

/* Calling conventions: numbers of registers. */
struct convention {
	enum xlate_isa isa;
	uint8_t link, stack, argument;
	uint64_t ignored; /* bits of a return address */
};

static const struct convention riscv64 = {
        .isa = XLATE_RISCV64,
        .link = 1,
        .stack = 2,
        .argument = 10,
        .ignored = 1,
};
static const struct convention aarch64 = {
        .isa = XLATE_AARCH64,
        .link = 30,
        .stack = 31,
        .argument = 0,
};

struct machine {
	struct core *core;
	struct xlate *xlate;
	struct xlate_state *state; /* of xlate */
	const struct convention *convention;
	volatile sig_atomic_t describe; /* asked for, not done yet */
};

static struct machine machine;

/* RISC-V's is one of the general registers. */
#define RISCV_TP 4

static uint64_t *thread_pointer(struct xlate_state *state)
{
	return machine.convention == &aarch64 ? &state->tpidr
	                                      : &state->x[RISCV_TP];
}

static void read_registers(struct xlate_state *state,
                           struct core_registers *registers)
{
	registers->pc = state->pc;
	registers->flags = machine.convention == &aarch64 ? state->nzcv : 0;
	registers->thread_pointer = *thread_pointer(state);
	memcpy(registers->general, state->x, sizeof(registers->general));
}

static void load_registers(const struct core_registers *registers)
{
	struct xlate_state *state = machine.state;

	memcpy(state->x, registers->general, sizeof(registers->general));
	state->pc = registers->pc;
	*thread_pointer(state) = registers->thread_pointer;
	if (machine.convention == &aarch64)
		state->nzcv = (uint32_t)registers->flags;
}

/* The convention's registers for arguments and results. */
static uint64_t *arguments(void)
{
	return &machine.state->x[machine.convention->argument];
}

static void describe_state(struct xlate_state *state)
{
	struct core_registers registers;

	read_registers(state, &registers);
	core_describe(machine.core, &registers, BH_FAULT_NONE, 0);
}

static void describe(struct core *core)
{
	(void)core;
	describe_state(machine.state);
}

/* Tells exo, which has asked. */
static void post_state(struct xlate_state *state)
{
	machine.describe = 0;
	describe_state(state);
	core_post(machine.core, BH_POST_STATE, NULL);
}

/* ---------------------------------------------------------------- signals */

/*
 * exo asks where the guest is.  In translated code it can be told at once; else
 * as soon as the run ends, or when exo asks again.
 */
static void on_describe(int number, siginfo_t *info, void *context)
{
	struct xlate_state state;

	(void)number;
	(void)info;
	if (machine.core->posting)
		return;
	if (xlate_peek(machine.xlate, context, &state)) {
		post_state(&state);
		return;
	}
	machine.describe = 1;
	xlate_stop(machine.xlate);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)number;
	xlate_on_fault(machine.xlate, info, context);
	/* Not the guest's.  The filter kills for what abort() does; a trap
	 * would come back here. */
	abort();
}

/* ----------------------------------------------------------------- set-up */

static uint64_t fetch(void *core, uint64_t address, uint64_t limit)
{
	return core_reach(core, address, limit, CORE_EXECUTE);
}

static bool on_trap(void *core, enum xlate_exit exit);

/*
 * The launcher has measured them, and looked whether they are of this build,
 * for this processor.  They are mapped, not read: most is never looked at.
 */
static void attach_kept(struct core *core)
{
	struct stat file;
	void *kept;
	int r;

	if (fstat(BH_CORE_FD_KEPT, &file)) {
		if (errno != EBADF)
			core_fail(core, "kept translations: %s",
			          strerror(errno));
		return;
	}
	if (!S_ISREG(file.st_mode) || file.st_size <= 0)
		core_fail(core, "kept translations: not a regular file with "
		                "contents");
	kept = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE,
	            BH_CORE_FD_KEPT, 0);
	if (kept == MAP_FAILED)
		core_fail(core, "kept translations: %s", strerror(errno));
	close(BH_CORE_FD_KEPT);
	r = xlate_attach(machine.xlate, kept, (size_t)file.st_size);
	if (r)
		core_fail(core, "kept translations: %s", strerror(-r));
}

static void create(struct core *core)
{
	struct xlate_config config = {
	        .tier = XLATE_TRANSLATE,
	        .top = CORE_GUEST_TOP,
	        .fetch = fetch,
	        .trap = on_trap,
	        .data = core,
	        .float_traps = FLOAT_TRAPS_MAX,
	        .patience = PATIENCE,
	};
	int r;

	machine.core = core;
	machine.convention =
	        core->start.isa == BH_ISA_AARCH64 ? &aarch64 : &riscv64;
	config.isa = machine.convention->isa;
	r = xlate_create(&machine.xlate, &config);
	if (r == -EOPNOTSUPP) {
		config.tier = XLATE_INTERPRET;
		r = xlate_create(&machine.xlate, &config);
	}
	if (r)
		core_fail(core, "xlate: %s", strerror(-r));
	machine.state = xlate_state(machine.xlate);
	attach_kept(core);
}

static void write_entry(struct core *core, uint8_t *page)
{
	(void)core;
	memset(page, 0, BH_PAGE_SIZE);
}

/* Nothing of the guest's is the host's to execute. */
static void map(struct core *core, const struct core_region *region)
{
	core_protect(core, region, false);
}

static int change(struct core *core, const struct bh_memory_change *change)
{
	(void)core;
	xlate_forget(machine.xlate, change->address,
	             change->address + change->size);
	return core_change_host(change, false);
}

static void install(int number, void (*handler)(int, siginfo_t *, void *),
                    int flags)
{
	struct sigaction action = {
	        .sa_sigaction = handler,
	        .sa_flags = SA_SIGINFO | flags,
	};

	sigaction(number, &action, NULL);
}

static void seal(struct core *core)
{
	size_t count;
	const struct bh_seccomp_rule *rules =
	        xlate_seccomp_rules(core_has_arena(core), &count);
	int r;

	install(SIGSEGV, on_fault, SA_NODEFER);
	install(SIGBUS, on_fault, SA_NODEFER);
	install(SIGILL, on_fault, SA_NODEFER);
	install(SIGFPE, on_fault, SA_NODEFER);
	install(BH_CORE_SIGNAL_DESCRIBE, on_describe, 0);
	r = bh_seccomp_enter(rules, count);
	if (r)
		core_fail(core, "xlate: seccomp: %s", strerror(-r));
}

/* ---------------------------------------------------- faults and upcalls */

static void upcall(uint32_t cause, enum bh_fault fault, uint64_t address)
{
	struct core *core = machine.core;
	struct core_registers registers;
	uint64_t frame, stack;

	read_registers(machine.state, &registers);
	if (!core_begin_upcall(core, cause, fault, address, &registers, &frame,
	                       &stack)) {
		core_describe(core, &registers, fault, address);
		core_post(core, BH_POST_FAULT, NULL);
		core_exit(0);
	}
	*arguments() = frame;
	machine.state->x[machine.convention->stack] = stack;
	machine.state->pc = core->upcall.entry;
}

static void trap(enum bh_fault fault, uint64_t address)
{
	upcall(BH_UPCALL_TRAP, fault, address);
}

static void trap_at_instruction(void)
{
	trap(core_classify_at(machine.core, machine.state->pc), 0);
}

/* ------------------------------------------------------------- hypercalls */

/* False: the call itself has said where the guest goes on. */
static bool resume(uint64_t frame, int64_t *result)
{
	struct core_registers registers;

	*result = -BH_EINVAL;
	if (!core_end_upcall(machine.core, frame, &registers))
		return true;
	load_registers(&registers);
	return false;
}

static bool call(const uint64_t *a, int64_t *result)
{
	struct core *core = machine.core;

	*result = 0;
	switch (a[0]) {
	case BH_CALL_EXCHANGE:
		if (a[1] | a[2] | a[3])
			break;
		core_post(core, BH_POST_EXCHANGE, describe);
		return true;
	case BH_CALL_SET_UPCALL:
		*result = core_set_upcall(core, a[1], a[2], a[3]);
		return true;
	case BH_CALL_RESUME:
		return resume(a[1], result);
	case BH_CALL_SET_THREAD_POINTER:
		*thread_pointer(machine.state) = a[1];
		return true;
	case BH_CALL_MEMORY:
		*result = core_change_memory(core, a[1], a[2], a[3]);
		return true;
	}
	trap(BH_FAULT_HYPERCALL, 0);
	return false;
}

/* The guest as its hypercall's caller sees it, from here on. */
static void hypercall(void)
{
	const struct convention *convention = machine.convention;
	int64_t result;

	machine.state->pc =
	        machine.state->x[convention->link] & ~convention->ignored;
	if (call(arguments(), &result))
		*arguments() = (uint64_t)result;
}

static void handle(enum xlate_exit exit)
{
	switch (exit) {
	case XLATE_STOPPED:
		break;
	case XLATE_SYSCALL:
		upcall(BH_UPCALL_SYSCALL, BH_FAULT_SYSCALL, 0);
		break;
	case XLATE_ILLEGAL:
		if (machine.state->pc == machine.core->hypercall)
			hypercall();
		else
			trap_at_instruction();
		break;
	case XLATE_BREAKPOINT:
		trap_at_instruction();
		break;
	case XLATE_ALIGNMENT:
		trap(BH_FAULT_ALIGNMENT, 0);
		break;
	case XLATE_READ:
		trap(BH_FAULT_READ, xlate_address(machine.xlate));
		break;
	case XLATE_WRITE:
		trap(BH_FAULT_WRITE, xlate_address(machine.xlate));
		break;
	case XLATE_EXECUTE:
		trap(BH_FAULT_EXECUTE, xlate_address(machine.xlate));
		break;
	}
}

/* Unless exo is to be told something first. */
static bool on_trap(void *core, enum xlate_exit exit)
{
	(void)core;
	if (machine.describe)
		return false;
	handle(exit);
	return true;
}

static void __attribute__((noreturn)) run(struct core *core)
{
	machine.state->pc = core->entry;
	*arguments() = core->boot_info;
	machine.state->x[machine.convention->stack] = core->stack_pointer;
	for (;;) {
		enum xlate_exit exit = xlate_run(machine.xlate);

		if (machine.describe)
			post_state(machine.state);
		handle(exit);
	}
}

const struct core_ops core_ops = {
        .name = "xlate",
        .isas = 1u << BH_ISA_AARCH64 | 1u << BH_ISA_RISCV64,
        .address_space = ADDRESS_SPACE,
        .create = create,
        .write_entry = write_entry,
        .map = map,
        .change = change,
        .seal = seal,
        .run = run,
};
