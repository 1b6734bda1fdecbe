/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_CORE_H
#define BH_CORE_CORE_H

/*
 * The core role: a sandboxed process that executes one variant.
 *
 * One executable per kind (bh-core-native, bh-core-kvm, bh-core-xlate, ...).  All
 * of them share the files of this folder, which read the start block, load the
 * image, lay out guest memory, write the boot information, and speak with exo;
 * a kind supplies one const table of operations.
 *
 * Life of a core (core/main.c):
 *   1. read the start block (start.c), enter the sandbox (lib/sandbox.c);
 *   2. ops->create;
 *   3. load the ELF image and lay out memory (image.c, layout.c), boot.c;
 *      every region is allocated in this process AT ITS GUEST ADDRESS, filled,
 *      then handed to ops->map with its final protection;
 *   4. ops->seal: enter seccomp with the kind's table;
 *   5. post BH_POST_READY, wait;
 *   6. ops->run: does not return.
 * An error in 1 to 4 ends in core_fail(): one line for the user, posted as
 * BH_POST_ERROR.
 *
 * The guest is hostile and, in the native kind, shares this address space.
 * Nothing in this process is trusted after step 4: the kernel's sandbox and
 * exo's checks are what holds.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/base.h"
#include "abi/boot.h"
#include "abi/core.h"
#include "abi/exchange.h"
#include "abi/hypercall.h"
#include "lib/random.h"

/*
 * End of guest memory.  AddressSanitizer's shadow covers most of what guests use
 * otherwise; below it there is room enough for tests.
 */
#if defined(BH_SANITIZE)
#define CORE_GUEST_TOP UINT64_C(0x7ffe0000)
#else
#define CORE_GUEST_TOP BH_GUEST_TOP
#endif

enum core_protection {
	CORE_READ = 1,
	CORE_WRITE = 2,
	CORE_EXECUTE = 4,
};

/* A piece of guest memory; host and guest address are the same number. */
struct core_region {
	uint64_t address;
	uint64_t size;       /* multiple of BH_PAGE_SIZE */
	uint32_t protection; /* never CORE_WRITE and CORE_EXECUTE together */
	const char *name;    /* "image", "heap", "stack", "boot", "entry",
	                        "submission", "completion", "root" */
};

#define CORE_REGIONS_MAX 64u

/*
 * The arena (abi/boot.h): two spans that are reserved, and the pieces of them
 * that are memory at the moment, in ascending order; between them is
 * BH_MEMORY_NONE.  Pieces that touch differ in protection.  A piece without
 * protection is memory that keeps its contents.
 */
struct core_span {
	uint64_t base;
	uint64_t size; /* zero: there is none */
};

struct core_piece {
	uint64_t start, end;
	uint32_t protection; /* as BH_MEMORY_*, which CORE_* equal */
	uint32_t reserved;
};

/* Each with the gap behind it is at most two of the 65530 mappings that Linux
 * grants a process by default. */
#define CORE_PIECES_MAX 32000u

struct core_arena {
	struct core_span low, high;
	struct core_span root; /* the image as the guest sees it */
	uint64_t root_pages;   /* its size rounded up to pages */
	uint64_t writable;     /* bytes of pieces that may be written */
	uint32_t piece_count;
	struct core_piece *pieces; /* CORE_PIECES_MAX of them */
};

struct core_upcall {
	uint64_t entry; /* 0: none */
	uint64_t stack; /* 0: below the interrupted stack pointer */
	uint32_t causes;
	bool in_trap;   /* a trap's upcall has not resumed yet */
};

struct core {
	const struct core_ops *ops;
	struct bh_core_start start;
	char *strings;               /* start.strings_size bytes */
	struct bh_control *control;  /* the area's control page */
	uint64_t area_size;          /* of the whole area */
	struct bh_random layout;     /* chooses addresses */
	struct core_region regions[CORE_REGIONS_MAX];
	uint32_t region_count;
	uint64_t bias;               /* of the image */
	uint64_t image_base, image_size;
	uint64_t entry;              /* guest pc to start at */
	uint64_t stack_pointer;      /* 16-byte aligned top of the stack; the kind
	                                subtracts what its ISA's entry needs */
	uint64_t boot_info;          /* guest address of struct bh_boot_info */
	uint64_t hypercall;          /* guest address of the hypercall entry */
	uint64_t heap, stack;        /* lowest addresses */
	uint64_t submission, completion;
	struct core_arena arena;
	struct core_upcall upcall;
	uint32_t posted;             /* our copy of control->variant.posted */
	uint32_t penalty;            /* exchange.c: how often to sleep at once */
	uint32_t sleeps;             /* after a bad wait; still to be done */
	volatile bool posting;       /* within core_post(): a signal that asks for
	                                the state need not post, for this will */
};

