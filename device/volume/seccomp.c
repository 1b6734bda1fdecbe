/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "device/device.h"
#include "device/volume/volume.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

#define NO_BUT(mask) ((uint32_t) ~(uint32_t)(mask))
#define FOLDER       BH_SECCOMP_ARG_MASKED(0, UINT32_MAX, BH_DEVICE_FD_FIRST)

/*
 * Paths and openat2(2)'s flags lie in memory, where a filter cannot see them:
 * they are the business of the empty root and of Landlock.
 */
static const struct bh_seccomp_rule rules[] = {
        DEVICE_SECCOMP_RULES,
        {SYS_openat2,
         "open a file beneath the folder",
         {FOLDER, BH_SECCOMP_ARG(3, sizeof(struct open_how))}},
        {SYS_close, "close a file", {{0}}},
        {SYS_pread64, "read a file", {{0}}},
        {SYS_fsync, "sync a file or folder", {{0}}},
        {SYS_fdatasync, "sync a file's bytes", {{0}}},
        {SYS_fstat, "attributes of an open file", {{0}}},
        {SYS_newfstatat,
         "the same, as newer C libraries do it",
         {BH_SECCOMP_ARG_MASKED(3, UINT32_MAX, AT_EMPTY_PATH)}},
        {SYS_newfstatat,
         "kind of an entry where the folder does not say",
         {BH_SECCOMP_ARG_MASKED(3, UINT32_MAX, AT_SYMLINK_NOFOLLOW)}},
        {SYS_fstatfs, "space of the folder's file system", {FOLDER}},
        {SYS_getdents64, "list a folder", {{0}}},
        {SYS_readlinkat, "read a symbolic link", {{0}}},
        /* From here on: what changes something. */
        {SYS_pwrite64, "write a file", {{0}}},
        {SYS_ftruncate, "set a file's size", {{0}}},
        {SYS_fallocate,
         "reserve or free room in a file",
         {BH_SECCOMP_ARG_MASKED(1,
                                NO_BUT(FALLOC_FL_KEEP_SIZE |
                                       FALLOC_FL_PUNCH_HOLE |
                                       FALLOC_FL_ZERO_RANGE),
                                0)}},
        {SYS_mkdirat,
         "make a folder",
         {BH_SECCOMP_ARG_MASKED(2, NO_BUT(BH_VOLUME_MODE_MASK), 0)}},
        {SYS_unlinkat,
         "remove a name",
         {BH_SECCOMP_ARG_MASKED(2, NO_BUT(AT_REMOVEDIR), 0)}},
        {SYS_renameat2,
         "rename",
         {BH_SECCOMP_ARG_MASKED(4, NO_BUT(RENAME_NOREPLACE | RENAME_EXCHANGE),
                                0)}},
        {SYS_linkat,
         "make another name, not following a link",
         {BH_SECCOMP_ARG_MASKED(4, UINT32_MAX, 0)}},
        {SYS_symlinkat, "make a symbolic link", {{0}}},
        {SYS_fchmod,
         "permissions, but never set-user-id",
         {BH_SECCOMP_ARG_MASKED(1, NO_BUT(BH_VOLUME_MODE_MASK), 0)}},
        {SYS_fchmodat2,
         "the same by name, not following a link",
         {BH_SECCOMP_ARG_MASKED(2, NO_BUT(BH_VOLUME_MODE_MASK), 0),
          BH_SECCOMP_ARG_MASKED(3, UINT32_MAX, AT_SYMLINK_NOFOLLOW)}},
        {SYS_utimensat,
         "times, not following a link",
         {BH_SECCOMP_ARG_MASKED(3, UINT32_MAX, AT_SYMLINK_NOFOLLOW)}},
};

#define CHANGES 11u
#define COUNT   (sizeof(rules) / sizeof(rules[0]))

_Static_assert(COUNT > CHANGES && COUNT <= BH_SECCOMP_RULES_MAX, "table");

const struct bh_seccomp_rule *volume_seccomp_rules(bool read_only,
                                                   size_t *count)
{
	*count = read_only ? COUNT - CHANGES : COUNT;
	return rules;
}
