/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_OPEN_H
#define BH_LINUX_OPEN_H

/* What the calls that open, make and change names share. */

#include "guest/linux/walk.h"

/* vfs_open() within BOUNDS (WALK_*), for openat2(2). */
int vfs_open_within(int64_t descriptor, const char *path, uint32_t flags,
                    uint32_t mode, unsigned bounds, struct file **file);

/* Makes an entry, subject to permissions and the umask. */
int vfs_create_in(struct inode *folder, const char *name, size_t size,
                  uint32_t mode, uint64_t special, struct inode **created);

/* May entries of the folder be made and removed? */
int vfs_may_change(struct inode *folder);

#endif
