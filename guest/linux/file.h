/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_FILE_H
#define BH_LINUX_FILE_H

/*
 * Open files and descriptors.  A file is anything a descriptor can stand for:
 * a file of a file system, a pipe, a socket, an epoll instance.  It is counted;
 * the last file_release() closes it.
 */

#include "guest/linux/kernel.h"
#include "guest/linux/mm.h"
#include "guest/linux/modes.h"
#include "guest/linux/wait.h"

struct inode;
struct file;
struct linux_stat;
struct folder_reader;

/* Collects the queues that a poll must watch; NULL: nobody wants to. */
struct poll_table {
	void (*add)(struct poll_table *table, struct wait_queue *queue);
};

static inline void poll_watch(struct poll_table *table, struct wait_queue *queue)
{
	if (table)
		table->add(table, queue);
}

/*
 * Functions that are NULL: read and write fail with -EINVAL, seek with -ESPIPE,
 * poll says readable and writable, control (ioctl) fails with -ENOTTY, map with
 * -ENODEV, status (fstat) fills in the inode's or an anonymous one.
 */
struct file_ops {
	const char *name; /* for /proc/self/fd: "pipe", "socket", ... */
	/*
	 * Transfers at POSITION and returns the bytes, 0 at the end.  For files
	 * with a position the caller moves it.  Blocks unless O_NONBLOCK.
	 */
	int64_t (*read)(struct file *file, struct io *io, uint64_t position);
	int64_t (*write)(struct file *file, struct io *io, uint64_t position);
	int64_t (*seek)(struct file *file, int64_t offset, int whence);
	/* Without `seek`, lseek(2) succeeds all the same, and does nothing. */
	bool seeks_nowhere;
	/* The set of POLL* that holds now; watches its queues. */
	uint32_t (*poll)(struct file *file, struct poll_table *table);
	int64_t (*control)(struct file *file, uint32_t request,
	                   uint64_t argument);
	/*
	 * Maps SIZE bytes at OFFSET (both multiples of PAGE_SIZE) to ADDRESS,
	 * where there is room, with mm_map_root() or mm_map_zero() and a copy.
	 */
	int (*map)(struct file *file, uint64_t address, uint64_t size,
	           int protection, bool shared, uint64_t offset);
	/* A shared mapping is given up or msync()ed: write it back. */
	int (*write_back)(struct file *file, uint64_t address, uint64_t size,
	                  uint64_t offset);
	int (*status)(struct file *file, struct linux_stat *status);
	int (*sync)(struct file *file, bool data_only);
	int (*truncate)(struct file *file, uint64_t size);
	int (*allocate)(struct file *file, int mode, uint64_t offset,
	                uint64_t size);
	/* Entries of a folder sorted by name, without "." and "..": calls `add`
	 * until it returns false. */
	int (*list)(struct file *file, struct folder_reader *reader);
	/* A descriptor of it is closed (close(2)): locks, flush. */
	int (*flush)(struct file *file);
	/* The last reference is gone: free `data`. */
	void (*close)(struct file *file);
};

struct file {
	const struct file_ops *ops;
	uint32_t references;
	uint32_t flags;       /* O_*, Linux's generic numbers on all ISAs */
	uint64_t position;
	bool has_position;    /* read() and write() use and move it */
	struct inode *inode;  /* NULL: anonymous */
	char *path;           /* absolute, as it was opened; or NULL */
	void *data;           /* the kind's own */
	int owner;            /* F_SETOWN */
	struct list watchers; /* epoll's entries for it */
};

/* A new file with one reference, or NULL: none left. */
struct file *file_create(const struct file_ops *ops, uint32_t flags, void *data);
static inline struct file *file_hold(struct file *file)
{
	file->references++;
	return file;
}
void file_release(struct file *file);

/* epoll.c: the file is about to be closed for good, so epoll instances forget
 * it.  file_release() calls it first if `watchers` is not empty. */
void epoll_file_gone(struct file *file) __attribute__((weak));

/* The current position moves under read, write, lseek. */
int64_t file_read(struct file *file, struct io *io);
int64_t file_write(struct file *file, struct io *io);
/* file_ops.read of a file that may be read, at POSITION of the caller's. */
int64_t file_read_from(struct file *file, struct io *io, uint64_t position);
/* At *position, which moves; to the end with O_APPEND. */
int64_t file_write_at(struct file *file, struct io *io, uint64_t *position);
/* RLIMIT_FSIZE: may a regular file of SIZE bytes become one of NEW_SIZE?  0, or
 * -EFBIG and a signal. */
int file_may_grow(uint64_t size, uint64_t new_size);
/* As pread and pwrite of kernel memory. */
int64_t file_read_at(struct file *file, void *to, uint64_t size,
                     uint64_t position);

uint32_t file_poll(struct file *file, struct poll_table *table);
int file_status(struct file *file, struct linux_stat *status);

/* file_ops.seek of files whose inode has a size. */
int64_t file_seek(struct file *file, int64_t offset, int whence);

static inline bool file_may_read(const struct file *file)
{
	return !(file->flags & O_PATH) && (file->flags & O_ACCMODE) != O_WRONLY;
}
static inline bool file_may_write(const struct file *file)
{
	return !(file->flags & O_PATH) && (file->flags & O_ACCMODE) != O_RDONLY;
}

/* ---------------------------------------------------------- descriptors */

#define DESCRIPTORS_MAX 1048576u

/* The file of a descriptor, not held: valid while the call does not sleep
 * (hold it then).  NULL: EBADF. */
struct file *descriptor_file(int64_t descriptor);
/* Held; to be released. */
struct file *descriptor_hold(int64_t descriptor);

/*
 * The lowest free number from LOWEST on, for FILE, whose reference the table
 * takes over; on failure (-EMFILE) it is released.
 */
int descriptor_install(struct file *file, bool close_on_exec, int lowest);
int descriptor_close(int64_t descriptor);
/* Replaces what NUMBER stands for (dup2). */
int descriptor_replace(struct file *file, int number, bool close_on_exec);
bool descriptor_close_on_exec(int64_t descriptor);
void descriptor_set_close_on_exec(int64_t descriptor, bool on);
/* The smallest open descriptor at or above N, or -1: /proc/self/fd. */
int descriptor_next(int n);

/* stat of Linux in an ISA-neutral form; syscall code makes the ISA's own. */
struct linux_stat {
	uint64_t device, inode, size, blocks, block_size, special;
	uint32_t mode, links, uid, gid;
	uint64_t accessed, modified, changed, created; /* ns since 1970 */
};

/* An entry of a folder being listed (getdents64). */
struct folder_reader {
	/* NEXT: the position to go on from after this entry. */
	bool (*add)(struct folder_reader *reader, const char *name,
	            size_t size, uint64_t inode, uint8_t type, uint64_t next);
	uint64_t position; /* where to begin; 0: at the start */
};

#endif
