/* SPDX-License-Identifier: ISC */
#include "guest/linux/clock.h"
#include "guest/linux/task.h"
#include "guest/linux/tmpfs.h"

/* Where a larger one would only cost: 1 TiB. */
#define FILE_SIZE_LIMIT (UINT64_C(1) << 40)

static struct tmpfs_node *node_of(const struct file *file)
{
	return tmpfs_node(file->inode);
}

struct tmpfs_node *tmpfs_file_node(const struct file *file)
{
	return file->ops == &tmpfs_file_ops ? node_of(file) : NULL;
}

static const struct erofs *image_of(struct tmpfs_node *node)
{
	return &tmpfs_of(&node->inode)->erofs;
}

/*
 * The bytes at POSITION, which is before the end, and how many lie there in one
 * piece; NULL: that many zeros.
 */
static const uint8_t *bytes_at(struct tmpfs_node *node, uint64_t position,
                               uint64_t *run)
{
	const struct tmpfs_file *file = &node->file;
	uint64_t index = position / PAGE_SIZE, in_page = position % PAGE_SIZE;
	const uint8_t *page =
	        index < file->page_count ? file->pages[index] : NULL;
	const uint8_t *bytes = NULL;

	*run = PAGE_SIZE - in_page;
	if (page) {
		bytes = page + in_page;
	} else if (position < file->image_size) {
		uint64_t image_run;

		bytes = erofs_bytes(image_of(node), &node->image, position,
		                    &image_run);
		/* A whole run of the image, if nothing of it was changed. */
		if (!file->page_count)
			*run = image_run;
		*run = min_u64(*run, image_run);
		*run = min_u64(*run, file->image_size - position);
	} else if (!file->page_count) {
		*run = file->size - position;
	}
	*run = min_u64(*run, file->size - position);
	return bytes;
}

static int64_t file_op_read(struct file *file, struct io *io, uint64_t position)
{
	struct tmpfs_node *node = node_of(file);
	int64_t done = 0;

	while (io->left && position < node->file.size) {
		uint64_t run;
		const uint8_t *bytes = bytes_at(node, position, &run);
		int64_t n;

		run = min_u64(run, io->left);
		n = bytes ? io_put(io, bytes, run) : io_put_zeros(io, run);
		if (n < 0)
			return done ? done : n;
		done += n;
		position += (uint64_t)n;
		if ((uint64_t)n < run)
			break;
	}
	return done;
}

/* The array of pages has an element for INDEX. */
static int reach_page(struct tmpfs_file *file, uint64_t index)
{
	uint64_t count = file->page_count ? file->page_count : 4;
	uint8_t **pages;

	if (index < file->page_count)
		return 0;
	while (count <= index)
		count *= 2;
	pages = memory_resize(file->pages, count * sizeof(*pages));
	if (!pages)
		return -ENOSPC;
	memset(pages + file->page_count, 0,
	       (count - file->page_count) * sizeof(*pages));
	file->pages = pages;
	file->page_count = count;
	return 0;
}

/* The page that holds POSITION, in memory; NULL: no room. */
static uint8_t *own_page(struct tmpfs_node *node, uint64_t position)
{
	struct tmpfs_file *file = &node->file;
	uint64_t index = position / PAGE_SIZE, at = index * PAGE_SIZE;
	uint64_t end, run;
	uint8_t *page;

	if (reach_page(file, index))
		return NULL;
	if (file->pages[index])
		return file->pages[index];
	page = memory_pages(1);
	if (!page)
		return NULL;
	end = min_u64(at + PAGE_SIZE, file->image_size);
	for (uint64_t from = at; from < end; from += run) {
		const uint8_t *bytes =
		        erofs_bytes(image_of(node), &node->image, from, &run);

		run = min_u64(run, end - from);
		memcpy(page + (from - at), bytes, run);
	}
	file->pages[index] = page;
	tmpfs_of(&node->inode)->pages++;
	return page;
}

static void mark_changed(struct tmpfs_node *node)
{
	node->modified = node->changed = clock_realtime();
}

static void drop_rights(struct tmpfs_node *node)
{
	uint32_t rights = 04000;

	if (node->inode.mode & 0010)
		rights |= 02000;
	node->inode.mode &= ~rights;
}

static bool may_grow_to(const struct tmpfs_node *node, uint64_t size)
{
	return size <= node->file.size || !(node->file.seals & F_SEAL_GROW);
}

