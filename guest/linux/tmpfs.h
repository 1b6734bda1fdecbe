/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_TMPFS_H
#define BH_LINUX_TMPFS_H

/*
 * Files in the kernel's memory, on their own (tmpfs.c) or above the read-only
 * root image (overlay.c).
 *
 * What lies above an image is one tree of nodes that comes into being as the
 * program looks at it: the first look into a folder of the image makes a node
 * for each of its entries.  From then on the nodes are the truth, so removing,
 * renaming and changing modes need no marks of what the image has below.  Only
 * bytes stay in the image, page by page, until somebody writes to a page.
 */

#include "guest/linux/erofs.h"
#include "guest/linux/vfs.h"

struct tmpfs_node;

struct tmpfs_entry {
	char *name;
	struct tmpfs_node *node; /* holds a reference */
	uint8_t size;
};

struct tmpfs_folder {
	struct tmpfs_entry *entries; /* sorted by name, as bytes */
	uint32_t count, room;
	uint32_t folders;            /* of them: for st_nlink */
	bool in_image;               /* entries are still to be made from it */
	struct tmpfs_node *parent;   /* not held: a parent outlives its entries */
};

struct tmpfs_file {
	uint8_t **pages;     /* NULL: still in the image, or a hole */
	uint64_t page_count; /* elements of `pages` */
	uint64_t size;
	uint64_t image_size; /* bytes from here on are not the image's */
	uint32_t seals;      /* F_SEAL_* */
};

struct tmpfs_node {
	struct inode inode;
	uint32_t links, uid, gid;
	bool linkable; /* O_TMPFILE: without a name, it may get one */
	uint64_t special;
	uint64_t accessed, modified, changed, created;
	struct erofs_inode image;       /* what it was made from */
	struct tmpfs_node *next_linked; /* with the same hash of its nid */
	union {
		struct tmpfs_folder folder;
		struct tmpfs_file file;
		char *target; /* of a symbolic link; NULL: in the image */
	};
};

#define TMPFS_LINKED_HASH 64u

struct tmpfs {
	struct file_system file_system;
	struct erofs erofs; /* size zero: no image below */
	/* Nodes of the image's inodes that have several names. */
	struct tmpfs_node *linked[TMPFS_LINKED_HASH];
	uint64_t pages;     /* of all files */
};

static inline struct tmpfs *tmpfs_of(const struct inode *inode)
{
	return inode->file_system->data;
}
static inline struct tmpfs_node *tmpfs_node(struct inode *inode)
{
	return CONTAINER_OF(inode, struct tmpfs_node, inode);
}

/* An empty file system with a root of MODE; NULL: no memory. */
struct tmpfs *tmpfs_make(const char *type, uint64_t magic, uint32_t mode);

/* A node with one reference and no links yet. */
struct tmpfs_node *tmpfs_node_create(struct tmpfs *tmpfs, uint32_t mode,
                                     uint64_t number);

/* An unnamed file: memfd_create(2).  Opened for reading and writing. */
int tmpfs_open_unnamed(const char *path, uint32_t seals, struct file **file);

/* ------------------------------------------------ tmpfs_folder.c: entries */

extern const struct file_ops tmpfs_folder_ops;
int tmpfs_lookup(struct inode *folder, const char *name, size_t size,
                 struct inode **found);
/* The folder with its entries made, if it still exists. */
int tmpfs_use_folder(struct inode *inode, struct tmpfs_node **folder);
/* Where the name is, or would have to be. */
uint32_t tmpfs_find(const struct tmpfs_folder *folder, const char *name,
                    size_t size, bool *found);
/* The folder and which entry of it has the name; -ENOENT. */
int tmpfs_find_entry(struct inode *inode, const char *name, size_t size,
                     struct tmpfs_node **folder, uint32_t *at);
/* Enters NODE and takes over the reference; -ENOSPC, -EEXIST. */
int tmpfs_enter(struct tmpfs_node *folder, const char *name, size_t size,
                struct tmpfs_node *node);
/* Takes entry AT out; its reference goes to the caller. */
struct tmpfs_node *tmpfs_take(struct tmpfs_folder *folder, uint32_t at);

/* ---------------------------------------------------- tmpfs_file.c: bytes */

extern const struct file_ops tmpfs_file_ops;
int tmpfs_file_truncate(struct inode *inode, uint64_t size);
void tmpfs_file_free(struct tmpfs_node *node);
/* The node of an open file of a tmpfs or overlay; NULL: another kind. */
struct tmpfs_node *tmpfs_file_node(const struct file *file);

enum {
	F_SEAL_SEAL = 1,
	F_SEAL_SHRINK = 2,
	F_SEAL_GROW = 4,
	F_SEAL_WRITE = 8,
	F_SEAL_FUTURE_WRITE = 16,
};

/* ------------------------------------------------------------- overlay.c */

/* Makes the entries of a folder from the image, if that is still to be done. */
int overlay_fill(struct tmpfs_node *folder);

#endif
