/* SPDX-License-Identifier: ISC */
#include "xlate/keep.h"

#include <errno.h>
#include <stdlib.h>

#include "xlate/engine.h"
#include "xlate/kept.h"
#include "xlate/sweep.h"

/* A unit ends at a function that begins behind so many bytes, at any block
 * behind so many. */
#define UNIT_SMALL 768u
#define UNIT_LARGE 2560u

#define WINDOW    UINT64_C(0x100000) /* nothing is in it */
#define UNIT_ROOM (256u << 10)

/* Of the index: a chunk of code and the unit that has some of it. */
struct entry {
	uint64_t key;
	uint32_t unit;
};

_Static_assert(sizeof(((struct xlate_section *)NULL)->blocks) ==
                       KEPT_BLOCKS_MAX * sizeof(struct xlate_part),
               "a unit's");

struct xlate_keep {
	struct xlate *x;
	struct kept_header header;
	uint8_t *data; /* the file */
	size_t size, room;
	struct entry *entries;
	size_t entry_count, entry_room;
	struct xlate_section section;
};

/* Nothing is run. */
static uint64_t fetch(void *data, uint64_t address, uint64_t limit)
{
	(void)data;
	(void)address;
	(void)limit;
	return 0;
}

static bool trap(void *data, enum xlate_exit exit)
{
	(void)data;
	(void)exit;
	return false;
}

/* Room for SIZE more bytes at the end. */
static int make_room(struct xlate_keep *k, size_t size)
{
	size_t room = (k->size + size) * 2;
	uint8_t *data;

	if (k->room - k->size >= size)
		return 0;
	data = realloc(k->data, room);
	if (!data)
		return -ENOMEM;
	k->data = data;
	k->room = room;
	return 0;
}

int xlate_keep_start(struct xlate_keep **result, enum xlate_isa isa)
{
	const struct xlate_config config = {
	        .isa = isa,
	        .tier = XLATE_TRANSLATE,
	        .top = WINDOW,
	        .code_size = 1u << 20,
	        .fetch = fetch,
	        .trap = trap, /* so that its part is there */
	        .float_traps = UINT32_MAX,
	};
	struct xlate_keep *k = calloc(1, sizeof(*k));
	int r = k ? xlate_create(&k->x, &config) : -ENOMEM;

	if (!r)
		r = make_room(k, sizeof(k->header));
	if (r) {
		xlate_keep_release(k);
		return r;
	}
	k->header.magic = KEPT_MAGIC;
	k->header.isa = isa;
	k->header.features = xlate_host_features();
	xlate_build(k->header.build);
	k->size = sizeof(k->header);
	*result = k;
	return 0;
}

void xlate_keep_release(struct xlate_keep *k)
{
	if (!k)
		return;
	if (k->x)
		xlate_destroy(k->x);
	free(k->data);
	free(k->entries);
	free(k);
}

