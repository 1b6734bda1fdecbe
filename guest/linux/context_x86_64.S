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

	.section .note.GNU-stack, "", @progbits
