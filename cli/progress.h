/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_PROGRESS_H
#define BH_CLI_PROGRESS_H

/*
 * What a long command is doing, on stderr.  Nothing is said in the first two
 * seconds.  On a terminal it is one line that is written again and again, else
 * a plain line now and then.
 */

/* Starts the clock. */
void progress_start(const char *what);
/* What is being done now; shown when it is time. */
void progress_set(const char *format, ...)
        __attribute__((format(printf, 1, 2)));
/* To be called a few times a second. */
void progress_tick(void);
/* Takes the line away, for a message or the end. */
void progress_clear(void);

#endif
