/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/kept.h"

/*
 * Units of kept translations become code like any other.  Each is checked when
 * it is looked at, since the file is large and most of it is never needed;
 * whatever it says, nothing is read or written outside of it and of what it is
 * for.
 */

/* Where a unit's parts are. */
struct parts {
	struct kept_unit unit;
	const uint8_t *code, *pendings, *blocks, *pcs, *literals, *exits;
	const uint8_t *deferred;
	struct kept_bytes links, origins;
};

static const uint8_t *take(const uint8_t **at, size_t size)
{
	const uint8_t *from = *at;

	*at += size;
	return from;
}

static struct kept_bytes take_bytes(const uint8_t **at, size_t size)
{
	const uint8_t *from = take(at, size);

	return (struct kept_bytes){from, from + size, false};
}

/* False: it is not all there. */
static bool find_parts(const struct xlate_host *h, uint32_t number,
                       struct parts *p)
{
	const struct kept_unit *u = &p->unit;
	uint64_t offset = (uint64_t)number * 4, size;
	const uint8_t *at = h->kept + offset;

	if (offset + sizeof(*u) > h->kept_end)
		return false;
	memcpy(&p->unit, take(&at, sizeof(*u)), sizeof(*u));
	size = sizeof(*u) + u->code_size + u->link_size + u->origin_size +
	       u->pendings * sizeof(uint32_t) +
	       u->blocks * sizeof(struct kept_block) +
	       (u->pcs + u->literals) * sizeof(uint16_t) +
	       (u->exits + u->deferred) * sizeof(struct kept_place);
	if (offset + size > h->kept_end)
		return false;
	p->code = take(&at, u->code_size);
	p->pendings = take(&at, u->pendings * sizeof(uint32_t));
	p->blocks = take(&at, u->blocks * sizeof(struct kept_block));
	p->pcs = take(&at, u->pcs * sizeof(uint16_t));
	p->literals = take(&at, u->literals * sizeof(uint16_t));
	p->exits = take(&at, u->exits * sizeof(struct kept_place));
	p->deferred = take(&at, u->deferred * sizeof(struct kept_place));
	p->links = take_bytes(&at, u->link_size);
	p->origins = take_bytes(&at, u->origin_size);
	return u->blocks <= KEPT_BLOCKS_MAX && u->links <= KEPT_LINKS_MAX &&
	       u->pendings <= KEPT_PENDINGS_MAX &&
	       u->deferred <= STUBS_MAX / 2 && u->code_size;
}

/* A unit on its way into the code. */
struct loading {
	struct xlate *x;
	struct xlate_host *h;
	struct parts parts;
	uint64_t pc;    /* where the guest's code begins */
	uint32_t start; /* where the host's does */
	/* What may be pending, by its number in the unit; the first is
	 * nothing. */
	uint32_t pendings[1 + KEPT_PENDINGS_MAX];
};

static struct kept_block block_at(const struct loading *l, unsigned n)
{
	struct kept_block block;

	memcpy(&block, l->parts.blocks + n * sizeof(block), sizeof(block));
	return block;
}

static struct kept_place place_at(const uint8_t *places, unsigned n)
{
	struct kept_place place;

	memcpy(&place, places + n * sizeof(place), sizeof(place));
	return place;
}

/* Whether the code of SIZE bytes has so many at AT. */
static bool has(const struct loading *l, uint32_t at, uint32_t size)
{
	return at <= l->parts.unit.code_size &&
	       l->parts.unit.code_size - at >= size;
}

static bool move_addresses(const struct loading *l, const uint8_t *places,
                           unsigned count, uint64_t end)
{
	for (unsigned n = 0; n < count; n++) {
		uint64_t pc;
		uint16_t at;
		uint8_t *host;

		memcpy(&at, places + n * sizeof(at), sizeof(at));
		if (!has(l, at, sizeof(pc)))
			return false;
		host = l->h->emit.code + l->start + at;
		memcpy(&pc, host, sizeof(pc));
		pc += l->pc;
		if (pc > end)
			return false;
		memcpy(host, &pc, sizeof(pc));
	}
	return true;
}

static bool lead_out(const struct loading *l)
{
	for (unsigned n = 0; n < l->parts.unit.exits; n++) {
		struct kept_place place = place_at(l->parts.exits, n);

		if (!has(l, place.at, 4) || place.what >= SHARED_COUNT)
			return false;
		emit_target(&l->h->emit, l->start + place.at,
		            *host_shared(l->h, place.what));
	}
	return true;
}

/* Their instructions are decoded from the guest's own code. */
static bool add_deferreds(const struct loading *l)
{
	const struct kept_unit *u = &l->parts.unit;
	uint32_t number = l->h->deferred_count;

	for (unsigned n = 0; n < u->deferred; n++, number++) {
		struct kept_place place = place_at(l->parts.deferred, n);
		struct deferred *d = &l->h->deferred[number];

		if (!has(l, place.at, sizeof(number)) ||
		    place.what >= u->source_size)
			return false;
		d->pc = l->pc + place.what;
		l->x->guest->decode(&d->instruction,
		                    (const uint8_t *)(uintptr_t)d->pc,
		                    u->source_size - place.what);
		if (!d->instruction.length)
			return false;
		memcpy(l->h->emit.code + l->start + place.at, &number,
		       sizeof(number));
	}
	return true;
}

uint32_t kept_pending(struct xlate_host *h, uint32_t word, uint32_t number)
{
	struct deferred *d = &h->deferred[number];

	if (!h->guest->defers)
		return word;
	d->pc = 0;
	h->decode(&d->instruction, (const uint8_t *)&word, sizeof(word));
	return 1 + number;
}

