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
	uint32_t reserved; /* free ones that count as used: for who reads bytes
	                    * that have to find room afterwards */
};

int pipe_ring_init(struct pipe_ring *ring);
void pipe_ring_free(struct pipe_ring *ring);
static inline bool pipe_ring_is_full(const struct pipe_ring *ring)
{
	return ring->used + ring->reserved == ring->count;
}
static inline uint32_t pipe_ring_room(const struct pipe_ring *ring)
{
	return ring->count - ring->used - ring->reserved;
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

/* The first bytes, of which there are some: how many lie in one piece. */
const uint8_t *pipe_ring_front(const struct pipe_ring *ring, uint64_t *size);
/* Takes SIZE of them away. */
void pipe_ring_take(struct pipe_ring *ring, uint64_t size);

/*
 * Moves up to SIZE bytes from the front of FROM to the end of TO, while there
 * are any and there is room; with KEEP they stay in FROM, too.  How many, or
 * -ENOMEM if none.
 */
int64_t pipe_ring_move(struct pipe_ring *from, struct pipe_ring *to,
                       uint64_t size, bool keep);

#endif
