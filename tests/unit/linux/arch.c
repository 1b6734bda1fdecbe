/* SPDX-License-Identifier: ISC */

/* The kernel's code for this instruction set; contexts are the machine's. */

#define arch_context real_context

#if defined(__x86_64__)
#include "guest/linux/arch_x86_64.c"
#elif defined(__aarch64__)
#include "guest/linux/arch_aarch64.c"
#else
#include "guest/linux/arch_riscv64.c"
#endif
