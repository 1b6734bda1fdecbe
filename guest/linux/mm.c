/* SPDX-License-Identifier: ISC */

/* Areas: what of the arena the program has mapped, and how. */

#include "guest/linux/areas.h"
#include "guest/linux/internal.h"
#include "guest/linux/rewrite.h"

/* Bits of randomness of the first address, in pages. */
#define SKEW_PAGES 0xffffu
/* Between two mappings lie 1 to so many pages that nothing is mapped to. */
#define GAP_PAGES_MAX 16u

struct area *areas;
size_t area_count;
uint64_t mm_break_start, mm_break;

static size_t area_room;
/* Mappings are placed from here on, upwards or downwards. */
static uint64_t bottom, top;
static bool upwards, with_gaps;
static uint64_t committed; /* bytes of private writable memory */
static size_t last_found;

/* ---------------------------------------------------------------- arena */

static bool within(uint64_t address, uint64_t size, uint64_t base,
                   uint64_t base_size)
{
	return address >= base && size <= base_size &&
	       address - base <= base_size - size;
}

bool arena_holds(uint64_t address, uint64_t size)
{
	return within(address, size, boot->arena_low_base,
	              boot->arena_low_size) ||
	       within(address, size, boot->arena_high_base,
	              boot->arena_high_size);
}

int arena_change(uint64_t address, uint64_t size, unsigned kind,
                 int protection, uint64_t offset)
{
	/* Pages that can be written or executed can be read too. */
	uint32_t access = (uint32_t)protection | (protection ? MM_READ : 0);
	struct bh_memory_change change = {
	        .address = address,
	        .size = size,
	        .kind = kind,
	        .protection = kind == BH_MEMORY_NONE ? 0 : access,
	        .offset = offset,
	};
	int64_t r;

	if (size == 0)
		return 0;
	r = hypercall(BH_CALL_MEMORY, (uint64_t)(uintptr_t)&change, 1, 0);
	if (r == 1)
		return 0;
	return r == -BH_EINVAL ? -EINVAL : -ENOMEM;
}

void mm_start(void)
{
	uint64_t half = boot->arena_high_size / 2;

	if (boot->arena_high_size == 0)
		panic("this domain has no arena");
	/* A program that can be moved lies below the half (elf.c). */
	bottom = boot->arena_high_base + half +
	         (layout_random() & SKEW_PAGES) * PAGE_SIZE;
	top = boot->arena_high_base + 2 * half -
	      (layout_random() & SKEW_PAGES) * PAGE_SIZE;
	upwards = boot_option("order") != NULL;
	with_gaps = boot_option("gaps") != NULL;
}

/* ---------------------------------------------------------------- areas */

