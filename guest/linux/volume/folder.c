/* SPDX-License-Identifier: ISC */
#include "guest/linux/volume/volume.h"

/*
 * Open folders of a volume.  A listing is taken as a whole when it begins, so
 * that positions stay what they are while entries come and go.
 */

struct chunk {
	struct chunk *next;
	uint64_t first; /* position of the first entry */
	uint64_t count;
	size_t size;
	uint8_t bytes[]; /* of struct bh_volume_entry, checked */
};

static void free_chunks(struct chunk *chunk)
{
	while (chunk) {
		struct chunk *next = chunk->next;

		memory_free(chunk);
		chunk = next;
	}
}

static const char *name_of(const struct bh_volume_entry *entry)
{
	return (const char *)(entry + 1);
}

static const struct bh_volume_entry *entry_at(const uint8_t *bytes)
{
	return (const struct bh_volume_entry *)(const void *)bytes;
}

/* One component, in order, that a program may be shown. */
static bool is_name(const char *name, size_t room, const char *before)
{
	size_t size = strnlen(name, room);

	return size && size < room && size <= BH_VOLUME_NAME_MAX &&
	       !strchr(name, '/') && strcmp(name, ".") && strcmp(name, "..") &&
	       strcmp(name, before) > 0;
}

/* Checks what the device sent; LAST becomes the last name. */
static int check_chunk(struct chunk *chunk, char last[BH_VOLUME_NAME_MAX + 1])
{
	size_t at = 0;

	while (at < chunk->size) {
		const struct bh_volume_entry *entry =
		        entry_at(chunk->bytes + at);
		size_t left = chunk->size - at;

		if (left < sizeof(*entry) || entry->size > left ||
		    entry->size % 8 || entry->size <= sizeof(*entry) ||
		    !is_name(name_of(entry), entry->size - sizeof(*entry),
		             last))
			return -EIO;
		memcpy(last, name_of(entry), strlen(name_of(entry)) + 1);
		at += entry->size;
		chunk->count++;
	}
	return 0;
}

/* The part of the listing after LAST; *more: it is not the end. */
static int fetch_chunk(struct volume *volume, const char *path, char *last,
                       struct chunk **fetched, bool *more)
{
	struct volume_call call = {
	        .type = BH_VOLUME_LIST,
	        .first = path,
	        .first_size = strlen(path) + 1,
	        .second = last,
	        .second_size = strlen(last) + 1,
	        .room = BH_VOLUME_DATA_MAX,
	};
	uint8_t *buffer = memory_allocate(BH_VOLUME_DATA_MAX);
	struct chunk *chunk;
	int r;

	if (!buffer)
		return -ENOMEM;
	call.reply = buffer;
	r = volume_call(volume, &call);
	chunk = r ? NULL : memory_allocate(sizeof(*chunk) + call.size);
	if (!r && !chunk)
		r = -ENOMEM;
	if (!r) {
		*chunk = (struct chunk){.size = call.size};
		memcpy(chunk->bytes, buffer, call.size);
		r = check_chunk(chunk, last);
	}
	memory_free(buffer);
	if (r) {
		memory_free(chunk);
		return r;
	}
	/* No progress is the end, whatever the device says. */
	*more = call.result[0] && chunk->count;
	*fetched = chunk;
	return 0;
}

static int fetch_all(struct file *file)
{
	struct volume_node *node = volume_node(file->inode);
	char last[BH_VOLUME_NAME_MAX + 1] = "";
	struct chunk *first = NULL, **end = &first;
	uint64_t count = 0;
	bool more = !node->gone;
	int r = 0;

	while (more && !r) {
		r = fetch_chunk(volume_of(file->inode), node->path, last, end,
		                &more);
		if (r)
			break;
		(*end)->first = count;
		count += (*end)->count;
		end = &(*end)->next;
	}
	if (r) {
		free_chunks(first);
		return r;
	}
	free_chunks(file->data);
	file->data = first;
	return 0;
}

static bool add_chunk(const struct chunk *chunk, struct folder_reader *reader)
{
	uint64_t position = chunk->first;
	size_t at = 0;

	while (at < chunk->size) {
		const struct bh_volume_entry *entry =
		        entry_at(chunk->bytes + at);
		const char *name = name_of(entry);

		at += entry->size;
		position++;
		if (position > reader->position &&
		    !reader->add(reader, name, strlen(name), entry->inode,
		                 (uint8_t)entry->type, position))
			return false;
	}
	return true;
}

static int volume_list(struct file *file, struct folder_reader *reader)
{
	const struct chunk *chunk;
	int r = 0;

	if (!reader->position || !file->data)
		r = fetch_all(file);
	if (r)
		return r;
	for (chunk = file->data; chunk; chunk = chunk->next)
		if (reader->position < chunk->first + chunk->count &&
		    !add_chunk(chunk, reader))
			break;
	return 0;
}

static int volume_sync_folder(struct file *file, bool data_only)
{
	struct volume_node *node = volume_node(file->inode);

	(void)data_only;
	return node->gone ? 0
	                  : volume_call_path(volume_of(file->inode),
	                                     BH_VOLUME_SYNC_FOLDER, node->path,
	                                     0, 0, 0);
}

static void volume_close_folder(struct file *file)
{
	free_chunks(file->data);
}

static const struct file_ops volume_folder_ops = {
        .name = "folder",
        .seek = file_seek,
        .sync = volume_sync_folder,
        .list = volume_list,
        .close = volume_close_folder,
};

int volume_open_folder(struct inode *inode, struct file *file)
{
	(void)inode;
	file->ops = &volume_folder_ops;
	file->has_position = true;
	return 0;
}
