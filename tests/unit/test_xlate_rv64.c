/* SPDX-License-Identifier: ISC */
/* links: @xlate */
/* libs: -lunicorn -lpthread -lm */

/*
 * Every row of the decode table against libunicorn: random forms of the
 * instruction, random and corner operands, all rounding modes; registers, flags
 * and memory must come out equal.  On each tier.
 *
 * libunicorn 2.0.1 is QEMU 5.0: it neither looks at NaN boxes nor makes them
 * for all results, and its fmin and fmax are those of IEEE 754-2008 for NaNs.
 * These are for test_xlate_float.c.  It knows nothing of Zba, Zbb and Zbs, which
 * are for test_xlate_bits.c.
 */

#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unicorn/unicorn.h>

#include "tests/unit/rv64_operands.h"
#include "tests/unit/rv64_unicorn.h"
#include "tests/unit/test.h"

#define TOP   UINT64_C(0x40000000)
#define CODE  UINT64_C(0x10000000)
#define DATA  UINT64_C(0x10010000)
#define PC    (CODE + 0x800)
#define PAGE  0x1000u
#define WORDS 8u  /* forms of an instruction */
#define SETS  40u /* of operands, for each */

static struct xlate *x;
static uc_engine *uc;
static uint64_t fetch(void *data, uint64_t address, uint64_t limit)
{
	(void)data;
	if (address < CODE || address >= CODE + PAGE)
		return 0;
	return CODE + PAGE - address < limit ? CODE + PAGE - address : limit;
}

