/* SPDX-License-Identifier: ISC */
/* links: core/upcall.o core/regions.o core/pieces.o core/state.o core/classify.o */

/* Regions, upcall frames, descriptions and the class of instructions. */

#include "test.h"

#include <string.h>

#include "core/core.h"

/* Guest memory: its addresses are those of this array. */
static struct {
	uint8_t code[BH_PAGE_SIZE];
	uint8_t constants[BH_PAGE_SIZE];
	uint64_t stack[512];
} memory __attribute__((aligned(4096)));

static struct bh_control control;

static uint64_t address_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

#define CODE      address_of(memory.code)
#define CONSTANTS address_of(memory.constants)
#define STACK     address_of(memory.stack)
#define TOP       (STACK + BH_PAGE_SIZE)

static struct core make_core(enum bh_isa isa)
{
	struct core core = {
	        .control = &control,
	        .start = {.isa = isa},
	        .region_count = 3,
	        .regions = {{CODE, BH_PAGE_SIZE, CORE_READ | CORE_EXECUTE,
	                     "image"},
	                    {CONSTANTS, BH_PAGE_SIZE, CORE_READ, "image"},
	                    {STACK, BH_PAGE_SIZE, CORE_READ | CORE_WRITE,
	                     "stack"}},
	};

	memset(&memory, 0, sizeof(memory));
	memset(&control, 0xee, sizeof(control));
	return core;
}

static void finds_regions(void **state)
{
	struct core core = make_core(BH_ISA_X86_64);

	(void)state;
	assert_true(core_may(&core, CODE, BH_PAGE_SIZE, CORE_READ));
	assert_false(core_may(&core, CODE, BH_PAGE_SIZE + 1, CORE_READ));
	assert_false(core_may(&core, CODE, 1, CORE_WRITE));
	assert_false(core_may(&core, CODE - 1, 1, CORE_READ));
	assert_false(core_may(&core, TOP, 1, CORE_READ));
	assert_false(core_may(&core, TOP - 8, UINT64_MAX, CORE_READ));
	assert_false(core_may(&core, UINT64_MAX, 1, CORE_READ));
	/* never across two of them */
	assert_false(core_may(&core, CONSTANTS - 4, 8, CORE_READ));
}

static void checks_registration(void **state)
{
	struct core core = make_core(BH_ISA_X86_64);

	(void)state;
	assert_int_equal(core_set_upcall(&core, CODE, TOP, 3), 0);
	assert_int_equal(core_set_upcall(&core, CODE, 0, 1), 0);
	assert_int_equal(core_set_upcall(&core, 0, 0, 0), 0);
	assert_int_equal(core_set_upcall(&core, CODE, TOP, 4), -BH_EINVAL);
	assert_int_equal(core_set_upcall(&core, CODE, TOP, UINT64_C(1) << 32),
	                 -BH_EINVAL);
	assert_int_equal(core_set_upcall(&core, STACK, TOP, 1), -BH_EINVAL);
	assert_int_equal(core_set_upcall(&core, CODE, TOP - 8, 1), -BH_EINVAL);
	assert_int_equal(core_set_upcall(&core, CODE, STACK + 304, 1),
	                 -BH_EINVAL);
	assert_int_equal(core_set_upcall(&core, CODE, 16, 1), -BH_EINVAL);
	assert_int_equal(core_set_upcall(&core, CODE, CONSTANTS + 4096, 1),
	                 -BH_EINVAL);
}

static void delivers_and_resumes(void **state)
{
	struct core core = make_core(BH_ISA_X86_64);
	struct core_registers r = {
	        .pc = CODE + 5, .flags = 0x246, .thread_pointer = 0x77000};
	struct core_registers back;
	struct bh_upcall_frame *frame;
	uint64_t at, sp;

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		r.general[i] = i + 100;
	assert_int_equal(core_set_upcall(&core, CODE, TOP, BH_UPCALL_TRAP), 0);
	assert_false(core_begin_upcall(&core, BH_UPCALL_SYSCALL,
	                               BH_FAULT_SYSCALL, 0, &r, &at, &sp));
	assert_true(core_begin_upcall(&core, BH_UPCALL_TRAP, BH_FAULT_READ,
	                              0x10, &r, &at, &sp));
	assert_int_equal(at, TOP - sizeof(*frame));
	assert_int_equal(sp % 16, 0);
	frame = (struct bh_upcall_frame *)(uintptr_t)at;
	assert_int_equal(frame->cause, BH_UPCALL_TRAP);
	assert_int_equal(frame->fault, BH_FAULT_READ);
	assert_int_equal(frame->address, 0x10);
	assert_int_equal(frame->pc, CODE + 5);
	assert_int_equal(frame->registers[15], 115);

	/* a trap in the upcall of a trap is the end */
	assert_false(core_begin_upcall(&core, BH_UPCALL_TRAP, BH_FAULT_READ, 0,
	                               &r, &at, &sp));
	frame->pc = CODE + 9;
	frame->flags = UINT64_MAX;
	assert_true(core_end_upcall(&core, at, &back));
	assert_int_equal(back.pc, CODE + 9);
	assert_int_equal(back.flags, 0xed7); /* no TF, IOPL, NT, AC, ID */
	assert_int_equal(back.thread_pointer, 0x77000);
	assert_memory_equal(back.general, r.general, sizeof(r.general));
	assert_true(core_begin_upcall(&core, BH_UPCALL_TRAP, BH_FAULT_READ, 0,
	                              &r, &at, &sp));
}

