/* SPDX-License-Identifier: ISC */
#include <stdio.h>

/*
 * Linked into every unit test: what a test has said is written before it
 * crashes, and the runner sees when each case begins and ends.
 */
__attribute__((constructor)) static void write_lines_at_once(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}
