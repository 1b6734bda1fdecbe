/* SPDX-License-Identifier: ISC */

/*
 * The ELF entry.  The core has put the boot information into a0 and aligned
 * the stack.  The zero frame pointer ends the chain of frames; the call leaves
 * _start as the outermost return address.  Nothing is addressed through gp:
 * the linker is told not to relax.
 */
	.option norelax
	.section .text._start, "ax", %progbits
	.globl _start
	.hidden bh_start
	.type _start, %function
_start:
	mv s0, zero
	mv ra, zero
	call bh_start
	unimp
	.size _start, . - _start

	.section .note.GNU-stack, "", %progbits
