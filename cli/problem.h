/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_PROBLEM_H
#define BH_CLI_PROBLEM_H

/*
 * What went wrong, for the user: one line that says what, where, and what to
 * do.  Functions of the command line that can fail take a struct problem and
 * return 0, or -1 with the text filled in; main() alone prints it.
 */

#include <stddef.h>

#define PROBLEM_TEXT 1024u

struct problem {
	char text[PROBLEM_TEXT];
};

/* Fills in the text (cut if it is too long) and returns -1. */
int problem_set(struct problem *problem, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* The same, followed by ": " and the text of the error number. */
int problem_errno(struct problem *problem, int error, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/*
 * A word that getopt_long(3) refused: it returned OPTION, ':' for a value that
 * is missing and '?' for an option that does not exist, in the arguments of
 * `bh COMMAND`.
 */
int problem_option(struct problem *problem, const char *command, int option,
                   int argc, char *const *argv);

#endif
