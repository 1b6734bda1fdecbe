/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_VFS_H
#define BH_LINUX_VFS_H

/*
 * Files by name.  One tree: the root image (erofs.c, read-only) with an
 * in-memory layer above it (overlay.c: changes live in tmpfs and are lost at
 * the end), /dev, /proc, /sys, /tmp, /run, and a volume wherever one is mounted.
 *
 * Inode numbers, orders and times that a program can see are the same for all
 * variants: numbers are made from the path, folders are listed sorted by name.
 */

#include "guest/linux/file.h"

struct place;

/* An object of a file system; counted. */
struct inode {
	const struct inode_ops *ops;
	struct file_system *file_system;
	uint32_t references;
	uint32_t watches;  /* of the references: inotify's (watch.h) */
	uint32_t mode;     /* type and permission bits */
	uint64_t number;
	void *data;
	struct file *pipe; /* what opening a FIFO shares; or a bound socket */
};

struct file_system {
	const char *type;      /* "erofs", "tmpfs", "proc", ...: /proc/mounts */
	uint64_t device;       /* st_dev */
	bool read_only;
	struct inode *root;
	uint64_t magic;        /* statfs f_type */
	int (*space)(struct file_system *file_system, uint64_t *total,
	             uint64_t *free);
	void *data;
};

/*
 * Functions that are NULL fail with -EROFS (changes), -EINVAL (read_link) or
 * -ENOTDIR (lookup).  NAME is one component of SIZE bytes, never "." or "..".
 */
struct inode_ops {
	/* Held inode in *found, or -ENOENT. */
	int (*lookup)(struct inode *folder, const char *name, size_t size,
	              struct inode **found);
	/* Opens with O_* FLAGS: sets file->ops and file->data. */
	int (*open)(struct inode *inode, struct file *file);
	int (*status)(struct inode *inode, struct linux_stat *status);
	int64_t (*read_link)(struct inode *inode, char *to, size_t size);
	int (*create)(struct inode *folder, const char *name, size_t size,
	              uint32_t mode, uint64_t special, struct inode **created);
	int (*symlink)(struct inode *folder, const char *name, size_t size,
	               const char *target);
	int (*link)(struct inode *folder, const char *name, size_t size,
	            struct inode *inode);
	int (*unlink)(struct inode *folder, const char *name, size_t size,
	              bool is_folder);
	int (*rename)(struct inode *from, const char *name, size_t size,
	              struct inode *to, const char *new_name, size_t new_size,
	              uint32_t flags);
	int (*set_mode)(struct inode *inode, uint32_t mode);
	int (*set_owner)(struct inode *inode, uint32_t uid, uint32_t gid);
	/* NEVER leaves a time unchanged. */
	int (*set_times)(struct inode *inode, uint64_t accessed,
	                 uint64_t modified);
	int (*truncate)(struct inode *inode, uint64_t size);
	/* A regular file of MODE without a name in FOLDER's file system, held:
	 * O_TMPFILE.  LINKABLE: linkat(2) may give it one.  NULL: there are
	 * none. */
	int (*create_unnamed)(struct inode *folder, uint32_t mode,
	                      bool linkable, struct inode **created);
	/* No name leads to it any more, for good.  NULL: not known. */
	bool (*is_removed)(struct inode *inode);
	/* A link of /proc that leads to an object without its name: fills in
	 * *to, held.  NULL: read_link. */
	int (*follow)(struct inode *inode, struct place *to);
	void (*release)(struct inode *inode); /* the last reference is gone */
};

struct inode *inode_create(struct file_system *file_system,
                           const struct inode_ops *ops, uint32_t mode,
                           uint64_t number, void *data);
static inline struct inode *inode_hold(struct inode *inode)
{
	inode->references++;
	return inode;
}
void inode_release(struct inode *inode);
static inline bool inode_is_removed(struct inode *inode)
{
	return inode->ops->is_removed && inode->ops->is_removed(inode);
}

/* For inodes that are part of a larger object, which `release` frees. */
void inode_init(struct inode *inode, struct file_system *file_system,
                const struct inode_ops *ops, uint32_t mode, uint64_t number,
                void *data);

/* The number of what is first found as NAME in the folder of number FOLDER. */
uint64_t inode_number(uint64_t folder, const char *name, size_t size);

/*
 * A place in the tree: an inode and its absolute path, both held.  FILE is
 * NULL except behind /proc/self/fd: what the descriptor stands for, and then
 * `inode` may be NULL.
 */
struct place {
	struct inode *inode;
	char *path;
	struct file *file;
};
void place_release(struct place *place);

/* May the program do this (a set of MAY_*)?  0 or -EACCES, -EROFS. */
int vfs_permission(struct inode *inode, unsigned wanted);

/*
 * Walks PATH from the folder that DESCRIPTOR stands for (AT_FDCWD: the current
 * one).  FOLLOW: a symbolic link at the end too.
 */
int vfs_walk(int64_t descriptor, const char *path, bool follow,
             struct place *place);
/* The same up to the last component, which need not exist: NAME points into
 * PATH. */
int vfs_walk_parent(int64_t descriptor, const char *path, struct place *folder,
                    const char **name, size_t *size);

/* Opens as openat(2): the file in *file with one reference. */
int vfs_open(int64_t descriptor, const char *path, uint32_t flags,
             uint32_t mode, struct file **file);
/* Opens an inode that has been found. */
int vfs_open_inode(const struct place *place, uint32_t flags,
                   struct file **file);

/*
 * Makes a node of MODE (type and permissions, before the umask) at PATH:
 * mknod(2), bind(2) of a Unix socket.  CREATED may be NULL; else it is held.
 */
int vfs_make(int64_t descriptor, const char *path, uint32_t mode,
             uint64_t special, struct inode **created);

/* The part of opening that is a FIFO's (pipe.c)
 * or a device's. */
int fifo_open(struct inode *inode, struct file *file);
int device_open(uint64_t special, struct file *file);

/* Mounts FILE_SYSTEM over the folder PATH, which is made if need be. */
int vfs_mount(const char *path, struct file_system *file_system);

/* Sets up the tree; once. */
void vfs_start(void);

/* The mounts in the order they were made: /proc/mounts.  NULL at the end. */
struct mount {
	struct inode *covered; /* NULL: the root */
	struct file_system *file_system;
	char *path;
};
const struct mount *vfs_mounts(unsigned n);

/* The current folder; and fchdir(2), which takes PLACE over. */
const struct place *vfs_current(void);
void vfs_set_current(struct place *place);

/* The file systems' own constructors; NULL or -errno in *error. */
struct file_system *overlay_create(const uint8_t *image, uint64_t size,
                                   int *error);
struct file_system *tmpfs_create(const char *type);
struct file_system *sys_create(void);
struct file_system *proc_create(void);
struct file_system *volume_create(unsigned channel, bool read_only, int *error);

#endif
