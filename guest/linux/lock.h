/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_LOCK_H
#define BH_LINUX_LOCK_H

/*
 * Advisory locks of files, within the program: fcntl(2)'s record locks, which are
 * the process's, and those of an open file description; flock(2).  There is one
 * process, so the first kind conflicts with the second only.
 */

#include <stdint.h>

struct file;

/* fcntl(2) with F_SETLK, F_SETLKW, F_GETLK or their F_OFD_ forms, for a struct
 * flock at ADDRESS; may sleep. */
int64_t lock_control(struct file *file, int command, uint64_t address);

/* A descriptor of FILE is closed: the process has no record lock of it any more. */
void lock_close(const struct file *file);
/* FILE is gone, and with it its own locks. */
void lock_release(const struct file *file);

enum lock_type { LOCK_READ, LOCK_WRITE, LOCK_NONE }; /* F_RDLCK ... */

enum {
	F_GETLK = 5,
	F_SETLK = 6,
	F_SETLKW = 7,
	F_OFD_GETLK = 36,
	F_OFD_SETLK = 37,
	F_OFD_SETLKW = 38,
};

#endif
