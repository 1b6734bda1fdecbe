/* SPDX-License-Identifier: ISC */
	.text
.macro probe name
	.globl	probe_\name
	.globl	probe_\name\()_at
	.hidden	probe_\name\()_at
probe_\name:
.endm
.macro at name
probe_\name\()_at:
.endm

probe load
	mov	$1, %eax
	add	%rax, %rsi
at load
	mov	(%rdi), %rax
	add	$1, %rsi
	ret

probe store
	mov	%rsi, -16(%rsp)
	mov	%rsi, -24(%rsp)
at store
	mov	%rsi, (%rdi)
	mov	-24(%rsp), %rax
	ret

probe jump
at jump
	jmp	*%rdi

probe undefined
	mov	$1, %eax
at undefined
	.byte	0x0f, 0xff, 0xc0
	ret

probe trap
	mov	$1, %eax
at trap
	ud2
	ret

probe privileged
	mov	$1, %eax
at privileged
	rdmsr
	ret

probe clock
	mov	$1, %eax
at clock
	rdtsc
	ret

probe divide
	mov	%rdi, %rax
	cqo
at divide
	idiv	%rsi
	ret

probe syscall
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	$0x1111, %ecx
	mov	$0x2222, %r11d
at syscall
	syscall
	cmp	$0x1111, %ecx
	jne	1f
	cmp	$0x2222, %r11d
	jne	1f
	ret
1:	mov	$-1, %rax
	ret

probe spin
at spin
	xor	%ecx, %ecx
1:	inc	%rcx
	jmp	2f
	ud2
3:	dec	%rcx
	jmp	1b
	ud2
2:	inc	%rcx
	jmp	3b

probe pause
at pause
1:	pause
	dec	%rdi
	jnz	1b
	mov	$7, %eax
	ret

probe atomic
at atomic
	mov	%rsi, %rax
	lock xadd %rax, (%rdi)
	add	%rsi, %rax
	ret

probe float_state
at float_state
	stmxcsr	-8(%rsp)
	mov	-8(%rsp), %eax
	xor	$0x1f80, %eax
	fnstcw	-8(%rsp)
	movzwl	-8(%rsp), %ecx
	xor	$0x37f, %ecx
	or	%rcx, %rax
	ret

probe set_float
at set_float
	movq	%rdi, %xmm11
	ret

probe get_float
at get_float
	movq	%xmm11, %rax
	ret

probe pointer
at pointer
	mov	%fs:0, %rax
	ret

	.section .note.GNU-stack, "", %progbits
