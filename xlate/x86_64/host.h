/* SPDX-License-Identifier: ISC */
#ifndef XLATE_X86_64_HOST_H
#define XLATE_X86_64_HOST_H

/*
 * Translated code for x86-64.
 *
 * Registers while it runs:
 *   rbp             struct xlate, plus BIAS
 *   rsp             the run's stack; return addresses of the host lie on it,
 *                   from host->stack down
 *   rax, rcx, rdx   scratch, where guest registers may be meanwhile: scratch.c
 *   xmm0, xmm1      scratch
 *   the others      guest registers, as struct host_guest says
 * MXCSR has the guest's rounding mode and collects its flags.  Where the host's
 * exceptions tell what it computes otherwise than the guest (float_traps),
 * those of MXCSR_TRAPS are unmasked, and none of the guest's flags.
 *
 * Memory is mapped twice: code is written through one view and executed through
 * the other, so that no page is ever writable and executable at one address.
 */

#include "xlate/engine.h"
#include "xlate/x86_64/emit.h"

/* Displacements of one byte reach the window's end and nearly all integer
 * registers; that of the window's end is X86_UNDEFINED: check_address(). */
#define BIAS    126
#define TARGETS 4096u

#define PINNED_COUNT        11u
#define VECTOR_PINNED_COUNT 14u

/* The guest's: those of struct xlate_state. */
#define REGISTER_COUNT 34
#define VECTOR_COUNT   32

/* Guest register and host register. */
struct pin {
	uint8_t guest, host;
};

#define NO_REGISTER 255u

/*
 * What of the guest's state is not where it belongs, at a point of host code.
 *
 * Flags are in the host's (held), in memory (saved), or they can be had from
 * registers that have not changed since an instruction set them (setter: 1 +
 * its place in `deferred`; 0: none).  Nowhere: nobody will ask for them.  Those
 * that are held may lack an instruction of one byte that makes the carry right
 * (owed; 0: none).  Or they are known (constant: 1 + NZCV), and in no place.
 *
 * Of some general registers nothing but the low half is right: the guest's
 * value is the extension of its sign (low, as bits).
 *
 * Of others a fault's handler has to compute the value (late: 1 + 2 * the
 * number of a struct late_note; 0: there are none).
 *
 * A guest has the one or the other; what has to be known of it where a fault
 * occurs and where a block is entered is a number, 0 if all is in its place.
 */
struct host_flags {
	bool held, saved;
	uint8_t owed, constant;
	uint8_t first, second; /* the registers */
	uint32_t setter;
	uint32_t low;
	uint32_t late;
};

static inline uint32_t host_pending(const struct host_flags *flags)
{
	return flags->saved ? flags->low : flags->setter;
}

/* Instructions that have been left out, in their order: places of struct
 * deferred. */
#define LATE_MAX 8u

struct late_note {
	uint32_t low; /* as above */
	uint32_t count;
	uint32_t numbers[LATE_MAX];
};

struct translation;

/* What the frame has to know of a guest's instruction set. */
struct host_guest {
	struct pin pinned[PINNED_COUNT];
	struct pin vector_pinned[VECTOR_PINNED_COUNT];
	uint16_t vectors;    /* where they are in struct xlate_state */
	uint8_t vector_size; /* bytes of one: 8 or 16 */
	uint8_t zero, link;  /* general registers, or NO_REGISTER */
	bool halfwords;      /* bit 0 of a jump's target does not count */
	/* False: instructions are not for the host to execute in this state. */
	bool (*can_run)(const struct xlate_state *state);
	bool float_traps; /* its host code may raise them */
	/* MXCSR's rounding mode, and what its flags are to the guest. */
	uint32_t (*rounding)(const struct xlate_state *state);
	uint32_t (*flags)(uint32_t mxcsr);
	/* The state as translated code has it, and as others know it, with
	 * the flags that MXCSR has collected. */
	void (*to_host)(struct xlate_state *state);
	void (*to_guest)(struct xlate_state *state, uint32_t mxcsr);
	/* Host code for one that does not end a block.  False: it is for the
	 * interpreter. */
	bool (*translate)(struct translation *t,
	                  const struct xlate_instruction *i);
	/* Host code for what has been left out, before a block ends; NULL if
	 * nothing ever is. */
	void (*finish)(struct translation *t);
	/* Host code that puts what is pending where to_guest() looks, before a
	 * block is left; may use rax and rcx. */
	void (*settle)(struct translation *t);
	/* What is pending is 1 + the place of an instruction in `deferred`. */
	bool defers;
	/* The state with what is pending, which is not 0; what is known by it
	 * where a block begins; whether two say the same. */
	void (*recall)(const struct xlate_host *h, struct xlate_state *state,
	               uint32_t pending);
	struct host_flags (*flags_of)(const struct xlate_host *h,
	                              uint32_t pending);
	bool (*is_same)(const struct xlate_host *h, uint32_t a, uint32_t b);
};
extern const struct host_guest host_riscv64, host_aarch64;