static int add_entry(struct xlate_keep *k, uint64_t key, uint32_t unit)
{
	if (k->entry_count == k->entry_room) {
		size_t room = k->entry_room ? k->entry_room * 2 : 1024;
		struct entry *entries =
		        realloc(k->entries, room * sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		k->entries = entries;
		k->entry_room = room;
	}
	k->entries[k->entry_count++] = (struct entry){key, unit};
	return 0;
}

/* The unit that has just been written at the end, by all chunks of its code. */
static int add_entries(struct xlate_keep *k)
{
	const struct xlate_section *s = &k->section;
	size_t skew = s->page % KEPT_CHUNK, at = s->before;
	int r = 0;

	if (skew > s->before)
		skew -= KEPT_CHUNK; /* that begins before the code */
	for (at -= skew; at < s->before + s->size && !r; at += KEPT_CHUNK)
		if (s->before + s->room - at >= KEPT_KEY_SIZE)
			r = add_entry(k,
			              kept_key(s->code - s->before + at,
			                       s->page - s->before + at),
			              (uint32_t)(k->size / 4));
	return r;
}

/* What has been collected becomes a unit.  One that is too large is none. */
static int end_unit(struct xlate_keep *k)
{
	struct xlate_section *s = &k->section;
	size_t size;
	int r;

	if (!s->block_count)
		return 0;
	s->blocks[s->block_count - 1].runs_on = false;
	if (make_room(k, UNIT_ROOM))
		return -ENOMEM;
	r = xlate_host_keep(k->x, s, k->data + k->size, UNIT_ROOM, &size);
	if (!r)
		r = add_entries(k);
	if (!r) {
		k->size += size;
		k->header.units++;
		k->header.blocks += s->block_count;
		k->header.guest += s->size;
	}
	s->block_count = 0;
	return r == -E2BIG ? 0 : r;
}

struct range {
	const struct xlate_guest *guest;
	const uint8_t *code;
	size_t size;
	uint64_t address;
	uint8_t *marks;
};

/* The size of the block at FROM, 0 if there is none. */
static size_t measure_block(const struct range *range, size_t from,
                            uint32_t *count, bool *ended)
{
	unsigned step = range->guest->alignment;
	struct xlate_instruction i;
	size_t at = from;

	*ended = false;
	for (*count = 0; *count < XLATE_BLOCK_MAX && !*ended; ++*count) {
		if (range->size - at < step)
			break;
		if (at != from && range->marks[at / step] & SWEEP_BLOCK)
			break;
		range->guest->decode(&i, range->code + at, range->size - at);
		if (!i.length || (at == from && i.operation == OP_ILLEGAL))
			break;
		at += i.length;
		*ended = xlate_ends_block(&i);
	}
	return at - from;
}

static bool wants_new_unit(const struct xlate_section *s, size_t offset,
                           unsigned marks)
{
	return offset >= UNIT_LARGE || s->block_count == KEPT_BLOCKS_MAX ||
	       (offset >= UNIT_SMALL && (marks & SWEEP_FUNCTION));
}

static int add_block(struct xlate_keep *k, const struct range *range, size_t at)
{
	struct xlate_section *s = &k->section;
	size_t offset = (size_t)(range->code + at - s->code);
	unsigned step = range->guest->alignment;
	uint32_t count;
	bool ended;
	size_t size = measure_block(range, at, &count, &ended);
	struct xlate_part *last;
	int r;

	if (!size)
		return 0;
	if (!ended && range->size - at - size >= step)
		range->marks[(at + size) / step] |= SWEEP_BLOCK;
	if (s->block_count &&
	    wants_new_unit(s, offset, range->marks[at / step])) {
		r = end_unit(k);
		if (r)
			return r;
	}
	if (!s->block_count) {
		s->code = range->code + at;
		s->before = at;
		s->room = range->size - at;
		s->page = (uint16_t)((range->address + at) % KEPT_PAGE);
		s->size = 0;
		s->instructions = 0;
		offset = 0;
	} else {
		last = &s->blocks[s->block_count - 1];
		last->runs_on = last->at + last->size == (uint16_t)offset;
	}
	s->blocks[s->block_count++] = (struct xlate_part){
	        .at = (uint16_t)offset, .size = (uint16_t)size};
	s->instructions += count;
	if (offset + size > s->size)
		s->size = (uint16_t)(offset + size);
	return 0;
}

int xlate_keep_code(struct xlate_keep *k, const uint8_t *code, size_t size,
                    uint64_t address)
{
	const struct xlate_guest *guest = k->x->guest;
	struct range range = {guest, code, size, address,
	                      calloc(size / guest->alignment + 1, 1)};
	int r = 0;

	if (!range.marks)
		return -ENOMEM;
	sweep(guest, code, size, range.marks);
	for (size_t at = 0; at < size && !r; at += guest->alignment)
		if (range.marks[at / guest->alignment] & SWEEP_BLOCK)
			r = add_block(k, &range, at);
	if (!r)
		r = end_unit(k);
	k->header.code += size;
	free(range.marks);
	return r;
}

/* Behind the units. */
static int write_index(struct xlate_keep *k)
{
	size_t slots = k->entry_count + k->entry_count / 2 + 1;
	unsigned bits = kept_number_bits(k->size);
	uint32_t *index;

	if (make_room(k, slots * sizeof(*index)))
		return -ENOMEM;
	index = (uint32_t *)(void *)(k->data + k->size);
	memset(index, 0, slots * sizeof(*index));
	for (size_t n = 0; n < k->entry_count; n++) {
		size_t slot = k->entries[n].key % slots;

		while (index[slot])
			slot = (slot + 1) % slots;
		index[slot] = k->entries[n].unit |
		              kept_tag(k->entries[n].key, bits);
	}
	k->header.slots = (uint32_t)slots;
	k->header.index = k->size;
	k->size += slots * sizeof(*index);
	return 0;
}

const void *xlate_keep_finish(struct xlate_keep *k, struct xlate_kept *kept)
{
	k->header.host = k->size - sizeof(k->header);
	if (write_index(k))
		return NULL;
	k->header.size = k->size;
	memcpy(k->data, &k->header, sizeof(k->header));
	xlate_kept_fits(k->data, k->size, kept);
	xlate_destroy(k->x);
	k->x = NULL;
	return k->data;
}
