/* SPDX-License-Identifier: ISC */
/* links: guest/linux/erofs.o */

/*
 * The reader of root images on arbitrary bytes: every byte that it hands out
 * must be readable, and every walk must end.
 */

#include <stdlib.h>
#include <string.h>

#include "guest/linux/erofs.h"
#include "guest/linux/modes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEPTH_MAX   4u
#define ENTRIES_MAX 512u

static volatile uint8_t sink;

struct walk {
	const struct erofs *erofs;
	unsigned depth, *left;
};

static void require(int condition)
{
	if (!condition)
		abort();
}

static void read_bytes(const struct erofs *erofs,
                       const struct erofs_inode *inode)
{
	uint64_t run, done = 0;
	uint8_t sum = 0;

	for (const uint8_t *bytes;
	     (bytes = erofs_bytes(erofs, inode, done, &run)); done += run) {
		require(run > 0 && run <= inode->size - done);
		sum ^= (uint8_t)(bytes[0] ^ bytes[run - 1]);
		require(bytes >= erofs->image &&
		        bytes + run <= erofs->image + erofs->size);
	}
	require(done == inode->size);
	sink = sum;
}

static int visit(void *context, const char *name, size_t size, uint64_t nid)
{
	const struct walk *walk = context;
	struct walk below = *walk;
	struct erofs_inode inode;

	require(size > 0 && size <= 255 && !memchr(name, '/', size) &&
	        !memchr(name, 0, size));
	if (!--*walk->left)
		return 1;
	if (erofs_inode(walk->erofs, nid, &inode))
		return 0;
	if (mode_is(inode.mode, S_IFDIR)) {
		if (++below.depth < DEPTH_MAX)
			return erofs_list(walk->erofs, &inode, visit, &below) >
			       0;
	} else {
		read_bytes(walk->erofs, &inode);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of exactly that size, so that one byte more is found out. */
	uint8_t *image = malloc(size ? size : 1);
	unsigned left = ENTRIES_MAX;
	struct erofs_inode root;
	struct erofs erofs;
	struct walk walk = {&erofs, 0, &left};

	memcpy(image, data, size);
	if (!erofs_open(&erofs, image, size)) {
		require(!erofs_inode(&erofs, erofs.root, &root));
		read_bytes(&erofs, &root);
		erofs_list(&erofs, &root, visit, &walk);
	}
	free(image);
	return 0;
}
