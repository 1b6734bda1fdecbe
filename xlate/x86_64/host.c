/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <xmmintrin.h>

#include "xlate/access.h"
#include "xlate/x86_64/features.h"
#include "xlate/x86_64/kept.h"

#define CODE_SIZE    ((size_t)32 << 20)
#define CODE_MIN     ((size_t)1 << 20)
#define CODE_MAX     ((size_t)1 << 30)
#define BLOCK_ROOM   (64u * 1024) /* more than any block takes */
#define DEFERRED_MAX (1u << 18)
#define LATE_NOTES   (1u << 17)

/* A block on its way to host code, and so many may follow each other. */
struct piece {
	uint64_t pc;
	uint32_t count;
	struct xlate_instruction code[XLATE_BLOCK_MAX];
};

#define PIECES_MAX 4u

/* Of all that host code refers to, for them or for a kept unit. */
#define ROOM (PIECES_MAX * STUBS_MAX * 2)

#define MXCSR_MASKED   0x1f80u
#define MXCSR_ROUNDING 13

/* How many there can be in SIZE bytes of code. */
static uint32_t links_max(uint32_t size)
{
	return size / 16;
}

static uint32_t origins_max(uint32_t size)
{
	return size / 4;
}

static void *reserve(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/*
 * One shared piece of memory at two addresses: mremap() of zero bytes of a
 * shared mapping makes another one.
 */
static int map_code(struct xlate_host *h)
{
	void *write = mmap(NULL, h->size, PROT_READ | PROT_WRITE,
	                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	void *execute;

	if (write == MAP_FAILED)
		return -errno;
	h->emit.code = write;
	execute = mremap(write, 0, h->size, MREMAP_MAYMOVE);
	if (execute == MAP_FAILED)
		return -errno;
	h->executable = execute;
	return mprotect(execute, h->size, PROT_READ | PROT_EXEC) ? -errno : 0;
}

static void find_features(struct xlate_host *h)
{
	uint32_t features = xlate_host_features();

	h->counts = features & FEATURE_COUNTS;
	h->bmi2 = features & FEATURE_BMI2;
	h->fma = features & FEATURE_FMA;
	h->vectors = features & FEATURE_VECTORS;
	h->multiplies_bits = features & FEATURE_MULTIPLIES_BITS;
}

#define BOTH(half)                                                             \
	{                                                                      \
		half, half                                                     \
	}

static const struct constants constants = {
        .sign_double = {UINT64_C(1) << 63, 0},
        .sign_single = {UINT64_C(1) << 31, 0},
        .box = {UINT64_C(0xffffffff00000000), 0},
        .magnitude_double = {~(UINT64_C(1) << 63), UINT64_MAX},
        .magnitude_single = {~(UINT64_C(1) << 31), UINT64_MAX},
        .nan_double = UINT64_C(0x7ff8000000000000),
        .nan_single = UINT64_C(0xffffffff7fc00000),
        .two_63_double = UINT64_C(0x43e0000000000000),
        .two_32_double = UINT64_C(0x41f0000000000000),
        .two_63_single = 0x5f000000,
        .two_32_single = 0x4f800000,
        .signs_double = BOTH(UINT64_C(1) << 63),
        .signs_single = BOTH(UINT64_C(0x8000000080000000)),
        .magnitudes_double = BOTH(UINT64_MAX >> 1),
        .magnitudes_single = BOTH(UINT64_C(0x7fffffff7fffffff)),
        .least_double = BOTH(UINT64_C(1) << 52),
        .least_single = BOTH(UINT64_C(0x0080000000800000)),
        .halves_double = BOTH(UINT64_C(0x3fe0000000000000)),
        .halves_single = BOTH(UINT64_C(0x3f0000003f000000)),
        .nibbles = BOTH(UINT64_C(0x0f0f0f0f0f0f0f0f)),
        .bits_of_nibble = {UINT64_C(0x0302020102010100),
                           UINT64_C(0x0403030203020201)},
        .lower_halves = {{UINT64_C(0x0e0c0a0806040200), UINT64_MAX},
                         {UINT64_C(0x0d0c090805040100), UINT64_MAX},
                         {UINT64_C(0x0b0a090803020100), UINT64_MAX}},
        .crc32 = {UINT64_C(0xb4e5b025f7011641), UINT64_C(0x1db710641)},
        .crc32c = {UINT64_C(0x4869ec38dea713f1), UINT64_C(0x105ec76f1)},
};

static int allocate(struct xlate_host *h)
{
	h->links = reserve(links_max(h->size) * sizeof(struct link));
	h->origins = reserve(origins_max(h->size) * sizeof(struct origin));
	h->deferred = reserve((DEFERRED_MAX + 1) * sizeof(struct deferred));
	h->late_notes = reserve(LATE_NOTES * sizeof(struct late_note));
	if (!h->links || !h->origins || !h->deferred || !h->late_notes ||
	    !host_blocks_create(&h->blocks))
		return -ENOMEM;
	return map_code(h);
}

/* Where registers are while the guest runs. */
static void find_places(struct xlate_host *h)
{
	const struct host_guest *g = h->guest;

	for (int32_t n = 0; n < REGISTER_COUNT; n++)
		h->places[n] = in_memory(RBP, MACHINE_FIELD(state.x) + 8 * n);
	for (unsigned i = 0; i < PINNED_COUNT; i++)
		h->places[g->pinned[i].guest] = in_register(g->pinned[i].host);
	for (int32_t n = 0; n < VECTOR_COUNT; n++)
		h->vector_places[n] =
		        in_memory(RBP, MACHINE_FIELD(state) + g->vectors +
		                               g->vector_size * n);
	for (unsigned i = 0; i < VECTOR_PINNED_COUNT; i++)
		h->vector_places[g->vector_pinned[i].guest] =
		        in_register(g->vector_pinned[i].host);
}

static bool is_above_window(const struct xlate *x, const void *p)
{
	return (uintptr_t)p >= x->config.top + XLATE_GUARD;
}

int xlate_host_create(struct xlate *x)
{
	struct xlate_host *h =
	        (struct xlate_host *)(void *)((uint8_t *)x + HOST_OFFSET);
	size_t size = x->config.code_size ? x->config.code_size : CODE_SIZE;
	int r;

	if (size < CODE_MIN || size > CODE_MAX || size % 4096)
		return -EINVAL;
	x->host = h;
	h->decode = x->guest->decode;
	h->guest =
	        x->config.isa == XLATE_AARCH64 ? &host_aarch64 : &host_riscv64;
	h->size = (uint32_t)size;
	h->self = (uint64_t)(uintptr_t)x;
	h->constants = constants;
	for (uint32_t n = 0; n < 64; n++)
		h->flags[n] = h->guest->flags(n);
	find_places(h);
	find_features(h);
	h->float_traps = x->config.float_traps != 0 && h->guest->float_traps;
	r = allocate(h);
	if (!r &&
	    (!is_above_window(x, h->emit.code) ||
	     !is_above_window(x, h->executable) ||
	     !is_above_window(x, h->links) || !is_above_window(x, h->origins) ||
	     !is_above_window(x, h->deferred) ||
	     !is_above_window(x, h->late_notes) ||
	     !is_above_window(x, h->blocks.tables)))
		r = -EADDRINUSE;
	if (r) {
		xlate_host_destroy(x);
		return r;
	}
	host_write_shared(h);
	xlate_host_flush(x);
	return 0;
}

static void release(void *p, size_t size)
{
	if (p)
		munmap(p, size);
}

void xlate_host_destroy(struct xlate *x)
{
	struct xlate_host *h = x->host;

	release(h->links, links_max(h->size) * sizeof(struct link));
	release(h->origins, origins_max(h->size) * sizeof(struct origin));
	release(h->deferred, (DEFERRED_MAX + 1) * sizeof(struct deferred));
	release(h->late_notes, LATE_NOTES * sizeof(struct late_note));
	host_blocks_destroy(&h->blocks);
	release(h->emit.code, h->size);
	release(h->executable, h->size);
	x->host = NULL;
}

/* What a guest may still find is led on as what it does not. */
static void forget_targets(struct xlate_host *h)
{
	uint64_t miss =
	        (uint64_t)(uintptr_t)(h->executable + h->leave_indirect);

	for (uint32_t i = 0; i < TARGETS; i++)
		h->targets[i] = (struct target){.pc = 1, .host = miss};
}

void xlate_host_flush(struct xlate *x)
{
	struct xlate_host *h = x->host;

	h->emit.at = h->first;
	h->link_count = h->origin_count = 0;
	h->deferred_count = h->late_note_count = 0;
	host_blocks_flush(&h->blocks, h->kept != NULL);
	forget_targets(h);
}

/* What follows a call may have no link, but it is done once for each: nothing
 * but these two keeps a guest in translated code for long. */
void xlate_host_stop(struct xlate *x)
{
	struct xlate_host *h = x->host;

	for (uint32_t i = 0; i < h->link_count; i++)
		emit_target(&h->emit, h->links[i].jump, h->links[i].stub);
	forget_targets(h);
}

static bool is_full(const struct xlate_host *h)
{
	return h->size - h->emit.at < BLOCK_ROOM ||
	       links_max(h->size) - h->link_count < ROOM ||
	       origins_max(h->size) - h->origin_count < ROOM ||
	       DEFERRED_MAX - h->deferred_count < ROOM ||
	       LATE_NOTES - h->late_note_count < ROOM ||
	       host_blocks_full(&h->blocks);
}

/* Room for any unit or block. *FLUSHED: all other code has gone. */
static void make_room(struct xlate *x, bool *flushed)
{
	struct xlate_host *h = x->host;

	*flushed = is_full(h) || !xlate_has_pool(x);
	if (*flushed)
		xlate_flush(x);
	xlate_take_ahead(h->emit.code, h->emit.at, &h->taken, h->size);
	xlate_take_ahead(h->links, h->link_count * sizeof(struct link),
	                 &h->links_taken,
	                 links_max(h->size) * sizeof(struct link));
	xlate_take_ahead(h->origins, h->origin_count * sizeof(struct origin),
	                 &h->origins_taken,
	                 origins_max(h->size) * sizeof(struct origin));
}

/* Whether there is no host code to be made for PC: because the block there is
 * for the interpreter once more, or because there is none. */
static bool is_cold(struct xlate *x, uint64_t pc, int *exit)
{
	struct xlate_host *h = x->host;
	uint32_t found = host_find(h, pc, 0);

	if (host_is_code(found) || !x->config.patience)
		return false;
	if (!found) {
		found = xlate_add_block(x, pc, false, exit);
		if (!found)
			return true;
		host_add_block_at(h, pc, 0, HOST_COLD | found);
	}
	x->cold = xlate_block_at(x->blocks, found & ~HOST_COLD);
	if (x->cold->runs == x->config.patience)
		return false;
	x->cold->runs++;
	*exit = EXIT_INTERPRET;
	return true;
}

static bool is_kept(const struct xlate_host *h, uint32_t host)
{
	return host_find_origin(h, host)->unit;
}

static uint64_t end_of(const struct piece *piece)
{
	uint64_t end = piece->pc;

	for (uint32_t n = 0; n < piece->count; n++)
		end += piece->code[n].length;
	return end;
}

/* Whether what follows BEFORE, which ends with a call, is to follow its host
 * code, too; then it is NEXT. */
static bool decode_next(struct xlate *x, const struct piece *before,
                        struct piece *next)
{
	int exit;

	if (!host_returns(x->host, &before->code[before->count - 1]))
		return false;
	next->pc = end_of(before);
	next->count = xlate_decode_block(x, next->pc, next->code, true, &exit);
	return next->count;
}

/* Translates the block at PC; its offset.  0: *EXIT says why there is none. */
static uint32_t make_code(struct xlate *x, uint64_t pc, uint32_t pending,
                          int *exit)
{
	struct xlate_host *h = x->host;
	struct piece pieces[PIECES_MAX], *piece = pieces;
	uint32_t start = h->emit.at;
	struct translation t; /* large, and most of it is not used */
	bool ended;

	if (is_cold(x, pc, exit))
		return 0;
	piece->pc = pc;
	piece->count = xlate_decode_block(x, pc, piece->code, true, exit);
	if (!piece->count)
		return 0;
	host_begin(&t, h);
	do {
		host_add_block_at(h, piece->pc, pending, h->emit.at);
		t.runs_on = piece + 1 < pieces + PIECES_MAX &&
		            host_has_room(&t, piece->count) &&
		            decode_next(x, piece, piece + 1);
		ended = host_add_block(&t, piece->pc, pending, piece->code,
		                       piece->count);
		piece++;
		pending = 0;
	} while (t.runs_on);
	host_end(&t, !ended);
	x->statistics.code_bytes += h->emit.at - start;
	return start;
}

/*
 * The offset of the code for PC, which may have to be made first.  0: *EXIT
 * says why there is none.  *FLUSHED: all other code has gone.  All is in its
 * place, but who comes later may have something PENDING.
 */
static uint32_t find_code(struct xlate *x, uint64_t pc, uint32_t pending,
                          int *exit, bool *flushed)
{
	uint32_t host = host_find(x->host, pc, pending);

	*flushed = false;
	if (host_is_code(host))
		return host;
	make_room(x, flushed);
	if (*flushed)
		host = pending = 0;
	/* What the interpreter has is not kept. */
	host = host || pending ? 0 : kept_load(x, pc);
	return host ? host : make_code(x, pc, pending, exit);
}

/* The same, but no kept code: of what runs often. */
static uint32_t find_own(struct xlate *x, uint64_t pc, uint32_t pending,
                         int *exit, bool *flushed)
{
	uint32_t host = host_find(x->host, pc, pending);

	*flushed = false;
	if (host_is_code(host) && !is_kept(x->host, host))
		return host;
	make_room(x, flushed);
	return make_code(x, pc, *flushed ? 0 : pending, exit);
}

bool xlate_host_can_run(const struct xlate *x)
{
	return x->host->guest->can_run(&x->machine.state);
}

static void to_host(struct xlate *x)
{
	struct xlate_host *h = x->host;

	h->mxcsr = MXCSR_MASKED | h->guest->rounding(&x->machine.state)
	                                  << MXCSR_ROUNDING;
	if (h->float_traps)
		h->mxcsr &= ~(uint32_t)(MXCSR_TRAPS << MXCSR_MASK);
	h->guest->to_host(&x->machine.state);
}

int host_interpret(struct xlate *x, uint32_t number)
{
	const struct deferred *d = &x->host->deferred[number];
	int exit;

	x->host->guest->to_guest(&x->machine.state, x->host->mxcsr);
	x->machine.state.pc = d->pc;
	exit = xlate_interpret(x->guest, &x->machine, &d->instruction);
	to_host(x);
	return exit == EXIT_NONE && xlate_host_can_run(x) ? 0 : exit;
}

bool host_trap(struct xlate *x, int exit)
{
	struct xlate_host *h = x->host;
	bool handled;

	h->guest->to_guest(&x->machine.state, h->mxcsr);
	x->machine.running = false;
	handled = x->config.trap(x->config.data, (enum xlate_exit)exit);
	x->machine.running = true;
	to_host(x);
	h->exit_trap = handled ? EXIT_NONE : exit;
	return handled && xlate_host_can_run(x);
}

typedef int enter_code(struct xlate *x, const void *code);

static int enter(struct xlate *x, uint32_t host)
{
	struct xlate_host *h = x->host;
	enter_code *function;
	const void *address = h->executable + h->enter;
	int exit;

	memcpy(&function, &address, sizeof(function));
	to_host(x);
	exit = function(x, h->executable + host);
	h->guest->to_guest(&x->machine.state, h->mxcsr);
	return exit;
}

/* The instruction that host code at OFFSET was made from. */
const struct origin *host_find_origin(const struct xlate_host *h,
                                      uint32_t offset)
{
	uint32_t low = 0, high = h->origin_count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (h->origins[middle].host <= offset)
			low = middle;
		else
			high = middle;
	}
	return &h->origins[low];
}

/* What the place in kept code tells of the guest's state.  An instruction that
 * is pending gets the place behind all others. */
static void apply_kept_origin(struct xlate_host *h, const struct origin *start,
                              uint32_t offset, struct xlate_state *state)
{
	struct xlate_instruction *i = &h->deferred[DEFERRED_MAX].instruction;
	uint32_t pending;

	state->pc = start->pc +
	            (uint64_t)(int64_t)(int32_t)kept_find_origin(
	                    h, start->unit, offset - start->host, &pending);
	if (!pending)
		return;
	if (h->guest->defers) {
		h->decode(i, (const uint8_t *)&pending, sizeof(pending));
		pending = 1 + DEFERRED_MAX;
	}
	h->guest->recall(h, state, pending);
}

/* The same of any code: what only its place tells, and scratch registers have.
 */
static void apply_origin(struct xlate_host *h, uint32_t offset,
                         const uint64_t *scratch, struct xlate_state *state)
{
	const struct origin *origin = host_find_origin(h, offset);

	if (origin->unit) {
		apply_kept_origin(h, origin, offset, state);
		return;
	}
	state->pc = origin->pc;
	for (unsigned i = 0; i < SCRATCH_COUNT; i++) {
		unsigned n = origin->newer >> SCRATCH_SHIFT * i & SCRATCH_MASK;

		if (n)
			state->x[n] = scratch[i];
	}
	if (origin->pending)
		h->guest->recall(h, state, origin->pending);
}

struct link *host_find_link(const struct xlate_host *h, uint32_t offset)
{
	uint32_t low = 0, high = h->link_count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (h->links[middle].stub <= offset)
			low = middle;
		else
			high = middle;
	}
	return &h->links[low];
}

