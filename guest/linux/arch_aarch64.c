/* SPDX-License-Identifier: ISC */
#include "guest/linux/arch.h"
#include "guest/linux/channel.h"
#include "guest/linux/mm.h"
#include "guest/linux/task.h"

/* arch/arm64/include/uapi/asm/hwcap.h */
#define HWCAP_FP      (UINT64_C(1) << 0)
#define HWCAP_ASIMD   (UINT64_C(1) << 1)
#define HWCAP_CRC32   (UINT64_C(1) << 7)
#define HWCAP_ATOMICS (UINT64_C(1) << 8)

uint64_t arch_hwcap(void)
{
	uint64_t options = boot->features[0] & BH_FEATURE_ARM_OPTIONS
	                           ? HWCAP_CRC32 | HWCAP_ATOMICS
	                           : 0;

	return HWCAP_FP | HWCAP_ASIMD | options;
}

const uint64_t arch_hwcap2 = 0;

void *arch_context(uint64_t top, void (*function)(void))
{
	uint64_t *stack = (uint64_t *)(uintptr_t)top - 12;

	/* x29 and x30, then x19 to x28. */
	memset(stack, 0, 12 * sizeof(*stack));
	stack[1] = (uint64_t)(uintptr_t)function;
	return stack;
}

size_t arch_vectors_size(void)
{
	return 32 * 16 + 16;
}

void arch_vectors_init(void *area)
{
	memset(area, 0, arch_vectors_size());
}

/* ------------------------------------------------------------- signals */

/* arch/arm64/include/uapi/asm/sigcontext.h, kernel/signal.c of Linux. */
struct vector_record {
	uint32_t magic, size;
	uint32_t fpsr, fpcr;
	uint8_t vectors[512];
};

struct user_context {
	uint64_t flags, link;
	uint64_t stack_pointer;
	uint32_t stack_flags, padding;
	uint64_t stack_size;
	uint64_t mask;
	uint8_t unused[120];
	uint64_t align;
	/* struct sigcontext */
	uint64_t fault_address, registers[31], sp, pc, flags_register;
	uint64_t align_records;
	struct vector_record records;
	uint8_t reserved[4096 - sizeof(struct vector_record)];
};

struct signal_frame {
	struct signal_info info;
	struct user_context context;
};

struct frame_record {
	uint64_t caller, return_address;
};

_Static_assert(offsetof(struct user_context, fault_address) == 176, "uc");
_Static_assert(offsetof(struct user_context, records) == 464, "records");
_Static_assert(sizeof(struct user_context) == 4560, "ucontext");

enum {
	RECORD_VECTORS = 0x46508001,
};

int arch_signal_enter(struct bh_upcall_frame *frame,
                      const struct signal_action *action,
                      const struct signal_info *info, uint64_t mask,
                      uint64_t stack)
{
	struct task *task = task_current;
	uint8_t *area = task->vectors;
	uint64_t record = (stack & ~UINT64_C(15)) - sizeof(struct frame_record);
	uint64_t address = (record - sizeof(struct signal_frame)) &
	                   ~UINT64_C(15);
	struct frame_record caller = {frame->registers[29],
	                              frame->registers[30]};
	struct signal_frame *f = memory_zeroed(sizeof(*f));
	int r = -EFAULT;

	if (!f)
		return -EFAULT;
	f->info = *info;
	f->context.stack_pointer = task->alternate_stack;
	f->context.stack_flags =
	        task->alternate_flags | (task->alternate_size ? 0 : 2);
	f->context.stack_size = task->alternate_size;
	f->context.mask = mask;
	f->context.fault_address = frame->address;
	memcpy(f->context.registers, frame->registers,
	       sizeof(f->context.registers));
	f->context.sp = frame->registers[31];
	f->context.pc = frame->pc;
	f->context.flags_register = frame->flags;
	arch_vectors_save(area);
	f->context.records.magic = RECORD_VECTORS;
	f->context.records.size = sizeof(struct vector_record);
	memcpy(f->context.records.vectors, area, 512);
	memcpy(&f->context.records.fpsr, area + 512, 8);
	if (!user_write(address, f, sizeof(*f)) &&
	    !user_write(record, &caller, sizeof(caller)))
		r = 0;
	memory_free(f);
	if (r)
		return r;
	frame->registers[0] = (uint64_t)(uint32_t)info->number;
	frame->registers[1] = address;
	frame->registers[2] = address + offsetof(struct signal_frame, context);
	frame->registers[29] = record;
	frame->registers[30] = action->flags & UINT64_C(0x04000000)
	                               ? action->restorer
	                               : arch_return_code();
	frame->registers[31] = address;
	frame->pc = action->handler;
	return 0;
}

/* Only the record that is always there; others say nothing more. */
int arch_signal_return(struct bh_upcall_frame *frame, uint64_t *mask,
                       uint64_t *alternate)
{
	uint64_t address = frame->registers[31];
	uint8_t *area = task_current->vectors;
	struct signal_frame *f = memory_allocate(sizeof(*f));
	int r;

	if (!f)
		return -EFAULT;
	r = user_read(f, address, sizeof(*f));
	if (!r && f->context.records.magic != RECORD_VECTORS)
		r = -EFAULT;
	if (!r) {
		memcpy(frame->registers, f->context.registers,
		       sizeof(f->context.registers));
		frame->registers[31] = f->context.sp;
		frame->pc = f->context.pc;
		frame->flags = f->context.flags_register;
		*mask = f->context.mask;
		*alternate = address + offsetof(struct signal_frame,
		                                context.stack_pointer);
		memcpy(area, f->context.records.vectors, 512);
		memcpy(area + 512, &f->context.records.fpsr, 8);
		arch_vectors_restore(area);
	}
	memory_free(f);
	return r;
}

int arch_trap_signal(const struct bh_upcall_frame *frame)
{
	(void)frame;
	return 5; /* brk: SIGTRAP */
}

uint64_t arch_return_code(void)
{
	static const uint32_t code[] = {
	        0xd503201f, /* nop: a backtrace looks before the return address */
	        0xd2801168, /* mov x8, #139 (rt_sigreturn) */
	        0xd4000001, /* svc #0 */
	};
	static uint64_t address;

	if (!address)
		address = mm_code_page(code, sizeof(code));
	return address + 4;
}
