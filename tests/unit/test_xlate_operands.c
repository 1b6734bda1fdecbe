/* SPDX-License-Identifier: ISC */
/* links: @xlate */
/* libs: -lunicorn -lpthread -lm */

/*
 * Every floating-point instruction with many operands: a loop of the guest's
 * takes them from memory and leaves results and flags there; both tiers and
 * libunicorn run it.  Registers, rounding modes, NaN payloads, subnormals and
 * boxes are random; BH_CASES says how many cases an instruction gets.
 */

#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unicorn/unicorn.h>

#include "tests/unit/rv64_operands.h"
#include "tests/unit/rv64_unicorn.h"
#include "tests/unit/test.h"

#define TOP   UINT64_C(0x40000000)
#define CODE  UINT64_C(0x10000000)
#define DATA  UINT64_C(0x10010000)
#define PAGE  0x1000u
#define BATCH 512u /* cases for one form of an instruction */

struct operands {
	uint64_t a, b, c, fcsr; /* a: also the integer operand */
	uint64_t f, x, flags;   /* results */
	uint64_t reserved;
};

#define DATA_SIZE (BATCH * sizeof(struct operands))

/* Registers of the loop, which the instruction does not write. */
#define AT  3u
#define END 4u
#define OLD 5u

static uc_engine *uc;
static struct xlate *tiers[2];

static uint64_t fetch(void *data, uint64_t address, uint64_t limit)
{
	(void)data;
	return address >= CODE && address < CODE + PAGE ? limit : 0;
}

