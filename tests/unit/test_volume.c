/* SPDX-License-Identifier: ISC */
/* links: device/volume/path.o device/volume/files.o device/volume/names.o
 * device/volume/list.o device/volume/serve.o */
#define _GNU_SOURCE
#include "test.h"

#include "volume_folder.h"

/* What the requests of a well-behaved guest do. */

static struct bh_volume_attributes attributes(void)
{
	struct bh_volume_attributes a;

	assert_int_equal(reply.size, sizeof(a));
	memcpy(&a, reply_bytes, sizeof(a));
	return a;
}

static void reads_what_was_written(void **state)
{
	uint64_t handle = open_handle("a file", NEW);

	(void)state;
	assert_int_not_equal(handle, 0);
	assert_int_equal(handle >> 32, GENERATION);
	assert_int_equal(attributes().mode, S_IFREG | 0644);
	assert_int_equal(write_bytes(handle, 3, "hello"), 0);
	assert_int_equal(reply.value[0], 5);
	assert_int_equal(reply.value[1], 8);
	assert_int_equal(serve(BH_VOLUME_READ, handle, 0, 100, 0, NULL, 0), 0);
	assert_int_equal(reply.size, 8);
	assert_memory_equal(reply_bytes, "\0\0\0hello", 8);
	assert_int_equal(serve(BH_VOLUME_READ, handle, 8, 100, 0, NULL, 0), 0);
	assert_int_equal(reply.size, 0);
	assert_int_equal(serve(BH_VOLUME_FSYNC, handle, 0, 0, 0, NULL, 0), 0);
	assert_int_equal(serve(BH_VOLUME_FSYNC, handle, 1, 0, 0, NULL, 0), 0);
	assert_int_equal(serve(BH_VOLUME_TRUNCATE, handle, 4, 0, 0, NULL, 0),
	                 0);
	assert_int_equal(serve(BH_VOLUME_ATTRIBUTES, handle, 0, 0, 0, NULL, 0),
	                 0);
	assert_int_equal(attributes().size, 4);
	assert_int_equal(attributes().links, 1);
	assert_int_equal(serve(BH_VOLUME_CLOSE, handle, 0, 0, 0, NULL, 0), 0);
	assert_int_equal(serve(BH_VOLUME_CLOSE, handle, 0, 0, 0, NULL, 0),
	                 -EBADF);
}

static void appends_only_at_the_end(void **state)
{
	uint64_t handle = open_handle("log", NEW);

	(void)state;
	assert_int_equal(serve(BH_VOLUME_WRITE, handle, 0, 1, 0, "one", 3), 0);
	assert_int_equal(serve(BH_VOLUME_WRITE, handle, 0, 1, 0, "two", 3),
	                 -EAGAIN);
	assert_int_equal(reply.value[1], 3);
	assert_int_equal(serve(BH_VOLUME_WRITE, handle, 3, 1, 0, "two", 3), 0);
	assert_int_equal(serve(BH_VOLUME_READ, handle, 0, 9, 0, NULL, 0), 0);
	assert_int_equal(reply.size, 6);
	assert_memory_equal(reply_bytes, "onetwo", 6);
}

static void opens_as_asked(void **state)
{
	uint64_t exclusive = NEW | BH_VOLUME_OPEN_EXCLUSIVE;
	uint64_t handle = open_handle("f", exclusive);

	(void)state;
	assert_int_not_equal(handle, 0);
	assert_int_equal(write_bytes(handle, 0, "12345"), 0);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "f", exclusive, 0644),
	                 -EEXIST);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "g", BH_VOLUME_OPEN_READ, 0),
	                 -ENOENT);
	handle = open_handle("f", BH_VOLUME_OPEN_READ);
	assert_int_equal(write_bytes(handle, 0, "x"), -EBADF);
	assert_int_equal(serve(BH_VOLUME_TRUNCATE, handle, 0, 0, 0, NULL, 0),
	                 -EBADF);
	handle = open_handle("f",
	                     BH_VOLUME_OPEN_WRITE | BH_VOLUME_OPEN_TRUNCATE);
	assert_int_equal(attributes().size, 0);
	assert_int_equal(serve(BH_VOLUME_READ, handle, 0, 1, 0, NULL, 0),
	                 -EBADF);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "", BH_VOLUME_OPEN_READ, 0),
	                 0);
	assert_int_equal(attributes().mode & S_IFMT, S_IFDIR);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "", BH_VOLUME_OPEN_WRITE, 0),
	                 -EISDIR);
}

