/* SPDX-License-Identifier: ISC */
#ifndef BH_DEVICE_VOLUME_H
#define BH_DEVICE_VOLUME_H

/*
 * The volume device: serves one folder to guests that it does not trust
 * (abi/protocol/volume.h).  Everything below works on one descriptor, that of
 * the folder, and on requests that have been copied.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "abi/protocol/volume.h"
#include "abi/record.h"

struct volume_file {
	int fd;          /* -1: free */
	uint32_t client; /* who opened it: nobody else may name it */
	bool writes;
};

struct volume {
	int folder; /* O_PATH | O_DIRECTORY */
	bool read_only;
	uint32_t generation; /* not zero */
	struct volume_file files[BH_VOLUME_HANDLES_MAX];
};

/* What has been copied of a request, checked as far as all types share. */
struct volume_request {
	uint16_t type;
	uint32_t client;
	uint64_t value[4];
	const uint8_t *payload;
	size_t size;
};

/* The reply in the making.  `payload` has room for VOLUME_REPLY_MAX bytes. */
struct volume_reply {
	int32_t status;
	uint64_t value[4];
	uint8_t *payload;
	size_t size;
};

#define VOLUME_REPLY_MAX BH_VOLUME_DATA_MAX

/* A path in memory of its own, checked: relative, no "." or "..", no empty
 * component.  "" is the folder itself. */
struct volume_path {
	char text[BH_VOLUME_PATH_MAX + 1];
};

/* The folder that holds the last component of a path, open. */
struct volume_parent {
	int fd;
	const char *name; /* within the path */
};

/* FOLDER stays the caller's. */
void volume_init(struct volume *volume, int folder, bool read_only,
                 uint32_t generation);
/* Closes all handles. */
void volume_finish(struct volume *volume);

/* Carries out one request, whatever its bytes are, and fills in the reply. */
void volume_serve(struct volume *volume, const struct volume_request *request,
                  struct volume_reply *reply);

/* -------------------------------------------------------------- seccomp.c */

struct bh_seccomp_rule;
const struct bh_seccomp_rule *volume_seccomp_rules(bool read_only,
                                                   size_t *count);

/* ----------------------------------------------------------------- path.c */

/* 0, -EINVAL, -ENAMETOOLONG. */
int volume_path_check(const void *bytes, size_t size, struct volume_path *path);

/* openat2(2) of PATH in the folder by the rules of the contract; a descriptor
 * or -errno. */
int volume_path_open(const struct volume *volume,
                     const struct volume_path *path, uint64_t flags,
                     uint64_t mode);

/* -EBUSY if PATH is the folder itself.  The descriptor is the caller's. */
int volume_path_parent(const struct volume *volume,
                       const struct volume_path *path,
                       struct volume_parent *parent);

/* --------------------------------------------- files.c, names.c, list.c */

typedef int volume_function(struct volume *volume,
                            const struct volume_request *request,
                            struct volume_reply *reply);

volume_function volume_open, volume_close, volume_read, volume_write,
        volume_fsync, volume_truncate, volume_allocate, volume_attributes,
        volume_lookup, volume_list, volume_make_folder, volume_remove_folder,
        volume_unlink, volume_rename, volume_link, volume_symlink,
        volume_read_link, volume_set_mode, volume_set_times, volume_space,
        volume_sync_folder, volume_attach;

/* Puts attributes into the reply. */
int volume_reply_attributes(int fd, struct volume_reply *reply);

#endif
