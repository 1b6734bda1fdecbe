/* SPDX-License-Identifier: ISC */
/* System calls of the run path on x86-64 hosts, see syscall.h. */

	.section core_syscalls, "ax", @progbits

/* core_syscall(number rdi, a rsi, b rdx, c rcx, d r8) */
	.globl	core_syscall
	.type	core_syscall, @function
core_syscall:
	endbr64
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	syscall
	ret
	.size	core_syscall, . - core_syscall

/* core_syscall6(number rdi, a rsi, b rdx, c rcx, d r8, e r9, f 8(rsp)) */
	.globl	core_syscall6
	.type	core_syscall6, @function
core_syscall6:
	endbr64
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
	syscall
	ret
	.size	core_syscall6, . - core_syscall6

	.globl	core_signal_return
	.type	core_signal_return, @function
core_signal_return:
	mov	$15, %eax		/* rt_sigreturn */
	syscall
	ud2
	.size	core_signal_return, . - core_signal_return

	.section .note.GNU-stack, "", @progbits
