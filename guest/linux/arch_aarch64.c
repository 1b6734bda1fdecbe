/* SPDX-License-Identifier: ISC */
#include "guest/linux/arch.h"
#include "guest/linux/mm.h"
#include "guest/linux/task.h"

const uint64_t arch_hwcap = 1u << 0 | 1u << 1; /* FP, ASIMD */
const uint64_t arch_hwcap2 = 0;

void *arch_context(uint64_t top, void (*function)(void))
{
	uint64_t *stack = (uint64_t *)(uintptr_t)top - 12;

	/* x29 and x30, then x19 to x28. */
	memset(stack, 0, 12 * sizeof(*stack));
	stack[1] = (uint64_t)(uintptr_t)function;
	return stack;
}

size_t arch_vectors_size(void)
{
	return 32 * 16 + 16;
}

void arch_vectors_init(void *area)
{
	memset(area, 0, arch_vectors_size());
}
