/* SPDX-License-Identifier: ISC */
#ifndef XLATE_XLATE_H
#define XLATE_XLATE_H

/*
 * xlate: runs user-mode code of another instruction set.  A library of its own:
 * it knows guest registers and guest memory and nothing of what is done with
 * them; system calls, traps and faults are handed to whoever runs it.
 *
 * Guests: RV64GC with Zicsr and Zifencei at user level, as The RISC-V
 * Instruction Set Manual, volume I (20191213) has it, and Zba, Zbb and Zbs,
 * which have a specification of their own (Bit-Manipulation, 1.0.0); and
 * AArch64 at EL0, Armv8.0-A with floating point, Advanced SIMD, FEAT_CRC32 and
 * FEAT_LSE, without the cryptographic extension (Arm Architecture Reference
 * Manual, DDI 0487).
 *
 * Host: any for tier 0; x86-64 for tier 1.
 *
 *   tier 0  interprets decoded instructions; portable C, and the reference
 *   tier 1  translates blocks to host code while the guest runs
 *
 * Guest memory is the host's memory at the same addresses, in a window from 0
 * to `top`.  What may be read and written there is decided by the host's page
 * protection; what may be executed by the embedder (`fetch`).  The embedder
 * keeps everything of its own above the window.  A guest can reach nothing
 * there: see docs/architecture.md for the argument.
 *
 * One guest thread at a time per process may be inside xlate_run(): faults find
 * it through the struct xlate that the embedder's signal handler passes on.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum xlate_isa { XLATE_RISCV64, XLATE_AARCH64 };

/*
 * Registers of an RV64GC hart at user level, or of an AArch64 processing
 * element at EL0.  x[32] takes what is written to it; RISC-V's x[0] and
 * AArch64's x[33] are zero; AArch64's x[31] is sp.
 */
struct xlate_state {
	uint64_t x[34];
	uint64_t pc;
	union {
		struct {
			uint64_t f[32]; /* single precision: NaN-boxed */
			uint32_t fcsr;  /* flags: bits 0 to 4, mode: 5 to 7 */
			uint32_t reserved;
		};
		struct {
			/* The low half comes first. */
			uint64_t v[32][2] __attribute__((aligned(16)));
			uint64_t tpidr; /* TPIDR_EL0 */
			uint32_t nzcv;  /* bits 31 to 28, as in NZCV */
			uint32_t fpcr, fpsr;
			uint32_t reserved2;
		};
	};
};

/* Why xlate_run() has returned.  pc is that of the instruction, which has had
 * no effect, except where it says otherwise. */
enum xlate_exit {
	XLATE_STOPPED,    /* xlate_stop(); pc is the next instruction */
	XLATE_SYSCALL,    /* ecall, svc; pc is the instruction after it */
	XLATE_BREAKPOINT, /* ebreak, brk */
	XLATE_ILLEGAL,    /* no such instruction */
	XLATE_ALIGNMENT,  /* an atomic access, or pc, that is not aligned */
	XLATE_READ,       /* memory fault, at xlate_address() */
	XLATE_WRITE,
	XLATE_EXECUTE,
};

enum xlate_tier { XLATE_INTERPRET = 0, XLATE_TRANSLATE = 1 };

