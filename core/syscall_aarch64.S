/* SPDX-License-Identifier: ISC */
/* System calls of the run path on aarch64 hosts, see syscall.h. */

	.section core_syscalls, "ax", @progbits

/* core_syscall(number x0, a x1, b x2, c x3, d x4) */
	.globl	core_syscall
	.type	core_syscall, @function
core_syscall:
	mov	x8, x0
	mov	x0, x1
	mov	x1, x2
	mov	x2, x3
	mov	x3, x4
	svc	#0
	ret
	.size	core_syscall, . - core_syscall

/* core_syscall6(number x0, a x1, b x2, c x3, d x4, e x5, f x6) */
	.globl	core_syscall6
	.type	core_syscall6, @function
core_syscall6:
	mov	x8, x0
	mov	x0, x1
	mov	x1, x2
	mov	x2, x3
	mov	x3, x4
	mov	x4, x5
	mov	x5, x6
	svc	#0
	ret
	.size	core_syscall6, . - core_syscall6

	.globl	core_signal_return
	.type	core_signal_return, @function
core_signal_return:
	mov	x8, #139		/* rt_sigreturn */
	svc	#0
	brk	#0
	.size	core_signal_return, . - core_signal_return

	.section .note.GNU-stack, "", @progbits
