/* SPDX-License-Identifier: ISC */
#include "guest/linux/arch.h"
#include "guest/linux/mm.h"
#include "guest/linux/task.h"

/* A bit for each letter of IMAFDC. */
#define LETTER(c) (UINT64_C(1) << ((c) - 'a'))
uint64_t arch_hwcap(void)
{
	return LETTER('i') | LETTER('m') | LETTER('a') | LETTER('f') |
	       LETTER('d') | LETTER('c');
}

const uint64_t arch_hwcap2 = 0;

void *arch_context(uint64_t top, void (*function)(void))
{
	uint64_t *stack = (uint64_t *)(uintptr_t)top - 14;

	/* ra, s0 to s11 */
	memset(stack, 0, 14 * sizeof(*stack));
	stack[0] = (uint64_t)(uintptr_t)function;
	return stack;
}

size_t arch_vectors_size(void)
{
	return 32 * 8 + 16;
}

void arch_vectors_init(void *area)
{
	memset(area, 0, arch_vectors_size());
}

/* ------------------------------------------------------------- signals */

/* arch/riscv/include/uapi/asm/ucontext.h, sigcontext.h, ptrace.h of Linux. */
struct user_context {
	uint64_t flags, link;
	uint64_t stack_pointer;
	uint32_t stack_flags, padding;
	uint64_t stack_size;
	uint64_t mask;
	uint8_t unused[120];
	uint64_t align;
	/* struct sigcontext */
	uint64_t registers[32]; /* pc, x1 to x31 */
	uint64_t vectors[32];
	uint32_t fcsr;
	uint8_t rest[528 - 32 * 8 - 4]; /* as large as the Q extension's */
};

struct signal_frame {
	struct signal_info info;
	struct user_context context;
};

_Static_assert(offsetof(struct user_context, registers) == 176, "uc_mcontext");
_Static_assert(sizeof(struct user_context) == 960, "ucontext");

int arch_signal_enter(struct bh_upcall_frame *frame,
                      const struct signal_action *action,
                      const struct signal_info *info, uint64_t mask,
                      uint64_t stack)
{
	struct task *task = task_current;
	const uint8_t *area = task->vectors;
	uint64_t address =
	        (stack - sizeof(struct signal_frame)) & ~UINT64_C(15);
	struct signal_frame f = {.info = *info};

	f.context.stack_pointer = task->alternate_stack;
	f.context.stack_flags =
	        task->alternate_flags | (task->alternate_size ? 0 : 2);
	f.context.stack_size = task->alternate_size;
	f.context.mask = mask;
	memcpy(f.context.registers, frame->registers,
	       sizeof(f.context.registers));
	f.context.registers[0] = frame->pc;
	arch_vectors_save(task->vectors);
	memcpy(f.context.vectors, area, sizeof(f.context.vectors));
	memcpy(&f.context.fcsr, area + 256, sizeof(f.context.fcsr));
	if (user_write(address, &f, sizeof(f)))
		return -EFAULT;
	frame->registers[10] = (uint64_t)(uint32_t)info->number;
	frame->registers[11] = address;
	frame->registers[12] = address + offsetof(struct signal_frame, context);
	frame->registers[1] = arch_return_code();
	frame->registers[2] = address;
	frame->pc = action->handler;
	return 0;
}

int arch_signal_return(struct bh_upcall_frame *frame, uint64_t *mask,
                       uint64_t *alternate)
{
	uint64_t address = frame->registers[2];
	uint8_t *area = task_current->vectors;
	struct signal_frame f;

	if (user_read(&f, address, sizeof(f)))
		return -EFAULT;
	memcpy(frame->registers, f.context.registers,
	       sizeof(f.context.registers));
	frame->pc = f.context.registers[0];
	frame->registers[0] = 0;
	*mask = f.context.mask;
	*alternate =
	        address + offsetof(struct signal_frame, context.stack_pointer);
	memcpy(area, f.context.vectors, sizeof(f.context.vectors));
	memcpy(area + 256, &f.context.fcsr, sizeof(f.context.fcsr));
	arch_vectors_restore(area);
	return 0;
}

int arch_trap_signal(const struct bh_upcall_frame *frame)
{
	uint16_t code = 0;

	user_read(&code, frame->pc, sizeof(code));
	/* ebreak and c.ebreak: SIGTRAP; unimp: SIGILL */
	if (code == 0x9002)
		return 5;
	if (code == 0x0073)
		user_read(&code, frame->pc + 2, sizeof(code));
	return code == 0x0010 ? 5 : 4;
}

uint64_t arch_return_code(void)
{
	static const uint32_t code[] = {
	        0x08b00893, /* li a7, 139 (rt_sigreturn) */
	        0x00000073, /* ecall */
	};
	static uint64_t address;

	if (!address)
		address = mm_code_page(code, sizeof(code));
	return address;
}
