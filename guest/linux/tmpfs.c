/* SPDX-License-Identifier: ISC */
#include "guest/linux/tmpfs.h"

#include "guest/linux/clock.h"
#include "guest/linux/task.h"

#define TMPFS_MAGIC 0x01021994u
#define FOLDER_SIZE 4096u /* st_size: the same for all folders everywhere */

static const struct inode_ops tmpfs_ops;

static void touch(struct tmpfs_node *node)
{
	node->modified = node->changed = clock_realtime();
}

struct tmpfs_node *tmpfs_node_create(struct tmpfs *tmpfs, uint32_t mode,
                                     uint64_t number)
{
	struct tmpfs_node *node = memory_zeroed(sizeof(*node));

	if (!node)
		return NULL;
	inode_init(&node->inode, &tmpfs->file_system, &tmpfs_ops, mode, number,
	           node);
	node->uid = process.euid;
	node->gid = process.egid;
	/* Only memfd_create(2) makes files that can be sealed. */
	if (mode_is(mode, S_IFREG))
		node->file.seals = F_SEAL_SEAL;
	touch(node);
	node->created = node->accessed = node->changed;
	return node;
}

/* --------------------------------------------------------- making, removing */

static int tmpfs_create_node(struct inode *inode, const char *name, size_t size,
                             uint32_t mode, uint64_t special,
                             struct inode **created)
{
	struct tmpfs_node *folder, *node;
	int r = tmpfs_use_folder(inode, &folder);

	if (r)
		return r;
	node = tmpfs_node_create(tmpfs_of(inode), mode,
	                         inode_number(inode->number, name, size));
	if (!node)
		return -ENOSPC;
	node->special = special;
	node->links = mode_is(mode, S_IFDIR) ? 2 : 1;
	if (inode->mode & S_ISGID) {
		node->gid = folder->gid;
		if (mode_is(mode, S_IFDIR))
			node->inode.mode |= S_ISGID;
	}
	r = tmpfs_enter(folder, name, size, node);
	if (r) {
		inode_release(&node->inode);
		return r;
	}
	touch(folder);
	if (created)
		*created = inode_hold(&node->inode);
	return 0;
}

static int tmpfs_create_unnamed(struct inode *folder, uint32_t mode,
                                bool linkable, struct inode **created)
{
	static uint64_t number;
	struct tmpfs_node *node;

	number++;
	node = tmpfs_node_create(
	        tmpfs_of(folder), mode,
	        inode_number(folder->number, (const char *)&number,
	                     sizeof(number)));
	if (!node)
		return -ENOSPC;
	node->linkable = linkable;
	*created = &node->inode;
	return 0;
}

static int tmpfs_symlink(struct inode *inode, const char *name, size_t size,
                         const char *target)
{
	struct inode *link;
	char *copy = string_copy(target);
	int r;

	if (!copy)
		return -ENOSPC;
	r = tmpfs_create_node(inode, name, size, S_IFLNK | 0777, 0, &link);
	if (r) {
		memory_free(copy);
		return r;
	}
	tmpfs_node(link)->target = copy;
	inode_release(link);
	return 0;
}

static int tmpfs_link(struct inode *inode, const char *name, size_t size,
                      struct inode *target)
{
	struct tmpfs_node *folder, *node = tmpfs_node(target);
	int r = tmpfs_use_folder(inode, &folder);

	if (r)
		return r;
	if (!node->links && !node->linkable)
		return -ENOENT;
	r = tmpfs_enter(folder, name, size, node);
	if (r)
		return r;
	inode_hold(target);
	node->links++;
	node->linkable = false;
	node->changed = clock_realtime();
	touch(folder);
	return 0;
}

static bool tmpfs_is_removed(struct inode *inode)
{
	const struct tmpfs_node *node = tmpfs_node(inode);

	return !node->links && !node->linkable;
}

/* One name less. */
static void drop_name(struct tmpfs_node *node)
{
	node->changed = clock_realtime();
	if (mode_is(node->inode.mode, S_IFDIR))
		node->links = 0;
	else
		node->links--;
	inode_release(&node->inode);
}

/* May a name that stands for NODE go, or be replaced? */
static int may_drop(struct tmpfs_node *node, bool is_folder)
{
	if (is_folder != mode_is(node->inode.mode, S_IFDIR))
		return is_folder ? -ENOTDIR : -EISDIR;
	if (is_folder) {
		int r = overlay_fill(node);

		if (r)
			return r;
		if (node->folder.count)
			return -ENOTEMPTY;
	}
	return 0;
}

static int tmpfs_unlink(struct inode *inode, const char *name, size_t size,
                        bool is_folder)
{
	struct tmpfs_node *folder;
	uint32_t at;
	int r = tmpfs_find_entry(inode, name, size, &folder, &at);

	if (r)
		return r;
	r = may_drop(folder->folder.entries[at].node, is_folder);
	if (r)
		return r;
	drop_name(tmpfs_take(&folder->folder, at));
	touch(folder);
	return 0;
}