/*
 * A jump or call in translated code that can be led to a block of its own.  If
 * there are two ways, the first of them leaves pending what is: it leads to a
 * block that is made for that, and the link after it to one that is not.
 */
struct link {
	uint64_t pc;
	uint32_t jump;    /* offset of the displacement */
	uint32_t stub;    /* where it goes while it is not */
	uint32_t pending; /* as by host_pending() */
	bool is_loop; /* that it closes, in kept code */
	/* So many times more it leads to kept code, if there is some, before
	 * other code is made: of loops, and of what is called from such code. */
	uint8_t rounds;
};

/* Host code from `host` on was made from the guest's instruction at pc. */
struct origin {
	uint64_t pc;
	uint32_t host;
	uint32_t pending;
	uint32_t unit; /* of kept code, which knows more: its number, or 0 */
	uint32_t newer; /* what scratch registers alone have */
};

/* An instruction that the interpreter executes in the midst of host code, or to
 * learn what flags it had left. */
struct deferred {
	uint64_t pc;
	struct xlate_instruction instruction;
};

struct block {
	uint64_t pc;
	uint32_t host;    /* offset; 0: none */
	uint32_t pending; /* what it is entered with */
};

/* blocks.c: all of them. */
struct host_blocks {
	struct block *tables;
	uint32_t slots, count;
};

/* An indirect jump's target; found by the low bits of pc. */
struct target {
	uint64_t pc;
	uint64_t host; /* address */
};

/* Bits of MXCSR: the exceptions that have been; among them invalid operation
 * and underflow; how far above each is the bit that masks it. */
#define MXCSR_FLAGS 0x3f
#define MXCSR_TRAPS 0x11
#define MXCSR_MASK  7

struct constants {
	uint64_t sign_double[2], sign_single[2], box[2];
	uint64_t magnitude_double[2], magnitude_single[2];
	uint64_t nan_double, nan_single;
	uint64_t two_63_double, two_32_double, two_63_single, two_32_single;
	/* For all lanes: the sign, all else, the least normal number. */
	uint64_t signs_double[2], signs_single[2];
	uint64_t magnitudes_double[2], magnitudes_single[2];
	uint64_t least_double[2], least_single[2];
	uint64_t halves_double[2], halves_single[2];
	uint64_t nibbles[2], bits_of_nibble[2];
	/* Bytes by their numbers: the lower halves of lanes of 2, 4, 8. */
	uint64_t lower_halves[3][2];
	/* floor(x^95 / p), p; in reversed order */
	uint64_t crc32[2], crc32c[2];
} __attribute__((aligned(16)));

/* What host code depends on but the guest's instructions. */
enum relocation_kind {
	RELOCATE_PC,       /* 8 bytes: a guest address */
	RELOCATE_LITERAL,  /* the same, of memory, within the window */
	RELOCATE_SHARED,   /* displacement of a jump to a part that all share */
	RELOCATE_DEFERRED, /* 4 bytes: number of a struct deferred */
};

