/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "core/native/seccomp.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/exchange_rules.h"
#include "core/host_memory.h"

#if defined(__x86_64__)
#include <asm/prctl.h>
#define HWCAP2_FS_INSTRUCTIONS (1u << 1) /* HWCAP2_FSGSBASE */
#endif

static const struct bh_seccomp_rule common[] = {
        CORE_EXCHANGE_RULES,
        {SYS_rt_sigreturn, "leave the handler of a trap", {{0}}},
};

#if defined(__x86_64__)
/* Left out where the processor has instructions for it. */
static const struct bh_seccomp_rule thread_pointer[] = {
        {SYS_arch_prctl,
         "set the guest's thread pointer",
         {BH_SECCOMP_ARG_MASKED(0, UINT32_MAX, ARCH_SET_FS)}},
};
#endif

/* Left out where the guest has no arena. */
static const struct bh_seccomp_rule arena[] = {CORE_HOST_MEMORY_RULES};

#define COUNT(rules) (sizeof(rules) / sizeof((rules)[0]))
#define RULES_MAX    12u

bool native_has_fs_instructions(void)
{
#if defined(__x86_64__)
	return getauxval(AT_HWCAP2) & HWCAP2_FS_INSTRUCTIONS;
#else
	return true;
#endif
}

static size_t append(struct bh_seccomp_rule *to, size_t count,
                     const struct bh_seccomp_rule *rules, size_t more)
{
	memcpy(&to[count], rules, more * sizeof(*to));
	return count + more;
}

const struct bh_seccomp_rule *native_seccomp_rules(bool has_arena,
                                                   size_t *count)
{
	static struct bh_seccomp_rule rules[RULES_MAX];
	size_t n = append(rules, 0, common, COUNT(common));

#if defined(__x86_64__)
	if (!native_has_fs_instructions())
		n = append(rules, n, thread_pointer, COUNT(thread_pointer));
#endif
	if (has_arena)
		n = append(rules, n, arena, COUNT(arena));
	*count = n;
	return rules;
}
