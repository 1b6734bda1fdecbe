/* SPDX-License-Identifier: ISC */
#include "xlate/access.h"
#include "xlate/riscv64/riscv64.h"
#include "xlate/softfloat.h"

/*
 * The reference: executes what the decode table says.  Plain C without the
 * host's floating point; unaligned accesses and atomics are what the compiler
 * makes of them.
 */

__extension__ typedef unsigned __int128 wide;
__extension__ typedef __int128 wide_signed;

static uint64_t multiply_high(uint64_t a, uint64_t b)
{
	return (uint64_t)((wide)a * b >> 64);
}

static uint64_t multiply_high_signed(uint64_t a, uint64_t b)
{
	return (uint64_t)((wide_signed)(int64_t)a * (int64_t)b >> 64);
}

static uint64_t multiply_high_mixed(uint64_t a, uint64_t b)
{
	return multiply_high(a, b) - ((int64_t)a < 0 ? b : 0);
}

static uint64_t divide_unsigned(uint64_t a, uint64_t b)
{
	return b ? a / b : UINT64_MAX;
}

static uint64_t remain_unsigned(uint64_t a, uint64_t b)
{
	return b ? a % b : a;
}

/* What overflows wraps. */
static uint64_t divide(uint64_t a, uint64_t b)
{
	if (b == UINT64_MAX)
		return -a;
	return b ? (uint64_t)((int64_t)a / (int64_t)b) : UINT64_MAX;
}

static uint64_t remain(uint64_t a, uint64_t b)
{
	if (b == UINT64_MAX)
		return 0;
	return b ? (uint64_t)((int64_t)a % (int64_t)b) : a;
}

static uint64_t leading_zeros(uint64_t v, unsigned bits)
{
	v <<= 64 - bits;
	return v ? (uint64_t)__builtin_clzll(v) : bits;
}

static uint64_t trailing_zeros(uint64_t v, unsigned bits)
{
	v <<= 64 - bits;
	return v ? (uint64_t)__builtin_ctzll(v) - (64 - bits) : bits;
}

static uint32_t rotate_right32(uint64_t v, uint64_t count)
{
	return (uint32_t)v >> (count & 31) | (uint32_t)v << (-count & 31);
}

/* Each byte becomes all ones unless it is zero. */
static uint64_t fill_bytes(uint64_t v)
{
	for (unsigned at = 0; at < 64; at += 8)
		if (v >> at & 0xff)
			v |= UINT64_C(0xff) << at;
	return v;
}

#define BOX UINT64_C(0xffffffff00000000)

static uint64_t unbox(uint64_t f)
{
	return (f & BOX) == BOX ? f & ~BOX : UINT64_C(0x7fc00000);
}

/* fflags, frm, fcsr: where each begins in fcsr, and its bits. */
static bool find_csr(int64_t number, unsigned *shift, uint32_t *mask)
{
	static const struct {
		uint8_t shift, mask;
	} csr[] = {{0, 0}, {0, 0x1f}, {5, 0x7}, {0, 0xff}};

	if (number < 1 || number > 3)
		return false;
	*shift = csr[number].shift;
	*mask = csr[number].mask;
	return true;
}

/* The words of the decode table's last column. */
#define IMM       ((uint64_t)i->imm)
#define RD        result
#define RS1       s->x[i->rs1]
#define RS2       s->x[i->rs2]
#define SIGNED(v) ((int64_t)(v))
/* The bits above are sign bits in all compilers that matter. */
#define SRA64(v, n) ((uint64_t)((int64_t)(v) >> (n)))
#define EXTEND32(v) ((uint64_t)(int64_t)(int32_t)(v))
#define BIT(n)      (UINT64_C(1) << ((n)&63))

#define LINK (s->x[i->rd] = PC + i->length)

#define ACCESS(exit, type)                                                     \
	uint64_t at = RS1 + IMM;                                               \
	xlate_begin_access(m, i, exit, at, sizeof(type))
#define AT(type) XLATE_AT(type, at)
#define LOAD(type)                                                             \
	ACCESS(XLATE_READ, type);                                              \
	RD = (uint64_t)(int64_t)AT(type)
#define STORE(type, value)                                                     \
	ACCESS(XLATE_WRITE, type);                                             \
	AT(type) = (type)(value)
#define FLOAD_S                                                                \
	ACCESS(XLATE_READ, uint32_t);                                          \
	SET_S(AT(uint32_t))
#define FLOAD_D                                                                \
	ACCESS(XLATE_READ, uint64_t);                                          \
	SET_D(AT(uint64_t))