static void allocates(void **state)
{
	uint64_t handle = open_handle("f", NEW);

	(void)state;
	assert_int_equal(serve(BH_VOLUME_ALLOCATE, handle, 0, 8192, 0, NULL, 0),
	                 0);
	assert_int_equal(write_bytes(handle, 0, "abc"), 0);
	assert_int_equal(serve(BH_VOLUME_ALLOCATE, handle, 0, 4096, 3, NULL, 0),
	                 0);
	assert_int_equal(serve(BH_VOLUME_READ, handle, 0, 3, 0, NULL, 0), 0);
	assert_memory_equal(reply_bytes, "\0\0\0", 3);
	assert_int_equal(serve(BH_VOLUME_ALLOCATE, handle, 0, 4096, 8, NULL, 0),
	                 -EOPNOTSUPP);
}

static void changes_names(void **state)
{
	(void)state;
	assert_int_equal(on_path(BH_VOLUME_MAKE_FOLDER, "d", 0750, 0), 0);
	assert_int_equal(on_path(BH_VOLUME_MAKE_FOLDER, "d", 0750, 0), -EEXIST);
	assert_int_equal(on_path(BH_VOLUME_LOOKUP, "d", 0, 0), 0);
	assert_int_equal(attributes().mode, S_IFDIR | 0750);
	assert_int_not_equal(open_handle("d/a", NEW), 0);
	assert_int_equal(on_two(BH_VOLUME_LINK, "d/a", "b", 0), 0);
	assert_int_equal(on_path(BH_VOLUME_LOOKUP, "b", 0, 0), 0);
	assert_int_equal(attributes().links, 2);
	assert_int_equal(on_two(BH_VOLUME_RENAME, "b", "d/c", 0), 0);
	assert_int_equal(on_path(BH_VOLUME_LOOKUP, "b", 0, 0), -ENOENT);
	assert_int_not_equal(open_handle("e", NEW), 0);
	assert_int_equal(on_two(BH_VOLUME_RENAME, "e", "d/c", 1), -EEXIST);
	assert_int_equal(on_two(BH_VOLUME_RENAME, "e", "d", 2), 0);
	assert_int_equal(on_path(BH_VOLUME_LOOKUP, "e/c", 0, 0), 0);
	assert_int_equal(on_path(BH_VOLUME_REMOVE_FOLDER, "e", 0, 0),
	                 -ENOTEMPTY);
	assert_int_equal(on_path(BH_VOLUME_UNLINK, "e", 0, 0), -EISDIR);
	assert_int_equal(on_path(BH_VOLUME_UNLINK, "e/a", 0, 0), 0);
	assert_int_equal(on_path(BH_VOLUME_UNLINK, "e/c", 0, 0), 0);
	assert_int_equal(on_path(BH_VOLUME_REMOVE_FOLDER, "e", 0, 0), 0);
	assert_int_equal(on_path(BH_VOLUME_SYNC_FOLDER, "", 0, 0), 0);
}

static void links_symbolically(void **state)
{
	(void)state;
	assert_int_equal(on_two(BH_VOLUME_SYMLINK, "/etc/passwd", "l", 0), 0);
	assert_int_equal(on_path(BH_VOLUME_READ_LINK, "l", 0, 0), 0);
	assert_int_equal(reply.size, 11);
	assert_memory_equal(reply_bytes, "/etc/passwd", 11);
	assert_int_equal(on_path(BH_VOLUME_LOOKUP, "l", 0, 0), 0);
	assert_int_equal(attributes().mode & S_IFMT, S_IFLNK);
	assert_int_equal(on_two(BH_VOLUME_LINK, "l", "m", 0), 0);
	assert_int_equal(on_two(BH_VOLUME_RENAME, "m", "n", 0), 0);
	assert_int_equal(on_path(BH_VOLUME_UNLINK, "n", 0, 0), 0);
	assert_int_equal(on_path(BH_VOLUME_READ_LINK, "", 0, 0), -EINVAL);
}

static void sets_mode_and_times(void **state)
{
	(void)state;
	assert_int_not_equal(open_handle("f", NEW), 0);
	assert_int_equal(on_path(BH_VOLUME_SET_MODE, "f", 0600, 0), 0);
	assert_int_equal(on_path(BH_VOLUME_SET_TIMES, "f", 1000000001, 7), 0);
	assert_int_equal(on_path(BH_VOLUME_LOOKUP, "f", 0, 0), 0);
	assert_int_equal(attributes().mode, S_IFREG | 0600);
	assert_int_equal(attributes().accessed, 1000000001);
	assert_int_equal(attributes().modified, 7);
	assert_int_equal(on_path(BH_VOLUME_SET_TIMES, "f", BH_NEVER, 9), 0);
	assert_int_equal(on_path(BH_VOLUME_LOOKUP, "f", 0, 0), 0);
	assert_int_equal(attributes().accessed, 1000000001);
	assert_int_equal(attributes().modified, 9);
	assert_int_equal(on_path(BH_VOLUME_SET_MODE, "", 0711, 0), 0);
	assert_int_equal(on_path(BH_VOLUME_SET_TIMES, "", 5, 6), 0);
	assert_int_equal(on_path(BH_VOLUME_LOOKUP, "", 0, 0), 0);
	assert_int_equal(attributes().mode, S_IFDIR | 0711);
	assert_int_equal(attributes().modified, 6);
}

