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
	li	a2, 1
	add	a1, a1, a2
at load
	ld	a0, 0(a0)
	addi	a1, a1, 1
	ret

probe store
	sd	a1, -16(sp)
	sd	a1, -24(sp)
at store
	sd	a1, 0(a0)
	ld	a0, -24(sp)
	ret

probe jump
at jump
	jr	a0

probe undefined
	li	a0, 1
at undefined
	.4byte	0xffffffff
	ret

probe trap
	li	a0, 1
at trap
	ebreak
	ret

probe privileged
	li	a0, 1
at privileged
	csrr	a0, mstatus
	ret

probe clock
	li	a0, 1
at clock
	rdtime	a0
	ret

probe divide
at divide
	div	a0, a0, a1
	ret

probe syscall
	mv	a7, a0
	mv	a0, a1
at syscall
	ecall
	ret

probe spin
at spin
	li	a1, 0
1:	addi	a1, a1, 1
	j	2f
	ebreak
3:	addi	a1, a1, -1
	j	1b
	ebreak
2:	addi	a1, a1, 1
	j	3b

probe pause
at pause
1:	.4byte	0x0100000f	/* pause */
	addi	a0, a0, -1
	bnez	a0, 1b
	li	a0, 7
	ret

probe atomic
at atomic
1:	lr.d.aq	a2, (a0)
	add	a2, a2, a1
	sc.d.rl	a3, a2, (a0)
	bnez	a3, 1b
	amoadd.d zero, zero, (a0)
	mv	a0, a2
	ret

probe float_state
at float_state
	frcsr	a0
	ret

probe set_float
at set_float
	fmv.d.x	ft9, a0
	ret

probe get_float
at get_float
	fmv.x.d	a0, ft9
	ret

probe pointer
at pointer
	ld	a0, 0(tp)
	ret
