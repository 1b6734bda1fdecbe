/* SPDX-License-Identifier: ISC */
#include "guest/linux/mount.h"

#include "guest/linux/channel.h"
#include "guest/linux/console.h"
#include "guest/linux/device.h"
#include "guest/linux/task.h"

static struct mount mounts[MOUNTS_MAX];
static unsigned mount_count;
static struct place current;

struct inode *mount_root(void)
{
	return mounts[0].file_system->root;
}

const struct mount *vfs_mounts(unsigned n)
{
	return n < mount_count ? &mounts[n] : NULL;
}

bool mount_cross(struct inode **inode)
{
	bool crossed = false;

	/* A later mount may cover an earlier one's root. */
	for (unsigned i = 1; i < mount_count; i++) {
		if (mounts[i].covered != *inode)
			continue;
		inode_release(*inode);
		*inode = inode_hold(mounts[i].file_system->root);
		crossed = true;
	}
	return crossed;
}

bool mount_is_point(const struct inode *inode)
{
	for (unsigned i = 0; i < mount_count; i++)
		if (mounts[i].covered == inode ||
		    mounts[i].file_system->root == inode)
			return true;
	return false;
}

const struct place *vfs_current(void)
{
	return &current;
}

void vfs_set_current(struct place *place)
{
	place_release(&current);
	current = *place;
	*place = (struct place){0};
}

static int add_mount(struct inode *covered, const char *path,
                     struct file_system *file_system)
{
	char *copy;

	if (mount_count == MOUNTS_MAX)
		return -ENOSPC;
	copy = string_copy(path);
	if (!copy)
		return -ENOMEM;
	mounts[mount_count++] = (struct mount){
	        .covered = covered ? inode_hold(covered) : NULL,
	        .file_system = file_system,
	        .path = copy,
	};
	return 0;
}

/* Makes the folders that are missing, from the root on. */
static int make_folders(const char *path, uint32_t mode)
{
	char *part = string_copy(path);
	int r = part ? 0 : -ENOMEM;

	for (size_t i = 1; part && part[0] && (!r || r == -EEXIST); i++) {
		char at = part[i];

		if (at && at != '/')
			continue;
		part[i] = 0;
		r = vfs_make(AT_FDCWD, part, S_IFDIR | mode, 0, NULL);
		part[i] = at;
		if (!at)
			break;
	}
	memory_free(part);
	return r == -EEXIST ? 0 : r;
}

int vfs_mount(const char *path, struct file_system *file_system)
{
	struct place place;
	int r = vfs_walk(AT_FDCWD, path, true, &place);

	if (r == -ENOENT) {
		r = make_folders(path, 0755);
		if (!r)
			r = vfs_walk(AT_FDCWD, path, true, &place);
	}
	if (r)
		return r;
	if (place.inode && mode_is(place.inode->mode, S_IFDIR))
		r = add_mount(place.inode, place.path, file_system);
	else
		r = -ENOTDIR;
	place_release(&place);
	return r;
}

/* In the place of a root image there may be a single program (program.c). */
static bool is_program(const uint8_t *image, uint64_t size)
{
	return size >= 4 && !memcmp(image,
	                            "\x7f"
	                            "ELF",
	                            4);
}

static struct file_system *make_root(void)
{
	const uint8_t *image = (const uint8_t *)(uintptr_t)boot->root_base;
	struct file_system *root;
	int error = 0;

	if (boot->root_size && !is_program(image, boot->root_size))
		root = overlay_create(image, boot->root_size, &error);
	else
		root = tmpfs_create("tmpfs");
	if (!root) {
		log_line("the root image cannot be used (error %d)", -error);
		panic("no root file system");
	}
	return root;
}

static void mount_at(const char *path, struct file_system *file_system)
{
	if (!file_system || vfs_mount(path, file_system))
		panic("a file system cannot be mounted");
}

/* /tmp and /run are part of the root, all of which is in memory; they only have
 * to exist. */
void vfs_start(void)
{
	struct place root;
	struct file_system *file_system = make_root();

	if (add_mount(NULL, "/", file_system))
		panic("no memory");
	root = (struct place){.inode = inode_hold(file_system->root),
	                      .path = string_copy("/")};
	if (!root.path)
		panic("no memory");
	vfs_set_current(&root);
	process.umask = 0;
	mount_at("/dev", device_create());
	mount_at("/proc", proc_create());
	mount_at("/sys", sys_create());
	mount_at("/dev/shm", device_create_shared());
	if (make_folders("/tmp", 01777) || make_folders("/run", 0755))
		panic("no memory");
	process.umask = 022;
	console_start();
}
