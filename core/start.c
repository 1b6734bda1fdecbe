/* SPDX-License-Identifier: ISC */
#include "core/core.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define STACK_MAX     (UINT32_C(1) << 30)
#define HEAP_MAX      (BH_GUEST_TOP / 2)
#define ARENA_LOW_MAX (UINT64_C(1) << 32)
#define FLAGS                                                                  \
	(BH_CORE_NO_SANDBOX_ROOT | BH_CORE_NO_LANDLOCK |                       \
	 BH_CORE_RISCV_BITS | BH_CORE_ARM_OPTIONS)

void core_open_area(struct core *core)
{
	void *page = mmap(NULL, BH_AREA_CONTROL_SIZE, PROT_READ | PROT_WRITE,
	                  MAP_SHARED, BH_CORE_FD_AREA, BH_AREA_CONTROL);
	struct stat area;

	if (page == MAP_FAILED)
		core_fail(core, "area: %s\n", strerror(errno));
	core->control = page;
	if (fstat(BH_CORE_FD_AREA, &area) || area.st_size < 0)
		core_fail(core, "area: descriptor is not a file");
	core->area_size = (uint64_t)area.st_size;
	core->posted = __atomic_load_n(&core->control->exo.completed,
	                               __ATOMIC_RELAXED);
}

/* Reads exactly SIZE bytes at OFFSET of the start block. */
static void read_block(struct core *core, void *to, size_t size, size_t offset)
{
	char *p = to;

	while (size) {
		ssize_t n = pread(BH_CORE_FD_START, p, size, (off_t)offset);

		if (n < 0)
			core_fail(core, "start block: %s", strerror(errno));
		if (n == 0)
			core_fail(core, "start block ends after %zu bytes",
			          offset);
		p += n;
		offset += (size_t)n;
		size -= (size_t)n;
	}
}

static void check_header(struct core *core)
{
	const struct bh_core_start *s = &core->start;

	if (s->magic != BH_CORE_MAGIC)
		core_fail(core, "start block: magic is 0x%x", s->magic);
	if (s->version >> 16 != BH_ABI_MAJOR)
		core_fail(core, "start block: version %u.%u, this core has %u",
		          s->version >> 16, s->version & 0xffff, BH_ABI_MAJOR);
	if (s->size != sizeof(*s))
		core_fail(core, "start block: size is %u, not %zu", s->size,
		          sizeof(*s));
	if (s->flags & ~FLAGS)
		core_fail(core, "start block: unknown flags 0x%x", s->flags);
	if (s->isa > BH_ISA_RISCV64 || !(core->ops->isas & (1u << s->isa)))
		core_fail(core, "core %s cannot run this instruction set (%u)",
		          core->ops->name, s->isa);
}

static void check_buffer(struct core *core, const char *name, uint32_t size)
{
	if (size < BH_AREA_BUFFER_MIN || size > BH_AREA_BUFFER_MAX ||
	    (size & (size - 1)))
		core_fail(core,
		          "start block: %s buffer of %u bytes is not a power "
		          "of two from %u to %u",
		          name, size, BH_AREA_BUFFER_MIN, BH_AREA_BUFFER_MAX);
}

static void check_sizes(struct core *core)
{
	const struct bh_core_start *s = &core->start;

	check_buffer(core, "submission", s->submission_size);
	check_buffer(core, "completion", s->completion_size);
	if (core->area_size != (uint64_t)BH_AREA_SUBMISSION +
	                               s->submission_size + s->completion_size)
		core_fail(core, "area has %llu bytes, its buffers need %llu",
		          (unsigned long long)core->area_size,
		          (unsigned long long)BH_AREA_SUBMISSION +
		                  s->submission_size + s->completion_size);
	if (s->stack_size == 0 || s->stack_size % BH_PAGE_SIZE ||
	    s->stack_size > STACK_MAX)
		core_fail(core,
		          "start block: stack of %u bytes is not a multiple of "
		          "%u up to 1 GiB",
		          s->stack_size, BH_PAGE_SIZE);
	if (s->heap_size % BH_PAGE_SIZE || s->heap_size > HEAP_MAX)
		core_fail(core,
		          "start block: memory of %llu bytes is not a multiple "
		          "of %u up to 128 GiB",
		          (unsigned long long)s->heap_size, BH_PAGE_SIZE);
}

static void check_arena(struct core *core)
{
	const struct bh_core_start *s = &core->start;

	if (s->arena_low_size == 0 && s->arena_high_size == 0)
		return;
	if (!core->ops->change)
		core_fail(core,
		          "core %s cannot change memory while the guest runs: "
		          "no arena",
		          core->ops->name);
	if (s->arena_low_size % BH_PAGE_SIZE ||
	    s->arena_high_size % BH_PAGE_SIZE ||
	    s->arena_low_size > ARENA_LOW_MAX || s->arena_high_size > HEAP_MAX)
		core_fail(
		        core,
		        "start block: arena of %llu and %llu bytes: multiples "
		        "of %u up to 4 GiB and 128 GiB are possible",
		        (unsigned long long)s->arena_low_size,
		        (unsigned long long)s->arena_high_size, BH_PAGE_SIZE);
	if (s->memory_limit > HEAP_MAX)
		core_fail(core,
		          "start block: memory limit of %llu bytes is above "
		          "128 GiB",
		          (unsigned long long)s->memory_limit);
}

static void check_channels(struct core *core)
{
	const struct bh_core_start *s = &core->start;

	if (s->channel_count == 0 || s->channel_count > BH_MAX_CHANNELS)
		core_fail(core,
		          "start block: %u channels, possible are 1 to "
		          "%u",
		          s->channel_count, BH_MAX_CHANNELS);
	if (s->channels[0].protocol != BH_PROTOCOL_CONTROL)
		core_fail(core,
		          "start block: channel 0 speaks protocol %u, "
		          "not control",
		          s->channels[0].protocol);
	for (uint32_t i = 0; i < s->channel_count; i++)
		if (!memchr(s->channels[i].name, 0, BH_NAME_SIZE))
			core_fail(core,
			          "start block: the name of channel %u "
			          "does not end",
			          i);
}

static void check_strings(struct core *core)
{
	const struct bh_core_start *s = &core->start;
	uint32_t count = 0;

	for (uint32_t i = 0; i < s->strings_size; i++)
		count += core->strings[i] == 0;
	if (s->strings_size && core->strings[s->strings_size - 1])
		core_fail(core, "start block: the last string does not end");
	if (count != (uint64_t)s->argument_count + s->environment_count)
		core_fail(core,
		          "start block: %u strings, announced were %u "
		          "arguments and %u variables",
		          count, s->argument_count, s->environment_count);
}

void core_read_start(struct core *core)
{
	static char strings[BH_CORE_STRINGS_MAX];

	read_block(core, &core->start, sizeof(core->start), 0);
	check_header(core);
	check_sizes(core);
	check_arena(core);
	check_channels(core);
	if (core->start.strings_size > BH_CORE_STRINGS_MAX)
		core_fail(core,
		          "start block: %u bytes of strings, the limit "
		          "is %u",
		          core->start.strings_size, BH_CORE_STRINGS_MAX);
	core->strings = strings;
	read_block(core, core->strings, core->start.strings_size,
	           sizeof(core->start));
	check_strings(core);
	bh_random_seed(&core->layout, core->start.seed[0], core->start.seed[1]);
}
