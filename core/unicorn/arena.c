/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "core/unicorn/unicorn.h"

/*
 * The arena.  The host's own memory protection, at the same addresses, decides
 * who may read and write: generated code and QEMU's helpers meet SIGSEGV, and
 * the instruction is found as for any failed access (internal.c).  So most
 * changes cost a system call and no more.  Only what may be executed is told to
 * Unicorn, as parts of the spans, and only outside generated code.
 */

#define PARTS_MAX 4096u
#define DIRTY_MAX 128u

/* Unicorn forgets a part page by page, so parts must not be large. */
#define CHUNK (UINT64_C(256) << 20)
#define WRITE_FAULT 2 /* of a page fault's error code */
#define CALL_ADJUST 2 /* QEMU's GETPC_ADJ */

struct part {
	uint64_t start, end;
	bool executable;
};

static struct part parts[PARTS_MAX];
static uint32_t part_count;
static struct core_span dirty[DIRTY_MAX];
static uint32_t dirty_count;

static void __attribute__((noreturn)) give_up(void)
{
	__builtin_trap();
}

static void map_part(struct unicorn *u, const struct part *p)
{
	uint32_t access = UC_PROT_READ | UC_PROT_WRITE |
	                  (p->executable ? UC_PROT_EXEC : 0);

	if (uc_mem_map_ptr(u->uc, p->start, p->end - p->start, access,
	                   (void *)(uintptr_t)p->start))
		give_up();
}

static void add_part(struct unicorn *u, uint32_t at, uint64_t start,
                     uint64_t end, bool executable)
{
	if (part_count == PARTS_MAX)
		give_up();
	memmove(&parts[at + 1], &parts[at],
	        (part_count - at) * sizeof(parts[0]));
	parts[at] = (struct part){start, end, executable};
	part_count++;
	map_part(u, &parts[at]);
}

static void mark(uint64_t start, uint64_t size)
{
	if (dirty_count == DIRTY_MAX)
		give_up();
	dirty[dirty_count++] = (struct core_span){start, size};
}

/* Whether Unicorn thinks that some of it can be executed. */
static bool was_executable(uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < part_count && parts[i].start < end; i++)
		if (parts[i].end > start && parts[i].executable)
			return true;
	return false;
}

int unicorn_change(struct core *core, const struct bh_memory_change *c)
{
	uint64_t end = c->address + c->size;

	if (c->protection & BH_MEMORY_EXECUTE ||
	    was_executable(c->address, end)) {
		/* Room for both spans as a whole stays. */
		if (dirty_count < DIRTY_MAX - 2) {
			mark(c->address, c->size);
		} else {
			dirty_count = 0;
			mark(core->arena.low.base, core->arena.low.size);
			mark(core->arena.high.base, core->arena.high.size);
		}
	}
	return core_change_host(c, false);
}

bool unicorn_arena_is_dirty(void)
{
	return dirty_count != 0;
}

/* Adds what lies from START to END at AT, as the pieces are now. */
static void add_parts(struct unicorn *u, uint32_t at, uint64_t start,
                      uint64_t end)
{
	const struct core_arena *arena = &u->core->arena;
	uint32_t i = core_piece_at(arena, start);

	while (start < end) {
		uint64_t to = end;

		while (i < arena->piece_count && arena->pieces[i].start < end &&
		       !(arena->pieces[i].protection & CORE_EXECUTE))
			i++;
		if (i < arena->piece_count && arena->pieces[i].start < end)
			to = arena->pieces[i].start;
		if (to > (start | (CHUNK - 1)))
			to = (start | (CHUNK - 1)) + 1;
		if (to > start)
			add_part(u, at++, start, to, false);
		else
			to = start;
		start = to;
		if (i < arena->piece_count && start >= arena->pieces[i].start &&
		    start < end) {
			to = arena->pieces[i++].end;
			to = to < end ? to : end;
			add_part(u, at++, start, to, true);
			start = to;
		}
	}
}

static void refresh(struct unicorn *u, uint64_t start, uint64_t end)
{
	uint32_t first = 0, last;

	while (first < part_count && parts[first].end <= start)
		first++;
	for (last = first; last < part_count && parts[last].start < end; last++)
		if ((parts[last].executable &&
		     uc_ctl_remove_cache(u->uc, parts[last].start,
		                         parts[last].end)) ||
		    uc_mem_unmap(u->uc, parts[last].start,
		                 parts[last].end - parts[last].start))
			give_up();
	if (first == last)
		return;
	start = parts[first].start;
	end = parts[last - 1].end;
	memmove(&parts[first], &parts[last],
	        (part_count - last) * sizeof(parts[0]));
	part_count -= last - first;
	add_parts(u, first, start, end);
}

void unicorn_arena_refresh(struct unicorn *u)
{
	for (uint32_t i = 0; i < dirty_count; i++)
		refresh(u, dirty[i].base, dirty[i].base + dirty[i].size);
	dirty_count = 0;
}

static bool is_inside(const struct core_span *span, uint64_t address)
{
	return address - span->base < span->size;
}

void unicorn_on_segv(struct unicorn *u, const siginfo_t *info,
                     const void *context)
{
	const greg_t *g = ((const ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t address = (uint64_t)(uintptr_t)info->si_addr;

	if (!is_inside(&u->core->arena.low, address) &&
	    !is_inside(&u->core->arena.high, address))
		give_up();
	u->event = UNICORN_FAULT;
	u->address = address;
	u->fault = g[REG_ERR] & WRITE_FAULT ? BH_FAULT_WRITE : BH_FAULT_READ;
	if (!u->isa->restore_state(u->cpu,
	                           (uintptr_t)g[REG_RIP] + CALL_ADJUST,
	                           true) &&
	    !unicorn_restore_pc(u))
		give_up();
	uc_emu_stop(u->uc);
	u->isa->loop_exit(u->cpu);
}

void unicorn_arena_map(struct unicorn *u)
{
	const struct core_arena *arena = &u->core->arena;

	if (arena->low.size)
		add_parts(u, part_count, arena->low.base,
		          arena->low.base + arena->low.size);
	if (arena->high.size)
		add_parts(u, part_count, arena->high.base,
		          arena->high.base + arena->high.size);
}
