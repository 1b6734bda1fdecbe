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

struct keeping {
	struct xlate *x;
	struct xlate_host *h;
	const struct xlate_section *section;
	struct kept_unit unit;
	struct kept_block blocks[KEPT_BLOCKS_MAX];
	uint32_t block_count;
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

static bool is_too_large(const struct keeping *k)
{
	return k->h->emit.at - k->h->first > CODE_LIMIT ||
	       k->h->link_count > KEPT_LINKS_MAX;
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
		        part->at, (uint16_t)(e->at - k->h->first), 0};
		ended = host_add_block(&t, guest_pc(k, part->at), 0, code,
		                       count);
		if (ended || !part->runs_on || t.stub_count > STUBS_MAX)
			host_end(&t, !ended);
		if (is_too_large(k))
			return -E2BIG;
	}
	return 0;
}

/* The part that begins at a guest address, by its number; block_count: none. */
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
	return low < count && k->section->blocks[low].at == offset ? low : count;
}

/* ------------------------------------------------------------------- pending
 *
 * Within a loop something may be pending all the time, and its blocks are made
 * for that, as they are when they run. Other ways leave nothing pending.
 */

/* As the file says it. */
static uint32_t pending_word(const struct keeping *k, uint32_t pending)
{
	uint32_t word;

	if (!pending || !k->h->guest->defers)
		return pending;
	memcpy(&word,
	       k->section->code +
	               guest_offset(k, k->h->deferred[pending - 1].pc),
	       sizeof(word));
	return word;
}

/* Its number in the unit, 1 and up; 0: there are too many. */
static uint32_t pending_number(struct keeping *k, uint32_t pending)
{
	uint32_t word = pending_word(k, pending);

	for (uint32_t n = 0; n < k->pending_count; n++)
		if (k->pendings[n] == word)
			return 1 + n;
	if (k->pending_count == KEPT_PENDINGS_MAX)
		return 0;
	k->pendings[k->pending_count++] = word;
	return k->pending_count;
}

/* The block of a part with that pending; made, if it is not there. 0: no more
 * can be made. */
static uint32_t find_block(struct keeping *k, uint32_t part, uint32_t pending)
{
	struct xlate_instruction code[XLATE_BLOCK_MAX];
	uint16_t number = (uint16_t)pending_number(k, pending);
	const struct xlate_part *p = &k->section->blocks[part];
	struct emit *e = &k->h->emit;
	struct translation t;
	uint32_t here = e->at;

	for (uint32_t n = 0; n < k->block_count; n++)
		if (k->blocks[n].guest == p->at && k->blocks[n].pending == number)
			return k->h->first + k->blocks[n].host;
	if (!number || k->block_count == KEPT_BLOCKS_MAX || is_too_large(k))
		return 0;
	k->blocks[k->block_count++] = (struct kept_block){
	        p->at, (uint16_t)(here - k->h->first), number};
	host_begin(&t, k->h);
	host_end(&t, !host_add_block(&t, guest_pc(k, p->at), pending, code,
	                             decode(k, p, code)));
	return here;
}

/* Whether the link goes back, so that there is a loop. */
static bool leads_back(const struct keeping *k, const struct link *link)
{
	return link->pc <= host_find_origin(k->h, link->jump)->pc;
}

/* Leads links to blocks of the unit; those with something pending that do not
 * lead there are none. More come while blocks are made. */
static void lead_inner(struct keeping *k)
{
	struct xlate_host *h = k->h;
	uint32_t count = 0;

	for (uint32_t n = 0; n < h->link_count; n++) {
		struct link link = h->links[n];
		uint32_t part = find_part(k, link.pc), host = 0;

		if (part == k->section->block_count)
			host = 0;
		else if (!link.pending)
			host = h->first + k->blocks[part].host;
		else if (leads_back(k, &link))
			host = find_block(k, part, link.pending);
		if (host)
			emit_target(&h->emit, link.jump, host);
		if (host || !link.pending)
			h->links[count++] = link;
	}
	h->link_count = count;
}

/* A jump to a shared part goes to one that stands for all of the unit. */
static void lead_out(struct keeping *k, uint32_t jump)
{
	struct emit *e = &k->h->emit;
	int32_t distance;
	unsigned which = 0;

	memcpy(&distance, e->code + jump, sizeof(distance));
	while (*host_shared(k->h, which) != jump + 4 + (uint32_t)distance)
		which++;
	if (!k->shared[which]) {
		uint32_t here = e->at;

		emit_jump(e);
		k->shared[which] = here + 1;
	}
	emit_target(e, jump, k->shared[which] - 1);
}

static void make_movable(struct keeping *k)
{
	struct xlate_host *h = k->h;

	lead_inner(k);
	for (uint32_t n = 0; n < h->relocation_count; n++) {
		struct relocation r = h->relocations[n];
		uint64_t pc;

		if (r.kind == RELOCATE_SHARED) {
			lead_out(k, r.at);
			continue;
		}
		if (r.kind == RELOCATE_DEFERRED)
			continue;
		memcpy(&pc, h->emit.code + r.at, sizeof(pc));
		pc -= guest_pc(k, 0);
		memcpy(h->emit.code + r.at, &pc, sizeof(pc));
	}
}

