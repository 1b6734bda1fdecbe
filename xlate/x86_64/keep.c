/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>

#include "xlate/x86_64/kept.h"

/*
 * Host code that is to be kept: translated at the place of the first block,
 * then made independent of it.  What it is to have elsewhere is written behind
 * it.
 */

/* Where the guest's code is meanwhile: addresses are large, as most are. */
#define GUEST (UINT64_C(1) << 40)
/* More than host code may take (kept_unit.code_size); what is appended to a
 * block is small beside it. */
#define CODE_LIMIT 60000u

/* A place in host code that depends on where it is, or a jump to a block of the
 * same unit at a guest address. */
struct note {
	enum { NOTE_RELOCATION, NOTE_INNER } what;
	enum relocation_kind kind;
	uint32_t at; /* offset */
	uint64_t pc;
};

#define NOTES_MAX (1u << 13)

struct keeping {
	struct xlate *x;
	struct xlate_host *h;
	const struct xlate_section *section;
	struct kept_unit unit;
	struct kept_block blocks[KEPT_BLOCKS_MAX];
	uint32_t block_count; /* so far */
	struct note notes[NOTES_MAX];
	uint32_t note_count;
	uint32_t pendings[KEPT_PENDINGS_MAX];
	uint32_t pending_count;
	uint32_t shared[SHARED_COUNT]; /* jumps to them, 0: none */
	uint8_t *at, *end;             /* what is written */
	bool full;
};

static void put(struct keeping *k, const void *data, size_t size)
{
	if ((size_t)(k->end - k->at) < size) {
		k->full = true;
		return;
	}
	memcpy(k->at, data, size);
	k->at += size;
}

static void put_byte(struct keeping *k, unsigned byte)
{
	uint8_t value = (uint8_t)byte;

	put(k, &value, 1);
}

static void put_16(struct keeping *k, uint32_t value)
{
	uint16_t half = (uint16_t)value;

	put(k, &half, sizeof(half));
}

static void put_number(struct keeping *k, uint32_t value)
{
	for (; value >= 128; value >>= 7)
		put_byte(k, 128 | (value & 127));
	put_byte(k, value);
}

static void put_signed(struct keeping *k, int32_t value)
{
	put_number(k, (uint32_t)value << 1 ^ (uint32_t)(value >> 31));
}

/* ----------------------------------------------------------------- host code
 */

static uint32_t decode(const struct keeping *k, const struct xlate_part *part,
                       struct xlate_instruction *code)
{
	const uint8_t *bytes = k->section->code + part->at;
	size_t room = k->section->room - part->at, at = 0;
	uint32_t count = 0;

	for (; at < part->size; at += code[count++].length)
		k->x->guest->decode(&code[count], bytes + at, room - at);
	return count;
}

static uint64_t guest_pc(const struct keeping *k, uint32_t offset)
{
	return GUEST + k->section->page + offset;
}

static uint32_t guest_offset(const struct keeping *k, uint64_t pc)
{
	return (uint32_t)(pc - guest_pc(k, 0));
}

/* The block that begins at a guest address, by its number; block_count: none.
 */
