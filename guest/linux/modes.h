/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_MODES_H
#define BH_LINUX_MODES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Numbers of file calls in Linux's generic form (asm-generic/fcntl.h, fcntl.h,
 * stat.h of Linux's uapi).  aarch64 has other numbers for four of the O_*;
 * they are exchanged where system calls take or return them.
 */

enum {
	O_RDONLY = 0,
	O_WRONLY = 1,
	O_RDWR = 2,
	O_ACCMODE = 3,
	O_CREAT = 0100,
	O_EXCL = 0200,
	O_NOCTTY = 0400,
	O_TRUNC = 01000,
	O_APPEND = 02000,
	O_NONBLOCK = 04000,
	O_DSYNC = 010000,
	O_ASYNC = 020000,
	O_DIRECT = 040000,
	O_LARGEFILE = 0100000,
	O_DIRECTORY = 0200000,
	O_NOFOLLOW = 0400000,
	O_NOATIME = 01000000,
	O_CLOEXEC = 02000000,
	O_SYNC = 04010000,
	O_PATH = 010000000,
	O_TMPFILE = 020200000,
};

enum {
	S_IFMT = 0170000,
	S_IFSOCK = 0140000,
	S_IFLNK = 0120000,
	S_IFREG = 0100000,
	S_IFBLK = 0060000,
	S_IFDIR = 0040000,
	S_IFCHR = 0020000,
	S_IFIFO = 0010000,
	S_ISUID = 04000,
	S_ISGID = 02000,
	S_ISVTX = 01000,
	S_IALL = 07777,
};

static inline bool mode_is(uint32_t mode, uint32_t type)
{
	return (mode & S_IFMT) == type;
}

/* The type of a folder's entry (d_type) for a mode. */
static inline uint8_t mode_entry_type(uint32_t mode)
{
	return (uint8_t)((mode & S_IFMT) >> 12);
}

enum {
	AT_FDCWD = -100,
	AT_SYMLINK_NOFOLLOW = 0x100,
	AT_REMOVEDIR = 0x200,
	AT_EACCESS = 0x200,
	AT_SYMLINK_FOLLOW = 0x400,
	AT_NO_AUTOMOUNT = 0x800,
	AT_EMPTY_PATH = 0x1000,
	AT_STATX_SYNC_TYPE = 0x6000,
};

enum {
	SEEK_SET = 0,
	SEEK_CUR = 1,
	SEEK_END = 2,
	SEEK_DATA = 3,
	SEEK_HOLE = 4,
};

enum {
	RENAME_NOREPLACE = 1,
	RENAME_EXCHANGE = 2,
	RENAME_WHITEOUT = 4,
};

/* What an access asks for: access(2), vfs_permission(). */
enum {
	MAY_EXECUTE = 1,
	MAY_WRITE = 2,
	MAY_READ = 4,
};

/* st_dev and st_rdev as programs see them (makedev of the C library). */
static inline uint64_t device_number(uint32_t major, uint32_t minor)
{
	return ((uint64_t)(major & 0xfffff000) << 32) |
	       ((uint64_t)(major & 0xfff) << 8) |
	       ((uint64_t)(minor & 0xffffff00) << 12) | (minor & 0xff);
}
static inline uint32_t device_major(uint64_t device)
{
	return (uint32_t)((device >> 32) & 0xfffff000) |
	       (uint32_t)((device >> 8) & 0xfff);
}
static inline uint32_t device_minor(uint64_t device)
{
	return (uint32_t)((device >> 12) & 0xffffff00) |
	       (uint32_t)(device & 0xff);
}

#endif
