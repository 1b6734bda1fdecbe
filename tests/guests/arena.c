/* SPDX-License-Identifier: ISC */

/*
 * The arena as a guest kernel uses it: every kind of change, faults at exact
 * pages, code that is written and replaced.  What it prints is the same on the
 * three instruction sets and on every core; "WRONG" is in no line of it.
 *
 * The root image that it is run with is text that begins with "root 0\n" and
 * ends within a page.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bh.h>

/* Small functions that fault; NAME_end is where a survivor goes on. */
uint64_t try_read(uint64_t address);
uint64_t try_read_byte(uint64_t address);
uint64_t try_write(uint64_t address);
uint64_t try_write_byte(uint64_t address);
uint64_t try_jump(uint64_t address);
uint64_t system_call(uint64_t number);

#define FUNCTION(name, code)                                                   \
	".globl " name "\n.hidden " name "\n" name ":\n" code "\n"
#define FAULTING(name, code)                                                   \
	FUNCTION(name, code) ".globl " name "_end\n.hidden " name              \
	                     "_end\n" name "_end:\nret\n"

#if defined(__x86_64__)
enum { RESULT = 0, RETURN = -1, STACK = 4 };
__asm__(".pushsection .text\n"
        FAULTING("try_read", "mov (%rdi), %rax")
        FAULTING("try_read_byte", "movzbl (%rdi), %eax")
        FAULTING("try_write", "mov %rdi, %rax\nmov %rdi, (%rdi)")
        FAULTING("try_write_byte", "mov %rdi, %rax\nmovb $1, (%rdi)")
        FUNCTION("try_jump", "jmp *%rdi")
        FUNCTION("system_call", "mov %rdi, %rax\nsyscall\nret")
        ".popsection\n");
#elif defined(__aarch64__)
enum { RESULT = 0, RETURN = 30, STACK = 31 };
__asm__(".pushsection .text\n"
        FAULTING("try_read", "ldr x0, [x0]")
        FAULTING("try_read_byte", "ldrb w0, [x0]")
        FAULTING("try_write", "str x0, [x0]")
        FAULTING("try_write_byte", "strb wzr, [x0]")
        FUNCTION("try_jump", "br x0")
        FUNCTION("system_call", "mov x8, x0\nsvc #0\nret")
        ".popsection\n");
#elif defined(__riscv)
enum { RESULT = 10, RETURN = 1, STACK = 2 };
__asm__(".pushsection .text\n"
        FAULTING("try_read", "ld a0, 0(a0)")
        FAULTING("try_read_byte", "lbu a0, 0(a0)")
        FAULTING("try_write", "sd a0, 0(a0)")
        FAULTING("try_write_byte", "sb zero, 0(a0)")
        FUNCTION("try_jump", "jr a0")
        FUNCTION("system_call", "mv a7, a0\necall\nret")
        ".popsection\n");
#endif

extern const char try_read_end[], try_read_byte_end[], try_write_end[],
        try_write_byte_end[];

#define SURVIVED UINT64_C(0x5afe)
#define PAGE     ((uint64_t)BH_PAGE_SIZE)
#define R        BH_MEMORY_READ
#define W        BH_MEMORY_WRITE
#define X        BH_MEMORY_EXECUTE

static const struct bh_boot_info *boot;
static uint64_t high, low;
static char upcall_stack[16384] __attribute__((aligned(16)));
static uint64_t resume_at; /* 0: to where the function would return */
static struct bh_upcall_frame last;
static uint32_t upcalls;

static void entry(struct bh_upcall_frame *frame)
{
	uint64_t *r = frame->registers;

	last = *frame;
	upcalls++;
	r[RESULT] = SURVIVED;
	if (frame->cause == BH_UPCALL_TRAP && resume_at) {
		frame->pc = resume_at;
	} else if (frame->cause == BH_UPCALL_TRAP) {
#if defined(__x86_64__)
		frame->pc = *(const uint64_t *)r[STACK];
		r[STACK] += sizeof(uint64_t);
#else
		frame->pc = r[RETURN];
#endif
	}
	bh_call(BH_CALL_RESUME, (uint64_t)frame, 0, 0);
	abort();
}

