/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "core/xlate/seccomp.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/exchange_rules.h"
#include "core/host_memory.h"

/*
 * Everything that the translator needs is mapped before the filter is entered.
 * Its code can be written through one of two mappings and executed through the
 * other, so a guest that takes over this process can execute what it writes.
 * The filter is what holds it.
 */
static const struct bh_seccomp_rule rules[] = {
        CORE_EXCHANGE_RULES,
        {
                .number = SYS_madvise,
                .reason = "forget which pages code was translated from",
                .checks = {BH_SECCOMP_ARG(2, MADV_DONTNEED)},
        },
        {
                .number = SYS_madvise,
                .reason = "take pages for code and where it is",
                .checks = {BH_SECCOMP_ARG(2, MADV_POPULATE_WRITE)},
        },
        {
                .number = SYS_rt_sigreturn,
                .reason = "return from BH_CORE_SIGNAL_DESCRIBE",
        },
#if defined(BH_SANITIZE)
        {
                .number = SYS_sigaltstack,
                .reason = "AddressSanitizer, at every longjmp()",
                .checks = {BH_SECCOMP_ARG(0, 0)},
        },
#endif
        /* Last: left out where the guest has no arena. */
        CORE_HOST_MEMORY_RULES,
};

const struct bh_seccomp_rule *xlate_seccomp_rules(bool has_arena, size_t *count)
{
	*count = sizeof(rules) / sizeof(rules[0]) -
	         (has_arena ? 0 : CORE_HOST_MEMORY_RULE_COUNT);
	return rules;
}
