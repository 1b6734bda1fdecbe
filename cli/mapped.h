/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_MAPPED_H
#define BH_CLI_MAPPED_H

#include <stddef.h>
#include <stdint.h>

/* A file in memory, read-only. */
struct mapped {
	const uint8_t *data;
	size_t size;
};

/* Returns 0 or -errno; -EINVAL: no regular file, or an empty one. */
int mapped_open(struct mapped *file, const char *path);
/* The same from a descriptor, which stays the caller's. */
int mapped_fd(struct mapped *file, int fd);
void mapped_close(struct mapped *file);

#endif
