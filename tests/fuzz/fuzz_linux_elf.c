/* SPDX-License-Identifier: ISC */
/* links: guest/linux/elf.o */

/*
 * The loader of programs on any bytes.  What it asks of the memory of the
 * program must be whole pages within one range, and what it writes must lie in
 * what it has mapped.  The memory is made here, as simple as its contract
 * allows.
 */

#include <stdlib.h>
#include <string.h>

#include "guest/linux/arch.h"
#include "guest/linux/areas.h"
#include "guest/linux/elf.h"
#include "guest/linux/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA      (UINT64_C(1) << 36)
#define ARENA_SIZE (UINT64_C(1) << 34)
#define MAPS_MAX   256u

static struct bh_boot_info boot_info = {
        .arena_high_base = ARENA,
        .arena_high_size = ARENA_SIZE,
};
const struct bh_boot_info *boot = &boot_info;

static const uint8_t *bytes;
static size_t bytes_size;
static struct {
	uint64_t start, size;
} maps[MAPS_MAX];
static unsigned map_count;

static void require(bool condition)
{
	if (!condition)
		abort();
}

void *memory_allocate(size_t size)
{
	return malloc(size);
}

void *memory_zeroed(size_t size)
{
	require(size && size < PAGE_SIZE);
	return calloc(1, size);
}

void memory_free(void *memory)
{
	free(memory);
}

int64_t file_read_at(struct file *file, void *to, uint64_t size,
                     uint64_t position)
{
	(void)file;
	if (position >= bytes_size)
		return 0;
	if (size > bytes_size - position)
		size = bytes_size - position;
	memcpy(to, bytes + position, size);
	return (int64_t)size;
}

uint64_t layout_random(void)
{
	return UINT64_C(0x123456789000);
}

uint64_t mm_place(uint64_t size)
{
	return size && size < ARENA_SIZE ? ARENA : 0;
}

int64_t mm_map(uint64_t address, uint64_t size, int protection, int flags,
               struct file *file, uint64_t offset)
{
	(void)protection;
	require(size && !(address & PAGE_MASK) && !(size & PAGE_MASK) &&
	        !(offset & PAGE_MASK));
	require(flags & MAP_FIXED_NOREPLACE);
	require(!file == !!(flags & MAP_ANONYMOUS));
	if (address + size < address || address + size > BH_GUEST_TOP ||
	    map_count == MAPS_MAX)
		return -ENOMEM;
	maps[map_count].start = address;
	maps[map_count++].size = size;
	return (int64_t)address;
}

int mm_poke(uint64_t address, const void *from, uint64_t size)
{
	(void)from;
	for (unsigned i = 0; i < map_count; i++)
		if (address >= maps[i].start &&
		    address - maps[i].start <= maps[i].size &&
		    size <= maps[i].size - (address - maps[i].start))
			return 0;
	abort();
}

static void check(const struct elf_image *image)
{
	require(map_count > 0);
	require(memchr(image->interpreter, 0, sizeof(image->interpreter)));
	for (unsigned i = 0; i < map_count; i++) {
		require(maps[i].start + maps[i].size <= image->end);
		require(!image->is_movable || maps[i].start >= ARENA);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_image image;
	struct file file = {.references = 1};

	if (!size)
		return 0;
	bytes = data + 1;
	bytes_size = size - 1;
	map_count = 0;
	if (!elf_load(&file, data[0] & 1, &image))
		check(&image);
	return 0;
}
