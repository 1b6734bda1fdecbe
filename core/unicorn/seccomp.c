/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/exchange_rules.h"
#include "core/host_memory.h"
#include "core/unicorn/unicorn.h"
#include "lib/seccomp.h"

/* AddressSanitizer's allocator chooses its places. */
#if defined(BH_SANITIZE)
#define MMAP_EXTRA ((uint64_t)(MAP_FIXED | MAP_NORESERVE))
#else
#define MMAP_EXTRA UINT64_C(0)
#endif

/*
 * What the unicorn core may do while the guest runs.
 *
 * libunicorn's translation buffer is readable, writable and executable and
 * mapped before the filter is entered, so a guest that takes over this process
 * can execute what it writes.  The filter is what holds it.
 */
static const struct bh_seccomp_rule rules[] = {
        CORE_EXCHANGE_RULES,
        {
                .number = SYS_mmap,
                .reason = "malloc of the translator: large blocks",
                .checks = {BH_SECCOMP_ARG(2, PROT_READ | PROT_WRITE),
                           BH_SECCOMP_ARG_MASKED(3, ~MMAP_EXTRA,
                                                 MAP_PRIVATE | MAP_ANONYMOUS),
                           BH_SECCOMP_ARG_MASKED(4, UINT32_MAX, UINT32_MAX)},
        },
        {
                .number = SYS_munmap,
                .reason = "free of the translator: large blocks",
        },
        {
                .number = SYS_mremap,
                .reason = "realloc of the translator: large blocks",
                .checks = {BH_SECCOMP_ARG(3, MREMAP_MAYMOVE)},
        },
        {
                .number = SYS_brk,
                .reason = "malloc of the translator: small blocks",
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

const struct bh_seccomp_rule *unicorn_seccomp_rules(bool has_arena,
                                                    size_t *count)
{
	*count = sizeof(rules) / sizeof(rules[0]) -
	         (has_arena ? 0 : CORE_HOST_MEMORY_RULE_COUNT);
	return rules;
}