/* ---------------------------------------------------------------- the tables
 */

static uint16_t put_places(struct keeping *k, enum relocation_kind kind)
{
	const struct xlate_host *h = k->h;
	uint16_t count = 0;

	for (uint32_t n = 0; n < h->relocation_count; n++) {
		if (h->relocations[n].kind != kind)
			continue;
		put_16(k, h->relocations[n].at - h->first);
		count++;
		if (kind == RELOCATE_DEFERRED) {
			uint32_t number;

			memcpy(&number, h->emit.code + h->relocations[n].at,
			       sizeof(number));
			put_16(k, guest_offset(k, h->deferred[number].pc));
		}
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

static void put_links(struct keeping *k)
{
	const struct xlate_host *h = k->h;
	uint32_t before = h->first;

	for (uint32_t n = 0; n < h->link_count; n++) {
		const struct link *link = &h->links[n];

		put_number(k, link->stub - before);
		put_number(k, link->stub - link->jump);
		put_signed(k, (int32_t)guest_offset(k, link->pc));
		put_number(k, link->pending ? pending_number(k, link->pending)
		                            : 0);
		before = link->stub;
	}
}

static void put_origins(struct keeping *k)
{
	const struct xlate_host *h = k->h;
	struct kept_origin before = {0, 0, 0};

	for (uint32_t n = 0; n < h->origin_count; n++) {
		const struct origin *o = &h->origins[n];
		uint32_t host = o->host - h->first - before.host;
		int32_t offset = (int32_t)guest_offset(k, o->pc);
		int32_t guest = offset - (int32_t)before.guest;
		uint32_t pending = pending_word(k, o->pending);
		bool near = guest == 0 || guest == 2 || guest == 4;

		put_byte(k,
		         (host < KEPT_FAR ? host : KEPT_FAR)
		                         << KEPT_HOST_SHIFT |
		                 (near ? (uint32_t)guest : KEPT_ELSEWHERE) |
		                 (pending != before.pending ? KEPT_PENDING : 0));
		if (host >= KEPT_FAR)
			put_number(k, host - KEPT_FAR);
		if (!near)
			put_signed(k, guest);
		if (pending != before.pending)
			put(k, &pending, sizeof(pending));
		before = (struct kept_origin){o->host - h->first,
		                              (uint32_t)offset, pending};
	}
}

static int put_unit(struct keeping *k)
{
	const struct xlate_section *s = k->section;
	struct xlate_host *h = k->h;
	uint8_t *start = k->at, *from;

	k->unit = (struct kept_unit){
	        .source = kept_hash(s->code, s->size),
	        .page = s->page,
	        .source_size = s->size,
	        .code_size = (uint16_t)(h->emit.at - h->first),
	        .instructions = (uint16_t)s->instructions,
	        .blocks = (uint16_t)k->block_count,
	        .pendings = (uint16_t)k->pending_count,
	        .links = (uint16_t)h->link_count,
	};
	put(k, &k->unit, sizeof(k->unit)); /* once more at the end */
	put(k, h->emit.code + h->first, k->unit.code_size);
	put(k, k->pendings, k->pending_count * sizeof(k->pendings[0]));
	put(k, k->blocks, k->block_count * sizeof(k->blocks[0]));
	k->unit.pcs = put_places(k, RELOCATE_PC);
	k->unit.literals = put_places(k, RELOCATE_LITERAL);
	k->unit.exits = put_exits(k);
	k->unit.deferred = put_places(k, RELOCATE_DEFERRED);
	from = k->at;
	put_links(k);
	k->unit.link_size = (uint16_t)(k->at - from);
	from = k->at;
	put_origins(k);
	k->unit.origin_size = (uint16_t)(k->at - from);
	while ((k->at - start) % 4)
		put_byte(k, 0);
	if (k->full || k->at - from > UINT16_MAX || is_too_large(k))
		return -E2BIG;
	memcpy(start, &k->unit, sizeof(k->unit));
	return 0;
}

int xlate_host_keep(struct xlate *x, const struct xlate_section *section,
                    uint8_t *unit, size_t room, size_t *size)
{
	struct keeping k = {.x = x,
	                    .h = x->host,
	                    .section = section,
	                    .at = unit,
	                    .end = unit + room};
	int r;

	k.h->relocations = malloc(RELOCATIONS_MAX * sizeof(struct relocation));
	if (!k.h->relocations)
		return -ENOMEM;
	k.h->emit.at = k.h->first;
	k.h->link_count = k.h->origin_count = 0;
	k.h->deferred_count = k.h->relocation_count = 0;
	r = translate(&k);
	if (!r) {
		make_movable(&k);
		r = put_unit(&k);
	}
	free(k.h->relocations);
	k.h->relocations = NULL;
	*size = (size_t)(k.at - unit);
	return r;
}
