/* SPDX-License-Identifier: ISC */
#include "xlate/aarch64/aarch64.h"
#include "xlate/aarch64/access.h"

/*
 * The reference: executes what the decode table says.  Plain C without the
 * host's floating point; unaligned accesses and atomics are what the compiler
 * makes of them.  Vectors are in interpret_vector.c.
 */

__extension__ typedef unsigned __int128 wide;
__extension__ typedef __int128 wide_signed;

static uint64_t reverse_bits(uint64_t v)
{
	static const uint64_t masks[] = {UINT64_C(0x5555555555555555),
	                                 UINT64_C(0x3333333333333333),
	                                 UINT64_C(0x0f0f0f0f0f0f0f0f)};

	for (unsigned n = 0; n < 3; n++)
		v = (v >> (1 << n) & masks[n]) | (v & masks[n]) << (1 << n);
	return __builtin_bswap64(v);
}

static uint64_t leading_zeros(uint64_t v, unsigned bits)
{
	return v ? (uint64_t)__builtin_clzll(v) - (64 - bits) : bits;
}

/* CRC-32 of IEEE 802.3 and of Castagnoli, of four bits. */
static const uint32_t crc32[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
static const uint32_t crc32c[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

/* Of SIZE bits of DATA, after those that SUM is of. */
static uint32_t check_sum(const uint32_t table[16], uint64_t sum, uint64_t data,
                          unsigned size)
{
	uint32_t crc = (uint32_t)sum;

	for (unsigned n = 0; n < size; n += 4)
		crc = crc >> 4 ^ table[(crc ^ data >> n) & 15];
	return crc;
}

/* The second operand of BITS bits, shifted. */
static uint64_t shifted(const struct xlate_instruction *i, uint64_t v,
                        unsigned bits)
{
	unsigned n = i->amount;

	if (n == 0)
		return v;
	switch (i->shift) {
	case SHIFT_LSL:
		return v << n;
	case SHIFT_LSR:
		return v >> n;
	case SHIFT_ASR:
		return bits == 64 ? (uint64_t)((int64_t)v >> n)
		                  : (uint64_t)((int32_t)v >> n);
	default:
		return v >> n | v << (bits - n);
	}
}

/* UXTB to SXTX, then a shift to the left. */
static uint64_t extended(const struct xlate_instruction *i, uint64_t v)
{
	unsigned lost = 64 - (8u << (i->shift & 3));

	v <<= lost;
	v = i->shift & 4 ? (uint64_t)((int64_t)v >> lost) : v >> lost;
	return v << i->amount;
}

/* The words of the decode table's last column. */
#define WORD                                                                   \
	typedef uint32_t T __attribute__((unused));                            \
	typedef int32_t S __attribute__((unused))
#define DOUBLE_WORD                                                            \
	typedef uint64_t T __attribute__((unused));                            \
	typedef int64_t S __attribute__((unused))
#define BITS        (8u * (unsigned)sizeof(T))
#define IMM         ((uint64_t)i->imm)
#define RD          s->x[i->rd]
#define RS1         s->x[i->rs1]
#define RS2         s->x[i->rs2]
#define RS3         s->x[i->rs3]
#define SIGNED32(v) ((uint64_t)(int64_t)(int32_t)(v))
#define SHIFTED     ((T)shifted(i, (T)RS2, BITS))
#define EXTENDED    extended(i, RS2)
#define CONDITION   aarch64_holds(f, i->condition)

#define SET_FLAGS(n, c, v)                                                     \
	(f->negative = (S)(n), f->zero = (n), f->carry = (c), f->overflow = (v))
/* a + b + plus, as AddWithCarry() */
#define SUM(first, second, plus)                                               \
	__extension__({                                                        \
		T p = (first), q = (second), n = (T)(p + q);                   \
		bool c = n < p;                                                \
		n = (T)(n + (plus));                                           \
		c |= (plus) && n == 0;                                         \
		bool v = ((p ^ n) & (q ^ n)) >> (BITS - 1);                    \
		SET_FLAGS(n, c, v);                                            \
		n;                                                             \
	})
/* The same with ~b and 1. */
#define DIFFERENCE(first, second)                                              \
	__extension__({                                                        \
		T p = (first), q = (second);                                   \
		S n;                                                           \
		bool v = __builtin_sub_overflow((S)p, (S)q, &n);               \
		SET_FLAGS((T)n, p >= q, v);                                    \
		(T) n;                                                         \
	})
#define ADDS(second) (RD = SUM(a, (T)(second), 0))
#define SUBS(second) (RD = DIFFERENCE(a, (T)(second)))
#define ANDS(value)                                                            \
	T n = (T)(value);                                                      \
	SET_FLAGS(n, 0, 0);                                                    \
	RD = n
#define COMPARE_IF(comparison)                                                 \
	if (CONDITION)                                                         \
		(void)(comparison);                                            \
	else                                                                   \
		aarch64_set_nzcv(f, (uint32_t)i->shift << 28)
#define INSERT(value, mask)                                                    \
	T bits = (T)((T)(mask) << i->shift);                                   \
	RD = (T)(((T)RD & (T)~bits) | ((T)((T)(value) << i->shift) & bits))

/* Where an access is, and where it leaves the base register. */
#define OFFSET     uint64_t at = RS1 + IMM
#define INDEXED    uint64_t at = RS1 + EXTENDED
#define LITERAL    uint64_t at = PC + IMM
#define PRE        uint64_t at = RS1 + IMM, base = at
#define POST       uint64_t at = RS1, base = at + IMM
#define WRITE_BACK RS1 = base

#define BEGIN(exit, size) (at = aarch64_begin_access(m, i, exit, at, size))
#define AT(type)          XLATE_AT(type, at)
#define AT2(type)         XLATE_AT(type, at + sizeof(type))
#define SET_VECTOR(number, low, high)                                          \
	(s->v[number][0] = (low), s->v[number][1] = (high))

#define LOAD(type, extension)                                                  \
	BEGIN(XLATE_READ, sizeof(type));                                       \
	RD = (extension)AT(type)
#define STORE(type)                                                            \
	BEGIN(XLATE_WRITE, sizeof(type));                                      \
	AT(type) = (type)RS3
#define LOAD_FLOAT(type)                                                       \
	BEGIN(XLATE_READ, sizeof(type));                                       \
	uint64_t low = AT(type);                                               \
	SET_VECTOR(i->rd, low, 0)
#define STORE_FLOAT(type)                                                      \
	BEGIN(XLATE_WRITE, sizeof(type));                                      \
	AT(type) = (type)s->v[i->rs3][0]
#define LOAD_QUAD                                                              \
	BEGIN(XLATE_READ, 16);                                                 \
	uint64_t low = AT(uint64_t), high = AT2(uint64_t);                     \
	SET_VECTOR(i->rd, low, high)
#define STORE_QUAD                                                             \
	BEGIN(XLATE_WRITE, 16);                                                \
	AT(uint64_t) = s->v[i->rs3][0];                                        \
	AT2(uint64_t) = s->v[i->rs3][1]

#define LOAD_BOTH(type)                                                        \
	BEGIN(XLATE_READ, 2 * sizeof(type));                                   \
	uint64_t first = (uint64_t)AT(type), second = (uint64_t)AT2(type)
#define LOAD_PAIR(type)                                                        \
	LOAD_BOTH(type);                                                       \
	RD = first;                                                            \
	RS3 = second
/* Two stores, of which the second may fault alone: also where the window ends.
 */
#define BEGIN_SECOND(size)                                                     \
	xlate_begin_access(m, i, XLATE_WRITE, at + (size), size)
#define STORE_PAIR(type)                                                       \
	BEGIN(XLATE_WRITE, sizeof(type));                                      \
	AT(type) = (type)RS2;                                                  \
	BEGIN_SECOND(sizeof(type));                                            \
	AT2(type) = (type)RS3
#define LOAD_PAIR_FLOAT(type)                                                  \
	LOAD_BOTH(type);                                                       \
	SET_VECTOR(i->rd, first, 0);                                           \
	SET_VECTOR(i->rs3, second, 0)
#define STORE_PAIR_FLOAT(type)                                                 \
	BEGIN(XLATE_WRITE, sizeof(type));                                      \
	AT(type) = (type)s->v[i->rs2][0];                                      \
	BEGIN_SECOND(sizeof(type));                                            \
	AT2(type) = (type)s->v[i->rs3][0]
#define QUAD(n) XLATE_AT(uint64_t, at + 8 * (n))
#define LOAD_PAIR_QUAD                                                         \
	BEGIN(XLATE_READ, 32);                                                 \
	uint64_t q0 = QUAD(0), q1 = QUAD(1), q2 = QUAD(2), q3 = QUAD(3);       \
	SET_VECTOR(i->rd, q0, q1);                                             \
	SET_VECTOR(i->rs3, q2, q3)
#define STORE_PAIR_QUAD                                                        \
	BEGIN(XLATE_WRITE, 16);                                                \
	QUAD(0) = s->v[i->rs2][0];                                             \
	QUAD(1) = s->v[i->rs2][1];                                             \
	BEGIN_SECOND(16);                                                      \
	QUAD(2) = s->v[i->rs3][0];                                             \
	QUAD(3) = s->v[i->rs3][1]

#define ALIGNED_TO(exit, size)                                                 \
	uint64_t at = RS1;                                                     \
	if (at % (size)) {                                                     \
		m->fault_address = at;                                         \
		LEAVE(XLATE_ALIGNMENT);                                        \
	}                                                                      \
	BEGIN(exit, size)
#define ALIGNED(exit, type) ALIGNED_TO(exit, sizeof(type))
/* A reservation is the value seen: a store succeeds if it is still there. */
#define LOAD_EXCLUSIVE(type)                                                   \
	ALIGNED(XLATE_READ, type);                                             \
	type old = __atomic_load_n((type *)(uintptr_t)at, __ATOMIC_SEQ_CST);   \
	m->reserved_address = at;                                              \
	m->reserved_value = old;                                               \
	RD = old
#define STORE_EXCLUSIVE(type)                                                  \
	ALIGNED(XLATE_WRITE, type);                                            \
	type old = (type)m->reserved_value;                                    \
	bool done = at == m->reserved_address &&                               \
	            XLATE_EXCHANGE(type, at, &old, (type)RS2);                 \
	m->reserved_address = UINT64_MAX;                                      \
	RD = !done
/* The two of a pair one after the other: no other thread of the guest runs. */
#define LOAD_EXCLUSIVE_PAIR(type)                                              \
	ALIGNED_TO(XLATE_READ, 2 * sizeof(type));                              \
	type first = AT(type), second = AT2(type);                             \
	m->reserved_address = at;                                              \
	m->reserved_value = first;                                             \
	m->reserved_second = second;                                           \
	RD = first;                                                            \
	RS3 = second
#define STORE_EXCLUSIVE_PAIR(type)                                             \
	ALIGNED_TO(XLATE_WRITE, 2 * sizeof(type));                             \
	bool done = at == m->reserved_address &&                               \
	            AT(type) == (type)m->reserved_value &&                     \
	            AT2(type) == (type)m->reserved_second;                     \
	if (done) {                                                            \
		AT(type) = (type)RS2;                                          \
		AT2(type) = (type)RS3;                                         \
	}                                                                      \
	m->reserved_address = UINT64_MAX;                                      \
	RD = !done

#define ATOMIC(type, signed_type, expression)                                  \
	typedef signed_type S __attribute__((unused));                         \
	ALIGNED(XLATE_WRITE, type);                                            \
	const type operand = (type)RS2;                                        \
	type old = __atomic_load_n((type *)(uintptr_t)at, __ATOMIC_SEQ_CST);   \
	while (!XLATE_EXCHANGE(type, at, &old, (type)(expression)))            \
		;                                                              \
	RD = old
/* Memory is written in any case. */
#define COMPARE_SWAP(type)                                                     \
	ALIGNED(XLATE_WRITE, type);                                            \
	type old = (type)RS3;                                                  \
	(void)XLATE_EXCHANGE(type, at, &old, (type)RS2);                       \
	RD = old
#define COMPARE_SWAP_PAIR(type)                                                \
	ALIGNED_TO(XLATE_WRITE, 2 * sizeof(type));                             \
	const type first = AT(type), second = AT2(type);                       \
	const bool same =                                                      \
	        first == (type)RS3 && second == (type)s->x[i->condition];      \
	AT(type) = same ? (type)RS2 : first;                                   \
	AT2(type) = same ? (type)s->x[i->shift] : second;                      \
	RD = first;                                                            \
	s->x[i->amount] = second

#define CHECK_READ                                                             \
	uint64_t at = RS1;                                                     \
	BEGIN(XLATE_READ, 1);                                                  \
	(void)AT(uint8_t)
#define CLEAR_BLOCK                                                            \
	uint64_t at = RS1 & ~UINT64_C(63);                                     \
	BEGIN(XLATE_WRITE, 64);                                                \
	for (unsigned n = 0; n < 8; n++)                                       \
	QUAD(n) = 0

/*
 * Forms that are only for the interpreter: a branch for each condition, and one
 * together with the comparison before it.
 */
#define BRANCH_FORMS(X)                                                        \
	X(eq, a == b)                                                          \
	X(ne, a != b)                                                          \
	X(cs, a >= b)                                                          \
	X(cc, a < b)                                                           \
	X(hi, a > b)                                                           \
	X(ls, a <= b)                                                          \
	X(ge, (S)a >= (S)b)                                                    \
	X(lt, (S)a < (S)b)                                                     \
	X(gt, (S)a > (S)b)                                                     \
	X(le, (S)a <= (S)b)

/* clang-format off */
enum {
	FORM_before = A64_COUNT,
#define FORM(name, expression) FORM_b_##name,
	AARCH64_CONDITIONS(FORM)
#undef FORM
#define FORM(name, comparison)                                                 \
	FORM_i_w_##name, FORM_i_x_##name, FORM_r_w_##name, FORM_r_x_##name,
	BRANCH_FORMS(FORM)
#undef FORM
	FORM_COUNT
};
/* clang-format on */

/* The forms of a comparison with a branch, by condition; 0: none. */
struct paired {
	uint16_t i_w, i_x, r_w, r_x;
};

static const struct paired paired[16] = {
#define FORM(name, comparison)                                                 \
	[CONDITION_##name] = {FORM_i_w_##name, FORM_i_x_##name,                \
	                      FORM_r_w_##name, FORM_r_x_##name},
        BRANCH_FORMS(FORM)
#undef FORM
};

static uint16_t pair(uint16_t comparison, const struct paired *with)
{
	switch (comparison) {
	case A64_subs_i_w:
		return with->i_w;
	case A64_subs_i_x:
		return with->i_x;
	case A64_subs_w:
		return with->r_w;
	case A64_subs_x:
		return with->r_x;
	default:
		return 0;
	}
}

static void prepare_move(struct xlate_instruction *i)
{
	i->id = i->id == A64_orr_w ? A64_add_i_w : A64_add_i_x;
	i->rs1 = i->rs2;
	i->imm = 0;
}

/* PREVIOUS: the instruction before it, or NULL. */
static void prepare_branch(struct xlate_instruction *i,
                           struct xlate_instruction *previous)
{
	uint16_t form =
	        previous ? pair(previous->id, &paired[i->condition]) : 0;

	i->id = (uint16_t)(FORM_b_eq + i->condition);
	if (form)
		previous->id = form;
}

static void prepare(struct xlate_instruction *code, uint32_t count)
{
	for (uint32_t n = 0; n < count; n++) {
		struct xlate_instruction *i = &code[n];

		if (i->id == A64_b_cond && i->condition < CONDITION_always)
			prepare_branch(i, n ? i - 1 : NULL);
		else if ((i->id == A64_orr_w || i->id == A64_orr_x) &&
		         i->rs1 == AARCH64_ZERO)
			prepare_move(i);
	}
}

static void settle(struct xlate_machine *m)
{
	m->state.nzcv = aarch64_nzcv(&m->flags);
}

int aarch64_interpret(struct xlate_machine *m, struct xlate_instruction *i)
{
	/* clang-format off */
	static const void *const places[FORM_COUNT] = {
#define FORM(name, expression) [FORM_b_##name] = &&do_b_##name,
		AARCH64_CONDITIONS(FORM)
#undef FORM
#define FORM(name, comparison)                                                 \
	[FORM_i_w_##name] = &&do_i_w_##name,                                   \
	[FORM_i_x_##name] = &&do_i_x_##name,                                   \
	[FORM_r_w_##name] = &&do_r_w_##name,                                   \
	[FORM_r_x_##name] = &&do_r_x_##name,
		BRANCH_FORMS(FORM)
#undef FORM
		[A64_none] = &&vector,
		[A64_COUNT] = &&end,
#define A64_SAME(...)
#define A64(name, ...) [A64_##name] = &&do_##name,
#define A64_WITHOUT_VECTOR
#include "xlate/aarch64/a64.def"
#undef A64_WITHOUT_VECTOR
#undef A64
#define A64(name, ...) [A64_##name] = &&vector,
#define A64_WITHOUT_INTEGER
#include "xlate/aarch64/a64.def"
#undef A64_WITHOUT_INTEGER
#undef A64
	};
	/* clang-format on */
	struct xlate_state *s = &m->state;
	struct xlate_flags *f = &m->flags;
	int exit;

	aarch64_set_nzcv(f, s->nzcv);
	XLATE_BEGIN;
#define A64(name, match, mask, format, operation, ...)                         \
	do_##name:                                                             \
	{                                                                      \
		__VA_ARGS__;                                                   \
		i++;                                                           \
		XLATE_GO;                                                      \
	}
#define A64_WITHOUT_VECTOR
#include "xlate/aarch64/a64.def"
#undef A64_WITHOUT_VECTOR
#undef A64
#undef A64_SAME
#define FORM(name, expression)                                                 \
	do_b_##name:                                                           \
	{                                                                      \
		BRANCH(expression);                                            \
		i++;                                                           \
		XLATE_GO;                                                      \
	}
	AARCH64_CONDITIONS(FORM)
#undef FORM
#define FORM(label, types, second, comparison)                                 \
	do_##label:                                                            \
	{                                                                      \
		types;                                                         \
		const T a = (T)RS1, b = (T)(second);                           \
		SUBS(b);                                                       \
		i++;                                                           \
		BRANCH(comparison);                                            \
		i++;                                                           \
		XLATE_GO;                                                      \
	}
#define FORMS(name, comparison)                                                \
	FORM(i_w_##name, WORD, IMM, comparison)                                \
	FORM(i_x_##name, DOUBLE_WORD, IMM, comparison)                         \
	FORM(r_w_##name, WORD, RS2, comparison)                                \
	FORM(r_x_##name, DOUBLE_WORD, RS2, comparison)
	BRANCH_FORMS(FORMS)
#undef FORMS
#undef FORM
vector:
	exit = aarch64_interpret_vector(m, i);
	if (exit != EXIT_NONE)
		LEAVE(exit);
	i++;
	XLATE_GO;
end:
	JUMP;
unlinked:
	JUMP_UNLINKED;
leave:
	m->current = NULL;
	settle(m);
	return exit;
}

static bool leads(const struct xlate_instruction *i)
{
	switch (i->id) {
	case A64_b:
	case A64_bl:
	case A64_b_cond:
	case A64_cbz_w:
	case A64_cbz_x:
	case A64_cbnz_w:
	case A64_cbnz_x:
	case A64_tbz:
	case A64_tbnz:
		return true;
	default:
		return false;
	}
}

const struct xlate_guest xlate_aarch64 = {
        .alignment = 4,
        .nops = {0xd503201f, 0xd503201f},
        .leads = leads,
        .end = A64_COUNT,
        .decode = aarch64_decode,
        .interpret = aarch64_interpret,
        .settle = settle,
        .prepare = prepare,
};
