/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_REWRITE_H
#define BH_LINUX_REWRITE_H

/*
 * System calls as calls.  A `syscall` instruction of the program is a trap, by
 * way of the host's kernel and a signal.  When one has trapped a few times, the
 * instruction before it (usually `mov $number, %eax`) is replaced by a jump to
 * a stub, which executes that instruction and enters the kernel directly:
 *
 *      before                          after
 *      b8 NR NR NR NR  mov $NR,%eax    e9 xx xx xx xx  jmp stub
 *      0f 05           syscall         0f 05           syscall
 *   next:                           next:
 *
 *      stub: mov $NR,%eax; lea next,%rcx; jmp *entry
 *
 * Why that is right:
 *
 * - One whole instruction is replaced by one that is not longer; the rest of
 *   it is filled up, and is nowhere an instruction begins.  That it begins
 *   where it is thought to is shown in x86_length.h.  So a jump that led to an
 *   instruction leads to one still.
 * - The `syscall` itself stays.  Whoever jumps to it traps as before, and so
 *   does the kernel when it makes an interrupted call again.
 * - Only instructions that do the same anywhere are moved (no control flow,
 *   nothing relative to rip), and they run with all registers as they were; the
 *   stub changes rcx and r11 only, which the system call may change, and nothing
 *   below the stack pointer (the red zone).  If the moved one faults, the
 *   program learns its own address (rewrite_original()).
 * - The kernel returns to `next`, not to the stub; so a stub is never where
 *   something waits, and can be given up at any time.
 * - Threads switch in system calls only, on one vCPU: nobody executes what is
 *   being changed.
 * - Only private file mappings that are executable and not writable are
 *   changed, and by way of not being executable: never writable and executable
 *   at once.  Before their protection changes or they move, they are as the
 *   file has them again.  Code that a program generates is left alone.
 *
 * `bh.rewrite=off` (boot_option) turns it off.  A program that reads its own
 * code sees the jumps.
 *
 * Elsewhere than on x86-64 nothing is rewritten.
 */

#include "abi/hypercall.h"
#include "guest/linux/kernel.h"

/* Of the task that runs: where calls find their frame. */
extern struct bh_upcall_frame *rewrite_frame;

#if defined(__x86_64__)
void rewrite_start(void);

/* A system call has trapped, FRAME's pc is behind it. */
void rewrite_trapped(const struct bh_upcall_frame *frame);

/* What lies in the range is about to vanish; or, with RESTORE, to be written to,
 * moved or looked at: it is made what the program thinks it is. */
void rewrite_forget(uint64_t start, uint64_t end, bool restore);

/* Where a program that was interrupted at PC thinks it is. */
uint64_t rewrite_original(uint64_t pc);

/* arch_fast_entry (context_x86_64.S) fills rewrite_frame, and hands it on. */
void arch_fast_entry(void);
void task_called(struct bh_upcall_frame *frame);
#else
static inline void rewrite_start(void)
{
}

static inline void rewrite_trapped(const struct bh_upcall_frame *frame)
{
	(void)frame;
}

static inline void rewrite_forget(uint64_t start, uint64_t end, bool restore)
{
	(void)start;
	(void)end;
	(void)restore;
}

static inline uint64_t rewrite_original(uint64_t pc)
{
	return pc;
}
#endif

#endif
