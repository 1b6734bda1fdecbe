/* SPDX-License-Identifier: ISC */
/*
 * The least that a test needs to run as a Linux program, in place of the SDK:
 * start code that relocates the image, write, exit, and memory for malloc.
 * It lets the C library be tested on all instruction sets without a core.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

struct rela {
	uint64_t offset, info;
	int64_t addend;
};

extern char __ehdr_start[] __attribute__((visibility("hidden")));
extern uint64_t _DYNAMIC[] __attribute__((visibility("hidden")));
extern uintptr_t __stack_chk_guard;
int main(void);
void shim_main(void);

#if defined __x86_64__
#define RELATIVE 8
__asm__(".globl _start\n_start:\n"
	"xor %ebp, %ebp\nand $-16, %rsp\ncall shim_main\nud2\n");
static long linux_call(long n, long a, long b, long c)
{
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return r;
}
enum { SYS_WRITE = 1, SYS_EXIT = 231 };
#elif defined __aarch64__
#define RELATIVE 1027
__asm__(".globl _start\n_start:\nmov x29, #0\nmov x30, #0\nbl shim_main\nbrk #1\n");
static long linux_call(long n, long a, long b, long c)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}
enum { SYS_WRITE = 64, SYS_EXIT = 94 };
#elif defined __riscv
#define RELATIVE 3
__asm__(".globl _start\n_start:\nli s0, 0\nli ra, 0\ncall shim_main\nunimp\n");
static long linux_call(long n, long a, long b, long c)
{
	register long a7 __asm__("a7") = n;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
	return a0;
}
enum { SYS_WRITE = 64, SYS_EXIT = 94 };
#endif

static char buffer[4096];
static size_t buffered;

static void flush(void)
{
	size_t done = 0;

	while (done < buffered) {
		long n = linux_call(SYS_WRITE, 1, (long)(buffer + done), (long)(buffered - done));
		if (n <= 0)
			_exit(3);
		done += (size_t)n;
	}
	buffered = 0;
}

static int put(char c, FILE *stream)
{
	(void)stream;
	buffer[buffered++] = c;
	if (buffered == sizeof(buffer))
		flush();
	return (unsigned char)c;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;
FILE *const stderr = &console;

void _exit(int code)
{
	linux_call(SYS_EXIT, code, 0, 0);
	__builtin_unreachable();
}

static char heap[16 << 20] __attribute__((aligned(4096)));
static size_t heap_used;

void *sbrk(ptrdiff_t increment)
{
	char *old = heap + heap_used;

	if (increment > (ptrdiff_t)(sizeof(heap) - heap_used))
		return (void *)-1;
	heap_used += (size_t)increment;
	return old;
}

/* Every relocation must be a relative one; anything else exits with 4. */
__attribute__((no_stack_protector)) void shim_main(void)
{
	uintptr_t base = (uintptr_t)__ehdr_start;
	const struct rela *rela = NULL;
	size_t size = 0;

	for (const uint64_t *d = _DYNAMIC; d[0] != 0; d += 2) {
		if (d[0] == 7)
			rela = (const struct rela *)(base + d[1]);
		if (d[0] == 8)
			size = d[1];
	}
	for (size_t i = 0; i < size / sizeof(*rela); i++) {
		if ((rela[i].info & 0xffffffff) != RELATIVE)
			_exit(4);
		*(uint64_t *)(base + rela[i].offset) = base + (uint64_t)rela[i].addend;
	}
	__stack_chk_guard = 0xff0a00;

	int code = main();

	flush();
	_exit(code);
}
