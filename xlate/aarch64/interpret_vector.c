/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "xlate/aarch64/aarch64.h"
#include "xlate/aarch64/access.h"
#include "xlate/aarch64/float.h"

/*
 * Vectors and floating point: executes what vector.def and float.def say of one
 * lane for all of them.  Lanes lie in memory as the host has them: the first at
 * the lowest address, little-endian.
 */

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error lanes of different sizes would not lie where they should
#endif

__extension__ typedef __int128 wide_signed;

union vector {
	uint8_t b[16];
	uint16_t h[8];
	uint32_t s[4];
	uint64_t d[2];
};

#define QC (UINT32_C(1) << 27) /* of FPSR */

static uint64_t lane(union vector v, unsigned size, uint64_t n)
{
	switch (size) {
	case 0:
		return v.b[n & 15];
	case 1:
		return v.h[n & 7];
	case 2:
		return v.s[n & 3];
	default:
		return v.d[n & 1];
	}
}

static int64_t extend_lane(uint64_t v, unsigned size)
{
	unsigned lost = 64 - (8u << size);

	return (int64_t)(v << lost) >> lost;
}

static int64_t lane_signed(union vector v, unsigned size, uint64_t n)
{
	return extend_lane(lane(v, size, n), size);
}

static void set_lane(union vector *v, unsigned size, uint64_t n, uint64_t value)
{
	switch (size) {
	case 0:
		v->b[n & 15] = (uint8_t)value;
		break;
	case 1:
		v->h[n & 7] = (uint16_t)value;
		break;
	case 2:
		v->s[n & 3] = (uint32_t)value;
		break;
	default:
		v->d[n & 1] = value;
	}
}

static union vector read_vector(const struct xlate_state *s, unsigned number)
{
	union vector v;

	memcpy(&v, s->v[number & 31], sizeof(v));
	return v;
}

static void write_vector(struct xlate_state *s, unsigned number, union vector v)
{
	memcpy(s->v[number & 31], &v, sizeof(v));
}

static union vector repeat_lane(unsigned size, uint64_t value)
{
	union vector v;

	for (unsigned n = 0; n < 16u >> size; n++)
		set_lane(&v, size, n, value);
	return v;
}

static union vector second_operand(const struct xlate_state *s,
                                   const struct xlate_instruction *i)
{
	union vector v = read_vector(s, i->rs2);

	if (i->second == SECOND_VECTOR)
		return v;
	if (i->second == SECOND_ZERO)
		return (union vector){{0}};
	return repeat_lane(i->size, lane(v, i->size, (uint64_t)i->imm));
}

/* The nearest to V of what BITS bits hold; another one sets FPSR.QC. */
static uint64_t saturate(struct xlate_state *s, wide_signed v,
                         wide_signed least, wide_signed most)
{
	if (v >= least && v <= most)
		return (uint64_t)v;
	s->fpsr |= QC;
	return (uint64_t)(v < least ? least : most);
}

static uint64_t saturate_signed(struct xlate_state *s, wide_signed v,
                                unsigned bits)
{
	wide_signed limit = (wide_signed)1 << (bits - 1);

	return saturate(s, v, -limit, limit - 1);
}

static uint64_t saturate_unsigned(struct xlate_state *s, wide_signed v,
                                  unsigned bits)
{
	return saturate(s, v, 0, ((wide_signed)1 << bits) - 1);
}

/* Shifts to the left, or by a negative COUNT to the right. */
static uint64_t shift_unsigned(uint64_t v, int count, unsigned bits)
{
	if (count >= (int)bits || count <= -(int)bits)
		return 0;
	return count >= 0 ? v << count : v >> -count;
}

static uint64_t shift_signed(int64_t v, int count, unsigned bits)
{
	if (count >= (int)bits)
		return 0;
	if (count <= -(int)bits)
		return v < 0 ? UINT64_MAX : 0;
	return count >= 0 ? (uint64_t)v << count : (uint64_t)(v >> -count);
}

/* The same without loss at the top, but that all shifts by more than 63 are too
 * much for any lane; perhaps rounded at the bottom. */
static wide_signed shift_wide(wide_signed v, int count, bool rounded)
{
	const wide_signed much = (wide_signed)1 << 126;

	if (count > 63)
		return v == 0 ? 0 : v < 0 ? -much : much;
	if (count >= 0)
		return v * ((wide_signed)1 << count);
	if (count < -100)
		count = -100;
	if (rounded)
		v += (wide_signed)1 << (-count - 1);
	return v >> -count;
}

