/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device/volume/volume.h"
#include "lib/cleanup.h"

/*
 * Listing a folder, sorted.  However large it is, what is kept of it at a time
 * is bounded: when the arena is full, only the first names in the order, as
 * many as fit a reply, are kept.  Nothing is allocated: the device may not.
 */

#define ARENA_SIZE (1u << 20)
#define READ_SIZE  32768u
#define NAMES_MAX  (ARENA_SIZE / (sizeof(struct bh_volume_entry) + 8))

/* Names in the arena: each the entry as it will be sent, the name after it. */
struct listing {
	_Alignas(8) uint8_t arena[ARENA_SIZE];
	struct bh_volume_entry *order[NAMES_MAX];
	uint8_t kept[VOLUME_REPLY_MAX];
	size_t used;
	size_t count;
	bool cut; /* there are more than what is kept */
};

static const char *name_of(const struct bh_volume_entry *entry)
{
	return (const char *)(entry + 1);
}

/* strcmp() compares bytes as unsigned. */
static bool is_before(const struct bh_volume_entry *a,
                      const struct bh_volume_entry *b)
{
	return strcmp(name_of(a), name_of(b)) < 0;
}

/* Lets the entry at ROOT sink to its place in a heap with the last on top. */
static void sink(struct bh_volume_entry **heap, size_t root, size_t count)
{
	struct bh_volume_entry *entry = heap[root];

	for (;;) {
		size_t child = 2 * root + 1;

		if (child >= count)
			break;
		if (child + 1 < count &&
		    is_before(heap[child], heap[child + 1]))
			child++;
		if (!is_before(entry, heap[child]))
			break;
		heap[root] = heap[child];
		root = child;
	}
	heap[root] = entry;
}

/* Heapsort; qsort(3) may allocate, and ask the system how much there is. */
static void sort(struct bh_volume_entry **order, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sink(order, i, count);
	while (count > 1) {
		struct bh_volume_entry *last = order[0];

		order[0] = order[--count];
		order[count] = last;
		sink(order, 0, count);
	}
}

/* Sorts, and keeps no more than a reply takes.  Returns the bytes of that. */
static size_t keep_first(struct listing *listing)
{
	size_t size = 0, keep = 0;

	sort(listing->order, listing->count);
	while (keep < listing->count &&
	       size + listing->order[keep]->size <= VOLUME_REPLY_MAX)
		size += listing->order[keep++]->size;
	if (keep < listing->count)
		listing->cut = true;
	listing->count = keep;
	return size;
}

static void put_in_reply(const struct listing *listing, uint8_t *to)
{
	for (size_t i = 0; i < listing->count; i++) {
		memcpy(to, listing->order[i], listing->order[i]->size);
		to += listing->order[i]->size;
	}
}

/* Makes room by dropping what is far back in the order. */
static void compact(struct listing *listing)
{
	size_t size = keep_first(listing);

	put_in_reply(listing, listing->kept);
	memcpy(listing->arena, listing->kept, size);
	listing->used = 0;
	for (size_t i = 0; i < listing->count; i++) {
		listing->order[i] =
		        (struct bh_volume_entry *)(void *)(listing->arena +
		                                           listing->used);
		listing->used += listing->order[i]->size;
	}
}

static void add(struct listing *listing, const char *name, uint64_t inode,
                unsigned char type)
{
	size_t length = strlen(name);
	size_t size =
	        (sizeof(struct bh_volume_entry) + length + 1 + 7) & ~(size_t)7;
	struct bh_volume_entry *entry;

	if (length > BH_VOLUME_NAME_MAX)
		return; /* cannot be named by a guest */
	if (listing->used + size > ARENA_SIZE)
		compact(listing);
	entry = (struct bh_volume_entry *)(void *)(listing->arena +
	                                           listing->used);
	memset(entry, 0, size);
	entry->inode = inode;
	entry->size = (uint32_t)size;
	entry->type = type;
	memcpy(entry + 1, name, length);
	listing->order[listing->count++] = entry;
	listing->used += size;
}

/* Some file systems do not say the kind along with the name. */
static unsigned char kind_of(int folder, const struct dirent64 *entry)
{
	struct stat status;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	if (fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW))
		return DT_UNKNOWN;
	return IFTODT(status.st_mode);
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static int read_folder(int fd, const char *after, struct listing *listing)
{
	_Alignas(struct dirent64) char buffer[READ_SIZE];

	for (;;) {
		long n = syscall(SYS_getdents64, fd, buffer, sizeof(buffer));

		if (n <= 0)
			return n ? -errno : 0;
		for (long at = 0; at < n;) {
			struct dirent64 *entry =
			        (struct dirent64 *)(void *)(buffer + at);

			at += entry->d_reclen;
			if (is_dots(entry->d_name) ||
			    strcmp(entry->d_name, after) <= 0)
				continue;
			add(listing, entry->d_name, entry->d_ino,
			    kind_of(fd, entry));
		}
	}
}

static int list_folder(int fd, const char *after, struct volume_reply *reply)
{
	static struct listing listing;
	int r;

	listing.used = listing.count = 0;
	listing.cut = false;
	r = read_folder(fd, after, &listing);
	if (r)
		return r;
	reply->size = keep_first(&listing);
	put_in_reply(&listing, reply->payload);
	reply->value[0] = listing.cut;
	return 0;
}

/* "path, name": two strings, each with its zero; the name may be any. */
int volume_list(struct volume *volume, const struct volume_request *request,
                struct volume_reply *reply)
{
	const uint8_t *zero =
	        request->size ? memchr(request->payload, 0, request->size)
	                      : NULL;
	BH_AUTO_CLOSE int fd = -1;
	struct volume_path path;
	size_t size, after;
	int r;

	if (!zero || request->payload[request->size - 1])
		return -EINVAL;
	size = (size_t)(zero - request->payload);
	after = request->size - size - 1;
	if (after == 0 || after > BH_VOLUME_NAME_MAX + 1 ||
	    strlen((const char *)zero + 1) + 1 != after)
		return -EINVAL;
	r = volume_path_check(request->payload, size, &path);
	if (r)
		return r;
	fd = volume_path_open(volume, &path, O_RDONLY | O_DIRECTORY, 0);
	return fd < 0 ? fd : list_folder(fd, (const char *)zero + 1, reply);
}
