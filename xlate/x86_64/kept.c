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
	const uint8_t *code, *pendings, *pcs, *literals, *exits, *deferred;
	struct kept_bytes blocks, links, origins;
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
	size = sizeof(*u) + u->code_size + u->block_size + u->link_size +
	       u->origin_size + u->pendings * sizeof(uint32_t) +
	       (u->pcs + u->literals) * sizeof(uint16_t) +
	       (u->exits + u->deferred) * sizeof(struct kept_place);
	if (offset + size > h->kept_end)
		return false;
	p->code = take(&at, u->code_size);
	p->pendings = take(&at, u->pendings * sizeof(uint32_t));
	p->pcs = take(&at, u->pcs * sizeof(uint16_t));
	p->literals = take(&at, u->literals * sizeof(uint16_t));
	p->exits = take(&at, u->exits * sizeof(struct kept_place));
	p->deferred = take(&at, u->deferred * sizeof(struct kept_place));
	p->blocks = take_bytes(&at, u->block_size);
	p->links = take_bytes(&at, u->link_size);
	p->origins = take_bytes(&at, u->origin_size);
	return u->blocks <= KEPT_BLOCKS_MAX && u->links <= KEPT_LINKS_MAX &&
	       u->deferred <= KEPT_DEFERRED_MAX && u->code_size;
}

/* A unit on its way into the code. */
struct loading {
	struct xlate *x;
	struct xlate_host *h;
	struct parts parts;
	uint64_t pc;    /* where the guest's code begins */
	uint32_t start; /* where the host's does */
	struct kept_block blocks[KEPT_BLOCKS_MAX];
};

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
		            host_shared(l->h, place.what));
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

static bool add_links(const struct loading *l)
{
	struct kept_bytes bytes = l->parts.links;
	struct link *link = &l->h->links[l->h->link_count];
	struct kept_link kept = {0, 0, 0, false};

	for (unsigned n = 0; n < l->parts.unit.links; n++, link++) {
		kept_link(&bytes, &kept);
		if (!has(l, kept.stub, EMIT_CALL_SIZE) || kept.back < 4 ||
		    kept.back > kept.stub)
			return false;
		*link = (struct link){.pc = l->pc + (uint64_t)(int64_t)kept.to,
		                      .jump = l->start + kept.stub - kept.back,
		                      .stub = l->start + kept.stub,
		                      .is_loop = kept.is_loop,
		                      .rounds = kept.is_loop ? KEPT_ROUNDS : 0};
	}
	return !bytes.failed;
}

static bool load(const struct loading *l)
{
	const struct kept_unit *u = &l->parts.unit;

	memcpy(l->h->emit.code + l->start, l->parts.code, u->code_size);
	return move_addresses(l, l->parts.pcs, u->pcs, UINT64_MAX) &&
	       move_addresses(l, l->parts.literals, u->literals,
	                      l->x->config.top - 1) &&
	       lead_out(l) && add_deferreds(l) && add_links(l);
}

/* What has been written becomes code, in place of none that is known. */
static void finish(struct loading *l, uint32_t number)
{
	struct xlate_host *h = l->h;
	const struct kept_unit *u = &l->parts.unit;

	for (unsigned n = 0; n < u->blocks; n++)
		host_offer_block_at(h, l->pc + l->blocks[n].guest,
		                    l->start + l->blocks[n].host);
	h->origins[h->origin_count++] =
	        (struct origin){.pc = l->pc, .host = l->start, .unit = number};
	h->emit.at += u->code_size;
	h->link_count += u->links;
	h->deferred_count += u->deferred;
	l->x->statistics.blocks += u->blocks;
	l->x->statistics.instructions += u->instructions;
	l->x->statistics.code_bytes += u->code_size;
	l->x->statistics.kept_blocks += u->blocks;
}

