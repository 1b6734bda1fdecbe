/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_WALK_H
#define BH_LINUX_WALK_H

/* How vfs_walk() and its like go from name to name. */

#include "guest/linux/vfs.h"

#define LINKS_LIMIT 40u /* symbolic links in one walk, as in Linux */
#define NAME_LIMIT 255u

/* Bounds of a walk: openat2(2)'s RESOLVE_*. */
enum {
	WALK_NO_MOUNTS = 1,
	WALK_NO_MAGIC = 2,
	WALK_NO_LINKS = 4,
	WALK_BENEATH = 8,
	WALK_IN_ROOT = 16,
};

/* One walk.  The place is canonical: no links, no "." or ".." in its path. */
struct walk {
	struct place place;
	size_t bottom;      /* of WALK_BENEATH and IN_ROOT: size of its path */
	unsigned bounds;
	unsigned links;     /* followed so far */
};

/* Stands where PATH begins.  An empty PATH is -ENOENT. */
int walk_begin(struct walk *walk, int64_t descriptor, const char *path,
               unsigned bounds);
void walk_end(struct walk *walk);

/* Goes along PATH to its end. */
int walk_path(struct walk *walk, const char *path, bool follow);
/* Goes along PATH up to its last component: *name points into PATH, *size is
 * zero if there is none ("/"). */
int walk_parent(struct walk *walk, const char *path, const char **name,
                size_t *size);
/*
 * Looks NAME up in the folder where the walk stands, across a mount: the place
 * in *found.
 */
int walk_lookup(struct walk *walk, const char *name, size_t size,
                struct place *found);
/* Follows the link FOUND, an entry of the walk's folder: the walk then stands
 * where it leads.  FOUND is released. */
int walk_follow(struct walk *walk, struct place *found);
/* To where the target of a link in the walk's folder begins. */
int walk_to_link(struct walk *walk, const char *target);
/* PATH with NAME appended, in kernel memory. */
int path_join(const char *path, const char *name, size_t size, char **joined);
/* The target of a symbolic link in kernel memory, counted as followed. */
int walk_read_link(struct walk *walk, struct inode *link, char **target);

#endif
