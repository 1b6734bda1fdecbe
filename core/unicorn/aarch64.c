/* SPDX-License-Identifier: ISC */
#include "core/unicorn/unicorn.h"

/* QEMU target/arm/cpu.h */
enum { EXCP_UDEF = 1, EXCP_SWI = 2, EXCP_BKPT = 7 };

/* clang-format off */
static const uint32_t page[] = {
        0x14000001, /*        b     1f */
        0xd65f03c0, /* 1:     ret */
        0, 0,
        0xd2a00600, /* 0x10:  mov   x0, #(3 << 20)       FPEN */
        0xd5181040, /*        msr   cpacr_el1, x0 */
        0xd5381000, /*        mrs   x0, sctlr_el1 */
        0xd2980001, /*        mov   x1, #0xc000          UCT, DZE */
        0xf2a080a1, /*        movk  x1, #0x405, lsl #16  nTWI, nTWE, UCI */
        0xaa010000, /*        orr   x0, x0, x1 */
        0xd5181000, /*        msr   sctlr_el1, x0 */
        0xd518e11f, /*        msr   cntkctl_el1, xzr     no clock */
        0xd51b9e1f, /*        msr   pmuserenr_el0, xzr   no counters */
        0xd518401f, /*        msr   spsr_el1, xzr        to EL0 */
        0x10000060, /*        adr   x0, 2f */
        0xd5184020, /*        msr   elr_el1, x0 */
        0xd69f03e0, /*        eret */
        0x14000000, /* 2:     b     2b */
};
/* clang-format on */

static const int general[32] = {
        UC_ARM64_REG_X0,  UC_ARM64_REG_X1,  UC_ARM64_REG_X2,  UC_ARM64_REG_X3,
        UC_ARM64_REG_X4,  UC_ARM64_REG_X5,  UC_ARM64_REG_X6,  UC_ARM64_REG_X7,
        UC_ARM64_REG_X8,  UC_ARM64_REG_X9,  UC_ARM64_REG_X10, UC_ARM64_REG_X11,
        UC_ARM64_REG_X12, UC_ARM64_REG_X13, UC_ARM64_REG_X14, UC_ARM64_REG_X15,
        UC_ARM64_REG_X16, UC_ARM64_REG_X17, UC_ARM64_REG_X18, UC_ARM64_REG_X19,
        UC_ARM64_REG_X20, UC_ARM64_REG_X21, UC_ARM64_REG_X22, UC_ARM64_REG_X23,
        UC_ARM64_REG_X24, UC_ARM64_REG_X25, UC_ARM64_REG_X26, UC_ARM64_REG_X27,
        UC_ARM64_REG_X28, UC_ARM64_REG_X29, UC_ARM64_REG_X30, UC_ARM64_REG_SP,
};

static void return_to_caller(const struct core *core,
                             struct core_registers *registers)
{
	(void)core;
	registers->pc = registers->general[30];
}

static uint64_t enter_stack(const struct core *core, uint64_t stack)
{
	(void)core;
	return stack;
}

static void classify(struct unicorn *u, uint32_t number,
                     struct core_registers *registers)
{
	switch (number) {
	case EXCP_SWI:
		u->event = UNICORN_SYSCALL;
		break;
	case EXCP_UDEF:
	case EXCP_BKPT:
		u->fault = core_classify_at(u->core, registers->pc);
		break;
	default:
		u->fault = BH_FAULT_OTHER;
	}
}

/*
 * A72: ARMv8.0-A, which is what images are built for; "max" would add
 * features (LSE, RNDR, pointer authentication) that only hide mistakes.
 */
const struct unicorn_isa unicorn_aarch64 = {
        .isa = BH_ISA_AARCH64,
        .arch = UC_ARCH_ARM64,
        .mode = UC_MODE_ARM,
        .cpu_model = UC_CPU_ARM64_A72,
        .page = (const uint8_t *)page,
        .page_size = sizeof(page),
        .prepare = 0x10,
        .prepared = 0x44,
        .general = general,
        .pc = UC_ARM64_REG_PC,
        .flags = UC_ARM64_REG_NZCV,
        .thread_pointer = UC_ARM64_REG_TPIDR_EL0,
        .argument = {UC_ARM64_REG_X0, UC_ARM64_REG_X1, UC_ARM64_REG_X2,
                     UC_ARM64_REG_X3},
        .result = UC_ARM64_REG_X0,
        .first = 0,
        .stack_pointer = 31,
        .return_to_caller = return_to_caller,
        .restore_state = cpu_restore_state_aarch64,
        .loop_exit = cpu_loop_exit_aarch64,
        .enter_stack = enter_stack,
        .classify = classify,
};