#define ATOMIC_ACCESS(exit, type)                                              \
	uint64_t at = RS1;                                                     \
	if (at % sizeof(type)) {                                               \
		m->fault_address = at;                                         \
		LEAVE(XLATE_ALIGNMENT);                                        \
	}                                                                      \
	xlate_begin_access(m, i, exit, at, sizeof(type))
#define EXCHANGE(type, old, value) XLATE_EXCHANGE(type, at, &(old), value)
#define ATOMIC(type, value)                                                    \
	ATOMIC_ACCESS(XLATE_WRITE, type);                                      \
	type old = __atomic_load_n((type *)(uintptr_t)at, __ATOMIC_RELAXED);   \
	type new = (type)RS2;                                                  \
	while (!EXCHANGE(type, old, value))                                    \
		;                                                              \
	RD = (uint64_t)(int64_t)old
/* A reservation is the value seen: SC succeeds if it is still there. */
#define LOAD_RESERVED(type)                                                    \
	ATOMIC_ACCESS(XLATE_READ, type);                                       \
	type old = __atomic_load_n((type *)(uintptr_t)at, __ATOMIC_SEQ_CST);   \
	m->reserved_address = at;                                              \
	m->reserved_value = (uint64_t)(int64_t)old;                            \
	RD = (uint64_t)(int64_t)old
#define STORE_CONDITIONAL(type)                                                \
	ATOMIC_ACCESS(XLATE_WRITE, type);                                      \
	type old = (type)m->reserved_value;                                    \
	bool done =                                                            \
	        at == m->reserved_address && EXCHANGE(type, old, (type)RS2);   \
	m->reserved_address = UINT64_MAX;                                      \
	RD = !done

#define CSR(value, writes)                                                     \
	unsigned shift;                                                        \
	uint32_t mask;                                                         \
	if (!find_csr(i->imm, &shift, &mask))                                  \
		LEAVE(XLATE_ILLEGAL);                                          \
	uint64_t old = s->fcsr >> shift & mask;                                \
	uint64_t new = (value)&mask;                                           \
	RD = old;                                                              \
	if (writes)                                                            \
	s->fcsr = (s->fcsr & ~(mask << shift)) | (uint32_t) new << shift

#define SET_S(v) (s->f[i->rd] = BOX | (uint32_t)(v))
#define SET_D(v) (s->f[i->rd] = (v))
#define SET_X(v) (RD = (v))
#define MODE     (i->rounding == 7 ? s->fcsr >> 5 & 7 : i->rounding)
#define ENVIRONMENT(precision)                                                 \
	struct softfloat e = {                                                 \
	        .format = &(precision), .rounding = MODE, .flags = &s->fcsr}
#define OPERANDS_S                                                             \
	const uint64_t A = unbox(s->f[i->rs1]), B = unbox(s->f[i->rs2]),       \
	               C = unbox(s->f[i->rs3]), SIGN = softfloat_single.sign;  \
	ENVIRONMENT(softfloat_single)
#define OPERANDS_D                                                             \
	const uint64_t A = s->f[i->rs1], B = s->f[i->rs2], C = s->f[i->rs3],   \
	               SIGN = softfloat_double.sign;                           \
	ENVIRONMENT(softfloat_double)
#define NEGATE(v) ((v) ^ SIGN)
#define UNUSED    (void)A, (void)B, (void)C, (void)SIGN, (void)e
#define CHECK_MODE                                                             \
	if (e.rounding > SOFTFLOAT_NEAREST_AWAY)                               \
	LEAVE(XLATE_ILLEGAL)
/* With or without a rounding mode, to a register of each kind. */
#define FLOAT_S(v)                                                             \
	OPERANDS_S;                                                            \
	UNUSED;                                                                \
	CHECK_MODE;                                                            \
	SET_S(v)
#define FLOAT_D(v)                                                             \
	OPERANDS_D;                                                            \
	UNUSED;                                                                \
	CHECK_MODE;                                                            \
	SET_D(v)
#define QUIET_S(v)                                                             \
	OPERANDS_S;                                                            \
	UNUSED;                                                                \
	SET_S(v)
#define QUIET_D(v)                                                             \
	OPERANDS_D;                                                            \
	UNUSED;                                                                \
	SET_D(v)
#define INTEGER_S(v)                                                           \
	OPERANDS_S;                                                            \
	UNUSED;                                                                \
	SET_X(v)
#define INTEGER_D(v)                                                           \
	OPERANDS_D;                                                            \
	UNUSED;                                                                \
	SET_X(v)
#define ROUND_INTEGER_S(v)                                                     \
	OPERANDS_S;                                                            \
	UNUSED;                                                                \
	CHECK_MODE;                                                            \
	SET_X(v)
#define ROUND_INTEGER_D(v)                                                     \
	OPERANDS_D;                                                            \
	UNUSED;                                                                \
	CHECK_MODE;                                                            \
	SET_X(v)