static void refuses_bad_frames(void **state)
{
	struct core core = make_core(BH_ISA_X86_64);
	struct bh_upcall_frame *frame = (void *)memory.stack;
	struct core_registers r;

	(void)state;
	assert_true(core_end_upcall(&core, STACK, &r));
	frame->reserved[1] = 1;
	assert_false(core_end_upcall(&core, STACK, &r));
	frame->reserved[1] = 0;
	frame->pc = UINT64_C(1) << 47; /* iret would trap */
	assert_false(core_end_upcall(&core, STACK, &r));
	frame->pc = 0;
	frame->thread_pointer = UINT64_C(1) << 47;
	assert_false(core_end_upcall(&core, STACK, &r));
	assert_false(core_end_upcall(&core, 0, &r));
	assert_false(core_end_upcall(&core, TOP - 319, &r));
	assert_false(core_end_upcall(&core, UINT64_MAX - 8, &r));
}

/* Below the stack pointer, past the red zone; not where nothing is. */
static void delivers_below_the_stack(void **state)
{
	struct core core = make_core(BH_ISA_X86_64);
	struct core_registers r = {.general = {[4] = TOP - 8}};
	uint64_t at, sp;

	(void)state;
	assert_int_equal(core_set_upcall(&core, CODE, 0, 3), 0);
	assert_true(core_begin_upcall(&core, BH_UPCALL_SYSCALL,
	                              BH_FAULT_SYSCALL, 0, &r, &at, &sp));
	assert_int_equal(at, (TOP - 8 - 128 - 320) & ~UINT64_C(15));
	r.general[4] = STACK + 440;
	assert_false(core_begin_upcall(&core, BH_UPCALL_SYSCALL,
	                               BH_FAULT_SYSCALL, 0, &r, &at, &sp));
	r.general[4] = 8;
	assert_false(core_begin_upcall(&core, BH_UPCALL_SYSCALL,
	                               BH_FAULT_SYSCALL, 0, &r, &at, &sp));
}

static void describes_frames(void **state)
{
	static const struct {
		enum bh_isa isa;
		unsigned frame, stack;
		int caller, back; /* in words from the frame pointer */
	} isas[] = {
	        {BH_ISA_X86_64, 5, 4, 0, 1},
	        {BH_ISA_AARCH64, 29, 31, 0, 1},
	        {BH_ISA_RISCV64, 8, 2, -2, -1},
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct core core = make_core(isas[i].isa);
		struct core_registers r = {.pc = CODE + 64};
		const struct bh_core_state *s = &control.state;

		r.general[isas[i].frame] = address_of(&memory.stack[100]);
		r.general[isas[i].stack] = TOP - 16;
		memory.stack[100 + isas[i].caller] =
		        address_of(&memory.stack[200]);
		memory.stack[100 + isas[i].back] = CODE + 100;
		memory.stack[200 + isas[i].back] = CODE + 200;
		memory.code[64] = 0x99;
		core_describe(&core, &r, BH_FAULT_WRITE, 0x42);
		assert_int_equal(s->fault, BH_FAULT_WRITE);
		assert_int_equal(s->isa, isas[i].isa);
		assert_int_equal(s->address, 0x42);
		assert_int_equal(s->backtrace_count, 2);
		assert_int_equal(s->backtrace[0], CODE + 100);
		assert_int_equal(s->backtrace[1], CODE + 200);
		assert_int_equal(s->stack_size, 16);
		assert_int_equal(s->code_size, BH_STATE_CODE);
		assert_int_equal(s->code[s->pc - s->code_address], 0x99);
	}
}

