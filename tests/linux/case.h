/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_LINUX_CASE_H
#define BH_TESTS_LINUX_CASE_H

/*
 * Programs that ask Linux questions and print what it answers, one line for
 * each case: "NAME: ANSWERS".  tests/linux.sh runs them on the host's Linux and
 * under bh, and compares the lines.  So an answer holds nothing that may differ
 * between two runs: no address, no pid, no time, no number of a port.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Begins the line of a case. */
static inline void begin(const char *name)
{
	printf("%s:", name);
}

/* A result: the number, or the name of the error. */
static inline void say(long result)
{
	if (result == -1)
		printf(" %s", strerrorname_np(errno));
	else
		printf(" %ld", result);
}

static inline void done(void)
{
	putchar('\n');
	fflush(stdout);
}

/* A case of one call. */
#define ASK(name, call)                                                        \
	do {                                                                   \
		begin(name);                                                   \
		say(call);                                                     \
		done();                                                        \
	} while (0)

#endif
