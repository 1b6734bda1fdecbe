/* SPDX-License-Identifier: ISC */

/* The way to the program's bytes. */

#include "guest/linux/areas.h"

#define VECTOR_MAX 1024u
#define TRANSFER_MAX UINT64_C(0x7ffff000) /* MAX_RW_COUNT of Linux */

/* What an area gives: who may write or execute may read. */
static bool gives(const struct area *area, int access)
{
	return access == MM_WRITE ? (area->protection & MM_WRITE) != 0
	                          : area->protection != 0;
}

/* Bytes from ADDRESS on that the program may access, at most SIZE. */
static uint64_t extent(uint64_t address, uint64_t size, int access)
{
	uint64_t at = address, end = address + size;

	if (end < address)
		end = UINT64_MAX;
	for (size_t i = area_find(address); at < end; i++) {
		if (i == area_count || areas[i].start > at ||
		    !gives(&areas[i], access))
			break;
		at = areas[i].end;
	}
	return min_u64(at, end) - address;
}

bool user_readable(uint64_t address, uint64_t size)
{
	return extent(address, size, MM_READ) == size;
}

bool user_writable(uint64_t address, uint64_t size)
{
	return extent(address, size, MM_WRITE) == size;
}

static void *pointer(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

int user_read(void *to, uint64_t from, size_t size)
{
	if (!user_readable(from, size))
		return -EFAULT;
	memcpy(to, pointer(from), size);
	return 0;
}

int user_read_versioned(void *to, size_t size, uint64_t from, uint64_t user_size)
{
	if (!user_readable(from, user_size))
		return -EFAULT;
	for (uint64_t i = size; i < user_size; i++)
		if (*(const uint8_t *)pointer(from + i))
			return -E2BIG;
	memset(to, 0, size);
	return user_read(to, from, min_u64(size, user_size));
}

int user_write(uint64_t to, const void *from, size_t size)
{
	if (!user_writable(to, size))
		return -EFAULT;
	memcpy(pointer(to), from, size);
	return 0;
}

int user_zero(uint64_t to, size_t size)
{
	if (!user_writable(to, size))
		return -EFAULT;
	memset(pointer(to), 0, size);
	return 0;
}

int64_t user_string(char *to, uint64_t from, size_t limit)
{
	uint64_t room = extent(from, limit, MM_READ);
	size_t size = strnlen(pointer(from), room);

	if (size == room)
		return room < limit ? -EFAULT : -ENAMETOOLONG;
	memcpy(to, pointer(from), size + 1);
	return (int64_t)size;
}

char *user_path(uint64_t from, int *error)
{
	uint64_t room = extent(from, PATH_LIMIT, MM_READ);
	size_t size = strnlen(pointer(from), room);
	char *path;

	*error = 0;
	if (size == room)
		*error = room < PATH_LIMIT ? -EFAULT : -ENAMETOOLONG;
	if (*error)
		return NULL;
	path = memory_allocate(size + 1);
	if (path)
		memcpy(path, pointer(from), size + 1);
	else
		*error = -ENOMEM;
	return path;
}

/* Threads do not run while the kernel does: plain access is atomic. */
int user_compare_exchange(uint64_t address, uint32_t old, uint32_t new,
                          uint32_t *seen)
{
	if (!user_writable(address, sizeof(old)))
		return -EFAULT;
	*seen = *(volatile uint32_t *)pointer(address);
	if (*seen == old)
		*(volatile uint32_t *)pointer(address) = new;
	return 0;
}

/* -------------------------------------------------------------------- io */

void io_from_buffer(struct io *io, struct io_piece *piece, uint64_t address,
                    uint64_t size)
{
	*piece = (struct io_piece){.address = address,
	                           .size = min_u64(size, TRANSFER_MAX)};
	*io = (struct io){.pieces = piece, .count = 1, .left = piece->size};
}

void io_from_kernel(struct io *io, struct io_piece *piece, void *buffer,
                    uint64_t size)
{
	*piece = (struct io_piece){.address = (uint64_t)(uintptr_t)buffer,
	                           .size = size};
	*io = (struct io){
	        .pieces = piece, .count = 1, .kernel = true, .left = size};
}

int io_from_vector(struct io *io, uint64_t vector, uint64_t count)
{
	struct io_piece *pieces;
	uint64_t total = 0;
	int r;

	*io = (struct io){0};
	if (count > VECTOR_MAX)
		return -EINVAL;
	if (count == 0)
		return 0;
	pieces = memory_allocate(count * sizeof(*pieces));
	if (!pieces)
		return -ENOMEM;
	/* struct iovec has the same two fields. */
	r = user_read(pieces, vector, count * sizeof(*pieces));
	for (uint64_t i = 0; i < count && !r; i++) {
		if (pieces[i].size > INT64_MAX)
			r = -EINVAL;
		pieces[i].size = min_u64(pieces[i].size, TRANSFER_MAX - total);
		total += pieces[i].size;
	}
	if (r) {
		memory_free(pieces);
		return r;
	}
	*io = (struct io){
	        .pieces = pieces, .count = (uint32_t)count, .left = total};
	/* io_release() finds the start from here. */
	io->vector = pieces;
	return 0;
}

void io_release(struct io *io)
{
	memory_free(io->vector);
	io->vector = NULL;
}

typedef void transfer_function(void *user, void *own, uint64_t size);

static void put(void *user, void *own, uint64_t size)
{
	if (own)
		memcpy(user, own, size);
	else
		memset(user, 0, size);
}

static void get(void *user, void *own, uint64_t size)
{
	memcpy(own, user, size);
}

static int64_t move(struct io *io, uint8_t *own, uint64_t size, int access,
                    transfer_function *transfer)
{
	uint64_t moved = 0;

	size = min_u64(size, io->left);
	while (moved < size) {
		const struct io_piece *piece = io->pieces;
		uint64_t want = min_u64(piece->size - io->done, size - moved);
		uint64_t address = piece->address + io->done;
		uint64_t n = io->kernel ? want : extent(address, want, access);

		if (n)
			transfer(pointer(address), own ? own + moved : NULL, n);
		moved += n;
		io->done += n;
		io->left -= n;
		if (n < want)
			return moved ? (int64_t)moved : -EFAULT;
		if (io->done == piece->size && io->count > 1) {
			io->pieces++;
			io->count--;
			io->done = 0;
		}
	}
	return (int64_t)moved;
}

int64_t io_put(struct io *io, const void *bytes, uint64_t size)
{
	return move(io, (uint8_t *)(uintptr_t)bytes, size, MM_WRITE, put);
}

int64_t io_put_zeros(struct io *io, uint64_t size)
{
	return move(io, NULL, size, MM_WRITE, put);
}

int64_t io_get(struct io *io, void *bytes, uint64_t size)
{
	return move(io, bytes, size, MM_READ, get);
}
