/* SPDX-License-Identifier: ISC */
#include "guest/linux/file_calls.h"
#include "guest/linux/mount.h"
#include "guest/linux/open.h"
#include "guest/linux/watch.h"

/* Names: making, removing, moving them. */

static bool is_dot(const char *name, size_t size)
{
	return size == 1 && name[0] == '.';
}
static bool is_dot_dot(const char *name, size_t size)
{
	return size == 2 && name[0] == '.' && name[1] == '.';
}
static bool is_plain(const char *name, size_t size)
{
	return size && !is_dot(name, size) && !is_dot_dot(name, size);
}

/* One component of a folder, as the calls below name it. */
struct entry {
	char *path;
	struct place folder;
	const char *name; /* in path */
	size_t size;
	struct inode *inode; /* what is there, or NULL */
};

static void entry_release(struct entry *entry)
{
	memory_free(entry->path);
	place_release(&entry->folder);
	inode_release(entry->inode);
}

#define ENTRY(name)                                                            \
	struct entry name __attribute__((cleanup(entry_release))) = {0}

/* The entry's folder, and its object if it exists. */
static int find_entry(int64_t descriptor, uint64_t address, struct entry *entry)
{
	struct inode *folder;
	int r = 0;

	entry->path = user_path(address, &r);
	if (!entry->path)
		return r;
	r = vfs_walk_parent((int32_t)descriptor, entry->path, &entry->folder,
	                    &entry->name, &entry->size);
	if (r)
		return r;
	if (!is_plain(entry->name, entry->size))
		return 0;
	if (entry->size > NAME_LIMIT)
		return -ENAMETOOLONG;
	folder = entry->folder.inode;
	if (!folder || !folder->ops->lookup)
		return -ENOTDIR;
	r = vfs_permission(folder, MAY_EXECUTE);
	if (!r)
		r = folder->ops->lookup(folder, entry->name, entry->size,
		                        &entry->inode);
	return r == -ENOENT ? 0 : r;
}

static bool ends_with_slash(const struct entry *entry)
{
	return entry->name[entry->size] == '/';
}

/* To who watches the entry's folder. */
static void report(const struct entry *entry, uint32_t mask, uint32_t cookie)
{
	watch_report_entry(entry->folder.inode, entry->name, entry->size, mask,
	                   cookie);
}

static uint32_t folder_flag(const struct inode *inode)
{
	return mode_is(inode->mode, S_IFDIR) ? IN_ISDIR : 0;
}

/* ------------------------------------------------------------------ making */

static int64_t make_at(int64_t descriptor, uint64_t address, uint32_t mode,
                       uint64_t special)
{
	PATH(path, address);

	if (!path)
		return path_error;
	return vfs_make((int32_t)descriptor, path, mode, special, NULL);
}

SYSCALL(mkdir)
{
	return make_at(AT_FDCWD, call->a[0],
	               S_IFDIR | ((uint32_t)call->a[1] & 01777), 0);
}

SYSCALL(mkdirat)
{
	return make_at((int32_t)call->a[0], call->a[1],
	               S_IFDIR | ((uint32_t)call->a[2] & 01777), 0);
}

