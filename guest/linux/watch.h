/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_WATCH_H
#define BH_LINUX_WATCH_H

/*
 * What inotify(7) watches.  Whoever does something with a file reports it here,
 * after it is done; as long as nobody watches, that costs a look at a list.
 *
 * A watch of a folder hears of what lies in it by path: the paths of files and
 * of watches are canonical, and follow when something is renamed.
 */

#include "guest/linux/vfs.h"

enum {
	IN_ACCESS = 0x1,
	IN_MODIFY = 0x2,
	IN_ATTRIB = 0x4,
	IN_CLOSE_WRITE = 0x8,
	IN_CLOSE_NOWRITE = 0x10,
	IN_OPEN = 0x20,
	IN_MOVED_FROM = 0x40,
	IN_MOVED_TO = 0x80,
	IN_CREATE = 0x100,
	IN_DELETE = 0x200,
	IN_DELETE_SELF = 0x400,
	IN_MOVE_SELF = 0x800,
	IN_Q_OVERFLOW = 0x4000,
	IN_IGNORED = 0x8000,
	IN_ONLYDIR = 0x1000000,
	IN_DONT_FOLLOW = 0x2000000,
	IN_EXCL_UNLINK = 0x4000000,
	IN_MASK_CREATE = 0x10000000,
	IN_MASK_ADD = 0x20000000,
	IN_ISDIR = 0x40000000,
};
#define IN_ONESHOT (UINT32_C(1) << 31)

struct inotify;

struct watch {
	struct list link;        /* in the list of all */
	struct inotify *inotify; /* who hears of it */
	int32_t number;
	uint32_t mask;
	struct inode *inode; /* held */
	char *path;          /* its own */
};

/* MASK of IN_* has happened to what PATH leads to, or NULL: only its own
 * watches are to hear of it. */
void watch_report(struct inode *inode, const char *path, uint32_t mask);
static inline void watch_report_file(const struct file *file, uint32_t mask)
{
	if (file->inode)
		watch_report(file->inode, file->path, mask);
}
/* It has happened to the entry NAME of FOLDER.  COOKIE joins two that belong
 * together, or is zero. */
void watch_report_entry(struct inode *folder, const char *name, size_t size,
                        uint32_t mask, uint32_t cookie);
/* Nothing but watches holds this inode any more. */
void watch_removed(struct inode *inode);

/* All watches, in the order they were made. */
extern struct list watch_list;

/* For inotify.c: a new watch of PLACE, which is taken over; NULL: no memory. */
struct watch *watch_create(struct inotify *inotify, int32_t number,
                           uint32_t mask, struct place *place);
void watch_destroy(struct watch *watch);

/* inotify.c: puts an event into the queue.  NAME may be NULL. */
void inotify_queue(struct inotify *inotify, int32_t watch, uint32_t mask,
                   uint32_t cookie, const char *name, size_t size);
/* Ends a watch, and says so. */
void inotify_forget(struct watch *watch);

#endif