static int64_t file_op_write(struct file *file, struct io *io,
                             uint64_t position)
{
	struct tmpfs_node *node = node_of(file);
	int64_t done = 0, n = 0;

	if (node->file.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (position >= FILE_SIZE_LIMIT ||
	    io->left > FILE_SIZE_LIMIT - position)
		return -EFBIG;
	while (io->left) {
		uint64_t in_page = position % PAGE_SIZE;
		uint64_t size = min_u64(PAGE_SIZE - in_page, io->left);
		uint8_t *page;

		n = may_grow_to(node, position + size) ? 0 : -EPERM;
		if (n)
			break;
		page = own_page(node, position);
		n = page ? io_get(io, page + in_page, size) : -ENOSPC;
		if (n <= 0)
			break;
		done += n;
		position += (uint64_t)n;
		if (position > node->file.size)
			node->file.size = position;
		if ((uint64_t)n < size)
			break;
	}
	if (done) {
		mark_changed(node);
		/* Nobody else's program keeps its rights when it is changed. */
		if (process.euid != 0)
			drop_rights(node);
	}
	return done ? done : n;
}

/* ------------------------------------------------------------------- sizes */

static void free_page(struct tmpfs_node *node, uint64_t index)
{
	if (!node->file.pages[index])
		return;
	memory_free_pages(node->file.pages[index], 1);
	node->file.pages[index] = NULL;
	tmpfs_of(&node->inode)->pages--;
}

void tmpfs_file_free(struct tmpfs_node *node)
{
	for (uint64_t i = 0; i < node->file.page_count; i++)
		free_page(node, i);
	memory_free(node->file.pages);
	node->file.pages = NULL;
	node->file.page_count = 0;
}

/* Bytes from SIZE on are gone, and zero if the file grows again. */
static void cut(struct tmpfs_node *node, uint64_t size)
{
	struct tmpfs_file *file = &node->file;
	uint64_t index = size / PAGE_SIZE, in_page = size % PAGE_SIZE;

	if (in_page && index < file->page_count && file->pages[index])
		memset(file->pages[index] + in_page, 0, PAGE_SIZE - in_page);
	if (!size) {
		tmpfs_file_free(node);
	} else {
		for (uint64_t i = index + (in_page != 0); i < file->page_count;
		     i++)
			free_page(node, i);
	}
	file->image_size = min_u64(file->image_size, size);
}

int tmpfs_file_truncate(struct inode *inode, uint64_t size)
{
	struct tmpfs_node *node = tmpfs_node(inode);

	if (!mode_is(inode->mode, S_IFREG))
		return -EINVAL;
	if (size > FILE_SIZE_LIMIT)
		return -EFBIG;
	if ((size < node->file.size && (node->file.seals & F_SEAL_SHRINK)) ||
	    !may_grow_to(node, size))
		return -EPERM;
	if (size < node->file.size)
		cut(node, size);
	node->file.size = size;
	mark_changed(node);
	return 0;
}

static int file_op_truncate(struct file *file, uint64_t size)
{
	return tmpfs_file_truncate(file->inode, size);
}

enum {
	ALLOCATE_KEEP_SIZE = 1,
	ALLOCATE_PUNCH_HOLE = 2,
	ALLOCATE_ZERO_RANGE = 16,
};

static int zero_range(struct tmpfs_node *node, uint64_t offset, uint64_t end)
{
	end = min_u64(end, node->file.size);
	while (offset < end) {
		uint64_t in_page = offset % PAGE_SIZE;
		uint64_t size = min_u64(PAGE_SIZE - in_page, end - offset);
		uint8_t *page = own_page(node, offset);

		if (!page)
			return -ENOSPC;
		memset(page + in_page, 0, size);
		offset += size;
	}
	return 0;
}

/* Room is not set aside: memory is there or it is not. */
static int file_op_allocate(struct file *file, int mode, uint64_t offset,
                            uint64_t size)
{
	struct tmpfs_node *node = node_of(file);
	uint64_t end = offset + size;
	int r = 0;

	if (mode &
	    ~(ALLOCATE_KEEP_SIZE | ALLOCATE_PUNCH_HOLE | ALLOCATE_ZERO_RANGE))
		return -EOPNOTSUPP;
	if ((mode & ALLOCATE_PUNCH_HOLE) && !(mode & ALLOCATE_KEEP_SIZE))
		return -EOPNOTSUPP;
	if (end < offset || end > FILE_SIZE_LIMIT)
		return -EFBIG;
	if (!(mode & ALLOCATE_PUNCH_HOLE)) {
		r = may_grow_to(node, end)
		            ? file_may_grow(node->file.size, end)
		            : -EPERM;
		if (r)
			return r;
	}
	if (mode & (ALLOCATE_PUNCH_HOLE | ALLOCATE_ZERO_RANGE)) {
		if (node->file.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
			return -EPERM;
		r = zero_range(node, offset, end);
	}
	if (!r && !(mode & ALLOCATE_KEEP_SIZE) && end > node->file.size)
		node->file.size = end;
	if (!r)
		mark_changed(node);
	return r;
}

/* ----------------------------------------------------------------- mappings */

/*
 * The part that the image's own pages can stand for: nothing was changed, and
 * the bytes lie on page boundaries of the image.
 */
static uint64_t mappable(struct tmpfs_node *node, uint64_t offset,
                         uint64_t size)
{
	const struct tmpfs_file *file = &node->file;
	uint64_t end = min_u64(file->image_size, node->image.blocks_size);

	if (file->page_count || node->image.blocks_offset % PAGE_SIZE ||
	    offset >= end)
		return 0;
	/* In the last page more than the file's bytes would be seen. */
	if (end % PAGE_SIZE && end != node->image.blocks_size)
		end = PAGE_DOWN(end);
	if (end % PAGE_SIZE && end < file->size)
		end = PAGE_DOWN(end);
	return offset < end ? min_u64(size, PAGE_UP(end - offset)) : 0;
}

static int copy_to_mapping(struct tmpfs_node *node, uint64_t address,
                           uint64_t size, uint64_t offset)
{
	uint64_t end = min_u64(node->file.size, offset + size), run;
	int r = 0;

	for (uint64_t at = offset; at < end && !r; at += run) {
		const uint8_t *bytes = bytes_at(node, at, &run);

		run = min_u64(run, end - at);
		if (bytes)
			r = mm_poke(address + (at - offset), bytes, run);
	}
	return r;
}

/* Pages past the end, where Linux would send SIGBUS, read as zeros. */
static int file_op_map(struct file *file, uint64_t address, uint64_t size,
                       int protection, bool shared, uint64_t offset)
{
	struct tmpfs_node *node = node_of(file);
	uint64_t root = 0;
	int r = 0;

	if (shared && (protection & MM_WRITE) &&
	    (node->file.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		return -EPERM;
	if (offset + size < offset)
		return -EOVERFLOW;
	root = mappable(node, offset, size);
	if (root)
		r = mm_map_root(address, root, protection,
		                node->image.blocks_offset + offset);
	if (!r && root < size)
		r = mm_map_zero(address + root, size - root, protection);
	if (!r && root < size)
		r = copy_to_mapping(node, address + root, size - root,
		                    offset + root);
	return r;
}

/* One page of a shared mapping; those that were not changed cost no memory. */
static int write_back_page(struct tmpfs_node *node, uint64_t address,
                           uint64_t offset, uint64_t size, uint8_t *buffer)
{
	uint64_t run;
	bool same = true;
	uint8_t *page;
	int r = user_read(buffer, address, size);

	for (uint64_t at = 0; at < size && !r && same; at += run) {
		const uint8_t *bytes = bytes_at(node, offset + at, &run);

		run = min_u64(run, size - at);
		for (uint64_t i = 0; i < run && same; i++)
			same = buffer[at + i] == (bytes ? bytes[i] : 0);
	}
	if (r || same)
		return r;
	page = own_page(node, offset);
	if (!page)
		return -ENOSPC;
	memcpy(page, buffer, size);
	mark_changed(node);
	return 0;
}

static int file_op_write_back(struct file *file, uint64_t address,
                              uint64_t size, uint64_t offset)
{
	struct tmpfs_node *node = node_of(file);
	uint64_t end = min_u64(offset + size, node->file.size);
	uint8_t *buffer;
	int r = 0;

	if (offset >= end)
		return 0;
	buffer = memory_pages(1);
	if (!buffer)
		return -ENOMEM;
	for (uint64_t at = offset; at < end && !r; at += PAGE_SIZE)
		r = write_back_page(node, address + (at - offset), at,
		                    min_u64(PAGE_SIZE, end - at), buffer);
	memory_free_pages(buffer, 1);
	return r;
}

static int file_op_sync(struct file *file, bool data_only)
{
	(void)file;
	(void)data_only;
	return 0;
}

const struct file_ops tmpfs_file_ops = {
        .name = "file",
        .read = file_op_read,
        .write = file_op_write,
        .seek = file_seek,
        .map = file_op_map,
        .write_back = file_op_write_back,
        .sync = file_op_sync,
        .truncate = file_op_truncate,
        .allocate = file_op_allocate,
};
