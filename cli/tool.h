/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_TOOL_H
#define BH_CLI_TOOL_H

/*
 * Other programs that a command needs: apt-get, tar, mkfs.erofs.  They run
 * without a shell, in the C locale, with nothing on their standard input.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "problem.h"

struct tool {
	const char *const *argv; /* argv[0] is a path, or looked up in PATH and sbin */
	const char *setting;     /* NAME=VALUE, added to the environment */
	int input;               /* descriptor, or 0: none */
	int output;              /* descriptor, or 0: to `line` */
	/* Receives each line of its output, without the newline.  May be NULL.
	 */
	void (*line)(void *context, const char *line);
	void *context;
	/* Results. */
	int status;      /* of waitpid */
	char error[512]; /* its own words about what went wrong */
};

/* Is it there?  If not, says which PACKAGE has it. */
int tool_need(const char *name, const char *package, struct problem *problem);

/*
 * Runs all at the same time and waits for their ends.  The first that fails is
 * the problem, with WHAT before its own words.  `input` and `output` are
 * closed here.
 */
int tool_run(struct tool *tools, unsigned count, const char *what,
             struct problem *problem);

/*
 * From here on SIGINT, SIGTERM and SIGHUP end the programs and make tool_run()
 * fail, so that the caller can clean up, and then call tool_end_interrupted(),
 * which does not return if there was such a signal.
 */
void tool_catch_signals(void);
bool tool_interrupted(void);
void tool_end_interrupted(void);

#endif