static void set_up(enum xlate_tier tier)
{
	struct xlate_config config = {.tier = tier, .top = TOP, .fetch = fetch};
	uint64_t status = 0x2000;

	assert_int_equal(xlate_create(&x, &config), 0);
	assert_int_equal(uc_open(UC_ARCH_RISCV, UC_MODE_RISCV64, &uc), 0);
	assert_int_equal(uc_ctl_set_cpu_model(uc, UC_CPU_RISCV64_SIFIVE_U54),
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
	uc_reg_write(uc, UC_RISCV_REG_MSTATUS, &status);
	for (unsigned i = 0; i < PAGE / 2; i++)
		((uint16_t *)CODE)[i] = 0x9002; /* c.ebreak */
	seed = 1;
}

static void tear_down(void)
{
	xlate_destroy(x);
	uc_close(uc);
	munmap((void *)CODE, PAGE);
	munmap((void *)DATA, PAGE);
}

/* Of what the operand is an address, it is one in the data page. */
static void fill(struct xlate_state *s, const struct row *row,
                 const struct xlate_instruction *i)
{
	bool single = is_single(row->name) && strcmp(row->name, "fcvt_s_d");

	memset(s, 0, sizeof(*s));
	for (unsigned n = 1; n < 32; n++)
		s->x[n] = any_integer();
	for (unsigned n = 0; n < 32; n++)
		s->f[n] = single || !strcmp(row->name, "fcvt_d_s")
		                  ? any_single()
		                  : any_double();
	s->fcsr = (uint32_t)next() % 5 << 5 | ((uint32_t)next() & 31);
	if ((i->operation >= OP_LOAD_S8 && i->operation <= OP_STORE_64) ||
	    (i->operation >= OP_LOAD_RESERVED_32 &&
	     i->operation <= OP_FSTORE_D)) {
		bool atomic = i->operation <= OP_ATOMIC_MAXU_64 &&
		              i->operation >= OP_LOAD_RESERVED_32;

		s->x[i->rs1] = DATA + PAGE / 2 - (uint64_t)i->imm +
		               (atomic ? next() % 64 * 8 : next() % 64);
		if (atomic)
			s->x[i->rs1] = DATA + next() % 64 * 8;
	}
	s->x[0] = 0;
	s->pc = PC;
	for (unsigned n = 0; n < PAGE / 8; n++)
		((uint64_t *)DATA)[n] = n % 3 ? next() : any_integer();
}

static void run_unicorn(struct xlate_state *s)
{
	uint64_t fcsr = s->fcsr;

	for (int n = 1; n < 32; n++)
		uc_reg_write(uc, UC_RISCV_REG_X0 + n, &s->x[n]);
	for (int n = 0; n < 32; n++)
		uc_reg_write(uc, UC_RISCV_REG_F0 + n, &s->f[n]);
	uc_reg_write(uc, UC_RISCV_REG_FCSR, &fcsr);
	uc_emu_start(uc, s->pc, 0, 0, 1);
	for (int n = 0; n < 32; n++) {
		uc_reg_read(uc, UC_RISCV_REG_X0 + n, &s->x[n]);
		uc_reg_read(uc, UC_RISCV_REG_F0 + n, &s->f[n]);
	}
	uc_reg_read(uc, UC_RISCV_REG_FCSR, &fcsr);
	uc_reg_read(uc, UC_RISCV_REG_PC, &s->pc);
	s->fcsr = (uint32_t)fcsr;
}

/* What libunicorn does otherwise. */
static bool is_known(const struct row *row, const struct xlate_instruction *i,
                     const struct xlate_state *s)
{
	if (is_known_float(row, s->f[i->rs1], s->f[i->rs2], s->f[i->rs3]))
		return true;
	/* Compares 64 bits, the memory's without their sign. */
	if (!strncmp(row->name, "amomi", 5) || !strncmp(row->name, "amoma", 5))
		return strstr(row->name, "_w") &&
		       (s->x[i->rs2] >> 31 ||
		        *(const int32_t *)s->x[i->rs1] < 0);
	return false;
}

static void compare(const struct row *row, uint32_t word,
                    const struct xlate_instruction *in,
                    const struct xlate_state *before,
                    const struct xlate_state *ours,
                    const struct xlate_state *theirs)
{
	bool single = is_single(row->name) || !strcmp(row->name, "flw") ||
	              !strcmp(row->name, "fmv_w_x");

	for (unsigned n = 0; n < 32; n++) {
		uint64_t mask = single && n == in->rd ? UINT32_MAX : UINT64_MAX;

		if (ours->x[n] != theirs->x[n])
			fail_msg("%s %08x: x%u is %lx, not %lx (%lx, %lx)",
			         row->name, word, n, ours->x[n], theirs->x[n],
			         before->x[in->rs1], before->x[in->rs2]);
		if ((ours->f[n] ^ theirs->f[n]) & mask)
			fail_msg("%s %08x: f%u is %lx, not %lx (%lx, %lx, %lx; "
			         "x %lx, fcsr %x)",
			         row->name, word, n, ours->f[n], theirs->f[n],
			         before->f[in->rs1], before->f[in->rs2],
			         before->f[in->rs3], before->x[in->rs1],
			         before->fcsr);
	}
	if (ours->fcsr != theirs->fcsr)
		fail_msg("%s %08x: fcsr is %x, not %x, was %x (%lx, %lx, %lx; "
		         "x %lx)",
		         row->name, word, ours->fcsr, theirs->fcsr,
		         before->fcsr, before->f[in->rs1], before->f[in->rs2],
		         before->f[in->rs3], before->x[in->rs1]);
	if (ours->pc != theirs->pc)
		fail_msg("%s %08x: pc is %lx, not %lx", row->name, word,
		         ours->pc, theirs->pc);
}

static void check_set(const struct row *row, uint32_t word,
                      const struct xlate_instruction *i)
{
	static uint8_t memory[PAGE], result[PAGE];
	struct xlate_state before, theirs;
	enum xlate_exit exit;

	fill(&before, row, i);
	if (is_known(row, i, &before))
		return;
	memcpy(memory, (void *)DATA, PAGE);
	*xlate_state(x) = before;
	exit = xlate_run(x);
	if (exit != XLATE_BREAKPOINT && exit != XLATE_EXECUTE)
		fail_msg("%s %08x: exit %d", row->name, word, exit);
	memcpy(result, (void *)DATA, PAGE);
	memcpy((void *)DATA, memory, PAGE);
	theirs = before;
	run_unicorn(&theirs);
	compare(row, word, i, &before, xlate_state(x), &theirs);
	if (memcmp(result, (void *)DATA, PAGE))
		fail_msg("%s %08x: memory differs", row->name, word);
}

static bool is_tested(const struct row *row)
{
	if (is_bits(row))
		return false;
	switch (row->operation) {
	case OP_SYSCALL:
	case OP_BREAKPOINT:
	case OP_FENCE_CODE:
	case OP_STORE_CONDITIONAL_32: /* never follow an LR here */
	case OP_STORE_CONDITIONAL_64:
		return false;
	default:
		return true;
	}
}

static uint32_t any_word(const struct row *row)
{
	uint32_t word = ((uint32_t)next() & ~row->mask) | row->match;

	if (row->operation == OP_CONTROL) /* fflags, frm, fcsr */
		word = (word & 0xfffff) | (1 + (uint32_t)next() % 3) << 20;
	if (row->operation == OP_FENCE)
		word &= 0x0ff0000f;
	if (row->operation >= OP_LOAD_S8 && row->operation <= OP_STORE_64 &&
	    (word >> 15 & 31) == 0)
		word |= 1 << 15;
	return word;
}

static void check_row(const struct row *row)
{
	for (unsigned w = 0; w < WORDS; w++) {
		struct xlate_instruction i;
		uint32_t word = any_word(row);

		riscv64_decode(&i, (const uint8_t *)&word, 4);
		if (!i.id || (i.rs1 == 0 && xlate_writes(&i)) ||
		    (i.rs1 == 0 && strchr("lfa", row->name[0])))
			continue;
		memcpy((void *)PC, &word, 4);
		xlate_forget(x, PC, PC + 4);
		uc_ctl_remove_cache(uc, CODE, CODE + PAGE);
		for (unsigned k = 0; k < SETS; k++)
			check_set(row, word, &i);
	}
}

static void check_rows(enum xlate_tier tier)
{
	set_up(tier);
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		if (is_tested(&rows[r]))
			check_row(&rows[r]);
	tear_down();
}

#include "tests/unit/xlate_main.h"
