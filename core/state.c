/* SPDX-License-Identifier: ISC */
#include "core/copy.h"
#include "core/core.h"

/* How many instructions before pc a report shows, where that is certain. */
#define AARCH64_LEAD 16u

static bool load_word(const struct core *core, uint64_t address,
                      uint64_t *value)
{
	if (address % sizeof(*value) ||
	    !core_may(core, address, sizeof(*value), CORE_READ))
		return false;
	*value = *(const uint64_t *)(uintptr_t)address;
	return true;
}

/* Readable bytes from ADDRESS on, at most LIMIT. */
static uint32_t copy_memory(const struct core *core, uint8_t *to,
                            uint64_t address, uint32_t limit)
{
	uint64_t size = core_reach(core, address, limit, CORE_READ);

	core_copy(to, (const void *)(uintptr_t)address, size);
	return (uint32_t)size;
}

/* Where the frame that FRAME points to keeps its caller's frame and the
 * return address: offsets fixed by each ISA's calling convention. */
struct frame_shape {
	uint64_t caller, return_address;
};

static struct frame_shape shape_of(uint32_t isa)
{
	if (isa == BH_ISA_RISCV64)
		return (struct frame_shape){(uint64_t)-16, (uint64_t)-8};
	return (struct frame_shape){0, 8};
}

static uint64_t frame_pointer(uint32_t isa,
                              const struct core_registers *registers)
{
	switch (isa) {
	case BH_ISA_AARCH64:
		return registers->general[29];
	case BH_ISA_RISCV64:
		return registers->general[8];
	default:
		return registers->general[5];
	}
}

static uint64_t stack_pointer(uint32_t isa,
                              const struct core_registers *registers)
{
	switch (isa) {
	case BH_ISA_AARCH64:
		return registers->general[31];
	case BH_ISA_RISCV64:
		return registers->general[2];
	default:
		return registers->general[4];
	}
}

/*
 * After a jump to where no code is, no frame has been made for it: the way
 * back is still where the call left it.
 */
static bool caller_of_nothing(const struct core *core,
                              const struct core_registers *registers,
                              uint64_t *address)
{
	switch (core->start.isa) {
	case BH_ISA_AARCH64:
		*address = registers->general[30];
		break;
	case BH_ISA_RISCV64:
		*address = registers->general[1];
		break;
	default:
		if (!load_word(core, registers->general[4], address))
			return false;
	}
	return core_may(core, *address, 1, CORE_EXECUTE);
}

static void trace_back(const struct core *core, struct bh_core_state *state,
                       const struct core_registers *registers,
                       enum bh_fault fault)
{
	struct frame_shape shape = shape_of(core->start.isa);
	uint64_t frame = frame_pointer(core->start.isa, registers);
	uint32_t count = 0;

	if (fault == BH_FAULT_EXECUTE &&
	    caller_of_nothing(core, registers, &state->backtrace[0]))
		count = 1;
	while (count < BH_STATE_BACKTRACE) {
		uint64_t caller, address;

		if (!load_word(core, frame + shape.caller, &caller) ||
		    !load_word(core, frame + shape.return_address, &address) ||
		    address == 0)
			break;
		state->backtrace[count++] = address;
		/* Stacks grow down, so frames go up; anything else is the end,
		 * or a chain that somebody has overwritten. */
		if (caller <= frame ||
		    !core_may(core, address, 1, CORE_EXECUTE))
			break;
		frame = caller;
	}
	state->backtrace_count = count;
}

static void copy_code(const struct core *core, struct bh_core_state *state)
{
	uint64_t lead = core->start.isa == BH_ISA_AARCH64 ? AARCH64_LEAD : 0;

	if (lead && !core_may(core, state->pc - lead, lead, CORE_READ))
		lead = 0;
	state->code_address = state->pc - lead;
	state->code_size = copy_memory(core, state->code, state->code_address,
	                               BH_STATE_CODE);
}

void core_describe(struct core *core, const struct core_registers *registers,
                   enum bh_fault fault, uint64_t address)
{
	struct bh_core_state *state = &core->control->state;

	core_zero(state, sizeof(*state));
	state->fault = fault;
	state->isa = core->start.isa;
	state->address = address;
	state->pc = registers->pc;
	state->flags = registers->flags;
	state->bias = core->bias;
	state->thread_pointer = registers->thread_pointer;
	core_copy(state->registers, registers->general,
	          sizeof(state->registers));
	copy_code(core, state);
	state->stack_address = stack_pointer(core->start.isa, registers);
	state->stack_size = copy_memory(core, state->stack,
	                                state->stack_address, BH_STATE_STACK);
	trace_back(core, state, registers, fault);
}
