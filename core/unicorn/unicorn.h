/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_UNICORN_H
#define BH_CORE_UNICORN_H

/*
 * The unicorn kind: one neutral part (unicorn.c, internal.c, registers.c,
 * seccomp.c) and a table per guest ISA (x86_64.c, aarch64.c, riscv64.c).
 *
 * It is written for libunicorn 2.0.1 and relies only on behaviour that
 * tests/emulating-cores.sh checks.
 */

#include <signal.h>
#include <unicorn/unicorn.h>

#include "core/core.h"

/* Why generated code was left. */
enum unicorn_event {
	UNICORN_NONE = 0,  /* no reason of ours: pause, yield: go on */
	UNICORN_EXCEPTION, /* to be classified */
	UNICORN_FAULT,     /* registers->pc is the faulting instruction */
	UNICORN_SYSCALL,   /* registers->pc is the instruction after it */
	UNICORN_LOADED,    /* hypercall: go on with unicorn.registers */
	UNICORN_HYPERCALL, /* an unknown hypercall */
	UNICORN_MEMORY,    /* hypercall: what can be executed has changed */
};

struct unicorn {
	struct core *core;
	const struct unicorn_isa *isa;
	uc_engine *uc;
	void *cpu; /* Unicorn's CPUState */
	enum unicorn_event event;
	uint32_t exception; /* Unicorn's number */
	enum bh_fault fault;
	uint64_t address;                /* of a memory fault */
	struct core_registers registers; /* for UNICORN_LOADED */
	int64_t result;                  /* for UNICORN_MEMORY */
	bool restored;                   /* by unicorn_restore_pc() */
	volatile bool describe;          /* set by BH_CORE_SIGNAL_DESCRIBE */
};

/*
 * Internal to libunicorn (qemu/accel/tcg/translate-all.c): sets pc to the guest
 * instruction that the host code before HOST_PC was made from.
 */
typedef bool unicorn_restore_state(void *cpu, uintptr_t host_pc,
                                   bool will_exit);
unicorn_restore_state cpu_restore_state_x86_64;
unicorn_restore_state cpu_restore_state_aarch64;
unicorn_restore_state cpu_restore_state_riscv64;

/* Likewise (cpu-exec-common.c): leaves generated code by longjmp(). */
typedef void unicorn_loop_exit(void *cpu);
unicorn_loop_exit cpu_loop_exit_x86_64;
unicorn_loop_exit cpu_loop_exit_aarch64;
unicorn_loop_exit cpu_loop_exit_riscv64;

struct unicorn_isa {
	enum bh_isa isa;
	uc_arch arch;
	uc_mode mode;
	int cpu_model;
	/*
	 * The entry page's contents: at offset 0 the hypercall entry, which
	 * starts with a block of its own (a jump to the return), at `prepare`
	 * code that runs once before the guest: it drops to user mode, sets
	 * floating point up, closes clocks and counters, and arrives at
	 * `prepared` (offsets).
	 */
	const uint8_t *page;
	size_t page_size;
	uint64_t prepare, prepared;
	const int *general; /* 32 Unicorn register numbers, 0: none */
	int pc, flags, thread_pointer; /* flags 0: none */
	int argument[4];               /* of a hypercall, in order */
	int result;
	unsigned first;         /* index in general[]: first argument */
	unsigned stack_pointer; /* likewise */
	uint64_t address_end;   /* end of a program's half of the addresses;
	                           0: no limit of the ISA's own */
	/* Makes of a guest at the entry one that has returned from it. */
	void (*return_to_caller)(const struct core *core,
	                         struct core_registers *registers);
	/* internal.c explains it. */
	unicorn_restore_state *restore_state;
	unicorn_loop_exit *loop_exit;
	/* Finishes the stack for entering a function: may move it. */
	uint64_t (*enter_stack)(const struct core *core, uint64_t stack);
	/* Says what Unicorn's exception NUMBER at registers->pc is; may correct
	 * pc to what enum unicorn_event promises. */
	void (*classify)(struct unicorn *u, uint32_t number,
	                 struct core_registers *registers);
};

extern const struct unicorn_isa unicorn_x86_64;
extern const struct unicorn_isa unicorn_aarch64;
extern const struct unicorn_isa unicorn_riscv64;

/* registers.c */
uint64_t unicorn_read(const struct unicorn *u, int number);
void unicorn_write(const struct unicorn *u, int number, uint64_t value);
void unicorn_save(const struct unicorn *u, struct core_registers *registers);
/* All but pc, which uc_emu_start() takes. */
void unicorn_load(const struct unicorn *u,
                  const struct core_registers *registers);

/* internal.c, before the guest's first block is translated */
void unicorn_reach_inside(struct unicorn *u);
/* In a hook of an exception: Unicorn is not to wait for its handler. */
void unicorn_take_exception(struct unicorn *u);
/* In a hook of a failed access: makes pc that of the access.  False if it was
 * not generated code that made it. */
bool unicorn_restore_pc(struct unicorn *u);

/* arena.c */
void unicorn_arena_map(struct unicorn *u);
int unicorn_change(struct core *core, const struct bh_memory_change *change);
bool unicorn_arena_is_dirty(void);
/* Outside generated code: tells Unicorn what may be executed now. */
void unicorn_arena_refresh(struct unicorn *u);
void unicorn_on_segv(struct unicorn *u, const siginfo_t *info,
                     const void *context);

/* seccomp.c */
struct bh_seccomp_rule;
const struct bh_seccomp_rule *unicorn_seccomp_rules(bool has_arena,
                                                    size_t *count);

#endif
