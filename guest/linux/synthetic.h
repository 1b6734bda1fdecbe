/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_SYNTHETIC_H
#define BH_LINUX_SYNTHETIC_H

/*
 * File systems whose files are made when they are read: /proc and /sys.  They
 * are described by const tables; every entry gets the KEY of the numbered
 * folder it lies in (a task's or a descriptor's number), zero elsewhere.
 */

#include "guest/linux/vfs.h"

/* Text that grows.  Once memory is short, it stays as it is. */
struct text {
	char *bytes;
	size_t size, room;
	bool failed;
};

void text_add(struct text *text, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
void text_bytes(struct text *text, const void *bytes, size_t size);

struct synthetic {
	const char *name; /* NULL ends a table */
	uint32_t mode;    /* type and permissions */
	/* What a file holds, or where a link leads. */
	int (*show)(struct text *text, int64_t key);
	/* What is written to it. */
	int (*store)(const char *bytes, size_t size, int64_t key);
	const struct synthetic *entries; /* of a folder, sorted by name */
	/* A folder with numbered entries too, which all look like EACH: the
	 * smallest number at or above N, or -1. */
	int64_t (*next)(int64_t n);
	const struct synthetic *each;
	/* A link that leads to an object. */
	int (*follow)(int64_t key, struct place *to);
};

struct file_system *synthetic_create(const char *type, uint64_t magic,
                                     const struct synthetic *root);

#endif