/* Behind the others in `deferred`, if they are there. */
static void find_pendings(struct loading *l)
{
	const struct kept_unit *u = &l->parts.unit;
	uint32_t number = l->h->deferred_count + u->deferred;

	l->pendings[0] = 0;
	for (unsigned n = 0; n < u->pendings; n++, number++) {
		uint32_t word;

		memcpy(&word, l->parts.pendings + n * sizeof(word),
		       sizeof(word));
		l->pendings[1 + n] = kept_pending(l->h, word, number);
	}
}

static bool add_links(const struct loading *l)
{
	struct kept_bytes bytes = l->parts.links;
	struct link *link = &l->h->links[l->h->link_count];
	uint32_t stub = 0;

	for (unsigned n = 0; n < l->parts.unit.links; n++, link++) {
		uint32_t back, pending;
		int32_t to;

		stub += kept_number(&bytes);
		back = kept_number(&bytes);
		to = kept_signed(&bytes);
		pending = kept_number(&bytes);
		if (!has(l, stub, EMIT_CALL_SIZE) || back < 4 || back > stub ||
		    pending > l->parts.unit.pendings)
			return false;
		*link = (struct link){
		        .pc = l->pc + (uint64_t)(int64_t)to,
		        .jump = l->start + stub - back,
		        .stub = l->start + stub,
		        .pending = l->pendings[pending]};
	}
	return !bytes.failed;
}

static bool load(struct loading *l)
{
	const struct kept_unit *u = &l->parts.unit;

	memcpy(l->h->emit.code + l->start, l->parts.code, u->code_size);
	find_pendings(l);
	return move_addresses(l, l->parts.pcs, u->pcs, UINT64_MAX) &&
	       move_addresses(l, l->parts.literals, u->literals,
	                      l->x->config.top - 1) &&
	       lead_out(l) && add_deferreds(l) && add_links(l);
}

/* What has been written becomes code.  The offset of the block at PC. */
static uint32_t finish(struct loading *l, uint32_t number, uint64_t pc)
{
	struct xlate_host *h = l->h;
	const struct kept_unit *u = &l->parts.unit;
	uint32_t host = 0;

	for (unsigned n = 0; n < u->blocks; n++) {
		struct kept_block block = block_at(l, n);

		host_add_slot(h, l->pc + block.guest,
		              l->pendings[block.pending],
		              l->start + block.host);
		if (l->pc + block.guest == pc && !block.pending)
			host = l->start + block.host;
	}
	h->origins[h->origin_count++] =
	        (struct origin){.pc = l->pc, .host = l->start, .unit = number};
	h->emit.at += u->code_size;
	h->link_count += u->links;
	h->deferred_count += u->deferred + u->pendings;
	l->x->statistics.blocks += u->blocks;
	l->x->statistics.instructions += u->instructions;
	l->x->statistics.code_bytes += u->code_size;
	l->x->statistics.kept_blocks += u->blocks;
	return host;
}

/* Whether the unit is of the guest's code around PC, and has a block there. */
static bool fits(struct loading *l, uint64_t pc)
{
	const struct kept_unit *u = &l->parts.unit;
	uint64_t offset = (pc - u->page) % KEPT_PAGE;
	bool found = false;

	l->pc = pc - offset;
	if (offset >= u->source_size || offset > pc)
		return false;
	for (unsigned n = 0; n < u->blocks; n++) {
		struct kept_block block = block_at(l, n);

		if (!has(l, block.host, 1) || block.guest >= u->source_size ||
		    block.pending > u->pendings)
			return false;
		found |= block.guest == offset && !block.pending;
	}
	return found && xlate_take_code(l->x, l->pc, u->source_size) &&
	       kept_hash((const uint8_t *)(uintptr_t)l->pc, u->source_size) ==
	               u->source;
}

uint32_t kept_load(struct xlate *x, uint64_t pc)
{
	struct xlate_host *h = x->host;
	struct loading l = {.x = x, .h = h, .start = h->emit.at};
	uint64_t slot;

	/* Kept code raises the exceptions that other code looks for. */
	if (!h->kept || h->float_traps != h->guest->float_traps ||
	    !xlate_take_code(x, pc, KEPT_KEY_SIZE))
		return 0;
	slot = kept_key((const uint8_t *)(uintptr_t)pc, pc);
	for (unsigned n = 0; n < KEPT_PROBES; n++, slot++) {
		uint32_t number = h->kept_index[slot % h->kept_slots];

		if (!number)
			return 0;
		if (find_parts(h, number, &l.parts) && fits(&l, pc) && load(&l))
			return finish(&l, number, pc);
	}
	return 0;
}

struct kept_origin kept_find_origin(const struct xlate_host *h, uint32_t unit,
                                    uint32_t offset)
{
	struct kept_origin origin = {0, 0, 0}, next = origin;
	struct parts parts;

	if (!find_parts(h, unit, &parts))
		return origin;
	while (parts.origins.at != parts.origins.end) {
		kept_origin(&parts.origins, &next);
		if (next.host > offset)
			break;
		origin = next;
	}
	return origin;
}

void xlate_host_attach(struct xlate *x, const void *kept)
{
	struct xlate_host *h = x->host;
	struct kept_header header;

	memcpy(&header, kept, sizeof(header));
	h->kept = kept;
	h->kept_end = header.index;
	h->kept_slots = header.slots;
	h->kept_index =
	        (const uint32_t *)(const void *)(h->kept + header.index);
}