/* A chain that points to itself, down, or out of memory must end. */
static void survives_bad_frames(void **state)
{
	struct core core = make_core(BH_ISA_X86_64);
	struct core_registers r = {.pc = 3};
	const struct bh_core_state *s = &control.state;

	(void)state;
	r.general[5] = STACK;
	memory.stack[0] = STACK;
	memory.stack[1] = CODE;
	core_describe(&core, &r, BH_FAULT_READ, 0);
	assert_int_equal(s->backtrace_count, 1);
	assert_int_equal(s->code_size, 0);
	assert_int_equal(s->stack_size, 0);
	r.general[5] = TOP - 8;
	core_describe(&core, &r, BH_FAULT_READ, 0);
	assert_int_equal(s->backtrace_count, 0);
	r.general[5] = UINT64_MAX - 7;
	core_describe(&core, &r, BH_FAULT_READ, 0);
	assert_int_equal(s->backtrace_count, 0);
	for (unsigned i = 0; i < 510; i += 2) {
		memory.stack[i] = address_of(&memory.stack[i + 2]);
		memory.stack[i + 1] = CODE;
	}
	r.general[5] = STACK;
	core_describe(&core, &r, BH_FAULT_READ, 0);
	assert_int_equal(s->backtrace_count, BH_STATE_BACKTRACE);
}

/* A call of nothing: the return address is not yet in a frame. */
static void shows_who_called_nothing(void **state)
{
	struct core core = make_core(BH_ISA_AARCH64);
	struct core_registers r = {.general = {[30] = CODE + 40}};

	(void)state;
	core_describe(&core, &r, BH_FAULT_EXECUTE, 0);
	assert_int_equal(control.state.backtrace_count, 1);
	assert_int_equal(control.state.backtrace[0], CODE + 40);
	core_describe(&core, &r, BH_FAULT_READ, 0);
	assert_int_equal(control.state.backtrace_count, 0);
}

static void classifies_instructions(void **state)
{
	static const struct {
		enum bh_isa isa;
		uint8_t code[4];
		size_t size;
		enum bh_fault fault;
	} cases[] = {
	        {BH_ISA_X86_64, {0x0f, 0x0b}, 4, BH_FAULT_TRAP}, /* ud2 */
	        {BH_ISA_X86_64, {0xcc}, 1, BH_FAULT_TRAP},       /* int3 */
	        {BH_ISA_X86_64, {0x0f, 0xb9, 0x40}, 4, BH_FAULT_TRAP}, /* ud1 */
	        {BH_ISA_X86_64, {0x0f}, 1, BH_FAULT_INSTRUCTION},
	        {BH_ISA_X86_64, {0x06}, 4, BH_FAULT_INSTRUCTION},
	        {BH_ISA_X86_64, {0}, 0, BH_FAULT_INSTRUCTION},
	        {BH_ISA_AARCH64, {0x20, 0x00, 0x20, 0xd4}, 4, BH_FAULT_TRAP},
	        {BH_ISA_AARCH64,
	         {0, 0, 0, 0},
	         4,
	         BH_FAULT_INSTRUCTION}, /* udf */
	        {BH_ISA_AARCH64, {0x20, 0x00, 0x20}, 3, BH_FAULT_INSTRUCTION},
	        {BH_ISA_RISCV64, {0x73, 0x00, 0x10, 0x00}, 4, BH_FAULT_TRAP},
	        {BH_ISA_RISCV64, {0x02, 0x90}, 2, BH_FAULT_TRAP}, /* c.ebreak */
	        {BH_ISA_RISCV64, {0, 0}, 2, BH_FAULT_TRAP},       /* c.unimp */
	        {BH_ISA_RISCV64, {0x73, 0x10, 0x00, 0xc0}, 4, BH_FAULT_TRAP},
	        {BH_ISA_RISCV64,
	         {0xff, 0xff, 0xff, 0xff},
	         4,
	         BH_FAULT_INSTRUCTION},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (core_classify_instruction(cases[i].isa, cases[i].code,
		                              cases[i].size) != cases[i].fault)
			fail_msg("case %zu is not %d", i, cases[i].fault);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(finds_regions),
	        cmocka_unit_test(checks_registration),
	        cmocka_unit_test(delivers_and_resumes),
	        cmocka_unit_test(refuses_bad_frames),
	        cmocka_unit_test(delivers_below_the_stack),
	        cmocka_unit_test(describes_frames),
	        cmocka_unit_test(survives_bad_frames),
	        cmocka_unit_test(shows_who_called_nothing),
	        cmocka_unit_test(classifies_instructions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
