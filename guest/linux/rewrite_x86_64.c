/* SPDX-License-Identifier: ISC */
#include "guest/linux/rewrite.h"

#include "guest/linux/areas.h"
#include "guest/linux/start.h"
#include "guest/linux/x86_length.h"

#define SITES_MAX    1024u
#define PAGES_MAX    32u
#define STUB_SIZE    32u /* 15 + 7 + 6 at most */
#define STUBS        (PAGE_SIZE / STUB_SIZE) /* the first has the entry */
#define SYSCALL_SIZE 2u
#define REACH        (UINT64_C(1) << 31)
#define TRAPS        3u /* then it pays */
#define COUNTERS     64u
#define NEVER_AGAIN  255u

struct site {
	uint64_t text; /* of the instruction that was moved; 0: none */
	uint64_t stub;
	uint8_t size;
	uint8_t bytes[X86_LENGTH_MAX];
};

struct stub_page {
	uint64_t address; /* 0: none */
	unsigned used;
};

static struct site *sites;
static unsigned site_count;
static uint64_t lowest = UINT64_MAX, highest; /* of all sites and stubs */
static struct stub_page stub_pages[PAGES_MAX];
static struct {
	uint64_t pc;
	unsigned traps;
} counters[COUNTERS];

void rewrite_start(void)
{
	const char *option = boot_option("rewrite");

	if (!option || strcmp(option, "off"))
		sites = memory_zeroed(SITES_MAX * sizeof(*sites));
}

static bool reaches(uint64_t from, uint64_t to)
{
	uint64_t distance = from < to ? to - from : from - to;

	return distance < REACH - 2 * PAGE_SIZE;
}

/* ---------------------------------------------------------------- stubs */

/* The free page next below the program's code; 0: none within reach. */
static uint64_t place_near(uint64_t text)
{
	for (size_t i = area_find(text); i < area_count; i--) {
		uint64_t place = areas[i].start - PAGE_SIZE;

		if (!reaches(place, text))
			break;
		if (arena_holds(place, PAGE_SIZE) &&
		    (i == 0 || areas[i - 1].end <= place))
			return place;
	}
	return 0;
}

static void note(uint64_t start, uint64_t end)
{
	if (start < lowest)
		lowest = start;
	if (end > highest)
		highest = end;
}

static struct stub_page *new_page(struct stub_page *page, uint64_t text)
{
	uint64_t entry = (uint64_t)(uintptr_t)arch_fast_entry;
	uint64_t place = place_near(text);

	if (!place || mm_map_named(place, PAGE_SIZE, MM_READ | MM_EXECUTE,
	                           "[syscalls]") < 0)
		return NULL;
	if (mm_poke(place, &entry, sizeof(entry))) {
		mm_unmap(place, PAGE_SIZE);
		return NULL;
	}
	note(place, place + PAGE_SIZE);
	*page = (struct stub_page){.address = place, .used = 1};
	return page;
}

static struct stub_page *find_page(uint64_t text)
{
	struct stub_page *free = NULL;

	for (unsigned i = 0; i < PAGES_MAX; i++) {
		struct stub_page *page = &stub_pages[i];

		if (!page->address)
			free = page;
		else if (page->used < STUBS && reaches(page->address, text))
			return page;
	}
	return free ? new_page(free, text) : NULL;
}

/* The distance of a jump or address that ends at END of code at BASE. */
static void put_distance(uint8_t *end, uint64_t base_end, uint64_t target)
{
	uint32_t distance = (uint32_t)(target - base_end);

	memcpy(end - sizeof(distance), &distance, sizeof(distance));
}

static int write_stub(const struct site *site, const struct stub_page *page)
{
	static const uint8_t lea[] = {0x48, 0x8d, 0x0d}; /* rip to rcx */
	static const uint8_t jump[] = {0xff, 0x25};      /* by way of memory */
	uint8_t stub[STUB_SIZE];
	uint8_t *p = stub;

	memset(stub, 0xcc, sizeof(stub));
	memcpy(p, site->bytes, site->size);
	p += site->size;
	memcpy(p, lea, sizeof(lea));
	p += sizeof(lea) + 4;
	put_distance(p, site->stub + (uint64_t)(p - stub),
	             site->text + site->size + SYSCALL_SIZE);
	memcpy(p, jump, sizeof(jump));
	p += sizeof(jump) + 4;
	put_distance(p, site->stub + (uint64_t)(p - stub), page->address);
	return mm_poke(site->stub, stub, sizeof(stub));
}

