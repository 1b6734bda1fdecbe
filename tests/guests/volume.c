/* SPDX-License-Identifier: ISC */

/*
 * Speaks the volume protocol with the device behind the channel "volume-0".
 *
 *      volume all              every operation, once; prints what it finds
 *      volume read-only        the same questions to a volume that stays so
 *      volume hostile          ways out of the folder; none may succeed
 *      volume load COUNT       writes, syncs and reads; says how often it was
 *                              told of a failure, and never sees a wrong byte
 *      volume append COUNT     lines "N\n" to the file log, each exactly once
 *                              unless it is told of a failure
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bh.h>

#include "abi/protocol/volume.h"

#define EIO    5
#define EAGAIN 11

static unsigned channel;
static uint64_t generation;
static uint8_t data[BH_VOLUME_DATA_MAX];
static const struct bh_record *reply; /* of the last request */

static void fail(const char *what)
{
	printf("volume: %s: status %d\n", what, reply ? (int)reply->status : 1);
	exit(1);
}

static int ask(unsigned type, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
               const void *payload, size_t size)
{
	reply = bh_request(channel, type, BH_VALUES(a, b, c, d), payload, size);
	if (!reply)
		fail("no reply");
	if (reply->value[3])
		generation = reply->value[3];
	return reply->status;
}

static int on_path(unsigned type, const char *path, uint64_t b, uint64_t c)
{
	return ask(type, 0, b, c, 0, path, strlen(path));
}

static int on_two(unsigned type, const char *first, const char *second,
                  uint64_t flags)
{
	char both[1024];
	size_t a = strlen(first) + 1, b = strlen(second) + 1;

	memcpy(both, first, a);
	memcpy(both + a, second, b);
	return ask(type, 0, flags, 0, 0, both, a + b);
}

static int on_handle(unsigned type, uint64_t handle, uint64_t b, uint64_t c)
{
	return ask(type, handle, b, c, 0, NULL, 0);
}

#define NEW (BH_VOLUME_OPEN_READ | BH_VOLUME_OPEN_WRITE | BH_VOLUME_OPEN_CREATE)

/* Zero: failed. */
static uint64_t open_file(const char *path, uint64_t flags)
{
	return on_path(BH_VOLUME_OPEN, path, flags, 0644) ? 0 : reply->value[0];
}

static void must(int status, const char *what)
{
	if (status)
		fail(what);
}

/* ---------------------------------------------------------------------- all */

static struct bh_volume_attributes attributes(void)
{
	struct bh_volume_attributes a;

	if (bh_payload_size(reply) != sizeof(a))
		fail("the size of attributes");
	memcpy(&a, bh_payload(reply), sizeof(a));
	return a;
}

static void print_list(const char *path)
{
	struct bh_volume_entry entry;
	size_t size, at;

	must(on_two(BH_VOLUME_LIST, path, "", 0), "list");
	size = bh_payload_size(reply);
	/* printf() may exchange, and then the reply is gone. */
	memcpy(data, bh_payload(reply), size);
	for (at = 0; at < size; at += entry.size) {
		memcpy(&entry, data + at, sizeof(entry));
		printf("entry %s type %u\n",
		       (const char *)data + at + sizeof(entry), entry.type);
	}
}

