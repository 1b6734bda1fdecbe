/* SPDX-License-Identifier: ISC */
#include "guest/linux/elf.h"
#include "guest/linux/arch.h"
#include "guest/linux/areas.h"
#include "guest/linux/internal.h"

#define HEADERS_MAX 64u

enum {
	ELF_EXECUTABLE = 2,
	ELF_SHARED = 3,
	ELF_LOAD = 1,
	ELF_INTERPRETER = 3,
	ELF_HEADERS = 6,
	ELF_CAN_EXECUTE = 1,
	ELF_CAN_WRITE = 2,
	ELF_CAN_READ = 4,
};

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, program_headers, section_headers;
	uint32_t flags;
	uint16_t size, program_header_size, program_header_count;
	uint16_t section_header_size, section_header_count, names;
};

struct program_header {
	uint32_t type, flags;
	uint64_t offset, address, physical, file_size, memory_size, alignment;
};

struct loading {
	struct file *file;
	struct elf_header header;
	struct program_header *headers;
	uint64_t low, high; /* of all segments, before they are moved */
	uint64_t alignment;
};

static int read_exactly(struct file *file, void *to, uint64_t size,
                        uint64_t position)
{
	int64_t n = file_read_at(file, to, size, position);

	if (n < 0)
		return (int)n;
	return (uint64_t)n == size ? 0 : -ENOEXEC;
}

static int read_headers(struct loading *loading)
{
	static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
	const struct elf_header *header = &loading->header;
	size_t size;
	int r = read_exactly(loading->file, &loading->header, sizeof(*header),
	                     0);

	if (r)
		return r;
	if (memcmp(header->ident, ident, sizeof(ident)) ||
	    header->machine != ARCH_ELF_MACHINE ||
	    (header->type != ELF_EXECUTABLE && header->type != ELF_SHARED) ||
	    header->program_header_size != sizeof(struct program_header) ||
	    header->program_header_count == 0 ||
	    header->program_header_count > HEADERS_MAX)
		return -ENOEXEC;
	size = header->program_header_count * sizeof(struct program_header);
	loading->headers = memory_allocate(size);
	if (!loading->headers)
		return -ENOMEM;
	return read_exactly(loading->file, loading->headers, size,
	                    header->program_headers);
}

/* The range of all segments; -ENOEXEC if one of them is malformed. */
static int measure(struct loading *loading)
{
	loading->low = UINT64_MAX;
	loading->alignment = PAGE_SIZE;
	for (unsigned i = 0; i < loading->header.program_header_count; i++) {
		const struct program_header *h = &loading->headers[i];

		if (h->type != ELF_LOAD || h->memory_size == 0)
			continue;
		if (h->file_size > h->memory_size ||
		    h->memory_size > BH_GUEST_TOP ||
		    h->address > BH_GUEST_TOP ||
		    (h->address ^ h->offset) & PAGE_MASK)
			return -ENOEXEC;
		if (PAGE_DOWN(h->address) < loading->low)
			loading->low = PAGE_DOWN(h->address);
		if (PAGE_UP(h->address + h->memory_size) > loading->high)
			loading->high = PAGE_UP(h->address + h->memory_size);
		if (h->alignment > loading->alignment &&
		    !(h->alignment & (h->alignment - 1)) &&
		    h->alignment <= (UINT64_C(1) << 30))
			loading->alignment = h->alignment;
	}
	return loading->low < loading->high ? 0 : -ENOEXEC;
}

/*
 * A program that can be moved goes into the lower half of the arena's high
 * part, at random, and has the upper half of that for its break; the
 * interpreter to the other mappings.
 */
static uint64_t place(const struct loading *loading, bool is_interpreter)
{
	uint64_t size = loading->high - loading->low;
	uint64_t room = boot->arena_high_size / 4;
	uint64_t address;

	if (is_interpreter || size >= room)
		address = mm_place(size + loading->alignment);
	else
		address = boot->arena_high_base +
		          layout_random() % (room - size);
	if (!address)
		return 0;
	return (address + loading->alignment - 1) & ~(loading->alignment - 1);
}

