/* SPDX-License-Identifier: ISC */
/* links: guest/linux/erofs.o */

/* The reader of root images, on an image made here by hand and on what an enemy
 * could make of it. */

#include "guest/linux/erofs.h"
#include "guest/linux/errno.h"
#include "guest/linux/modes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

#define BLOCK  4096u
#define BLOCKS 4u
#define SIZE   (BLOCKS * BLOCK)
#define SUPER  1024u
/* Inodes, by number (32 bytes each): after the superblock, one in block 1. */
#define ROOT        36u
#define FILE_PLAIN  64u
#define FILE_INLINE 70u
#define LINK        80u
#define DEVICE      84u
#define BAD         90u

static uint8_t *image;
static struct erofs erofs;

static void put16(uint32_t at, uint16_t value)
{
	memcpy(image + at, &value, sizeof(value));
}
static void put32(uint32_t at, uint32_t value)
{
	memcpy(image + at, &value, sizeof(value));
}
static void put64(uint32_t at, uint64_t value)
{
	memcpy(image + at, &value, sizeof(value));
}

static void put_compact(uint32_t nid, unsigned layout, uint32_t mode,
                        uint32_t size, uint32_t start)
{
	uint32_t at = nid * 32;

	put16(at, (uint16_t)(layout << 1));
	put16(at + 4, (uint16_t)mode);
	put16(at + 6, 1);
	put32(at + 8, size);
	put32(at + 16, start);
	put16(at + 24, 7);
	put16(at + 26, 8);
}

static void put_extended(uint32_t nid, unsigned layout, uint32_t mode,
                         uint64_t size, uint32_t start)
{
	uint32_t at = nid * 32;

	put16(at, (uint16_t)(1 | layout << 1));
	put16(at + 4, (uint16_t)mode);
	put64(at + 8, size);
	put32(at + 16, start);
	put32(at + 24, 100000);
	put32(at + 28, 100001);
	put64(at + 32, 1700000000);
	put32(at + 40, 5);
	put32(at + 44, 3);
}

/* "." and "..", then three names; the folder's bytes follow its inode. */
static void put_root(void)
{
	static const struct {
		const char *name;
		uint32_t nid;
		uint8_t type;
	} entries[] = {
	        {".", ROOT, 2},        {"..", ROOT, 2},
	        {"device", DEVICE, 3}, {"inline", FILE_INLINE, 1},
	        {"link", LINK, 7},     {"plain", FILE_PLAIN, 1},
	};
	uint32_t at = ROOT * 32 + 64, name = 6 * 12;

	for (unsigned i = 0; i < 6; i++) {
		put64(at + i * 12, entries[i].nid);
		put16(at + i * 12 + 8, (uint16_t)name);
		image[at + i * 12 + 10] = entries[i].type;
		memcpy(image + at + name, entries[i].name,
		       strlen(entries[i].name));
		name += (uint32_t)strlen(entries[i].name);
	}
	put_extended(ROOT, 2, S_IFDIR | 0755, name, 0);
}

static int set_up(void **state)
{
	(void)state;
	/* Exactly as large as it says: one byte further is an error. */
	image = calloc(1, SIZE);
	assert_non_null(image);
	put32(SUPER, 0xe0f5e1e2);
	image[SUPER + 12] = 12;
	put16(SUPER + 14, ROOT);
	put64(SUPER + 24, 1600000000);
	put32(SUPER + 36, BLOCKS);
	put_root();
	put_extended(FILE_PLAIN, 0, S_IFREG | 0644, BLOCK + 100, 2);
	memset(image + 2 * BLOCK, 'a', BLOCK);
	memset(image + 3 * BLOCK, 'b', 100);
	put_compact(FILE_INLINE, 2, S_IFREG | 0600, 5, 0);
	memcpy(image + FILE_INLINE * 32 + 32, "hello", 5);
	put_compact(LINK, 2, S_IFLNK | 0777, 5, 0);
	memcpy(image + LINK * 32 + 32, "plain", 5);
	put_compact(DEVICE, 0, S_IFCHR | 0666, 0, 0x103);
	return erofs_open(&erofs, image, SIZE);
}