struct xlate_host {
	const struct host_guest *guest;
	void (*decode)(struct xlate_instruction *i, const uint8_t *code,
	               size_t size); /* xlate_guest's */
	struct emit emit;            /* `code` is the writable view */
	uint8_t *executable;         /* the other one */
	uint32_t size;
	/* So much of it, and of the tables, has been made to be there. */
	size_t taken, links_taken, origins_taken;
	uint32_t first; /* where blocks begin, behind the shared parts */
	bool bmi2, fma;
	bool vectors;         /* AVX2 and FMA */
	bool multiplies_bits; /* those and PCLMULQDQ */
	bool counts;          /* lzcnt, tzcnt, popcnt */
	/* As struct xlate_config has it, until there have been too many. */
	bool float_traps;

	/* Shared parts, offsets. */
	uint32_t enter, leave, leave_link, leave_indirect;
	uint32_t interpret, miss, trap;

	struct link *links;
	struct origin *origins;
	struct deferred *deferred;
	struct late_note *late_notes;
	struct host_blocks blocks;
	uint32_t link_count, origin_count, deferred_count, late_note_count;

	struct keeping *keeping; /* of code that is to be kept; else NULL */

	/* Kept translations, or NULL: the file, and its index. */
	const uint8_t *kept;
	uint64_t kept_end; /* of its units */
	const uint32_t *kept_index;
	uint32_t kept_slots;
	unsigned kept_bits; /* of a slot, for a unit's number */

	/* What shared parts and translated code refer to, from rbp. */
	struct constants constants;
	uint64_t spill[2] __attribute__((aligned(16)));
	uint64_t other_result; /* of a division */
	struct target targets[TARGETS];
	uint64_t stack;
	uint64_t exit_host; /* behind a call that has left translated code */
	int32_t exit_trap;  /* of a trap that is not dealt with */
	uint32_t mxcsr, host_mxcsr;
	uint32_t outer_mxcsr; /* of who has called xlate_run() */
	uint64_t flags[64];   /* of the guest's, for MXCSR's */
	uint64_t self;        /* of struct xlate */

	struct rm places[REGISTER_COUNT], vector_places[VECTOR_COUNT];
};

/* One block on its way to host code. */
enum stub_kind { STUB_LINK, STUB_FAULT, STUB_INTERPRET, STUB_NAN, STUB_SETTLE };

struct stub {
	uint8_t kind;
	bool single;   /* NAN: which, */
	uint8_t reg;   /* and where it is to be */
	uint32_t jump; /* that leads here */
	uint32_t back; /* NAN, SETTLE: where it returns to */
	uint64_t pc;   /* LINK: the target; else the instruction's */
	const struct xlate_instruction *instruction; /* INTERPRET */
	struct host_flags flags;
	uint32_t newer; /* what scratch registers alone have */
};

#define STUBS_EACH 6u /* of an instruction, at most */
#define STUBS_MAX  (XLATE_BLOCK_MAX * STUBS_EACH)

/* What scratch registers (rax, rcx, rdx) have of guest registers whose place is
 * memory: scratch.c. */
#define SCRATCH_COUNT 3u
/* In a number that says of each which register it alone has the value of. */
#define SCRATCH_SHIFT 6u
#define SCRATCH_MASK  63u

struct scratch {
	bool in_use;
	uint8_t locked; /* not to be given away, as bits */
	uint64_t holds[SCRATCH_COUNT]; /* guest registers, as bits */
	uint32_t newer; /* than memory is: by SCRATCH_SHIFT bits, or 0 */
};

struct late {
	const struct xlate_instruction *shift;
	uint32_t number; /* its place in `deferred` */
};

struct translation {
	struct xlate_host *host;
	struct emit *e;
	uint64_t pc; /* of the current instruction */
	const struct xlate_instruction *begin, *at, *end; /* the block */
	bool runs_on;     /* behind it comes the next one */
	uint32_t next_at; /* of a call: where in its code the guest's next
	                     address is */
	uint32_t otherwise; /* a jump to behind the next instruction, a branch
	                       that it would not take; or 0 */
	struct host_flags flags;
	/* Registers that are the sign extension of their low half. */
	uint32_t narrow;
	uint32_t checked;   /* guest registers known to be within the window */
	uint16_t slack[32]; /* or outside by no more than this */
	struct checked_sum { /* and the sum of two of them */
		bool known;
		uint8_t first, second, shift, amount; /* as the instruction's */
	} sum;
	struct scratch scratch;

	/* The other result of that is in other_result; or NULL. */
	const struct xlate_instruction *division;
	/* What has been left out, and its results are still wanted. */
	struct late late[LATE_MAX];
	uint32_t late_count;
	uint32_t boxed; /* floating-point registers known to be NaN-boxed */
	/* Vector registers of which nothing but 4 or 8 bytes is not zero. */
	uint32_t within_4, within_8;
	struct stub stubs[STUBS_MAX * 2];
	uint32_t stub_count;
};

/*
 * translate.c: blocks that lie one behind the other.  Each is added (true:
 * nothing goes on behind it), entered with what is PENDING, with t->runs_on if
 * the next one comes right behind it; then host_end() writes what is rare of
 * all of them, the way on from the last one included if it GOES_ON.  No block
 * may be added when more than STUBS_MAX stubs wait.
 */
void host_begin(struct translation *t, struct xlate_host *h);
bool host_add_block(struct translation *t, uint64_t pc, uint32_t pending,
                    const struct xlate_instruction *code, uint32_t count);
void host_end(struct translation *t, bool goes_on);
/* Whether one may be added behind the next one, of COUNT instructions. */
static inline bool host_has_room(const struct translation *t, uint32_t count)
{
	return t->stub_count + count * STUBS_EACH <= STUBS_MAX;
}
/* Whether a jump by the register that I leaves is one to a place that is known,
 * and so near that links of kept code can say it. */
static inline bool host_tells_target(const struct xlate_instruction *i)
{
	return i->operation == OP_PC_CONSTANT &&
	       i->imm >= -(INT64_C(1) << 30) && i->imm < INT64_C(1) << 30;
}
/* Whether it is a call, which returns to behind its host code. */
bool host_returns(const struct xlate_host *h,
                  const struct xlate_instruction *i);

/* keep.c, of code that is to be kept: what has been emitted at AT depends on
 * its place; whether the jump at JUMP to PC needs no link, since it leads on in
 * code that is kept together with it. */
void keep_note(struct xlate_host *h, enum relocation_kind kind, uint32_t at);
bool keep_jump(struct xlate_host *h, uint32_t jump, uint64_t pc);

static inline void host_note(struct xlate_host *h, enum relocation_kind kind,
                             uint32_t at)
{
	if (h->keeping)
		keep_note(h, kind, at);
}

/* setup.c: the shared parts. */
void host_write_shared(struct xlate_host *h);
void host_jump_indirect(struct xlate_host *h, struct emit *e);
void host_call_indirect(struct xlate_host *h, struct emit *e);
/* blocks.c */
/* False: there is no memory. */
bool host_blocks_create(struct host_blocks *b);
void host_blocks_destroy(struct host_blocks *b);
/* None are known any more; from now on there are KEPT ones, too. */
void host_blocks_flush(struct host_blocks *b, bool kept);
/* There is hardly any room left. */
bool host_blocks_full(const struct host_blocks *b);
/* The offset of the block at PC that is entered with what is PENDING; with
 * HOST_COLD, which is above all offsets, the place in struct xlate_blocks of one
 * that the interpreter has, and nothing is pending; 0: none. */
uint32_t host_find(const struct xlate_host *h, uint64_t pc, uint32_t pending);
#define HOST_COLD (UINT32_C(1) << 31)
static inline bool host_is_code(uint32_t found)
{
	return found && !(found & HOST_COLD);
}
/* It is known from now on, in place of one that the interpreter has had. */
void host_add_block_at(struct xlate_host *h, uint64_t pc, uint32_t pending,
                       uint32_t host);
/* The same with nothing pending, unless there is host code that is known. */
void host_offer_block_at(struct xlate_host *h, uint64_t pc, uint32_t host);
/* host.c */
/* The last link whose stub begins at OFFSET or before; the first, if none does.
 * Stubs are in order. */