/* Whether the unit has a block at OFFSET, and all others are within it. */
static bool find_blocks(struct loading *l, uint64_t offset)
{
	struct kept_bytes bytes = l->parts.blocks;
	uint32_t guest = 0, host = 0;
	bool found = false;

	for (unsigned n = 0; n < l->parts.unit.blocks; n++) {
		guest += kept_number(&bytes);
		host += kept_number(&bytes);
		if (!has(l, host, 1) || guest >= l->parts.unit.source_size)
			return false;
		l->blocks[n] =
		        (struct kept_block){(uint16_t)guest, (uint16_t)host};
		found |= guest == offset;
	}
	return found && !bytes.failed;
}

/* Whether the unit is of the guest's code around PC, and has a block there. */
static bool fits(struct loading *l, uint64_t pc)
{
	const struct kept_unit *u = &l->parts.unit;
	uint64_t offset = (pc - u->page) % KEPT_PAGE;

	l->pc = pc - offset;
	return offset < u->source_size && offset <= pc &&
	       find_blocks(l, offset) &&
	       xlate_take_code(l->x, l->pc, u->source_size) &&
	       kept_hash((const uint8_t *)(uintptr_t)l->pc, u->source_size) ==
	               u->source;
}

uint32_t kept_load(struct xlate *x, uint64_t pc)
{
	struct xlate_host *h = x->host;
	struct loading l; /* large, and most of it is not used */
	uint64_t chunk = pc - pc % KEPT_CHUNK, key, slot;

	/* Kept code raises the exceptions that other code looks for. */
	if (!h->kept || h->float_traps != h->guest->float_traps ||
	    !xlate_take_code(x, chunk, KEPT_KEY_SIZE))
		return 0;
	l.x = x;
	l.h = h;
	l.start = h->emit.at;
	key = kept_key((const uint8_t *)(uintptr_t)chunk, chunk);
	slot = key % h->kept_slots;
	for (unsigned n = 0; n < KEPT_PROBES; n++) {
		uint32_t found = h->kept_index[slot];
		uint32_t number = found ^ kept_tag(key, h->kept_bits);

		slot = (slot + 1) % h->kept_slots;
		if (!found)
			return 0;
		if ((uint64_t)number >> h->kept_bits ||
		    !find_parts(h, number, &l.parts) || !fits(&l, pc) ||
		    !load(&l))
			continue;
		finish(&l, number);
		return host_find(h, pc, 0);
	}
	return 0;
}

/* Whether OFFSET is in a link's stub; then *GUEST is where that leads. */
static bool find_stub(struct parts *parts, uint32_t offset, uint32_t *guest)
{
	struct kept_link link = {0, 0, 0, false};

	for (unsigned n = 0; n < parts->unit.links; n++) {
		kept_link(&parts->links, &link);
		*guest = (uint32_t)link.to;
		if (offset - link.stub < EMIT_CALL_SIZE)
			return true;
	}
	return false;
}

uint32_t kept_find_origin(const struct xlate_host *h, uint32_t unit,
                          uint32_t offset, uint32_t *pending)
{
	struct kept_origin origin = {0, 0, 0}, next = origin;
	struct parts parts;
	uint32_t guest;

	*pending = 0;
	if (!find_parts(h, unit, &parts))
		return 0;
	if (find_stub(&parts, offset, &guest))
		return guest;
	while (parts.origins.at != parts.origins.end) {
		kept_origin(&parts.origins, &next);
		if (next.host > offset)
			break;
		origin = next;
	}
	if (origin.pending && origin.pending <= parts.unit.pendings)
		memcpy(pending,
		       parts.pendings + (origin.pending - 1) * sizeof(*pending),
		       sizeof(*pending));
	return origin.guest;
}

void xlate_host_attach(struct xlate *x, const void *kept)
{
	struct xlate_host *h = x->host;
	struct kept_header header;

	memcpy(&header, kept, sizeof(header));
	h->kept = kept;
	h->kept_end = header.index;
	h->kept_slots = header.slots;
	h->kept_bits = kept_number_bits(header.index);
	h->kept_index =
	        (const uint32_t *)(const void *)(h->kept + header.index);
}
