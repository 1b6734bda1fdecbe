/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_MM_H
#define BH_LINUX_MM_H

/*
 * The program's memory: areas of the arena (abi/boot.h), and the only way to
 * the program's bytes.
 *
 * An address that comes from the program is checked against the areas each
 * time it is used, also after the task has slept: another thread may have
 * unmapped it.  Within one call of a user_ function nothing else runs.
 */

#include "guest/linux/kernel.h"

struct file;
struct inode;
struct io;

/* ------------------------------------------------- the program's bytes */

/* Copies, or -EFAULT.  Nothing has been copied then. */
int user_read(void *to, uint64_t from, size_t size);
int user_write(uint64_t to, const void *from, size_t size);
int user_zero(uint64_t to, size_t size);

/*
 * Copies a structure that grows from version to version, of which the program
 * has USER_SIZE bytes and the kernel knows SIZE: what the program does not have
 * is zero; -E2BIG if what the kernel does not know is not.
 */
int user_read_versioned(void *to, size_t size, uint64_t from,
                        uint64_t user_size);

/* True if the program may read (write) all of the range; an empty range at any
 * address is fine. */
bool user_readable(uint64_t address, uint64_t size);
bool user_writable(uint64_t address, uint64_t size);

/*
 * Copies a string of less than LIMIT bytes with its zero.  Returns its length;
 * -EFAULT; -ENAMETOOLONG if it does not end within LIMIT.
 */
int64_t user_string(char *to, uint64_t from, size_t limit);

/* A path as system calls take it: at most PATH_LIMIT bytes; in kernel memory,
 * to be freed; or NULL with *error. */
#define PATH_LIMIT 4096u
char *user_path(uint64_t from, int *error);

/* Atomically: *address == old ? new : *address.  For futexes. */
int user_compare_exchange(uint64_t address, uint32_t old, uint32_t new,
                          uint32_t *seen);

/*
 * Where a read puts its bytes, or a write takes them from: pieces of the
 * program's memory (an iovec array that has been copied and checked for size),
 * or of the kernel's own.  It moves forward as bytes are transferred.
 */
struct io_piece {
	uint64_t address;
	uint64_t size;
};

struct io {
	const struct io_piece *pieces;
	uint32_t count;  /* pieces left, the current one included */
	bool kernel;     /* addresses are the kernel's */
	uint64_t done;   /* within the current piece */
	uint64_t left;   /* bytes left altogether */
	void *vector;    /* what io_release() frees */
};

void io_from_buffer(struct io *io, struct io_piece *piece, uint64_t address,
                    uint64_t size);
void io_from_kernel(struct io *io, struct io_piece *piece, void *buffer,
                    uint64_t size);

/*
 * Reads the program's iovec array of COUNT entries.  The pieces are in kernel
 * memory that io_release() frees.  0, -EINVAL, -EFAULT, -ENOMEM.
 */
int io_from_vector(struct io *io, uint64_t vector, uint64_t count);
void io_release(struct io *io);

/*
 * Puts SIZE bytes (at most io->left) to where the io stands, and moves on.
 * Returns how many; fewer than SIZE only before a bad address; -EFAULT if the
 * first byte had one.
 */
int64_t io_put(struct io *io, const void *bytes, uint64_t size);
int64_t io_put_zeros(struct io *io, uint64_t size);
/* The same in the other direction. */
int64_t io_get(struct io *io, void *bytes, uint64_t size);

/* -------------------------------------------------------------- areas */

enum {
	MM_READ = 1,
	MM_WRITE = 2,
	MM_EXECUTE = 4,
};

/* Sets up the arena and the break; once. */
void mm_start(void);

/*
 * mmap(2) with its Linux arguments; FILE may be NULL.  The file's own part is
 * file_ops.map below.  Returns the address or -errno.
 */
int64_t mm_map(uint64_t address, uint64_t size, int protection, int flags,
               struct file *file, uint64_t offset);
/* Shared mappings of files that can be written are written back first. */
int mm_unmap(uint64_t address, uint64_t size);
/* Writes those in a range back, and says in a line what fails.  May sleep. */
void mm_write_back(uint64_t start, uint64_t end);
int mm_protect(uint64_t address, uint64_t size, int protection);

/* The lowest address of the program's first break (after its data segment). */
void mm_set_break(uint64_t address);

/*
 * Maps the pages of the root image that hold a file's bytes, which the file
 * system has found to lie at OFFSET of the image: no copy.
 */
int mm_map_root(uint64_t address, uint64_t size, int protection,
                uint64_t offset);
/* Private zeroed pages that the caller then fills through kernel writes. */
int mm_map_zero(uint64_t address, uint64_t size, int protection);

/* Writes to the program's memory whatever its protection (loading, ptrace-like
 * patches of code); the range must be mapped. */
int mm_poke(uint64_t address, const void *bytes, size_t size);

/* A page of the kernel's own that the program executes and cannot write. */
uint64_t mm_code_page(const void *code, size_t size);

/* For /proc/self/maps and the like: the area at or above ADDRESS, or false. */
struct mm_area_info {
	uint64_t start, end, offset;
	int protection; /* MM_* */
	bool shared;
	const char *name; /* "[heap]", a path, or "" */
};
bool mm_next_area(uint64_t address, struct mm_area_info *info);

/* Can what the program stores in a shared mapping reach INODE? */
bool mm_shares_writable(const struct inode *inode);

/* Bytes mapped, and bytes of private writable memory, for /proc and limits. */
uint64_t mm_size(void);
uint64_t mm_committed(void);

#endif
