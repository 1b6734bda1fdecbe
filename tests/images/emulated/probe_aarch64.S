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
	mov	x2, #1
	add	x1, x1, x2
at load
	ldr	x0, [x0]
	add	x1, x1, #1
	ret

probe store
	str	x1, [sp, #-16]
	str	x1, [sp, #-24]
at store
	str	x1, [x0]
	ldr	x0, [sp, #-24]
	ret

probe jump
at jump
	br	x0

probe undefined
	mov	x0, #1
at undefined
	.inst	0x00c0ffee
	ret

probe trap
	mov	x0, #1
at trap
	brk	#1
	ret

probe privileged
	mov	x0, #1
at privileged
	mrs	x0, sctlr_el1
	ret

probe clock
	mov	x0, #1
at clock
	mrs	x0, cntvct_el0
	ret

probe divide
at divide
	sdiv	x0, x0, x1
	ret

probe syscall
	mov	x8, x0
	mov	x0, x1
at syscall
	svc	#0
	ret

probe spin
at spin
	mov	x1, #0
1:	add	x1, x1, #1
	b	2f
	brk	#2
3:	sub	x1, x1, #1
	b	1b
	brk	#2
2:	add	x1, x1, #1
	b	3b

probe pause
at pause
	mov	x1, x0
1:	yield
	wfe
	subs	x1, x1, #1
	b.ne	1b
	mov	x0, #7
	ret

probe atomic
at atomic
1:	ldaxr	x2, [x0]
	add	x2, x2, x1
	stlxr	w3, x2, [x0]
	cbnz	w3, 1b
	mov	x0, x2
	ret

probe float_state
at float_state
	mrs	x0, fpcr
	mrs	x1, fpsr
	orr	x0, x0, x1
	ret

probe set_float
at set_float
	fmov	d19, x0
	ret

probe get_float
at get_float
	fmov	x0, d19
	ret

probe pointer
at pointer
	mrs	x0, tpidr_el0
	ldr	x0, [x0]
	ret

	.section .note.GNU-stack, "", %progbits