static void use_a_file(void)
{
	uint64_t file = open_file("file", NEW | BH_VOLUME_OPEN_EXCLUSIVE);
	struct bh_volume_attributes a;

	if (!file)
		fail("create");
	must(ask(BH_VOLUME_WRITE, file, 0, 0, 0, "Hello, world\n", 13),
	     "write");
	printf("wrote %" PRIu64 ", size %" PRIu64 "\n", reply->value[0],
	       reply->value[1]);
	must(ask(BH_VOLUME_WRITE, file, 13, 1, 0, "more\n", 5), "append");
	printf("append elsewhere: %d\n",
	       ask(BH_VOLUME_WRITE, file, 1, 1, 0, "no", 2));
	must(on_handle(BH_VOLUME_FSYNC, file, 0, 0), "fsync");
	must(on_handle(BH_VOLUME_FSYNC, file, 1, 0), "fdatasync");
	must(on_handle(BH_VOLUME_READ, file, 7, 100), "read");
	printf("read %.*s", (int)bh_payload_size(reply),
	       (const char *)bh_payload(reply));
	must(on_handle(BH_VOLUME_ALLOCATE, file, 0, 4096), "allocate");
	must(on_handle(BH_VOLUME_TRUNCATE, file, 18, 0), "truncate");
	must(on_handle(BH_VOLUME_ATTRIBUTES, file, 0, 0), "attributes");
	a = attributes();
	printf("size %" PRIu64 ", mode %o, links %u\n", a.size,
	       (unsigned)a.mode, (unsigned)a.links);
	must(on_handle(BH_VOLUME_CLOSE, file, 0, 0), "close");
	printf("closed: %d\n", on_handle(BH_VOLUME_CLOSE, file, 0, 0));
}

static void use_large_pieces(void)
{
	uint64_t file = open_file("large", NEW);

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	must(ask(BH_VOLUME_WRITE, file, 1, 0, 0, data, sizeof(data)), "write");
	must(on_handle(BH_VOLUME_READ, file, 1, sizeof(data)), "read");
	if (bh_payload_size(reply) != sizeof(data) ||
	    memcmp(bh_payload(reply), data, sizeof(data)))
		fail("what was read");
	must(on_handle(BH_VOLUME_CLOSE, file, 0, 0), "close");
}

static void use_names(void)
{
	struct bh_volume_attributes a;

	must(on_path(BH_VOLUME_MAKE_FOLDER, "folder", 0755, 0), "mkdir");
	must(on_two(BH_VOLUME_LINK, "file", "folder/link", 0), "link");
	must(on_two(BH_VOLUME_SYMLINK, "../elsewhere", "folder/symlink", 0),
	     "symlink");
	must(on_path(BH_VOLUME_READ_LINK, "folder/symlink", 0, 0), "readlink");
	printf("leads to %.*s\n", (int)bh_payload_size(reply),
	       (const char *)bh_payload(reply));
	must(on_two(BH_VOLUME_RENAME, "folder/link", "folder/name", 0),
	     "rename");
	must(on_path(BH_VOLUME_SET_MODE, "folder/name", 0600, 0), "chmod");
	must(on_path(BH_VOLUME_SET_TIMES, "folder/name",
	             UINT64_C(1000000000000000000), 2000000000),
	     "utimes");
	must(on_path(BH_VOLUME_LOOKUP, "file", 0, 0), "lookup");
	a = attributes();
	printf("mode %o, links %u, modified %" PRIu64 "\n", (unsigned)a.mode,
	       (unsigned)a.links, a.modified);
	print_list("");
	print_list("folder");
	printf("not empty: %d\n",
	       on_path(BH_VOLUME_REMOVE_FOLDER, "folder", 0, 0));
	must(on_path(BH_VOLUME_UNLINK, "folder/symlink", 0, 0), "unlink");
	must(on_two(BH_VOLUME_RENAME, "folder/name", "other", 0), "rename");
	must(on_path(BH_VOLUME_REMOVE_FOLDER, "folder", 0, 0), "rmdir");
	must(on_path(BH_VOLUME_SYNC_FOLDER, "", 0, 0), "sync");
	must(ask(BH_VOLUME_SPACE, 0, 0, 0, 0, NULL, 0), "space");
	if (bh_payload_size(reply) != sizeof(struct bh_volume_space))
		fail("the size of space");
}

static int do_all(void)
{
	must(ask(BH_VOLUME_ATTACH, 0, 0, 0, 0, NULL, 0), "attach");
	printf("read-only %" PRIu64 "\n", reply->value[0]);
	use_a_file();
	use_large_pieces();
	use_names();
	return 0;
}