/* ---------------------------------------------------------------- sites */

static struct site *free_site(void)
{
	for (unsigned i = 0; i < site_count; i++)
		if (!sites[i].text)
			return &sites[i];
	return site_count < SITES_MAX ? &sites[site_count++] : NULL;
}

/* Is the code from START to END a file's, and never written to? */
static bool is_fixed_code(uint64_t start, uint64_t end)
{
	size_t i = area_find(start);

	return i < area_count && areas[i].start <= start &&
	       areas[i].end >= end && areas[i].file && !areas[i].shared &&
	       areas[i].protection & MM_EXECUTE &&
	       !(areas[i].protection & MM_WRITE);
}

static bool rewrite(uint64_t syscall)
{
	uint8_t code[X86_WINDOW + SYSCALL_SIZE], jump[X86_LENGTH_MAX];
	struct site *site, new = {0};
	struct stub_page *page;

	if (!is_fixed_code(syscall - X86_WINDOW, syscall + SYSCALL_SIZE) ||
	    user_read(code, syscall - X86_WINDOW, sizeof(code)) ||
	    code[X86_WINDOW] != 0x0f || code[X86_WINDOW + 1] != 0x05)
		return false;
	new.size = (uint8_t)x86_movable_before(code);
	new.text = syscall - new.size;
	if (!new.size || !(page = find_page(new.text)) || !(site = free_site()))
		return false;
	memcpy(new.bytes, code + X86_WINDOW - new.size, new.size);
	new.stub = page->address + page->used * STUB_SIZE;
	if (write_stub(&new, page))
		return false;
	memset(jump, 0xcc, sizeof(jump));
	jump[0] = 0xe9;
	put_distance(jump + X86_JUMP_SIZE, new.text + X86_JUMP_SIZE, new.stub);
	if (mm_poke(new.text, jump, new.size))
		return false;
	page->used++;
	note(new.text, syscall + SYSCALL_SIZE);
	*site = new;
	return true;
}

void rewrite_trapped(const struct bh_upcall_frame *frame)
{
	uint64_t syscall = frame->pc - SYSCALL_SIZE;
	unsigned i = (unsigned)(syscall ^ syscall >> 6) % COUNTERS;

	if (!sites)
		return;
	if (counters[i].pc != syscall) {
		counters[i].pc = syscall;
		counters[i].traps = 0;
	}
	/* One that has been rewritten and traps still was jumped to. */
	if (counters[i].traps == NEVER_AGAIN || ++counters[i].traps < TRAPS)
		return;
	rewrite(syscall);
	counters[i].traps = NEVER_AGAIN;
}

static void forget_site(struct site *site, bool restore)
{
	/* If that fails, memory is short, and the jump leads where it led. */
	if (restore && mm_poke(site->text, site->bytes, site->size))
		return;
	site->text = 0;
}

static bool overlaps(uint64_t address, uint64_t size, uint64_t start,
                     uint64_t end)
{
	return address < end && start < address + size;
}

static void forget_page(struct stub_page *page)
{
	for (unsigned i = 0; i < site_count; i++)
		if (sites[i].text && PAGE_DOWN(sites[i].stub) == page->address)
			forget_site(&sites[i], true);
	page->address = 0;
}

void rewrite_forget(uint64_t start, uint64_t end, bool restore)
{
	if (start >= highest || end <= lowest)
		return;
	for (unsigned i = 0; i < site_count; i++)
		if (sites[i].text && overlaps(sites[i].text,
		                              sites[i].size + SYSCALL_SIZE,
		                              start, end))
			forget_site(&sites[i], restore);
	for (unsigned i = 0; i < PAGES_MAX; i++)
		if (stub_pages[i].address &&
		    overlaps(stub_pages[i].address, PAGE_SIZE, start, end))
			forget_page(&stub_pages[i]);
	memset(counters, 0, sizeof(counters));
}

uint64_t rewrite_original(uint64_t pc)
{
	if (pc >= highest || pc < lowest)
		return pc;
	for (unsigned i = 0; i < site_count; i++)
		if (sites[i].text && sites[i].stub == pc)
			return sites[i].text;
	return pc;
}