/* Is FOLDER the same as NODE, or somewhere in it? */
static bool lies_in(const struct tmpfs_node *folder,
                    const struct tmpfs_node *node)
{
	for (; folder; folder = folder->folder.parent)
		if (folder == node)
			return true;
	return false;
}

static void set_parent(struct tmpfs_node *from, struct tmpfs_node *to,
                       struct tmpfs_node *node)
{
	if (!mode_is(node->inode.mode, S_IFDIR))
		return;
	from->folder.folders--;
	to->folder.folders++;
	node->folder.parent = to;
}

static int exchange(struct tmpfs_node *from, struct tmpfs_entry *old,
                    struct tmpfs_node *to, struct tmpfs_entry *new)
{
	struct tmpfs_node *node = old->node;

	if (lies_in(to, node) || lies_in(from, new->node))
		return -EINVAL;
	old->node = new->node;
	new->node = node;
	set_parent(from, to, node);
	set_parent(to, from, old->node);
	old->node->changed = node->changed = clock_realtime();
	touch(from);
	touch(to);
	return 0;
}

/* Checks everything first; what then is done cannot fail. */
static int tmpfs_rename(struct inode *from_inode, const char *name, size_t size,
                        struct inode *to_inode, const char *new_name,
                        size_t new_size, uint32_t flags)
{
	struct tmpfs_node *from, *to, *node;
	bool found, replaces;
	uint32_t at, new_at;
	int r = tmpfs_use_folder(from_inode, &from);

	if (!r)
		r = tmpfs_use_folder(to_inode, &to);
	if (r)
		return r;
	at = tmpfs_find(&from->folder, name, size, &found);
	if (!found)
		return -ENOENT;
	node = from->folder.entries[at].node;
	new_at = tmpfs_find(&to->folder, new_name, new_size, &replaces);
	if (flags & RENAME_EXCHANGE)
		return replaces ? exchange(from, &from->folder.entries[at], to,
		                           &to->folder.entries[new_at])
		                : -ENOENT;
	if (lies_in(to, node))
		return -EINVAL;
	if (replaces) {
		struct tmpfs_node *old = to->folder.entries[new_at].node;

		if (flags & RENAME_NOREPLACE)
			return -EEXIST;
		if (old == node)
			return 0;
		r = may_drop(old, mode_is(node->inode.mode, S_IFDIR));
		if (r)
			return r;
		/* The old name's place is taken over, which needs no memory. */
		to->folder.entries[new_at].node = node;
		if (mode_is(node->inode.mode, S_IFDIR))
			node->folder.parent = to;
		drop_name(old);
	} else {
		r = tmpfs_enter(to, new_name, new_size, node);
		if (r)
			return r;
	}
	/* A new entry in the same folder has moved the old one. */
	tmpfs_take(&from->folder,
	           tmpfs_find(&from->folder, name, size, &found));
	node->changed = clock_realtime();
	touch(from);
	touch(to);
	return 0;
}

/* --------------------------------------------------------------- attributes */

static int tmpfs_status(struct inode *inode, struct linux_stat *status)
{
	const struct tmpfs_node *node = tmpfs_node(inode);

	*status = (struct linux_stat){
	        .device = inode->file_system->device,
	        .inode = inode->number,
	        .block_size = PAGE_SIZE,
	        .special = node->special,
	        .mode = inode->mode,
	        .links = node->links,
	        .uid = node->uid,
	        .gid = node->gid,
	        .accessed = node->accessed,
	        .modified = node->modified,
	        .changed = node->changed,
	        .created = node->created,
	};
	switch (inode->mode & S_IFMT) {
	case S_IFDIR:
		status->size = FOLDER_SIZE;
		if (node->links && !overlay_fill(tmpfs_node(inode)))
			status->links = 2 + node->folder.folders;
		break;
	case S_IFREG:
		status->size = node->file.size;
		break;
	case S_IFLNK:
		status->size =
		        node->target ? strlen(node->target) : node->image.size;
		break;
	default:
		break;
	}
	/* What a file occupies depends on the page cache of no machine. */
	if (mode_is(inode->mode, S_IFREG))
		status->blocks = PAGE_UP(status->size) / 512;
	return 0;
}

static int64_t tmpfs_read_link(struct inode *inode, char *to, size_t size)
{
	const struct tmpfs_node *node = tmpfs_node(inode);
	const char *target = node->target;
	uint64_t length;

	if (!mode_is(inode->mode, S_IFLNK))
		return -EINVAL;
	if (target)
		length = strlen(target);
	else
		target = (const char *)erofs_bytes(&tmpfs_of(inode)->erofs,
		                                   &node->image, 0, &length);
	length = min_u64(length, size);
	memcpy(to, target, length);
	return (int64_t)length;
}

