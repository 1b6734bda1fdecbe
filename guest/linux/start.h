/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_START_H
#define BH_LINUX_START_H

/*
 * The order in which the modules start, all on the core's own stack before the
 * first task exists (boot.c):
 *
 *	memory_start    from here on memory_allocate()
 *	channel_start   from here on channel_submit(), log_line()
 *	clock_start     from here on random_bytes(); asks exo for the seed
 *	calls_start     the system call tables
 *	mm_start        the arena
 *	task_start      the first task; from here on task_current
 *	file_start      descriptors
 *	vfs_start       the tree
 *	net_start, volume_start
 *	program_start   opens and loads the program
 *
 * From file_start on they run in the first task and may sleep.  Those marked
 * weak may be missing: a kernel without them is a smaller kernel.
 */

#include "guest/linux/kernel.h"

struct bh_boot_info;

void memory_start(const struct bh_boot_info *boot);
void channel_start(const struct bh_boot_info *boot);
void clock_start(void);
void calls_start(void);
void mm_start(void);
/* Makes the first task, which calls FUNCTION on its own stack. */
void task_start(void (*function)(void)) __attribute__((noreturn));

void file_start(void) __attribute__((weak));
void vfs_start(void) __attribute__((weak));
void net_start(void) __attribute__((weak));
void volume_start(void) __attribute__((weak));

/* Loads the program that the boot arguments name and enters it. */
void program_start(void) __attribute__((noreturn));

/* The process ends with process_exit(): what was sent before still leaves. */
void net_ends(void) __attribute__((weak));

/*
 * Options of the kernel's own: the environment variable bh.NAME, which the
 * program does not see.  NULL: not given.  (bh.start.NAME is another thing: a
 * variable NAME for the start of the C library.)
 */
const char *boot_option(const char *name);

#endif
