/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_MEASURE_H
#define BH_CLI_MEASURE_H

/*
 * Measuring files: their SHA-256.
 *
 * A hundred megabytes take a third of a second, too long for every start, so
 * what a file measured is remembered: in $XDG_CACHE_HOME/broken-hype/measured
 * (or ~/.cache/...), under its device and inode number, size, time of change
 * of its contents and of its inode (st_ctime, which no program can set).  Who
 * can write to that folder or set the clock is the user or root, and could
 * change image.yaml as well.  A file that has changed within the last two
 * seconds is not remembered: the clock of a file system ticks coarsely.
 */

#include "problem.h"

#define SHA256_TEXT 65u /* hexadecimal digits and the terminating zero */

/* Reads the whole file. */
int measure_file(const char *path, char text[SHA256_TEXT],
                 struct problem *problem);

/* Reads it only if it is not remembered; remembers it. */
int measure_cached(const char *path, char text[SHA256_TEXT],
                   struct problem *problem);

/* The folder for what can be made again, "$XDG_CACHE_HOME/broken-hype", to be
 * freed; NULL if there is no home. */
char *measure_cache_folder(void);

#endif