static uint64_t multiply_polynomials(uint8_t a, uint8_t b)
{
	uint64_t product = 0;

	for (unsigned n = 0; n < 8; n++)
		if (b >> n & 1)
			product ^= (uint64_t)a << n;
	return product;
}

static uint64_t leading_zeros(uint64_t v, unsigned bits)
{
	return v ? (uint64_t)__builtin_clzll(v) - (64 - bits) : bits;
}

static uint8_t reverse_byte(uint8_t v)
{
	uint8_t r = 0;

	for (unsigned n = 0; n < 8; n++)
		r |= (uint8_t)((v >> n & 1) << (7 - n));
	return r;
}

/* Lanes change places within groups of so many BYTES. */
static union vector reverse(const struct xlate_instruction *i, union vector a,
                            unsigned bytes)
{
	union vector r = {{0}};
	unsigned last = (bytes >> i->size) - 1;

	for (unsigned n = 0; n < i->lanes; n++)
		set_lane(&r, i->size, n, lane(a, i->size, n ^ last));
	return r;
}

/* Bytes of i->imm registers from rs1 on, found by INDEX. */
static union vector look_up(const struct xlate_state *s,
                            const struct xlate_instruction *i,
                            union vector index, union vector otherwise)
{
	union vector r = {{0}};

	for (unsigned n = 0; n < i->lanes; n++) {
		unsigned at = index.b[n];

		r.b[n] = otherwise.b[n];
		if (at < 16 * (unsigned)i->imm)
			r.b[n] = read_vector(s, i->rs1 + at / 16).b[at % 16];
	}
	return r;
}

static const struct softfloat_format *format_of(unsigned size)
{
	return size == 1   ? &softfloat_half
	       : size == 2 ? &softfloat_single
	                   : &softfloat_double;
}

/* Lanes of i->size and twice that, in the half of the register that the
 * instruction says. */
static union vector narrow_floats(struct softfloat e,
                                  const struct xlate_instruction *i,
                                  union vector a, union vector d)
{
	union vector r = {{0}};

	if (i->amount)
		r.d[0] = d.d[0];
	for (unsigned n = 0; n < i->lanes; n++)
		set_lane(&r, i->size, n + i->amount,
		         float_convert(e, format_of(i->size + 1u),
		                       format_of(i->size),
		                       lane(a, i->size + 1u, n)));
	return r;
}

static union vector lengthen_floats(struct softfloat e,
                                    const struct xlate_instruction *i,
                                    union vector a)
{
	union vector r = {{0}};

	for (unsigned n = 0; n < i->lanes; n++)
		set_lane(&r, i->size + 1u, n,
		         float_convert(e, format_of(i->size),
		                       format_of(i->size + 1u),
		                       lane(a, i->size, n + i->amount)));
	return r;
}

static uint64_t round_as(struct softfloat e, uint64_t a, uint32_t rounding)
{
	e.rounding = rounding;
	return softfloat_round(e, a, false);
}

/* --------------------------------------------------- structures in memory */

static uint64_t load_lane(unsigned size, uint64_t at)
{
	switch (size) {
	case 0:
		return XLATE_AT(uint8_t, at);
	case 1:
		return XLATE_AT(uint16_t, at);
	case 2:
		return XLATE_AT(uint32_t, at);
	default:
		return XLATE_AT(uint64_t, at);
	}
}

static void store_lane(unsigned size, uint64_t at, uint64_t value)
{
	switch (size) {
	case 0:
		XLATE_AT(uint8_t, at) = (uint8_t)value;
		break;
	case 1:
		XLATE_AT(uint16_t, at) = (uint16_t)value;
		break;
	case 2:
		XLATE_AT(uint32_t, at) = (uint32_t)value;
		break;
	default:
		XLATE_AT(uint64_t, at) = value;
	}
}

/* Where lane N of register K is, i->imm groups of i->amount registers after
 * each other. */
static uint64_t place(const struct xlate_instruction *i, unsigned k, unsigned n)
{
	unsigned group = k / i->amount, within = k % i->amount;

	return ((uint64_t)(group * i->lanes + n) * i->amount + within)
	       << i->size;
}

static unsigned registers_of(const struct xlate_instruction *i)
{
	return i->amount * (unsigned)i->imm;
}

