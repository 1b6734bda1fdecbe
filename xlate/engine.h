/* SPDX-License-Identifier: ISC */
#ifndef XLATE_ENGINE_H
#define XLATE_ENGINE_H

/*
 * Inside xlate/: one guest thread, and what a host's emitter (a folder per host
 * ISA) offers to the engine.
 */

#include <signal.h>

#include "xlate/guest.h"

#define XLATE_BLOCK_MAX 64u /* instructions of the guest's in a block */

struct xlate_host; /* the emitter's own */

struct xlate {
	struct xlate_machine machine;
	struct xlate_config config;
	const struct xlate_guest *guest;
	volatile sig_atomic_t stop;
	struct xlate_statistics statistics;

	/* Which pages of the window code has been taken from: a bit each. */
	uint64_t *pages;
	size_t pages_size;

	/* Decoded blocks, see struct xlate_machine; all of them go at once. */
	struct xlate_blocks *blocks;
	size_t pool_used, pool_taken;
	struct xlate_block *cold; /* of EXIT_INTERPRET */

	struct xlate_host *host; /* NULL: tier 0 only */
};

/*
 * Decodes from PC on, at most XLATE_BLOCK_MAX instructions; if it is not to be
 * WHOLE, not beyond the first branch.  0 with *EXIT if not even the first can
 * be fetched; an instruction that does not exist is decoded as such.
 */
uint32_t xlate_decode_block(struct xlate *x, uint64_t pc,
                            struct xlate_instruction *code, bool whole,
                            int *exit);

/* The same, into the pool, made ready for the interpreter: the block's place in
 * struct xlate_blocks, or 0. */
uint32_t xlate_add_block(struct xlate *x, uint64_t pc, bool whole, int *exit);
/* Whether there is room for one. */
bool xlate_has_pool(const struct xlate *x);

/* Pages that will be written to are taken from the kernel all at once, which
 * costs less than a fault for each; if it does not know how, they are taken one
 * by one. */
void xlate_take_pages(void *start, size_t size);
/* The same for what is used from START on, a piece at a time: *TAKEN says how
 * much has been; there is nothing behind SIZE. */
void xlate_take_ahead(void *start, size_t used, size_t *taken, size_t size);

/* Whether control never, or not always, comes to what follows. */
bool xlate_ends_block(const struct xlate_instruction *i);

/* Forgets all code, of both tiers. */
void xlate_flush(struct xlate *x);

/* The emitter.  Bytes it wants behind struct xlate; then 0 or -errno. */
size_t xlate_host_room(void);
int xlate_host_create(struct xlate *x);
void xlate_host_destroy(struct xlate *x);
void xlate_host_flush(struct xlate *x);
/* Around any number of runs: translated code that has been left may leave
 * floating-point exceptions unmasked. */
void xlate_host_begin(struct xlate *x);
void xlate_host_end(struct xlate *x);
/* Whether translated code does what the guest's state asks for. */
bool xlate_host_can_run(const struct xlate *x);
/* Runs translated code from state.pc.  Why it was left, or EXIT_NONE: state.pc
 * is where the guest goes on; EXIT_REPLAY: the instruction there is for the
 * interpreter. */
int xlate_host_run(struct xlate *x);
/* Translated code is left at the end of the block that is being executed, if it
 * is by the handler's thread. */
void xlate_host_stop(struct xlate *x);
/* Whether UCONTEXT is within translated code; then the registers as of then. */
bool xlate_host_recover(struct xlate *x, const void *ucontext,
                        struct xlate_state *state);

/*
 * Whether SIZE bytes from START on may be executed; if so, that code has been
 * taken from there.
 */
bool xlate_take_code(struct xlate *x, uint64_t start, uint64_t size);

/* Code that a unit of kept translations is to be made of. */
struct xlate_section {
	const uint8_t *code; /* the first byte of the unit's */
	size_t before, room; /* bytes that there are before it; from it on */
	uint16_t page;       /* where in a page they begin */
	uint16_t size;       /* of the unit's, filled in */
	uint32_t instructions;
	uint32_t block_count;
	struct xlate_part {
		uint16_t at, size;
		bool runs_on; /* into the next one */
	} blocks[256];
};

/* Appends a unit; *SIZE is how many bytes it has, at most ROOM.  -E2BIG if that
 * is too few, or if it has more of something than a unit may have. */
int xlate_host_keep(struct xlate *x, const struct xlate_section *section,
                    uint8_t *unit, size_t room, size_t *size);

/* Uses these from now on, whose header has been checked. */
void xlate_host_attach(struct xlate *x, const void *kept);

#endif
