/* SPDX-License-Identifier: ISC */
#include "core/unicorn/unicorn.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>

#include "lib/seccomp.h"

/*
 * libunicorn reserves a translation buffer of 1 GiB and touches little.
 * AddressSanitizer reserves terabytes.
 */
#if defined(BH_SANITIZE)
#define ADDRESS_SPACE 0
#else
#define ADDRESS_SPACE (UINT64_C(3) << 29)
#endif

#define HEAP_STEP (1 << 20)

static struct unicorn machine;

static const struct unicorn_isa *const isas[] = {
        &unicorn_x86_64,
        &unicorn_aarch64,
        &unicorn_riscv64,
};

static void leave(struct unicorn *u, enum unicorn_event event)
{
	u->event = event;
	uc_emu_stop(u->uc);
}

/* The guest as its hypercall's caller sees it. */
static void save_caller(struct unicorn *u, struct core_registers *registers)
{
	unicorn_save(u, registers);
	u->isa->return_to_caller(u->core, registers);
}

static void describe_caller(struct core *core)
{
	struct core_registers registers;

	save_caller(&machine, &registers);
	core_describe(core, &registers, BH_FAULT_NONE, 0);
}

static int64_t set_thread_pointer(struct unicorn *u, uint64_t value)
{
	uint64_t end = u->isa->address_end;

	if (end && value >= end)
		return -BH_EINVAL;
	unicorn_write(u, u->isa->thread_pointer, value);
	return 0;
}

static int64_t resume(struct unicorn *u, uint64_t frame)
{
	if (!core_end_upcall(u->core, frame, &u->registers))
		return -BH_EINVAL;
	leave(u, UNICORN_LOADED);
	return 0;
}

static uint64_t argument(const struct unicorn *u, unsigned i)
{
	return unicorn_read(u, u->isa->argument[i]);
}

static int64_t refuse(struct unicorn *u)
{
	leave(u, UNICORN_HYPERCALL);
	return -BH_EINVAL;
}

static int64_t change_memory(struct unicorn *u)
{
	u->result = core_change_memory(u->core, argument(u, 1), argument(u, 2),
	                               argument(u, 3));
	if (unicorn_arena_is_dirty())
		leave(u, UNICORN_MEMORY);
	return u->result;
}

static int64_t call(struct unicorn *u)
{
	switch (argument(u, 0)) {
	case BH_CALL_EXCHANGE:
		if (argument(u, 1) | argument(u, 2) | argument(u, 3))
			return refuse(u);
		core_post(u->core, BH_POST_EXCHANGE, describe_caller);
		return 0;
	case BH_CALL_SET_UPCALL:
		return core_set_upcall(u->core, argument(u, 1), argument(u, 2),
		                       argument(u, 3));
	case BH_CALL_RESUME:
		return resume(u, argument(u, 1));
	case BH_CALL_SET_THREAD_POINTER:
		return set_thread_pointer(u, argument(u, 1));
	case BH_CALL_MEMORY:
		return change_memory(u);
	default:
		return refuse(u);
	}
}

/*
 * Runs when the guest enters the first block of the entry page, before its
 * first instruction.  Handling the call here, without leaving generated code,
 * costs tens of nanoseconds; stopping and starting Unicorn costs a
 * microsecond.  A code hook in place of the block hook would lose the guest's
 * pc, see internal.c.  The block has no memory access and ends at once, so
 * that leave() takes effect before the return to the guest.
 */
static void on_entry(uc_engine *uc, uint64_t address, uint32_t size, void *data)
{
	struct unicorn *u = data;
	int64_t result = call(u);

	(void)uc;
	(void)address;
	(void)size;
	if (u->event == UNICORN_NONE)
		unicorn_write(u, u->isa->result, (uint64_t)result);
}

/* Ends the run at an instruction that the hook which calls this belongs to;
 * returns if that was not generated code. */
static void stop_here(struct unicorn *u)
{
	if (!unicorn_restore_pc(u))
		return;
	uc_emu_stop(u->uc);
	u->isa->loop_exit(u->cpu);
}

/* Not canonical: the fault of such an access does not tell its address. */
static bool is_hidden(const struct unicorn_isa *isa, uint64_t address)
{
	return isa->address_end && address >= isa->address_end &&
	       address < -isa->address_end;
}

static bool on_bad_memory(uc_engine *uc, uc_mem_type type, uint64_t address,
                          int size, int64_t value, void *data)
{
	struct unicorn *u = data;

	(void)uc;
	(void)size;
	(void)value;
	u->event = UNICORN_FAULT;
	u->address = address;
	switch (type) {
	case UC_MEM_FETCH_PROT:
	case UC_MEM_FETCH_UNMAPPED:
		u->fault = BH_FAULT_EXECUTE;
		break;
	case UC_MEM_WRITE_PROT:
	case UC_MEM_WRITE_UNMAPPED:
		u->fault = BH_FAULT_WRITE;
		break;
	default:
		u->fault = BH_FAULT_READ;
	}
	if (u->fault != BH_FAULT_EXECUTE) {
		if (is_hidden(u->isa, address))
			u->address = 0;
		stop_here(u);
	}
	return false;
}