static void load_structures(struct xlate_state *s,
                            const struct xlate_instruction *i, uint64_t at)
{
	union vector v[4] = {{{0}}};

	for (unsigned k = 0; k < registers_of(i); k++)
		for (unsigned n = 0; n < i->lanes; n++)
			set_lane(&v[k], i->size, n,
			         load_lane(i->size, at + place(i, k, n)));
	for (unsigned k = 0; k < registers_of(i); k++)
		write_vector(s, i->rd + k, v[k]);
}

static void store_structures(struct xlate_state *s,
                             const struct xlate_instruction *i, uint64_t at)
{
	for (unsigned k = 0; k < registers_of(i); k++)
		for (unsigned n = 0; n < i->lanes; n++)
			store_lane(i->size, at + place(i, k, n),
			           lane(read_vector(s, i->rd + k), i->size, n));
}

/* One lane of each register, i->shift. */
static void load_structure(struct xlate_state *s,
                           const struct xlate_instruction *i, uint64_t at)
{
	uint64_t value[4];

	for (unsigned k = 0; k < i->amount; k++)
		value[k] = load_lane(i->size, at + ((uint64_t)k << i->size));
	for (unsigned k = 0; k < i->amount; k++) {
		union vector v = read_vector(s, i->rd + k);

		set_lane(&v, i->size, i->shift, value[k]);
		write_vector(s, i->rd + k, v);
	}
}

static void store_structure(struct xlate_state *s,
                            const struct xlate_instruction *i, uint64_t at)
{
	for (unsigned k = 0; k < i->amount; k++)
		store_lane(i->size, at + ((uint64_t)k << i->size),
		           lane(read_vector(s, i->rd + k), i->size, i->shift));
}

/* All lanes of a register get the same. */
static void load_repeated(struct xlate_state *s,
                          const struct xlate_instruction *i, uint64_t at)
{
	union vector v[4];

	for (unsigned k = 0; k < i->amount; k++) {
		v[k] = repeat_lane(
		        i->size,
		        load_lane(i->size, at + ((uint64_t)k << i->size)));
		if (i->lanes << i->size == 8)
			v[k].d[1] = 0;
	}
	for (unsigned k = 0; k < i->amount; k++)
		write_vector(s, i->rd + k, v[k]);
}

static uint64_t structures_size(const struct xlate_instruction *i)
{
	if (i->imm)
		return (uint64_t)(registers_of(i) * i->lanes) << i->size;
	return (uint64_t)i->amount << i->size;
}

static void access_structures(struct xlate_machine *m,
                              const struct xlate_instruction *i,
                              enum xlate_exit exit,
                              void (*access)(struct xlate_state *,
                                             const struct xlate_instruction *,
                                             uint64_t))
{
	struct xlate_state *s = &m->state;
	uint64_t size = structures_size(i);

	access(s, i, aarch64_begin_access(m, i, exit, s->x[i->rs1], size));
	/* Afterwards the base register may move. */
	if (i->condition)
		s->x[i->rs1] += i->immediate ? size : s->x[i->rs2];
}

/* ------------------------- the words of the decode table's last column */

#define IMM               ((uint64_t)i->imm)
#define CONDITION         aarch64_holds(&m->flags, i->condition)
#define SET_NZCV(value)   aarch64_set_nzcv(&m->flags, value)
#define BITS              (8 * sizeof(T))
#define ALL_IF(condition) ((condition) ? (T)-1 : (T)0)
#define SATURATE_S(v)     saturate_signed(s, v, BITS)
#define SATURATE_U(v)     saturate_unsigned(s, v, BITS)
#define SATURATE_LONG(v)  (RS) saturate_signed(s, v, 2 * BITS)
/* immh:immb as a count of shift_*(). */
#define RIGHT ((int)i->imm - 2 * (int)BITS)
#define LEFT  ((int)i->imm - (int)BITS)
#define GENERAL(v)                                                             \
	s->x[i->rd] = (v);                                                     \
	is_vector = false
#define ACCESS_STRUCTURES(exit, access)                                        \
	access_structures(m, i, exit, access);                                 \
	is_vector = false

/* a, b and d: lane n of the operands and of what was in the result. */
#define EACH(type, signed_type, f, ...)                                        \
	for (unsigned n = 0; n < i->lanes; n++) {                              \
		typedef type T;                                                \
		typedef signed_type S __attribute__((unused));                 \
		const T a = A.f[n], b = B.f[n], d = D.f[n];                    \
		(void)a, (void)b, (void)d;                                     \
		r.f[n] = (T)(__VA_ARGS__);                                     \
	}
