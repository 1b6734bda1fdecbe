/* SPDX-License-Identifier: ISC */

/*
 * The ELF entry.  The core has put the boot information into x0 and aligned
 * the stack.  The zero frame pointer ends the chain of frames; the call leaves
 * _start as the outermost return address.
 */
	.section .text._start, "ax", %progbits
	.globl _start
	.hidden bh_start
	.type _start, %function
_start:
	mov x29, xzr
	mov x30, xzr
	bl bh_start
	brk #1
	.size _start, . - _start

	.section .note.GNU-stack, "", %progbits
