/* SPDX-License-Identifier: ISC */
#include "guest/linux/clock.h"
#include "guest/linux/open.h"
#include "guest/linux/task.h"
#include "guest/linux/watch.h"

/* What the flags ask of an object that exists. */
static unsigned wanted_by(uint32_t flags)
{
	unsigned wanted = 0;

	if ((flags & O_ACCMODE) != O_WRONLY)
		wanted |= MAY_READ;
	if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC))
		wanted |= MAY_WRITE;
	return wanted;
}

static int check_open(const struct inode *inode, uint32_t flags)
{
	bool is_folder = mode_is(inode->mode, S_IFDIR);

	if ((flags & O_DIRECTORY) && !is_folder)
		return -ENOTDIR;
	if (mode_is(inode->mode, S_IFLNK) && !(flags & O_PATH))
		return -ELOOP;
	if (is_folder && !(flags & O_PATH) &&
	    (((flags & O_ACCMODE) != O_RDONLY) ||
	     (flags & (O_CREAT | O_TRUNC))))
		return -EISDIR;
	return 0;
}

/* A file that stands for a place only: nothing can be done with its bytes. */
static const struct file_ops path_ops = {
        .name = "path",
};

#define STATUS_FLAGS                                                           \
	(O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC | O_ASYNC |      \
	 O_DIRECT | O_NOATIME | O_LARGEFILE)

static int create_file(const struct place *place, uint32_t flags,
                       struct file **file)
{
	uint32_t kept = flags & O_PATH
	                        ? flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW)
	                        : (flags & STATUS_FLAGS) | O_LARGEFILE;

	*file = file_create(&path_ops, kept, NULL);
	if (!*file)
		return -ENFILE;
	(*file)->inode = inode_hold(place->inode);
	if (!place->path)
		return 0;
	(*file)->path = string_copy(place->path);
	if ((*file)->path)
		return 0;
	file_release(*file);
	return -ENOMEM;
}

static int truncate_opened(const struct file *file)
{
	struct inode *inode = file->inode;
	int r = inode->ops->truncate ? inode->ops->truncate(inode, 0) : -EROFS;

	if (!r)
		watch_report_file(file, IN_MODIFY);
	return r;
}

/* Whoever has just made the file may use it whatever its mode. */
static int open_inode(const struct place *place, uint32_t flags, bool is_new,
                      struct file **opened)
{
	struct inode *inode = place->inode;
	struct file *file;
	int r;

	if (!inode) /* behind /proc/self/fd: shared, as with dup() */
		return place->file && !(flags & O_DIRECTORY)
		               ? (*opened = file_hold(place->file), 0)
		               : -ENXIO;
	r = check_open(inode, flags);
	if (!r && !is_new && !(flags & O_PATH))
		r = vfs_permission(inode, wanted_by(flags));
	if (!r)
		r = create_file(place, flags, &file);
	if (r)
		return r;
	if (!(flags & O_PATH))
		r = inode->ops->open ? inode->ops->open(inode, file) : -ENXIO;
	if (!r && (flags & O_TRUNC) && mode_is(inode->mode, S_IFREG) && !is_new)
		r = truncate_opened(file);
	if (r) {
		/* It was not open, so it is not closed. */
		file->flags |= O_PATH;
		file_release(file);
		return r;
	}
	if (!(flags & O_PATH))
		watch_report_file(file, IN_OPEN);
	*opened = file;
	return 0;
}

int vfs_open_inode(const struct place *place, uint32_t flags,
                   struct file **file)
{
	return open_inode(place, flags, false, file);
}

int vfs_may_change(struct inode *folder)
{
	return vfs_permission(folder, MAY_WRITE | MAY_EXECUTE);
}

int vfs_create_in(struct inode *folder, const char *name, size_t size,
                  uint32_t mode, uint64_t special, struct inode **created)
{
	int r;

	if (size > NAME_LIMIT)
		return -ENAMETOOLONG;
	r = vfs_may_change(folder);
	if (r)
		return r;
	if (!folder->ops->create)
		return folder->file_system->read_only ? -EROFS : -EACCES;
	r = folder->ops->create(folder, name, size,
	                        mode & ~(process.umask & 0777u), special,
	                        created);
	if (!r)
		watch_report_entry(folder, name, size,
		                   mode_is(mode, S_IFDIR) ? IN_CREATE | IN_ISDIR
		                                          : IN_CREATE,
		                   0);
	return r;
}

static bool is_dots(const char *name, size_t size)
{
	return name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.'));
}

/*
 * The last component with O_CREAT: made if it is missing, where a dangling
 * link at the end leads to too.  The walk ends at the file.
 */
