/* SPDX-License-Identifier: ISC */
#include "core/core.h"

#include <string.h>

/* Order in the boot pages: structure, channel table, strings. */
#define CHANNELS_OFFSET sizeof(struct bh_boot_info)

static uint64_t strings_offset(const struct core *core)
{
	return CHANNELS_OFFSET +
	       core->start.channel_count * sizeof(struct bh_channel_info);
}

uint64_t core_boot_size(const struct core *core)
{
	uint64_t size = strings_offset(core) + core->start.strings_size;

	return (size + BH_PAGE_SIZE - 1) & ~((uint64_t)BH_PAGE_SIZE - 1);
}

/* Where the environment begins: behind the last argument. */
static uint64_t environment_offset(const struct core *core)
{
	uint64_t offset = 0;

	for (uint32_t i = 0; i < core->start.argument_count; i++)
		offset += strlen(core->strings + offset) + 1;
	return offset;
}

void core_write_boot(struct core *core)
{
	const struct bh_core_start *s = &core->start;
	uint8_t *page = (uint8_t *)(uintptr_t)core->boot_info;
	uint64_t strings = core->boot_info + strings_offset(core);
	struct bh_boot_info info = {
	        .magic = BH_BOOT_MAGIC,
	        .version = BH_ABI_VERSION,
	        .size = sizeof(info),
	        .isa = s->isa,
	        .features = {BH_FEATURE_UPCALLS | BH_FEATURE_THREAD_POINTER, 0},
	        .hypercall = core->hypercall,
	        .submission = core->submission,
	        .completion = core->completion,
	        .submission_size = s->submission_size,
	        .completion_size = s->completion_size,
	        .image_base = core->image_base,
	        .image_size = core->image_size,
	        .heap_base = core->heap,
	        .heap_size = s->heap_size,
	        .stack_base = core->stack,
	        .stack_size = s->stack_size,
	        .arguments = strings,
	        .environment = strings + environment_offset(core),
	        .argument_count = s->argument_count,
	        .environment_count = s->environment_count,
	        .channels = core->boot_info + CHANNELS_OFFSET,
	        .channel_count = s->channel_count,
	        .channel_size = sizeof(struct bh_channel_info),
	        .arena_low_base = core->arena.low.base,
	        .arena_low_size = core->arena.low.size,
	        .arena_high_base = core->arena.high.base,
	        .arena_high_size = core->arena.high.size,
	        .memory_limit = s->memory_limit,
	        .root_base = core->arena.root.base,
	        .root_size = core->arena.root.size,
	};
	struct bh_random secret;

	if (core_has_arena(core))
		info.features[0] |= BH_FEATURE_MEMORY;
	if (s->flags & BH_CORE_RISCV_BITS)
		info.features[0] |= BH_FEATURE_RISCV_BITS;
	if (s->flags & BH_CORE_ARM_OPTIONS)
		info.features[0] |= BH_FEATURE_ARM_OPTIONS;
	/* From other seeds than the layout, so that neither tells the other. */
	bh_random_seed(&secret, s->seed[2], s->seed[3]);
	info.secret[0] = bh_random_next(&secret);
	info.secret[1] = bh_random_next(&secret);

	memcpy(page, &info, sizeof(info));
	memcpy(page + CHANNELS_OFFSET, s->channels,
	       s->channel_count * sizeof(s->channels[0]));
	memcpy(page + strings_offset(core), core->strings, s->strings_size);
}
