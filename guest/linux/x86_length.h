/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_X86_LENGTH_H
#define BH_LINUX_X86_LENGTH_H

/*
 * Lengths of x86-64 instructions, and which of them can be executed elsewhere.
 * Nothing here depends on the kernel, so that tests link it as it is.
 */

#include <stddef.h>
#include <stdint.h>

enum {
	X86_INVALID = 0,  /* no processor executes these bytes in 64-bit mode */
	X86_UNKNOWN = -1, /* cannot be told, or it does not end within the bytes */
	X86_LENGTH_MAX = 15,
};

/*
 * The length of the instruction at CODE, of which SIZE bytes are there; or one
 * of the above.  Intel SDM volume 2, chapter 2 and appendix A.
 */
int x86_length(const uint8_t *code, size_t size);

/* What rewriting looks at before a system call. */
#define X86_WINDOW 96u
#define X86_JUMP_SIZE 5u

/*
 * The length of the instruction before the one at CODE + X86_WINDOW, if it is
 * certain where it begins, if a jump has room in it, and if it does the same
 * at another address; else 0.
 *
 * Instructions cannot be read backwards.  But one begins in any 15 consecutive
 * bytes of code, so one of the first 15 positions of the window is a true
 * beginning, and from there on reading forward stays true.  If whichever of
 * them one starts with leads to the same last instruction (or to bytes that are
 * none), then so does the true one.  Misread code falls into step within a few
 * instructions, so this is the usual case.
 */
unsigned x86_movable_before(const uint8_t *code);

#endif
