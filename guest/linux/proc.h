/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_PROC_H
#define BH_LINUX_PROC_H

/*
 * /proc.  What differs between the variants of one program, such as how much
 * memory a library has asked for, is not told: numbers of memory in use are
 * round and fixed, processor time is zero.  Addresses (maps) are told, since
 * without them programs cannot work with their own memory.
 */

#include "guest/linux/synthetic.h"

#define PROC_FOLDER (S_IFDIR | 0555)
#define PROC_READ (S_IFREG | 0444)
#define PROC_WRITE (S_IFREG | 0644)
#define PROC_LINK (S_IFLNK | 0777)

/* What /proc says of the memory of the program, in bytes. */
#define PROC_SHOWN_SIZE (UINT64_C(64) << 20)
#define PROC_SHOWN_RESIDENT (UINT64_C(16) << 20)

/* proc_task.c: of the process and of each of its tasks. */
extern const struct synthetic proc_process_entries[], proc_task_template;
int64_t proc_next_process(int64_t n);

/* proc_system.c: of the machine. */
extern const struct synthetic proc_sys_entries[], proc_net_entries[];
int proc_show_cpuinfo(struct text *text, int64_t key);
int proc_show_filesystems(struct text *text, int64_t key);
int proc_show_loadavg(struct text *text, int64_t key);
int proc_show_meminfo(struct text *text, int64_t key);
int proc_show_mounts(struct text *text, int64_t key);
int proc_show_mountinfo(struct text *text, int64_t key);
int proc_show_stat(struct text *text, int64_t key);
int proc_show_uptime(struct text *text, int64_t key);
int proc_show_version(struct text *text, int64_t key);

#endif