#define LANES(...)                                                             \
	do {                                                                   \
		if (i->size == 0)                                              \
			EACH(uint8_t, int8_t, b, __VA_ARGS__)                  \
		else if (i->size == 1)                                         \
			EACH(uint16_t, int16_t, h, __VA_ARGS__)                \
		else if (i->size == 2)                                         \
			EACH(uint32_t, int32_t, s, __VA_ARGS__)                \
		else                                                           \
			EACH(uint64_t, int64_t, d, __VA_ARGS__)                \
	} while (0)
#define DOUBLE_LANES(...) EACH(uint64_t, int64_t, d, __VA_ARGS__)
/* a and b: neighbours, of the first operand and then of the second. */
#define EACH_PAIR(type, signed_type, f, ...)                                   \
	for (unsigned n = 0; n < i->lanes; n++) {                              \
		typedef type T;                                                \
		typedef signed_type S __attribute__((unused));                 \
		unsigned count = i->lanes == 1 ? 2 : i->lanes;                 \
		const union vector *from = 2 * n < count ? &A : &B;            \
		const T a = from->f[2 * n % count];                            \
		const T b = from->f[2 * n % count + 1];                        \
		r.f[n] = (T)(__VA_ARGS__);                                     \
	}
#define PAIRS(...)                                                             \
	do {                                                                   \
		if (i->size == 0)                                              \
			EACH_PAIR(uint8_t, int8_t, b, __VA_ARGS__)             \
		else if (i->size == 1)                                         \
			EACH_PAIR(uint16_t, int16_t, h, __VA_ARGS__)           \
		else if (i->size == 2)                                         \
			EACH_PAIR(uint32_t, int32_t, s, __VA_ARGS__)           \
		else                                                           \
			EACH_PAIR(uint64_t, int64_t, d, __VA_ARGS__)           \
	} while (0)
/* a and b: the result so far, and the next lane. */
#define EACH_ACROSS(type, signed_type, f, ...)                                 \
	{                                                                      \
		typedef type T;                                                \
		typedef signed_type S __attribute__((unused));                 \
		T a = A.f[0];                                                  \
		for (unsigned n = 1; n < i->lanes; n++) {                      \
			const T b = A.f[n];                                    \
			a = (T)(__VA_ARGS__);                                  \
		}                                                              \
		r.f[0] = a;                                                    \
	}
#define ACROSS(...)                                                            \
	do {                                                                   \
		if (i->size == 0)                                              \
			EACH_ACROSS(uint8_t, int8_t, b, __VA_ARGS__)           \
		else if (i->size == 1)                                         \
			EACH_ACROSS(uint16_t, int16_t, h, __VA_ARGS__)         \
		else                                                           \
			EACH_ACROSS(uint32_t, int32_t, s, __VA_ARGS__)         \
	} while (0)

/* For each pair of sizes, what is to be done for lanes (T, S, in f) and lanes
 * twice as wide (R, RS, in g). */
#define TWO_SIZES(each, ...)                                                   \
	do {                                                                   \
		if (i->size == 0) {                                            \
			typedef uint8_t T;                                     \
			typedef int8_t S;                                      \
			typedef uint16_t R;                                    \
			typedef int16_t RS;                                    \
			each(b, h, __VA_ARGS__)                                \
		} else if (i->size == 1) {                                     \
			typedef uint16_t T;                                    \
			typedef int16_t S;                                     \
			typedef uint32_t R;                                    \
			typedef int32_t RS;                                    \
			each(h, s, __VA_ARGS__)                                \
		} else {                                                       \
			typedef uint32_t T;                                    \
			typedef int32_t S;                                     \
			typedef uint64_t R;                                    \
			typedef int64_t RS;                                    \
			each(s, d, __VA_ARGS__)                                \
		}                                                              \
	} while (0)
#define UNUSED_TYPES (void)(T)0, (void)(S)0, (void)(R)0, (void)(RS)0
#define EACH_LONG(f, g, ...)                                                   \
	for (unsigned n = 0; n < i->lanes; n++) {                              \
		const T a = A.f[n + i->amount], b = B.f[n + i->amount];        \
		const R d = D.g[n];                                            \
		(void)b, (void)d, UNUSED_TYPES;                                \
		r.g[n] = (R)(__VA_ARGS__);                                     \
	}
#define EACH_WIDE(f, g, ...)                                                   \
	for (unsigned n = 0; n < i->lanes; n++) {                              \
		const R a = A.g[n];                                            \
		const T b = B.f[n + i->amount];                                \
		UNUSED_TYPES;                                                  \
		r.g[n] = (R)(__VA_ARGS__);                                     \
	}
