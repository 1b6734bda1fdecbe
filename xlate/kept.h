/* SPDX-License-Identifier: ISC */
#ifndef XLATE_KEPT_H
#define XLATE_KEPT_H

/*
 * Inside xlate/: the format of kept translations.  Little-endian, for hosts
 * that are too.
 *
 *   header
 *   units, each a multiple of 4 bytes
 *   index: slots with a unit's offset divided by 4, and kept_tag(); 0: none.  A
 *   unit is found from the slot of kept_key() on, of any chunk of its guest code
 */

#include <string.h>

#include "xlate/keep.h"

#define KEPT_MAGIC UINT64_C(0x31747065786b6862)
#define KEPT_PAGE  4096u

struct kept_header {
	uint64_t magic;
	uint32_t isa;
	uint32_t features; /* of the host's processor, that code depends on */
	uint8_t build[32]; /* of the library */
	uint64_t size;     /* of the file */
	uint64_t index;    /* where it is */
	uint32_t slots;
	uint32_t units, blocks;
	uint32_t reserved;
	uint64_t code, guest, host;
};

_Static_assert(sizeof(struct kept_header) == XLATE_KEPT_HEADER,
               "what callers read");

/*
 * Offsets of a unit's are from where its guest code or its host code begins.
 * What follows, in this order:
 *
 *   host code             code_size bytes, where guest addresses are offsets
 *   uint32_t              what may be pending in it (pendings), as the host has
 *                         it; for A64 an instruction that sets flags
 *   uint16_t              where guest addresses are in host code (pcs); those that
 *                         must lie within the window (literals)
 *   struct kept_place     of jumps to shared parts (exits), whose number is
 *                         `what`; of numbers of struct deferred, of the
 *                         instruction at `what`
 *   blocks                block_size bytes of numbers: for each, how far behind
 *                         the one before its guest code begins, and its host code
 *   links                 link_size bytes of numbers: for each, how far behind the
 *                         one before its stub is, times two, plus one if it closes
 *                         a loop; how far before the stub the jump is, and where it
 *                         leads to
 *   origins               origin_size bytes, see kept_origin()
 */
struct kept_unit {
	uint64_t source; /* kept_hash() of the guest's code */
	uint16_t page;   /* where in a page that begins */
	uint16_t source_size;
	uint16_t code_size;
	uint16_t instructions;
	uint16_t pendings, pcs, literals, exits, deferred, blocks, links;
	uint16_t block_size, link_size, origin_size;
	uint16_t reserved[2];
};

_Static_assert(sizeof(struct kept_unit) == 40, "as in files");

struct kept_block {
	uint16_t guest, host;
};

struct kept_place {
	uint16_t at, what;
};

/* Of each of these a unit has at most so many. */
#define KEPT_BLOCKS_MAX   256u
#define KEPT_LINKS_MAX    384u
#define KEPT_PENDINGS_MAX 512u
#define KEPT_DEFERRED_MAX 384u
/* More than this many slots are never looked at for one block. */
#define KEPT_PROBES 64u
/* A loop is done so many times in kept code.  If it runs for longer, code is made
 * for it as for any other that runs; and for what that calls so often. */
#define KEPT_ROUNDS 32u

static inline uint64_t kept_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

static inline uint64_t kept_hash(const uint8_t *code, size_t size)
{
	uint64_t hash = size, word;

	for (; size >= sizeof(word);
	     size -= sizeof(word), code += sizeof(word)) {
		memcpy(&word, code, sizeof(word));
		hash = kept_mix(hash, word);
	}
	word = 0;
	memcpy(&word, code, size);
	return kept_mix(hash, word);
}

/* A chunk is as long as a multiple of it is far from a page's beginning; so many
 * bytes tell it from others. */
#define KEPT_CHUNK    64u
#define KEPT_KEY_SIZE 8u
static inline uint64_t kept_key(const uint8_t *code, uint64_t address)
{
	return kept_mix(address % KEPT_PAGE, kept_hash(code, KEPT_KEY_SIZE));
}

/*
 * A slot of the index has the number of a unit, in as many bits as the last unit's
 * needs, which ends where the INDEX is; above them, as much of the key as there is
 * room for.  So hardly any unit is looked at that is of other code.
 */
static inline unsigned kept_number_bits(uint64_t index)
{
	unsigned bits = 0;

	while (index / 4 >> bits)
		bits++;
	return bits;
}

static inline uint32_t kept_tag(uint64_t key, unsigned number_bits)
{
	return (uint32_t)(key >> 32 << number_bits);
}

/* A cursor over numbers and bytes. */
struct kept_bytes {
	const uint8_t *at, *end;
	bool failed; /* there were not as many */
};

static inline uint8_t kept_byte(struct kept_bytes *b)
{
	if (b->at != b->end)
		return *b->at++;
	b->failed = true;
	return 0;
}

/* Seven bits a byte, the low ones first, the last one without bit 7. */
static inline uint32_t kept_number(struct kept_bytes *b)
{
	uint32_t value = 0, byte;

	for (unsigned shift = 0; shift < 32; shift += 7) {
		byte = kept_byte(b);
		value |= (byte & 127) << shift;
		if (byte < 128)
			return value;
	}
	b->failed = true;
	return 0;
}

/* The sign is in bit 0. */
static inline int32_t kept_signed(struct kept_bytes *b)
{
	uint32_t value = kept_number(b);

	return (int32_t)(value >> 1 ^ -(value & 1));
}

/* Links: three numbers each. */
struct kept_link {
	uint32_t stub, back; /* the jump is so far before the stub */
	int32_t to;
	bool is_loop;
};

/* Makes of the one before the next one. */
static inline void kept_link(struct kept_bytes *b, struct kept_link *link)
{
	uint32_t first = kept_number(b);

	link->stub += first >> 1;
	link->is_loop = first & 1;
	link->back = kept_number(b);
	link->to = kept_signed(b);
}

/*
 * Origins: a byte each, whose upper five bits tell how far its host code begins
 * behind that of the one before (KEPT_FAR: a number follows); then two bits with
 * the distance of its guest instruction (KEPT_ELSEWHERE: a signed number follows);
 * KEPT_PENDING: the number of what is pending there follows, 0 if nothing is.
 */
#define KEPT_HOST_SHIFT 3
#define KEPT_FAR        31u
#define KEPT_GUEST      6u /* the bits; 2 or 4 is the distance itself */
#define KEPT_ELSEWHERE  6u
#define KEPT_PENDING    1u

struct kept_origin {
	uint32_t host, guest;
	uint32_t pending; /* 1 + its place among them; 0: nothing */
};

/* Makes of the one before the next one. */
static inline void kept_origin(struct kept_bytes *b, struct kept_origin *o)
{
	uint8_t byte = kept_byte(b);
	uint32_t distance = byte >> KEPT_HOST_SHIFT;

	if (distance == KEPT_FAR)
		distance += kept_number(b);
	o->host += distance;
	if ((byte & KEPT_GUEST) == KEPT_ELSEWHERE)
		o->guest += (uint32_t)kept_signed(b);
	else
		o->guest += byte & KEPT_GUEST;
	if (byte & KEPT_PENDING)
		o->pending = kept_number(b);
}

/* Of this library: of its sources, and of this way of compiling them. */
void xlate_build(uint8_t build[32]);

/* A folder per host: the features of this processor that host code depends on.
 */
uint32_t xlate_host_features(void);

#endif
