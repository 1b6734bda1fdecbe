/* SPDX-License-Identifier: ISC */
#include "guest/linux/arch.h"
#include "guest/linux/mm.h"
#include "guest/linux/task.h"

#define LEGACY_SIZE 512u /* FXSAVE */

void arch_xsave(void *area);
void arch_xrstor(const void *area);
void arch_fxsave(void *area);
void arch_fxrstor(const void *area);

/* CPUID leaf 1, edx: what Linux calls ELF_HWCAP.  The C library asks CPUID. */
const uint64_t arch_hwcap = 0x078bfbff;
const uint64_t arch_hwcap2 = 0;

void *arch_context(uint64_t top, void (*function)(void))
{
	uint64_t *stack = (uint64_t *)(uintptr_t)top - 8;

	/* r15, r14, r13, r12, rbx, rbp, the address that `ret` takes, and as
	 * the function's own return address zero. */
	memset(stack, 0, 8 * sizeof(*stack));
	stack[6] = (uint64_t)(uintptr_t)function;
	return stack;
}

static uint32_t xsave_size(void)
{
	static uint32_t size = 1;
	uint32_t a = 1, b, c = 0, d;

	if (size != 1)
		return size;
	size = 0;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (!(c & (1u << 27))) /* OSXSAVE */
		return 0;
	a = 0xd;
	c = 0;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	size = b;
	return size;
}

size_t arch_vectors_size(void)
{
	uint32_t size = xsave_size();

	return size > LEGACY_SIZE ? size : LEGACY_SIZE;
}

void arch_vectors_save(void *area)
{
	if (xsave_size())
		arch_xsave(area);
	else
		arch_fxsave(area);
}

void arch_vectors_restore(const void *area)
{
	if (xsave_size())
		arch_xrstor(area);
	else
		arch_fxrstor(area);
}

void arch_vectors_init(void *area)
{
	uint8_t *bytes = area;

	memset(area, 0, arch_vectors_size());
	bytes[0] = 0x7f; /* x87 control word 0x037f */
	bytes[1] = 0x03;
	bytes[24] = 0x80; /* MXCSR 0x1f80 */
	bytes[25] = 0x1f;
}