static void check(const char *what, bool is_right)
{
	printf("%s: %s\n", what, is_right ? "right" : "WRONG");
}

/* Whether FUNCTION faults at ADDRESS as said: offset of the address told. */
static bool faults(uint64_t (*function)(uint64_t), const char *end,
                   uint64_t address, uint32_t fault, uint64_t told)
{
	uint32_t before = upcalls;

	resume_at = (uint64_t)end;
	memset(&last, 0, sizeof(last));
	if (function(address) != SURVIVED || upcalls != before + 1)
		return false;
	return last.cause == BH_UPCALL_TRAP && last.fault == fault &&
	       last.address == told;
}

static bool read_faults(uint64_t address)
{
	return faults(try_read_byte, try_read_byte_end, address, BH_FAULT_READ,
	              address);
}

static bool write_faults(uint64_t address)
{
	return faults(try_write_byte, try_write_byte_end, address,
	              BH_FAULT_WRITE, address);
}

static bool jump_faults(uint64_t address)
{
	return faults(try_jump, NULL, address, BH_FAULT_EXECUTE, address) &&
	       last.pc == address;
}

static int64_t change(uint32_t kind, uint64_t address, uint64_t size,
                      uint32_t protection, uint64_t offset)
{
	struct bh_memory_change c = {.address = address,
	                             .size = size,
	                             .kind = kind,
	                             .protection = protection,
	                             .offset = offset};

	return bh_call(BH_CALL_MEMORY, (uint64_t)&c, 1, 0);
}

static bool none(uint64_t address, uint64_t size)
{
	return change(BH_MEMORY_NONE, address, size, 0, 0) == 1;
}

static bool zero(uint64_t address, uint64_t size, uint32_t protection)
{
	return change(BH_MEMORY_ZERO, address, size, protection, 0) == 1;
}

static bool protect(uint64_t address, uint64_t size, uint32_t protection)
{
	return change(BH_MEMORY_PROTECT, address, size, protection, 0) == 1;
}

static uint64_t load(uint64_t address)
{
	return *(const volatile uint64_t *)address;
}

static void store(uint64_t address, uint64_t value)
{
	*(volatile uint64_t *)address = value;
}

/* A function at ADDRESS that returns VALUE, below 2000. */
static void write_code(uint64_t address, uint32_t value)
{
	volatile uint32_t *code = (volatile uint32_t *)address;

#if defined(__x86_64__)
	code[0] = 0xb8 | value << 8; /* mov $VALUE, %eax; ret */
	code[1] = 0x0000c300;
#elif defined(__aarch64__)
	code[0] = 0x52800000 | value << 5; /* mov w0, #VALUE; ret */
	code[1] = 0xd65f03c0;
	__asm__ volatile("dc cvau, %0\ndsb ish\nic ivau, %0\ndsb ish\nisb"
	                 :
	                 : "r"(address)
	                 : "memory");
#elif defined(__riscv)
	code[0] = 0x00000513 | value << 20; /* li a0, VALUE; ret */
	code[1] = 0x00008067;
	__asm__ volatile("fence.i" ::: "memory");
#endif
}

static uint32_t run(uint64_t address)
{
	return ((uint32_t(*)(void))address)();
}