static void map(uint64_t at, size_t size)
{
	void *p =
	        mmap((void *)at, size, PROT_READ | PROT_WRITE,
	             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	assert_ptr_equal(p, (void *)at);
	assert_int_equal(uc_mem_map_ptr(uc, at, size, UC_PROT_ALL, p), 0);
}

static void set_up(void)
{
	uint64_t status = 0x2000; /* floating point is on */

	for (unsigned n = 0; n < 2; n++) {
		struct xlate_config config = {
		        /* the guard is reserved once each */
		        .tier = n ? XLATE_TRANSLATE : XLATE_INTERPRET,
		        .top = TOP + n * XLATE_GUARD,
		        .fetch = fetch,
		};

		assert_int_equal(xlate_create(&tiers[n], &config), 0);
	}
	assert_int_equal(uc_open(UC_ARCH_RISCV, UC_MODE_RISCV64, &uc), 0);
	assert_int_equal(uc_ctl_set_cpu_model(uc, UC_CPU_RISCV64_SIFIVE_U54),
	                 0);
	map(CODE, PAGE);
	map(DATA, DATA_SIZE);
	uc_reg_write(uc, UC_RISCV_REG_MSTATUS, &status);
}

/* ---------------------------------------------------------------- the loop */

static uint32_t load(uint32_t opcode, uint32_t rd, size_t offset)
{
	return opcode | rd << 7 | 3u << 12 | AT << 15 | (uint32_t)offset << 20;
}

static uint32_t store(uint32_t opcode, uint32_t rs, size_t offset)
{
	uint32_t o = (uint32_t)offset;

	return opcode | (o & 31) << 7 | 3u << 12 | AT << 15 | rs << 20 |
	       o >> 5 << 25;
}

#define LD     0x03u
#define FLD    0x07u
#define SD     0x23u
#define FSD    0x27u
#define FSCSR  (0x00301073u | OLD << 15)
#define FRCSR  (0x00302073u | OLD << 7)
#define EBREAK 0x00100073u
#define AT_NEXT                                                                \
	(0x13u | AT << 7 | AT << 15 | (uint32_t)sizeof(struct operands) << 20)

/* Back by COUNT words unless AT is END. */
static uint32_t branch_back(uint32_t count)
{
	uint32_t o = -4 * count;

	return 0x63u | (o >> 11 & 1) << 7 | (o >> 1 & 15) << 8 | 1u << 12 |
	       AT << 15 | END << 20 | (o >> 5 & 63) << 25 | (o >> 12 & 1) << 31;
}

static uint64_t write_loop(const struct xlate_instruction *i, uint32_t word)
{
	const uint32_t loop[] = {
	        load(LD, OLD, offsetof(struct operands, fcsr)),
	        FSCSR,
	        load(FLD, i->rs3, offsetof(struct operands, c)),
	        load(FLD, i->rs2, offsetof(struct operands, b)),
	        load(FLD, i->rs1, offsetof(struct operands, a)),
	        load(LD, i->rs1, offsetof(struct operands, a)),
	        word,
	        FRCSR,
	        store(FSD, i->rd % 32, offsetof(struct operands, f)),
	        store(SD, i->rd % 32, offsetof(struct operands, x)),
	        store(SD, OLD, offsetof(struct operands, flags)),
	        AT_NEXT,
	        branch_back(12),
	        EBREAK,
	};

	memcpy((void *)CODE, loop, sizeof(loop));
	return CODE + sizeof(loop) - sizeof(loop[0]);
}

/* ---------------------------------------------------------------- the cases */

static bool is_tested(const struct row *row)
{
	return row->name[0] == 'f' && row->operation != OP_FENCE &&
	       row->operation != OP_FENCE_CODE &&
	       row->operation != OP_FLOAD_S && row->operation != OP_FLOAD_D &&
	       row->operation != OP_FSTORE_S && row->operation != OP_FSTORE_D;
}

static bool is_free(uint32_t number)
{
	return number != 0 && number != AT && number != END && number != OLD;
}

static uint32_t any_word(const struct row *row, struct xlate_instruction *i)
{
	for (;;) {
		uint32_t word = ((uint32_t)next() & ~row->mask) | row->match;

		if (!(row->mask & 0x7000) && next() % 2)
			word |= 0x7000; /* rounds as fcsr says */
		riscv64_decode(i, (const uint8_t *)&word, 4);
		if (i->id && is_free(i->rd % 32) && is_free(i->rs1))
			return word;
	}
}

static uint64_t any_operand(bool single)
{
	if (!single)
		return any_double();
	return next() % 16 ? any_single() : next(); /* hardly boxed */
}

/* Operands that cancel, or nearly. */
static void relate(struct operands *o)
{
	switch (next() % 8) {
	case 0:
		o->b = o->a ^ (next() & 3);
		break;
	case 1:
		o->c = o->a ^ (next() % 8 << 61);
		break;
	case 2:
		o->b = o->a + (next() % 128 << 52);
		break;
	}
}

static void fill(const struct row *row, struct operands *o)
{
	bool single = is_single(row->name) && strncmp(row->name, "fcvt_s_", 7);

	single = single || !strcmp(row->name, "fcvt_d_s");
	for (unsigned n = 0; n < BATCH; n++) {
		o[n] = (struct operands){any_operand(single),
		                         any_operand(single),
		                         any_operand(single),
		                         next() % 5 << 5 | (next() & 31),
		                         0,
		                         0,
		                         0,
		                         0};
		if (next() % 4 == 0) /* integers, for conversions */
			o[n].a = next() >> next() % 64;
		else
			relate(&o[n]);
	}
}

static void run_tier(struct xlate *x, struct operands *result)
{
	struct xlate_state *s = xlate_state(x);

	xlate_forget(x, CODE, CODE + PAGE);
	memset(s, 0, sizeof(*s));
	s->pc = CODE;
	s->x[AT] = DATA;
	s->x[END] = DATA + DATA_SIZE;
	assert_int_equal(xlate_run(x), XLATE_BREAKPOINT);
	memcpy(result, (void *)DATA, DATA_SIZE);
}

static void run_unicorn(uint64_t end, struct operands *result)
{
	uint64_t at = DATA, last = DATA + DATA_SIZE, zero = 0;

	uc_ctl_remove_cache(uc, CODE, CODE + PAGE);
	for (int n = 1; n < 32; n++)
		uc_reg_write(uc, UC_RISCV_REG_X0 + n, &zero);
	for (int n = 0; n < 32; n++)
		uc_reg_write(uc, UC_RISCV_REG_F0 + n, &zero);
	uc_reg_write(uc, UC_RISCV_REG_X0 + (int)AT, &at);
	uc_reg_write(uc, UC_RISCV_REG_X0 + (int)END, &last);
	assert_int_equal(uc_emu_start(uc, CODE, end, 0, 0), 0);
	memcpy(result, (void *)DATA, DATA_SIZE);
}

static void compare(const struct row *row, uint32_t word, const char *who,
                    const struct operands *ours, const struct operands *theirs,
                    uint64_t mask)
{
	if (((ours->f ^ theirs->f) & mask) == 0 && ours->x == theirs->x &&
	    ours->flags == theirs->flags)
		return;
	fail_msg("%s %08x of %lx, %lx, %lx, fcsr %lx: %s: f %lx, x %lx, flags "
	         "%lx, not f %lx, x %lx, flags %lx",
	         row->name, word, ours->a, ours->b, ours->c, ours->fcsr, who,
	         ours->f, ours->x, ours->flags, theirs->f, theirs->x,
	         theirs->flags);
}

static bool is_boxed(uint64_t f)
{
	return (f & SINGLE_BOX) == SINGLE_BOX;
}

/* libunicorn neither looks at boxes nor makes all of them. */
static void compare_with_unicorn(const struct row *row, uint32_t word,
                                 const struct operands *ours,
                                 const struct operands *theirs)
{
	bool single = is_single(row->name) || !strcmp(row->name, "fmv_w_x");
	bool boxes = is_single(row->name) || !strcmp(row->name, "fcvt_d_s");

	if (is_known_float(row, ours->a, ours->b, ours->c))
		return;
	if (boxes &&
	    !(is_boxed(ours->a) && is_boxed(ours->b) && is_boxed(ours->c)))
		return;
	compare(row, word, "libunicorn", ours, theirs,
	        single ? UINT32_MAX : UINT64_MAX);
}

static void check_form(const struct row *row)
{
	static struct operands before[BATCH], result[2][BATCH], theirs[BATCH];
	struct xlate_instruction i;
	uint32_t word = any_word(row, &i);
	uint64_t end = write_loop(&i, word);

	fill(row, before);
	for (unsigned n = 0; n < 2; n++) {
		memcpy((void *)DATA, before, DATA_SIZE);
		run_tier(tiers[n], result[n]);
	}
	memcpy((void *)DATA, before, DATA_SIZE);
	run_unicorn(end, theirs);
	for (unsigned n = 0; n < BATCH; n++) {
		compare(row, word, "translated", &result[1][n], &result[0][n],
		        UINT64_MAX);
		compare_with_unicorn(row, word, &result[0][n], &theirs[n]);
	}
}

static void all_agree(void **state)
{
	const char *text = getenv("BH_CASES");
	unsigned long cases = text ? strtoul(text, NULL, 10) : 4 * BATCH;

	(void)state;
	set_up();
	seed = 3;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		for (unsigned long n = 0; is_tested(&rows[r]) && n < cases;
		     n += BATCH)
			check_form(&rows[r]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_agree)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