/* Linux's new_decode_dev(): device numbers of this call have 32 bits. */
static int64_t make_node(int64_t descriptor, uint64_t path, uint32_t mode,
                         uint32_t device)
{
	uint64_t special =
	        device_number((device & 0xfff00) >> 8,
	                      (device & 0xff) | ((device >> 12) & 0xfff00));

	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	switch (mode & S_IFMT) {
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		return make_at(descriptor, path, mode & (S_IFMT | S_IALL), 0);
	case S_IFCHR:
	case S_IFBLK:
		return process.euid
		               ? -EPERM
		               : make_at(descriptor, path,
		                         mode & (S_IFMT | S_IALL), special);
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

SYSCALL(mknod)
{
	return make_node(AT_FDCWD, call->a[0], (uint32_t)call->a[1],
	                 (uint32_t)call->a[2]);
}

SYSCALL(mknodat)
{
	return make_node((int32_t)call->a[0], call->a[1], (uint32_t)call->a[2],
	                 (uint32_t)call->a[3]);
}

static int64_t symlink_at(uint64_t target_address, int64_t descriptor,
                          uint64_t address)
{
	PATH(target, target_address);
	ENTRY(entry);
	int r;

	if (!target)
		return target_error;
	if (!*target)
		return -ENOENT;
	r = find_entry(descriptor, address, &entry);
	if (r)
		return r;
	if (entry.inode || !is_plain(entry.name, entry.size))
		return -EEXIST;
	if (ends_with_slash(&entry))
		return -ENOENT;
	r = vfs_may_change(entry.folder.inode);
	if (r)
		return r;
	if (!entry.folder.inode->ops->symlink)
		return -EPERM;
	r = entry.folder.inode->ops->symlink(entry.folder.inode, entry.name,
	                                     entry.size, target);
	if (!r)
		report(&entry, IN_CREATE, 0);
	return r;
}

SYSCALL(symlink)
{
	return symlink_at(call->a[0], AT_FDCWD, call->a[1]);
}

SYSCALL(symlinkat)
{
	return symlink_at(call->a[0], (int32_t)call->a[1], call->a[2]);
}

static int64_t link_at(int64_t from_descriptor, uint64_t from,
                       int64_t to_descriptor, uint64_t to, uint32_t flags)
{
	PLACE(place);
	ENTRY(entry);
	int r;

	if (flags & ~(uint32_t)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	r = call_place(from_descriptor, from, flags, flags & AT_SYMLINK_FOLLOW,
	               &place);
	if (!r)
		r = find_entry(to_descriptor, to, &entry);
	if (r)
		return r;
	if (entry.inode || !is_plain(entry.name, entry.size))
		return -EEXIST;
	if (ends_with_slash(&entry))
		return -ENOENT;
	if (!place.inode ||
	    place.inode->file_system != entry.folder.inode->file_system)
		return -EXDEV;
	if (mode_is(place.inode->mode, S_IFDIR))
		return -EPERM;
	r = vfs_may_change(entry.folder.inode);
	if (r)
		return r;
	if (!entry.folder.inode->ops->link)
		return -EPERM;
	r = entry.folder.inode->ops->link(entry.folder.inode, entry.name,
	                                  entry.size, place.inode);
	if (!r) {
		watch_report(place.inode, NULL, IN_ATTRIB);
		report(&entry, IN_CREATE, 0);
	}
	return r;
}

SYSCALL(link)
{
	return link_at(AT_FDCWD, call->a[0], AT_FDCWD, call->a[1], 0);
}

SYSCALL(linkat)
{
	return link_at((int32_t)call->a[0], call->a[1], (int32_t)call->a[2],
	               call->a[3], (uint32_t)call->a[4]);
}

/* ---------------------------------------------------------------- removing */

/* In a folder with the sticky bit only owners remove and rename. */
static int may_remove(struct inode *folder, struct inode *inode)
{
	struct linux_stat of_folder, of_inode;
	int r = vfs_may_change(folder);

	if (r || !process.euid || !(folder->mode & S_ISVTX))
		return r;
	if (!folder->ops->status || !inode->ops->status)
		return 0;
	r = folder->ops->status(folder, &of_folder);
	if (!r)
		r = inode->ops->status(inode, &of_inode);
	if (r)
		return r;
	return of_folder.uid == process.euid || of_inode.uid == process.euid
	               ? 0
	               : -EPERM;
}

/* What is gone with its last name says so before its folder does. */
static void report_unlink(struct entry *entry, bool is_folder)
{
	if (!is_folder)
		watch_report(entry->inode, NULL, IN_ATTRIB);
	inode_release(entry->inode);
	entry->inode = NULL;
	report(entry, is_folder ? IN_DELETE | IN_ISDIR : IN_DELETE, 0);
}

static int64_t unlink_at(int64_t descriptor, uint64_t address, bool is_folder)
{
	ENTRY(entry);
	int r = find_entry(descriptor, address, &entry);

	if (r)
		return r;
	if (!entry.size)
		return is_folder ? -EBUSY : -EISDIR;
	if (is_dot(entry.name, entry.size))
		return is_folder ? -EINVAL : -EISDIR;
	if (is_dot_dot(entry.name, entry.size))
		return is_folder ? -ENOTEMPTY : -EISDIR;
	if (!entry.inode)
		return -ENOENT;
	r = may_remove(entry.folder.inode, entry.inode);
	if (r)
		return r;
	if (mount_is_point(entry.inode))
		return -EBUSY;
	if (!is_folder && ends_with_slash(&entry))
		return mode_is(entry.inode->mode, S_IFDIR) ? -EISDIR : -ENOTDIR;
	if (!entry.folder.inode->ops->unlink)
		return -EPERM;
	r = entry.folder.inode->ops->unlink(entry.folder.inode, entry.name,
	                                    entry.size, is_folder);
	if (!r)
		report_unlink(&entry, is_folder);
	return r;
}

SYSCALL(unlink)
{
	return unlink_at(AT_FDCWD, call->a[0], false);
}

SYSCALL(rmdir)
{
	return unlink_at(AT_FDCWD, call->a[0], true);
}

SYSCALL(unlinkat)
{
	if (call->a[2] & ~(uint64_t)AT_REMOVEDIR)
		return -EINVAL;
	return unlink_at((int32_t)call->a[0], call->a[1],
	                 call->a[2] & AT_REMOVEDIR);
}

/* ------------------------------------------------------------------ moving */

/* Paths that are remembered: of the current folder and of open files. */
static void replace_prefix(char **path, const char *old, const char *new)
{
	size_t size = strlen(old), new_size = strlen(new);
	char *copy;

	if (!*path || strncmp(*path, old, size) ||
	    ((*path)[size] && (*path)[size] != '/'))
		return;
	copy = memory_allocate(new_size + strlen(*path + size) + 1);
	if (!copy)
		return;
	memcpy(copy, new, new_size);
	memcpy(copy + new_size, *path + size, strlen(*path + size) + 1);
	memory_free(*path);
	*path = copy;
}

static char *entry_path(const struct entry *entry)
{
	size_t length = strlen(entry->folder.path);
	char *path = memory_allocate(length + entry->size + 2);

	if (path)
		format(path, length + entry->size + 2, "%s/%.*s",
		       length == 1 ? "" : entry->folder.path, (int)entry->size,
		       entry->name);
	return path;
}

static void rename_paths(const struct entry *from, const struct entry *to)
{
	char *old = entry_path(from), *new = entry_path(to);

	if (old && new) {
		struct place current = *vfs_current();

		inode_hold(current.inode);
		current.path = string_copy(current.path);
		replace_prefix(&current.path, old, new);
		if (current.path)
			vfs_set_current(&current);
		else
			inode_release(current.inode);
		for (int n = descriptor_next(0); n >= 0;
		     n = descriptor_next(n + 1))
			replace_prefix(&descriptor_file(n)->path, old, new);
		LIST_EACH(watch, &watch_list, struct watch, link)
			replace_prefix(&watch->path, old, new);
	}
	memory_free(old);
	memory_free(new);
}

static int check_rename(const struct entry *from, const struct entry *to,
                        uint32_t flags)
{
	int r;

	if (!is_plain(from->name, from->size) || !is_plain(to->name, to->size))
		return -EBUSY;
	if (!from->inode)
		return -ENOENT;
	if (from->folder.inode->file_system != to->folder.inode->file_system)
		return -EXDEV;
	if (to->inode && (flags & RENAME_NOREPLACE))
		return -EEXIST;
	if (!to->inode && (flags & RENAME_EXCHANGE))
		return -ENOENT;
	if ((ends_with_slash(from) || (ends_with_slash(to) && !to->inode)) &&
	    !mode_is(from->inode->mode, S_IFDIR))
		return -ENOTDIR;
	r = may_remove(from->folder.inode, from->inode);
	if (!r)
		r = to->inode ? may_remove(to->folder.inode, to->inode)
		              : vfs_may_change(to->folder.inode);
	if (r)
		return r;
	if (mount_is_point(from->inode) ||
	    (to->inode && mount_is_point(to->inode)))
		return -EBUSY;
	return from->folder.inode->ops->rename ? 0 : -EPERM;
}

static void report_move(const struct entry *from, const struct entry *to,
                        bool replaces)
{
	static uint32_t cookie;
	uint32_t is_folder = folder_flag(from->inode);

	cookie++;
	report(from, IN_MOVED_FROM | is_folder, cookie);
	report(to, IN_MOVED_TO | is_folder, cookie);
	if (replaces && to->inode)
		watch_report(to->inode, NULL, IN_ATTRIB);
	watch_report(from->inode, NULL, IN_MOVE_SELF);
}

static int64_t rename_at(int64_t from_descriptor, uint64_t from_path,
                         int64_t to_descriptor, uint64_t to_path,
                         uint32_t flags)
{
	ENTRY(from);
	ENTRY(to);
	int r;

	if (flags & ~(uint32_t)(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
	    flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	r = find_entry(from_descriptor, from_path, &from);
	if (!r)
		r = find_entry(to_descriptor, to_path, &to);
	if (!r)
		r = check_rename(&from, &to, flags);
	if (!r)
		r = from.folder.inode->ops->rename(from.folder.inode, from.name,
		                                   from.size, to.folder.inode,
		                                   to.name, to.size, flags);
	if (r || from.inode == to.inode)
		return r;
	rename_paths(&from, &to);
	report_move(&from, &to, !(flags & RENAME_EXCHANGE));
	if (flags & RENAME_EXCHANGE)
		report_move(&to, &from, false);
	return 0;
}

SYSCALL(rename)
{
	return rename_at(AT_FDCWD, call->a[0], AT_FDCWD, call->a[1], 0);
}

SYSCALL(renameat)
{
	return rename_at((int32_t)call->a[0], call->a[1], (int32_t)call->a[2],
	                 call->a[3], 0);
}

SYSCALL(renameat2)
{
	return rename_at((int32_t)call->a[0], call->a[1], (int32_t)call->a[2],
	                 call->a[3], (uint32_t)call->a[4]);
}