bool host_is_call(const struct xlate_host *h, const struct link *link)
{
	return h->emit.code[link->jump - 1] == X86_CALL;
}

/* A jump is led to its target.  The offset to go on at, or 0. */
static uint32_t follow_link(struct xlate *x, int *exit)
{
	struct xlate_host *h = x->host;
	/* Translated code was left by a call behind which this is. */
	uint64_t exit_at = h->exit_host - (uint64_t)(uintptr_t)h->executable;
	struct link *found =
	        host_find_link(h, (uint32_t)exit_at - EMIT_CALL_SIZE);
	/* The way without settling is the better one. */
	struct link link =
	        found != h->links && found[-1].pending ? found[-1] : *found;
	bool flushed;
	uint32_t host;

	x->machine.state.pc = link.pc;
	if (link.rounds) {
		found->rounds--;
		return find_code(x, link.pc, 0, exit, &flushed);
	}
	/* Where code that runs often jumps to runs often, too. */
	if (link.is_loop || !is_kept(h, link.jump))
		host = find_own(x, link.pc, link.pending, exit, &flushed);
	else
		host = find_code(x, link.pc, 0, exit, &flushed);
	if (host && !flushed)
		emit_target(&h->emit, link.jump, host);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return host;
}

static uint32_t follow_indirect(struct xlate *x, int *exit)
{
	struct xlate_host *h = x->host;
	uint64_t pc = x->machine.state.pc;
	bool flushed;
	uint32_t host = find_code(x, pc, 0, exit, &flushed);

	if (host) {
		struct target *t = &h->targets[(pc >> 1) % TARGETS];

		t->pc = pc;
		t->host = (uint64_t)(uintptr_t)(h->executable + host);
	}
	return host;
}