/* pc is read and the rest decided after Unicorn has stopped. */
static void on_exception(uc_engine *uc, uint32_t number, void *data)
{
	struct unicorn *u = data;

	(void)uc;
	u->exception = number;
	unicorn_take_exception(u);
	leave(u, UNICORN_EXCEPTION);
}

static void on_syscall(uc_engine *uc, void *data)
{
	(void)uc;
	leave(data, UNICORN_SYSCALL);
}

/* libunicorn lets user mode use ports, and asks for what they read. */
static void refuse_port(struct unicorn *u)
{
	u->event = UNICORN_FAULT;
	u->fault = BH_FAULT_INSTRUCTION;
	stop_here(u);
}

static uint32_t on_in(uc_engine *uc, uint32_t port, int size, void *data)
{
	(void)uc;
	(void)port;
	(void)size;
	refuse_port(data);
	return 0;
}

static void on_out(uc_engine *uc, uint32_t port, int size, uint32_t value,
                   void *data)
{
	(void)uc;
	(void)port;
	(void)size;
	(void)value;
	refuse_port(data);
}

/*
 * Everything here is safe in a signal handler: uc_emu_stop() sets four flags,
 * which generated code looks at when it enters a block (internal.c).  A signal
 * in the few instructions between execute()'s start and uc_emu_start()'s is
 * lost; then the guest is not described.
 */
static void on_signal(int number)
{
	(void)number;
	if (machine.core->posting)
		return;
	machine.describe = true;
	uc_emu_stop(machine.uc);
}

static void on_segv(int number, siginfo_t *info, void *context)
{
	(void)number;
	unicorn_on_segv(&machine, info, context);
}

static void check(struct unicorn *u, uc_err error, const char *what)
{
	if (error)
		core_fail(u->core, "unicorn: %s: %s", what, uc_strerror(error));
}

static void create(struct core *core)
{
	struct unicorn *u = &machine;

	u->core = core;
	for (size_t i = 0; i < sizeof(isas) / sizeof(isas[0]); i++)
		if ((uint32_t)isas[i]->isa == core->start.isa)
			u->isa = isas[i];
	if (!u->isa)
		core_fail(core, "unicorn: no such instruction set: %u",
		          core->start.isa);
	/* Few and large steps, so that the guest's run makes few system
	 * calls. */
	mallopt(M_TOP_PAD, HEAP_STEP);
	mallopt(M_TRIM_THRESHOLD, INT32_MAX);
	check(u, uc_open(u->isa->arch, u->isa->mode, &u->uc), "open");
	check(u, uc_ctl_set_cpu_model(u->uc, u->isa->cpu_model), "CPU model");
}

static void write_entry(struct core *core, uint8_t *page)
{
	(void)core;
	memcpy(page, machine.isa->page, machine.isa->page_size);
}

static void map(struct core *core, const struct core_region *region)
{
	uint32_t protection = UC_PROT_NONE;

	if (region->protection & CORE_READ)
		protection |= UC_PROT_READ;
	if (region->protection & CORE_WRITE)
		protection |= UC_PROT_WRITE;
	if (region->protection & CORE_EXECUTE)
		protection |= UC_PROT_EXEC;
	if (uc_mem_map_ptr(machine.uc, region->address, region->size,
	                   protection, (void *)(uintptr_t)region->address))
		core_fail(core, "unicorn: cannot map %s at 0x%llx",
		          region->name, (unsigned long long)region->address);
}

static void add_hook(struct unicorn *u, int type, void *callback,
                     uint64_t first, uint64_t last)
{
	uc_hook hook;

	check(u, uc_hook_add(u->uc, &hook, type, callback, u, first, last),
	      "hook");
}

static void add_instruction_hook(struct unicorn *u, int instruction,
                                 void *callback)
{
	uc_hook hook;

	check(u,
	      uc_hook_add(u->uc, &hook, UC_HOOK_INSN, callback, u, UINT64_C(1),
	                  UINT64_C(0), instruction),
	      "hook");
}

/* A range that ends before it begins means everywhere. */
static void add_hooks(struct unicorn *u)
{
	uint64_t entry = u->core->hypercall;

	/* uc_hook_add() takes functions as data pointers. */
	add_hook(u, UC_HOOK_BLOCK, (void *)on_entry, entry, entry);
	add_hook(u, UC_HOOK_MEM_INVALID, (void *)on_bad_memory, 1, 0);
	add_hook(u, UC_HOOK_INTR, (void *)on_exception, 1, 0);
	if (u->isa->arch != UC_ARCH_X86)
		return;
	add_instruction_hook(u, UC_X86_INS_SYSCALL, (void *)on_syscall);
	add_instruction_hook(u, UC_X86_INS_IN, (void *)on_in);
	add_instruction_hook(u, UC_X86_INS_OUT, (void *)on_out);
}

/*
 * To user mode, and to the guest's first state.  From here on no address ends
 * a run: with uc_emu_start()'s own `until`, a guest's jump there would look
 * like a wish to stop.
 */
