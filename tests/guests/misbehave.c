/* SPDX-License-Identifier: ISC */

/*
 * A guest that does what it must not, in all variants alike.
 *
 *      misbehave HOW
 *
 * HOW is a name of the table below.  "before" is printed first; "after" only
 * if it was not stopped.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bh.h>

static const int constant = 1;
static int variable = 1;

/* --------------------------------------------------------------- faults */

static void read_null(void)
{
	(void)*(volatile int *)8;
}

static void write_null(void)
{
	*(volatile int *)8 = 1;
}

static void write_code(void)
{
	*(volatile uint32_t *)(uintptr_t)&write_code = 0;
}

static void write_constant(void)
{
	*(volatile int *)(uintptr_t)&constant = 2;
}

static void write_boot(void)
{
	*(volatile uint32_t *)(uintptr_t)bh_boot() = 0;
}

static void write_completion(void)
{
	*(volatile uint32_t *)bh_boot()->completion = 0;
}

/* Jumps there by way of a variable that no optimizer sees through. */
static void jump(uintptr_t address)
{
	void (*volatile target)(void) = (void (*)(void))address;

	target();
	/* Not a tail call: the return address is this function's. */
	__asm__ volatile("" ::: "memory");
}

static void execute_data(void)
{
	jump((uintptr_t)&variable);
}

static void execute_stack(void)
{
	int local = 1;

	jump((uintptr_t)&local);
}

static void execute_heap(void)
{
	jump((uintptr_t)malloc(16));
}

static void jump_null(void)
{
	jump(0);
}

static void jump_wild(void)
{
	jump(UINT64_C(0x3ffffff000));
}

static int recurse(volatile char *last)
{
	volatile char page[1024];

	page[0] = *last;
	return recurse(page) + page[0];
}

static void overflow_stack(void)
{
	volatile char first = 1;

	recurse(&first);
}

__attribute__((noinline)) static void fill(char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((volatile char *)bytes)[i] = 'A';
}

static void smash_stack(void)
{
	char bytes[16];

	fill(bytes, 64);
}

#if defined(__x86_64__)
#define SYSTEM_CALL "mov $39, %%eax\n\tsyscall"
#define UNDEFINED   ".byte 0x06"
#define PRIVILEGED  "hlt"
#define CLOBBERS    "rax", "rcx", "r11", "memory"
#elif defined(__aarch64__)
#define SYSTEM_CALL "mov x8, #172\n\tsvc #0"
#define UNDEFINED   ".inst 0x00000000"
#define PRIVILEGED  "mrs x0, ttbr0_el1"
#define CLOBBERS    "x0", "x8", "memory"
#elif defined(__riscv)
#define SYSTEM_CALL "li a7, 172\n\tecall"
#define UNDEFINED   ".word 0x0000000b"
#define PRIVILEGED  "csrr a0, sstatus"
#define CLOBBERS    "a0", "a7", "memory"
#endif

static void system_call(void)
{
	__asm__ volatile(SYSTEM_CALL ::: CLOBBERS);
}

static void undefined(void)
{
	__asm__ volatile(UNDEFINED ::: CLOBBERS);
}

static void privileged(void)
{
	__asm__ volatile(PRIVILEGED ::: CLOBBERS);
}

static void trap(void)
{
	__builtin_trap();
}

static void divide(void)
{
	volatile int zero = 0;

	variable /= zero;
}

static void divide_minimum(void)
{
	volatile int minus_one = -1;
	volatile int minimum = -2147483647 - 1;

	variable = minimum / minus_one;
}

static void hypercall(void)
{
	bh_call((enum bh_call)99, 1, 2, 3);
}

static void assertion(void)
{
	assert(variable == 2);
}

static void loop(void)
{
	volatile int forever = 1;

	while (forever)
		;
}

/* ---------------------------------------------------- malformed batches */

static struct bh_submission *submission(void)
{
	return (struct bh_submission *)bh_boot()->submission;
}

/* Puts a good console write into the batch, for the caller to spoil. */
static struct bh_record *good_record(void)
{
	static const char text[] = "MUST NOT APPEAR\n";
	struct bh_record *record = (struct bh_record *)(submission() + 1);

	bh_submit(1, BH_CONSOLE_WRITE, 7, NULL, text, sizeof(text) - 1);
	return record;
}

static void exchange(void)
{
	bh_exchange(BH_WAIT_NONE, 0, BH_NEVER);
}

static void small_record(void)
{
	good_record()->size = 32;
	exchange();
}

static void large_record(void)
{
	good_record()->size = 4096;
	exchange();
}

static void huge_record(void)
{
	good_record()->size = UINT32_MAX;
	exchange();
}

