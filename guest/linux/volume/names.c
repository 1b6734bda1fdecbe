/* SPDX-License-Identifier: ISC */
#include "guest/linux/volume/volume.h"

#include "guest/linux/task.h"

/* What is done with names of a volume. */

static int lookup(struct inode *folder, const char *name, size_t size,
                  struct inode **found)
{
	struct volume *volume = volume_of(folder);
	struct bh_volume_attributes a;
	int r;
	char *path;

	if (!mode_is(folder->mode, S_IFDIR))
		return -ENOTDIR;
	path = volume_join(volume_node(folder), name, size, &r);
	if (!path)
		return r;
	r = volume_get_attributes(volume, BH_VOLUME_LOOKUP, 0, path, &a);
	if (r) {
		if (r == -ENOENT)
			volume_forget(volume, path);
		memory_free(path);
		return r;
	}
	*found = volume_node_get(volume, path, &a);
	return *found ? 0 : -ENOMEM;
}

void volume_fill_status(struct inode *inode,
                        const struct bh_volume_attributes *a,
                        struct linux_stat *status)
{
	inode->mode = (inode->mode & S_IFMT) | (a->mode & S_IALL);
	*status = (struct linux_stat){
	        .device = inode->file_system->device,
	        .inode = a->inode,
	        .size = a->size,
	        .blocks = a->blocks,
	        .block_size = PAGE_SIZE,
	        .mode = inode->mode,
	        .links = a->links,
	        /* All files are the program's own, whoever it is. */
	        .uid = process.euid,
	        .gid = process.egid,
	        .accessed = a->accessed,
	        .modified = a->modified,
	        .changed = a->changed,
	        .created = a->changed,
	};
}

static int status_of(struct inode *inode, struct linux_stat *status)
{
	struct volume_node *node = volume_node(inode);
	struct bh_volume_attributes a;
	int r;

	if (node->gone)
		return -ENOENT;
	r = volume_get_attributes(volume_of(inode), BH_VOLUME_LOOKUP, 0,
	                          node->path, &a);
	if (!r)
		volume_fill_status(inode, &a, status);
	return r;
}

static int64_t read_link(struct inode *inode, char *to, size_t size)
{
	struct volume_node *node = volume_node(inode);
	struct volume_call call = {
	        .type = BH_VOLUME_READ_LINK,
	        .first = node->path,
	        .first_size = strlen(node->path),
	        .reply = to,
	        .room = size,
	};
	int r = node->gone ? -ENOENT : volume_call(volume_of(inode), &call);

	if (r)
		return r;
	/* A zero would end it early for some and not for others. */
	return memchr(to, 0, call.size) ? -EIO : (int64_t)call.size;
}

static int create_file(struct volume *volume, const char *path, uint32_t mode,
                       uint64_t *handle)
{
	return volume_open_handle(volume, path,
	                          BH_VOLUME_OPEN_READ | BH_VOLUME_OPEN_WRITE |
	                                  BH_VOLUME_OPEN_CREATE |
	                                  BH_VOLUME_OPEN_EXCLUSIVE,
	                          mode & BH_VOLUME_MODE_MASK, handle);
}

static int make(struct volume *volume, const char *path, uint32_t mode,
                uint64_t *handle)
{
	if (mode_is(mode, S_IFDIR))
		return volume_call_path(volume, BH_VOLUME_MAKE_FOLDER, path,
		                        volume->generation,
		                        mode & BH_VOLUME_MODE_MASK, 0);
	if (mode_is(mode, S_IFREG))
		return create_file(volume, path, mode, handle);
	return -EPERM; /* no sockets, FIFOs or devices */
}

/*
 * The handle of a new file is kept for the open that follows: its mode may not
 * allow another one.
 */
static int create(struct inode *folder, const char *name, size_t size,
                  uint32_t mode, uint64_t special, struct inode **created)
{
	struct volume *volume = volume_of(folder);
	struct bh_volume_attributes a;
	struct inode *inode = NULL;
	uint64_t handle = 0;
	int r;
	char *path = volume_join(volume_node(folder), name, size, &r);

	(void)special;
	if (!path)
		return r;
	r = make(volume, path, mode, &handle);
	if (!r)
		r = volume_get_attributes(volume, BH_VOLUME_LOOKUP, 0, path,
		                          &a);
	if (!r) {
		inode = volume_node_get(volume, path, &a);
		r = inode ? 0 : -ENOMEM;
	} else {
		memory_free(path);
	}
	if (inode && handle) {
		volume_node(inode)->fresh = handle;
		handle = 0;
	}
	if (handle)
		volume_close_handle(volume, handle);
	if (inode && created)
		*created = inode;
	else if (inode)
		inode_release(inode);
	return r;
}