static void try_zero(void)
{
	uint64_t at = high + 5 * PAGE;

	check("none at first", read_faults(high) && write_faults(at) &&
	                               jump_faults(at) &&
	                               read_faults(high + boot->arena_high_size -
	                                           1));
	check("zero", zero(at, 4 * PAGE, R | W) && load(at) == 0 &&
	                      load(at + 4 * PAGE - 8) == 0);
	store(at, 77);
	store(at + 3 * PAGE, 78);
	check("only there", read_faults(at - 1) && read_faults(at + 4 * PAGE));
	check("read-only", protect(at, 2 * PAGE, R) && load(at) == 77 &&
	                           write_faults(at + PAGE + 5) &&
	                           write_faults(at));
	store(at + 2 * PAGE, 1);
	check("no access", protect(at + PAGE, PAGE, 0) &&
	                           read_faults(at + PAGE) &&
	                           read_faults(at + 2 * PAGE - 1) &&
	                           load(at) == 77);
	check("access again", protect(at, 4 * PAGE, R | W) && load(at) == 77);
	store(at + PAGE, 79);
	check("contents stay", load(at + PAGE) == 79 &&
	                               load(at + 3 * PAGE) == 78);
	check("zero again", zero(at + PAGE, PAGE, R | W) &&
	                            load(at + PAGE) == 0 && load(at) == 77);
	check("write is read", protect(at, PAGE, W) && load(at) == 77);
	check("none", none(at, 4 * PAGE) && read_faults(at) &&
	                      write_faults(at + PAGE));
}

/* An access that begins on a good page and ends on a bad one. */
static void try_crossing(void)
{
	uint64_t at = high + 64 * PAGE;

	zero(at, PAGE, R | W);
	check("read across", faults(try_read, try_read_end, at + PAGE - 4,
	                            BH_FAULT_READ, at + PAGE));
	check("write across", faults(try_write, try_write_end, at + PAGE - 4,
	                             BH_FAULT_WRITE, at + PAGE));
	zero(at + PAGE, PAGE, R | W);
	store(at + PAGE - 4, UINT64_C(0x1122334455667788));
	check("across two", load(at + PAGE - 4) ==
	                            UINT64_C(0x1122334455667788));
	none(at, 2 * PAGE);
}

static void try_large(void)
{
	uint64_t size = UINT64_C(32) << 30, at = high + (UINT64_C(1) << 30);
	uint32_t access = boot->memory_limit >= size ? R | W : R;
	uint64_t sum = 0;

	if (boot->arena_high_size < size + (UINT64_C(1) << 30))
		return;
	check("32 GiB", zero(at, size, access));
	for (uint64_t i = 0; i < 64; i++)
		sum += load(at + i * (size / 64));
	check("of zeros", sum == 0);
	check("hole", none(at + size / 2, PAGE) && read_faults(at + size / 2) &&
	                      load(at + size / 2 + PAGE) == 0 &&
	                      load(at + size / 2 - 8) == 0);
	check("protected", zero(at + size / 2, PAGE, R) &&
	                           protect(at, size, 0) && read_faults(at) &&
	                           read_faults(at + size / 2));
	check("gone", none(at, size) && read_faults(at));
}

static void try_low(void)
{
	check("low part", low == BH_GUEST_BOTTOM &&
	                          zero(low, PAGE, R | W) && load(low) == 0 &&
	                          zero(0x400000, PAGE, R | W));
	store(0x400000, 5);
	check("null", read_faults(low - 1) && read_faults(0) &&
	                      load(0x400000) == 5);
	check("end of low",
	      read_faults(low + boot->arena_low_size) &&
	              zero(low + boot->arena_low_size - PAGE, PAGE, R | W) &&
	              load(low + boot->arena_low_size - 8) == 0);
	none(low, boot->arena_low_size);
}