static int do_read_only(void)
{
	uint64_t file;

	must(ask(BH_VOLUME_ATTACH, 0, 0, 0, 0, NULL, 0), "attach");
	printf("read-only %" PRIu64 "\n", reply->value[0]);
	print_list("");
	file = open_file("here", BH_VOLUME_OPEN_READ);
	if (!file)
		fail("open");
	must(on_handle(BH_VOLUME_READ, file, 0, 100), "read");
	printf("read %.*s", (int)bh_payload_size(reply),
	       (const char *)bh_payload(reply));
	printf("open %d\n", on_path(BH_VOLUME_OPEN, "here", NEW, 0));
	printf("create %d\n", on_path(BH_VOLUME_OPEN, "new", NEW, 0));
	printf("write %d\n", ask(BH_VOLUME_WRITE, file, 0, 0, 0, "x", 1));
	printf("unlink %d\n", on_path(BH_VOLUME_UNLINK, "here", 0, 0));
	printf("rename %d\n", on_two(BH_VOLUME_RENAME, "here", "there", 0));
	printf("mkdir %d\n", on_path(BH_VOLUME_MAKE_FOLDER, "d", 0755, 0));
	printf("chmod %d\n", on_path(BH_VOLUME_SET_MODE, "here", 0, 0));
	printf("utimes %d\n", on_path(BH_VOLUME_SET_TIMES, "here", 1, 1));
	printf("truncate %d\n", on_handle(BH_VOLUME_TRUNCATE, file, 0, 0));
	return 0;
}

/* ------------------------------------------------------------------ hostile */

static void try_path(const char *path)
{
	static const unsigned types[] = {
	        BH_VOLUME_LOOKUP,      BH_VOLUME_MAKE_FOLDER,
	        BH_VOLUME_UNLINK,      BH_VOLUME_READ_LINK,
	        BH_VOLUME_SET_MODE,    BH_VOLUME_SET_TIMES,
	        BH_VOLUME_SYNC_FOLDER, BH_VOLUME_REMOVE_FOLDER,
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!on_path(types[i], path, 1, 0))
			fail(path);
	if (open_file(path, BH_VOLUME_OPEN_READ) || open_file(path, NEW))
		fail(path);
	if (!on_two(BH_VOLUME_RENAME, path, "got", 0) ||
	    !on_two(BH_VOLUME_LINK, path, "got", 0) ||
	    !on_two(BH_VOLUME_RENAME, "mine", path, 0) ||
	    !on_two(BH_VOLUME_LINK, "mine", path, 0) ||
	    !on_two(BH_VOLUME_SYMLINK, "x", path, 0) ||
	    !on_two(BH_VOLUME_LIST, path, "", 0))
		fail(path);
}

static int do_hostile(void)
{
	static const char *const paths[] = {
	        "../secret",       "/etc/passwd",    "up/secret",
	        "root/etc/passwd", "d/../../secret", "..",
	        "magic/secret",    "up/new",         "./mine",
	};

	must(ask(BH_VOLUME_ATTACH, 0, 0, 0, 0, NULL, 0), "attach");
	if (!open_file("mine", NEW))
		fail("create");
	must(on_path(BH_VOLUME_MAKE_FOLDER, "d", 0755, 0), "mkdir");
	must(on_two(BH_VOLUME_SYMLINK, "..", "up", 0), "symlink");
	must(on_two(BH_VOLUME_SYMLINK, "/", "root", 0), "symlink");
	must(on_two(BH_VOLUME_SYMLINK, "/proc/self/cwd", "magic", 0),
	     "symlink");
	must(on_two(BH_VOLUME_SYMLINK, "../secret", "link", 0), "symlink");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		try_path(paths[i]);
	if (open_file("link", BH_VOLUME_OPEN_READ) || open_file("link", NEW))
		fail("link");
	if (!on_path(BH_VOLUME_SET_MODE, "mine", 04777, 0))
		fail("set-user-id");
	/* Requests that are none. */
	for (unsigned type = 1; type < 64; type++)
		ask(type, ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), 1, data,
		    sizeof(data));
	printf("stayed inside\n");
	return 0;
}

