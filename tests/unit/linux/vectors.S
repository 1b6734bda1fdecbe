/* SPDX-License-Identifier: ISC */

/* Vector registers as the kernel saves them; contexts are the machine's. */

#define arch_switch real_switch

#if defined(__x86_64__)
#include "guest/linux/context_x86_64.S"
#elif defined(__aarch64__)
#include "guest/linux/context_aarch64.S"
#else
#include "guest/linux/context_riscv64.S"
#endif
