/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "device/volume/volume.h"
#include "lib/cleanup.h"

/* The table of requests, and what all of them share. */

#define CHANGES    (1u << 0) /* refused on a read-only volume */
#define GENERATION (1u << 1) /* value[0] is a generation or zero */
#define HANDLE     (1u << 2) /* value[0] is a handle */
#define EMPTY      (1u << 3) /* no payload */

static const struct operation {
	volume_function *serve;
	unsigned flags;
	unsigned values; /* how many may be other than zero */
} operations[] = {
        [BH_VOLUME_OPEN] = {volume_open, GENERATION, 3},
        [BH_VOLUME_CLOSE] = {volume_close, HANDLE | EMPTY, 1},
        [BH_VOLUME_READ] = {volume_read, HANDLE | EMPTY, 3},
        [BH_VOLUME_WRITE] = {volume_write, HANDLE | CHANGES, 3},
        [BH_VOLUME_FSYNC] = {volume_fsync, HANDLE | EMPTY, 2},
        [BH_VOLUME_TRUNCATE] = {volume_truncate, HANDLE | EMPTY | CHANGES, 2},
        [BH_VOLUME_ALLOCATE] = {volume_allocate, HANDLE | EMPTY | CHANGES, 4},
        [BH_VOLUME_LOOKUP] = {volume_lookup, 0, 0},
        [BH_VOLUME_ATTRIBUTES] = {volume_attributes, HANDLE | EMPTY, 1},
        [BH_VOLUME_LIST] = {volume_list, 0, 0},
        [BH_VOLUME_MAKE_FOLDER] = {volume_make_folder, GENERATION | CHANGES, 2},
        [BH_VOLUME_REMOVE_FOLDER] = {volume_remove_folder, GENERATION | CHANGES,
                                     1},
        [BH_VOLUME_UNLINK] = {volume_unlink, GENERATION | CHANGES, 1},
        [BH_VOLUME_RENAME] = {volume_rename, GENERATION | CHANGES, 2},
        [BH_VOLUME_LINK] = {volume_link, GENERATION | CHANGES, 1},
        [BH_VOLUME_SYMLINK] = {volume_symlink, GENERATION | CHANGES, 1},
        [BH_VOLUME_READ_LINK] = {volume_read_link, 0, 0},
        [BH_VOLUME_SET_MODE] = {volume_set_mode, CHANGES, 2},
        [BH_VOLUME_SET_TIMES] = {volume_set_times, CHANGES, 3},
        [BH_VOLUME_SPACE] = {volume_space, EMPTY, 0},
        [BH_VOLUME_SYNC_FOLDER] = {volume_sync_folder, 0, 0},
        [BH_VOLUME_ATTACH] = {volume_attach, EMPTY, 0},
};

#define COUNT (sizeof(operations) / sizeof(operations[0]))

static const struct operation *find(unsigned type)
{
	return type < COUNT && operations[type].serve ? &operations[type]
	                                              : NULL;
}

static int check(const struct volume *volume, const struct operation *operation,
                 const struct volume_request *request)
{
	/* value[0] of SET_MODE and SET_TIMES is zero. */
	if (!(operation->flags & (HANDLE | GENERATION)) && request->value[0])
		return -EINVAL;
	for (unsigned i = operation->values; i < 4; i++)
		if (request->value[i])
			return -EINVAL;
	if ((operation->flags & EMPTY) && request->size)
		return -EINVAL;
	if ((operation->flags & GENERATION) && request->value[0] &&
	    request->value[0] != volume->generation)
		return -EIO;
	if ((operation->flags & CHANGES) && volume->read_only)
		return -EROFS;
	return 0;
}

void volume_serve(struct volume *volume, const struct volume_request *request,
                  struct volume_reply *reply)
{
	const struct operation *operation = find(request->type);

	reply->size = 0;
	memset(reply->value, 0, sizeof(reply->value));
	reply->status = operation ? check(volume, operation, request) : -ENOSYS;
	if (!reply->status)
		reply->status = operation->serve(volume, request, reply);
	if (reply->status)
		reply->size = 0;
	reply->value[3] = volume->generation;
}

void volume_init(struct volume *volume, int folder, bool read_only,
                 uint32_t generation)
{
	volume->folder = folder;
	volume->read_only = read_only;
	volume->generation = generation;
	for (unsigned i = 0; i < BH_VOLUME_HANDLES_MAX; i++)
		volume->files[i] = (struct volume_file){-1, 0, false};
}

void volume_finish(struct volume *volume)
{
	for (unsigned i = 0; i < BH_VOLUME_HANDLES_MAX; i++)
		bh_close(&volume->files[i].fd);
}

int volume_attach(struct volume *volume, const struct volume_request *request,
                  struct volume_reply *reply)
{
	for (unsigned i = 0; i < BH_VOLUME_HANDLES_MAX; i++)
		if (volume->files[i].client == request->client)
			bh_close(&volume->files[i].fd);
	reply->value[0] = volume->read_only;
	return 0;
}