static uint32_t find_part(const struct keeping *k, uint64_t pc)
{
	uint64_t offset = pc - guest_pc(k, 0);
	uint32_t low = 0, count = k->section->block_count, high = count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (k->section->blocks[middle].at < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && k->section->blocks[low].at == offset ? low
	                                                           : count;
}

static uint32_t block_host(const struct keeping *k, uint32_t n)
{
	return k->h->first + k->blocks[n].host;
}

static void add_note(struct keeping *k, struct note note)
{
	if (k->note_count == NOTES_MAX)
		k->full = true;
	else
		k->notes[k->note_count++] = note;
}

void keep_note(struct xlate_host *h, enum relocation_kind kind, uint32_t at)
{
	add_note(h->keeping, (struct note){NOTE_RELOCATION, kind, at, 0});
}

/* Jumps back have links, or nothing would end a loop. */
bool keep_jump(struct xlate_host *h, uint32_t jump, uint64_t pc)
{
	struct keeping *k = h->keeping;
	uint32_t n = find_part(k, pc);

	if (n == k->section->block_count ||
	    (n < k->block_count && block_host(k, n) <= jump))
		return false;
	add_note(k, (struct note){NOTE_INNER, 0, jump, pc});
	return true;
}

static int translate(struct keeping *k)
{
	struct xlate_instruction code[XLATE_BLOCK_MAX];
	struct translation t;
	struct emit *e = &k->h->emit;

	host_begin(&t, k->h);
	for (uint32_t n = 0; n < k->section->block_count; n++) {
		const struct xlate_part *part = &k->section->blocks[n];
		uint32_t count = decode(k, part, code);
		bool ended;

		k->blocks[k->block_count++] = (struct kept_block){
		        part->at, (uint16_t)(e->at - k->h->first)};
		t.runs_on = part->runs_on && host_has_room(&t, count);
		ended = host_add_block(&t, guest_pc(k, part->at), 0, code,
		                       count);
		if (ended || !t.runs_on)
			host_end(&t, !ended);
		if (k->full || e->at - k->h->first > CODE_LIMIT ||
		    k->h->link_count > KEPT_LINKS_MAX ||
		    k->h->deferred_count > KEPT_DEFERRED_MAX)
			return -E2BIG;
	}
	return 0;
}

/* Whether the link goes back, and is no call. */
static bool is_loop(const struct keeping *k, const struct link *link)
{
	return !host_is_call(k->h, link) &&
	       link->pc <= host_find_origin(k->h, link->jump)->pc;
}

/* Calls of functions in the unit lead there; loops are closed when they run. */
static void lead_inner(const struct keeping *k)
{
	const struct xlate_host *h = k->h;

	for (uint32_t n = 0; n < h->link_count; n++) {
		uint32_t part = find_part(k, h->links[n].pc);

		if (part != k->section->block_count &&
		    !is_loop(k, &h->links[n]))
			emit_target(&k->h->emit, h->links[n].jump,
			            block_host(k, part));
	}
}

/* A jump to a shared part goes to one that stands for all of the unit. */
static void lead_out(struct keeping *k, uint32_t jump)
{
	struct emit *e = &k->h->emit;
	int32_t distance;
	unsigned which = 0;

	memcpy(&distance, e->code + jump, sizeof(distance));
	while (host_shared(k->h, which) != jump + 4 + (uint32_t)distance)
		which++;
	if (!k->shared[which])
		k->shared[which] = emit_jump(e);
	emit_target(e, jump, k->shared[which] - 1);
}

/* A guest address becomes an offset. */
static void make_offset(const struct keeping *k, uint32_t at)
{
	uint8_t *place = k->h->emit.code + at;
	uint64_t pc;

	memcpy(&pc, place, sizeof(pc));
	pc -= guest_pc(k, 0);
	memcpy(place, &pc, sizeof(pc));
}

static void make_movable(struct keeping *k)
{
	lead_inner(k);
	for (uint32_t n = 0; n < k->note_count; n++) {
		const struct note *note = &k->notes[n];

		if (note->what == NOTE_INNER)
			emit_target(&k->h->emit, note->at,
			            block_host(k, find_part(k, note->pc)));
		else if (note->kind == RELOCATE_SHARED)
			lead_out(k, note->at);
		else if (note->kind != RELOCATE_DEFERRED)
			make_offset(k, note->at);
	}
}

/* ---------------------------------------------------------------- the tables
 */

/* As the file says it. */
static uint32_t pending_word(const struct keeping *k, uint32_t pending)
{
	uint32_t word;

	if (!k->h->guest->defers)
		return pending;
	memcpy(&word,
	       k->section->code +
	               guest_offset(k, k->h->deferred[pending - 1].pc),
	       sizeof(word));
	return word;
}

/* Its number in the unit, 1 and up; 0: nothing. */
static uint32_t pending_number(struct keeping *k, uint32_t pending)
{
	uint32_t word;

	if (!pending)
		return 0;
	word = pending_word(k, pending);
	for (uint32_t n = 0; n < k->pending_count; n++)
		if (k->pendings[n] == word)
			return 1 + n;
	if (k->pending_count == KEPT_PENDINGS_MAX) {
		k->full = true;
		return 0;
	}
	k->pendings[k->pending_count++] = word;
	return k->pending_count;
}

static uint16_t put_places(struct keeping *k, enum relocation_kind kind)
{
	const struct xlate_host *h = k->h;
	uint16_t count = 0;

	for (uint32_t n = 0; n < k->note_count; n++) {
		const struct note *note = &k->notes[n];
		uint32_t number;

		if (note->what != NOTE_RELOCATION || note->kind != kind)
			continue;
		put_16(k, note->at - h->first);
		count++;
		if (kind != RELOCATE_DEFERRED)
			continue;
		memcpy(&number, h->emit.code + note->at, sizeof(number));
		put_16(k, guest_offset(k, h->deferred[number].pc));
	}
	return count;
}

static uint16_t put_exits(struct keeping *k)
{
	uint16_t count = 0;

	for (unsigned which = 0; which < SHARED_COUNT; which++) {
		if (!k->shared[which])
			continue;
		put_16(k, k->shared[which] - k->h->first);
		put_16(k, which);
		count++;
	}
	return count;
}

static void put_blocks(struct keeping *k)
{
	struct kept_block before = {0, 0};

	for (uint32_t n = 0; n < k->block_count; n++) {
		put_number(k, k->blocks[n].guest - before.guest);
		put_number(k, k->blocks[n].host - before.host);
		before = k->blocks[n];
	}
}

static void put_links(struct keeping *k)
{
	const struct xlate_host *h = k->h;
	uint32_t before = h->first;

	for (uint32_t n = 0; n < h->link_count; n++) {
		const struct link *link = &h->links[n];

		put_number(k, (link->stub - before) << 1 | is_loop(k, link));
		put_number(k, link->stub - link->jump);
		put_signed(k, (int32_t)guest_offset(k, link->pc));
		before = link->stub;
	}
}

static void put_origin(struct keeping *k, const struct kept_origin *before,
                       const struct kept_origin *o)
{
	uint32_t host = o->host - before->host;
	int32_t guest = (int32_t)(o->guest - before->guest);
	bool near = guest == 0 || guest == 2 || guest == 4;
	bool same = o->pending == before->pending;

	put_byte(k, (host < KEPT_FAR ? host : KEPT_FAR) << KEPT_HOST_SHIFT |
	                    (near ? (uint32_t)guest : KEPT_ELSEWHERE) |
	                    (same ? 0 : KEPT_PENDING));
	if (host >= KEPT_FAR)
		put_number(k, host - KEPT_FAR);
	if (!near)
		put_signed(k, guest);
	if (!same)
		put_number(k, o->pending);
}

static void find_pendings(struct keeping *k)
{
	for (uint32_t n = 0; n < k->h->origin_count; n++)
		pending_number(k, k->h->origins[n].pending);
}

/* Whether a link's stub begins there. */
static bool is_stub(const struct keeping *k, uint32_t host)
{
	return k->h->link_count && host_find_link(k->h, host)->stub == host;
}

static void put_origins(struct keeping *k)
{
	const struct xlate_host *h = k->h;
	struct kept_origin before = {0, 0, 0}, next;

	for (uint32_t n = 0; n < h->origin_count; n++) {
		const struct origin *o = &h->origins[n];

		/* Nothing was made of it, or it is a link's, which tells. */
		if ((n + 1 < h->origin_count && o[1].host == o->host) ||
		    is_stub(k, o->host))
			continue;
		next.host = o->host - h->first;
		next.guest = guest_offset(k, o->pc);
		next.pending = pending_number(k, o->pending);
		put_origin(k, &before, &next);
		before = next;
	}
}

/* What WRITE has put; its size. */
static uint16_t put_stream(struct keeping *k, void (*write)(struct keeping *k))
{
	const uint8_t *from = k->at;

	write(k);
	if (k->at - from > UINT16_MAX)
		k->full = true;
	return (uint16_t)(k->at - from);
}

static int put_unit(struct keeping *k)
{
	const struct xlate_section *s = k->section;
	struct xlate_host *h = k->h;
	struct kept_unit *unit = &k->unit;
	uint8_t *start = k->at;

	find_pendings(k);
	*unit = (struct kept_unit){
	        .source = kept_hash(s->code, s->size),
	        .page = s->page,
	        .source_size = s->size,
	        .code_size = (uint16_t)(h->emit.at - h->first),
	        .instructions = (uint16_t)s->instructions,
	        .pendings = (uint16_t)k->pending_count,
	        .blocks = (uint16_t)k->block_count,
	        .links = (uint16_t)h->link_count,
	};
	put(k, unit, sizeof(*unit)); /* once more at the end */
	put(k, h->emit.code + h->first, unit->code_size);
	put(k, k->pendings, k->pending_count * sizeof(k->pendings[0]));
	unit->pcs = put_places(k, RELOCATE_PC);
	unit->literals = put_places(k, RELOCATE_LITERAL);
	unit->exits = put_exits(k);
	unit->deferred = put_places(k, RELOCATE_DEFERRED);
	unit->block_size = put_stream(k, put_blocks);
	unit->link_size = put_stream(k, put_links);
	unit->origin_size = put_stream(k, put_origins);
	while ((k->at - start) % 4)
		put_byte(k, 0);
	if (k->full)
		return -E2BIG;
	memcpy(start, unit, sizeof(*unit));
	return 0;
}

int xlate_host_keep(struct xlate *x, const struct xlate_section *section,
                    uint8_t *unit, size_t room, size_t *size)
{
	struct xlate_host *h = x->host;
	struct keeping *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	k->x = x;
	k->h = h;
	k->section = section;
	k->at = unit;
	k->end = unit + room;
	h->keeping = k;
	h->emit.at = h->first;
	h->link_count = h->origin_count = h->deferred_count = 0;
	r = translate(k);
	if (!r) {
		make_movable(k);
		r = put_unit(k);
	}
	*size = (size_t)(k->at - unit);
	h->keeping = NULL;
	free(k);
	return r;
}