static int tear_down(void **state)
{
	(void)state;
	free(image);
	return 0;
}

static void reads_both_inode_forms(void **state)
{
	struct erofs_inode inode;

	(void)state;
	assert_int_equal(erofs_inode(&erofs, FILE_PLAIN, &inode), 0);
	assert_int_equal(inode.mode, S_IFREG | 0644);
	assert_int_equal(inode.size, BLOCK + 100);
	assert_int_equal(inode.uid, 100000);
	assert_int_equal(inode.gid, 100001);
	assert_int_equal(inode.links, 3);
	assert_int_equal(inode.modified, UINT64_C(1700000000000000005));
	assert_int_equal(erofs_inode(&erofs, FILE_INLINE, &inode), 0);
	assert_int_equal(inode.mode, S_IFREG | 0600);
	assert_int_equal(inode.uid, 7);
	assert_int_equal(inode.gid, 8);
	assert_int_equal(inode.modified, UINT64_C(1600000000000000000));
}

static void finds_the_bytes(void **state)
{
	struct erofs_inode inode;
	const uint8_t *bytes;
	uint64_t run;

	(void)state;
	assert_int_equal(erofs_inode(&erofs, FILE_PLAIN, &inode), 0);
	bytes = erofs_bytes(&erofs, &inode, 10, &run);
	assert_ptr_equal(bytes, image + 2 * BLOCK + 10);
	assert_int_equal(run, BLOCK + 90);
	assert_null(erofs_bytes(&erofs, &inode, BLOCK + 100, &run));
	assert_int_equal(erofs_inode(&erofs, FILE_INLINE, &inode), 0);
	bytes = erofs_bytes(&erofs, &inode, 1, &run);
	assert_int_equal(run, 4);
	assert_memory_equal(bytes, "ello", 4);
}

static void skips_extended_attributes(void **state)
{
	struct erofs_inode inode;
	uint64_t run;

	(void)state;
	/* Three of them: 12 + 2 * 4 bytes between inode and tail. */
	put16(FILE_INLINE * 32 + 2, 3);
	memcpy(image + FILE_INLINE * 32 + 32 + 20, "moved", 5);
	assert_int_equal(erofs_inode(&erofs, FILE_INLINE, &inode), 0);
	assert_memory_equal(erofs_bytes(&erofs, &inode, 0, &run), "moved", 5);
}

static void knows_devices(void **state)
{
	struct erofs_inode inode;

	(void)state;
	assert_int_equal(erofs_inode(&erofs, DEVICE, &inode), 0);
	assert_int_equal(device_major(inode.special), 1);
	assert_int_equal(device_minor(inode.special), 3);
	assert_int_equal(inode.size, 0);
}

static int note(void *context, const char *name, size_t size, uint64_t nid)
{
	char *text = context;

	sprintf(text + strlen(text), "%.*s=%u ", (int)size, name,
	        (unsigned)nid);
	return 0;
}

static int stop(void *context, const char *name, size_t size, uint64_t nid)
{
	(void)name;
	(void)size;
	(void)nid;
	++*(int *)context;
	return 42;
}

static int list(char *text)
{
	struct erofs_inode root;
	int r = erofs_inode(&erofs, ROOT, &root);

	*text = 0;
	return r ? r : erofs_list(&erofs, &root, note, text);
}

static void lists_without_dots(void **state)
{
	struct erofs_inode inode;
	char text[200];
	int calls = 0;

	(void)state;
	assert_int_equal(list(text), 0);
	assert_string_equal(text, "device=84 inline=70 link=80 plain=64 ");
	assert_int_equal(erofs_inode(&erofs, ROOT, &inode), 0);
	assert_int_equal(erofs_list(&erofs, &inode, stop, &calls), 42);
	assert_int_equal(calls, 1);
	assert_int_equal(erofs_inode(&erofs, LINK, &inode), 0);
	assert_int_equal(erofs_list(&erofs, &inode, stop, &calls), -ENOTDIR);
}