size_t area_find(uint64_t address)
{
	size_t low = 0, high = area_count;

	if (last_found < area_count && areas[last_found].end > address &&
	    (last_found == 0 || areas[last_found - 1].end <= address))
		return last_found;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (areas[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	last_found = low;
	return low;
}

static uint64_t cost(const struct area *area)
{
	return !area->shared && area->protection & MM_WRITE
	               ? area->end - area->start
	               : 0;
}

/* Makes room for one more area at INDEX. */
static int open_slot(size_t index)
{
	if (area_count == area_room) {
		size_t room = area_room ? 2 * area_room : 64;
		struct area *bigger =
		        memory_resize(areas, room * sizeof(*areas));

		if (!bigger)
			return -ENOMEM;
		areas = bigger;
		area_room = room;
	}
	memmove(&areas[index + 1], &areas[index],
	        (area_count - index) * sizeof(*areas));
	area_count++;
	return 0;
}

static void close_slot(size_t index)
{
	area_count--;
	memmove(&areas[index], &areas[index + 1],
	        (area_count - index) * sizeof(*areas));
}

static int split_at(uint64_t address)
{
	size_t i = area_find(address);
	int r;

	if (i == area_count || areas[i].start >= address)
		return 0;
	r = open_slot(i);
	if (r)
		return r;
	/* areas[i] and areas[i + 1] are the same now. */
	if (areas[i].file)
		file_hold(areas[i].file);
	areas[i].end = address;
	areas[i + 1].offset += address - areas[i + 1].start;
	areas[i + 1].start = address;
	return 0;
}

int area_split(uint64_t start, uint64_t end)
{
	int r = split_at(start);

	return r ? r : split_at(end);
}

static bool can_join(const struct area *a, const struct area *b)
{
	return a->end == b->start && a->file == b->file &&
	       a->name == b->name && a->protection == b->protection &&
	       a->shared == b->shared &&
	       (!a->file || a->offset + (a->end - a->start) == b->offset);
}

/* Joins the areas that touch within [start, end], borders included. */
static void join(uint64_t start, uint64_t end)
{
	size_t i = area_find(start ? start - 1 : 0);

	while (i + 1 < area_count && areas[i].start <= end) {
		if (!can_join(&areas[i], &areas[i + 1])) {
			i++;
			continue;
		}
		areas[i].end = areas[i + 1].end;
		if (areas[i + 1].file)
			file_release(areas[i + 1].file);
		close_slot(i + 1);
	}
}

bool area_covers(uint64_t address, uint64_t size)
{
	uint64_t end = address + size;

	if (end < address)
		return false;
	for (size_t i = area_find(address); address < end; i++) {
		if (i == area_count || areas[i].start > address)
			return false;
		address = areas[i].end;
	}
	return true;
}

static bool is_free(uint64_t address, uint64_t size)
{
	size_t i = area_find(address);

	return i == area_count || areas[i].start >= address + size;
}

static uint64_t place_upwards(uint64_t size)
{
	uint64_t start = bottom;

	for (size_t i = area_find(start);; i++) {
		uint64_t ceiling = i < area_count ? areas[i].start : top;

		if (start <= ceiling && ceiling - start >= size)
			return start;
		if (i >= area_count)
			return 0;
		start = areas[i].end;
	}
}

static uint64_t place_downwards(uint64_t size)
{
	size_t i = area_find(top);
	uint64_t end = top;

	if (i < area_count && areas[i].start < top)
		end = areas[i].start;
	for (;; i--, end = areas[i].start) {
		uint64_t floor = i ? areas[i - 1].end : 0;

		if (floor < boot->arena_high_base)
			floor = boot->arena_high_base;
		if (floor <= end && end - floor >= size)
			return end - size;
		if (i == 0 || areas[i - 1].end <= boot->arena_high_base)
			return 0;
	}
}

uint64_t mm_place(uint64_t size)
{
	uint64_t gap = 0, place = 0;

	if (with_gaps)
		gap = (1 + layout_random() % GAP_PAGES_MAX) * PAGE_SIZE;
	if (upwards)
		place = place_upwards(size + gap);
	if (place)
		return place + gap;
	return place_downwards(size + gap);
}

bool area_next(uint64_t *at, uint64_t end, struct area *piece)
{
	size_t i = area_find(*at);

	if (*at >= end || i == area_count || areas[i].start >= end)
		return false;
	*piece = areas[i];
	if (piece->start < *at) {
		piece->offset += *at - piece->start;
		piece->start = *at;
	}
	piece->end = min_u64(piece->end, end);
	*at = piece->end;
	return true;
}

int area_write_back(const struct area *area, bool to_disk)
{
	struct file *file = area->file;
	int r;

	if (!file || !area->shared || !file->ops->write_back)
		return 0;
	file_hold(file);
	r = file->ops->write_back(file, area->start, area->end - area->start,
	                          area->offset);
	if (!r && to_disk && file->ops->sync)
		r = file->ops->sync(file, true);
	file_release(file);
	return r;
}

void mm_write_back(uint64_t start, uint64_t end)
{
	struct area area;

	while (area_next(&start, end, &area)) {
		int r = area.protection & MM_WRITE
		                ? area_write_back(&area, false)
		                : 0;

		if (r)
			log_line("a mapping of %s is not written back: "
			         "error %d",
			         area.file->path ? area.file->path : "a file",
			         -r);
	}
}

/*
 * Takes away what is mapped in a range.  An area and its pages go at once, and
 * whatever sleeps comes before or after: another thread finds areas and arena
 * in accord, and what it maps here meanwhile stays.
 */
static int take_away(uint64_t start, uint64_t end)
{
	struct area area;
	int r = area_split(start, end);

	while (!r && area_next(&start, end, &area)) {
		committed -= cost(&area);
		close_slot(area_find(area.start));
		r = arena_change(area.start, area.end - area.start,
		                 BH_MEMORY_NONE, 0, 0);
		file_release(area.file);
	}
	return r;
}

/* What other threads write to a shared mapping of a file while it is written
 * back may be lost; on Linux, they would be about to fault. */
int mm_unmap(uint64_t address, uint64_t size)
{
	size = PAGE_UP(size);
	if (address & PAGE_MASK || size == 0 || address + size < address ||
	    !arena_holds(address, size))
		return -EINVAL;
	if (is_free(address, size))
		return 0;
	rewrite_forget(address, address + size, false);
	mm_write_back(address, address + size);
	return take_away(address, address + size);
}

/* It may sleep, and the area may be gone afterwards: the file is held. */
int area_populate(const struct area *area, uint64_t start, uint64_t end)
{
	struct file *file = area->file;
	int r;

	if (!file)
		return arena_change(start, end - start, BH_MEMORY_ZERO,
		                    area->protection, 0);
	file_hold(file);
	r = file->ops->map(file, start, end - start, area->protection,
	                   area->shared, area->offset + (start - area->start));
	file_release(file);
	return r;
}

/* Records a new area where nothing is, and fills it. */
static int64_t add_area(const struct area *new)
{
	uint64_t start = new->start, end = new->end;
	size_t i = area_find(start);
	int r;

	if (committed + cost(new) > boot->memory_limit)
		return -ENOMEM;
	r = open_slot(i);
	if (r)
		return r;
	areas[i] = *new;
	if (new->file)
		file_hold(new->file);
	committed += cost(new);
	r = area_populate(new, start, end);
	if (r) {
		take_away(start, end);
		return r;
	}
	join(start, end);
	return (int64_t)start;
}

/* Where a mapping goes.  0: nowhere; or -errno. */
static int64_t choose(uint64_t address, uint64_t size, int flags)
{
	int r;

	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (address & PAGE_MASK)
			return -EINVAL;
		if (!arena_holds(address, size))
			return address < BH_GUEST_BOTTOM ? -EPERM : -ENOMEM;
		if (flags & MAP_FIXED_NOREPLACE && !is_free(address, size))
			return -EEXIST;
		/* Another thread may map something while this one sleeps. */
		for (r = 0; !r && !is_free(address, size);)
			r = mm_unmap(address, size);
		return r ? r : (int64_t)address;
	}
	address = PAGE_DOWN(address);
	if (address && arena_holds(address, size) && is_free(address, size))
		return (int64_t)address;
	address = mm_place(size);
	return address ? (int64_t)address : -ENOMEM;
}

int64_t mm_map(uint64_t address, uint64_t size, int protection, int flags,
               struct file *file, uint64_t offset)
{
	struct area area = {
	        .file = file,
	        .protection = (uint8_t)(protection &
	                                (MM_READ | MM_WRITE | MM_EXECUTE)),
	        .shared = (flags & MAP_TYPE) != MAP_PRIVATE,
	        .offset = offset,
	};
	int64_t place;

	if (size == 0 || offset & PAGE_MASK)
		return -EINVAL;
	if (PAGE_UP(size) < size || PAGE_UP(size) > BH_GUEST_TOP)
		return -ENOMEM;
	size = PAGE_UP(size);
	if (file && !file->ops->map)
		return -ENODEV;
	place = choose(address, size, flags);
	if (place < 0)
		return place;
	area.start = (uint64_t)place;
	area.end = area.start + size;
	return add_area(&area);
}

int64_t mm_map_named(uint64_t address, uint64_t size, int protection,
                     const char *name)
{
	struct area area = {
	        .start = address,
	        .end = address + size,
	        .protection = (uint8_t)protection,
	        .name = name,
	};

	if (!arena_holds(address, size) || !is_free(address, size))
		return -ENOMEM;
	return add_area(&area);
}

/* Where the areas that follow each other from ADDRESS on end. */
static uint64_t covered_from(uint64_t address)
{
	for (size_t i = area_find(address);
	     i < area_count && areas[i].start <= address; i++)
		address = areas[i].end;
	return address;
}

int mm_protect(uint64_t address, uint64_t size, int protection)
{
	uint64_t end, more = 0;
	int r;

	if (address & PAGE_MASK)
		return -EINVAL;
	if (size == 0)
		return 0;
	size = PAGE_UP(size);
	end = address + size;
	if (end <= address)
		return -ENOMEM;
	protection &= MM_READ | MM_WRITE | MM_EXECUTE;
	if (!area_covers(address, size)) {
		/* As Linux does, up to where nothing is mapped. */
		r = mm_protect(address, covered_from(address) - address,
		               protection);
		return r ? r : -ENOMEM;
	}
	rewrite_forget(address, end, true);
	r = area_split(address, end);
	if (r)
		return r;
	for (size_t i = area_find(address);
	     i < area_count && areas[i].start < end; i++) {
		struct area after = areas[i];

		/* Linux: a shared mapping of what is not open for writing. */
		if (after.shared && after.file && protection & MM_WRITE &&
		    (after.file->flags & 3) != 2)
			return -EACCES;
		after.protection = (uint8_t)protection;
		more += cost(&after) - cost(&areas[i]);
	}
	if ((int64_t)more > 0 && committed + more > boot->memory_limit)
		return -ENOMEM;
	r = arena_change(address, size, BH_MEMORY_PROTECT, protection, 0);
	if (r)
		return r;
	committed += more;
	for (size_t i = area_find(address);
	     i < area_count && areas[i].start < end; i++)
		areas[i].protection = (uint8_t)protection;
	join(address, end);
	return 0;
}

int mm_map_root(uint64_t address, uint64_t size, int protection,
                uint64_t offset)
{
	return arena_change(address, size, BH_MEMORY_ROOT, protection, offset);
}

int mm_map_zero(uint64_t address, uint64_t size, int protection)
{
	return arena_change(address, size, BH_MEMORY_ZERO, protection, 0);
}

int mm_poke(uint64_t address, const void *bytes, size_t size)
{
	const uint8_t *from = bytes;

	if (!area_covers(address, size))
		return -EFAULT;
	while (size) {
		const struct area *area = &areas[area_find(address)];
		uint64_t n = min_u64(size, area->end - address);
		uint64_t start = PAGE_DOWN(address);
		uint64_t whole = PAGE_UP(address + n) - start;
		bool closed = !(area->protection & MM_WRITE);
		int r = 0;

		if (closed)
			r = arena_change(start, whole, BH_MEMORY_PROTECT,
			                 MM_READ | MM_WRITE, 0);
		if (r)
			return r;
		memcpy((void *)(uintptr_t)address, from, n);
		if (closed)
			r = arena_change(start, whole, BH_MEMORY_PROTECT,
			                 area->protection, 0);
		if (r)
			return r;
		address += n;
		from += n;
		size -= n;
	}
	return 0;
}

/* --------------------------------------------------------------- break */

void mm_set_break(uint64_t address)
{
	mm_break_start = mm_break = PAGE_UP(address);
}

/* ----------------------------------------------------------- for others */

bool mm_next_area(uint64_t address, struct mm_area_info *info)
{
	size_t i = area_find(address);
	const struct area *area = &areas[i];

	if (i == area_count)
		return false;
	*info = (struct mm_area_info){
	        .start = area->start,
	        .end = area->end,
	        .offset = area->offset,
	        .protection = area->protection,
	        .shared = area->shared,
	        .name = area->name ? area->name : "",
	};
	if (area->file && area->file->path)
		info->name = area->file->path;
	return true;
}

bool mm_shares_writable(const struct inode *inode)
{
	for (size_t i = 0; i < area_count; i++)
		if (areas[i].shared && areas[i].file &&
		    areas[i].file->inode == inode &&
		    file_may_write(areas[i].file))
			return true;
	return false;
}

uint64_t mm_size(void)
{
	uint64_t size = 0;

	for (size_t i = 0; i < area_count; i++)
		size += areas[i].end - areas[i].start;
	return size;
}

uint64_t mm_committed(void)
{
	return committed;
}

uint64_t mm_code_page(const void *code, size_t size)
{
	uint64_t address = mm_place(PAGE_SIZE);

	if (!address ||
	    mm_map_named(address, PAGE_SIZE, MM_READ | MM_EXECUTE,
	                 "[sigreturn]") < 0 ||
	    mm_poke(address, code, size))
		panic("no memory for the return from signals");
	return address;
}
