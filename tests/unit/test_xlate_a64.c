/* SPDX-License-Identifier: ISC */
/* links: @xlate */
/* libs: -lunicorn -lpthread -lm */

/*
 * Every row of A64's decode table against libunicorn: random forms of the
 * instruction, random and corner operands, all of what FPCR has; registers,
 * flags and memory must come out equal.  On each tier.
 */

#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unicorn/unicorn.h>

#include "tests/unit/a64_rows.h"
#include "tests/unit/test.h"

#define PAGE      0x1000u
#define CODE_SIZE PAGE
#include "tests/unit/xlate_guest.h"

#define DATA  UINT64_C(0x10010000)
#define PC    (CODE + 0x800)
#define WORDS 24u /* forms of an instruction */
#define SETS  24u /* of operands, for each */

static uint32_t float_traps; /* of a struct xlate_config */
static uc_engine *uc;

static void set_up(enum xlate_tier tier, bool atomics)
{
	struct xlate_config config = {.isa = XLATE_AARCH64,
	                              .tier = tier,
	                              .top = TOP,
	                              .fetch = fetch,
	                              .float_traps = float_traps};
	uint64_t with_vectors = 3 << 20;

	handle_faults();
	assert_int_equal(xlate_create(&x, &config), 0);
	assert_int_equal(uc_open(UC_ARCH_ARM64, UC_MODE_ARM, &uc), 0);
	/* A Cortex-A72 has no atomic operations. */
	assert_int_equal(uc_ctl_set_cpu_model(uc, atomics ? UC_CPU_ARM64_MAX
	                                                  : UC_CPU_ARM64_A72),
	                 0);
	for (uint64_t at = CODE; at <= DATA; at += DATA - CODE) {
		void *p =
		        mmap((void *)at, PAGE, PROT_READ | PROT_WRITE,
		             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
		             -1, 0);
		assert_ptr_equal(p, (void *)at);
		assert_int_equal(uc_mem_map_ptr(uc, at, PAGE, UC_PROT_ALL, p),
		                 0);
	}
	uc_reg_write(uc, UC_ARM64_REG_CPACR_EL1, &with_vectors);
	for (unsigned n = 0; n < PAGE / 4; n++)
		((uint32_t *)CODE)[n] = 0xd4200000; /* brk */
	seed = 1;
}

static void tear_down(void)
{
	xlate_destroy(x);
	uc_close(uc);
	munmap((void *)CODE, PAGE);
	munmap((void *)DATA, PAGE);
}

static bool is_float(const struct row *row)
{
	return row->name[0] == 'f' || strstr(row->name, "cvtf");
}

static uint64_t any_lanes(const struct row *row,
                          const struct xlate_instruction *i)
{
	if (!is_float(row))
		return any_integer() ^ (next() % 2 ? any_integer() << 32 : 0);
	if (i->size == 3)
		return any_double();
	/* Half precision in vectors that are lengthened, too. */
	if (next() % 4 == 0)
		return next();
	return (uint64_t)any_single_bits() << 32 | any_single_bits();
}

static bool is_access(const struct row *row)
{
	return is_atomic(row->name) || !strncmp(row->name, "ld", 2) ||
	       !strncmp(row->name, "st", 2) || !strncmp(row->name, "dc", 2) ||
	       !strncmp(row->name, "ic", 2);
}

/* Memory is what it is compared with, as far as the base register allows. */
static void fill_compared(struct xlate_state *s, const struct row *row,
                          const struct xlate_instruction *i)
{
	uint64_t at = s->x[i->rs1], base = at;

	if (!strcmp(row->name, "casp_w")) {
		s->x[i->rs3] = *(uint32_t *)at;
		s->x[i->condition] = *(uint32_t *)(at + 4);
	} else {
		s->x[i->rs3] = *(uint64_t *)at;
		if (!strcmp(row->name, "casp_x"))
			s->x[i->condition] = *(uint64_t *)(at + 8);
	}
	s->x[i->rs1] = base;
	s->x[AARCH64_ZERO] = 0;
}

