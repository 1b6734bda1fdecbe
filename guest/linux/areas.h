/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_AREAS_H
#define BH_LINUX_AREAS_H

/* The areas of the program's memory, as mm.c, mm_calls.c and user.c see them. */

#include "guest/linux/file.h"
#include "guest/linux/mm.h"

struct area {
	uint64_t start, end;
	uint64_t offset;    /* in the file */
	struct file *file;  /* held; NULL: anonymous */
	const char *name;   /* "[heap]", "[stack]", or NULL */
	uint8_t protection; /* MM_*, as the program asked */
	bool shared;
};

/* Sorted by address; no two touch that could be one. */
extern struct area *areas;
extern size_t area_count;

/* The first area that ends above ADDRESS; area_count: none. */
size_t area_find(uint64_t address);

/* True if areas cover all of the range. */
bool area_covers(uint64_t address, uint64_t size);

/* Makes area borders of both ends of a range.  0 or -ENOMEM. */
int area_split(uint64_t start, uint64_t end);

/*
 * Walks what is mapped between *AT and END: *PIECE is the part of the next area
 * there, *AT its end.  The areas may change between two calls, as they do when
 * whoever looks at a piece sleeps.
 */
bool area_next(uint64_t *at, uint64_t end, struct area *piece);

/* Writes a piece of a shared mapping back to its file, TO_DISK: and waits until
 * it has reached the disk.  May sleep. */
int area_write_back(const struct area *area, bool to_disk);

/* Is the range within one part of the arena? */
bool arena_holds(uint64_t address, uint64_t size);

/* A change of the arena (BH_CALL_MEMORY), at once. */
int arena_change(uint64_t address, uint64_t size, unsigned kind,
                 int protection, uint64_t offset);

/* The pages of an area from START to END as they are when it is first mapped. */
int area_populate(const struct area *area, uint64_t start, uint64_t end);

/* An anonymous private area with a name that lives for ever. */
int64_t mm_map_named(uint64_t address, uint64_t size, int protection,
                     const char *name);

/*
 * A free range of the high part for SIZE bytes, below everything that lies there
 * so far; or 0.  `bh.order` and `bh.gaps` (boot_option) are how variants are made
 * unlike: from the lower end upwards, and with pages between mappings that nothing
 * is mapped to.
 */
uint64_t mm_place(uint64_t size);

/* The break and the place for it; see brk(2). */
extern uint64_t mm_break_start, mm_break;

/* Linux's numbers, the same on the three ISAs. */
enum {
	MAP_SHARED = 1,
	MAP_PRIVATE = 2,
	MAP_SHARED_VALIDATE = 3,
	MAP_TYPE = 15,
	MAP_FIXED = 0x10,
	MAP_ANONYMOUS = 0x20,
	MAP_HUGETLB = 0x40000,
	MAP_FIXED_NOREPLACE = 0x100000,
};

#endif
