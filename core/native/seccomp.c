/* SPDX-License-Identifier: ISC */
#include "core/native/seccomp.h"

#include <linux/futex.h>
#include <sys/auxv.h>
#include <sys/syscall.h>

#include "abi/core.h"

#if defined(__x86_64__)
#include <asm/prctl.h>
#define HWCAP2_FS_INSTRUCTIONS (1u << 1) /* HWCAP2_FSGSBASE */
#endif

static const struct bh_seccomp_rule rules[] = {
        {SYS_write,
         "ring the doorbell",
         {BH_SECCOMP_ARG(0, BH_CORE_FD_DOORBELL),
          BH_SECCOMP_ARG(2, sizeof(uint64_t))}},
        {SYS_futex,
         "sleep until exo has answered",
         {BH_SECCOMP_ARG_MASKED(1, UINT32_MAX, FUTEX_WAIT),
          BH_SECCOMP_ARG(3, 0)}},
        {SYS_sched_yield, "offer the CPU while exo answers", {{0}}},
        {SYS_rt_sigreturn, "leave the handler of a trap", {{0}}},
        {SYS_exit_group, "end when exo says so", {{0}}},
#if defined(__x86_64__)
        /* Last: left out where the processor has instructions for it. */
        {SYS_arch_prctl,
         "set the guest's thread pointer",
         {BH_SECCOMP_ARG_MASKED(0, UINT32_MAX, ARCH_SET_FS)}},
#endif
};

bool native_has_fs_instructions(void)
{
#if defined(__x86_64__)
	return getauxval(AT_HWCAP2) & HWCAP2_FS_INSTRUCTIONS;
#else
	return true;
#endif
}

const struct bh_seccomp_rule *native_seccomp_rules(size_t *count)
{
	*count = sizeof(rules) / sizeof(rules[0]);
#if defined(__x86_64__)
	if (native_has_fs_instructions())
		--*count;
#endif
	return rules;
}
