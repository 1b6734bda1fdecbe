/* SPDX-License-Identifier: ISC */
/* The style of a report's page, as a string: const char page_css[] */
	.section .rodata
	.globl page_css
	.type page_css, %object
page_css:
	.incbin "cli/page.css"
	.byte 0
	.size page_css, . - page_css
	.section .note.GNU-stack, "", %progbits
