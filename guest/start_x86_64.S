/* SPDX-License-Identifier: ISC */

/*
 * The ELF entry.  The core has put the boot information into rdi and aligned
 * the stack as at the entry of a function.  The zero frame pointer ends the
 * chain of frames; the call leaves _start as the outermost return address.
 */
	.section .text._start, "ax", @progbits
	.globl _start
	.hidden bh_start
	.type _start, @function
_start:
	xorl %ebp, %ebp
	subq $8, %rsp
	call bh_start
	ud2
	.size _start, . - _start

	.section .note.GNU-stack, "", @progbits