/* --------------------------------------------------------------------- load */

#define BLOCK  8192u
#define BLOCKS 16u

static void fill(uint8_t *block, unsigned number, uint64_t version)
{
	for (unsigned i = 0; i < BLOCK; i++)
		block[i] = (uint8_t)(number * 31 + version * 131 + i * 7 +
		                     i / 256);
}

static uint64_t failures;

/* Until it succeeds; the device's death is told, and then it works again. */
static uint64_t open_again(const char *path)
{
	for (unsigned tries = 0; tries < 100; tries++) {
		uint64_t file = open_file(path, NEW);

		if (file)
			return file;
		if (reply->status != -EIO)
			fail("open");
		failures++;
	}
	fail("open, again and again");
	return 0;
}

static void check_block(unsigned number, uint64_t version)
{
	fill(data, number, version);
	if (bh_payload_size(reply) != BLOCK ||
	    memcmp(bh_payload(reply), data, BLOCK)) {
		printf("volume: a wrong byte in block %u\n", number);
		exit(1);
	}
}

static int do_load(uint64_t count)
{
	uint64_t versions[BLOCKS] = {0}, file;

	must(ask(BH_VOLUME_ATTACH, 0, 0, 0, 0, NULL, 0), "attach");
	file = open_again("load");
	for (uint64_t i = 0; i < count; i++) {
		unsigned number = (unsigned)(i * 5 % BLOCKS);
		int r;

		fill(data, number, i + 1);
		while ((r = ask(BH_VOLUME_WRITE, file, number * BLOCK, 0, 0,
		                data, BLOCK)) == -EIO) {
			failures++;
			file = open_again("load");
		}
		if (r || reply->value[0] != BLOCK)
			fail("write");
		versions[number] = i + 1;
		if (i % 8 == 0 && on_handle(BH_VOLUME_FSYNC, file, 0, 0))
			failures++;
		number = (unsigned)(i * 3 % BLOCKS);
		if (!versions[number])
			continue;
		while ((r = on_handle(BH_VOLUME_READ, file, number * BLOCK,
		                      BLOCK)) == -EIO) {
			failures++;
			file = open_again("load");
		}
		must(r, "read");
		check_block(number, versions[number]);
	}
	printf("no wrong byte\n");
	return failures ? 3 : 0;
}

static int do_append(uint64_t count)
{
	uint64_t file, end = 0;
	char line[32];

	must(ask(BH_VOLUME_ATTACH, 0, 0, 0, 0, NULL, 0), "attach");
	file = open_again("log");
	for (uint64_t i = 0; i < count; i++) {
		int size = snprintf(line, sizeof(line), "%" PRIu64 "\n", i);
		int r;

		/* A line that failed may be there or not: look. */
		while ((r = ask(BH_VOLUME_WRITE, file, end, 1, 0, line,
		                (size_t)size))) {
			failures++;
			if (r == -EAGAIN &&
			    reply->value[1] == end + (uint64_t)size)
				break;
			if (r != -EIO)
				fail("append");
			file = open_again("log");
		}
		end += (uint64_t)size;
	}
	printf("appended\n");
	return failures ? 3 : 0;
}

int main(int argc, char **argv)
{
	int found = bh_find_channel("volume-0");
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 100;

	if (found < 0 || argc < 2) {
		printf("volume: no channel volume-0, or no word for what\n");
		return 2;
	}
	channel = (unsigned)found;
	if (!strcmp(argv[1], "all"))
		return do_all();
	if (!strcmp(argv[1], "read-only"))
		return do_read_only();
	if (!strcmp(argv[1], "hostile"))
		return do_hostile();
	if (!strcmp(argv[1], "load"))
		return do_load(count);
	return do_append(count);
}
