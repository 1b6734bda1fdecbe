/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_VOLUME_H
#define BH_LINUX_VOLUME_H

/*
 * A folder of the host as a file system (abi/protocol/volume.h).
 *
 * The host may change everything at any time, so nothing is remembered that it
 * could change: attributes are asked for when they are needed.  An inode stands
 * for a path; it follows renames that this guest makes, and when its name goes
 * it is `gone`: open files go on through their handles.
 *
 * What the device says is hostile: sizes and names are checked here.
 */

#include "abi/exchange.h"
#include "abi/protocol/volume.h"
#include "abi/record.h"
#include "guest/linux/vfs.h"

struct volume {
	struct file_system file_system;
	unsigned channel;
	uint32_t credit; /* requests that may be unanswered */
	uint32_t unanswered;
	uint32_t data_max;       /* of one read or write */
	uint64_t generation;     /* of the device, as last seen */
	struct wait_queue queue; /* for credit */
	struct list nodes;       /* all struct volume_node that have a name */
};

struct volume_node {
	struct inode inode;
	struct list link;
	char *path;     /* relative to the volume; "" is its root */
	bool gone;      /* the name stands for something else, or nothing */
	uint64_t fresh; /* handle of a file just created; 0: none */
};

/* file->data of an open regular file. */
struct volume_file {
	uint64_t handle;
	uint64_t end; /* size of the file when last heard of */
};

static inline struct volume *volume_of(struct inode *inode)
{
	return inode->file_system->data;
}

static inline struct volume_node *volume_node(struct inode *inode)
{
	return inode->data;
}

extern const struct inode_ops volume_inode_ops;

/* ----------------------------------------------------------------- call.c */

/* A request and its reply; the members that are not set are zero. */
struct volume_call {
	unsigned type;
	uint64_t value[4];
	const void *first;
	size_t first_size;
	const void *second;
	size_t second_size;
	void *reply;
	size_t room;
	size_t size;        /* of the reply's payload, at most ROOM */
	uint64_t result[4]; /* the reply's values */
};

/* Waits for the reply.  Its status; -EIO if that is no errno. */
int volume_call(struct volume *volume, struct volume_call *call);
/* A call with a path, and nothing in the reply; values may be zeros. */
int volume_call_path(struct volume *volume, unsigned type, const char *path,
                     uint64_t a, uint64_t b, uint64_t c);
int volume_call_two(struct volume *volume, unsigned type, const char *first,
                    const char *second, uint64_t flags);
int volume_get_attributes(struct volume *volume, unsigned type, uint64_t handle,
                          const char *path, struct bh_volume_attributes *a);
int volume_open_handle(struct volume *volume, const char *path, uint64_t flags,
                       uint64_t mode, uint64_t *handle);
void volume_close_handle(struct volume *volume, uint64_t handle);

/* ---------------------------------------------------------------- nodes.c */

/* The held inode of a path whose attributes are A; NULL: no memory. */
struct inode *volume_node_get(struct volume *volume, char *path,
                              const struct bh_volume_attributes *a);
/* FOLDER/NAME in kernel memory; or NULL and *error. */
char *volume_join(struct volume_node *folder, const char *name, size_t size,
                  int *error);
/* The name at PATH is no more, nor what lies beneath. */
void volume_forget(struct volume *volume, const char *path);
/* What was at or beneath FROM is now at TO. */
void volume_moved(struct volume *volume, const char *from, const char *to);
void volume_exchanged(struct volume *volume, const char *a, const char *b);
void volume_release(struct inode *inode);

/* ------------------------------------------------------- file.c, folder.c */

int volume_open_file(struct inode *inode, struct file *file);
int volume_open_folder(struct inode *inode, struct file *file);
void volume_fill_status(struct inode *inode,
                        const struct bh_volume_attributes *a,
                        struct linux_stat *status);

#endif