static void try_code(void)
{
	uint64_t at = high + 128 * PAGE;
	bool right = true;

	zero(at, 3 * PAGE, R | W);
	write_code(at + PAGE, 1001);
	check("not executable", jump_faults(at + PAGE));
	check("executable", protect(at + PAGE, PAGE, R | X) &&
	                            run(at + PAGE) == 1001);
	check("not writable", write_faults(at + PAGE) && jump_faults(at) &&
	                              jump_faults(at + 2 * PAGE));
	protect(at + PAGE, PAGE, R | W);
	check("no more", jump_faults(at + PAGE));
	write_code(at + PAGE, 1002);
	check("changed", protect(at + PAGE, PAGE, X) &&
	                         run(at + PAGE) == 1002);
	none(at + PAGE, PAGE);
	check("unmapped", jump_faults(at + PAGE));
	zero(at + PAGE, PAGE, R | W);
	write_code(at + PAGE, 1003);
	check("replaced", protect(at + PAGE, PAGE, R | X) &&
	                          run(at + PAGE) == 1003);
	for (uint32_t i = 0; i < 200; i++) {
		right &= zero(at + PAGE, PAGE, R | W);
		write_code(at + PAGE, i);
		right &= protect(at + PAGE, PAGE, R | X) && run(at + PAGE) == i;
	}
	check("many times", right);
	/* A neighbour's change does not touch it. */
	check("neighbour", protect(at + 2 * PAGE, PAGE, R | X) &&
	                           protect(at, PAGE, R | X) &&
	                           run(at + PAGE) == 199 &&
	                           none(at + 2 * PAGE, PAGE) &&
	                           run(at + PAGE) == 199);
	none(at, 3 * PAGE);
}

static void try_written_code(void)
{
	uint64_t at = high + 256 * PAGE;
	bool right = true;

	check("write and execute", zero(at, 2 * PAGE, R | W | X));
	for (uint32_t i = 0; i < 200; i++) {
		/* Two functions on a page, one at a page's end, one data. */
		write_code(at, i);
		write_code(at + 64, i + 1000);
		write_code(at + PAGE - 8, i + 500);
		store(at + 128, i);
		right &= run(at) == i && run(at + 64) == i + 1000 &&
		         run(at + PAGE - 8) == i + 500 && load(at + 128) == i;
		write_code(at, i + 1);
		right &= run(at) == i + 1 && run(at + 64) == i + 1000;
	}
	check("rewritten", right);
	/* Left executable, no longer writable, and back. */
	check("frozen", protect(at, PAGE, R | X) && run(at) == 200 &&
	                        write_faults(at) &&
	                        protect(at, PAGE, R | W | X));
	write_code(at, 1999);
	check("thawed", run(at) == 1999);
	none(at, 2 * PAGE);
}

static void try_root(void)
{
	uint64_t at = high + 512 * PAGE, root = boot->root_base;
	uint64_t size = boot->root_size;
	uint64_t pages = (size + PAGE - 1) / PAGE;
	bool right = true;

	if (!size) {
		check("no root", change(BH_MEMORY_ROOT, at, PAGE, R, 0) ==
		                         -BH_EINVAL);
		return;
	}
	check("root image", memcmp((const void *)root, "root 0\n", 7) == 0 &&
	                            write_faults(root));
	check("past its end", size % PAGE != 0 &&
	                              *(const char *)(root + size) == 0);
	check("root pages", change(BH_MEMORY_ROOT, at, (pages + 3) * PAGE, R,
	                           0) == 1 &&
	                            memcmp((const void *)at, (const void *)root,
	                                   pages * PAGE) == 0);
	for (uint64_t i = pages * PAGE; i < (pages + 3) * PAGE; i += 8)
		right &= load(at + i) == 0;
	check("then zeros", right && write_faults(at) &&
	                            read_faults(at + (pages + 3) * PAGE));
	check("from an offset",
	      change(BH_MEMORY_ROOT, at, PAGE, R | W, 2 * PAGE) == 1 &&
	              memcmp((const void *)at, (const void *)(root + 2 * PAGE),
	                     PAGE) == 0);
	store(at, 0);
	check("private", load(at) == 0 && load(root + 2 * PAGE) != 0 &&
	                         load(at + PAGE) == load(root + PAGE));
	write_code(at + 64, 321);
	check("root code", protect(at, PAGE, R | X) && run(at + 64) == 321);
	check("far past its end",
	      change(BH_MEMORY_ROOT, at, PAGE, R | W,
	             UINT64_MAX - PAGE + 1) == 1 && load(at + 64) == 0);
	none(at, (pages + 3) * PAGE);
}

