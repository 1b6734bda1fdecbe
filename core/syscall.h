/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_SYSCALL_H
#define BH_CORE_SYSCALL_H

/*
 * System calls of the run path: no libc, no errno, no thread pointer.  The
 * code lies in a section of its own (core/syscall_ISA.S), whose bounds tell
 * Syscall User Dispatch which system call instructions are the core's.
 */

/* Returns the kernel's result: a value, or -errno. */
long core_syscall(long number, long a, long b, long c, long d);
long core_syscall6(long number, long a, long b, long c, long d, long e, long f);

/* Return from a signal handler: the sa_restorer of handlers of the core. */
void core_signal_return(void);

/* Bounds of the section, made by the linker. */
extern const char __start_core_syscalls[];
extern const char __stop_core_syscalls[];

#endif