static void tells_the_space(void **state)
{
	struct bh_volume_space space;

	(void)state;
	assert_int_equal(serve(BH_VOLUME_SPACE, 0, 0, 0, 0, NULL, 0), 0);
	assert_int_equal(reply.size, sizeof(space));
	memcpy(&space, reply_bytes, sizeof(space));
	assert_true(space.block_size > 0);
	assert_true(space.blocks >= space.blocks_free);
}

/* Reads a whole listing; counts the replies; checks order and form. */
static unsigned list_all(const char *path, unsigned *replies)
{
	char last[BH_VOLUME_NAME_MAX + 1] = "";
	unsigned count = 0;

	*replies = 0;
	do {
		assert_int_equal(on_two(BH_VOLUME_LIST, path, last, 0), 0);
		assert_true(reply.size <= BH_VOLUME_DATA_MAX);
		for (size_t at = 0; at < reply.size; count++) {
			struct bh_volume_entry entry;
			const char *name =
			        (char *)reply_bytes + at + sizeof(entry);

			memcpy(&entry, reply_bytes + at, sizeof(entry));
			assert_int_equal(entry.size % 8, 0);
			assert_true(entry.size >= sizeof(entry) + 8);
			assert_true(strcmp(name, last) > 0);
			strcpy(last, name);
			at += entry.size;
			assert_true(at <= reply.size);
		}
		++*replies;
	} while (reply.value[0]);
	return count;
}

static void lists_sorted(void **state)
{
	struct bh_volume_entry entry;
	unsigned replies;

	(void)state;
	assert_int_equal(on_path(BH_VOLUME_MAKE_FOLDER, "b", 0755, 0), 0);
	assert_int_not_equal(open_handle("\xff", NEW), 0);
	assert_int_not_equal(open_handle("a", NEW), 0);
	assert_int_equal(on_two(BH_VOLUME_SYMLINK, "x", "A", 0), 0);
	assert_int_equal(list_all("", &replies), 4);
	assert_int_equal(replies, 1);
	memcpy(&entry, reply_bytes, sizeof(entry));
	assert_string_equal(reply_bytes + sizeof(entry), "A");
	assert_int_equal(entry.type, DT_LNK);
	assert_int_equal(on_two(BH_VOLUME_LIST, "", "a5", 0), 0);
	memcpy(&entry, reply_bytes, sizeof(entry));
	assert_string_equal(reply_bytes + sizeof(entry), "b");
	assert_int_equal(entry.type, DT_DIR);
	assert_int_equal(on_two(BH_VOLUME_LIST, "a", "", 0), -ENOTDIR);
	assert_int_equal(list_all("b", &replies), 0);
}

/* More than the arena of the device holds at a time. */
static void lists_a_large_folder(void **state)
{
	char name[256], number[8];
	unsigned replies;

	(void)state;
	memset(name, 'n', 250);
	for (unsigned i = 0; i < 5000; i++) {
		/* In an order that is none. */
		snprintf(number, sizeof(number), "%05u", i * 2741 % 5000);
		memcpy(name + 244, number, 6);
		close(openat(volume.folder, name, O_CREAT | O_WRONLY, 0600));
	}
	assert_int_equal(list_all("", &replies), 5000);
	assert_int_equal(replies, 11); /* 280 bytes an entry, 468 a reply */
}

static void closes_at_the_beginning(void **state)
{
	uint64_t handle = open_handle("f", NEW);

	(void)state;
	assert_int_equal(serve(BH_VOLUME_ATTACH, 0, 0, 0, 0, NULL, 0), 0);
	assert_int_equal(reply.value[0], 0);
	assert_int_equal(reply.value[3], GENERATION);
	assert_int_equal(write_bytes(handle, 0, "x"), -EBADF);
}

#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(reads_what_was_written),
	        CASE(appends_only_at_the_end),
	        CASE(opens_as_asked),
	        CASE(allocates),
	        CASE(changes_names),
	        CASE(links_symbolically),
	        CASE(sets_mode_and_times),
	        CASE(tells_the_space),
	        CASE(lists_sorted),
	        CASE(lists_a_large_folder),
	        CASE(closes_at_the_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
