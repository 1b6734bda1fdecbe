/* SPDX-License-Identifier: ISC */
#include "guest/linux/walk.h"

#include "guest/linux/mount.h"

int path_join(const char *path, const char *name, size_t size, char **joined)
{
	size_t length = strlen(path);
	char *copy;

	if (length == 1)
		length = 0; /* "/" */
	if (length + 1 + size >= PATH_LIMIT)
		return -ENAMETOOLONG;
	copy = memory_allocate(length + 1 + size + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, path, length);
	copy[length] = '/';
	memcpy(copy + length + 1, name, size);
	copy[length + 1 + size] = 0;
	*joined = copy;
	return 0;
}

static int copy_place(struct place *to, struct inode *inode, const char *path)
{
	*to = (struct place){.path = string_copy(path)};
	if (!to->path)
		return -ENOMEM;
	to->inode = inode_hold(inode);
	return 0;
}

static void move_to(struct walk *walk, struct place *place)
{
	place_release(&walk->place);
	walk->place = *place;
	*place = (struct place){0};
}

static int go_to_root(struct walk *walk)
{
	struct place root;
	int r = copy_place(&root, mount_root(), "/");

	if (!r)
		move_to(walk, &root);
	return r;
}

/* Where relative paths begin. */
static int begin_at(struct walk *walk, int64_t descriptor)
{
	const struct place *current = vfs_current();
	struct file *file;

	if (descriptor == AT_FDCWD)
		return copy_place(&walk->place, current->inode, current->path);
	file = descriptor_file(descriptor);
	if (!file)
		return -EBADF;
	if (!file->inode || !file->path || !mode_is(file->inode->mode, S_IFDIR))
		return -ENOTDIR;
	return copy_place(&walk->place, file->inode, file->path);
}

int walk_begin(struct walk *walk, int64_t descriptor, const char *path,
               unsigned bounds)
{
	int r;

	*walk = (struct walk){.bounds = bounds};
	if (!*path)
		return -ENOENT;
	if (*path == '/' && (bounds & WALK_BENEATH))
		return -EXDEV;
	if (*path == '/' && !(bounds & WALK_IN_ROOT))
		return go_to_root(walk);
	r = begin_at(walk, descriptor);
	if (!r && strcmp(walk->place.path, "/"))
		walk->bottom = strlen(walk->place.path);
	return r;
}

void walk_end(struct walk *walk)
{
	place_release(&walk->place);
}

int walk_lookup(struct walk *walk, const char *name, size_t size,
                struct place *found)
{
	struct inode *folder = walk->place.inode;
	int r;

	*found = (struct place){0};
	if (size > NAME_LIMIT)
		return -ENAMETOOLONG;
	if (!folder || !folder->ops->lookup || !mode_is(folder->mode, S_IFDIR))
		return -ENOTDIR;
	r = vfs_permission(folder, MAY_EXECUTE);
	if (!r)
		r = folder->ops->lookup(folder, name, size, &found->inode);
	if (!r)
		r = path_join(walk->place.path, name, size, &found->path);
	if (!r && mount_cross(&found->inode) && (walk->bounds & WALK_NO_MOUNTS))
		r = -EXDEV;
	if (r)
		place_release(found);
	return r;
}

/* To the entry NAME, which must not be a link. */
static int step(struct walk *walk, const char *name, size_t size)
{
	struct place found;
	int r = walk_lookup(walk, name, size, &found);

	if (!r)
		move_to(walk, &found);
	return r;
}

static bool component(const char **path, const char **name, size_t *size)
{
	const char *at = *path;

	while (*at == '/')
		at++;
	*name = at;
	while (*at && *at != '/')
		at++;
	*size = (size_t)(at - *name);
	*path = at;
	return *size != 0;
}

/*
 * "..": a canonical path without its last component, walked from the root.
 * Inodes have no way back to their folders.
 */
static int step_up(struct walk *walk)
{
	size_t length = strlen(walk->place.path);
	const char *rest, *name;
	unsigned bounds = walk->bounds;
	size_t size;
	char *parent;
	int r;

	if ((bounds & (WALK_BENEATH | WALK_IN_ROOT)) && length <= walk->bottom)
		return bounds & WALK_BENEATH ? -EXDEV : 0;
	if ((bounds & WALK_BENEATH) && !walk->bottom && length == 1)
		return -EXDEV;
	while (length && walk->place.path[length - 1] != '/')
		length--;
	parent = string_copy(walk->place.path);
	if (!parent)
		return -ENOMEM;
	parent[length] = 0;
	walk->bounds = 0;
	r = go_to_root(walk);
	for (rest = parent; !r && component(&rest, &name, &size);)
		r = step(walk, name, size);
	walk->bounds = bounds;
	memory_free(parent);
	return r;
}

