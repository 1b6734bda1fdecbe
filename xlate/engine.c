/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "xlate/access.h"
#include "xlate/engine.h"
#include "xlate/keep.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE  (UINT64_C(1) << PAGE_SHIFT)
#define TOP_ALIGN  UINT64_C(0x10000)
#define TOP_MAX    (UINT64_C(1) << 46) /* user space has 47 bits */
#define FETCH_MAX  4u
#define CODE_LINE  64u                /* bytes that one `ic ivau` is about */
#define TAKEN      ((size_t)64 << 10) /* as much as Linux maps at a fault */

static void *reserve(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void xlate_take_pages(void *start, size_t size)
{
	madvise(start, size, MADV_POPULATE_WRITE);
}

void xlate_take_ahead(void *start, size_t used, size_t *taken, size_t size)
{
	size_t more = size - *taken;

	if (*taken > used + PAGE_SIZE || !more)
		return;
	if (more > TAKEN)
		more = TAKEN;
	xlate_take_pages((uint8_t *)start + *taken, more);
	*taken += more;
}

/* What is behind the window belongs to nobody: a displacement ends there. */
static int reserve_guard(uint64_t top)
{
	void *at = (void *)(uintptr_t)top;
	void *p = mmap(at, XLATE_GUARD, PROT_NONE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
	                       MAP_FIXED_NOREPLACE,
	               -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	if (p != at) {
		munmap(p, XLATE_GUARD);
		return -EEXIST;
	}
	return 0;
}

static bool is_above(const void *p, uint64_t top)
{
	return (uintptr_t)p >= top + XLATE_GUARD;
}

static int allocate(struct xlate *x)
{
	int r;

	x->pages_size = (size_t)(x->config.top >> PAGE_SHIFT) / 8;
	x->pages = reserve(x->pages_size);
	x->blocks = reserve(sizeof(*x->blocks));
	if (!x->pages || !x->blocks)
		return -ENOMEM;
	/* The guest must not reach what the host relies on. */
	if (!is_above(x, x->config.top) || !is_above(x->pages, x->config.top) ||
	    !is_above(x->blocks, x->config.top) || !is_above(&r, x->config.top))
		return -EADDRINUSE;
	r = reserve_guard(x->config.top);
	if (r)
		return r;
	if (x->config.tier == XLATE_TRANSLATE)
		r = xlate_host_create(x);
	if (r)
		munmap((void *)(uintptr_t)x->config.top, XLATE_GUARD);
	return r;
}

static void release(struct xlate *x)
{
	if (x->pages)
		munmap(x->pages, x->pages_size);
	if (x->blocks)
		munmap(x->blocks, sizeof(*x->blocks));
	munmap(x, sizeof(*x) + xlate_host_room());
}

/* Without host code, the interpreter leads from block to block. */
static void let_go_on(struct xlate *x)
{
	x->machine.blocks = x->host ? NULL : x->blocks;
}

int xlate_create(struct xlate **result, const struct xlate_config *config)
{
	struct xlate *x;
	int r;

	if (config->top == 0 || config->top % TOP_ALIGN ||
	    config->top > TOP_MAX || !config->fetch)
		return -EINVAL;
	x = reserve(sizeof(*x) + xlate_host_room());
	if (!x)
		return -ENOMEM;
	xlate_take_pages(x, sizeof(*x) + xlate_host_room());
	x->config = *config;
	x->guest =
	        config->isa == XLATE_AARCH64 ? &xlate_aarch64 : &xlate_riscv64;
	x->machine.top = config->top;
	x->machine.last = config->top - XLATE_ACCESS_MAX;
	x->machine.reserved_address = UINT64_MAX;
	r = allocate(x);
	let_go_on(x);
	if (r)
		release(x);
	else
		*result = x;
	return r;
}

void xlate_destroy(struct xlate *x)
{
	if (x->host)
		xlate_host_destroy(x);
	munmap((void *)(uintptr_t)x->config.top, XLATE_GUARD);
	release(x);
}

struct xlate_state *xlate_state(struct xlate *x)
{
	return &x->machine.state;
}

uint64_t xlate_address(const struct xlate *x)
{
	return x->machine.fault_address;
}

void xlate_stop(struct xlate *x)
{
	x->stop = 1;
	x->machine.blocks = NULL;
	if (x->host)
		xlate_host_stop(x);
}

void xlate_statistics(const struct xlate *x, struct xlate_statistics *result)
{
	*result = x->statistics;
}

void xlate_flush(struct xlate *x)
{
	x->pool_used = 0;
	/* All zero again, and none of the host's memory. */
	madvise(x->blocks->slots, sizeof(x->blocks->slots), MADV_DONTNEED);
	madvise(x->pages, x->pages_size, MADV_DONTNEED);
	if (x->host)
		xlate_host_flush(x);
	x->statistics.flushes++;
}

static void mark_pages(struct xlate *x, uint64_t start, uint64_t end)
{
	for (uint64_t p = start >> PAGE_SHIFT; p <= (end - 1) >> PAGE_SHIFT;
	     p++)
		x->pages[p / 64] |= UINT64_C(1) << p % 64;
}

static bool has_code(const struct xlate *x, uint64_t start, uint64_t end)
{
	uint64_t p = start >> PAGE_SHIFT, last = (end - 1) >> PAGE_SHIFT;

	while (p <= last) {
		if (p % 64 == 0 && last - p >= 63) {
			if (x->pages[p / 64])
				return true;
			p += 64;
			continue;
		}
		if (x->pages[p / 64] >> p % 64 & 1)
			return true;
		p++;
	}
	return false;
}

void xlate_forget(struct xlate *x, uint64_t start, uint64_t end)
{
	if (end > x->config.top)
		end = x->config.top;
	if (start < end && has_code(x, start, end))
		xlate_flush(x);
}

/* How many bytes can be fetched at PC, at most LIMIT. */
static uint64_t fetchable(struct xlate *x, uint64_t pc, uint64_t limit)
{
	uint64_t size;

	if (pc > x->config.top - FETCH_MAX)
		return 0;
	if (limit > x->config.top - pc)
		limit = x->config.top - pc;
	size = x->config.fetch(x->config.data, pc, limit);
	return size < limit ? size : limit;
}

/* From SIZE bytes that can be fetched.  False with the fault in *EXIT. */
static bool decode_one(struct xlate *x, uint64_t pc, uint64_t size,
                       struct xlate_instruction *i, int *exit)
{
	if (pc % x->guest->alignment) {
		*exit = XLATE_ALIGNMENT;
		return false;
	}
	x->guest->decode(i, (const uint8_t *)(uintptr_t)pc, size);
	if (i->length)
		return true;
	x->machine.fault_address = pc + size;
	*exit = XLATE_EXECUTE;
	return false;
}

bool xlate_ends_block(const struct xlate_instruction *i)
{
	switch (i->operation) {
	case OP_ILLEGAL:
	case OP_JUMP:
	case OP_JUMP_REGISTER:
	case OP_SYSCALL:
	case OP_BREAKPOINT:
	case OP_FENCE_CODE:
		return true;
	default:
		return false;
	}
}

uint32_t xlate_decode_block(struct xlate *x, uint64_t pc,
                            struct xlate_instruction *code, bool whole,
                            int *exit)
{
	uint64_t at = pc;
	uint64_t end = pc + fetchable(x, pc, XLATE_BLOCK_MAX * FETCH_MAX);
	uint32_t n = 0;

	while (n < XLATE_BLOCK_MAX &&
	       decode_one(x, at, end - at, &code[n], exit)) {
		at += code[n].length;
		n++;
		if (xlate_ends_block(&code[n - 1]) ||
		    (!whole && x->guest->leads(&code[n - 1])))
			break;
	}
	if (n) {
		mark_pages(x, pc, at);
		x->statistics.blocks++;
		x->statistics.instructions += n;
	}
	return n;
}

/* Makes a block of COUNT decoded instructions ready for the interpreter. */
static void finish_block(const struct xlate_guest *guest,
                         struct xlate_instruction *code, uint32_t count)
{
	uint32_t at = 0;

	for (uint32_t n = 0; n < count; n++) {
		code[n].at = at;
		at += code[n].length;
	}
	code[count] = (struct xlate_instruction){.id = guest->end, .at = at};
}

bool xlate_has_pool(const struct xlate *x)
{
	return sizeof(x->blocks->pool) - x->pool_used >=
	       sizeof(struct xlate_block) +
	               (XLATE_BLOCK_MAX + 1) * sizeof(struct xlate_instruction);
}

uint32_t xlate_add_block(struct xlate *x, uint64_t pc, bool whole, int *exit)
{
	uint8_t *pool = x->blocks->pool;
	struct xlate_block *block =
	        (struct xlate_block *)(void *)(pool + x->pool_used);
	uint32_t count;

	xlate_take_ahead(pool, x->pool_used, &x->pool_taken,
	                 sizeof(x->blocks->pool));
	count = xlate_decode_block(x, pc, block->code, whole, exit);
	if (!count)
		return 0;
	block->pc = pc;
	block->runs = 0;
	finish_block(x->guest, block->code, count);
	/* That takes longer than it saves in what runs some times only. */
	if (whole && x->guest->prepare)
		x->guest->prepare(block->code, count);
	x->pool_used += sizeof(*block) + (count + 1) * sizeof(block->code[0]);
	return xlate_place(x->blocks, block);
}

static struct xlate_block *find_block(struct xlate *x, uint64_t pc, int *exit)
{
	struct xlate_blocks *blocks = x->blocks;
	struct xlate_block *block = xlate_known(blocks, pc);
	uint32_t place;

	if (block)
		return block;
	if (!xlate_has_pool(x))
		xlate_flush(x);
	place = xlate_add_block(x, pc, true, exit);
	if (!place)
		return NULL;
	blocks->slots[xlate_slot(pc)] = place;
	return xlate_block_at(blocks, place);
}

static int interpret_block(struct xlate *x)
{
	int exit = EXIT_NONE;
	struct xlate_block *block = find_block(x, x->machine.state.pc, &exit);

	if (!block)
		return exit;
	return x->guest->interpret(&x->machine, block->code);
}

int xlate_interpret(const struct xlate_guest *guest, struct xlate_machine *m,
                    const struct xlate_instruction *i)
{
	struct xlate_instruction code[2] = {
	        *i, {.id = guest->end, .at = i->length}};

	return guest->interpret(m, code);
}

bool xlate_take_code(struct xlate *x, uint64_t start, uint64_t size)
{
	if (fetchable(x, start, size) < size)
		return false;
	mark_pages(x, start, start + size);
	return true;
}

int xlate_attach(struct xlate *x, const void *kept, size_t size)
{
	struct xlate_kept summary;

	if (!x->host)
		return -EOPNOTSUPP;
	if (!is_above(kept, x->config.top))
		return -EINVAL;
	switch (xlate_kept_fits(kept, size, &summary)) {
	case XLATE_FITS:
		if (summary.isa != x->config.isa)
			return -ESTALE;
		xlate_host_attach(x, kept);
		xlate_flush(x);
		return 0;
	case XLATE_DAMAGED:
		return -EBADMSG;
	default:
		return -ESTALE;
	}
}

static bool decode_next(struct xlate *x, struct xlate_instruction *i, int *exit)
{
	uint64_t pc = x->machine.state.pc;

	return decode_one(x, pc, fetchable(x, pc, FETCH_MAX), i, exit);
}

/* The next instruction, without looking at what is known of the code. */
static int replay(struct xlate *x)
{
	struct xlate_instruction i;
	int exit = EXIT_NONE;

	if (!decode_next(x, &i, &exit))
		return exit;
	return xlate_interpret(x->guest, &x->machine, &i);
}

static int step(struct xlate *x)
{
	if (x->host && xlate_host_can_run(x))
		return xlate_host_run(x);
	return interpret_block(x);
}

static enum xlate_exit run(struct xlate *x, int exit)
{
	for (;;) {
		if (exit == EXIT_REPLAY)
			exit = replay(x);
		else if (exit == EXIT_INTERPRET)
			exit = x->guest->interpret(&x->machine, x->cold->code);
		if (exit == EXIT_FENCE_CODE)
			xlate_flush(x);
		else if (exit == EXIT_FORGET)
			xlate_forget(x, x->machine.forget,
			             x->machine.forget + CODE_LINE);
		else if (exit < EXIT_FENCE_CODE)
			return (enum xlate_exit)exit;
		if (x->stop) {
			let_go_on(x);
			x->stop = 0;
			return XLATE_STOPPED;
		}
		exit = step(x);
	}
}

enum xlate_exit xlate_run(struct xlate *x)
{
	enum xlate_exit result;
	int exit;

	if (x->host)
		xlate_host_begin(x);
	/* A fault comes back here, any number of times. */
	exit = sigsetjmp(x->machine.leave, 0);
	if (exit == 0)
		exit = EXIT_NONE;
	else if (exit != EXIT_REPLAY && x->guest->settle)
		x->guest->settle(&x->machine);
	x->machine.running = true;
	result = run(x, exit);
	x->machine.running = false;
	if (x->host)
		xlate_host_end(x);
	return result;
}

bool xlate_writes(const struct xlate_instruction *i)
{
	return (i->operation >= OP_STORE_8 && i->operation <= OP_STORE_64) ||
	       i->operation == OP_FSTORE_S || i->operation == OP_FSTORE_D ||
	       i->operation == OP_INTERPRET_STORE ||
	       (i->operation >= OP_STORE_CONDITIONAL_32 &&
	        i->operation <= OP_ATOMIC_MAXU_64);
}

void xlate_on_fault(struct xlate *x, const void *siginfo, void *ucontext)
{
	struct xlate_machine *m = &x->machine;
	uint64_t address =
	        (uint64_t)(uintptr_t)((const siginfo_t *)siginfo)->si_addr;
	struct xlate_instruction i;
	int exit;

	if (!m->running)
		return;
	if (x->host && xlate_host_recover(x, ucontext, &m->state)) {
		if (((const siginfo_t *)siginfo)->si_signo == SIGFPE)
			x->statistics.float_traps++;
		siglongjmp(m->leave, EXIT_REPLAY);
	}
	if (address >= m->top + XLATE_GUARD)
		return;
	xlate_complete_pc(m);
	m->fault_address = address;
	if (!decode_next(x, &i, &exit))
		return;
	siglongjmp(m->leave, xlate_writes(&i) ? XLATE_WRITE : XLATE_READ);
}

bool xlate_peek(struct xlate *x, const void *ucontext,
                struct xlate_state *state)
{
	return x->machine.running && x->host &&
	       xlate_host_recover(x, ucontext, state);
}
