/* SPDX-License-Identifier: ISC */
#include "core/unicorn/unicorn.h"

/* The RISC-V Instruction Set Manual, volume II, table of mcause values. */
enum {
	CAUSE_FETCH_MISALIGNED = 0,
	CAUSE_ILLEGAL = 2,
	CAUSE_BREAKPOINT = 3,
	CAUSE_LOAD_MISALIGNED = 4,
	CAUSE_STORE_MISALIGNED = 6,
	CAUSE_ECALL_USER = 8,
};

#define ECALL_SIZE 4u

/* clang-format off */
static const uint32_t page[] = {
        0x0040006f, /*        j     1f */
        0x00008067, /* 1:     ret */
        0, 0,
        0x00000297, /* 0x10:  auipc t0, 0 */
        0x02028293, /*        addi  t0, t0, 32           2f */
        0x34129073, /*        csrw  mepc, t0 */
        0x30601073, /*        csrw  mcounteren, zero     no clock, counters */
        0x10601073, /*        csrw  scounteren, zero */
        0x000022b7, /*        lui   t0, 2                FS initial, MPP user */
        0x30029073, /*        csrw  mstatus, t0 */
        0x30200073, /*        mret */
        0x0000006f, /* 2:     j     2b */
};
/* clang-format on */

static const int general[32] = {
        0,
        UC_RISCV_REG_X1,
        UC_RISCV_REG_X2,
        UC_RISCV_REG_X3,
        UC_RISCV_REG_X4,
        UC_RISCV_REG_X5,
        UC_RISCV_REG_X6,
        UC_RISCV_REG_X7,
        UC_RISCV_REG_X8,
        UC_RISCV_REG_X9,
        UC_RISCV_REG_X10,
        UC_RISCV_REG_X11,
        UC_RISCV_REG_X12,
        UC_RISCV_REG_X13,
        UC_RISCV_REG_X14,
        UC_RISCV_REG_X15,
        UC_RISCV_REG_X16,
        UC_RISCV_REG_X17,
        UC_RISCV_REG_X18,
        UC_RISCV_REG_X19,
        UC_RISCV_REG_X20,
        UC_RISCV_REG_X21,
        UC_RISCV_REG_X22,
        UC_RISCV_REG_X23,
        UC_RISCV_REG_X24,
        UC_RISCV_REG_X25,
        UC_RISCV_REG_X26,
        UC_RISCV_REG_X27,
        UC_RISCV_REG_X28,
        UC_RISCV_REG_X29,
        UC_RISCV_REG_X30,
        UC_RISCV_REG_X31,
};

static void return_to_caller(const struct core *core,
                             struct core_registers *registers)
{
	(void)core;
	registers->pc = registers->general[1];
}

static uint64_t enter_stack(const struct core *core, uint64_t stack)
{
	(void)core;
	return stack;
}

/*
 * libunicorn 2.0.1 adds 4 to pc before it tells of any exception, as suits an
 * ecall alone (cpu_handle_exception() in qemu/accel/tcg/cpu-exec.c).
 */
static void classify(struct unicorn *u, uint32_t number,
                     struct core_registers *registers)
{
	registers->pc -= ECALL_SIZE;
	switch (number) {
	case CAUSE_ECALL_USER:
		registers->pc += ECALL_SIZE;
		u->event = UNICORN_SYSCALL;
		break;
	case CAUSE_ILLEGAL:
	case CAUSE_BREAKPOINT:
		u->fault = core_classify_at(u->core, registers->pc);
		break;
	case CAUSE_FETCH_MISALIGNED:
	case CAUSE_LOAD_MISALIGNED:
	case CAUSE_STORE_MISALIGNED:
		u->fault = BH_FAULT_ALIGNMENT;
		break;
	default:
		u->fault = BH_FAULT_OTHER;
	}
}

const struct unicorn_isa unicorn_riscv64 = {
        .isa = BH_ISA_RISCV64,
        .arch = UC_ARCH_RISCV,
        .mode = UC_MODE_RISCV64,
        .cpu_model = UC_CPU_RISCV64_SIFIVE_U54, /* RV64GC and no more */
        .page = (const uint8_t *)page,
        .page_size = sizeof(page),
        .prepare = 0x10,
        .prepared = 0x30,
        .general = general,
        .pc = UC_RISCV_REG_PC,
        .flags = 0,
        .thread_pointer = UC_RISCV_REG_X4,
        .argument = {UC_RISCV_REG_X10, UC_RISCV_REG_X11, UC_RISCV_REG_X12,
                     UC_RISCV_REG_X13},
        .result = UC_RISCV_REG_X10,
        .first = 10,
        .stack_pointer = 2,
        .return_to_caller = return_to_caller,
        .restore_state = cpu_restore_state_riscv64,
        .loop_exit = cpu_loop_exit_riscv64,
        .enter_stack = enter_stack,
        .classify = classify,
};