static void try_malformed(void)
{
	uint64_t at = high + 1024 * PAGE, end = high + boot->arena_high_size;
	const struct bh_memory_change bad[] = {
	        {at + 1, PAGE, BH_MEMORY_ZERO, R, 0},
	        {at, PAGE + 1, BH_MEMORY_ZERO, R, 0},
	        {at, 0, BH_MEMORY_ZERO, R, 0},
	        {at, PAGE, BH_MEMORY_ZERO, 8, 0},
	        {at, PAGE, BH_MEMORY_ZERO, R, PAGE},
	        {at, PAGE, 4, R, 0},
	        {at, PAGE, BH_MEMORY_NONE, R, 0},
	        {at, PAGE, BH_MEMORY_NONE, 0, PAGE},
	        {at, PAGE, BH_MEMORY_ROOT, R, 1},
	        {at, PAGE, BH_MEMORY_PROTECT, R, PAGE},
	        {at, 2 * PAGE, BH_MEMORY_PROTECT, R, 0},
	        {at - PAGE, 2 * PAGE, BH_MEMORY_PROTECT, R, 0},
	        {end, PAGE, BH_MEMORY_ZERO, R, 0},
	        {end - PAGE, 2 * PAGE, BH_MEMORY_ZERO, R, 0},
	        {high - PAGE, 2 * PAGE, BH_MEMORY_ZERO, R, 0},
	        {at, UINT64_MAX - PAGE + 1, BH_MEMORY_ZERO, R, 0},
	        {0, PAGE, BH_MEMORY_ZERO, R, 0},
	        {low + boot->arena_low_size, PAGE, BH_MEMORY_ZERO, R, 0},
	        {(uint64_t)upcall_stack & ~(PAGE - 1), PAGE, BH_MEMORY_ZERO, R,
	         0},
	};
	struct bh_memory_change two[2] = {{at + PAGE, PAGE, BH_MEMORY_ZERO, R,
	                                   0}};
	bool refused = true, unchanged = true;

	zero(at, PAGE, R | W);
	store(at, 99);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		two[1] = bad[i];
		/* A second part that the first would make good. */
		if (bad[i].size == 2 * PAGE && bad[i].address == at)
			two[0].address = at + 2 * PAGE;
		if (bh_call(BH_CALL_MEMORY, (uint64_t)two, 2, 0) !=
		    -BH_EINVAL) {
			printf("WRONG: change %zu\n", i);
			refused = false;
		}
		unchanged &= load(at) == 99 && read_faults(at + PAGE) &&
		             read_faults(at + 2 * PAGE);
		two[0].address = at + PAGE;
	}
	check("malformed", refused);
	check("nothing changed", unchanged);
	check("bad array",
	      bh_call(BH_CALL_MEMORY, (uint64_t)two, 0, 0) == -BH_EINVAL &&
	              bh_call(BH_CALL_MEMORY, (uint64_t)two, 65, 0) ==
	                      -BH_EINVAL &&
	              bh_call(BH_CALL_MEMORY, (uint64_t)two, 1, 1) ==
	                      -BH_EINVAL &&
	              bh_call(BH_CALL_MEMORY, 8, 1, 0) == -BH_EINVAL &&
	              bh_call(BH_CALL_MEMORY, at + PAGE - 8, 1, 0) ==
	                      -BH_EINVAL);
	none(at, PAGE);
}