int walk_read_link(struct walk *walk, struct inode *link, char **target)
{
	int64_t size;
	char *text;

	if (walk->links++ >= LINKS_LIMIT || (walk->bounds & WALK_NO_LINKS))
		return -ELOOP;
	if (!link->ops->read_link)
		return -EINVAL;
	text = memory_allocate(PATH_LIMIT);
	if (!text)
		return -ENOMEM;
	size = link->ops->read_link(link, text, PATH_LIMIT - 1);
	if (size > 0) {
		text[size] = 0;
		*target = text;
		return 0;
	}
	memory_free(text);
	return size ? (int)size : -ENOENT;
}

/* To where the path of a link begins: the root, or the link's own folder. */
int walk_to_link(struct walk *walk, const char *target)
{
	if (*target != '/')
		return 0;
	if (walk->bounds & WALK_BENEATH)
		return -EXDEV;
	if (walk->bounds & WALK_IN_ROOT) {
		while (strlen(walk->place.path) > walk->bottom &&
		       strlen(walk->place.path) > 1) {
			int r = step_up(walk);

			if (r)
				return r;
		}
		return 0;
	}
	return go_to_root(walk);
}

int walk_follow(struct walk *walk, struct place *found)
{
	struct place target = {0};
	char *text = NULL;
	int r;

	if (found->inode->ops->follow) {
		if (walk->links++ >= LINKS_LIMIT ||
		    (walk->bounds & (WALK_NO_LINKS | WALK_NO_MAGIC)))
			r = -ELOOP;
		else if (walk->bounds & (WALK_BENEATH | WALK_IN_ROOT))
			r = -EXDEV;
		else
			r = found->inode->ops->follow(found->inode, &target);
		if (!r)
			move_to(walk, &target);
		place_release(found);
		return r;
	}
	r = walk_read_link(walk, found->inode, &text);
	place_release(found);
	if (!r)
		r = walk_to_link(walk, text);
	if (!r)
		r = walk_path(walk, text, true);
	memory_free(text);
	return r;
}

/* One component; LAST and not FOLLOW: a link is where the walk ends. */
static int go(struct walk *walk, const char *name, size_t size, bool follow)
{
	struct place found;
	int r;

	if (size == 1 && name[0] == '.')
		return walk->place.inode &&
		                       mode_is(walk->place.inode->mode, S_IFDIR)
		               ? vfs_permission(walk->place.inode, MAY_EXECUTE)
		               : -ENOTDIR;
	if (size == 2 && name[0] == '.' && name[1] == '.') {
		if (!walk->place.inode ||
		    !mode_is(walk->place.inode->mode, S_IFDIR))
			return -ENOTDIR;
		return step_up(walk);
	}
	r = walk_lookup(walk, name, size, &found);
	if (r)
		return r;
	if (mode_is(found.inode->mode, S_IFLNK) && follow)
		return walk_follow(walk, &found);
	move_to(walk, &found);
	return 0;
}

/* What a path that ends with a slash stands for must be a folder. */
static int require_folder(const struct walk *walk)
{
	return walk->place.inode && mode_is(walk->place.inode->mode, S_IFDIR)
	               ? 0
	               : -ENOTDIR;
}

/*
 * A link's target is walked by recursion, at most LINKS_LIMIT deep, which the
 * kernel's stack has room for.
 */
int walk_path(struct walk *walk, const char *path, bool follow)
{
	const char *name;
	size_t size;
	int r = 0;

	while (!r && component(&path, &name, &size))
		r = go(walk, name, size, follow || *path == '/');
	if (!r && path[-1] == '/')
		r = require_folder(walk);
	return r;
}

int walk_parent(struct walk *walk, const char *path, const char **name,
                size_t *size)
{
	const char *next_name;
	size_t next_size;
	int r = 0;

	if (!component(&path, name, size))
		return 0;
	while (!r && component(&path, &next_name, &next_size)) {
		r = go(walk, *name, *size, true);
		*name = next_name;
		*size = next_size;
	}
	return r ? r : require_folder(walk);
}

/* ------------------------------------------------------------------- vfs.h */

int vfs_walk(int64_t descriptor, const char *path, bool follow,
             struct place *place)
{
	struct walk walk;
	int r = walk_begin(&walk, descriptor, path, 0);

	*place = (struct place){0};
	if (!r)
		r = walk_path(&walk, path, follow);
	if (!r) {
		*place = walk.place;
		walk.place = (struct place){0};
	}
	walk_end(&walk);
	return r;
}

int vfs_walk_parent(int64_t descriptor, const char *path, struct place *folder,
                    const char **name, size_t *size)
{
	struct walk walk;
	int r = walk_begin(&walk, descriptor, path, 0);

	*folder = (struct place){0};
	if (!r)
		r = walk_parent(&walk, path, name, size);
	if (!r) {
		*folder = walk.place;
		walk.place = (struct place){0};
	}
	walk_end(&walk);
	return r;
}