static void padding(void)
{
	good_record()->size -= 1;
	exchange();
}

static void reserved(void)
{
	good_record()->reserved = 1;
	exchange();
}

static void client(void)
{
	good_record()->client = 1;
	exchange();
}

static void status(void)
{
	good_record()->status = -1;
	exchange();
}

static void value(void)
{
	good_record()->value[3] = 1;
	exchange();
}

static void channel(void)
{
	good_record()->channel = 1000;
	exchange();
}

static void type(void)
{
	good_record()->type = 1000;
	exchange();
}

static void count(void)
{
	good_record();
	submission()->count++;
	exchange();
}

static void bytes(void)
{
	good_record();
	submission()->bytes += 8;
	exchange();
}

static void unaligned_bytes(void)
{
	good_record();
	submission()->bytes += 1;
	exchange();
}

static void huge_bytes(void)
{
	good_record();
	submission()->bytes = UINT32_MAX;
	exchange();
}

static void header_reserved(void)
{
	good_record();
	submission()->reserved[1] = 1;
	exchange();
}

static void wait(void)
{
	good_record();
	bh_exchange((enum bh_wait)77, 0, BH_NEVER);
}

static void wait_tag(void)
{
	good_record();
	submission()->wait = BH_WAIT_NONE;
	submission()->wait_tag = 5;
	submission()->deadline = BH_NEVER;
	submission()->exchange++;
	bh_call(BH_CALL_EXCHANGE, 0, 0, 0);
}

static void exchange_ahead(void)
{
	good_record();
	submission()->exchange += 5;
	exchange();
}

static void exchange_again(void)
{
	good_record();
	submission()->exchange -= 1;
	exchange();
}

static void after_exit(void)
{
	bh_submit(BH_CHANNEL_CONTROL, BH_CONTROL_EXIT, 0, NULL, NULL, 0);
	good_record();
	exchange();
}

static void exit_large(void)
{
	bh_submit(BH_CHANNEL_CONTROL, BH_CONTROL_EXIT, 0, BH_VALUES(256), NULL,
	          0);
	exchange();
}

static void entropy_none(void)
{
	int entropy = bh_find_channel("entropy");

	bh_submit((unsigned)entropy, BH_ENTROPY_GET, 7, NULL, NULL, 0);
	exchange();
}

static void abort_long(void)
{
	static const char text[BH_ABORT_TEXT + 1];

	bh_submit(BH_CHANNEL_CONTROL, BH_CONTROL_ABORT, 0, NULL, text,
	          sizeof(text));
	exchange();
}

static void none(void)
{
}

static const struct {
	const char *name;
	void (*act)(void);
} ways[] = {
        {"read-null", read_null},
        {"write-null", write_null},
        {"write-code", write_code},
        {"write-constant", write_constant},
        {"write-boot", write_boot},
        {"write-completion", write_completion},
        {"execute-data", execute_data},
        {"execute-stack", execute_stack},
        {"execute-heap", execute_heap},
        {"jump-null", jump_null},
        {"jump-wild", jump_wild},
        {"stack-overflow", overflow_stack},
        {"stack-smash", smash_stack},
        {"system-call", system_call},
        {"undefined", undefined},
        {"privileged", privileged},
        {"trap", trap},
        {"divide", divide},
        {"divide-minimum", divide_minimum},
        {"hypercall", hypercall},
        {"abort", abort},
        {"assert", assertion},
        {"loop", loop},
        {"record-small", small_record},
        {"record-large", large_record},
        {"record-huge", huge_record},
        {"record-padding", padding},
        {"record-reserved", reserved},
        {"record-client", client},
        {"record-status", status},
        {"record-value", value},
        {"record-channel", channel},
        {"record-type", type},
        {"header-count", count},
        {"header-bytes", bytes},
        {"header-unaligned", unaligned_bytes},
        {"header-huge", huge_bytes},
        {"header-reserved", header_reserved},
        {"header-wait", wait},
        {"header-tag", wait_tag},
        {"exchange-ahead", exchange_ahead},
        {"exchange-again", exchange_again},
        {"after-exit", after_exit},
        {"exit-large", exit_large},
        {"entropy-none", entropy_none},
        {"abort-long", abort_long},
        {"none", none},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (argc == 2 && !strcmp(argv[1], "list")) {
			puts(ways[i].name);
		} else if (argc == 2 && !strcmp(argv[1], ways[i].name)) {
			puts("before");
			ways[i].act();
			puts("after");
			return 0;
		}
	}
	return argc == 2 && !strcmp(argv[1], "list") ? 0 : 2;
}
