/* SPDX-License-Identifier: ISC */

/*
 * System call instructions that come to an upcall, which answers at once: what
 * a call costs before and after a guest kernel does anything.
 *
 *	calls COUNT
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <bh.h>

uint64_t call(uint64_t value);

#define FUNCTION(code)                                                         \
	__asm__(".pushsection .text\n.globl call\n.hidden call\ncall:\n" code  \
	        "\nret\n.popsection\n")

#if defined(__x86_64__)
enum { RESULT = 0 };
FUNCTION("mov %rdi, %rax\nsyscall");
#elif defined(__aarch64__)
enum { RESULT = 0 };
FUNCTION("svc #0");
#elif defined(__riscv)
enum { RESULT = 10 };
FUNCTION("ecall");
#endif

static void entry(struct bh_upcall_frame *frame)
{
	frame->registers[RESULT]++;
	bh_call(BH_CALL_RESUME, (uint64_t)frame, 0, 0);
	abort();
}

int main(int argc, char **argv)
{
	static char stack[65536] __attribute__((aligned(16)));
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, value = 0;

	if (bh_call(BH_CALL_SET_UPCALL, (uint64_t)entry,
	            (uint64_t)(stack + sizeof(stack)), BH_UPCALL_SYSCALL))
		return 1;
	for (uint64_t i = 0; i < count; i++)
		value = call(value);
	printf("%" PRIu64 "\n", value);
	return value != count;
}
