/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_PROTOCOL_VOLUME_H
#define BH_ABI_PROTOCOL_VOLUME_H

/*
 * The volume protocol: one folder of the host as a part of a guest's file
 * system.  The client is a guest, the server is device/volume.  One channel
 * serves one folder.
 *
 * Files are named by paths relative to the folder, without a leading slash, ""
 * being the folder itself; at most BH_VOLUME_PATH_MAX bytes, no zero byte.  The
 * device resolves them with openat2(2) and RESOLVE_BENEATH |
 * RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS; the guest follows symbolic links
 * itself.  Open files are named by handles that the device chooses.
 *
 * A request that a dead device had not answered comes to the next one again,
 * which cannot know whether it has been carried out.  So every request that
 * must not happen twice names the generation (the device's life) that the guest
 * believes in: in its handle, or, for a change by path, in value[0].  A device
 * of another generation answers with -EIO and has done nothing.  Handles die
 * with the device.  value[3] of every reply is the device's generation.
 *
 * Statuses are zero or a negative Linux errno.  BH_VOLUME_FSYNC answers when
 * fsync(2) of the host has returned, and not before.
 */

#include "../base.h"

#define BH_VOLUME_PATH_MAX 4095u
#define BH_VOLUME_NAME_MAX 255u
#define BH_VOLUME_DATA_MAX 131072u /* of one read or write */
#define BH_VOLUME_HANDLES_MAX 1024u

/*
 * value[0] is a handle (generation << 32 | number, never zero) where the type
 * says `handle`, and a generation (zero: any) where it says `generation`; else,
 * and all values that are not mentioned, zero.  "path" is the payload; "path,
 * path" are two, each with a terminating zero.  Permission bits are 01777 at
 * most, also in replies: a guest leaves no set-user-id program on the host
 * (-EPERM).
 */
enum bh_volume_type {
	/* path; generation; value[1]: set of BH_VOLUME_OPEN_*; value[2]:
	 * permission bits of a new file.  Regular files, and folders for
	 * reading.  Reply: value[0]: handle; payload: bh_volume_attributes. */
	BH_VOLUME_OPEN = 1,
	/* handle.  The handle is free afterwards whatever the status. */
	BH_VOLUME_CLOSE = 2,
	/* handle; value[1]: offset; value[2]: bytes.  Reply: payload; fewer
	 * bytes only at the end of the file. */
	BH_VOLUME_READ = 3,
	/* handle; value[1]: offset; value[2]: 1: append: only if the offset is
	 * the size of the file, else -EAGAIN; payload, not empty.  Reply:
	 * value[0]: bytes written; value[1]: size of the file now. */
	BH_VOLUME_WRITE = 4,
	/* handle; value[1]: 1: fdatasync. */
	BH_VOLUME_FSYNC = 5,
	/* handle; value[1]: new size. */
	BH_VOLUME_TRUNCATE = 6,
	/* handle; value[1]: offset; value[2]: size; value[3]: Linux's
	 * fallocate(2) mode. */
	BH_VOLUME_ALLOCATE = 7,
	/* path, not followed.  Reply: payload: bh_volume_attributes. */
	BH_VOLUME_LOOKUP = 8,
	/* handle.  Reply: as BH_VOLUME_LOOKUP. */
	BH_VOLUME_ATTRIBUTES = 9,
	/* path (of a folder), name to go on after ("": none; it need not exist).
	 * Reply: payload: a list of bh_volume_entry, sorted by name (memcmp),
	 * as many as fit BH_VOLUME_DATA_MAX; value[0]: 1: there are more. */
	BH_VOLUME_LIST = 10,
	/* path; generation; value[1]: permission bits. */
	BH_VOLUME_MAKE_FOLDER = 11,
	BH_VOLUME_REMOVE_FOLDER = 12, /* path; generation */
	BH_VOLUME_UNLINK = 13,        /* path; generation */
	/* path, path; generation; value[1]: renameat2(2) flags of Linux:
	 * NOREPLACE, EXCHANGE. */
	BH_VOLUME_RENAME = 14,
	BH_VOLUME_LINK = 15,          /* path (existing), path (new); generation */
	BH_VOLUME_SYMLINK = 16,       /* target, path; generation */
	BH_VOLUME_READ_LINK = 17,     /* path.  Reply: payload: the target. */
	/* path; value[1]: permission bits. */
	BH_VOLUME_SET_MODE = 18,
	/* path; value[1], value[2]: access and modification time in ns since
	 * 1970; BH_NEVER of exchange.h (all ones) leaves one unchanged. */
	BH_VOLUME_SET_TIMES = 19,
	/* Reply: payload: bh_volume_space. */
	BH_VOLUME_SPACE = 20,
	/* path (of a folder): its entries reach the disk: fsync(2) of it. */
	BH_VOLUME_SYNC_FOLDER = 21,
	/* The guest begins: what it had open before is closed.  Reply: value[0]:
	 * 1: read-only. */
	BH_VOLUME_ATTACH = 22,
};

#define BH_VOLUME_OPEN_READ (UINT64_C(1) << 0)
#define BH_VOLUME_OPEN_WRITE (UINT64_C(1) << 1)
#define BH_VOLUME_OPEN_CREATE (UINT64_C(1) << 2)
#define BH_VOLUME_OPEN_EXCLUSIVE (UINT64_C(1) << 3)
#define BH_VOLUME_OPEN_TRUNCATE (UINT64_C(1) << 4)

#define BH_VOLUME_MODE_MASK UINT64_C(01777)

/* Owners are not passed on: all files are the guest's own. */
struct bh_volume_attributes {
	uint64_t inode;
	uint64_t size;
	uint64_t blocks;   /* of 512 bytes */
	uint64_t accessed; /* ns since 1970 */
	uint64_t modified;
	uint64_t changed;
	uint32_t mode;     /* type and permission bits, as in stat(2) */
	uint32_t links;
};

BH_ASSERT_SIZE(bh_volume_attributes, 56);
BH_ASSERT_OFFSET(bh_volume_attributes, mode, 48);

struct bh_volume_entry {
	uint64_t inode;
	uint32_t size;  /* this header, the name and its terminating zero, rounded
	                   up to a multiple of 8 with zeros */
	uint32_t type;  /* DT_* of readdir(3) */
};

BH_ASSERT_SIZE(bh_volume_entry, 16);

struct bh_volume_space {
	uint64_t block_size, blocks, blocks_free, blocks_available;
	uint64_t files, files_free;
};

BH_ASSERT_SIZE(bh_volume_space, 48);

#endif
