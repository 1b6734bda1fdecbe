/* SPDX-License-Identifier: ISC */
#include "guest/linux/arch.h"
#include "guest/linux/clock.h"
#include "guest/linux/mm.h"
#include "guest/linux/task.h"

#define LEGACY_SIZE 512u /* FXSAVE */

void arch_xsave(void *area);
void arch_xrstor(const void *area);
void arch_fxsave(void *area);
void arch_fxrstor(const void *area);

/* CPUID leaf 1, edx: what Linux calls ELF_HWCAP.  The C library asks CPUID. */
uint64_t arch_hwcap(void)
{
	return 0x078bfbff;
}

const uint64_t arch_hwcap2 = 0;

void *arch_context(uint64_t top, void (*function)(void))
{
	uint64_t *stack = (uint64_t *)(uintptr_t)top - 8;

	/* r15, r14, r13, r12, rbx, rbp, the address that `ret` takes, and as
	 * the function's own return address zero. */
	memset(stack, 0, 8 * sizeof(*stack));
	stack[6] = (uint64_t)(uintptr_t)function;
	return stack;
}

static uint32_t xsave_size(void)
{
	static uint32_t size = 1;
	uint32_t a = 1, b, c = 0, d;

	if (size != 1)
		return size;
	size = 0;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (!(c & (1u << 27))) /* OSXSAVE */
		return 0;
	a = 0xd;
	c = 0;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	size = b;
	return size;
}

size_t arch_vectors_size(void)
{
	uint32_t size = xsave_size();

	return size > LEGACY_SIZE ? size : LEGACY_SIZE;
}

void arch_vectors_save(void *area)
{
	if (xsave_size())
		arch_xsave(area);
	else
		arch_fxsave(area);
}

void arch_vectors_restore(const void *area)
{
	if (xsave_size())
		arch_xrstor(area);
	else
		arch_fxrstor(area);
}

void arch_vectors_init(void *area)
{
	uint8_t *bytes = area;

	memset(area, 0, arch_vectors_size());
	bytes[0] = 0x7f; /* x87 control word 0x037f */
	bytes[1] = 0x03;
	bytes[24] = 0x80; /* MXCSR 0x1f80 */
	bytes[25] = 0x1f;
}

/* ------------------------------------------------------------- signals */

/* arch/x86/include/uapi/asm/sigcontext.h, ucontext.h of Linux. */
struct signal_context {
	uint64_t r8_to_r15[8];
	uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, flags;
	uint16_t cs, gs, fs, ss;
	uint64_t error, trap, old_mask, cr2, vectors, reserved[8];
};

struct user_context {
	uint64_t flags, link;
	uint64_t stack_pointer;
	uint32_t stack_flags, padding;
	uint64_t stack_size;
	struct signal_context registers;
	uint64_t mask;
};

struct signal_frame {
	uint64_t restorer;
	struct user_context context;
	struct signal_info info;
};

_Static_assert(sizeof(struct signal_context) == 256, "sigcontext");
_Static_assert(offsetof(struct user_context, mask) == 296, "uc_sigmask");
_Static_assert(sizeof(struct signal_frame) == 440, "rt_sigframe");

enum {
	RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI,
	USER_CS = 0x33,
	USER_SS = 0x2b,
	CONTEXT_XSTATE = 1,
	CONTEXT_SS = 6, /* UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS */
	DIRECTION = 0x400,
	TRAP_FLAG = 0x100,
	RESUME_FLAG = 0x10000,
	XSTATE_MAGIC1 = 0x46505853,
	XSTATE_MAGIC2 = 0x46505845,
	SOFTWARE_AREA = 464, /* of the FXSAVE image, which processors ignore */
	XSAVE_HEADER = 512,
};

struct software_area {
	uint32_t magic, extended_size;
	uint64_t features;
	uint32_t size, padding[7];
};

_Static_assert(SOFTWARE_AREA + sizeof(struct software_area) == 512, "sw area");

static uint64_t enabled_features(void)
{
	uint32_t a, d;

	__asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	return ((uint64_t)d << 32 | a) & ~(UINT64_C(1) << 9);
}

static int put_vectors(uint64_t address)
{
	uint8_t *area = task_current->vectors;
	static const uint32_t end = XSTATE_MAGIC2;
	uint32_t size = xsave_size();
	struct software_area software = {0};

	arch_vectors_save(area);
	if (size) {
		software.magic = XSTATE_MAGIC1;
		software.extended_size = size + (uint32_t)sizeof(end);
		software.features = enabled_features();
		software.size = size;
	}
	memcpy(area + SOFTWARE_AREA, &software, sizeof(software));
	if (user_write(address, area, arch_vectors_size()))
		return -EFAULT;
	return size ? user_write(address + size, &end, sizeof(end)) : 0;
}

