/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_ARCH_H
#define BH_LINUX_ARCH_H

/*
 * What the instruction sets do differently: where a frame holds number,
 * arguments, result and stack pointer of a system call (syscall(2)), the
 * context of a sleeping task, the layout of a signal's frame.
 */

#include "abi/hypercall.h"
#include "guest/linux/kernel.h"
#include "guest/linux/signal.h"

#if defined(__x86_64__)
#define ARCH_NAME "x86_64"
#define ARCH_ELF_MACHINE 62u
#define ARCH_PLATFORM "x86_64"
enum {
	ARCH_NUMBER = 0,
	ARCH_RESULT = 0,
	ARCH_STACK = 4,
	ARCH_SYSCALL_SIZE = 2,
	ARCH_SIGRETURN = 15,
};
#define ARCH_ARGUMENTS {7, 6, 2, 10, 8, 9}
#define ARCH_RED_ZONE 128u
#define ARCH_HAS_RESTORER 1
#define ARCH_SIGNAL_STACK_MIN 2048u
#define ARCH_TRAP_SKIP 1u /* Linux reports int3 at the next instruction */
#define ARCH_SYSCALL_BY_X86 1
#elif defined(__aarch64__)
#define ARCH_NAME "aarch64"
#define ARCH_ELF_MACHINE 183u
#define ARCH_PLATFORM "aarch64"
enum {
	ARCH_NUMBER = 8,
	ARCH_RESULT = 0,
	ARCH_STACK = 31,
	ARCH_SYSCALL_SIZE = 4,
};
#define ARCH_ARGUMENTS {0, 1, 2, 3, 4, 5}
#define ARCH_RED_ZONE 0u
#define ARCH_HAS_RESTORER 1
#define ARCH_SIGNAL_STACK_MIN 5120u
#define ARCH_TRAP_SKIP 0u
#define ARCH_SYSCALL_BY_X86 0
#elif defined(__riscv)
#define ARCH_NAME "riscv64"
#define ARCH_ELF_MACHINE 243u
#define ARCH_PLATFORM "riscv64"
enum {
	ARCH_NUMBER = 17,
	ARCH_RESULT = 10,
	ARCH_STACK = 2,
	ARCH_SYSCALL_SIZE = 4,
};
#define ARCH_ARGUMENTS {10, 11, 12, 13, 14, 15}
#define ARCH_RED_ZONE 0u
#define ARCH_HAS_RESTORER 0
#define ARCH_SIGNAL_STACK_MIN 2048u
#define ARCH_TRAP_SKIP 0u
#define ARCH_SYSCALL_BY_X86 0
#endif

#if defined(__riscv)
#define ARCH_IS_RISCV 1
#else
#define ARCH_IS_RISCV 0
#endif

/* HWCAP and HWCAP2 that programs see: the baseline that every core offers, and
 * what all variants are said to have beyond it (struct bh_boot_info). */
uint64_t arch_hwcap(void);
extern const uint64_t arch_hwcap2;

/* context_ISA.S: saves the callee's registers on the stack and its pointer to
 * *SAVE, then goes on where LOAD was saved. */
void arch_switch(void **save, void *load);

/* arch_ISA.c: a context that begins FUNCTION on the stack that ends at TOP. */
void *arch_context(uint64_t top, void (*function)(void));

/* Vector and floating-point registers and their control, in an area of
 * arch_vectors_size() bytes, aligned to 64. */
size_t arch_vectors_size(void);
void arch_vectors_save(void *area);
void arch_vectors_restore(const void *area);
/* An area as a program finds it when it starts. */
void arch_vectors_init(void *area);

/* ------------------------------------------------------------- signals */

struct signal_action {
	uint64_t handler, flags, restorer, mask;
};

/*
 * Builds the frame of Linux for a handler of ACTION and makes FRAME enter it.
 * MASK is what sigreturn restores.  -EFAULT: the stack cannot be written.
 */
int arch_signal_enter(struct bh_upcall_frame *frame,
                      const struct signal_action *action,
                      const struct signal_info *info, uint64_t mask,
                      uint64_t stack);
/* Undoes it: FRAME and *MASK as they were saved, and the address of the saved
 * stack_t. */
int arch_signal_return(struct bh_upcall_frame *frame, uint64_t *mask,
                       uint64_t *alternate);
/*
 * Does what the trapping instruction at FRAME's pc does under Linux, if a core
 * has none of it to offer: x86-64's time counters, which are the kernel's time
 * here, in nanoseconds.  False: it is another one.
 */
#if defined(__x86_64__)
bool arch_emulate(struct bh_upcall_frame *frame);
#else
static inline bool arch_emulate(struct bh_upcall_frame *frame)
{
	(void)frame;
	return false;
}
#endif
/* SIGTRAP or SIGILL, as Linux answers the trapping instruction at FRAME's pc. */
int arch_trap_signal(const struct bh_upcall_frame *frame);

/* Code that calls rt_sigreturn, for the ISAs where Linux has it in the vDSO;
 * mapped into the program once. */
uint64_t arch_return_code(void);

#endif