struct xlate_config {
	enum xlate_isa isa;
	enum xlate_tier tier;
	/* End of the window, a multiple of 64 KiB.  XLATE_GUARD bytes from
	 * there on are reserved by xlate_create(). */
	uint64_t top;
	/* Bytes of host code that are kept; 0: a default. */
	size_t code_size;
	/*
	 * How many bytes from ADDRESS on, at most LIMIT, may be executed.
	 * Called when code is decoded, never for code that is known already:
	 * whoever changes the answer, or those bytes, calls xlate_forget().
	 */
	uint64_t (*fetch)(void *data, uint64_t address, uint64_t limit);
	/*
	 * NULL, or what translated code calls at XLATE_SYSCALL and
	 * XLATE_ILLEGAL, which is faster than to return from xlate_run(), as
	 * the interpreter does all the same.  It finds and leaves the guest's
	 * state as between two calls of xlate_run().  False: xlate_run()
	 * returns EXIT.
	 */
	bool (*trap)(void *data, enum xlate_exit exit);
	void *data;
	/*
	 * Not 0: SIGFPE is handled by xlate_on_fault(), too.  Then what the
	 * host computes otherwise than A64 need not be looked for, which is
	 * faster: the host's exceptions tell of it.  They take microseconds
	 * each, so after that many of them it is looked for all the same.
	 * fetch() and trap() are called with those for invalid operations and
	 * underflow unmasked, and must not compute with floating point.
	 */
	uint32_t float_traps;
	/*
	 * So often a block is interpreted before it is translated, at most 255
	 * times: to translate it takes as long as to interpret it some ten
	 * times, and most of a program's code runs once.
	 */
	uint8_t patience;
};

#define XLATE_GUARD (UINT64_C(1) << 16)

struct xlate;

/* 0, or -errno.  -EOPNOTSUPP: there is no such tier for the guest here. */
int xlate_create(struct xlate **result, const struct xlate_config *config);
void xlate_destroy(struct xlate *x);

/*
 * Translations that have been made before (xlate/keep.h): a file of SIZE bytes
 * at KEPT, above the window, that is neither changed nor released before X is,
 * or has others in their place.  Its code is run as if tier 1 had made it, so
 * it has to come from somebody who may say what this process does; of A64's,
 * with `float_traps` only, while there have not been too many.  0, -EBADMSG (it
 * is damaged), -ESTALE (it is of another build, processor or instruction set)
 * or -EOPNOTSUPP.
 */
int xlate_attach(struct xlate *x, const void *kept, size_t size);

/* The guest's registers, to be read and changed while it does not run. */
struct xlate_state *xlate_state(struct xlate *x);

/* Runs the guest from its pc to the next event. */
enum xlate_exit xlate_run(struct xlate *x);

/* Of the last memory fault. */
uint64_t xlate_address(const struct xlate *x);

/*
 * Code from START to END may have changed, or may no longer be executed.  Not
 * within a call of fetch().  fence.i does it for all code, ic ivau for a line.
 */
void xlate_forget(struct xlate *x, uint64_t start, uint64_t end);

/*
 * For a handler of SIGSEGV, SIGBUS and SIGILL, and of SIGFPE with `float_traps`
 * (SA_SIGINFO | SA_NODEFER, on the stack that xlate_run() was called on): does
 * not return if the fault is the guest's; else it was none of the guest's
 * doing.
 */
void xlate_on_fault(struct xlate *x, const void *siginfo, void *ucontext);

/*
 * Makes xlate_run() return soon, at the latest where the guest's code leads
 * back, or the next call of xlate_run() if none is under way.  Safe in signal
 * handlers of the thread that runs the guest, and not to be called by others.
 */
void xlate_stop(struct xlate *x);

/*
 * For a signal handler: whether UCONTEXT interrupts translated code, and if so
 * the guest's registers as of then.  The instruction at pc may have had part of
 * its effect, and what it writes may be anything.  The guest goes on when the
 * handler returns.
 */
bool xlate_peek(struct xlate *x, const void *ucontext,
                struct xlate_state *state);

/* Figures for people: what has been done since the start. */
struct xlate_statistics {
	uint64_t blocks;       /* decoded, translated, or both */
	uint64_t instructions; /* of the guest's, in them */
	uint64_t code_bytes;   /* of host code */
	uint64_t flushes;      /* all code forgotten */
	uint64_t kept_blocks; /* of blocks, not made here: see xlate_attach() */
	uint64_t float_traps; /* SIGFPE of translated code */
};
void xlate_statistics(const struct xlate *x, struct xlate_statistics *result);

#endif
