/* SPDX-License-Identifier: ISC */

/* Folders of a tmpfs: their entries, sorted, and how they are listed. */

#include "guest/linux/tmpfs.h"

static int compare_names(const char *a, size_t a_size, const char *b,
                         size_t b_size)
{
	int r = memcmp(a, b, a_size < b_size ? a_size : b_size);

	if (r)
		return r;
	return a_size < b_size ? -1 : a_size > b_size;
}

uint32_t tmpfs_find(const struct tmpfs_folder *folder, const char *name,
                    size_t size, bool *found)
{
	uint32_t low = 0, high = folder->count;

	*found = false;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct tmpfs_entry *entry = &folder->entries[middle];
		int r = compare_names(entry->name, entry->size, name, size);

		if (!r) {
			*found = true;
			return middle;
		}
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int make_room(struct tmpfs_folder *folder)
{
	struct tmpfs_entry *entries;
	uint32_t room = folder->room ? folder->room * 2 : 8;

	if (folder->count < folder->room)
		return 0;
	entries = memory_resize(folder->entries, room * sizeof(*entries));
	if (!entries)
		return -ENOSPC;
	folder->entries = entries;
	folder->room = room;
	return 0;
}

int tmpfs_enter(struct tmpfs_node *parent, const char *name, size_t size,
                struct tmpfs_node *node)
{
	struct tmpfs_folder *folder = &parent->folder;
	struct tmpfs_entry *entry;
	char *copy;
	bool found;
	uint32_t at;

	if (size > 255)
		return -ENAMETOOLONG;
	at = tmpfs_find(folder, name, size, &found);
	if (found)
		return -EEXIST;
	if (make_room(folder))
		return -ENOSPC;
	copy = memory_allocate(size);
	if (!copy)
		return -ENOSPC;
	memcpy(copy, name, size);
	entry = &folder->entries[at];
	memmove(entry + 1, entry, (folder->count - at) * sizeof(*entry));
	*entry = (struct tmpfs_entry){copy, node, (uint8_t)size};
	folder->count++;
	if (mode_is(node->inode.mode, S_IFDIR)) {
		folder->folders++;
		node->folder.parent = parent;
	}
	return 0;
}

struct tmpfs_node *tmpfs_take(struct tmpfs_folder *folder, uint32_t at)
{
	struct tmpfs_entry *entry = &folder->entries[at];
	struct tmpfs_node *node = entry->node;

	memory_free(entry->name);
	folder->count--;
	memmove(entry, entry + 1, (folder->count - at) * sizeof(*entry));
	if (mode_is(node->inode.mode, S_IFDIR))
		folder->folders--;
	return node;
}

int tmpfs_use_folder(struct inode *inode, struct tmpfs_node **folder)
{
	if (!mode_is(inode->mode, S_IFDIR))
		return -ENOTDIR;
	*folder = tmpfs_node(inode);
	if (!(*folder)->links)
		return -ENOENT;
	return overlay_fill(*folder);
}

int tmpfs_find_entry(struct inode *inode, const char *name, size_t size,
                     struct tmpfs_node **folder, uint32_t *at)
{
	int r = tmpfs_use_folder(inode, folder);
	bool found;

	if (r)
		return r;
	*at = tmpfs_find(&(*folder)->folder, name, size, &found);
	return found ? 0 : -ENOENT;
}

int tmpfs_lookup(struct inode *inode, const char *name, size_t size,
                 struct inode **found)
{
	struct tmpfs_node *folder;
	uint32_t at;
	int r = tmpfs_find_entry(inode, name, size, &folder, &at);

	if (!r)
		*found = inode_hold(&folder->folder.entries[at].node->inode);
	return r;
}

/* A folder's listing as it was when it began: entries may come and go. */
struct snapshot {
	uint32_t count;
	struct snapshot_entry {
		struct tmpfs_node *node; /* held */
		uint8_t size;
		char name[255];
	} entries[];
};

static void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (uint32_t i = 0; i < snapshot->count; i++)
		inode_release(&snapshot->entries[i].node->inode);
	memory_free(snapshot);
}

static int snapshot_take(struct file *file)
{
	struct tmpfs_node *folder;
	struct snapshot *snapshot;
	int r = tmpfs_use_folder(file->inode, &folder);
	uint32_t count;

	if (r)
		return r;
	count = folder->folder.count;
	snapshot = memory_allocate(sizeof(*snapshot) +
	                           count * sizeof(snapshot->entries[0]));
	if (!snapshot)
		return -ENOMEM;
	snapshot->count = count;
	for (uint32_t i = 0; i < count; i++) {
		const struct tmpfs_entry *from = &folder->folder.entries[i];
		struct snapshot_entry *to = &snapshot->entries[i];

		inode_hold(&from->node->inode);
		to->node = from->node;
		to->size = from->size;
		memcpy(to->name, from->name, from->size);
	}
	snapshot_free(file->data);
	file->data = snapshot;
	return 0;
}

static int tmpfs_list(struct file *file, struct folder_reader *reader)
{
	struct snapshot *snapshot = file->data;
	int r;

	if (!snapshot || !reader->position) {
		r = snapshot_take(file);
		if (r)
			return r == -ENOENT ? 0 : r;
		snapshot = file->data;
	}
	for (uint64_t i = reader->position; i < snapshot->count; i++) {
		const struct snapshot_entry *entry = &snapshot->entries[i];
		const struct inode *inode = &entry->node->inode;

		if (!entry->node->links)
			continue;
		if (!reader->add(reader, entry->name, entry->size,
		                 inode->number, mode_entry_type(inode->mode),
		                 i + 1))
			break;
	}
	return 0;
}

static void folder_close(struct file *file)
{
	snapshot_free(file->data);
}

const struct file_ops tmpfs_folder_ops = {
        .name = "folder",
        .seek = file_seek,
        .list = tmpfs_list,
        .close = folder_close,
};