/*
 * libunicorn's minimum and maximum of less than 64 bits forget to extend both
 * operands (QEMU has mended that since), so they have no sign here, and the
 * address is none of them; see e2e/bits.sh for others.
 */
static bool is_half_chosen(const struct row *row)
{
	return is_atomic(row->name) && !strstr(row->name, "_x") &&
	       (strstr(row->name, "max_") || strstr(row->name, "min_"));
}

static void fill_chosen(struct xlate_state *s, const struct row *row,
                        const struct xlate_instruction *i)
{
	uint64_t at = s->x[i->rs1];
	const char *size = strchr(row->name, '_') + 1;
	unsigned bits = *size == 'b' ? 7 : *size == 'h' ? 15 : 31;

	*(uint64_t *)at &= (UINT64_C(1) << bits) - 1;
	s->x[i->rs2] &= (UINT64_C(1) << bits) - 1;
	s->x[i->rs1] = at;
}

/* Of what the operand is an address, it is one in the data page. */
static void fill(struct xlate_state *s, const struct row *row,
                 const struct xlate_instruction *i)
{
	memset(s, 0, sizeof(*s));
	for (unsigned n = 0; n < 32; n++) {
		s->x[n] = any_integer();
		s->v[n][0] = any_lanes(row, i);
		s->v[n][1] = any_lanes(row, i);
	}
	s->tpidr = next();
	s->nzcv = (uint32_t)next() & UINT32_C(0xf0000000);
	s->fpsr = (uint32_t)next() & AARCH64_FPSR;
	s->fpcr = (uint32_t)next() & AARCH64_FPCR;
	if (next() % 2) /* as it mostly is */
		s->fpcr = 0;
	if (is_access(row)) {
		/* Exclusive and ordered accesses are aligned. */
		uint64_t to = strstr(row->name, "x") || strstr(row->name, "r_")
		                      ? next() % 64 * 16
		                      : next() % 512;

		if (is_atomic(row->name))
			to &= ~UINT64_C(15);
		else
			s->x[i->rs2] = next() % 64;
		s->x[i->rs1] = DATA + PAGE / 2 + to;
		if (!strstr(row->name, "lane") && !strstr(row->name, "post") &&
		    !strstr(row->name, "repeat") && i->imm > 16)
			s->x[i->rs1] -= (uint64_t)i->imm;
	}
	s->x[AARCH64_ZERO] = 0;
	s->pc = PC;
	for (unsigned n = 0; n < PAGE / 8; n++)
		((uint64_t *)DATA)[n] = n % 3 ? next() : any_integer();
	if (!strncmp(row->name, "cas", 3) && next() % 2)
		fill_compared(s, row, i);
	if (is_half_chosen(row))
		fill_chosen(s, row, i);
}

static const int general[32] = {
        UC_ARM64_REG_X0,  UC_ARM64_REG_X1,  UC_ARM64_REG_X2,  UC_ARM64_REG_X3,
        UC_ARM64_REG_X4,  UC_ARM64_REG_X5,  UC_ARM64_REG_X6,  UC_ARM64_REG_X7,
        UC_ARM64_REG_X8,  UC_ARM64_REG_X9,  UC_ARM64_REG_X10, UC_ARM64_REG_X11,
        UC_ARM64_REG_X12, UC_ARM64_REG_X13, UC_ARM64_REG_X14, UC_ARM64_REG_X15,
        UC_ARM64_REG_X16, UC_ARM64_REG_X17, UC_ARM64_REG_X18, UC_ARM64_REG_X19,
        UC_ARM64_REG_X20, UC_ARM64_REG_X21, UC_ARM64_REG_X22, UC_ARM64_REG_X23,
        UC_ARM64_REG_X24, UC_ARM64_REG_X25, UC_ARM64_REG_X26, UC_ARM64_REG_X27,
        UC_ARM64_REG_X28, UC_ARM64_REG_X29, UC_ARM64_REG_X30, UC_ARM64_REG_SP,
};