static int protection_of(const struct program_header *h)
{
	return (h->flags & ELF_CAN_READ ? MM_READ : 0) |
	       (h->flags & ELF_CAN_WRITE ? MM_WRITE : 0) |
	       (h->flags & ELF_CAN_EXECUTE ? MM_EXECUTE : 0);
}

static int clear(uint64_t address, uint64_t size)
{
	uint8_t *zeros;
	int r;

	if (size == 0)
		return 0;
	zeros = memory_zeroed(size);
	r = zeros ? mm_poke(address, zeros, size) : -ENOMEM;
	memory_free(zeros);
	return r;
}

static int map_segment(const struct loading *loading,
                       const struct program_header *h, uint64_t base)
{
	uint64_t start = PAGE_DOWN(base + h->address);
	uint64_t file_end = base + h->address + h->file_size;
	uint64_t end = PAGE_UP(base + h->address + h->memory_size);
	uint64_t mapped = start;
	int flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE;
	int protection = protection_of(h);
	int64_t r;

	if (h->file_size) {
		mapped = PAGE_UP(file_end);
		r = mm_map(start, mapped - start, protection, flags,
		           loading->file, PAGE_DOWN(h->offset));
		if (r < 0)
			return (int)r;
		/*
		 * What follows in the file is not the program's.  To the end of
		 * the page, as Linux does: glibc's loader allocates what is
		 * behind its own data, and expects zeros.
		 */
		if (h->memory_size > h->file_size) {
			r = clear(file_end, mapped - file_end);
			if (r)
				return r;
		}
	}
	if (end > mapped) {
		r = mm_map(mapped, end - mapped, protection,
		           flags | MAP_ANONYMOUS, NULL, 0);
		if (r < 0)
			return (int)r;
	}
	return 0;
}

static int read_interpreter(const struct loading *loading,
                            const struct program_header *h,
                            struct elf_image *image)
{
	int r;

	if (h->file_size < 2 || h->file_size > sizeof(image->interpreter))
		return -ENOEXEC;
	r = read_exactly(loading->file, image->interpreter, h->file_size,
	                 h->offset);
	if (!r && image->interpreter[h->file_size - 1])
		r = -ENOEXEC;
	return r;
}

static int map_all(const struct loading *loading, struct elf_image *image)
{
	int r = 0;

	for (unsigned i = 0; i < loading->header.program_header_count && !r;
	     i++) {
		const struct program_header *h = &loading->headers[i];

		if (h->type == ELF_LOAD && h->memory_size) {
			r = map_segment(loading, h, image->base);
			if (loading->header.program_headers >= h->offset &&
			    loading->header.program_headers <
			            h->offset + h->file_size)
				image->headers =
				        image->base + h->address +
				        loading->header.program_headers -
				        h->offset;
		} else if (h->type == ELF_INTERPRETER) {
			r = read_interpreter(loading, h, image);
		}
	}
	return r;
}

static int load(struct loading *loading, bool is_interpreter,
                struct elf_image *image)
{
	int r = read_headers(loading);

	if (!r)
		r = measure(loading);
	if (r)
		return r;
	image->is_movable = loading->header.type == ELF_SHARED;
	if (image->is_movable) {
		uint64_t address = place(loading, is_interpreter);

		if (!address)
			return -ENOMEM;
		image->base = address - loading->low;
	}
	image->entry = image->base + loading->header.entry;
	image->header_count = loading->header.program_header_count;
	image->end = image->base + loading->high;
	return map_all(loading, image);
}

int elf_load(struct file *file, bool is_interpreter, struct elf_image *image)
{
	struct loading loading = {.file = file};
	int r;

	memset(image, 0, sizeof(*image));
	r = load(&loading, is_interpreter, image);
	memory_free(loading.headers);
	return r;
}
