/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_MOUNT_H
#define BH_LINUX_MOUNT_H

/* The table of mounts, for walks.  A mount stays until the end. */

#include "guest/linux/vfs.h"

#define MOUNTS_MAX 64u

struct inode *mount_root(void);

/* If a file system is mounted over *inode: its root in the place of it (held;
 * the other is released), and true. */
bool mount_cross(struct inode **inode);

/* Is the inode covered by a mount, or the root of one? */
bool mount_is_point(const struct inode *inode);

#endif
