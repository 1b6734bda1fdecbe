/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "xlate/x86_64/host.h"

/*
 * Where the host code of blocks is.  A page that is touched for the first time
 * costs more than to look at many slots, and most programs run few blocks: so
 * the table is a small one at first.  One of N slots is the N slots from the
 * Nth on, and the next one, twice as large, lies behind it.
 */
#define SLOTS_MIN  (1u << 10)
#define SLOTS_KEPT (1u << 13) /* units of kept code have many */
#define SLOTS_MAX  (1u << 17)
#define SIZE       (2 * SLOTS_MAX * sizeof(struct block))

static struct block *table_of(const struct host_blocks *b)
{
	return b->tables + b->slots;
}

static void take_table(const struct host_blocks *b)
{
	xlate_take_pages(table_of(b), b->slots * sizeof(struct block));
}

bool host_blocks_create(struct host_blocks *b)
{
	void *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	b->tables = p == MAP_FAILED ? NULL : p;
	return b->tables != NULL;
}

void host_blocks_destroy(struct host_blocks *b)
{
	if (b->tables)
		munmap(b->tables, SIZE);
}

void host_blocks_flush(struct host_blocks *b, bool kept)
{
	/* All zero again, and none of the host's memory. */
	madvise(b->tables, SIZE, MADV_DONTNEED);
	b->slots = kept ? SLOTS_KEPT : SLOTS_MIN;
	b->count = 0;
	take_table(b);
}

static bool is_crowded(const struct host_blocks *b)
{
	return b->count > b->slots / 4 * 3;
}

bool host_blocks_full(const struct host_blocks *b)
{
	return b->slots == SLOTS_MAX && is_crowded(b);
}

static bool is_same(const struct xlate_host *h, uint32_t a, uint32_t b)
{
	return a == b || (a && b && h->guest->is_same(h, a, b));
}

static struct block *find_slot(const struct xlate_host *h, uint64_t pc,
                               uint32_t pending)
{
	struct block *table = table_of(&h->blocks);
	uint32_t last = h->blocks.slots - 1;
	uint64_t i = pc * UINT64_C(0x9e3779b97f4a7c15) >> 32 & last;

	while (table[i].host &&
	       (table[i].pc != pc || !is_same(h, table[i].pending, pending)))
		i = (i + 1) & last;
	return &table[i];
}

static void grow(struct xlate_host *h)
{
	struct block *table = table_of(&h->blocks);
	uint32_t slots = h->blocks.slots;

	h->blocks.slots *= 2;
	take_table(&h->blocks);
	for (uint32_t i = 0; i < slots; i++)
		if (table[i].host)
			*find_slot(h, table[i].pc, table[i].pending) = table[i];
}

uint32_t host_find(const struct xlate_host *h, uint64_t pc, uint32_t pending)
{
	return find_slot(h, pc, pending)->host;
}

/* In SLOT, where it belongs. */
static void put(struct xlate_host *h, struct block *slot, struct block block)
{
	struct host_blocks *b = &h->blocks;

	if (!slot->host)
		b->count++;
	if (is_crowded(b) && b->slots < SLOTS_MAX) {
		grow(h);
		slot = find_slot(h, block.pc, block.pending);
	}
	*slot = block;
}

void host_add_block_at(struct xlate_host *h, uint64_t pc, uint32_t pending,
                       uint32_t host)
{
	put(h, find_slot(h, pc, pending),
	    (struct block){.pc = pc, .host = host, .pending = pending});
}

void host_offer_block_at(struct xlate_host *h, uint64_t pc, uint32_t host)
{
	struct block *slot = find_slot(h, pc, 0);

	if (!host_is_code(slot->host))
		put(h, slot, (struct block){.pc = pc, .host = host});
}
