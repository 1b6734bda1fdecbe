/* SPDX-License-Identifier: ISC */

/*
 * Kernel memory: runs of pages from the guest's heap, and objects of a few
 * sizes in slabs of them.
 *
 * A descriptor for each page lies at the start of the heap.  Pages above the
 * frontier have never been used and are zero; free runs below it are found by
 * their length.
 *
 * Each small object ends with a canary, and one that is free begins with the
 * link to the next and a mark; both depend on the variant's secret, so that an
 * overrun, a second memory_free() or a write to freed memory is found when the
 * object is next handled.
 */

#include "abi/boot.h"
#include "abi/protocol/control.h"
#include "guest/linux/start.h"

#define SMALL_MAX 2048u
#define BINS 64u /* runs of so many pages; the last has all longer ones */

enum page_kind {
	PAGE_UNUSED, /* above the frontier */
	PAGE_FREE,   /* first or last page of a free run: `count` */
	PAGE_SLAB,   /* `class`; `count` pages after the slab's first */
	PAGE_LARGE,  /* first page of `count` given out by memory_allocate() */
	PAGE_RUN,    /* first page of `count` given out by memory_pages() */
	PAGE_REST,   /* further page of a run */
};

struct page {
	uint32_t count;
	uint8_t kind, class;
	uint16_t reserved;
};

struct free_object {
	struct free_object *next;
	uint64_t mark;
};

struct free_run {
	struct list link;
	size_t count;
};

static const uint16_t class_size[] = {32,  48,  64,  96,   128,  192, 256,
                                      384, 512, 768, 1024, 1536, SMALL_MAX};
#define CLASSES ARRAY_SIZE(class_size)

static uint8_t class_of[SMALL_MAX / 16 + 1];
static struct free_object *free_objects[CLASSES];
static struct list bins[BINS];
static uint8_t *base;
static struct page *pages;
static size_t page_count, frontier, pages_used;
static uint64_t secret;

static uint64_t mark_of(const void *object)
{
	return secret ^ (uint64_t)(uintptr_t)object;
}

static uint64_t *canary_of(void *object, unsigned class)
{
	return (uint64_t *)((uint8_t *)object + class_size[class]) - 1;
}

static uint8_t *page_address(size_t page)
{
	return base + page * PAGE_SIZE;
}

static size_t page_of(const void *address)
{
	size_t offset = (size_t)((const uint8_t *)address - base);

	if ((const uint8_t *)address < base || offset / PAGE_SIZE >= page_count)
		panic("kernel memory: not the heap's");
	return offset / PAGE_SIZE;
}

void memory_start(const struct bh_boot_info *info)
{
	uint64_t start = PAGE_UP(info->heap_base);
	uint64_t size = PAGE_DOWN(info->heap_base + info->heap_size) - start;
	size_t class = 0;

	base = (uint8_t *)(uintptr_t)start;
	pages = (struct page *)(uintptr_t)start;
	page_count = size / PAGE_SIZE;
	secret = info->secret[1] | 1;
	frontier = PAGE_UP(page_count * sizeof(struct page)) / PAGE_SIZE;
	pages_used = frontier;
	for (size_t i = 0; i < ARRAY_SIZE(class_of); i++) {
		if (i * 16 > class_size[class])
			class++;
		class_of[i] = (uint8_t)class;
	}
	for (size_t i = 0; i < BINS; i++)
		list_init(&bins[i]);
}

/* ------------------------------------------------------- runs of pages */

static struct list *bin_of(size_t count)
{
	return &bins[count < BINS ? count : 0];
}

static void mark_free(size_t first, size_t count)
{
	struct free_run *run = (struct free_run *)(void *)page_address(first);

	pages[first] = (struct page){.kind = PAGE_FREE,
	                             .count = (uint32_t)count};
	pages[first + count - 1] = pages[first];
	run->count = count;
	list_append(bin_of(count), &run->link);
}

static size_t unlink_run(struct free_run *run)
{
	size_t first = page_of(run);

	if (pages[first].kind != PAGE_FREE || pages[first].count != run->count)
		panic("kernel memory: a free page was written to");
	list_remove(&run->link);
	return first;
}

/* A run of COUNT pages from the free ones; its first page, or 0. */
static size_t take_free(size_t count)
{
	for (size_t n = count; n < BINS; n++) {
		struct free_run *run =
		        LIST_FIRST(&bins[n], struct free_run, link);

		if (run) {
			size_t first = unlink_run(run);

			if (n > count)
				mark_free(first + count, n - count);
			return first;
		}
	}
	LIST_EACH(run, &bins[0], struct free_run, link) {
		size_t whole = run->count;

		if (whole >= count) {
			size_t first = unlink_run(run);

			if (whole > count)
				mark_free(first + count, whole - count);
			return first;
		}
	}
	return 0;
}

