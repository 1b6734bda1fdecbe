/* SPDX-License-Identifier: ISC */
#include "guest/linux/volume/volume.h"

#include "guest/linux/channel.h"
#include "guest/linux/start.h"

/*
 * Mounting volumes.  The launcher says where, in the option
 *
 *	bh.volumes=volume-0=/data:ro,volume-1=/srv
 *
 * channel, path, and ":ro".  In a path, a backslash stands before ',', ':' and
 * itself.
 */

#define VOLUME_MAGIC 0x65735546u /* of FUSE, which it is most like */
#define DEVICE_FIRST 64u

/* Payload that a record has room for besides data. */
#define OVERHEAD 64u

static int space(struct file_system *file_system, uint64_t *total,
                 uint64_t *free)
{
	struct bh_volume_space s;
	struct volume_call call = {
	        .type = BH_VOLUME_SPACE,
	        .reply = &s,
	        .room = sizeof(s),
	};
	int r = volume_call(file_system->data, &call);

	if (!r && (call.size != sizeof(s) || s.block_size == 0 ||
	           s.block_size > (UINT64_C(1) << 30) ||
	           s.blocks > (UINT64_C(1) << 34) * PAGE_SIZE / s.block_size ||
	           s.blocks_available > s.blocks))
		r = -EIO;
	if (r)
		return r;
	*total = s.blocks * s.block_size;
	*free = s.blocks_available * s.block_size;
	return 0;
}

/* The device forgets an earlier guest; the root is what it says. */
static int attach(struct volume *volume)
{
	struct volume_call call = {.type = BH_VOLUME_ATTACH};
	struct bh_volume_attributes a;
	char *path;
	int r = volume_call(volume, &call);

	if (r)
		return r;
	if (call.result[0])
		volume->file_system.read_only = true;
	r = volume_get_attributes(volume, BH_VOLUME_LOOKUP, 0, "", &a);
	if (r)
		return r;
	if (!mode_is(a.mode, S_IFDIR))
		return -ENOTDIR;
	path = string_copy("");
	if (path)
		volume->file_system.root = volume_node_get(volume, path, &a);
	return volume->file_system.root ? 0 : -ENOMEM;
}

struct file_system *volume_create(unsigned channel, bool read_only, int *error)
{
	static uint32_t next_device = DEVICE_FIRST;
	const struct bh_channel_info *info = channel_info(channel);
	struct volume *volume = memory_zeroed(sizeof(*volume));

	*error = -ENOMEM;
	if (!volume)
		return NULL;
	volume->file_system = (struct file_system){
	        .type = "volume",
	        .device = device_number(0, next_device++),
	        .read_only = read_only,
	        .magic = VOLUME_MAGIC,
	        .space = space,
	        .data = volume,
	};
	volume->channel = channel;
	volume->credit = info->credit ? info->credit : 1;
	volume->data_max = (uint32_t)min_u64(BH_VOLUME_DATA_MAX,
	                                     channel_payload_max() - OVERHEAD);
	wait_queue_init(&volume->queue);
	list_init(&volume->nodes);
	*error = attach(volume);
	if (*error) {
		memory_free(volume);
		return NULL;
	}
	return &volume->file_system;
}

/* Copies up to an unescaped ',', ':' or the end; the byte it ended at. */
static char unescape(const char **text, char *to, size_t room)
{
	const char *p = *text;
	size_t n = 0;
	char end;

	while (*p && *p != ',' && *p != ':') {
		if (*p == '\\' && p[1])
			p++;
		if (n + 1 < room)
			to[n++] = *p;
		p++;
	}
	to[n] = 0;
	end = *p;
	*text = end ? p + 1 : p;
	return end;
}

static void mount_one(const char *name, const char *path, bool read_only)
{
	int channel = channel_find(name), r = channel;
	struct file_system *file_system = NULL;

	if (channel >= 0)
		file_system = volume_create((unsigned)channel, read_only, &r);
	if (file_system)
		r = vfs_mount(path, file_system);
	if (r < 0) {
		log_line("%s cannot be mounted at %s: error %d", name, path,
		         -r);
		panic("a volume cannot be mounted");
	}
}

/* "NAME=PATH[:ro]" */
static void mount_next(const char **text)
{
	char name[BH_NAME_SIZE] = "", mode[8] = "";
	size_t n = 0;
	char *path = memory_allocate(PATH_LIMIT);
	const char *p = *text;

	if (!path)
		panic("no memory for volumes");
	while (*p && *p != '=') {
		if (n + 1 < sizeof(name))
			name[n++] = *p;
		p++;
	}
	if (*p)
		p++;
	if (unescape(&p, path, PATH_LIMIT) == ':')
		unescape(&p, mode, sizeof(mode));
	*text = p;
	mount_one(name, path, !strcmp(mode, "ro"));
	memory_free(path);
}

void volume_start(void)
{
	const char *text = boot_option("volumes");

	while (text && *text)
		mount_next(&text);
}
