/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_RECOVERY_H
#define BH_EXO_RECOVERY_H

/*
 * Recovery memory of one domain: an append-only log that outlives all its
 * variants.  See abi/protocol/recovery.h.
 */

#include <stdint.h>

struct recovery {
	uint8_t *bytes;
	uint64_t capacity;
	uint64_t used;
	uint64_t count;        /* entries */
	uint64_t cursor;       /* entry whose offset is known: reads that go */
	uint64_t cursor_offset; /* through the log in order take no search */
};

/* SIZE 0 makes a log that holds nothing.  Returns 0 or -ENOMEM. */
int recovery_create(struct recovery *log, uint64_t size);

/* Bytes of payload that one more entry could have. */
uint64_t recovery_free(const struct recovery *log);

/* Returns 0 or -BH_ENOSPC. */
int recovery_append(struct recovery *log, const void *payload, uint32_t size);

/* One step: afterwards PAYLOAD is the only entry (none if SIZE is 0). */
int recovery_replace(struct recovery *log, const void *payload, uint32_t size);

/*
 * Finds entry NUMBER and verifies its checksum.  Returns 0 with *payload in
 * the log itself, -BH_ENOENT or -BH_EIO.
 */
int recovery_read(struct recovery *log, uint64_t number, const void **payload,
                  uint32_t *size);

#endif