static int make_symlink(struct inode *folder, const char *name, size_t size,
                        const char *target)
{
	struct volume *volume = volume_of(folder);
	int r;
	char *path = volume_join(volume_node(folder), name, size, &r);

	if (!path)
		return r;
	r = volume_call_two(volume, BH_VOLUME_SYMLINK, target, path, 0);
	memory_free(path);
	return r;
}

static int make_link(struct inode *folder, const char *name, size_t size,
                     struct inode *inode)
{
	struct volume *volume = volume_of(folder);
	struct volume_node *node = volume_node(inode);
	int r;
	char *path;

	if (node->gone)
		return -ENOENT;
	path = volume_join(volume_node(folder), name, size, &r);
	if (!path)
		return r;
	r = volume_call_two(volume, BH_VOLUME_LINK, node->path, path, 0);
	memory_free(path);
	return r;
}

static int remove(struct inode *folder, const char *name, size_t size,
                  bool is_folder)
{
	struct volume *volume = volume_of(folder);
	int r;
	char *path = volume_join(volume_node(folder), name, size, &r);

	if (!path)
		return r;
	r = volume_call_path(
	        volume, is_folder ? BH_VOLUME_REMOVE_FOLDER : BH_VOLUME_UNLINK,
	        path, volume->generation, 0, 0);
	if (!r)
		volume_forget(volume, path);
	memory_free(path);
	return r;
}

static int move(struct inode *from, const char *name, size_t size,
                struct inode *to, const char *new_name, size_t new_size,
                uint32_t flags)
{
	struct volume *volume = volume_of(from);
	char *old_path, *new_path;
	int r;

	old_path = volume_join(volume_node(from), name, size, &r);
	if (!old_path)
		return r;
	new_path = volume_join(volume_node(to), new_name, new_size, &r);
	if (new_path)
		r = volume_call_two(volume, BH_VOLUME_RENAME, old_path,
		                    new_path, flags);
	if (!r && (flags & RENAME_EXCHANGE))
		volume_exchanged(volume, old_path, new_path);
	else if (!r)
		volume_moved(volume, old_path, new_path);
	memory_free(old_path);
	memory_free(new_path);
	return r;
}

static int set_mode(struct inode *inode, uint32_t mode)
{
	struct volume_node *node = volume_node(inode);
	int r;

	if (node->gone)
		return -ENOENT;
	r = volume_call_path(volume_of(inode), BH_VOLUME_SET_MODE, node->path,
	                     0, mode & S_IALL, 0);
	if (!r)
		inode->mode = (inode->mode & S_IFMT) | (mode & S_IALL);
	return r;
}

/* Owners are not passed on. */
static int set_owner(struct inode *inode, uint32_t uid, uint32_t gid)
{
	(void)uid;
	(void)gid;
	return inode->file_system->read_only ? -EROFS : 0;
}

static int set_times(struct inode *inode, uint64_t accessed, uint64_t modified)
{
	struct volume_node *node = volume_node(inode);

	_Static_assert(NEVER == BH_NEVER, "one word for an unchanged time");
	if (node->gone)
		return -ENOENT;
	return volume_call_path(volume_of(inode), BH_VOLUME_SET_TIMES,
	                        node->path, 0, accessed, modified);
}

static int truncate(struct inode *inode, uint64_t size)
{
	struct volume *volume = volume_of(inode);
	struct volume_node *node = volume_node(inode);
	struct volume_call call = {.type = BH_VOLUME_TRUNCATE};
	uint64_t handle;
	int r;

	if (node->gone)
		return -ENOENT;
	r = volume_open_handle(volume, node->path, BH_VOLUME_OPEN_WRITE, 0,
	                       &handle);
	if (r)
		return r;
	call.value[0] = handle;
	call.value[1] = size;
	r = volume_call(volume, &call);
	volume_close_handle(volume, handle);
	return r;
}

static int open_inode(struct inode *inode, struct file *file)
{
	if (mode_is(inode->mode, S_IFREG))
		return volume_open_file(inode, file);
	if (mode_is(inode->mode, S_IFDIR))
		return volume_open_folder(inode, file);
	return -ENXIO;
}

const struct inode_ops volume_inode_ops = {
        .lookup = lookup,
        .open = open_inode,
        .status = status_of,
        .read_link = read_link,
        .create = create,
        .symlink = make_symlink,
        .link = make_link,
        .unlink = remove,
        .rename = move,
        .set_mode = set_mode,
        .set_owner = set_owner,
        .set_times = set_times,
        .truncate = truncate,
        .release = volume_release,
};