void xlate_host_begin(struct xlate *x)
{
	x->host->outer_mxcsr = _mm_getcsr();
}

void xlate_host_end(struct xlate *x)
{
	uint32_t mxcsr = x->host->outer_mxcsr;

	if ((mxcsr ^ _mm_getcsr()) & ~(uint32_t)MXCSR_FLAGS)
		_mm_setcsr(mxcsr);
}

static void limit_traps(struct xlate *x)
{
	if (!x->host->float_traps ||
	    x->statistics.float_traps < x->config.float_traps)
		return;
	x->host->float_traps = false;
	xlate_flush(x);
}

int xlate_host_run(struct xlate *x)
{
	int exit = EXIT_NONE;
	bool flushed;
	uint32_t host;

	limit_traps(x);
	host = find_code(x, x->machine.state.pc, 0, &exit, &flushed);
	/* xlate_stop() may come at any time: what is led on before it undoes
	 * that is undone, what is led on later is not entered. */
	while (host && !x->stop) {
		exit = enter(x, host);
		if (exit == EXIT_LINK) {
			exit = EXIT_NONE;
			host = follow_link(x, &exit);
		} else if (exit == EXIT_INDIRECT) {
			exit = EXIT_NONE;
			host = follow_indirect(x, &exit);
		} else {
			host = 0;
		}
	}
	return exit;
}

