/* SPDX-License-Identifier: ISC */
/* Contexts and vector registers on x86-64, see arch.h. */

	.text
	.globl	arch_switch
	.type	arch_switch, @function
arch_switch:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
	.size	arch_switch, . - arch_switch

/* All of XCR0's components but PKRU (bit 9): Intel SDM volume 1, chapter 13. */
	.globl	arch_xsave
	.type	arch_xsave, @function
arch_xsave:
	mov	$~(1 << 9), %eax
	mov	$-1, %edx
	xsave64	(%rdi)
	ret
	.size	arch_xsave, . - arch_xsave

	.globl	arch_xrstor
	.type	arch_xrstor, @function
arch_xrstor:
	mov	$~(1 << 9), %eax
	mov	$-1, %edx
	xrstor64 (%rdi)
	ret
	.size	arch_xrstor, . - arch_xrstor

	.globl	arch_fxsave
	.type	arch_fxsave, @function
arch_fxsave:
	fxsave64 (%rdi)
	ret
	.size	arch_fxsave, . - arch_fxsave

	.globl	arch_fxrstor
	.type	arch_fxrstor, @function
arch_fxrstor:
	fxrstor64 (%rdi)
	ret
	.size	arch_fxrstor, . - arch_fxrstor

/*
 * From a stub (rewrite.h): rcx is where to go on, r11 is free, all else is the
 * program's, the 128 bytes below its stack pointer included.  The frame is made
 * as the core makes it for an upcall; its thread pointer is what it was.
 */
	.globl	arch_fast_entry
	.type	arch_fast_entry, @function
arch_fast_entry:
	mov	%rsp, %r11
	mov	rewrite_frame(%rip), %rsp
	pushfq
	pop	24(%rsp)		/* flags */
	cld
	movl	$2, (%rsp)		/* BH_UPCALL_SYSCALL */
	mov	%rcx, 16(%rsp)		/* pc */
	mov	%rax, 40(%rsp)
	mov	%rcx, 48(%rsp)
	mov	%rdx, 56(%rsp)
	mov	%rbx, 64(%rsp)
	mov	%r11, 72(%rsp)		/* rsp */
	mov	%rbp, 80(%rsp)
	mov	%rsi, 88(%rsp)
	mov	%rdi, 96(%rsp)
	mov	%r8, 104(%rsp)
	mov	%r9, 112(%rsp)
	mov	%r10, 120(%rsp)
	mov	24(%rsp), %r11
	mov	%r11, 128(%rsp)
	mov	%r12, 136(%rsp)
	mov	%r13, 144(%rsp)
	mov	%r14, 152(%rsp)
	mov	%r15, 160(%rsp)
	mov	%rsp, %rdi
	call	task_called
	/* It has returned: nothing but the result has changed. */
	push	24(%rsp)
	popfq
	mov	40(%rsp), %rax
	mov	16(%rsp), %rcx
	mov	56(%rsp), %rdx
	mov	88(%rsp), %rsi
	mov	96(%rsp), %rdi
	mov	104(%rsp), %r8
	mov	112(%rsp), %r9
	mov	120(%rsp), %r10
	mov	24(%rsp), %r11
	mov	72(%rsp), %rsp
	jmp	*%rcx
	.size	arch_fast_entry, . - arch_fast_entry

	.section .note.GNU-stack, "", @progbits