static void *take_run(size_t count, enum page_kind kind, unsigned class)
{
	size_t first;

	if (count == 0 || count > page_count)
		return NULL;
	first = take_free(count);
	if (first) {
		memset(page_address(first), 0, count * PAGE_SIZE);
	} else {
		if (count > page_count - frontier)
			return NULL;
		first = frontier;
		frontier += count;
	}
	for (size_t i = 0; i < count; i++)
		pages[first + i] = (struct page){
		        .kind = (uint8_t)(kind == PAGE_SLAB || i == 0
		                                  ? kind
		                                  : PAGE_REST),
		        .count = (uint32_t)(kind == PAGE_SLAB ? i : count),
		        .class = (uint8_t)class,
		};
	pages_used += count;
	return page_address(first);
}

static void give_run(size_t first, size_t count)
{
	pages_used -= count;
	if (first && pages[first - 1].kind == PAGE_FREE) {
		size_t before = pages[first - 1].count;

		first -= before;
		count += before;
		unlink_run((struct free_run *)(void *)page_address(first));
	}
	if (first + count < frontier && pages[first + count].kind == PAGE_FREE) {
		size_t after = pages[first + count].count;

		unlink_run((struct free_run *)(void *)page_address(first +
		                                                   count));
		count += after;
	}
	for (size_t i = 0; i < count; i++)
		pages[first + i].kind = PAGE_REST;
	mark_free(first, count);
}

void *memory_pages(size_t count)
{
	return take_run(count, PAGE_RUN, 0);
}

void memory_free_pages(void *memory, size_t count)
{
	size_t first;

	if (!memory)
		return;
	first = page_of(memory);
	if (pages[first].kind != PAGE_RUN || pages[first].count != count)
		panic("kernel memory: pages freed that are not a run");
	give_run(first, count);
}

/* ------------------------------------------------------------- objects */

static bool add_slab(unsigned class)
{
	size_t size = class_size[class];
	size_t count = size > 512 ? 4 : 1;
	uint8_t *slab = take_run(count, PAGE_SLAB, class);

	if (!slab)
		return false;
	for (size_t at = count * PAGE_SIZE / size; at-- > 0;) {
		struct free_object *object = (void *)(slab + at * size);

		object->next = free_objects[class];
		object->mark = mark_of(object);
		*canary_of(object, class) = mark_of(object);
		free_objects[class] = object;
	}
	return true;
}

void *memory_allocate(size_t size)
{
	struct free_object *object;
	unsigned class;

	if (size > SMALL_MAX - sizeof(uint64_t)) {
		if (size > SIZE_MAX / 2)
			return NULL;
		return take_run(PAGE_UP(size) / PAGE_SIZE, PAGE_LARGE, 0);
	}
	class = class_of[(size + sizeof(uint64_t) + 15) / 16];
	if (!free_objects[class] && !add_slab(class))
		return NULL;
	object = free_objects[class];
	if (object->mark != mark_of(object) ||
	    *canary_of(object, class) != mark_of(object))
		panic("kernel memory: a free object was written to");
	free_objects[class] = object->next;
	object->mark = 0;
	return object;
}

void *memory_zeroed(size_t size)
{
	void *memory = memory_allocate(size);

	if (memory && size <= SMALL_MAX)
		memset(memory, 0, size);
	return memory;
}

/* Bytes that the memory has room for. */
static size_t room_of(void *memory)
{
	const struct page *page = &pages[page_of(memory)];

	switch (page->kind) {
	case PAGE_SLAB:
		return class_size[page->class] - sizeof(uint64_t);
	case PAGE_LARGE:
		return (size_t)page->count * PAGE_SIZE;
	default:
		panic("kernel memory: not allocated");
	}
}

void *memory_resize(void *memory, size_t size)
{
	size_t room = memory ? room_of(memory) : 0;
	void *bigger;

	if (memory && size <= room && size >= room / 4)
		return memory;
	bigger = memory_allocate(size);
	if (!bigger)
		return NULL;
	if (memory)
		memcpy(bigger, memory, room < size ? room : size);
	memory_free(memory);
	return bigger;
}

void memory_free(void *memory)
{
	struct free_object *object = memory;
	const struct page *page;
	size_t first;

	if (!memory)
		return;
	first = page_of(memory);
	page = &pages[first];
	if (page->kind == PAGE_LARGE && ((uintptr_t)memory & PAGE_MASK) == 0) {
		give_run(first, page->count);
		return;
	}
	if (page->kind != PAGE_SLAB ||
	    ((uint8_t *)memory - page_address(first - page->count)) %
	            class_size[page->class])
		panic("kernel memory: freed what was not allocated");
	if (*canary_of(memory, page->class) != mark_of(memory))
		panic("kernel memory: an object overran its end");
	if (object->mark == mark_of(memory))
		panic("kernel memory: freed twice");
	object->next = free_objects[page->class];
	object->mark = mark_of(object);
	free_objects[page->class] = object;
}

uint64_t memory_used(void)
{
	return (uint64_t)pages_used * PAGE_SIZE;
}

uint64_t memory_limit(void)
{
	return (uint64_t)page_count * PAGE_SIZE;
}
