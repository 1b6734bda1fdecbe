/* SPDX-License-Identifier: ISC */

/*
 * A guest that tries to get out of its variant.
 *
 *      hostile HOW
 *
 * "before" is printed first; "after" only if it was not stopped.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bh.h>

/* Every page it can reach by going up and down from what it knows. */
static void write_around(void)
{
	static uint8_t here;
	volatile uint8_t *at = &here;

	for (uint64_t i = 0;; i += BH_PAGE_SIZE)
		at[i] = 0xff;
}

static void write_below(void)
{
	static uint8_t here;
	volatile uint8_t *at = &here;

	for (uint64_t i = 0;; i += BH_PAGE_SIZE)
		*(at - i) = 0xff;
}

static void write_high(void)
{
	*(volatile uint8_t *)UINT64_C(0x7ffffffff000) = 0xff;
}

static void write_kernel(void)
{
	*(volatile uint8_t *)UINT64_C(0xffffffff81000000) = 0xff;
}

static void write_entry(void)
{
	*(volatile uint8_t *)bh_boot()->hypercall = 0xcc;
}

static void read_entry(void)
{
	const volatile uint8_t *entry = (void *)bh_boot()->hypercall;

	for (int i = 0; i < 64; i++)
		(void)entry[i];
}

/* All of its heap, and then some; it is told that there is no more. */
static void exhaust(void)
{
	const size_t size = 1 << 20;
	volatile uint8_t *bytes;
	unsigned count = 0;

	while ((bytes = malloc(size))) {
		for (size_t i = 0; i < size; i += 512)
			bytes[i] = 0x55;
		count++;
	}
	printf("%u MiB were there\n", count);
}

static void exhaust_stack(void)
{
	volatile uint8_t bytes[65536];

	for (size_t i = 0; i < sizeof(bytes); i += 512)
		bytes[i] = 1;
	exhaust_stack();
	bytes[0] = 2; /* no tail call */
}

/* Linux's write(1, ...) by the instruction itself. */
static void linux_write(void)
{
	static const char text[] = "MUST NOT APPEAR\n";
	uint64_t size = sizeof(text) - 1;

#if defined(__x86_64__)
	__asm__ volatile("syscall"
	                 :
	                 : "a"(1), "D"(1), "S"(text), "d"(size)
	                 : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register uint64_t number __asm__("x8") = 64;
	register uint64_t a __asm__("x0") = 1;
	register const char *b __asm__("x1") = text;
	register uint64_t c __asm__("x2") = size;

	__asm__ volatile("svc #0"
	                 : "+r"(a)
	                 : "r"(number), "r"(b), "r"(c)
	                 : "memory");
#else
	register uint64_t number __asm__("a7") = 64;
	register uint64_t a __asm__("a0") = 1;
	register const char *b __asm__("a1") = text;
	register uint64_t c __asm__("a2") = size;

	__asm__ volatile("ecall"
	                 : "+r"(a)
	                 : "r"(number), "r"(b), "r"(c)
	                 : "memory");
#endif
}

#if defined(__x86_64__)
/* The entry for 32-bit programs: open("/etc/passwd"). */
static void linux_interrupt(void)
{
	__asm__ volatile("int $0x80" : : "a"(5), "b"(0), "c"(0) : "memory");
}

static void linux_sysenter(void)
{
	__asm__ volatile("sysenter" : : "a"(20) : "memory");
}

static void set_segment(void)
{
	__asm__ volatile("mov %0, %%ss" : : "r"(0x1234));
}

static void use_port(void)
{
	__asm__ volatile("outb %%al, $0x80" : : "a"(0));
}

static void halt(void)
{
	__asm__ volatile("cli\n\thlt");
}
#endif

static const struct {
	const char *name;
	void (*act)(void);
} ways[] = {
        {"write-around", write_around},
        {"write-below", write_below},
        {"write-high", write_high},
        {"write-kernel", write_kernel},
        {"write-entry", write_entry},
        {"read-entry", read_entry},
        {"exhaust", exhaust},
        {"exhaust-stack", exhaust_stack},
        {"linux-write", linux_write},
#if defined(__x86_64__)
        {"linux-interrupt", linux_interrupt},
        {"linux-sysenter", linux_sysenter},
        {"set-segment", set_segment},
        {"use-port", use_port},
        {"halt", halt},
#endif
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (argc != 2 || strcmp(argv[1], ways[i].name))
			continue;
		printf("before\n");
		ways[i].act();
		printf("after\n");
		return 0;
	}
	return 2;
}
