/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_CONSOLE_H
#define BH_LINUX_CONSOLE_H

/* The console: /dev/console, which is descriptors 0, 1 and 2, and /dev/tty. */

#include "guest/linux/file.h"

/* Finds the channel; once. */
void console_start(void);

/* The open of a console device. */
int console_open(struct file *file);

/* bh.tty=1: the console takes the requests of a terminal. */
bool console_is_terminal(void);

#endif