#define EACH_NARROW(f, g, ...)                                                 \
	if (i->amount)                                                         \
		r.d[0] = D.d[0];                                               \
	for (unsigned n = 0; n < i->lanes; n++) {                              \
		const R a = A.g[n], b = B.g[n];                                \
		(void)b, UNUSED_TYPES;                                         \
		r.f[n + i->amount] = (T)(__VA_ARGS__);                         \
	}
#define EACH_LONG_PAIR(f, g, ...)                                              \
	for (unsigned n = 0; n < i->lanes / 2u; n++) {                         \
		const T a = A.f[2 * n], b = A.f[2 * n + 1];                    \
		const R d = D.g[n];                                            \
		(void)d, UNUSED_TYPES;                                         \
		r.g[n] = (R)(__VA_ARGS__);                                     \
	}
#define EACH_LONG_ACROSS(f, g, ...)                                            \
	for (unsigned n = 0; n < i->lanes; n++) {                              \
		const T a = A.f[n];                                            \
		const R sum = r.g[0];                                          \
		UNUSED_TYPES;                                                  \
		r.g[0] = (R)(__VA_ARGS__);                                     \
	}
#define LONG(...)        TWO_SIZES(EACH_LONG, __VA_ARGS__)
#define WIDE(...)        TWO_SIZES(EACH_WIDE, __VA_ARGS__)
#define NARROW(...)      TWO_SIZES(EACH_NARROW, __VA_ARGS__)
#define LONG_PAIRS(...)  TWO_SIZES(EACH_LONG_PAIR, __VA_ARGS__)
#define LONG_ACROSS(...) TWO_SIZES(EACH_LONG_ACROSS, __VA_ARGS__)

/* Lane n is the given one of all lanes of both operands. */
#define PERMUTE(from)                                                          \
	for (unsigned n = 0; n < i->lanes; n++) {                              \
		unsigned k = (from);                                           \
		set_lane(&r, i->size, n,                                       \
		         k < i->lanes ? lane(A, i->size, k)                    \
		                      : lane(B, i->size, k - i->lanes));       \
	}

/* Floating point: as above, in e's format; FLOATS_RAW as the bits are. */
#define NEGATE(v)          ((v) ^ e.format->sign)
#define MAGNITUDE(v)       ((v) & ~e.format->sign)
#define LANE_BITS          (8u << i->size)
#define FRACTION           (2 * (int)LANE_BITS - (int)i->imm)
#define ONES_IF(condition) ((condition) ? UINT64_MAX : 0)
#define RAW(v)             lane(v, i->size, n)
#define OPERAND(v)         float_flush(e, RAW(v))
#define EACH_FLOAT(declarations, ...)                                          \
	for (unsigned n = 0; n < i->lanes; n++) {                              \
		declarations;                                                  \
		set_lane(&r, i->size, n, __VA_ARGS__);                         \
	}
#define FLOATS_RAW(...)                                                        \
	EACH_FLOAT(const uint64_t a = RAW(A); const uint64_t b = RAW(B);       \
	           (void)a; (void)b, __VA_ARGS__)
#define FLOATS_A(...) EACH_FLOAT(const uint64_t a = OPERAND(A), __VA_ARGS__)
#define FLOATS_AB(...)                                                         \
	EACH_FLOAT(const uint64_t a = OPERAND(A);                              \
	           const uint64_t b = OPERAND(B), __VA_ARGS__)
#define FLOATS_ABC(...)                                                        \
	EACH_FLOAT(const uint64_t a = OPERAND(A);                              \
	           const uint64_t b = OPERAND(B);                              \
	           const uint64_t c = OPERAND(C), __VA_ARGS__)
#define FLOATS_ABD(...)                                                        \
	EACH_FLOAT(const uint64_t a = OPERAND(A);                              \
	           const uint64_t b = OPERAND(B);                              \
	           const uint64_t d = OPERAND(D), __VA_ARGS__)
#define FLOAT_PAIRS(...)                                                       \
	EACH_FLOAT(unsigned count = i->lanes == 1 ? 2 : i->lanes;              \
	           union vector from = 2 * n < count ? A : B;                  \
	           unsigned k = 2 * n % count;                                 \
	           const uint64_t a = float_flush(e, lane(from, i->size, k));  \
	           const uint64_t b =                                          \
	                   float_flush(e, lane(from, i->size, k + 1)),         \
	           __VA_ARGS__)