static void refuses_other_images(void **state)
{
	struct erofs other;

	(void)state;
	assert_int_equal(erofs_open(&other, image, SUPER + 127), -EUCLEAN);
	assert_int_equal(erofs_open(&other, image, 0), -EUCLEAN);
	put32(SUPER, 0xe0f5e1e3);
	assert_int_equal(erofs_open(&other, image, SIZE), -EUCLEAN);
	put32(SUPER, 0xe0f5e1e2);
	put32(SUPER + 80, 4); /* chunks */
	assert_int_equal(erofs_open(&other, image, SIZE), -EOPNOTSUPP);
	put32(SUPER + 80, 0);
	image[SUPER + 12] = 40;
	assert_int_equal(erofs_open(&other, image, SIZE), -EUCLEAN);
	image[SUPER + 12] = 12;
	put16(SUPER + 14, FILE_PLAIN);
	assert_int_equal(erofs_open(&other, image, SIZE), -EUCLEAN);
}

static void refuses_bytes_outside(void **state)
{
	struct erofs_inode inode;

	(void)state;
	assert_int_equal(erofs_inode(&erofs, UINT64_MAX, &inode), -EUCLEAN);
	assert_int_equal(erofs_inode(&erofs, SIZE / 32, &inode), -EUCLEAN);
	put_extended(BAD, 0, S_IFREG, UINT64_MAX, 0);
	assert_int_equal(erofs_inode(&erofs, BAD, &inode), -EUCLEAN);
	put_extended(BAD, 0, S_IFREG, BLOCK, BLOCKS);
	assert_int_equal(erofs_inode(&erofs, BAD, &inode), -EUCLEAN);
	put_extended(BAD, 0, S_IFREG, 1, UINT32_MAX);
	assert_int_equal(erofs_inode(&erofs, BAD, &inode), -EUCLEAN);
	put_extended(BAD, 0, S_IFREG, BLOCK + 1, BLOCKS - 1);
	assert_int_equal(erofs_inode(&erofs, BAD, &inode), -EUCLEAN);
	/* A tail beyond the inode's own block. */
	put_extended(BAD, 2, S_IFREG, BLOCK, 0);
	assert_int_equal(erofs_inode(&erofs, BAD, &inode), -EUCLEAN);
	put_extended(BAD, 3, S_IFREG, 10, 0); /* compressed */
	assert_int_equal(erofs_inode(&erofs, BAD, &inode), -EOPNOTSUPP);
	put_extended(BAD, 0, 0170000, 0, 0);
	assert_int_equal(erofs_inode(&erofs, BAD, &inode), -EUCLEAN);
	put_compact(BAD, 0, S_IFLNK, 0, 0);
	assert_int_equal(erofs_inode(&erofs, BAD, &inode), -EUCLEAN);
}

static void refuses_bad_folders(void **state)
{
	uint32_t at = ROOT * 32 + 64;
	char text[200];

	(void)state;
	put16(at + 8, 7); /* not a multiple of an entry */
	assert_int_equal(list(text), -EUCLEAN);
	put16(at + 8, 0);
	assert_int_equal(list(text), -EUCLEAN);
	put16(at + 8, 65520);
	assert_int_equal(list(text), -EUCLEAN);
	put16(at + 8, 72);
	put16(at + 12 + 8, 4000); /* beyond the folder's end */
	assert_int_equal(list(text), -EUCLEAN);
	put_root();
	image[at + 72 + 3] = '/';
	assert_int_equal(list(text), -EUCLEAN);
	put_root();
	assert_int_equal(list(text), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	        TEST(reads_both_inode_forms),    TEST(finds_the_bytes),
	        TEST(skips_extended_attributes), TEST(knows_devices),
	        TEST(lists_without_dots),        TEST(refuses_other_images),
	        TEST(refuses_bytes_outside),     TEST(refuses_bad_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
