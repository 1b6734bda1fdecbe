/* SPDX-License-Identifier: ISC */
#include "core/copy.h"
#include "core/core.h"

#define CAUSES      ((uint64_t)(BH_UPCALL_TRAP | BH_UPCALL_SYSCALL))
#define STACK_ALIGN UINT64_C(16)
#define RED_ZONE    128u /* System V x86-64; the other ISAs have none */

/* Flags that a guest may choose. */
#define X86_FLAGS       UINT64_C(0xcd5) /* CF PF AF ZF SF DF OF */
#define X86_FLAGS_FIXED UINT64_C(0x202) /* IF, and a bit that is always one */
#define AARCH64_FLAGS   UINT64_C(0xf0000000) /* NZCV */

/* User space ends here on x86-64; loading more into pc or fs base traps. */
#define X86_USER_TOP (UINT64_C(1) << 47)

int64_t core_set_upcall(struct core *core, uint64_t entry, uint64_t stack,
                        uint64_t causes)
{
	if (causes & ~CAUSES)
		return -BH_EINVAL;
	if (entry && !core_may(core, entry, 1, CORE_EXECUTE))
		return -BH_EINVAL;
	if (stack && (stack % STACK_ALIGN ||
	              !core_may(core, stack - sizeof(struct bh_upcall_frame),
	                         sizeof(struct bh_upcall_frame), CORE_WRITE)))
		return -BH_EINVAL;
	core->upcall.entry = entry;
	core->upcall.stack = stack;
	core->upcall.causes = (uint32_t)causes;
	return 0;
}

static uint64_t interrupted_stack(const struct core *core,
                                  const struct core_registers *registers)
{
	switch (core->start.isa) {
	case BH_ISA_AARCH64:
		return registers->general[31];
	case BH_ISA_RISCV64:
		return registers->general[2];
	default:
		return registers->general[4] - RED_ZONE;
	}
}

bool core_begin_upcall(struct core *core, uint32_t cause, enum bh_fault fault,
                       uint64_t address, const struct core_registers *registers,
                       uint64_t *frame_address, uint64_t *stack_pointer)
{
	struct core_upcall *upcall = &core->upcall;
	uint64_t top = upcall->stack ? upcall->stack
	                             : interrupted_stack(core, registers);
	uint64_t place =
	        (top - sizeof(struct bh_upcall_frame)) & ~(STACK_ALIGN - 1);
	struct bh_upcall_frame *frame =
	        (struct bh_upcall_frame *)(uintptr_t)place;

	if (!upcall->entry || !(upcall->causes & cause))
		return false;
	if (cause == BH_UPCALL_TRAP && upcall->in_trap)
		return false;
	if (!core_may(core, place, sizeof(*frame), CORE_WRITE))
		return false;
	upcall->in_trap |= cause == BH_UPCALL_TRAP;

	frame->cause = cause;
	frame->fault = fault;
	frame->address = address;
	frame->pc = registers->pc;
	frame->flags = registers->flags;
	frame->thread_pointer = registers->thread_pointer;
	core_copy(frame->registers, registers->general,
	          sizeof(frame->registers));
	core_zero(frame->reserved, sizeof(frame->reserved));
	*frame_address = place;
	*stack_pointer = place;
	return true;
}

/* What the ISA lets nobody load, or what would be more than a guest's. */
static bool adjust_registers(const struct core *core,
                             struct core_registers *registers)
{
	switch (core->start.isa) {
	case BH_ISA_AARCH64:
		registers->flags &= AARCH64_FLAGS;
		return true;
	case BH_ISA_RISCV64:
		registers->flags = 0;
		registers->general[0] = 0;
		registers->thread_pointer = registers->general[4];
		return true;
	default:
		registers->flags =
		        (registers->flags & X86_FLAGS) | X86_FLAGS_FIXED;
		return registers->pc < X86_USER_TOP &&
		       registers->thread_pointer < X86_USER_TOP;
	}
}

bool core_end_upcall(struct core *core, uint64_t frame_address,
                     struct core_registers *registers)
{
	const struct bh_upcall_frame *frame =
	        (const struct bh_upcall_frame *)(uintptr_t)frame_address;

	if (!core_may(core, frame_address, sizeof(*frame), CORE_READ))
		return false;
	if (frame->reserved[0] | frame->reserved[1] | frame->reserved[2])
		return false;
	registers->pc = frame->pc;
	registers->flags = frame->flags;
	registers->thread_pointer = frame->thread_pointer;
	core_copy(registers->general, frame->registers,
	          sizeof(registers->general));
	if (!adjust_registers(core, registers))
		return false;
	core->upcall.in_trap = false;
	return true;
}
