/* SPDX-License-Identifier: ISC */
#ifndef XLATE_KEEP_H
#define XLATE_KEEP_H

/*
 * Translations made ahead of time, to be kept in a file: see xlate_attach().
 *
 * A file has units: some neighbouring blocks of a guest's code as tier 1
 * translates them.  A unit is found by its code's own bytes and where they lie
 * within a page, so it does not matter which program they are part of, and at
 * what address; code that is not as it was has no unit.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xlate/xlate.h"

struct xlate_keep;

/* What a file holds. */
struct xlate_kept {
	enum xlate_isa isa;
	uint32_t units, blocks;
	uint64_t code;  /* bytes of the guest's that were looked at */
	uint64_t guest; /* of these, translated */
	uint64_t host;  /* bytes that they have become */
	uint64_t size;  /* of the file */
};

/* One at a time, until xlate_keep_finish().  0, -ENOMEM, -EEXIST, or
 * -EOPNOTSUPP: there is no tier 1 here. */
int xlate_keep_start(struct xlate_keep **result, enum xlate_isa isa);

/*
 * Translates SIZE bytes at CODE, which a guest will have at ADDRESS or a
 * multiple of 4096 from there: any bytes, best those that a program may
 * execute.  0 or -ENOMEM.
 */
int xlate_keep_code(struct xlate_keep *k, const uint8_t *code, size_t size,
                    uint64_t address);

/* The file's contents, which are released with K.  NULL: no memory. */
const void *xlate_keep_finish(struct xlate_keep *k, struct xlate_kept *kept);

void xlate_keep_release(struct xlate_keep *k);

enum xlate_fit {
	XLATE_FITS,
	XLATE_DAMAGED,     /* no such file, or not all of it */
	XLATE_OTHER_BUILD, /* made by another version of this library */
	XLATE_OTHER_HOST,  /* for a processor that has more than this one */
};

/* How many bytes of a file xlate_kept_fits() looks at. */
#define XLATE_KEPT_HEADER 104u

/* Whether a file of SIZE bytes can be used here, and what it holds, from its
 * first XLATE_KEPT_HEADER ones.  *KEPT is filled in unless it is damaged. */
enum xlate_fit xlate_kept_fits(const void *header, uint64_t size,
                               struct xlate_kept *kept);

#endif