/* Changes of one call take effect in order, and are checked so. */
static void try_order(void)
{
	uint64_t at = high + 2048 * PAGE;
	struct bh_memory_change good[] = {
	        {at, 4 * PAGE, BH_MEMORY_ZERO, R | W, 0},
	        {at + PAGE, 2 * PAGE, BH_MEMORY_PROTECT, R, 0},
	        {at + PAGE, PAGE, BH_MEMORY_NONE, 0, 0},
	        {at + PAGE, PAGE, BH_MEMORY_ZERO, R | W, 0},
	        {at, 4 * PAGE, BH_MEMORY_PROTECT, R, 0},
	};
	struct bh_memory_change hole[] = {
	        {at, 4 * PAGE, BH_MEMORY_ZERO, R | W, 0},
	        {at + PAGE, PAGE, BH_MEMORY_NONE, 0, 0},
	        {at, 4 * PAGE, BH_MEMORY_PROTECT, R, 0},
	};

	check("order", bh_call(BH_CALL_MEMORY, (uint64_t)good, 5, 0) == 5 &&
	                       load(at + PAGE) == 0 && write_faults(at) &&
	                       write_faults(at + 3 * PAGE));
	check("a hole before", bh_call(BH_CALL_MEMORY, (uint64_t)hole, 3, 0) ==
	                                       -BH_EINVAL &&
	                               write_faults(at));
	none(at, 4 * PAGE);
}

/* ------------------------------------------------------- any order of changes */

#define RANDOM_PAGES 64u

struct page {
	bool is_memory;
	uint32_t protection;
	uint32_t code;     /* what the function on it returns; 0: none there */
	uint64_t contents; /* its first bytes */
};

static uint32_t next_random(uint32_t limit)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(state >> 33) % limit;
}

static bool is_all_memory(const struct page *pages, uint32_t first,
                          uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++)
		if (!pages[i].is_memory)
			return false;
	return true;
}

static bool change_some(uint64_t at, struct page *pages)
{
	static const uint32_t rights[] = {0, R, R | W, R | X, R | W | X};
	uint32_t first = next_random(RANDOM_PAGES);
	uint32_t count = 1 + next_random(RANDOM_PAGES - first) % 16;
	uint32_t kind = next_random(4);
	uint32_t protection = rights[next_random(5)];

	if (kind == BH_MEMORY_ROOT ||
	    (kind == BH_MEMORY_PROTECT && !is_all_memory(pages, first, count)))
		kind = BH_MEMORY_ZERO;
	if (kind == BH_MEMORY_NONE)
		protection = 0;
	for (uint32_t i = first; i < first + count; i++) {
		pages[i].is_memory = kind != BH_MEMORY_NONE;
		pages[i].protection = protection;
		if (kind != BH_MEMORY_PROTECT)
			pages[i].code = 0, pages[i].contents = 0;
	}
	return change(kind, at + first * PAGE, count * PAGE, protection, 0) ==
	       1;
}

static bool is_as_said(uint64_t at, struct page *page)
{
	bool right = true;

	if (page->protection & R)
		right &= load(at) == page->contents;
	else
		right &= read_faults(at);
	if (!(page->protection & X))
		right &= jump_faults(at);
	else if (page->code)
		right &= run(at) == page->code;
	if (page->protection & W) {
		page->code = 1 + next_random(1999);
		write_code(at, page->code);
		page->contents = load(at);
	} else {
		right &= write_faults(at);
	}
	return right;
}

/* Half of the pages lie in one large page of the host's, half in the next. */
static void try_random(void)
{
	static struct page pages[RANDOM_PAGES];
	uint64_t at = high + (UINT64_C(6) << 20) - RANDOM_PAGES / 2 * PAGE;
	bool changed = true, right = true;

	for (uint32_t i = 0; i < 500; i++) {
		changed &= change_some(at, pages);
		for (uint32_t k = 0; k < 3; k++) {
			uint32_t page = next_random(RANDOM_PAGES);

			right &= is_as_said(at + page * PAGE, &pages[page]);
		}
	}
	check("any order", changed);
	check("as said", right);
	none(at, RANDOM_PAGES * PAGE);
}

