/* SPDX-License-Identifier: ISC */
#include "guest/linux/volume/volume.h"

/* Inodes of a volume by path. */

char *volume_join(struct volume_node *folder, const char *name, size_t size,
                  int *error)
{
	size_t length = strlen(folder->path);
	char *path;

	*error = -ENOENT;
	if (folder->gone)
		return NULL;
	*error = -ENAMETOOLONG;
	if (size > BH_VOLUME_NAME_MAX || length + 1 + size > BH_VOLUME_PATH_MAX)
		return NULL;
	*error = -ENOMEM;
	path = memory_allocate(length + size + 2);
	if (!path)
		return NULL;
	*error = 0;
	memcpy(path, folder->path, length);
	if (length)
		path[length++] = '/';
	memcpy(path + length, name, size);
	path[length + size] = 0;
	return path;
}

static struct volume_node *find(struct volume *volume, const char *path)
{
	LIST_EACH(node, &volume->nodes, struct volume_node, link)
	if (!strcmp(node->path, path))
		return node;
	return NULL;
}

static void lose(struct volume_node *node)
{
	node->gone = true;
	list_remove(&node->link);
}

struct inode *volume_node_get(struct volume *volume, char *path,
                              const struct bh_volume_attributes *a)
{
	struct volume_node *node = find(volume, path);
	uint32_t mode = a->mode & (S_IFMT | S_IALL);

	if (node && node->inode.number == a->inode &&
	    mode_is(node->inode.mode, mode & S_IFMT)) {
		memory_free(path);
		node->inode.mode = mode;
		return inode_hold(&node->inode);
	}
	/* The host has put something else there. */
	if (node)
		lose(node);
	node = memory_zeroed(sizeof(*node));
	if (!node) {
		memory_free(path);
		return NULL;
	}
	inode_init(&node->inode, &volume->file_system, &volume_inode_ops, mode,
	           a->inode, node);
	node->path = path;
	list_append(&volume->nodes, &node->link);
	return &node->inode;
}

/* What PATH has after PREFIX: "" or "/..."; NULL: it lies elsewhere. */
static const char *rest_of(const char *path, const char *prefix)
{
	size_t size = strlen(prefix);

	if (strncmp(path, prefix, size) || (path[size] && path[size] != '/'))
		return NULL;
	return path + size;
}

void volume_forget(struct volume *volume, const char *path)
{
	LIST_EACH(node, &volume->nodes, struct volume_node, link)
	if (rest_of(node->path, path))
		lose(node);
}

static void move_node(struct volume_node *node, const char *from,
                      const char *to)
{
	const char *rest = rest_of(node->path, from);
	size_t size = strlen(to), rest_size = strlen(rest) + 1;
	char *path = memory_allocate(size + rest_size);

	if (!path) { /* it is found anew when it is needed */
		lose(node);
		return;
	}
	memcpy(path, to, size);
	memcpy(path + size, rest, rest_size);
	memory_free(node->path);
	node->path = path;
}

void volume_moved(struct volume *volume, const char *from, const char *to)
{
	if (!strcmp(from, to))
		return;
	volume_forget(volume, to);
	LIST_EACH(node, &volume->nodes, struct volume_node, link)
	if (rest_of(node->path, from))
		move_node(node, from, to);
}

void volume_exchanged(struct volume *volume, const char *a, const char *b)
{
	LIST_EACH(node, &volume->nodes, struct volume_node, link)
	{
		if (rest_of(node->path, a))
			move_node(node, a, b);
		else if (rest_of(node->path, b))
			move_node(node, b, a);
	}
}

void volume_release(struct inode *inode)
{
	struct volume_node *node = volume_node(inode);

	list_remove(&node->link);
	if (node->fresh)
		volume_close_handle(volume_of(inode), node->fresh);
	memory_free(node->path);
	memory_free(node);
}