struct core_ops {
	const char *name; /* "native", "kvm", ... */
	/* The ISAs it can run, as a set of 1 << enum bh_isa. */
	uint32_t isas;
	/*
	 * Address space (RLIMIT_AS) that the kind needs beyond guest memory, in
	 * bytes; 0: no limit is set.
	 */
	uint64_t address_space;
	bool starts_threads; /* see struct bh_sandbox */
	/* Set up the machine; guest memory comes later.  0, or core_fail(). */
	void (*create)(struct core *core);
	/*
	 * Fill the page of the hypercall entry (BH_PAGE_SIZE bytes, mapped
	 * read-write at core->hypercall for now).
	 */
	void (*write_entry)(struct core *core, uint8_t *page);
	/* Make one region visible to the guest with its final protection. */
	void (*map)(struct core *core, const struct core_region *region);
	/*
	 * Make one change of the arena, whose fields have been checked; a ROOT
	 * change lies within the image.  0, or -BH_ENOMEM with the range in any
	 * state.
	 * Called while the guest runs.  NULL: the kind offers no arena.
	 */
	int (*change)(struct core *core, const struct bh_memory_change *change);
	/* Enter seccomp: the table lives in the kind's folder. */
	void (*seal)(struct core *core);
	/* Execute the guest.  Never returns. */
	void (*run)(struct core *core) __attribute__((noreturn));
};

extern const struct core_ops core_ops; /* defined once by each kind */

/*
 * Ends the process with one line for the user (BH_POST_ERROR): what was
 * wrong, where, what to do.  Only before BH_POST_READY has been answered.
 */
void core_fail(struct core *core, const char *format, ...)
        __attribute__((noreturn, format(printf, 2, 3)));

/*
 * Set-up, in the order in which main.c calls it.  These use libc and end in
 * core_fail().
 */
void core_open_area(struct core *core);   /* start.c: the control page */
void core_read_start(struct core *core);  /* start.c: start, strings */
void core_open_root(struct core *core);   /* arena.c: size of the root image */
void core_map_arena(struct core *core);   /* arena.c: arena, "root" */
void core_load_image(struct core *core);  /* image.c: the "image" regions */
void core_map_memory(struct core *core);  /* layout.c: all other regions */
void core_write_boot(struct core *core);  /* boot.c: fills "boot" */

/* Adds to core->regions; everything else about the piece has been done. */
void core_add_region(struct core *core, uint64_t address, uint64_t size,
                     uint32_t protection, const char *name);

/*
 * Reserves SIZE bytes (a multiple of BH_PAGE_SIZE) of guest memory at a random
 * address that is congruent to OFFSET modulo ALIGNMENT (a power of two), with
 * CORE_GUARD unmapped bytes on both sides.  The memory has no access yet.
 */
uint64_t core_place(struct core *core, uint64_t size, uint64_t alignment,
                    uint64_t offset, const char *name);
/* The same at a fixed address. */
void core_place_at(struct core *core, uint64_t address, uint64_t size,
                   const char *name);
#define CORE_GUARD (UINT64_C(1) << 20)

/* Replaces reserved memory by zeroed private memory, read-write. */
void core_allocate(struct core *core, uint64_t address, uint64_t size,
                   const char *name);

/* Protects a region in this process as it says, for core_ops.map; execution only
 * if EXECUTABLE. */
void core_protect(struct core *core, const struct core_region *region,
                  bool executable);

/* Bytes of the pages that struct bh_boot_info and all it names will fill. */
uint64_t core_boot_size(const struct core *core);

/* Ends the process at once.  exchange.c, libc-free. */
void core_exit(int status) __attribute__((noreturn));

/*
 * exchange.c: libc-free and without use of the thread pointer, so that the
 * native kind may call it while the guest's thread pointer is installed.
 */

/* Posts KIND, rings the doorbell, waits.  Handles DESCRIBE by calling describe
 * (which fills control->state) and STOP by exiting; returns on RUN. */
