/* SPDX-License-Identifier: ISC */

/* As x86_64.S. */

	adr	x19, parameters
	sub	sp, sp, #128
	mov	w0, #5			/* TLV_MOTD, 64 bytes */
	movk	w0, #0x4000, lsl #16
	str	w0, [sp]
	mov	x8, #56			/* openat */
	mov	x0, #-100
	add	x1, x19, #16
	mov	x2, #0
	svc	#0
	mov	x8, #63			/* read */
	add	x1, sp, #4
	mov	x2, #64
	svc	#0
	mov	x8, #64			/* write */
	ldr	x0, [x19]
	ldr	x0, [x0]
	ldr	w0, [x0]
	mov	x1, sp
	mov	x2, #68
	svc	#0
	ldr	x1, [x19, #8]
	blr	x1
	.balign	8
parameters:
