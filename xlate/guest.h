/* SPDX-License-Identifier: ISC */
#ifndef XLATE_GUEST_H
#define XLATE_GUEST_H

/*
 * Inside xlate/: what the engine and the host code emitter know of a guest's
 * instruction set.  An ISA supplies a decode table and a struct xlate_guest;
 * its instructions become operations, which a host's emitter turns into code
 * and which no two ISAs need to agree on.
 */

#include <setjmp.h>

#include "xlate/xlate.h"

/* The operations that host code is made from. */
/* clang-format off */
#define XLATE_OPERATIONS(X)                                                    \
	X(ILLEGAL) X(INTERPRET) X(INTERPRET_STORE) X(CONSTANT)                 \
	X(PC_CONSTANT) X(JUMP)                                                 \
	X(JUMP_REGISTER) X(BRANCH_EQ) X(BRANCH_NE) X(BRANCH_LT) X(BRANCH_GE)   \
	X(BRANCH_LTU) X(BRANCH_GEU) X(LOAD_S8) X(LOAD_S16) X(LOAD_S32)         \
	X(LOAD_64) X(LOAD_U8) X(LOAD_U16) X(LOAD_U32) X(STORE_8) X(STORE_16)   \
	X(STORE_32) X(STORE_64) X(ADD) X(SUB) X(AND) X(OR) X(XOR) X(SLT)       \
	X(SLTU) X(SLL) X(SRL) X(SRA) X(ADD_W) X(SUB_W) X(SLL_W) X(SRL_W)       \
	X(SRA_W) X(MUL) X(MULH) X(MULHSU) X(MULHU) X(DIV) X(DIVU) X(REM)       \
	X(REMU) X(MUL_W) X(DIV_W) X(DIVU_W) X(REM_W) X(REMU_W) X(FENCE)        \
	X(FENCE_CODE) X(SYSCALL) X(BREAKPOINT) X(CONTROL) X(READ_FLAGS)        \
	X(WRITE_FLAGS) X(READ_ROUNDING) X(LOAD_RESERVED_32)                    \
	X(LOAD_RESERVED_64) X(STORE_CONDITIONAL_32) X(STORE_CONDITIONAL_64)    \
	X(ATOMIC_SWAP_32) X(ATOMIC_ADD_32) X(ATOMIC_XOR_32) X(ATOMIC_AND_32)   \
	X(ATOMIC_OR_32) X(ATOMIC_MIN_32) X(ATOMIC_MAX_32) X(ATOMIC_MINU_32)    \
	X(ATOMIC_MAXU_32) X(ATOMIC_SWAP_64) X(ATOMIC_ADD_64) X(ATOMIC_XOR_64)  \
	X(ATOMIC_AND_64) X(ATOMIC_OR_64) X(ATOMIC_MIN_64) X(ATOMIC_MAX_64)     \
	X(ATOMIC_MINU_64) X(ATOMIC_MAXU_64) X(FLOAD_S) X(FLOAD_D) X(FSTORE_S)  \
	X(FSTORE_D) X(FMADD_S) X(FMSUB_S) X(FNMSUB_S) X(FNMADD_S) X(FMADD_D)   \
	X(FMSUB_D) X(FNMSUB_D) X(FNMADD_D) X(FADD_S) X(FSUB_S) X(FMUL_S)       \
	X(FDIV_S) X(FSQRT_S) X(FADD_D) X(FSUB_D) X(FMUL_D) X(FDIV_D)           \
	X(FSQRT_D) X(FSGNJ_S) X(FSGNJN_S) X(FSGNJX_S) X(FMIN_S) X(FMAX_S)      \
	X(FSGNJ_D) X(FSGNJN_D) X(FSGNJX_D) X(FMIN_D) X(FMAX_D) X(FLE_S)        \
	X(FLT_S) X(FEQ_S) X(FLE_D) X(FLT_D) X(FEQ_D) X(FTOI_W_S) X(FTOI_WU_S)  \
	X(FTOI_L_S) X(FTOI_LU_S) X(FTOI_W_D) X(FTOI_WU_D) X(FTOI_L_D)          \
	X(FTOI_LU_D) X(ITOF_W_S) X(ITOF_WU_S) X(ITOF_L_S) X(ITOF_LU_S)         \
	X(ITOF_W_D) X(ITOF_WU_D) X(ITOF_L_D) X(ITOF_LU_D) X(FMOVE_TO_X_S)      \
	X(FMOVE_TO_X_D) X(FMOVE_FROM_X_S) X(FMOVE_FROM_X_D) X(FCVT_S_D)        \
	X(FCVT_D_S) X(ADD_UW) X(SH1ADD) X(SH2ADD) X(SH3ADD) X(SH1ADD_UW)       \
	X(SH2ADD_UW) X(SH3ADD_UW) X(SLL_UW) X(ANDN) X(ORN) X(XNOR) X(CLZ)      \
	X(CTZ) X(CPOP) X(CLZ_W) X(CTZ_W) X(CPOP_W) X(MAX) X(MAXU) X(MIN)       \
	X(MINU) X(SEXT_B) X(SEXT_H) X(ZEXT_H) X(ROL) X(ROR) X(ROL_W) X(ROR_W)  \
	X(ORC_B) X(REV8) X(BCLR) X(BEXT) X(BINV) X(BSET)
/* clang-format on */

enum xlate_operation {
#define XLATE_NAME(name) OP_##name,
	XLATE_OPERATIONS(XLATE_NAME)
#undef XLATE_NAME
	        OP_COUNT
};

/* Where an integer result goes that nobody wants. */
#define XLATE_SINK 32u

/* Rounding modes that matter to host code. */
#define XLATE_ROUND_TO_ZERO 1u
#define XLATE_ROUND_CURRENT 7u /* that of the guest's state */

struct xlate_instruction {
	uint16_t id; /* the ISA's own number; 0: no such instruction */
	uint8_t operation;
	uint8_t length; /* bytes; 0: more were needed to tell */
	uint8_t rd, rs1, rs2, rs3;
	uint8_t rounding; /* softfloat_rounding, or XLATE_ROUND_CURRENT */
	bool immediate;   /* the second operand is imm, not rs2 */
	/* AArch64: how the second operand is changed, by how much; for vectors,
	 * the lane that a half begins at; what an instruction depends on. */
	uint8_t shift, amount, condition;
	/* Vectors: lanes of 2^size bytes, where the second operand is. */
	uint8_t size, lanes, second;
	int64_t imm;
	/* Of interpreters: bytes from the beginning of its block; where in
	 * struct xlate_blocks the block is that it leads to, 0: not known. */
	uint32_t at, to;
};

/* Decoded instructions; the last one is the guest's `end`. */
struct xlate_block {
	uint64_t pc;
	uint64_t runs; /* how often, until there is host code for it */
	struct xlate_instruction code[];
};

#define XLATE_SLOTS 32768u

struct xlate_blocks {
	/* Where the block is for (pc >> 1) % XLATE_SLOTS; 0: not known. */
	uint32_t slots[XLATE_SLOTS];
	uint8_t pool[(size_t)16 << 20];
};

/* Within xlate only. */
enum {
	EXIT_FENCE_CODE = 64,
	EXIT_FORGET, /* what may have changed begins at `forget` */
	EXIT_NONE,
	EXIT_REPLAY,
	EXIT_INTERPRET, /* the block at pc */
	EXIT_LINK,
	EXIT_INDIRECT
};

/* A64's, while it is interpreted: the last results whose sign and value N and Z
 * tell of, which is less work than NZCV. */
struct xlate_flags {
	int64_t negative;
	uint64_t zero;
	bool carry, overflow;
};

/* What generated code and the interpreter work on. */
struct xlate_machine {
	/* First, where host code reaches them with few bytes. */
	uint64_t top;
	uint64_t host_stack_end; /* the host's own */
	struct xlate_state state;
	/* Where interpreters look for the block to go on with; NULL: they
	 * return at the end of each. */
	struct xlate_blocks *volatile blocks;
	/* Of an exclusive load or LR; the second value is of a pair. */
	uint64_t reserved_address, reserved_value, reserved_second;
	struct xlate_flags flags;
	uint64_t forget;
	/* The instruction that touches memory, of the block at state.pc; NULL:
	 * the one at state.pc. */
	const struct xlate_instruction *current;
	uint64_t last; /* where no access can reach the window's end */
	uint64_t fault_address;
	volatile bool running; /* a fault may be the guest's */
	sigjmp_buf leave;      /* to report a fault: value is the exit */
};

struct xlate_guest {
	uint8_t alignment; /* of instructions */
	uint32_t nops[2];  /* what compilers fill space with */
	/* Whether control comes, or may come, to pc + imm. */
	bool (*leads)(const struct xlate_instruction *i);
	uint16_t end; /* number of the one that ends a block */
	/* From SIZE bytes at CODE, SIZE at least 2 if not 0. */
	void (*decode)(struct xlate_instruction *i, const uint8_t *code,
	               size_t size);
	/*
	 * Executes instructions that follow each other from state.pc, up to
	 * `end` or the first that leaves their order, then what `blocks` has;
	 * and leaves state.pc at the next one.  EXIT_NONE, or why that has not
	 * to be executed.  Leaves by siglongjmp() if memory faults.
	 */
	int (*interpret)(struct xlate_machine *m, struct xlate_instruction *i);
	/* NULL, or what is to be done when memory has faulted there: the state
	 * is not complete otherwise. */
	void (*settle)(struct xlate_machine *m);
	/* NULL, or puts quicker forms in their place, which interpret() knows.
	 */
	void (*prepare)(struct xlate_instruction *code, uint32_t count);
};

/* Executes one instruction, which state.pc is at. */
int xlate_interpret(const struct xlate_guest *guest, struct xlate_machine *m,
                    const struct xlate_instruction *i);

/* Whether memory is written by it, or else read. */
bool xlate_writes(const struct xlate_instruction *i);

extern const struct xlate_guest xlate_riscv64, xlate_aarch64;

#endif
