/* SPDX-License-Identifier: ISC */
#include "core/core.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* So that a guest can have large pages where its host does. */
#define HIGH_ALIGNMENT (UINT64_C(1) << 21)

#define ROOT_MAX (BH_GUEST_TOP / 4)

/* The launcher gives the descriptor to domains that have a root image. */
void core_open_root(struct core *core)
{
	struct core_arena *arena = &core->arena;
	struct stat file;

	if (fstat(BH_CORE_FD_ROOT, &file)) {
		if (errno != EBADF)
			core_fail(core, "root image: %s", strerror(errno));
		return;
	}
	if (!S_ISREG(file.st_mode) || file.st_size <= 0)
		core_fail(core, "root image: not a regular file with contents");
	if ((uint64_t)file.st_size > ROOT_MAX)
		core_fail(core, "root image: %lld bytes are more than %llu",
		          (long long)file.st_size,
		          (unsigned long long)ROOT_MAX);
	arena->root.size = (uint64_t)file.st_size;
	arena->root_pages = (arena->root.size + BH_PAGE_SIZE - 1) &
	                    ~((uint64_t)BH_PAGE_SIZE - 1);
}

/* Shares the host's copy with all others that use the file. */
static void map_root(struct core *core)
{
	struct core_arena *arena = &core->arena;
	void *at;

	if (!arena->root.size)
		return;
	arena->root.base = core_place(core, arena->root_pages, BH_PAGE_SIZE, 0,
	                              "root");
	at = (void *)(uintptr_t)arena->root.base;
	if (mmap(at, arena->root_pages, PROT_READ, MAP_PRIVATE | MAP_FIXED,
	         BH_CORE_FD_ROOT, 0) == MAP_FAILED)
		core_fail(core, "root image: cannot map %llu bytes: %s",
		          (unsigned long long)arena->root_pages,
		          strerror(errno));
	core_add_region(core, arena->root.base, arena->root_pages, CORE_READ,
	                "root");
}

/* Before everything else, so that nothing lies in its way. */
void core_map_arena(struct core *core)
{
	static struct core_piece pieces[CORE_PIECES_MAX];
	const struct bh_core_start *s = &core->start;
	struct core_arena *arena = &core->arena;

	arena->pieces = pieces;
	if (s->arena_low_size) {
		core_place_at(core, BH_GUEST_BOTTOM,
		              s->arena_low_size + CORE_GUARD, "low arena");
		arena->low = (struct core_span){BH_GUEST_BOTTOM,
		                                s->arena_low_size};
	}
	if (s->arena_high_size)
		arena->high = (struct core_span){
		        core_place(core, s->arena_high_size, HIGH_ALIGNMENT, 0,
		                   "high arena"),
		        s->arena_high_size};
	map_root(core);
}
