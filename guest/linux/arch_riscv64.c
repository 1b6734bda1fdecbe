/* SPDX-License-Identifier: ISC */
#include "guest/linux/arch.h"
#include "guest/linux/mm.h"
#include "guest/linux/task.h"

/* A bit for each letter of IMAFDC. */
#define LETTER(c) (UINT64_C(1) << ((c) - 'a'))
const uint64_t arch_hwcap = LETTER('i') | LETTER('m') | LETTER('a') |
                            LETTER('f') | LETTER('d') | LETTER('c');
const uint64_t arch_hwcap2 = 0;

void *arch_context(uint64_t top, void (*function)(void))
{
	uint64_t *stack = (uint64_t *)(uintptr_t)top - 14;

	/* ra, s0 to s11 */
	memset(stack, 0, 14 * sizeof(*stack));
	stack[0] = (uint64_t)(uintptr_t)function;
	return stack;
}

size_t arch_vectors_size(void)
{
	return 32 * 8 + 16;
}

void arch_vectors_init(void *area)
{
	memset(area, 0, arch_vectors_size());
}
