/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_CONSOLE_H
#define BH_LINUX_CONSOLE_H

/* The console: descriptors 0, 1 and 2, /dev/console, /dev/tty. */

#include "guest/linux/file.h"

/* Opens /dev/console as the first three descriptors; once. */
void console_start(void);

/* The open of a console device. */
int console_open(struct file *file);

/* bh.tty=1: the console takes the requests of a terminal. */
bool console_is_terminal(void);

#endif
