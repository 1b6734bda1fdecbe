/* SPDX-License-Identifier: ISC */
#include "guest/linux/pipe.h"

int pipe_ring_init(struct pipe_ring *ring)
{
	ring->slots = memory_zeroed(PIPE_SLOTS * sizeof(*ring->slots));
	ring->count = PIPE_SLOTS;
	ring->first = ring->used = ring->reserved = 0;
	return ring->slots ? 0 : -ENOMEM;
}

void pipe_ring_free(struct pipe_ring *ring)
{
	for (uint32_t i = 0; ring->slots && i < ring->count; i++)
		if (ring->slots[i].page)
			memory_free_pages(ring->slots[i].page, 1);
	memory_free(ring->slots);
	ring->slots = NULL;
}

static struct pipe_slot *slot(const struct pipe_ring *ring, uint32_t n)
{
	return &ring->slots[(ring->first + n) % ring->count];
}

uint64_t pipe_ring_bytes(const struct pipe_ring *ring)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < ring->used; i++)
		bytes += slot(ring, i)->size;
	return bytes;
}

int pipe_ring_resize(struct pipe_ring *ring, uint32_t count)
{
	struct pipe_slot *slots;

	if (count < ring->used + ring->reserved)
		return -EBUSY;
	slots = memory_zeroed(count * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < ring->used; i++) {
		slots[i] = *slot(ring, i);
		slot(ring, i)->page = NULL;
	}
	for (uint32_t i = 0; i < ring->count; i++)
		if (ring->slots[i].page)
			memory_free_pages(ring->slots[i].page, 1);
	memory_free(ring->slots);
	ring->slots = slots;
	ring->count = count;
	ring->first = 0;
	return 0;
}

int64_t pipe_ring_merge(struct pipe_ring *ring, struct io *io, uint64_t tail)
{
	struct pipe_slot *last;
	int64_t n;

	if (!tail || pipe_ring_is_empty(ring))
		return 0;
	last = slot(ring, ring->used - 1);
	if (last->packet || last->offset + last->size + tail > PAGE_SIZE)
		return 0;
	n = io_get(io, last->page + last->offset + last->size, tail);
	if (n > 0)
		last->size += (uint32_t)n;
	return n;
}

int64_t pipe_ring_write(struct pipe_ring *ring, struct io *io, bool packets)
{
	int64_t written = 0;

	while (io->left && !pipe_ring_is_full(ring)) {
		struct pipe_slot *next = slot(ring, ring->used);
		int64_t n;

		if (!next->page)
			next->page = memory_pages(1);
		if (!next->page)
			return written ? written : -ENOMEM;
		n = io_get(io, next->page, min_u64(io->left, PAGE_SIZE));
		if (n <= 0)
			return written ? written : n;
		next->offset = 0;
		next->size = (uint32_t)n;
		next->packet = packets;
		ring->used++;
		written += n;
	}
	return written;
}

static void shorten(struct pipe_slot *first, uint64_t size)
{
	first->offset += (uint32_t)size;
	first->size -= (uint32_t)size;
}

/* The first slot goes when nothing is left in it. */
static void drop_empty(struct pipe_ring *ring)
{
	if (slot(ring, 0)->size)
		return;
	ring->first = (ring->first + 1) % ring->count;
	ring->used--;
}

int64_t pipe_ring_read(struct pipe_ring *ring, struct io *io)
{
	int64_t done = 0;

	while (io->left && ring->used) {
		struct pipe_slot *first = slot(ring, 0);
		bool packet = first->packet;
		int64_t n = io_put(io, first->page + first->offset,
		                   min_u64(io->left, first->size));

		if (n <= 0)
			return done ? done : n;
		shorten(first, (uint64_t)n);
		done += n;
		/* What is not read of a packet is lost. */
		if (packet)
			first->size = 0;
		drop_empty(ring);
		if (packet)
			break;
	}
	return done;
}

const uint8_t *pipe_ring_front(const struct pipe_ring *ring, uint64_t *size)
{
	const struct pipe_slot *first = slot(ring, 0);

	*size = first->size;
	return first->page + first->offset;
}

void pipe_ring_take(struct pipe_ring *ring, uint64_t size)
{
	shorten(slot(ring, 0), size);
	drop_empty(ring);
}

int64_t pipe_ring_move(struct pipe_ring *from, struct pipe_ring *to,
                       uint64_t size, bool keep)
{
	uint64_t done = 0;

	for (uint32_t i = 0; i < from->used && done < size &&
	                     !pipe_ring_is_full(to);) {
		const struct pipe_slot *source = slot(from, i);
		struct pipe_slot *target = slot(to, to->used);
		uint64_t n = min_u64(source->size, size - done);

		if (!target->page)
			target->page = memory_pages(1);
		if (!target->page)
			return done ? (int64_t)done : -ENOMEM;
		memcpy(target->page, source->page + source->offset, n);
		target->offset = 0;
		target->size = (uint32_t)n;
		target->packet = source->packet;
		to->used++;
		done += n;
		if (keep)
			i++;
		else
			pipe_ring_take(from, n);
	}
	return (int64_t)done;
}