static int get_vectors(uint64_t address)
{
	uint8_t *area = task_current->vectors;
	uint64_t features;
	uint32_t control;

	if (!address) {
		arch_vectors_init(area);
		arch_vectors_restore(area);
		return 0;
	}
	if (user_read(area, address, arch_vectors_size()))
		return -EFAULT;
	/* What XRSTOR would refuse. */
	memcpy(&control, area + 24, sizeof(control));
	control &= 0xffff;
	memcpy(area + 24, &control, sizeof(control));
	if (xsave_size()) {
		memcpy(&features, area + XSAVE_HEADER, sizeof(features));
		features &= enabled_features();
		memset(area + XSAVE_HEADER, 0, 64);
		memcpy(area + XSAVE_HEADER, &features, sizeof(features));
	}
	arch_vectors_restore(area);
	return 0;
}

static void put_registers(struct signal_context *to,
                          const struct bh_upcall_frame *frame)
{
	const uint64_t *r = frame->registers;

	memcpy(to->r8_to_r15, r + 8, sizeof(to->r8_to_r15));
	to->rdi = r[RDI];
	to->rsi = r[RSI];
	to->rbp = r[RBP];
	to->rbx = r[RBX];
	to->rdx = r[RDX];
	to->rax = r[RAX];
	to->rcx = r[RCX];
	to->rsp = r[RSP];
	to->rip = frame->pc;
	to->flags = frame->flags;
	to->cs = USER_CS;
	to->ss = USER_SS;
	to->cr2 = frame->address;
}

static void get_registers(struct bh_upcall_frame *frame,
                          const struct signal_context *from)
{
	uint64_t *r = frame->registers;

	memcpy(r + 8, from->r8_to_r15, sizeof(from->r8_to_r15));
	r[RDI] = from->rdi;
	r[RSI] = from->rsi;
	r[RBP] = from->rbp;
	r[RBX] = from->rbx;
	r[RDX] = from->rdx;
	r[RAX] = from->rax;
	r[RCX] = from->rcx;
	r[RSP] = from->rsp;
	frame->pc = from->rip;
	frame->flags = from->flags;
}

int arch_signal_enter(struct bh_upcall_frame *frame,
                      const struct signal_action *action,
                      const struct signal_info *info, uint64_t mask,
                      uint64_t stack)
{
	struct task *task = task_current;
	uint64_t size = arch_vectors_size() + sizeof(uint32_t);
	uint64_t vectors = (stack - size) & ~UINT64_C(63);
	uint64_t address =
	        ((vectors - sizeof(struct signal_frame)) & ~UINT64_C(15)) - 8;
	struct signal_frame f = {.restorer = action->restorer, .info = *info};

	f.context.flags = CONTEXT_SS | (xsave_size() ? CONTEXT_XSTATE : 0);
	f.context.stack_pointer = task->alternate_stack;
	f.context.stack_flags =
	        task->alternate_flags | (task->alternate_size ? 0 : 2);
	f.context.stack_size = task->alternate_size;
	f.context.mask = mask;
	put_registers(&f.context.registers, frame);
	f.context.registers.vectors = vectors;
	if (put_vectors(vectors) || user_write(address, &f, sizeof(f)))
		return -EFAULT;
	frame->registers[RDI] = (uint64_t)(uint32_t)info->number;
	frame->registers[RSI] = address + offsetof(struct signal_frame, info);
	frame->registers[RDX] =
	        address + offsetof(struct signal_frame, context);
	frame->registers[RAX] = 0;
	frame->registers[RSP] = address;
	frame->pc = action->handler;
	frame->flags &= ~(uint64_t)(DIRECTION | TRAP_FLAG | RESUME_FLAG);
	return 0;
}

int arch_signal_return(struct bh_upcall_frame *frame, uint64_t *mask,
                       uint64_t *alternate)
{
	/* The handler's `ret` has taken the restorer off. */
	uint64_t address = frame->registers[RSP] - sizeof(uint64_t);
	struct signal_frame f;

	if (user_read(&f, address, sizeof(f)))
		return -EFAULT;
	get_registers(frame, &f.context.registers);
	*mask = f.context.mask;
	*alternate = address + offsetof(struct signal_frame,
	                                context.stack_pointer);
	return get_vectors(f.context.registers.vectors);
}

bool arch_emulate(struct bh_upcall_frame *frame)
{
	static const uint8_t rdtsc[2] = {0x0f, 0x31};
	static const uint8_t rdtscp[3] = {0x0f, 0x01, 0xf9};
	uint8_t code[3] = {0};
	uint64_t now;

	if (user_read(code, frame->pc, sizeof(rdtscp)) &&
	    user_read(code, frame->pc, sizeof(rdtsc)))
		return false;
	if (!memcmp(code, rdtsc, sizeof(rdtsc)))
		frame->pc += sizeof(rdtsc);
	else if (!memcmp(code, rdtscp, sizeof(rdtscp)))
		frame->pc += sizeof(rdtscp);
	else
		return false;
	clock_read_by_program();
	now = clock_monotonic();
	frame->registers[RAX] = (uint32_t)now;
	frame->registers[RDX] = now >> 32;
	if (code[1] == rdtscp[1])
		frame->registers[RCX] = 0; /* the one vCPU */
	return true;
}

int arch_trap_signal(const struct bh_upcall_frame *frame)
{
	uint8_t code = 0;

	user_read(&code, frame->pc, sizeof(code));
	return code == 0xcc ? 5 : 4; /* int3: SIGTRAP; ud2: SIGILL */
}
