/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_PIPE_H
#define BH_LINUX_PIPE_H

/*
 * The bytes of a pipe, as Linux keeps them (fs/pipe.c): a ring of pages.  How
 * they are cut into pages can be seen from outside (when a pipe is full, what
 * is written in one piece), so it is the same here.  No sleeping, no files.
 */

#include "guest/linux/mm.h"

#define PIPE_SLOTS     16u
#define PIPE_SLOTS_MAX 256u /* /proc/sys/fs/pipe-max-size: 1 MiB */

struct pipe_slot {
	uint8_t *page;
	uint32_t offset, size;
	bool packet; /* O_DIRECT: a read ends with it */
};

struct pipe_ring {
	struct pipe_slot *slots;
	uint32_t count, first, used;
};

int pipe_ring_init(struct pipe_ring *ring);
void pipe_ring_free(struct pipe_ring *ring);
static inline bool pipe_ring_is_full(const struct pipe_ring *ring)
{
	return ring->used == ring->count;
}
static inline bool pipe_ring_is_empty(const struct pipe_ring *ring)
{
	return !ring->used;
}
uint64_t pipe_ring_bytes(const struct pipe_ring *ring);
/* -EBUSY: more is in use. */
int pipe_ring_resize(struct pipe_ring *ring, uint32_t count);

/*
 * Appends the first TAIL bytes of IO to the last page if they fit there; called
 * once at the start of a write with the part of it that is no whole page.
 * Returns what was written, 0 if they do not fit, or -EFAULT.
 */
int64_t pipe_ring_merge(struct pipe_ring *ring, struct io *io, uint64_t tail);
/* Fills pages while there are any.  What was written, or -errno if nothing. */
int64_t pipe_ring_write(struct pipe_ring *ring, struct io *io, bool packets);
int64_t pipe_ring_read(struct pipe_ring *ring, struct io *io);

#endif
