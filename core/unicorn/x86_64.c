/* SPDX-License-Identifier: ISC */
#include "core/unicorn/unicorn.h"

/* Intel SDM volume 3, table 6-1. */
enum {
	VECTOR_DIVIDE = 0,
	VECTOR_BREAKPOINT = 3,
	VECTOR_OVERFLOW = 4,
	VECTOR_INVALID = 6,
	VECTOR_PROTECTION = 13,
	VECTOR_FLOAT = 16,
	VECTOR_ALIGNMENT = 17,
	VECTOR_SIMD = 19,
};

#define INT3_SIZE 1u

/* clang-format off */
static const uint8_t page[] = {
        0xeb, 0x00,                         /*        jmp 1f */
        0xc3,                               /* 1:     ret */
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0xdb, 0xe3,                         /* 0x10:  fninit */
        0x0f, 0x20, 0xc0,                   /*        mov %cr0, %rax */
        0x83, 0xc8, 0x01,                   /*        or $PE, %eax */
        0x0f, 0x22, 0xc0,                   /*        mov %rax, %cr0 */
        0x0f, 0x20, 0xe0,                   /*        mov %cr4, %rax */
        0x48, 0x0d, 0x04, 0x06, 0x00, 0x00, /*        or $0x604, %rax: TSD,
                                               OSFXSR, OSXMMEXCPT */
        0x0f, 0x22, 0xe0,                   /*        mov %rax, %cr4 */
        0x0f, 0xae, 0x15, 0x1a, 0x00, 0x00, 0x00, /*  ldmxcsr 3f(%rip) */
        0xb9, 0x74, 0x01, 0x00, 0x00,       /*        mov $SYSENTER_CS, %ecx */
        0x31, 0xd2,                         /*        xor %edx, %edx */
        0xb8, 0x13, 0x00, 0x00, 0x00,       /*        mov $0x13, %eax */
        0x0f, 0x30,                         /*        wrmsr */
        0x48, 0x8d, 0x15, 0x03, 0x00, 0x00, 0x00, /*  lea 2f(%rip), %rdx */
        0x48, 0x0f, 0x35,                   /*        sysexitq: CS 0x33 */
        0xeb, 0xfe,                         /* 2:     jmp 2b */
        0x80, 0x1f, 0x00, 0x00,             /* 3:     all masked, to nearest */
};
/* clang-format on */

static const int general[32] = {
        UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX,
        UC_X86_REG_RSP, UC_X86_REG_RBP, UC_X86_REG_RSI, UC_X86_REG_RDI,
        UC_X86_REG_R8,  UC_X86_REG_R9,  UC_X86_REG_R10, UC_X86_REG_R11,
        UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15,
};

static void return_to_caller(const struct core *core,
                             struct core_registers *registers)
{
	uint64_t stack = registers->general[4];

	if (!core_may(core, stack, sizeof(uint64_t), CORE_READ))
		return;
	registers->pc = *(const uint64_t *)(uintptr_t)stack;
	registers->general[4] += sizeof(uint64_t);
}

/* A function finds its return address at the top; zero ends a backtrace. */
static uint64_t enter_stack(const struct core *core, uint64_t stack)
{
	stack -= sizeof(uint64_t);
	if (core_may(core, stack, sizeof(uint64_t), CORE_WRITE))
		*(uint64_t *)(uintptr_t)stack = 0;
	return stack;
}

static void classify(struct unicorn *u, uint32_t number,
                     struct core_registers *registers)
{
	switch (number) {
	case VECTOR_DIVIDE:
	case VECTOR_FLOAT:
	case VECTOR_SIMD:
		u->fault = BH_FAULT_ARITHMETIC;
		break;
	case VECTOR_BREAKPOINT: /* tells the pc after it */
		u->fault = BH_FAULT_TRAP;
		registers->pc -= INT3_SIZE;
		break;
	case VECTOR_OVERFLOW:
	case VECTOR_INVALID:
	case VECTOR_PROTECTION:
		u->fault = core_classify_at(u->core, registers->pc);
		break;
	case VECTOR_ALIGNMENT:
		u->fault = BH_FAULT_ALIGNMENT;
		break;
	default:
		u->fault = BH_FAULT_OTHER;
	}
}

/*
 * Nehalem is x86-64-v2.  Later models have RDRAND, which Unicorn executes:
 * a source of differences between variants.
 */
const struct unicorn_isa unicorn_x86_64 = {
        .isa = BH_ISA_X86_64,
        .arch = UC_ARCH_X86,
        .mode = UC_MODE_64,
        .cpu_model = UC_CPU_X86_NEHALEM,
        .page = page,
        .page_size = sizeof(page),
        .prepare = 0x10,
        .prepared = 0x46,
        .general = general,
        .pc = UC_X86_REG_RIP,
        .flags = UC_X86_REG_RFLAGS,
        .thread_pointer = UC_X86_REG_FS_BASE,
        .argument = {UC_X86_REG_RDI, UC_X86_REG_RSI, UC_X86_REG_RDX,
                     UC_X86_REG_RCX},
        .result = UC_X86_REG_RAX,
        .first = 7,
        .stack_pointer = 4,
        .address_end = UINT64_C(1) << 47,
        .return_to_caller = return_to_caller,
        .restore_state = cpu_restore_state_x86_64,
        .loop_exit = cpu_loop_exit_x86_64,
        .enter_stack = enter_stack,
        .classify = classify,
};