static const struct {
	int theirs;
	size_t ours;
	size_t size;
	uint64_t mask; /* libunicorn keeps bits that are reserved here */
} special[] = {
        {UC_ARM64_REG_PC, offsetof(struct xlate_state, pc), 8, UINT64_MAX},
        {UC_ARM64_REG_NZCV, offsetof(struct xlate_state, nzcv), 4, UINT64_MAX},
        {UC_ARM64_REG_FPCR, offsetof(struct xlate_state, fpcr), 4,
         AARCH64_FPCR},
        {UC_ARM64_REG_FPSR, offsetof(struct xlate_state, fpsr), 4,
         AARCH64_FPSR},
        {UC_ARM64_REG_TPIDR_EL0, offsetof(struct xlate_state, tpidr), 8,
         UINT64_MAX},
};
#define SPECIALS (sizeof(special) / sizeof(special[0]))

static void run_unicorn(struct xlate_state *s)
{
	for (unsigned n = 0; n < 32; n++) {
		uc_reg_write(uc, general[n], &s->x[n]);
		uc_reg_write(uc, UC_ARM64_REG_Q0 + (int)n, s->v[n]);
	}
	for (unsigned n = 0; n < SPECIALS; n++) {
		uint64_t value = 0;

		memcpy(&value, (uint8_t *)s + special[n].ours, special[n].size);
		uc_reg_write(uc, special[n].theirs, &value);
	}
	uc_emu_start(uc, s->pc, 0, 0, 1);
	for (unsigned n = 0; n < 32; n++) {
		uc_reg_read(uc, general[n], &s->x[n]);
		uc_reg_read(uc, UC_ARM64_REG_Q0 + (int)n, s->v[n]);
	}
	for (unsigned n = 0; n < SPECIALS; n++) {
		uint64_t value = 0;

		uc_reg_read(uc, special[n].theirs, &value);
		memcpy((uint8_t *)s + special[n].ours, &value, special[n].size);
	}
}

static void compare(const struct row *row, uint32_t word,
                    const struct xlate_instruction *in,
                    const struct xlate_state *before,
                    const struct xlate_state *ours,
                    const struct xlate_state *theirs)
{
	const uint64_t *a = before->v[in->rs1 & 31],
	               *b = before->v[in->rs2 & 31],
	               *d = before->v[in->rd & 31];

	for (unsigned n = 0; n < 32; n++) {
		if (ours->x[n] != theirs->x[n])
			fail_msg("%s %08x: x%u is %lx, not %lx (%lx, %lx, %lx; "
			         "%lx%016lx)",
			         row->name, word, n, ours->x[n], theirs->x[n],
			         before->x[in->rs1], before->x[in->rs2],
			         before->x[in->rs3], a[1], a[0]);
		if (memcmp(ours->v[n], theirs->v[n], 16))
			fail_msg("%s %08x: v%u is %lx%016lx, not %lx%016lx "
			         "(%lx%016lx, %lx%016lx, %lx%016lx; fpcr %x)",
			         row->name, word, n, ours->v[n][1],
			         ours->v[n][0], theirs->v[n][1],
			         theirs->v[n][0], a[1], a[0], b[1], b[0], d[1],
			         d[0], before->fpcr);
	}
	for (unsigned n = 0; n < SPECIALS; n++) {
		uint64_t p = 0, q = 0;

		memcpy(&p, (const uint8_t *)ours + special[n].ours,
		       special[n].size);
		memcpy(&q, (const uint8_t *)theirs + special[n].ours,
		       special[n].size);
		if ((p ^ q) & special[n].mask)
			fail_msg("%s %08x: register %u is %lx, not %lx "
			         "(%lx, %lx; %lx%016lx, %lx%016lx; fpcr %x)",
			         row->name, word, n, p, q, before->x[in->rs1],
			         before->x[in->rs2], a[1], a[0], b[1], b[0],
			         before->fpcr);
	}
}