static int find_or_create(struct walk *walk, const char *path, uint32_t flags,
                          uint32_t mode, bool *is_new)
{
	struct place found = {0};
	const char *name;
	char *target;
	size_t size;
	int r = walk_parent(walk, path, &name, &size);

	if (r)
		return r;
	if (!size || is_dots(name, size) || name[size] == '/')
		return -EISDIR;
	r = walk_lookup(walk, name, size, &found);
	if (r == -ENOENT) {
		r = vfs_create_in(walk->place.inode, name, size,
		                  S_IFREG | (mode & S_IALL), 0, NULL);
		if (!r)
			r = walk_lookup(walk, name, size, &found);
		*is_new = !r;
	} else if (!r && (flags & O_EXCL)) {
		r = -EEXIST;
	} else if (!r && mode_is(found.inode->mode, S_IFLNK) &&
	           !(flags & O_NOFOLLOW)) {
		if (found.inode->ops->follow)
			return walk_follow(walk, &found);
		r = walk_read_link(walk, found.inode, &target);
		place_release(&found);
		if (r)
			return r;
		r = walk_to_link(walk, target);
		if (!r)
			r = find_or_create(walk, target, flags, mode, is_new);
		memory_free(target);
		return r;
	}
	if (r) {
		place_release(&found);
		return r;
	}
	place_release(&walk->place);
	walk->place = found;
	return 0;
}

/* O_TMPFILE: PATH is the folder of what has no name. */
static int open_unnamed(struct walk *walk, const char *path, uint32_t flags,
                        uint32_t mode, struct file **file)
{
	struct place place = {0};
	struct inode *folder;
	char name[32];
	int r = walk_path(walk, path, !(flags & O_NOFOLLOW));

	folder = walk->place.inode;
	if (!r && (!folder || !mode_is(folder->mode, S_IFDIR)))
		r = -ENOTDIR;
	if (!r)
		r = vfs_may_change(folder);
	if (!r && !folder->ops->create_unnamed)
		r = -EOPNOTSUPP;
	if (!r)
		r = folder->ops->create_unnamed(
		        folder, S_IFREG | (mode & ~(process.umask & 0777u)),
		        !(flags & O_EXCL), &place.inode);
	if (r)
		return r;
	format(name, sizeof(name), "#%llu (deleted)",
	       (unsigned long long)place.inode->number);
	r = path_join(walk->place.path, name, strlen(name), &place.path);
	if (!r)
		r = open_inode(&place, flags & ~(uint32_t)O_DIRECTORY, true,
		               file);
	place_release(&place);
	return r;
}

int vfs_open_within(int64_t descriptor, const char *path, uint32_t flags,
                    uint32_t mode, unsigned bounds, struct file **file)
{
	struct walk walk;
	bool is_new = false;
	int r = walk_begin(&walk, descriptor, path, bounds);

	if (!r && (flags & O_TMPFILE) == O_TMPFILE && !(flags & O_PATH)) {
		r = open_unnamed(&walk, path, flags, mode, file);
		walk_end(&walk);
		return r;
	}
	if (!r && (flags & O_CREAT) && !(flags & O_PATH))
		r = find_or_create(&walk, path, flags, mode, &is_new);
	else if (!r)
		r = walk_path(&walk, path, !(flags & O_NOFOLLOW));
	if (!r)
		r = open_inode(&walk.place, flags, is_new, file);
	walk_end(&walk);
	return r;
}

int vfs_open(int64_t descriptor, const char *path, uint32_t flags,
             uint32_t mode, struct file **file)
{
	return vfs_open_within(descriptor, path, flags, mode, 0, file);
}

int vfs_make(int64_t descriptor, const char *path, uint32_t mode,
             uint64_t special, struct inode **created)
{
	struct place folder, found;
	const char *name;
	struct walk walk;
	size_t size;
	int r = walk_begin(&walk, descriptor, path, 0);

	if (!r)
		r = walk_parent(&walk, path, &name, &size);
	if (!r && (!size || is_dots(name, size)))
		r = -EEXIST;
	if (!r) {
		r = walk_lookup(&walk, name, size, &found);
		if (!r) {
			place_release(&found);
			r = -EEXIST;
		} else if (r == -ENOENT) {
			r = name[size] == '/' && !mode_is(mode, S_IFDIR)
			            ? -ENOENT
			            : 0;
		}
	}
	folder = walk.place;
	if (!r)
		r = vfs_create_in(folder.inode, name, size, mode, special,
		                  created);
	walk_end(&walk);
	return r;
}