/* Neighbours first. */
#define LANE_OPERAND(n) float_flush(e, A.s[n])
#define FLOATS_ACROSS(function)                                                \
	uint64_t low = function(e, LANE_OPERAND(0), LANE_OPERAND(1));          \
	uint64_t high = function(e, LANE_OPERAND(2), LANE_OPERAND(3));         \
	r.s[0] = (uint32_t)function(e, low, high)
#define CONVERT(from, to)                                                      \
	set_lane(&r, to, 0,                                                    \
	         float_convert(e, format_of(from), format_of(to),              \
	                       lane(A, from, 0)))
#define COMPARE_FLOATS(signal)                                                 \
	const unsigned n = 0;                                                  \
	SET_NZCV(float_compare(e, OPERAND(A), OPERAND(B), signal));            \
	is_vector = false
#define COMPARE_FLOATS_IF(signal)                                              \
	const unsigned n = 0;                                                  \
	is_vector = false;                                                     \
	if (CONDITION)                                                         \
		SET_NZCV(float_compare(e, OPERAND(A), OPERAND(B), signal));    \
	else                                                                   \
		SET_NZCV((uint32_t)i->shift << 28)
/* i->shift: bits of the general register; i->imm: those below the point. */
#define TO_GENERAL(kind, rounding)                                             \
	const unsigned n = 0;                                                  \
	uint64_t v = float_to_##kind(e, OPERAND(A), i->shift, (int)i->imm,     \
	                             rounding);                                \
	GENERAL(i->shift == 32 ? (uint32_t)v : v)
#define FROM_GENERAL(kind)                                                     \
	set_lane(&r, i->size, 0,                                               \
	         float_from_##kind(e, general_##kind(s, i), (int)i->imm))

static int64_t general_signed(const struct xlate_state *s,
                              const struct xlate_instruction *i)
{
	return i->shift == 32 ? (int32_t)s->x[i->rs1] : (int64_t)s->x[i->rs1];
}

static uint64_t general_unsigned(const struct xlate_state *s,
                                 const struct xlate_instruction *i)
{
	return i->shift == 32 ? (uint32_t)s->x[i->rs1] : s->x[i->rs1];
}

/* What the semantics of one instruction work on. */
struct work {
	struct xlate_machine *m;
	const struct xlate_instruction *i;
	union vector a, b, c, d, result;
	bool is_vector; /* the result is one, and goes to rd */
	struct softfloat e;
};

/* A function for each row: compilers take long for one with all of them. */
#define A64_SAME(...)
#define A64(name, match, mask, format, operation, ...)                         \
	static void do_##name(struct work *w)                                  \
	{                                                                      \
		UNUSED struct xlate_machine *m = w->m;                         \
		UNUSED struct xlate_state *s = &m->state;                      \
		UNUSED const struct xlate_instruction *i = w->i;               \
		UNUSED const union vector A = w->a, B = w->b;                  \
		UNUSED const union vector C = w->c, D = w->d;                  \
		UNUSED struct softfloat e = w->e;                              \
		union vector r = {{0}};                                        \
		bool is_vector = true;                                         \
                                                                               \
		__VA_ARGS__;                                                   \
		w->result = r;                                                 \
		w->is_vector = is_vector;                                      \
	}
#define UNUSED __attribute__((unused))
#define A64_WITHOUT_INTEGER
#include "xlate/aarch64/a64.def"
#undef A64

static void (*const functions[A64_COUNT])(struct work *) = {
#define A64(name, ...) [A64_##name] = do_##name,
#include "xlate/aarch64/a64.def"
#undef A64
#undef A64_WITHOUT_INTEGER
#undef A64_SAME
};

/* Whether I is of float.def, which comes last. */
static bool is_float(const struct xlate_instruction *i)
{
	return i->id >= A64_fmov_f;
}

int aarch64_interpret_vector(struct xlate_machine *m,
                             const struct xlate_instruction *i)
{
	struct xlate_state *s = &m->state;
	struct work w;
	uint32_t flags = 0;

	if (!functions[i->id])
		return XLATE_ILLEGAL;
	w.m = m;
	w.i = i;
	w.a = read_vector(s, i->rs1);
	w.b = second_operand(s, i);
	w.c = read_vector(s, i->rs3);
	w.d = read_vector(s, i->rd);
	if (is_float(i)) {
		w.e = float_environment(s->fpcr, &flags);
		w.e.format = format_of(i->size);
	}
	functions[i->id](&w);
	if (w.is_vector)
		write_vector(s, i->rd, w.result);
	if (flags)
		s->fpsr |= float_status(flags);
	return EXIT_NONE;
}
