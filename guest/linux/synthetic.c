/* SPDX-License-Identifier: ISC */
#include "guest/linux/synthetic.h"

#include "guest/linux/clock.h"
#include "guest/linux/task.h"

#define STORE_LIMIT 4096u

static const struct inode_ops synthetic_ops, magic_ops;

/* -------------------------------------------------------------------- text */

static bool reach(struct text *text, size_t size)
{
	size_t room = text->room ? text->room : 256;
	char *bytes;

	if (text->failed)
		return false;
	if (text->size + size <= text->room)
		return true;
	while (room < text->size + size)
		room *= 2;
	bytes = memory_resize(text->bytes, room);
	if (!bytes) {
		text->failed = true;
		return false;
	}
	text->bytes = bytes;
	text->room = room;
	return true;
}

void text_bytes(struct text *text, const void *bytes, size_t size)
{
	if (!size || !reach(text, size))
		return;
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
}

void text_add(struct text *text, const char *format_text, ...)
{
	va_list list, again;
	char dummy[1];
	int size;

	va_start(list, format_text);
	va_copy(again, list);
	size = format_list(dummy, 0, format_text, list);
	if (size > 0 && reach(text, (size_t)size + 1)) {
		format_list(text->bytes + text->size, (size_t)size + 1,
		            format_text, again);
		text->size += (size_t)size;
	}
	va_end(again);
	va_end(list);
}

/* ------------------------------------------------------------------ inodes */

struct node {
	struct inode inode;
	const struct synthetic *synthetic;
	int64_t key;
};

static struct node *node_of(struct inode *inode)
{
	return CONTAINER_OF(inode, struct node, inode);
}

static int make_inode(struct file_system *file_system, uint64_t number,
                      const struct synthetic *synthetic, int64_t key,
                      struct inode **made)
{
	struct node *node = memory_zeroed(sizeof(*node));

	if (!node)
		return -ENOMEM;
	inode_init(&node->inode, file_system,
	           synthetic->follow ? &magic_ops : &synthetic_ops,
	           synthetic->mode, number, NULL);
	node->synthetic = synthetic;
	node->key = key;
	*made = &node->inode;
	return 0;
}

static void synthetic_release(struct inode *inode)
{
	memory_free(node_of(inode));
}

/* A name that is a number without leading zeros, or -1. */
static int64_t number_of(const char *name, size_t size)
{
	int64_t number = 0;

	if (size > 9 || (size > 1 && name[0] == '0'))
		return -1;
	for (size_t i = 0; i < size; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -1;
		number = number * 10 + (name[i] - '0');
	}
	return number;
}

static int synthetic_lookup(struct inode *folder, const char *name, size_t size,
                            struct inode **found)
{
	struct node *node = node_of(folder);
	const struct synthetic *of = node->synthetic, *entry = of->entries;
	uint64_t hash = inode_number(folder->number, name, size);
	int64_t number;

	for (; entry && entry->name; entry++)
		if (strlen(entry->name) == size &&
		    !memcmp(entry->name, name, size))
			return make_inode(folder->file_system, hash, entry,
			                  node->key, found);
	number = of->next ? number_of(name, size) : -1;
	if (number < 0 || of->next(number) != number)
		return -ENOENT;
	return make_inode(folder->file_system, hash, of->each, number, found);
}

static int synthetic_status(struct inode *inode, struct linux_stat *status)
{
	uint64_t now = clock_realtime();

	*status = (struct linux_stat){
	        .device = inode->file_system->device,
	        .inode = inode->number,
	        .block_size = 1024,
	        .mode = inode->mode,
	        .links = mode_is(inode->mode, S_IFDIR) ? 2 : 1,
	        .accessed = now,
	        .modified = now,
	        .changed = now,
	        .created = now,
	};
	/* What is the process's own stays so when it changes its user. */
	if (node_of(inode)->key) {
		status->uid = process.euid;
		status->gid = process.egid;
	}
	return 0;
}

static int64_t synthetic_read_link(struct inode *inode, char *to, size_t size)
{
	struct node *node = node_of(inode);
	struct text text = {0};
	int64_t n;

	if (!mode_is(inode->mode, S_IFLNK))
		return -EINVAL;
	n = node->synthetic->show(&text, node->key);
	if (!n && text.failed)
		n = -ENOMEM;
	if (!n) {
		n = (int64_t)min_u64(text.size, size);
		memcpy(to, text.bytes, (size_t)n);
	}
	memory_free(text.bytes);
	return n;
}

static int synthetic_follow(struct inode *inode, struct place *to)
{
	struct node *node = node_of(inode);

	*to = (struct place){0};
	return node->synthetic->follow(node->key, to);
}

/* ------------------------------------------------------------------- files */

static void drop_text(struct file *file)
{
	struct text *text = file->data;

	if (text)
		memory_free(text->bytes);
	memory_free(text);
	file->data = NULL;
}

