/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * Kept translations that somebody has changed: whatever they say, nothing is
 * read outside of the file, and nothing written outside of what they are for.
 * What they would make the host do is not tried: who may write them may say
 * that.
 *
 * Of the input, the first byte tells the instruction set; then three at a time
 * change a byte of the file: where, as 16 bits, and to what.
 */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "xlate/keep.h"
#include "xlate/x86_64/kept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TOP  UINT64_C(0x40000000)
#define CODE UINT64_C(0x10000000)
#define PAGE 0x1000u

/* Of both: a call, an address, a loop with an access and a division. */
static const uint32_t programs[2][12] = {
        /* jal ra,.+8; ebreak; auipc a0,1; ld a1,0(a0); div a1,a1,a0;
           addi a0,a0,8; bnez a1,.-12; ret; fence.i; ecall; csrr a0,frm; ret */
        {0x008000ef, 0x00100073, 0x00001517, 0x00053583, 0x02a5c5b3, 0x00850513,
         0xfe059ae3, 0x00008067, 0x0000100f, 0x00000073, 0x00202573,
         0x00008067},
        /* bl .+8; brk 0; ldr x1,.+20; subs x0,x0,1; ldr x2,[x1],8; b.ne .-8;
           ret; nop; adrp x3,.; svc 0; mrs x0,fpcr; ret */
        {0x94000002, 0xd4200000, 0x580000a1, 0xf1000400, 0xf8408422, 0x54ffffc1,
         0xd65f03c0, 0xd503201f, 0x90000003, 0xd4000001, 0xd53b4400,
         0xd65f03c0},
};

struct fixture {
	struct xlate *x;
	uint8_t *file;
	struct xlate_kept kept;
};
static struct fixture fixtures[2];

static uint64_t fetch(void *data, uint64_t address, uint64_t limit)
{
	(void)data;
	if (address < CODE || address >= CODE + PAGE)
		return 0;
	return CODE + PAGE - address < limit ? CODE + PAGE - address : limit;
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void set_up(enum xlate_isa isa)
{
	struct xlate_config config = {.isa = isa,
	                              .tier = XLATE_TRANSLATE,
	                              .top = TOP,
	                              .code_size = 1 << 20,
	                              .fetch = fetch,
	                              .float_traps = UINT32_MAX};
	struct fixture *f = &fixtures[isa];
	struct xlate_keep *keep;
	const void *file;

	munmap((void *)TOP, XLATE_GUARD);
	require(xlate_create(&f->x, &config) == 0);
	require(xlate_keep_start(&keep, isa) == 0);
	require(xlate_keep_code(keep, (const uint8_t *)programs[isa],
	                        sizeof(programs[isa]), 0) == 0);
	file = xlate_keep_finish(keep, &f->kept);
	require(file != NULL);
	f->file = malloc(f->kept.size);
	memcpy(f->file, file, f->kept.size);
	xlate_keep_release(keep);
}

/* All of it, as if each block was wanted and each place of its code had to be
 * found. */
static void load_all(struct xlate *x, enum xlate_isa isa)
{
	struct xlate_host *h = x->host;
	uint32_t pending;

	memcpy((void *)CODE, programs[isa], sizeof(programs[isa]));
	for (uint32_t at = 0; at < sizeof(programs[isa]); at += 2)
		kept_load(x, CODE + at);
	for (uint32_t n = 0; n < h->origin_count; n++)
		for (uint32_t at = 0; at < 512; at += 17)
			kept_find_origin(h, h->origins[n].unit, at, &pending);
	xlate_stop(x);
	x->stop = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum xlate_isa isa;
	struct fixture *f;
	uint8_t *file; /* of its own, so that its end is watched */

	if (!fixtures[0].x) {
		set_up(XLATE_RISCV64);
		set_up(XLATE_AARCH64);
		require(mmap((void *)CODE, PAGE, PROT_READ | PROT_WRITE,
		             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
		             -1, 0) == (void *)CODE);
	}
	if (!size)
		return 0;
	isa = data[0] & 1 ? XLATE_AARCH64 : XLATE_RISCV64;
	f = &fixtures[isa];
	file = malloc(f->kept.size);
	memcpy(file, f->file, f->kept.size);
	for (size_t n = 1; n + 3 <= size; n += 3)
		file[(data[n] | data[n + 1] << 8) % f->kept.size] = data[n + 2];
	if (xlate_attach(f->x, file, f->kept.size) == 0)
		load_all(f->x, isa);
	xlate_flush(f->x);
	free(file);
	return 0;
}