struct link *host_find_link(const struct xlate_host *h, uint32_t offset);
bool host_is_call(const struct xlate_host *h, const struct link *link);
/* The instruction that host code at OFFSET was made from. */
const struct origin *host_find_origin(const struct xlate_host *h,
                                      uint32_t offset);
int host_interpret(struct xlate *x, uint32_t number);
/* Whether the guest goes on at its pc after a trap; or translated code is to be
 * left with exit_trap. */
bool host_trap(struct xlate *x, int exit);
/* Displacement from rbp of a field of struct xlate_host or struct xlate. */
#define HOST_FIELD(field)                                                      \
	((int32_t)(HOST_OFFSET + offsetof(struct xlate_host, field)) - BIAS)
#define MACHINE_FIELD(field)                                                   \
	((int32_t)offsetof(struct xlate_machine, field) - BIAS)

/* struct xlate_host follows struct xlate at this distance. */
#define HOST_OFFSET ((sizeof(struct xlate) + 63) & ~(size_t)63)

/* For the files that translate. */
/* REG = a guest address that depends on where this code of the guest's is. */
void emit_pc(struct translation *t, unsigned reg, uint64_t pc,
             enum relocation_kind kind);
/* Where a register's value is: its place, or a scratch register. */
struct rm guest(const struct translation *t, unsigned number);
struct rm vector_guest(const struct translation *t, unsigned number);
/* The host register that has it; SCRATCH has not before, and is any if scratch
 * registers are in use as a cache. */
unsigned use(struct translation *t, unsigned number, unsigned scratch);
/* Where a register's next value is to be computed, to be asked once; the same
 * for a result, and what to do when it is there. */
unsigned register_for(struct translation *t, unsigned number);
unsigned result_register(struct translation *t,
                         const struct xlate_instruction *i);
void commit(struct translation *t, const struct xlate_instruction *i,
            unsigned from);
void set_register(struct translation *t, unsigned number, unsigned from);
/* It leaves the host's flags as they are if they are held. */
void set_constant(struct translation *t, unsigned number, uint64_t value);
/* A register has another value, or will have. */
void forget(struct translation *t, unsigned number);
/* Places of a struct deferred. */
uint32_t add_deferred(struct translation *t, uint64_t pc,
                      const struct xlate_instruction *i);

/*
 * scratch.c.  While scratch registers are in use as a cache, they are had from
 * use(), register_for() and result_register() only, and none by its name; all
 * are forgotten before an instruction that does otherwise.
 */
void scratch_allow(struct translation *t);
/* What they alone have goes to memory. */
void scratch_store(struct translation *t);
/* The same, then nothing is held, and they are not in use. */
void scratch_forget(struct translation *t);
/* Those that have operands of I are kept from being taken, and none else:
 * two, so that there is one for a result. */
void scratch_lock(struct translation *t, const struct xlate_instruction *i);
void scratch_unlock(struct translation *t);
/* One that may be overwritten; locked, too. */
unsigned scratch_take(struct translation *t);
/* REG = register NUMBER, from memory. */
void scratch_load(struct translation *t, unsigned reg, unsigned number);
/* Register NUMBER, whose place is memory, has the value of any host register
 * REG; if that is a scratch register, it may be stored later. */
void scratch_set(struct translation *t, unsigned reg, unsigned number);
/* None holds it, and its value is of no use. */
void scratch_drop(struct translation *t, unsigned number);
/* The scratch register that holds NUMBER's value, or NO_REGISTER. */
unsigned scratch_find(const struct translation *t, unsigned number);
/* Whether REG holds no other; it is locked. */
bool scratch_own(struct translation *t, unsigned reg, unsigned number);

/*
 * Memory operands, checked.  Displacements may be up to DISPLACEMENT_MAX, and
 * ACCESS_MAX bytes from there be accessed.
 */
