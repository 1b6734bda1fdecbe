/* SPDX-License-Identifier: ISC */
#include "guest/linux/tmpfs.h"

#define OVERLAY_MAGIC 0x794c7630u

static struct tmpfs_node **linked_slot(struct tmpfs *tmpfs, uint64_t nid)
{
	return &tmpfs->linked[(nid ^ nid >> 6) % TMPFS_LINKED_HASH];
}

/* A file with several names is one node: held, or NULL if it is new. */
static struct tmpfs_node *find_linked(struct tmpfs *tmpfs, uint64_t nid)
{
	for (struct tmpfs_node *node = *linked_slot(tmpfs, nid); node;
	     node = node->next_linked) {
		if (node->image.nid == nid) {
			inode_hold(&node->inode);
			return node;
		}
	}
	return NULL;
}

/* It stays until the end, since more names may come to light. */
static void remember_linked(struct tmpfs *tmpfs, struct tmpfs_node *node)
{
	struct tmpfs_node **slot = linked_slot(tmpfs, node->image.nid);

	inode_hold(&node->inode);
	node->next_linked = *slot;
	*slot = node;
}

static void take_image(struct tmpfs_node *node, const struct erofs_inode *image)
{
	node->image = *image;
	node->inode.mode = image->mode;
	node->links = image->links;
	node->uid = image->uid;
	node->gid = image->gid;
	node->special = image->special;
	node->accessed = node->modified = node->changed = node->created =
	        image->modified;
	switch (image->mode & S_IFMT) {
	case S_IFREG:
		node->file.size = node->file.image_size = image->size;
		break;
	case S_IFDIR:
		node->links = 2;
		node->folder.in_image = true;
		break;
	default:
		break;
	}
}

/* An image whose folders contain themselves would have no end. */
static bool is_own_ancestor(const struct tmpfs_node *folder, uint64_t nid)
{
	for (; folder; folder = folder->folder.parent)
		if (folder->image.nid == nid)
			return true;
	return false;
}

static int make_node(struct tmpfs_node *folder, const char *name, size_t size,
                     uint64_t nid, struct tmpfs_node **made)
{
	struct tmpfs *tmpfs = tmpfs_of(&folder->inode);
	struct tmpfs_node *node = find_linked(tmpfs, nid);
	struct erofs_inode image;
	int r;

	*made = node;
	if (node)
		return 0;
	r = erofs_inode(&tmpfs->erofs, nid, &image);
	if (r)
		return r;
	if (mode_is(image.mode, S_IFDIR) && is_own_ancestor(folder, nid))
		return -EUCLEAN;
	node = tmpfs_node_create(
	        tmpfs, image.mode,
	        inode_number(folder->inode.number, name, size));
	if (!node)
		return -ENOMEM;
	take_image(node, &image);
	if (!mode_is(image.mode, S_IFDIR) && image.links > 1)
		remember_linked(tmpfs, node);
	*made = node;
	return 0;
}

static int add_entry(void *context, const char *name, size_t size, uint64_t nid)
{
	struct tmpfs_node *folder = context, *node;
	int r = make_node(folder, name, size, nid, &node);

	if (r)
		return r;
	r = tmpfs_enter(folder, name, size, node);
	if (r)
		inode_release(&node->inode);
	return r == -EEXIST ? -EUCLEAN : r;
}

static void empty(struct tmpfs_folder *folder)
{
	for (uint32_t i = 0; i < folder->count; i++) {
		memory_free(folder->entries[i].name);
		inode_release(&folder->entries[i].node->inode);
	}
	memory_free(folder->entries);
	folder->entries = NULL;
	folder->count = folder->room = folder->folders = 0;
}

int overlay_fill(struct tmpfs_node *folder)
{
	int r;

	if (!folder->folder.in_image)
		return 0;
	r = erofs_list(&tmpfs_of(&folder->inode)->erofs, &folder->image,
	               add_entry, folder);
	if (r)
		empty(&folder->folder);
	else
		folder->folder.in_image = false;
	return r;
}

struct file_system *overlay_create(const uint8_t *image, uint64_t size,
                                   int *error)
{
	struct erofs_inode root;
	struct tmpfs *tmpfs;
	struct erofs erofs;

	*error = erofs_open(&erofs, image, size);
	if (!*error)
		*error = erofs_inode(&erofs, erofs.root, &root);
	if (*error)
		return NULL;
	tmpfs = tmpfs_make("overlay", OVERLAY_MAGIC, 0755);
	if (!tmpfs) {
		*error = -ENOMEM;
		return NULL;
	}
	tmpfs->erofs = erofs;
	take_image(tmpfs_node(tmpfs->file_system.root), &root);
	return &tmpfs->file_system;
}