static void check_set(const struct row *row, uint32_t word,
                      const struct xlate_instruction *i)
{
	static uint8_t memory[PAGE], result[PAGE];
	struct xlate_state before, theirs;
	enum xlate_exit exit;

	fill(&before, row, i);
	memcpy(memory, (void *)DATA, PAGE);
	*xlate_state(x) = before;
	exit = xlate_run(x);
	/* Where a branch leads is not run. */
	if (exit != XLATE_BREAKPOINT && exit != XLATE_EXECUTE &&
	    exit != XLATE_ALIGNMENT)
		fail_msg("%s %08x: exit %d", row->name, word, exit);
	memcpy(result, (void *)DATA, PAGE);
	memcpy((void *)DATA, memory, PAGE);
	theirs = before;
	run_unicorn(&theirs);
	compare(row, word, i, &before, xlate_state(x), &theirs);
	if (memcmp(result, (void *)DATA, PAGE))
		fail_msg("%s %08x: memory differs", row->name, word);
}

/* False: what leaves, or what waits. */
static bool is_tested(const struct row *row)
{
	return strcmp(row->name, "svc") && strcmp(row->name, "brk") &&
	       strcmp(row->name, "hint");
}

static uint32_t any_word(const struct row *row)
{
	uint32_t word = ((uint32_t)next() & ~row->mask) | row->match;

	if (strstr(row->name, "literal")) /* into the data page */
		word = (word & ~(UINT32_C(0x7ffff) << 5)) |
		       ((uint32_t)(DATA - PC) / 4 + (uint32_t)next() % 512)
		               << 5;
	return word;
}

/* Accesses whose result depends on which of two equal registers is first. */
static bool is_unpredictable(const struct row *row,
                             const struct xlate_instruction *i)
{
	if (is_half_chosen(row))
		return i->rs1 == i->rs2;
	if (!is_access(row) || is_atomic(row->name))
		return false;
	return i->rs1 == AARCH64_ZERO || i->rs1 == i->rs2 || i->rs1 == i->rs3 ||
	       i->rs1 == i->rd || i->rd == i->rs3 || i->rd == i->rs2;
}

/* BH_CASES: so many cases of each floating-point instruction. */
static unsigned sets_of(const struct row *row)
{
	const char *cases = getenv("BH_CASES");
	unsigned count = cases ? (unsigned)atol(cases) / WORDS : 0;

	return is_float(row) && count > SETS ? count : SETS;
}

static void check_row(const struct row *row)
{
	for (unsigned w = 0; w < WORDS; w++) {
		struct xlate_instruction i;
		uint32_t word = any_word(row);

		aarch64_decode(&i, (const uint8_t *)&word, 4);
		if (!i.id || is_unpredictable(row, &i))
			continue;
		memcpy((void *)PC, &word, 4);
		xlate_forget(x, PC, PC + 4);
		uc_ctl_remove_cache(uc, CODE, CODE + PAGE);
		for (unsigned k = 0; k < sets_of(row); k++)
			check_set(row, word, &i);
	}
}

static void check_rows_of(enum xlate_tier tier, bool atomics)
{
	const char *only = getenv("ROW");

	set_up(tier, atomics);
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		if (is_tested(&rows[r]) && is_atomic(rows[r].name) == atomics &&
		    (!only || !strcmp(only, rows[r].name)))
			check_row(&rows[r]);
	tear_down();
}

/* Translated code that looks for what the host does otherwise, and code that
 * the host's exceptions tell of it. */
static void check_rows(enum xlate_tier tier)
{
	float_traps = 0;
	check_rows_of(tier, false);
	check_rows_of(tier, true);
	float_traps = UINT32_MAX;
	if (tier == XLATE_TRANSLATE)
		check_rows_of(tier, false);
}

#include "tests/unit/xlate_main.h"
