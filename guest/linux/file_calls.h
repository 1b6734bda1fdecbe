/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_FILE_CALLS_H
#define BH_LINUX_FILE_CALLS_H

/* What the system calls on files have in common. */

#include "guest/linux/arch.h"
#include "guest/linux/syscall.h"
#include "guest/linux/task.h"
#include "guest/linux/vfs.h"

/* The most that one read or write transfers: MAX_RW_COUNT of Linux. */
#define TRANSFER_LIMIT UINT64_C(0x7ffff000)

static inline void path_cleanup(char **path)
{
	memory_free(*path);
}
static inline void file_cleanup(struct file **file)
{
	file_release(*file);
}

/* A path of the program's, a place, a held file: given back at the end of the
 * block.  NAME_error says why a path is NULL. */
#define PATH(name, address)                                                    \
	int name##_error = 0;                                                  \
	char *name __attribute__((cleanup(path_cleanup))) =                    \
	        user_path((address), &name##_error)
#define PLACE(name)                                                            \
	struct place name __attribute__((cleanup(place_release))) = {0}
#define HELD_FILE(name, descriptor)                                            \
	struct file *name __attribute__((cleanup(file_cleanup))) =             \
	        descriptor_hold(descriptor)

/*
 * The place that the arguments of an *at() call stand for.  With AT_EMPTY_PATH
 * in FLAGS it may be the descriptor's own file, which may have no inode.
 */
int call_place(int64_t descriptor, uint64_t path, unsigned flags, bool follow,
               struct place *place);

/* A position that a call may name at ADDRESS: then *used is POSITION, else NULL.
 * 0 or -EFAULT. */
int call_position(uint64_t address, uint64_t *position, uint64_t **used);

/* O_* as this ISA's programs write them, from and to the generic numbers. */
static inline uint32_t flags_from_program(uint32_t flags)
{
#if defined(__aarch64__)
	return (flags & ~0740000u) | (flags & 0040000u) << 2 |
	       (flags & 0100000u) << 2 | (flags & 0200000u) >> 2 |
	       (flags & 0400000u) >> 2;
#else
	return flags;
#endif
}
/* aarch64: 040000 and 0200000, 0100000 and 0400000 change places. */
static inline uint32_t flags_to_program(uint32_t flags)
{
	return flags_from_program(flags);
}

/* The part of the sizes of one call that is transferred. */
static inline void io_limit(struct io *io)
{
	io->left = min_u64(io->left, TRANSFER_LIMIT);
}

#endif
