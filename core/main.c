/* SPDX-License-Identifier: ISC */
#include "core/core.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/elf.h"
#include "lib/sandbox.h"

/* What the common part needs beyond guest memory and the kind's own. */
#define COMMON_ADDRESS_SPACE (UINT64_C(64) << 20)

/*
 * An upper bound that can be told before a byte of the image is read.  The
 * arena counts twice: Linux looks at RLIMIT_DATA when pages become writable only
 * if as many new ones would be within RLIMIT_AS.
 */
static uint64_t address_space(struct core *core)
{
	const struct bh_core_start *s = &core->start;
	struct stat image, kept;

	if (core->ops->address_space == 0)
		return 0;
	if (fstat(BH_CORE_FD_IMAGE, &image) || image.st_size < 0)
		core_fail(core, "image: descriptor is not a file");
	if (fstat(BH_CORE_FD_KEPT, &kept) || kept.st_size < 0)
		kept.st_size = 0;
	return core->ops->address_space + COMMON_ADDRESS_SPACE +
	       BH_ELF_IMAGE_MAX + (uint64_t)image.st_size + s->heap_size +
	       s->stack_size + s->submission_size + s->completion_size +
	       2 * (s->arena_low_size + s->arena_high_size) +
	       core->arena.root_pages + (uint64_t)kept.st_size;
}

/*
 * core/memory.c keeps the guest's limit exactly; this is what holds a guest that
 * has taken over its core.  One without an arena can make nothing writable.
 */
static void limit_memory(struct core *core)
{
	const struct bh_core_start *s = &core->start;
	uint64_t most = core->ops->address_space + COMMON_ADDRESS_SPACE +
	                core->image_size + s->heap_size + s->stack_size +
	                s->memory_limit;
	struct rlimit limit = {most, most};

	if (core->ops->address_space == 0 || !core_has_arena(core))
		return;
	if (setrlimit(RLIMIT_DATA, &limit))
		core_fail(core, "memory limit: %s", strerror(errno));
}

static void enter_sandbox(struct core *core)
{
	struct bh_sandbox sandbox = {
	        .root = !(core->start.flags & BH_CORE_NO_SANDBOX_ROOT),
	        .landlock = !(core->start.flags & BH_CORE_NO_LANDLOCK),
	        .keep_fds = BH_CORE_FD_KEPT,
	        .starts_threads = core->ops->starts_threads,
	        .address_space = address_space(core),
	};
	const char *stage;
	int r = bh_sandbox_enter(&sandbox, &stage);

	if (r)
		core_fail(core, "sandbox: %s: %s", stage, strerror(-r));
}

static void hand_over_memory(struct core *core)
{
	uint8_t *entry = (uint8_t *)(uintptr_t)core->hypercall;

	core->ops->write_entry(core, entry);
	for (uint32_t i = 0; i < core->region_count; i++)
		core->ops->map(core, &core->regions[i]);
}

int main(void)
{
	static struct core core = {.ops = &core_ops};

	core_open_area(&core);
	core_read_start(&core);
	core_open_root(&core);
	enter_sandbox(&core);
	core.ops->create(&core);

	core_map_arena(&core);
	core_load_image(&core);
	core_map_memory(&core);
	core_write_boot(&core);
	hand_over_memory(&core);
	close(BH_CORE_FD_START);
	close(BH_CORE_FD_IMAGE);
	close(BH_CORE_FD_AREA);

	limit_memory(&core);
	core.ops->seal(&core);
	core_post(&core, BH_POST_READY, NULL);
	core.ops->run(&core);
}