#define DISPLACEMENT_MAX 32767
#define ACCESS_MAX       64
/* [register]; may use rcx. */
struct rm access_register(struct translation *t, unsigned number);
/* [rs1 + imm]; may use rcx. */
struct rm access_memory(struct translation *t,
                        const struct xlate_instruction *i);
/* [rs1], of SIZE bytes and aligned; may use rcx. */
struct rm access_aligned(struct translation *t,
                         const struct xlate_instruction *i, unsigned size);
/* The host's register REG is an address. */
void check_address(struct translation *t, unsigned reg);
/* What is known of an address register once STEP has been added to it: to be
 * told after commit(). */
struct known {
	bool checked;
	uint16_t slack;
};
struct known known_after(const struct translation *t, unsigned number,
                         int64_t step);
void set_known(struct translation *t, unsigned number, struct known known);
/* Whether an address is within the window, which kept code does not know. */
bool is_in_window(const struct translation *t, uint64_t address);
/* Register NUMBER has ADDRESS: to be told after commit(). */
void set_known_address(struct translation *t, unsigned number,
                       uint64_t address);
/* The result is ADDRESS, which is relative to pc. */
void set_address(struct translation *t, const struct xlate_instruction *i,
                 uint64_t address);
/* A jump instruction has just been emitted; it is to go to PC. */
void link_to(struct translation *t, uint32_t jump, uint64_t pc);
struct stub *add_stub(struct translation *t, enum stub_kind kind,
                      uint32_t jump);
/* Under condition CC, the interpreter executes the instruction, and the guest
 * goes on in another block: here, all is known that CC excludes. */
void defer_if(struct translation *t, const struct xlate_instruction *i,
              enum condition cc);
void defer(struct translation *t, const struct xlate_instruction *i);
/* What follows is known by the state of flags as it is now. */
void note_origin(struct translation *t, uint64_t pc);

/* atomic.c: [rs1] becomes what is made of it and rs2; rax is what it was, with
 * zeros above it.  Whether the address is aligned is looked at. */
enum atomic_kind {
	ATOMIC_NONE,
	ATOMIC_SWAP,
	ATOMIC_ADD,
	ATOMIC_COMBINE,     /* with a host operation */
	ATOMIC_COMBINE_NOT, /* with each bit of rs2 inverted */
	ATOMIC_CHOOSE,      /* it stays as it is under a condition of both */
};
struct atomic {
	uint8_t kind; /* enum atomic_kind */
	uint16_t operation;
	uint8_t size; /* bytes */
};
/* OPERATION, of 32 bits, for SIZE bytes. */
unsigned atomic_sized(unsigned operation, unsigned size);
/* rax, of SIZE bytes, gets zeros above them. */
void atomic_extend(struct translation *t, unsigned size);
void emit_atomic(struct translation *t, const struct xlate_instruction *i,
                 const struct atomic *atomic);

/* common.c: what guests have in common. */
/* TO = rs1 shifted by rs2, in 64 bits (w = X86_W) or 32 (0). */
void shift_by_register(struct translation *t, const struct xlate_instruction *i,
                       unsigned to, unsigned kind, unsigned w);
/* rd = rs1 rotated to the right, which leaves flags as they are if there is
 * BMI2. */
void rotate_by_constant(struct translation *t,
                        const struct xlate_instruction *i, unsigned w,
                        unsigned amount);
/* rax = rs1 / rs2, rdx = the rest.  The interpreter has the divisors 0 and,
 * with a sign, -1. */
void divide(struct translation *t, const struct xlate_instruction *i,
            bool is_signed, unsigned w);
/* An exclusive load or LR, with OPERATION, of SIZE bytes; SC and the like, with
 * one that compares and exchanges: rd is 0 if it has stored. */
void load_reserved(struct translation *t, const struct xlate_instruction *i,
                   unsigned operation, unsigned size);
void store_conditional(struct translation *t, const struct xlate_instruction *i,
                       unsigned operation, unsigned size);
/* rd = whether the host's flags say that it has not been stored, which ends the
 * reservation. */
void end_reservation(struct translation *t, const struct xlate_instruction *i);

#endif
