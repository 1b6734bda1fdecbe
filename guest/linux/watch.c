/* SPDX-License-Identifier: ISC */
#include "guest/linux/watch.h"

/* What is not told of the object itself as being a folder. */
#define OF_ITSELF (IN_DELETE_SELF | IN_MOVE_SELF)

struct list watch_list = LIST_INIT(watch_list);

struct watch *watch_create(struct inotify *inotify, int32_t number,
                           uint32_t mask, struct place *place)
{
	struct watch *watch = memory_zeroed(sizeof(*watch));

	if (!watch)
		return NULL;
	watch->inotify = inotify;
	watch->number = number;
	watch->mask = mask;
	watch->inode = place->inode;
	watch->path = place->path;
	place->inode = NULL;
	place->path = NULL;
	watch->inode->watches++;
	list_append(&watch_list, &watch->link);
	return watch;
}

void watch_destroy(struct watch *watch)
{
	list_remove(&watch->link);
	watch->inode->watches--;
	inode_release(watch->inode);
	memory_free(watch->path);
	memory_free(watch);
}

static void tell(struct watch *watch, uint32_t mask, uint32_t cookie,
                 const char *name, size_t size)
{
	if (!(mask & watch->mask & ~(uint32_t)IN_ISDIR))
		return;
	inotify_queue(watch->inotify, watch->number, mask, cookie, name, size);
	if (watch->mask & IN_ONESHOT)
		inotify_forget(watch);
}

static uint32_t folder_flag(const struct inode *inode)
{
	return mode_is(inode->mode, S_IFDIR) ? IN_ISDIR : 0;
}

/* The name in FOLDER that PATH leads to; NULL: it leads elsewhere. */
static const char *name_within(const char *folder, const char *path)
{
	size_t length = strlen(folder);

	if (length == 1)
		length = 0; /* "/" */
	if (strncmp(folder, path, length) || path[length] != '/')
		return NULL;
	for (const char *at = path + length + 1; *at; at++)
		if (*at == '/')
			return NULL;
	return path[length + 1] ? path + length + 1 : NULL;
}

static void report_to_folders(struct inode *inode, const char *path,
                              uint32_t mask)
{
	LIST_EACH(watch, &watch_list, struct watch, link)
	{
		const char *name = name_within(watch->path, path);

		if (!name || !mode_is(watch->inode->mode, S_IFDIR) ||
		    inode_is_removed(watch->inode) ||
		    (watch->mask & IN_EXCL_UNLINK && inode_is_removed(inode)))
			continue;
		tell(watch, mask, 0, name, strlen(name));
	}
}

void watch_report(struct inode *inode, const char *path, uint32_t mask)
{
	if (list_is_empty(&watch_list))
		return;
	if (!(mask & OF_ITSELF))
		mask |= folder_flag(inode);
	if (path)
		report_to_folders(inode, path, mask);
	if (!inode->watches)
		return;
	LIST_EACH(watch, &watch_list, struct watch, link)
	if (watch->inode == inode)
		tell(watch, mask, 0, NULL, 0);
}

void watch_report_entry(struct inode *folder, const char *name, size_t size,
                        uint32_t mask, uint32_t cookie)
{
	if (!folder->watches)
		return;
	LIST_EACH(watch, &watch_list, struct watch, link)
	if (watch->inode == folder)
		tell(watch, mask, cookie, name, size);
}

void watch_removed(struct inode *inode)
{
	inode_hold(inode);
	watch_report(inode, NULL, IN_DELETE_SELF);
	LIST_EACH(watch, &watch_list, struct watch, link)
	if (watch->inode == inode)
		inotify_forget(watch);
	inode_release(inode);
}
