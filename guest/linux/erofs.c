/* SPDX-License-Identifier: ISC */
#include "guest/linux/erofs.h"

#include "guest/linux/kernel.h"
#include "guest/linux/modes.h"

#define SUPERBLOCK_OFFSET 1024u
#define MAGIC             UINT32_C(0xe0f5e1e2)
#define NID_SHIFT         5
#define NAME_LIMIT        255u

struct superblock {
	uint32_t magic, checksum, feature_compat;
	uint8_t block_bits, extra_slots;
	uint16_t root_nid;
	uint64_t inodes, build_time;
	uint32_t build_time_nsec, blocks, meta_block, xattr_block;
	uint8_t uuid[16], volume_name[16];
	uint32_t feature_incompat;
	uint16_t algorithms, extra_devices, device_slots;
	uint8_t folder_block_bits, prefixes;
	uint8_t reserved[36];
};

struct compact {
	uint16_t format, xattr_count, mode, links;
	uint32_t size, reserved, start, number;
	uint16_t uid, gid;
	uint32_t reserved2;
};

struct extended {
	uint16_t format, xattr_count, mode, reserved;
	uint64_t size;
	uint32_t start, number, uid, gid;
	uint64_t seconds;
	uint32_t nanoseconds, links;
	uint8_t reserved2[16];
};

struct entry {
	uint32_t nid_low, nid_high;
	uint16_t name_offset;
	uint8_t type, reserved;
};

_Static_assert(sizeof(struct superblock) == 128, "erofs_super_block");
_Static_assert(sizeof(struct compact) == 32, "erofs_inode_compact");
_Static_assert(sizeof(struct extended) == 64, "erofs_inode_extended");
_Static_assert(sizeof(struct entry) == 12, "erofs_dirent");

enum {
	LAYOUT_PLAIN = 0,
	LAYOUT_INLINE = 2,
};

static bool is_within(const struct erofs *erofs, uint64_t offset, uint64_t size)
{
	return offset <= erofs->size && size <= erofs->size - offset;
}

/* Structures may lie anywhere: copied, so that they are aligned. */
static int fetch(const struct erofs *erofs, uint64_t offset, void *to,
                 size_t size)
{
	if (!is_within(erofs, offset, size))
		return -EUCLEAN;
	memcpy(to, erofs->image + offset, size);
	return 0;
}

/* Of hostile numbers no time may be made that wraps around. */
static uint64_t time_of(uint64_t seconds, uint32_t nanoseconds)
{
	if (seconds >= UINT64_MAX / NANOSECONDS / 2)
		return 0;
	return seconds * NANOSECONDS + nanoseconds % (uint32_t)NANOSECONDS;
}

int erofs_open(struct erofs *erofs, const uint8_t *image, uint64_t size)
{
	struct superblock super;
	struct erofs_inode root;
	int r;

	*erofs = (struct erofs){.image = image, .size = size};
	r = fetch(erofs, SUPERBLOCK_OFFSET, &super, sizeof(super));
	if (r)
		return r;
	if (super.magic != MAGIC)
		return -EUCLEAN;
	if (super.feature_incompat || super.extra_devices ||
	    super.folder_block_bits)
		return -EOPNOTSUPP;
	if (super.block_bits < 9 || super.block_bits > 16)
		return -EUCLEAN;
	erofs->block_bits = super.block_bits;
	erofs->meta = (uint64_t)super.meta_block << super.block_bits;
	erofs->root = super.root_nid;
	erofs->built = time_of(super.build_time, super.build_time_nsec);
	r = erofs_inode(erofs, erofs->root, &root);
	if (r)
		return r;
	return mode_is(root.mode, S_IFDIR) ? 0 : -EUCLEAN;
}

/* Linux's new_decode_dev(). */
static uint64_t special_of(uint32_t device)
{
	return device_number((device & 0xfff00) >> 8,
	                     (device & 0xff) | ((device >> 12) & 0xfff00));
}

/*
 * Where the bytes lie.  An inline layout keeps what does not fill the last
 * block right after the inode (END), within that inode's block.
 */
static int place_bytes(const struct erofs *erofs, struct erofs_inode *inode,
                       unsigned layout, uint32_t start, uint64_t end)
{
	uint64_t block = UINT64_C(1) << erofs->block_bits;
	uint64_t tail = 0;

	if (inode->size > erofs->size)
		return -EUCLEAN;
	if (layout == LAYOUT_INLINE && inode->size)
		tail = (inode->size - 1) % block + 1;
	else if (layout != LAYOUT_PLAIN && layout != LAYOUT_INLINE)
		return -EOPNOTSUPP;
	inode->blocks_size = inode->size - tail;
	inode->blocks_offset =
	        inode->blocks_size ? (uint64_t)start << erofs->block_bits : 0;
	inode->inline_offset = tail ? end : 0;
	if (!is_within(erofs, inode->blocks_offset, inode->blocks_size) ||
	    !is_within(erofs, inode->inline_offset, tail))
		return -EUCLEAN;
	if (tail && (end & (block - 1)) + tail > block)
		return -EUCLEAN;
	return 0;
}

static int check_type(const struct erofs_inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFLNK:
		return inode->size && inode->size < PAGE_SIZE ? 0 : -EUCLEAN;
	case S_IFREG:
	case S_IFDIR:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	default:
		return -EUCLEAN;
	}
}