/* Made anew whenever it is read from its start. */
static int make_text(struct file *file)
{
	const struct node *node = node_of(file->inode);
	struct text *text;
	int r;

	drop_text(file);
	text = memory_zeroed(sizeof(*text));
	if (!text)
		return -ENOMEM;
	file->data = text;
	r = node->synthetic->show ? node->synthetic->show(text, node->key)
	                          : -EINVAL;
	if (!r && text->failed)
		r = -ENOMEM;
	if (r)
		drop_text(file);
	return r;
}

static int64_t synthetic_read(struct file *file, struct io *io,
                              uint64_t position)
{
	const struct text *text = file->data;

	if (!text || !position) {
		int r = make_text(file);

		if (r)
			return r;
		text = file->data;
	}
	if (position >= text->size)
		return 0;
	return io_put(io, text->bytes + position,
	              min_u64(io->left, text->size - position));
}

static int64_t synthetic_write(struct file *file, struct io *io,
                               uint64_t position)
{
	const struct node *node = node_of(file->inode);
	char *bytes;
	int64_t n;

	(void)position;
	if (!node->synthetic->store)
		return -EACCES;
	if (io->left > STORE_LIMIT)
		return -EINVAL;
	bytes = memory_zeroed(STORE_LIMIT + 1);
	if (!bytes)
		return -ENOMEM;
	n = io_get(io, bytes, io->left);
	if (n > 0) {
		int r = node->synthetic->store(bytes, (size_t)n, node->key);

		n = r ? r : n;
	}
	memory_free(bytes);
	return n;
}

/* Offsets only: nobody knows how long the text will be. */
static int64_t synthetic_seek(struct file *file, int64_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += (int64_t)file->position;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->position = (uint64_t)offset;
	return offset;
}

static const struct file_ops text_ops = {
        .name = "text",
        .read = synthetic_read,
        .write = synthetic_write,
        .seek = synthetic_seek,
        .close = drop_text,
};

/* ----------------------------------------------------------------- folders */

/* Positions: the entries of the table first, then 1024 plus the number. */
#define NUMBERS_FROM 1024u

static int synthetic_list(struct file *file, struct folder_reader *reader)
{
	const struct synthetic *of = node_of(file->inode)->synthetic;
	uint64_t folder = file->inode->number, position = reader->position;
	uint64_t count = 0;
	char name[24];

	while (of->entries && of->entries[count].name)
		count++;
	for (; position < count; position++) {
		const struct synthetic *entry = &of->entries[position];
		size_t size = strlen(entry->name);

		if (!reader->add(reader, entry->name, size,
		                 inode_number(folder, entry->name, size),
		                 mode_entry_type(entry->mode), position + 1))
			return 0;
	}
	if (!of->next)
		return 0;
	if (position < NUMBERS_FROM)
		position = NUMBERS_FROM;
	for (int64_t n = of->next((int64_t)(position - NUMBERS_FROM)); n >= 0;
	     n = of->next(n + 1)) {
		size_t size = (size_t)format(name, sizeof(name), "%lld",
		                             (long long)n);

		if (!reader->add(reader, name, size,
		                 inode_number(folder, name, size),
		                 mode_entry_type(of->each->mode),
		                 NUMBERS_FROM + (uint64_t)n + 1))
			return 0;
	}
	return 0;
}

static const struct file_ops list_ops = {
        .name = "folder",
        .seek = synthetic_seek,
        .list = synthetic_list,
};

static int synthetic_open(struct inode *inode, struct file *file)
{
	file->ops = mode_is(inode->mode, S_IFDIR) ? &list_ops : &text_ops;
	file->has_position = true;
	return 0;
}

/* open(2) with O_TRUNC, as `echo 1 > file` does. */
static int synthetic_truncate(struct inode *inode, uint64_t size)
{
	(void)size;
	return node_of(inode)->synthetic->store ? 0 : -EACCES;
}

static const struct inode_ops synthetic_ops = {
        .lookup = synthetic_lookup,
        .open = synthetic_open,
        .status = synthetic_status,
        .read_link = synthetic_read_link,
        .truncate = synthetic_truncate,
        .release = synthetic_release,
};

static const struct inode_ops magic_ops = {
        .status = synthetic_status,
        .read_link = synthetic_read_link,
        .follow = synthetic_follow,
        .release = synthetic_release,
};

struct file_system *synthetic_create(const char *type, uint64_t magic,
                                     const struct synthetic *root)
{
	static uint32_t next_device = 4;
	struct file_system *file_system = memory_zeroed(sizeof(*file_system));
	uint32_t device = next_device++;

	if (!file_system)
		return NULL;
	*file_system = (struct file_system){
	        .type = type,
	        .device = device_number(0, device),
	        .magic = magic,
	};
	if (make_inode(file_system, inode_number(device, "/", 1), root, 0,
	               &file_system->root)) {
		memory_free(file_system);
		return NULL;
	}
	return file_system;
}
