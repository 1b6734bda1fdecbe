/* SPDX-License-Identifier: ISC */
#include "abi/protocol/console.h"
#include "guest/linux/device.h"

#include "guest/linux/clock.h"
#include "guest/linux/console.h"
#include "guest/linux/tmpfs.h"

#define TMPFS_MAGIC 0x01021994u

enum {
	MAJOR_MEMORY = 1,
	MINOR_NULL = 3,
	MINOR_ZERO = 5,
	MINOR_FULL = 7,
	MINOR_RANDOM = 8,
	MINOR_URANDOM = 9,
	MAJOR_TERMINAL = 5,
	MINOR_TTY = 0,
	MINOR_CONSOLE = 1,
	MINOR_ERROR = 2, /* not known to Linux, which needs none */
};

static int64_t null_read(struct file *file, struct io *io, uint64_t position)
{
	(void)file;
	(void)io;
	(void)position;
	return 0;
}

static int64_t null_write(struct file *file, struct io *io, uint64_t position)
{
	int64_t size = (int64_t)io->left;

	(void)file;
	(void)position;
	io->left = 0;
	return size;
}

static int64_t full_write(struct file *file, struct io *io, uint64_t position)
{
	(void)file;
	(void)position;
	return io->left ? -ENOSPC : 0;
}

static int64_t zero_read(struct file *file, struct io *io, uint64_t position)
{
	(void)file;
	(void)position;
	return io_put_zeros(io, io->left);
}

static int64_t random_read(struct file *file, struct io *io, uint64_t position)
{
	uint8_t bytes[256];
	int64_t done = 0, n = 0;

	(void)file;
	(void)position;
	while (io->left) {
		uint64_t size = min_u64(io->left, sizeof(bytes));

		random_bytes(bytes, size);
		n = io_put(io, bytes, size);
		if (n <= 0)
			break;
		done += n;
	}
	return done ? done : n;
}

/* Devices of memory let lseek() succeed and stay where they are. */
static int64_t null_seek(struct file *file, int64_t offset, int whence)
{
	(void)file;
	(void)offset;
	(void)whence;
	return 0;
}

static int zero_map(struct file *file, uint64_t address, uint64_t size,
                    int protection, bool shared, uint64_t offset)
{
	(void)file;
	(void)shared;
	(void)offset;
	return mm_map_zero(address, size, protection);
}

static const struct file_ops null_ops = {
        .name = "null",
        .read = null_read,
        .write = null_write,
        .seek = null_seek,
};

static const struct file_ops zero_ops = {
        .name = "zero",
        .read = zero_read,
        .write = null_write,
        .seek = null_seek,
        .map = zero_map,
};

static const struct file_ops full_ops = {
        .name = "full",
        .read = zero_read,
        .write = full_write,
        .seek = null_seek,
};

/* What is written would be entropy; it is not needed. */
static const struct file_ops random_ops = {
        .name = "random",
        .read = random_read,
        .write = null_write,
        .seek = null_seek,
};

int device_open(uint64_t special, struct file *file)
{
	static const struct file_ops *const memory[] = {
	        [MINOR_NULL] = &null_ops,      [MINOR_ZERO] = &zero_ops,
	        [MINOR_FULL] = &full_ops,      [MINOR_RANDOM] = &random_ops,
	        [MINOR_URANDOM] = &random_ops,
	};
	uint32_t major = device_major(special), minor = device_minor(special);

	if (!file->inode || !mode_is(file->inode->mode, S_IFCHR))
		return -ENXIO;
	if (major == MAJOR_MEMORY && minor < ARRAY_SIZE(memory) &&
	    memory[minor]) {
		file->ops = memory[minor];
		return 0;
	}
	if (major == MAJOR_TERMINAL &&
	    (minor == MINOR_CONSOLE ||
	     (minor == MINOR_TTY && console_is_terminal())))
		return console_open(file, BH_CONSOLE_OUTPUT);
	if (major == MAJOR_TERMINAL && minor == MINOR_ERROR)
		return console_open(file, BH_CONSOLE_ERROR);
	return -ENXIO;
}

/* ---------------------------------------------------------------- the tree */

static const struct node {
	const char *name;
	uint32_t mode, major, minor;
} nodes[] = {
        {"null", S_IFCHR | 0666, MAJOR_MEMORY, MINOR_NULL},
        {"zero", S_IFCHR | 0666, MAJOR_MEMORY, MINOR_ZERO},
        {"full", S_IFCHR | 0666, MAJOR_MEMORY, MINOR_FULL},
        {"random", S_IFCHR | 0666, MAJOR_MEMORY, MINOR_RANDOM},
        {"urandom", S_IFCHR | 0666, MAJOR_MEMORY, MINOR_URANDOM},
        {"tty", S_IFCHR | 0666, MAJOR_TERMINAL, MINOR_TTY},
        {"console", S_IFCHR | 0600, MAJOR_TERMINAL, MINOR_CONSOLE},
        {"console-error", S_IFCHR | 0600, MAJOR_TERMINAL, MINOR_ERROR},
        {"shm", S_IFDIR | 01777, 0, 0},
};

static const struct link {
	const char *name, *target;
} links[] = {
        {"fd", "/proc/self/fd"},
        {"stdin", "/proc/self/fd/0"},
        {"stdout", "/proc/self/fd/1"},
        {"stderr", "/proc/self/fd/2"},
};

static int fill(struct inode *root)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(nodes) && !r; i++)
		r = root->ops->create(
		        root, nodes[i].name, strlen(nodes[i].name),
		        nodes[i].mode,
		        device_number(nodes[i].major, nodes[i].minor), NULL);
	for (size_t i = 0; i < ARRAY_SIZE(links) && !r; i++)
		r = root->ops->symlink(root, links[i].name,
		                       strlen(links[i].name), links[i].target);
	return r;
}

struct file_system *device_create(void)
{
	struct tmpfs *tmpfs = tmpfs_make("devtmpfs", TMPFS_MAGIC, 0755);

	if (!tmpfs || fill(tmpfs->file_system.root))
		return NULL;
	return &tmpfs->file_system;
}

struct file_system *device_create_shared(void)
{
	struct tmpfs *tmpfs = tmpfs_make("tmpfs", TMPFS_MAGIC, 01777);

	return tmpfs ? &tmpfs->file_system : NULL;
}