static int tmpfs_set_mode(struct inode *inode, uint32_t mode)
{
	inode->mode = (inode->mode & S_IFMT) | (mode & S_IALL);
	tmpfs_node(inode)->changed = clock_realtime();
	return 0;
}

static int tmpfs_set_owner(struct inode *inode, uint32_t uid, uint32_t gid)
{
	struct tmpfs_node *node = tmpfs_node(inode);

	if (uid != UINT32_MAX)
		node->uid = uid;
	if (gid != UINT32_MAX)
		node->gid = gid;
	node->changed = clock_realtime();
	return 0;
}

static int tmpfs_set_times(struct inode *inode, uint64_t accessed,
                           uint64_t modified)
{
	struct tmpfs_node *node = tmpfs_node(inode);

	if (accessed != NEVER)
		node->accessed = accessed;
	if (modified != NEVER)
		node->modified = modified;
	node->changed = clock_realtime();
	return 0;
}

static int tmpfs_open(struct inode *inode, struct file *file)
{
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		file->ops = &tmpfs_file_ops;
		file->has_position = true;
		return 0;
	case S_IFDIR:
		file->ops = &tmpfs_folder_ops;
		file->has_position = true;
		return 0;
	case S_IFCHR:
	case S_IFBLK:
		return device_open(tmpfs_node(inode)->special, file);
	case S_IFIFO:
		return fifo_open(inode, file);
	default:
		return -ENXIO;
	}
}

static void tmpfs_release(struct inode *inode)
{
	struct tmpfs_node *node = tmpfs_node(inode);

	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		tmpfs_file_free(node);
		break;
	case S_IFDIR:
		memory_free(node->folder.entries);
		break;
	case S_IFLNK:
		memory_free(node->target);
		break;
	default:
		break;
	}
	memory_free(node);
}

static const struct inode_ops tmpfs_ops = {
        .lookup = tmpfs_lookup,
        .open = tmpfs_open,
        .status = tmpfs_status,
        .read_link = tmpfs_read_link,
        .create = tmpfs_create_node,
        .symlink = tmpfs_symlink,
        .link = tmpfs_link,
        .unlink = tmpfs_unlink,
        .rename = tmpfs_rename,
        .is_removed = tmpfs_is_removed,
        .create_unnamed = tmpfs_create_unnamed,
        .set_mode = tmpfs_set_mode,
        .set_owner = tmpfs_set_owner,
        .set_times = tmpfs_set_times,
        .truncate = tmpfs_file_truncate,
        .release = tmpfs_release,
};

/* ------------------------------------------------------------- file systems */

/* Pages of files, and no other use of memory: the same in all variants. */
static int tmpfs_space(struct file_system *file_system, uint64_t *total,
                       uint64_t *free)
{
	const struct tmpfs *tmpfs = file_system->data;

	*total = memory_limit();
	*free = *total - min_u64(*total, tmpfs->pages * PAGE_SIZE);
	return 0;
}

struct tmpfs *tmpfs_make(const char *type, uint64_t magic, uint32_t mode)
{
	static uint32_t next_device = 20;
	struct tmpfs *tmpfs = memory_zeroed(sizeof(*tmpfs));
	uint32_t device = next_device++;
	struct tmpfs_node *root;

	if (!tmpfs)
		return NULL;
	tmpfs->file_system = (struct file_system){
	        .type = type,
	        .device = device_number(0, device),
	        .magic = magic,
	        .space = tmpfs_space,
	        .data = tmpfs,
	};
	root = tmpfs_node_create(tmpfs, S_IFDIR | mode,
	                         inode_number(device, "/", 1));
	if (!root) {
		memory_free(tmpfs);
		return NULL;
	}
	root->links = 2;
	tmpfs->file_system.root = &root->inode;
	return tmpfs;
}

struct file_system *tmpfs_create(const char *type)
{
	struct tmpfs *tmpfs = tmpfs_make(type, TMPFS_MAGIC, 0755);

	return tmpfs ? &tmpfs->file_system : NULL;
}

int tmpfs_open_unnamed(const char *path, uint32_t seals, struct file **opened)
{
	static struct tmpfs *unnamed;
	struct inode *inode;
	struct file *file;
	int r;

	if (!unnamed)
		unnamed = tmpfs_make("tmpfs", TMPFS_MAGIC, 01777);
	if (!unnamed)
		return -ENOMEM;
	r = tmpfs_create_unnamed(unnamed->file_system.root, S_IFREG | 0777,
	                         false, &inode);
	if (r)
		return r;
	tmpfs_node(inode)->file.seals = seals;
	file = file_create(&tmpfs_file_ops, O_RDWR | O_LARGEFILE, NULL);
	if (!file) {
		inode_release(inode);
		return -ENFILE;
	}
	file->has_position = true;
	file->inode = inode;
	file->path = string_copy(path);
	*opened = file;
	return 0;
}
