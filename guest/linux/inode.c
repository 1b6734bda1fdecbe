/* SPDX-License-Identifier: ISC */
#include "guest/linux/modes.h"
#include "guest/linux/task.h"
#include "guest/linux/vfs.h"
#include "guest/linux/watch.h"

/* FNV-1a, then a finish that spreads short names over all bits. */
uint64_t inode_number(uint64_t folder, const char *name, size_t size)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ folder;

	for (size_t i = 0; i < size; i++) {
		hash ^= (uint8_t)name[i];
		hash *= UINT64_C(0x100000001b3);
	}
	hash ^= hash >> 32;
	hash *= UINT64_C(0xd6e8feb86659fd93);
	hash ^= hash >> 32;
	return hash ? hash : 1;
}

void inode_init(struct inode *inode, struct file_system *file_system,
                const struct inode_ops *ops, uint32_t mode, uint64_t number,
                void *data)
{
	*inode = (struct inode){
	        .ops = ops,
	        .file_system = file_system,
	        .references = 1,
	        .mode = mode,
	        .number = number,
	        .data = data,
	};
}

static void release_alone(struct inode *inode)
{
	memory_free(inode);
}

struct inode *inode_create(struct file_system *file_system,
                           const struct inode_ops *ops, uint32_t mode,
                           uint64_t number, void *data)
{
	struct inode *inode = memory_zeroed(sizeof(*inode));

	if (inode)
		inode_init(inode, file_system, ops, mode, number, data);
	return inode;
}

void inode_release(struct inode *inode)
{
	if (!inode)
		return;
	if (--inode->references) {
		if (inode->references == inode->watches && inode_is_removed(inode))
			watch_removed(inode);
		return;
	}
	if (inode->ops->release)
		inode->ops->release(inode);
	else
		release_alone(inode);
}

void place_release(struct place *place)
{
	inode_release(place->inode);
	memory_free(place->path);
	if (place->file)
		file_release(place->file);
	*place = (struct place){0};
}

static bool in_group(uint32_t gid)
{
	if (process.egid == gid)
		return true;
	for (unsigned i = 0; i < process.group_count; i++)
		if (process.groups[i] == gid)
			return true;
	return false;
}

/* As generic_permission() of Linux: root may all, but execute only what
 * somebody may. */
int vfs_permission(struct inode *inode, unsigned wanted)
{
	struct linux_stat status;
	uint32_t mode = inode->mode;
	int r;

	if ((wanted & MAY_WRITE) && inode->file_system->read_only &&
	    (mode_is(mode, S_IFREG) || mode_is(mode, S_IFDIR) ||
	     mode_is(mode, S_IFLNK)))
		return -EROFS;
	if (!process.euid) {
		if ((wanted & MAY_EXECUTE) && !mode_is(mode, S_IFDIR) &&
		    !(mode & 0111))
			return -EACCES;
		return 0;
	}
	if (!inode->ops->status)
		return 0;
	r = inode->ops->status(inode, &status);
	if (r)
		return r;
	if (status.uid == process.euid)
		mode >>= 6;
	else if (in_group(status.gid))
		mode >>= 3;
	return wanted & ~mode & 7 ? -EACCES : 0;
}
