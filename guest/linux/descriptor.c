/* SPDX-License-Identifier: ISC */
#include "guest/linux/file.h"
#include "guest/linux/lock.h"
#include "guest/linux/start.h"
#include "guest/linux/task.h"

/*
 * The table grows with the largest number in use.  One bit an entry says which
 * are in use, so that the lowest free one is found a word at a time.
 */

#define LIMIT_FILE_SIZE   1 /* RLIMIT_FSIZE */
#define LIMIT_DESCRIPTORS 7 /* RLIMIT_NOFILE */
#define TABLE_FIRST       64u

struct descriptor {
	struct file *file;
	bool close_on_exec;
};

static struct descriptor *table;
static uint64_t *used;
static uint32_t room; /* a multiple of 64 */

/* Until the process has its limits, it has Linux's usual ones. */
void file_start(void)
{
	process.limits[LIMIT_DESCRIPTORS][0] = 1024;
	process.limits[LIMIT_DESCRIPTORS][1] = DESCRIPTORS_MAX;
	process.limits[LIMIT_FILE_SIZE][0] = UINT64_MAX;
	process.limits[LIMIT_FILE_SIZE][1] = UINT64_MAX;
}

static uint32_t limit(void)
{
	return (uint32_t)min_u64(process.limits[LIMIT_DESCRIPTORS][0],
	                         DESCRIPTORS_MAX);
}

static int make_room(uint32_t number)
{
	uint32_t new_room = room ? room : TABLE_FIRST;
	struct descriptor *new_table;
	uint64_t *new_used;

	if (number < room)
		return 0;
	while (new_room <= number)
		new_room *= 2;
	new_table = memory_resize(table, new_room * sizeof(*table));
	if (!new_table)
		return -ENOMEM;
	table = new_table;
	new_used = memory_resize(used, new_room / 8);
	if (!new_used)
		return -ENOMEM;
	used = new_used;
	memset(table + room, 0, (new_room - room) * sizeof(*table));
	memset(used + room / 64, 0, (new_room - room) / 8);
	room = new_room;
	return 0;
}

static void set_used(uint32_t number, bool on)
{
	uint64_t bit = UINT64_C(1) << number % 64;

	if (on)
		used[number / 64] |= bit;
	else
		used[number / 64] &= ~bit;
}

static uint32_t lowest_free(uint32_t lowest)
{
	for (uint32_t n = lowest; n < room;) {
		uint64_t taken = used[n / 64] | ((UINT64_C(1) << n % 64) - 1);

		if (taken != UINT64_MAX)
			return n / 64 * 64 + (uint32_t)__builtin_ctzll(~taken);
		n = (n / 64 + 1) * 64;
	}
	return lowest > room ? lowest : room;
}

static struct descriptor *find(int64_t number)
{
	if (number < 0 || number >= room || !table[number].file)
		return NULL;
	return &table[number];
}

/* The program passes an int; what lies above it does not count. */
struct file *descriptor_file(int64_t number)
{
	struct descriptor *found = find((int32_t)number);

	return found ? found->file : NULL;
}

struct file *descriptor_hold(int64_t number)
{
	struct file *file = descriptor_file(number);

	return file ? file_hold(file) : NULL;
}

static void put(uint32_t number, struct file *file, bool close_on_exec)
{
	table[number] = (struct descriptor){file, close_on_exec};
	set_used(number, true);
}

int descriptor_install(struct file *file, bool close_on_exec, int lowest)
{
	uint32_t number = lowest < 0 ? limit() : lowest_free((uint32_t)lowest);
	int r;

	if (number >= limit()) {
		file_release(file);
		return -EMFILE;
	}
	r = make_room(number);
	if (r) {
		file_release(file);
		return r;
	}
	put(number, file, close_on_exec);
	return (int)number;
}

static int drop(struct file *file)
{
	int r = 0;

	lock_close(file);
	if (file->ops->flush)
		r = file->ops->flush(file);
	file_release(file);
	return r;
}

int descriptor_close(int64_t number)
{
	struct descriptor *found = find((int32_t)number);
	struct file *file;

	if (!found)
		return -EBADF;
	file = found->file;
	*found = (struct descriptor){0};
	set_used((uint32_t)number, false);
	return drop(file);
}

int descriptor_replace(struct file *file, int number, bool close_on_exec)
{
	struct file *old;
	int r;

	if (number < 0 || (uint32_t)number >= limit()) {
		file_release(file);
		return -EBADF;
	}
	r = make_room((uint32_t)number);
	if (r) {
		file_release(file);
		return r;
	}
	old = table[number].file;
	put((uint32_t)number, file, close_on_exec);
	if (old)
		drop(old);
	return number;
}

bool descriptor_close_on_exec(int64_t number)
{
	struct descriptor *found = find((int32_t)number);

	return found && found->close_on_exec;
}

void descriptor_set_close_on_exec(int64_t number, bool on)
{
	struct descriptor *found = find((int32_t)number);

	if (found)
		found->close_on_exec = on;
}

int descriptor_next(int n)
{
	for (uint32_t i = n < 0 ? 0 : (uint32_t)n; i < room; i++)
		if (table[i].file)
			return (int)i;
	return -1;
}
