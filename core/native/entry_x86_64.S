/* SPDX-License-Identifier: ISC */
/* Ways between guest and core on x86-64 hosts, see native.h. */

/* struct core_registers, at the start of `called` in struct native */
#define PC		0
#define FLAGS		8
#define GENERAL		24
#define CALLED		8
#define STACK_SIZE	16384

#define RAX		0
#define RCX		8
#define RDX		16
#define RBX		24
#define RSP		32
#define RBP		40
#define RSI		48
#define RDI		56
#define R(n)		((n) * 8)

#define SAVED(r)	native + CALLED + GENERAL + r(%rip)

	.text
	.hidden	native
	.hidden	native_stack
	.hidden	native_call

/*
 * int64_t host_hypercall(call rdi, a rsi, b rdx, c rcx), called by the guest
 * on its own stack.  All registers are kept for a report; those that the
 * calling convention lets a callee change are returned as zero, so that no
 * address of the core's gets into the guest by accident.
 */
	.globl	host_hypercall
	.hidden	host_hypercall
	.type	host_hypercall, @function
host_hypercall:
	endbr64
	cld
	mov	%rax, SAVED(RAX)
	mov	%rcx, SAVED(RCX)
	mov	%rdx, SAVED(RDX)
	mov	%rbx, SAVED(RBX)
	mov	%rsp, SAVED(RSP)
	mov	%rbp, SAVED(RBP)
	mov	%rsi, SAVED(RSI)
	mov	%rdi, SAVED(RDI)
	mov	%r8, SAVED(R(8))
	mov	%r9, SAVED(R(9))
	mov	%r10, SAVED(R(10))
	movq	$0, SAVED(R(11))	/* the entry page used it */
	mov	%r12, SAVED(R(12))
	mov	%r13, SAVED(R(13))
	mov	%r14, SAVED(R(14))
	mov	%r15, SAVED(R(15))
	lea	native_stack + STACK_SIZE(%rip), %rsp
	call	native_call
	mov	SAVED(RSP), %rsp
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	ret
	.size	host_hypercall, . - host_hypercall

/*
 * host_resume(registers rdi): loads all of them.  IRET is the one instruction
 * that loads pc, stack pointer and flags together without a free register or
 * a word on the guest's stack, and user mode may use it.
 */
	.globl	host_resume
	.hidden	host_resume
	.type	host_resume, @function
host_resume:
	lea	native_stack + STACK_SIZE(%rip), %rsp
	xor	%eax, %eax
	mov	%ss, %eax
	push	%rax
	push	GENERAL + RSP(%rdi)
	push	FLAGS(%rdi)
	mov	%cs, %eax
	push	%rax
	push	PC(%rdi)
	mov	GENERAL + RAX(%rdi), %rax
	mov	GENERAL + RCX(%rdi), %rcx
	mov	GENERAL + RDX(%rdi), %rdx
	mov	GENERAL + RBX(%rdi), %rbx
	mov	GENERAL + RBP(%rdi), %rbp
	mov	GENERAL + RSI(%rdi), %rsi
	mov	GENERAL + R(8)(%rdi), %r8
	mov	GENERAL + R(9)(%rdi), %r9
	mov	GENERAL + R(10)(%rdi), %r10
	mov	GENERAL + R(11)(%rdi), %r11
	mov	GENERAL + R(12)(%rdi), %r12
	mov	GENERAL + R(13)(%rdi), %r13
	mov	GENERAL + R(14)(%rdi), %r14
	mov	GENERAL + R(15)(%rdi), %r15
	mov	GENERAL + RDI(%rdi), %rdi
	iretq
	.size	host_resume, . - host_resume

/*
 * host_reset_vectors(): XRSTOR from an area whose header names no component
 * puts all of them into their initial state, whatever they are on this
 * processor; PKRU (bit 9) stays.  Intel SDM volume 1, chapter 13.8.
 */
	.globl	host_reset_vectors
	.hidden	host_reset_vectors
	.type	host_reset_vectors, @function
host_reset_vectors:
	push	%rbx
	mov	$1, %eax
	xor	%ecx, %ecx
	cpuid
	pop	%rbx
	bt	$27, %ecx		/* OSXSAVE */
	jnc	1f
	mov	$~(1 << 9), %eax
	xor	%edx, %edx
	xrstor	initial(%rip)
	ret
1:	fxrstor	initial(%rip)
	ret
	.size	host_reset_vectors, . - host_reset_vectors

	.section .rodata
	.balign	64
initial:
	.word	0x037f			/* x87 control word */
	.zero	22
	.long	0x1f80			/* MXCSR */
	.zero	512 - 28
	.zero	64			/* XSAVE header */

	.section .note.GNU-stack, "", @progbits