bool xlate_host_recover(struct xlate *x, const void *ucontext,
                        struct xlate_state *state)
{
	static const uint8_t host_to_context[] = {
	        REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
	        REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
	        REG_R12, REG_R13, REG_R14, REG_R15,
	};
	struct xlate_host *h = x->host;
	const struct host_guest *g = h->guest;
	const mcontext_t *context =
	        &((const ucontext_t *)ucontext)->uc_mcontext;
	uint64_t offset = (uint64_t)context->gregs[REG_RIP] -
	                  (uint64_t)(uintptr_t)h->executable;
	uint64_t scratch[SCRATCH_COUNT];

	if (offset < h->first || offset >= h->emit.at)
		return false;
	if (state != &x->machine.state)
		*state = x->machine.state;
	for (unsigned i = 0; i < PINNED_COUNT; i++)
		state->x[g->pinned[i].guest] =
		        (uint64_t)context
		                ->gregs[host_to_context[g->pinned[i].host]];
	for (unsigned i = 0; i < VECTOR_PINNED_COUNT; i++)
		memcpy((uint8_t *)state + g->vectors +
		               g->vector_pinned[i].guest * g->vector_size,
		       &context->fpregs->_xmm[g->vector_pinned[i].host],
		       g->vector_size);
	g->to_guest(state, h->float_traps
	                           ? context->fpregs->mxcsr & ~MXCSR_TRAPS
	                           : context->fpregs->mxcsr);
	for (unsigned i = 0; i < SCRATCH_COUNT; i++)
		scratch[i] = (uint64_t)context->gregs[host_to_context[i]];
	apply_origin(h, (uint32_t)offset, scratch, state);
	return true;
}
