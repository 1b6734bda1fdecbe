/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_EROFS_H
#define BH_LINUX_EROFS_H

/*
 * A reader of uncompressed EROFS images in memory, as mkfs.erofs of
 * erofs-utils 1.5 makes them (Linux, fs/erofs/erofs_fs.h).  It needs nothing
 * from the rest of the kernel and keeps no state but what is below.
 *
 * The image has been measured, but it is read as if an enemy had made it: every
 * number in it is checked where it is used, each read stays within the image,
 * and every loop ends.  What cannot be right is -EUCLEAN.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct erofs {
	const uint8_t *image;
	uint64_t size;
	unsigned block_bits;
	uint64_t meta;       /* offset of the inode with number 0 */
	uint64_t root;       /* the root folder's inode number (nid) */
	uint64_t built;      /* ns since 1970: the time of compact inodes */
};

struct erofs_inode {
	uint64_t nid;
	uint32_t mode, links, uid, gid;
	uint64_t size;
	uint64_t modified;      /* ns since 1970 */
	uint64_t special;       /* of device nodes: device_number() */
	uint64_t blocks_offset; /* of the first bytes, within the image */
	uint64_t blocks_size;   /* how many of them lie there, ... */
	uint64_t inline_offset; /* the others lie here */
};

/* Takes in the superblock.  -EUCLEAN; -EOPNOTSUPP for a feature (compression,
 * chunks, several devices) that this reader does not have. */
int erofs_open(struct erofs *erofs, const uint8_t *image, uint64_t size);

/* After it, all of the inode's bytes are known to lie within the image. */
int erofs_inode(const struct erofs *erofs, uint64_t nid,
                struct erofs_inode *inode);

/* The bytes at POSITION and in *run how many follow without a gap; NULL at the
 * end. */
const uint8_t *erofs_bytes(const struct erofs *erofs,
                           const struct erofs_inode *inode, uint64_t position,
                           uint64_t *run);

/*
 * Calls ADD for each entry of a folder but "." and "..", in the order of the
 * image, until it returns other than 0, which is then returned.  Names have
 * been checked: 1 to 255 bytes without '/' and zero.
 */
int erofs_list(const struct erofs *erofs, const struct erofs_inode *folder,
               int (*add)(void *context, const char *name, size_t size,
                          uint64_t nid),
               void *context);

#endif
