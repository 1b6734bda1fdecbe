/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_HYPERCALL_H
#define BH_ABI_HYPERCALL_H

/*
 * The hypercall entry and the upcalls.
 *
 * A guest never contains an instruction that enters the core.  It calls the
 * address in bh_boot_info.hypercall as a C function of its ISA's standard
 * calling convention (System V x86-64, AAPCS64, RISC-V lp64d):
 *
 *      int64_t hypercall(uint64_t call, uint64_t a, uint64_t b, uint64_t c);
 *
 * The core supplies the code at that address, as Xen's hypercall page does
 * (Xen Public ABI, "hypercall page"), so that one image runs on every kind of
 * core of its ISA.  Registers that the convention lets a callee change may
 * change, except that floating-point and vector registers keep their values.
 */

#include "base.h"

enum bh_call {
	/*
	 * Exchange: post the submission buffer, wait for the completion buffer
	 * (exchange.h).  a = b = c = 0.  Returns 0.
	 */
	BH_CALL_EXCHANGE = 0,
	/*
	 * Register the upcall entry.  a: address of the entry, 0 to have none;
	 * b: top of the stack that upcalls run on, 16-byte aligned, 0 to go on
	 * below the interrupted stack pointer (past the x86-64 red zone);
	 * c: set of BH_UPCALL_*.  Returns 0 or -BH_EINVAL.
	 */
	BH_CALL_SET_UPCALL = 1,
	/*
	 * Load all general registers, pc, sp, flags and the thread pointer from
	 * the struct bh_upcall_frame at address a.  Does not return on success;
	 * -BH_EINVAL if the frame cannot be read.
	 */
	BH_CALL_RESUME = 2,
	/*
	 * Set the thread pointer (fs base, tpidr_el0, tp) to a.  Returns 0 or
	 * -BH_EINVAL.  Where the ISA lets a program do this itself, it may.
	 */
	BH_CALL_SET_THREAD_POINTER = 3,
	/*
	 * Change the arena (boot.h).  a: address of an array of struct
	 * bh_memory_change; b: how many, 1 to BH_MEMORY_CHANGES_MAX; c = 0.
	 * They take effect in order.  Returns how many have: fewer than b only
	 * if the next one failed, since it would exceed memory_limit, or for
	 * want of host memory.  In the first case it has changed nothing; in the
	 * second, if it was to map pages, its range is BH_MEMORY_NONE.
	 * -BH_EINVAL, and nothing has changed, if one of them is malformed;
	 * -BH_ENOMEM if the first one failed.  Needs BH_FEATURE_MEMORY.
	 */
	BH_CALL_MEMORY = 4,
};

/* What becomes of the pages of a change. */
enum bh_memory_kind {
	BH_MEMORY_NONE = 0, /* no access, contents gone; protection and offset
	                       are zero */
	BH_MEMORY_ZERO = 1, /* private pages of zeros */
	BH_MEMORY_ROOT = 2, /* private copies of the root image from `offset`
	                       on; pages past its end read as zero */
	BH_MEMORY_PROTECT = 3, /* contents stay, protection changes; all pages
	                          must be ZERO or ROOT pages */
};

/* What may be written or executed may be read, whether said or not. */
#define BH_MEMORY_READ (UINT32_C(1) << 0)
#define BH_MEMORY_WRITE (UINT32_C(1) << 1)
#define BH_MEMORY_EXECUTE (UINT32_C(1) << 2)

/*
 * One change of the arena.  Pages appear when they are first touched, so a
 * large range costs nothing.  Writable and executable at once is allowed: a
 * program that asks its kernel for such memory gets it.  Code that has been
 * written is seen when it is next entered through a call, jump or return, on
 * aarch64 and riscv64 after the ISA's own cache maintenance.
 */
struct bh_memory_change {
	uint64_t address;    /* multiple of BH_PAGE_SIZE */
	uint64_t size;       /* likewise, not zero; within one part of the arena */
	uint32_t kind;       /* enum bh_memory_kind */
	uint32_t protection; /* set of BH_MEMORY_READ, WRITE, EXECUTE */
	uint64_t offset;     /* BH_MEMORY_ROOT: in the root image, a multiple of
	                        BH_PAGE_SIZE; else zero */
};

#define BH_MEMORY_CHANGES_MAX 64u

BH_ASSERT_SIZE(bh_memory_change, 32);
BH_ASSERT_OFFSET(bh_memory_change, size, 8);
BH_ASSERT_OFFSET(bh_memory_change, kind, 16);
BH_ASSERT_OFFSET(bh_memory_change, protection, 20);
BH_ASSERT_OFFSET(bh_memory_change, offset, 24);

/* Causes of upcalls, as a set for BH_CALL_SET_UPCALL. */
#define BH_UPCALL_TRAP (UINT32_C(1) << 0)    /* any enum bh_fault but SYSCALL */
#define BH_UPCALL_SYSCALL (UINT32_C(1) << 1) /* syscall, svc #0, ecall */

/*
 * What an upcall entry receives: its address is in the first argument
 * register (rdi, x0, a0); it lies on the upcall stack.  The entry is started
 * like a function that must not return: it ends with BH_CALL_RESUME, on this
 * frame or another.  Floating-point and vector registers are untouched by
 * upcall and resume; an entry that uses them saves them.
 *
 * For a trap, pc is the faulting instruction.  For a system call, pc is the
 * instruction after it, and registers hold number and arguments as the
 * ISA's Linux convention has them (syscall(2)): resuming with the result in
 * rax, x0 or a0 continues the program.  On x86-64 what rcx and r11 hold is
 * unspecified, since the instruction itself may overwrite both.
 *
 * A trap while the upcall entry has not yet resumed from a trap, and a trap
 * that cannot be delivered because the upcall stack is not writable, end the
 * guest with the fault.
 */
struct bh_upcall_frame {
	uint32_t cause;          /* one of BH_UPCALL_* */
	uint32_t fault;          /* enum bh_fault */
	uint64_t address;        /* of a memory fault, else zero */
	uint64_t pc;
	uint64_t flags;          /* rflags; NZCV; zero on riscv64 */
	uint64_t thread_pointer; /* fs base, tpidr_el0; on riscv64 the same as
	                            registers[4] */
	uint64_t registers[32];  /* order as in struct bh_core_state */
	uint64_t reserved[3];
};

BH_ASSERT_SIZE(bh_upcall_frame, 320);
BH_ASSERT_OFFSET(bh_upcall_frame, fault, 4);
BH_ASSERT_OFFSET(bh_upcall_frame, address, 8);
BH_ASSERT_OFFSET(bh_upcall_frame, pc, 16);
BH_ASSERT_OFFSET(bh_upcall_frame, flags, 24);
BH_ASSERT_OFFSET(bh_upcall_frame, thread_pointer, 32);
BH_ASSERT_OFFSET(bh_upcall_frame, registers, 40);

#endif
