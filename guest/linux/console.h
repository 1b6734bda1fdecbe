/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_CONSOLE_H
#define BH_LINUX_CONSOLE_H

/* The console: /dev/console, which is descriptors 0 and 1, and /dev/tty; and
 * /dev/console-error, which is descriptor 2. */

#include "guest/linux/file.h"

/* Finds the channel; once. */
void console_start(void);

/* The open of a console device, whose output goes to STREAM (enum
 * bh_console_stream). */
int console_open(struct file *file, unsigned stream);

/* bh.tty=1: the console takes the requests of a terminal. */
bool console_is_terminal(void);

#endif