/* Both forms become the extended one; *end: the offset after the inode. */
static int read_inode(const struct erofs *erofs, uint64_t nid,
                      struct extended *extended, uint64_t *end)
{
	uint64_t offset;
	struct compact compact;
	uint64_t xattr_count;

	if (nid > erofs->size >> NID_SHIFT)
		return -EUCLEAN;
	offset = erofs->meta + (nid << NID_SHIFT);
	if (fetch(erofs, offset, &compact, sizeof(compact)))
		return -EUCLEAN;
	if (compact.format & 1) {
		*end = offset + sizeof(*extended);
		if (fetch(erofs, offset, extended, sizeof(*extended)))
			return -EUCLEAN;
	} else {
		*end = offset + sizeof(compact);
		*extended = (struct extended){
		        .format = compact.format,
		        .mode = compact.mode,
		        .links = compact.links,
		        .size = compact.size,
		        .start = compact.start,
		        .uid = compact.uid,
		        .gid = compact.gid,
		        .seconds = erofs->built / NANOSECONDS,
		        .nanoseconds = (uint32_t)(erofs->built % NANOSECONDS),
		};
	}
	xattr_count = compact.xattr_count;
	if (xattr_count)
		*end += 12 + (xattr_count - 1) * 4;
	return 0;
}

int erofs_inode(const struct erofs *erofs, uint64_t nid,
                struct erofs_inode *inode)
{
	struct extended disk;
	unsigned layout;
	uint64_t end;
	int r;

	r = read_inode(erofs, nid, &disk, &end);
	if (r)
		return r;
	if (disk.format >> 4)
		return -EOPNOTSUPP;
	layout = (disk.format >> 1) & 7;
	*inode = (struct erofs_inode){
	        .nid = nid,
	        .mode = disk.mode,
	        .links = disk.links ? disk.links : 1,
	        .uid = disk.uid,
	        .gid = disk.gid,
	        .size = disk.size,
	        .modified = time_of(disk.seconds, disk.nanoseconds),
	};
	r = check_type(inode);
	if (r)
		return r;
	switch (inode->mode & S_IFMT) {
	case S_IFCHR:
	case S_IFBLK:
		inode->special = special_of(disk.start);
		inode->size = 0;
		return 0;
	case S_IFIFO:
	case S_IFSOCK:
		inode->size = 0;
		return 0;
	default:
		return place_bytes(erofs, inode, layout, disk.start, end);
	}
}

const uint8_t *erofs_bytes(const struct erofs *erofs,
                           const struct erofs_inode *inode, uint64_t position,
                           uint64_t *run)
{
	if (position >= inode->size) {
		*run = 0;
		return NULL;
	}
	if (position < inode->blocks_size) {
		*run = inode->blocks_size - position;
		return erofs->image + inode->blocks_offset + position;
	}
	*run = inode->size - position;
	return erofs->image + inode->inline_offset +
	       (position - inode->blocks_size);
}

static bool is_good_name(const char *name, size_t size)
{
	if (!size || size > NAME_LIMIT)
		return false;
	for (size_t i = 0; i < size; i++)
		if (!name[i] || name[i] == '/')
			return false;
	return true;
}

static bool is_dots(const char *name, size_t size)
{
	return name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.'));
}

/*
 * One block of a folder: entries, then their names; the first entry's name
 * begins where the entries end.  The last name ends with the block or a zero.
 */
static int list_block(const uint8_t *block, uint32_t size,
                      int (*add)(void *context, const char *name,
                                 size_t name_size, uint64_t nid),
                      void *context)
{
	struct entry entry, next;
	uint32_t count, end;
	int r;

	if (size < sizeof(entry))
		return -EUCLEAN;
	memcpy(&next, block, sizeof(next));
	if (next.name_offset % sizeof(entry) || !next.name_offset ||
	    next.name_offset > size)
		return -EUCLEAN;
	count = next.name_offset / (uint32_t)sizeof(entry);
	for (uint32_t i = 0; i < count; i++) {
		const char *name;
		size_t length;

		entry = next;
		end = size;
		if (i + 1 < count) {
			memcpy(&next, block + (i + 1) * sizeof(next),
			       sizeof(next));
			end = next.name_offset;
		}
		if (entry.name_offset > end || end > size)
			return -EUCLEAN;
		name = (const char *)block + entry.name_offset;
		length = strnlen(name, end - entry.name_offset);
		if (!is_good_name(name, length))
			return -EUCLEAN;
		if (is_dots(name, length))
			continue;
		r = add(context, name, length,
		        (uint64_t)entry.nid_high << 32 | entry.nid_low);
		if (r)
			return r;
	}
	return 0;
}

int erofs_list(const struct erofs *erofs, const struct erofs_inode *folder,
               int (*add)(void *context, const char *name, size_t size,
                          uint64_t nid),
               void *context)
{
	uint64_t block = UINT64_C(1) << erofs->block_bits;
	uint64_t position = 0, run;
	int r = 0;

	if (!mode_is(folder->mode, S_IFDIR))
		return -ENOTDIR;
	while (position < folder->size && !r) {
		const uint8_t *bytes =
		        erofs_bytes(erofs, folder, position, &run);
		uint64_t size = min_u64(run, block);

		r = list_block(bytes, (uint32_t)size, add, context);
		position += size;
	}
	return r;
}