static void prepare(struct unicorn *u)
{
	uint64_t page = u->core->hypercall;

	check(u,
	      uc_emu_start(u->uc, page + u->isa->prepare,
	                   page + u->isa->prepared, 0, 0),
	      "set-up code");
	if (unicorn_read(u, u->isa->pc) != page + u->isa->prepared)
		core_fail(u->core, "unicorn: set-up code went astray");
	check(u, uc_ctl_exits_enable(u->uc), "exits");
	unicorn_reach_inside(u);
}

static void seal(struct core *core)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct sigaction segv = {.sa_sigaction = on_segv,
	                         .sa_flags = SA_SIGINFO | SA_NODEFER};
	const struct bh_seccomp_rule *rules;
	size_t count;
	int r;

	unicorn_arena_map(&machine);
	add_hooks(&machine);
	prepare(&machine);
	sigaction(BH_CORE_SIGNAL_DESCRIBE, &action, NULL);
	if (core_has_arena(core))
		sigaction(SIGSEGV, &segv, NULL);
	rules = unicorn_seccomp_rules(core_has_arena(core), &count);
	r = bh_seccomp_enter(rules, count);
	if (r)
		core_fail(core, "unicorn: seccomp: %s", strerror(-r));
}

static void __attribute__((noreturn))
end(struct unicorn *u, const struct core_registers *registers)
{
	core_describe(u->core, registers, u->fault, u->address);
	core_post(u->core, BH_POST_FAULT, NULL);
	core_exit(0);
}

static void upcall(struct unicorn *u, uint32_t cause,
                   struct core_registers *registers)
{
	uint64_t frame, stack;

	if (!core_begin_upcall(u->core, cause, u->fault, u->address, registers,
	                       &frame, &stack))
		end(u, registers);
	registers->general[u->isa->first] = frame;
	registers->general[u->isa->stack_pointer] =
	        u->isa->enter_stack(u->core, stack);
	registers->pc = u->core->upcall.entry;
	unicorn_load(u, registers);
}

/* Generated code has been left; says where to go on. */
static void handle(struct unicorn *u, struct core_registers *registers)
{
	switch (u->event) {
	case UNICORN_NONE:
	case UNICORN_EXCEPTION:
		break;
	case UNICORN_LOADED:
		*registers = u->registers;
		unicorn_load(u, registers);
		break;
	case UNICORN_SYSCALL:
		u->fault = BH_FAULT_SYSCALL;
		upcall(u, BH_UPCALL_SYSCALL, registers);
		break;
	case UNICORN_HYPERCALL:
		u->fault = BH_FAULT_HYPERCALL;
		u->isa->return_to_caller(u->core, registers);
		upcall(u, BH_UPCALL_TRAP, registers);
		break;
	case UNICORN_MEMORY:
		unicorn_arena_refresh(u);
		u->isa->return_to_caller(u->core, registers);
		unicorn_load(u, registers);
		unicorn_write(u, u->isa->result, (uint64_t)u->result);
		break;
	case UNICORN_FAULT:
		upcall(u, BH_UPCALL_TRAP, registers);
		break;
	}
}

static void describe(struct unicorn *u, const struct core_registers *registers)
{
	u->describe = false;
	core_describe(u->core, registers, BH_FAULT_NONE, 0);
	core_post(u->core, BH_POST_STATE, NULL);
}

/* Runs the guest from registers->pc to the next event. */
static void execute(struct unicorn *u, struct core_registers *registers)
{
	uc_err error;

	u->event = UNICORN_NONE;
	u->address = 0;
	error = uc_emu_start(u->uc, registers->pc, 0, 0, 0);
	unicorn_save(u, registers);
	if (u->event == UNICORN_EXCEPTION) {
		u->event = UNICORN_FAULT;
		u->isa->classify(u, u->exception, registers);
	} else if (u->event == UNICORN_NONE && error) {
		u->event = UNICORN_FAULT;
		u->fault =
		        error == UC_ERR_INSN_INVALID
		                ? core_classify_at(u->core, registers->pc)
		                : BH_FAULT_OTHER;
	}
}

static void __attribute__((noreturn)) run(struct core *core)
{
	struct unicorn *u = &machine;
	struct core_registers registers = {.pc = core->entry};

	registers.general[u->isa->first] = core->boot_info;
	registers.general[u->isa->stack_pointer] =
	        u->isa->enter_stack(core, core->stack_pointer);
	unicorn_load(u, &registers);
	for (;;) {
		execute(u, &registers);
		if (u->describe)
			describe(u, &registers);
		handle(u, &registers);
	}
}

const struct core_ops core_ops = {
        .name = "unicorn",
        .isas = 1u << BH_ISA_X86_64 | 1u << BH_ISA_AARCH64 |
                1u << BH_ISA_RISCV64,
        .address_space = ADDRESS_SPACE,
        .create = create,
        .write_entry = write_entry,
        .map = map,
        .change = unicorn_change,
        .seal = seal,
        .run = run,
};
