/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "core/core.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/elf.h"

struct image {
	struct bh_elf elf;
	struct bh_elf_plan plan;
	struct bh_elf_problem problem;
	uint64_t bias;
};

static void __attribute__((noreturn))
fail_image(struct core *core, const struct image *image)
{
	char text[256];

	bh_elf_explain(&image->problem, text, sizeof(text));
	core_fail(core, "image: %s", text);
}

static void open_image(struct core *core, struct image *image)
{
	struct stat file;
	void *data;

	if (fstat(BH_CORE_FD_IMAGE, &file) || !S_ISREG(file.st_mode))
		core_fail(core, "image: not a regular file");
	if (file.st_size == 0)
		core_fail(core, "image: file is empty");
	data = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE,
	            BH_CORE_FD_IMAGE, 0);
	if (data == MAP_FAILED)
		core_fail(core, "image: cannot map %lld bytes: %s",
		          (long long)file.st_size, strerror(errno));
	if (!bh_elf_open(&image->elf, data, (size_t)file.st_size,
	                 &image->problem) ||
	    !bh_elf_plan(&image->elf, (enum bh_isa)core->start.isa,
	                 &image->plan, &image->problem))
		fail_image(core, image);
}

static void place_image(struct core *core, struct image *image)
{
	const struct bh_elf_plan *plan = &image->plan;
	uint64_t size = plan->high - plan->low;

	if (plan->fixed)
		core_place_at(core, plan->low, size, "image");
	else
		image->bias = core_place(core, size, plan->alignment, plan->low,
		                         "image") -
		              plan->low;
	core->bias = image->bias;
	core->image_base = plan->low + image->bias;
	core->image_size = size;
	core->entry = plan->entry + image->bias;
}

/* Straight from the file, so that its pages do not count twice. */
static void read_load(struct core *core, const struct bh_elf_load *load,
                      uint64_t bias)
{
	char *to = (char *)(uintptr_t)(load->address + bias);
	uint64_t left = load->file_size, offset = load->offset;

	core_allocate(core, load->page_start + bias,
	              load->page_end - load->page_start, "image");
	/* Taken all at once, which costs less than a fault for each; a kernel
	 * that does not know how gives them one by one. */
	madvise((void *)(uintptr_t)(load->page_start + bias),
	        load->address - load->page_start + left, MADV_POPULATE_WRITE);
	while (left) {
		ssize_t n = pread(BH_CORE_FD_IMAGE, to, left, (off_t)offset);

		if (n <= 0)
			core_fail(core, "image: cannot read segment %u: %s",
			          load->index,
			          n < 0 ? strerror(errno) : "file has shrunk");
		to += n;
		offset += (uint64_t)n;
		left -= (uint64_t)n;
	}
}

static void relocate(struct core *core, struct image *image)
{
	struct bh_elf_relocations walk = {0};
	struct bh_elf_relocation r;

	while (bh_elf_relocation(&image->elf, &image->plan, &walk, &r,
	                         &image->problem)) {
		char *word = (char *)(uintptr_t)(r.address + image->bias);

		if (r.in_place)
			memcpy(&r.addend, word, sizeof(r.addend));
		r.addend += image->bias;
		memcpy(word, &r.addend, sizeof(r.addend));
	}
	if (image->problem.error != BH_ELF_OK)
		fail_image(core, image);
}

static void add_part(struct core *core, uint64_t start, uint64_t end,
                     uint32_t access)
{
	_Static_assert((int)BH_ELF_READ == (int)CORE_READ &&
	                       (int)BH_ELF_WRITE == (int)CORE_WRITE &&
	                       (int)BH_ELF_EXECUTE == (int)CORE_EXECUTE,
	               "one set of protection bits");
	if (start < end)
		core_add_region(core, start, end - start, access, "image");
}

/* A load is one region, or up to three around its RELRO part. */
static void add_load(struct core *core, const struct image *image,
                     const struct bh_elf_load *load)
{
	uint64_t start = load->page_start + image->bias;
	uint64_t end = load->page_end + image->bias;
	uint64_t from = image->plan.relro_start + image->bias;
	uint64_t to = image->plan.relro_end + image->bias;

	if (from == to || from < start || to > end) {
		add_part(core, start, end, load->access);
		return;
	}
	add_part(core, start, from, load->access);
	add_part(core, from, to, CORE_READ);
	add_part(core, to, end, load->access);
}

void core_load_image(struct core *core)
{
	static struct image image;

	open_image(core, &image);
	place_image(core, &image);
	for (uint32_t i = 0; i < image.plan.load_count; i++)
		read_load(core, &image.plan.loads[i], image.bias);
	relocate(core, &image);
	for (uint32_t i = 0; i < image.plan.load_count; i++)
		add_load(core, &image, &image.plan.loads[i]);
	munmap((void *)(uintptr_t)image.elf.data, image.elf.size);
}