void core_post(struct core *core, enum bh_post kind,
               void (*describe)(struct core *core));

/* Fills in control->state from a register set; reads guest memory only within
 * regions.  state.c, libc-free. */
struct core_registers {
	uint64_t pc;
	uint64_t flags;
	uint64_t thread_pointer;
	uint64_t general[32]; /* order of struct bh_core_state */
};
void core_describe(struct core *core, const struct core_registers *registers,
                   enum bh_fault fault, uint64_t address);

/*
 * The class of a trap-like instruction fault, from the bytes at pc: INSTRUCTION
 * or TRAP (ud2, int3, brk, ebreak, unimp).  CODE may be shorter than 4 bytes.
 */
enum bh_fault core_classify_instruction(enum bh_isa isa, const uint8_t *code,
                                        size_t size);

/* The same of the guest's instruction at PC, which may be nowhere. */
enum bh_fault core_classify_at(const struct core *core, uint64_t pc);

/*
 * The class of an x86-64 general protection or stack fault, from the bytes at
 * pc: INSTRUCTION for a privileged one; else the processor refused an address
 * that is not canonical, or an operand that is not aligned, and reports
 * neither address nor direction: WRITE for the common stores, EXECUTE for an
 * indirect jump, call or return, READ for the rest.
 */
enum bh_fault core_classify_protection(const uint8_t *code, size_t size);

/*
 * regions.c, libc-free: how many bytes from ADDRESS on, at most LIMIT, the
 * guest may access with at least PROTECTION.  They end where a region ends, or
 * in the arena where the protection does.
 */
uint64_t core_reach(const struct core *core, uint64_t address, uint64_t limit,
                    uint32_t protection);

/* Whether it may access all of [address, address + size); size is not zero. */
bool core_may(const struct core *core, uint64_t address, uint64_t size,
              uint32_t protection);

static inline bool core_has_arena(const struct core *core)
{
	return core->arena.low.size || core->arena.high.size;
}

/* pieces.c, libc-free: the piece that holds ADDRESS or the next one above it,
 * as an index; piece_count if there is none. */
uint32_t core_piece_at(const struct core_arena *arena, uint64_t address);

/* The arena from START to END gets a protection, or becomes no memory.  Needs
 * core_piece_has_room(). */
void core_piece_set(struct core_arena *arena, uint64_t start, uint64_t end,
                    bool is_memory, uint32_t protection);

/* Whether CORE_PIECES_MAX holds after any such change. */
bool core_piece_has_room(const struct core_arena *arena, uint64_t start,
                         uint64_t end);

/* How many bytes of it may be written. */
uint64_t core_piece_writable(const struct core_arena *arena, uint64_t start,
                             uint64_t end);

/* Whether all of it is memory. */
bool core_piece_covers(const struct core_arena *arena, uint64_t start,
                       uint64_t end);

/* memory.c, libc-free: BH_CALL_MEMORY with its arguments. */
int64_t core_change_memory(struct core *core, uint64_t address, uint64_t count,
                           uint64_t reserved);

/*
 * host_memory.c, libc-free: the host's memory at the change's addresses becomes
 * what the change says, but that execution is what EXECUTABLE says.  For
 * core_ops.change, whose errors it returns.
 */
int core_change_host(const struct bh_memory_change *change, bool executable);

/*
 * Hypercalls other than EXCHANGE, common part: BH_CALL_SET_UPCALL.  Validates
 * the entry (executable), stack (aligned, writable) and causes.
 */
int64_t core_set_upcall(struct core *core, uint64_t entry, uint64_t stack,
                        uint64_t causes);

/*
 * Writes an upcall frame for the cause to the right stack and tells the kind
 * how to start the entry: *frame_address for the first argument register,
 * *stack_pointer.  Returns false if it cannot be delivered (no entry, cause
 * not wanted, trap in a trap's upcall, stack not writable): then the variant
 * has faulted.
 */
bool core_begin_upcall(struct core *core, uint32_t cause, enum bh_fault fault,
                       uint64_t address,
                       const struct core_registers *registers,
                       uint64_t *frame_address, uint64_t *stack_pointer);

/* Copies and checks the frame of BH_CALL_RESUME; false: -BH_EINVAL. */
bool core_end_upcall(struct core *core, uint64_t frame_address,
                     struct core_registers *registers);

#endif