static void try_exhaustion(void)
{
	uint64_t at = high + 4096 * PAGE, size = 16 * boot->memory_limit;
	struct bh_memory_change two[] = {
	        {at, PAGE, BH_MEMORY_ZERO, R | W, 0},
	        {at + PAGE, size, BH_MEMORY_ZERO, R | W, 0},
	};
	uint32_t made = 0;

	if (size + 4097 * PAGE <= boot->arena_high_size)
		check("too much",
		      change(BH_MEMORY_ZERO, at, size, R | W, 0) ==
		                      -BH_ENOMEM &&
		              bh_call(BH_CALL_MEMORY, (uint64_t)two, 2, 0) ==
		                      1 &&
		              load(at) == 0 && read_faults(at + PAGE));
	none(at, PAGE);
	check("up to the limit",
	      zero(at, boot->memory_limit, R | W) &&
	              load(at + boot->memory_limit - 8) == 0 &&
	              change(BH_MEMORY_ZERO, at + boot->memory_limit, PAGE,
	                     R | W, 0) == -BH_ENOMEM &&
	              zero(at + boot->memory_limit, PAGE, R) &&
	              change(BH_MEMORY_PROTECT, at + boot->memory_limit, PAGE,
	                     R | W, 0) == -BH_ENOMEM &&
	              load(at + boot->memory_limit) == 0 &&
	              none(at, boot->memory_limit + PAGE));
	/* No two neighbours alike: as many pieces as changes. */
	while (made < 70000 &&
	       change(BH_MEMORY_ZERO, at + 2 * made * PAGE, PAGE, R, 0) == 1)
		made++;
	if (made <= 16384 || made >= 70000)
		printf("WRONG: %" PRIu32 " pieces\n", made);
	check("pieces", made > 16384 && made < 70000 &&
	                        change(BH_MEMORY_ZERO, at + 2 * made * PAGE,
	                               PAGE, R, 0) == -BH_ENOMEM);
	check("recovers", made && load(at + 2 * PAGE * (made - 1)) == 0 &&
	                          none(at, 2 * PAGE * 70000) &&
	                          zero(at, PAGE, R | W) && load(at) == 0);
	none(at, PAGE);
}

/* Upcalls that run on a stack in the arena. */
static void try_stack(void)
{
	uint64_t at = high + 8192 * PAGE;
	int64_t status;

	check("stack nowhere", bh_call(BH_CALL_SET_UPCALL, (uint64_t)entry,
	                               at + PAGE, 3) == -BH_EINVAL);
	zero(at, 8 * PAGE, R | W);
	status = bh_call(BH_CALL_SET_UPCALL, (uint64_t)entry, at + 8 * PAGE, 3);
	check("stack in the arena",
	      status == 0 && system_call(1) == SURVIVED &&
	              last.cause == BH_UPCALL_SYSCALL && read_faults(at - 1));
	status = bh_call(BH_CALL_SET_UPCALL, (uint64_t)entry,
	                 (uint64_t)(upcall_stack + sizeof(upcall_stack)), 3);
	check("and back", status == 0 && none(at, 8 * PAGE) &&
	                          read_faults(at) &&
	                          system_call(2) == SURVIVED);
}

int main(void)
{
	boot = bh_boot();
	if (!(boot->features[0] & BH_FEATURE_MEMORY)) {
		printf("no arena; size of it %" PRIu64 "\n",
		       boot->arena_low_size + boot->arena_high_size);
		return boot->arena_low_size || boot->arena_high_size;
	}
	high = boot->arena_high_base;
	low = boot->arena_low_base;
	if (bh_call(BH_CALL_SET_UPCALL, (uint64_t)entry,
	            (uint64_t)(upcall_stack + sizeof(upcall_stack)),
	            BH_UPCALL_TRAP | BH_UPCALL_SYSCALL))
		return 1;
	try_zero();
	try_crossing();
	try_large();
	try_low();
	try_code();
	try_written_code();
	try_root();
	try_malformed();
	try_order();
	try_random();
	try_stack();
	try_exhaustion();
	return 0;
}
