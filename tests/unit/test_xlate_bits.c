/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * Zba, Zbb and Zbs: random forms with random and corner operands on both tiers,
 * against what the manual says of each bit of the result (RISC-V
 * Bit-Manipulation ISA extensions, 1.0.0), which libunicorn is too old to know.
 */

#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/rv64_rows.h"
#include "tests/unit/test.h"

#define TOP  UINT64_C(0x40000000)
#define CODE UINT64_C(0x10000000)
#define PAGE 0x1000u

#define FORMS 30u /* of an instruction */
#define SETS  60u /* of operands, for each */

static uint64_t fetch(void *data, uint64_t address, uint64_t limit)
{
	(void)data;
	return address >= CODE && address < CODE + PAGE ? limit : 0;
}

/* ---------------------------------------------------------------- the model */

static bool bit(uint64_t v, unsigned n)
{
	return v >> n % 64 & 1;
}

static bool is(const char *name, const char *wanted)
{
	return !strcmp(name, wanted);
}

/* Bits from the first one of the `count` low ones, seen from this side. */
static uint64_t zeros(uint64_t v, unsigned count, bool from_top)
{
	for (unsigned n = 0; n < count; n++)
		if (bit(v, from_top ? count - 1 - n : n))
			return n;
	return count;
}

static uint64_t ones(uint64_t v, unsigned count)
{
	uint64_t sum = 0;

	for (unsigned n = 0; n < count; n++)
		sum += bit(v, n);
	return sum;
}

/* Bit N of the result is bit (N + BY) modulo COUNT; the sign above. */
static uint64_t rotate(uint64_t v, unsigned by, unsigned count)
{
	uint64_t result = 0;

	for (unsigned n = 0; n < 64; n++) {
		unsigned at = n < count ? n : count - 1;

		result |= (uint64_t)bit(v, (at + by) % count) << n;
	}
	return result;
}

static uint64_t extend(uint64_t v, unsigned count, bool is_signed)
{
	uint64_t result = 0;

	for (unsigned n = 0; n < 64; n++)
		if (n < count ? bit(v, n) : is_signed && bit(v, count - 1))
			result |= UINT64_C(1) << n;
	return result;
}

static uint64_t bytes(uint64_t v, bool reverse)
{
	uint64_t result = 0;

	for (unsigned n = 0; n < 8; n++) {
		uint64_t byte = v >> n * 8 & 0xff;

		result |= reverse ? byte << (56 - n * 8)
		                  : (byte ? UINT64_C(0xff) << n * 8 : 0);
	}
	return result;
}

static uint64_t less(uint64_t a, uint64_t b, bool is_signed)
{
	uint64_t flip = is_signed ? UINT64_C(1) << 63 : 0;

	return (a ^ flip) < (b ^ flip);
}

static uint64_t add(const char *name, uint64_t a, uint64_t b)
{
	unsigned shift = name[0] == 's' ? (unsigned)name[2] - '0' : 0;

	if (strstr(name, "_uw"))
		a = extend(a, 32, false);
	while (shift--)
		a += a;
	return a + b;
}

static uint64_t single(const char *name, uint64_t a, uint64_t n)
{
	uint64_t result = 0;

	if (name[1] == 'e')
		return bit(a, (unsigned)n);
	for (unsigned k = 0; k < 64; k++) {
		bool is_it = k == n % 64, value = bit(a, k);

		if (is_it)
			value = name[1] == 's' || (name[1] == 'i' && !value);
		result |= (uint64_t)value << k;
	}
	return result;
}

/* B is the second register, or the constant. */
static uint64_t model(const char *name, uint64_t a, uint64_t b)
{
	unsigned width = name[strlen(name) - 1] == 'w' ? 32 : 64;
	unsigned by = (unsigned)(b % width);

	if (is(name, "slli_uw"))
		return add("add_uw", a, 0) << b % 64;
	if (is(name, "add_uw") || !strncmp(name, "sh", 2))
		return add(name, a, b);
	if (is(name, "andn") || is(name, "orn") || is(name, "xnor"))
		return name[0] == 'a'   ? a & ~b
		       : name[0] == 'o' ? a | ~b
		                        : ~(a ^ b);
	if (!strncmp(name, "clz", 3) || !strncmp(name, "ctz", 3))
		return zeros(a, width, name[1] == 'l');
	if (!strncmp(name, "cpop", 4))
		return ones(a, width);
	if (!strncmp(name, "max", 3) || !strncmp(name, "min", 3))
		return less(a, b, name[3] != 'u') == (name[1] == 'i') ? a : b;
	if (!strncmp(name, "sext", 4) || !strncmp(name, "zext", 4))
		return extend(a, name[5] == 'b' ? 8 : 16, name[0] == 's');
	if (!strncmp(name, "rol", 3))
		return rotate(a, width - by, width);
	if (!strncmp(name, "ror", 3))
		return rotate(a, by, width);
	if (is(name, "orc_b") || is(name, "rev8"))
		return bytes(a, name[0] == 'r');
	return single(name, a, b);
}

/* ------------------------------------------------------------------ the rows
 */

static void check_set(struct xlate *x, const struct row *row, uint32_t word,
                      const struct xlate_instruction *i)
{
	struct xlate_state *s = xlate_state(x), before;
	uint64_t a, b, want;

	memset(s, 0, sizeof(*s));
	for (unsigned n = 1; n < 32; n++)
		s->x[n] = any_integer();
	s->pc = CODE;
	before = *s;
	a = s->x[i->rs1];
	b = i->immediate ? (uint64_t)i->imm : s->x[i->rs2];
	want = model(row->name, a, b);
	assert_int_equal(xlate_run(x), XLATE_BREAKPOINT);
	for (unsigned n = 1; n < 32; n++)
		if (s->x[n] != (n == i->rd ? want : before.x[n]))
			fail_msg("%s %08x of %lx, %lx: x%u is %lx, not %lx",
			         row->name, word, a, b, n, s->x[n],
			         n == i->rd ? want : before.x[n]);
}

static void check_row(struct xlate *x, const struct row *row)
{
	for (unsigned k = 0; k < FORMS; k++) {
		uint32_t word = ((uint32_t)next() & ~row->mask) | row->match;
		struct xlate_instruction i;

		riscv64_decode(&i, (const uint8_t *)&word, 4);
		assert_int_equal(i.operation, row->operation);
		memcpy((void *)CODE, &word, 4);
		((uint32_t *)CODE)[1] = 0x00100073; /* ebreak */
		xlate_forget(x, CODE, CODE + PAGE);
		for (unsigned n = 0; n < SETS; n++)
			check_set(x, row, word, &i);
	}
}

static void check_rows(enum xlate_tier tier)
{
	struct xlate_config config = {.tier = tier, .top = TOP, .fetch = fetch};
	struct xlate *x;
	unsigned count = 0;

	assert_int_equal(xlate_create(&x, &config), 0);
	assert_ptr_equal(mmap((void *)CODE, PAGE, PROT_READ | PROT_WRITE,
	                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
	                      -1, 0),
	                 (void *)CODE);
	seed = 1;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		if (is_bits(&rows[r])) {
			check_row(x, &rows[r]);
			count++;
		}
	assert_int_equal(count, 40);
	munmap((void *)CODE, PAGE);
	xlate_destroy(x);
}

#include "tests/unit/xlate_main.h"