/* Whether a format of the decode table has a general register as its result. */
enum {
	RESULT_NONE = false,
	RESULT_U = true,
	RESULT_J = true,
	RESULT_I = true,
	RESULT_B = false,
	RESULT_S = false,
	RESULT_SH5 = true,
	RESULT_SH6 = true,
	RESULT_R = true,
	RESULT_CSR = true,
	RESULT_CSRI = true,
	RESULT_FLOAD = false,
	RESULT_F = false,
	RESULT_FRM = false,
	RESULT_R4 = false,
	RESULT_XRM = true,
};

/*
 * The first operand is often the result of the instruction before, and is taken
 * from the host's register then: that is less work than to fetch it, and does
 * not wait for its way through memory.  Such forms have numbers of their own.
 */
#define LAST(id) ((id) + RV_COUNT + 1)

static const struct {
	bool has_result, has_last;
} rows[RV_COUNT + 1] = {
#define RV(name, match, mask, format, ...)                                     \
	[RV_##name].has_result = RESULT_##format,
#include "xlate/riscv64/rv64gc.def"
#undef RV
#define RV_SHORT
#define RV(name, ...) [RV_##name].has_last = true,
#include "xlate/riscv64/rv64gc.def"
#undef RV
#undef RV_SHORT
};

/* Moves, which are sums with zero. */
static void prepare_move(struct xlate_instruction *i)
{
	if (i->rs1)
		return;
	if (i->id == RV_addi) {
		i->id = RV_lui;
	} else if (i->id == RV_add) {
		i->id = RV_addi;
		i->rs1 = i->rs2;
		i->imm = 0;
	}
}

static bool is_commutative(const struct xlate_instruction *i)
{
	switch (i->id) {
	case RV_add:
	case RV_addw:
	case RV_and:
	case RV_or:
	case RV_xor:
	case RV_mul:
	case RV_mulw:
	case RV_beq:
	case RV_bne:
		return true;
	default:
		return false;
	}
}

static void prepare(struct xlate_instruction *code, uint32_t count)
{
	unsigned last = XLATE_SINK;

	for (struct xlate_instruction *i = code; i != code + count; i++) {
		uint16_t id;

		prepare_move(i);
		id = i->id;
		if (i->rs2 == last && is_commutative(i)) {
			i->rs2 = i->rs1;
			i->rs1 = (uint8_t)last;
		}
		if (i->rs1 == last && rows[id].has_last)
			i->id = LAST(id);
		last = rows[id].has_result ? i->rd : XLATE_SINK;
	}
}

int riscv64_interpret(struct xlate_machine *m, struct xlate_instruction *i)
{
	static const void *const places[LAST(RV_COUNT)] = {
	        [RV_none] = &&none,
	        [RV_COUNT] = &&end,
#define RV(name, ...) [RV_##name] = &&do_##name,
#include "xlate/riscv64/rv64gc.def"
#undef RV
#define RV_SHORT
#define RV(name, ...) [LAST(RV_##name)] = &&last_##name,
#include "xlate/riscv64/rv64gc.def"
#undef RV
#undef RV_SHORT
	};
	struct xlate_state *s = &m->state;
	uint64_t last = 0;
	int exit;

	XLATE_BEGIN;
#define STEP(format, ...)                                                      \
	{                                                                      \
		uint64_t result = 0;                                           \
		__VA_ARGS__;                                                   \
		if (RESULT_##format)                                           \
			s->x[i->rd] = last = result;                           \
		i++;                                                           \
		XLATE_GO;                                                      \
	}
#define RV(name, match, mask, format, operation, ...)                          \
	do_##name : STEP(format, __VA_ARGS__)
#include "xlate/riscv64/rv64gc.def"
#undef RV
#undef RS1
#define RS1 last
#define RV_SHORT
#define RV(name, match, mask, format, operation, ...)                          \
	last_##name : STEP(format, __VA_ARGS__)
#include "xlate/riscv64/rv64gc.def"
#undef RV
#undef RV_SHORT
none:
	LEAVE(XLATE_ILLEGAL);
end:
	JUMP;
unlinked:
	JUMP_UNLINKED;
leave:
	m->current = NULL;
	return exit;
}

static bool leads(const struct xlate_instruction *i)
{
	return i->operation == OP_JUMP ||
	       (i->operation >= OP_BRANCH_EQ && i->operation <= OP_BRANCH_GEU);
}

const struct xlate_guest xlate_riscv64 = {
        .alignment = 2,
        .nops = {0x00000013, 0x0001},
        .leads = leads,
        .end = RV_COUNT,
        .decode = riscv64_decode,
        .interpret = riscv64_interpret,
        .prepare = prepare,
};
