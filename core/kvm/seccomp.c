/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "core/kvm/seccomp.h"

#include <linux/kvm.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/exchange_rules.h"
#include "core/host_memory.h"
#include "core/kvm/machine.h"

#define ARENA_RULES (1 + CORE_HOST_MEMORY_RULE_COUNT)

static const struct bh_seccomp_rule rules[] = {
        {
                .number = SYS_ioctl,
                .reason = "KVM_RUN, and nothing else, on the vCPU: execute "
                          "the guest, fetch and load its registers",
                .checks =
                        {
                                BH_SECCOMP_ARG(0, BH_CORE_FD_KVM),
                                BH_SECCOMP_ARG(1, KVM_RUN),
                                BH_SECCOMP_ARG(2, 0),
                        },
        },
        CORE_EXCHANGE_RULES,
        {
                .number = SYS_rt_sigreturn,
                .reason = "leave the handler of the signal that asks for the "
                          "state of a guest which computes",
        },
        /* The ARENA_RULES last ones: left out where the guest has none. */
        {
                .number = SYS_ioctl,
                .reason = "the arena: memory slots for what becomes memory",
                .checks =
                        {
                                BH_SECCOMP_ARG(0, KVM_FD_VM),
                                BH_SECCOMP_ARG(1, KVM_SET_USER_MEMORY_REGION),
                        },
        },
        CORE_HOST_MEMORY_RULES,
};

const struct bh_seccomp_rule *kvm_seccomp_rules(bool has_arena, size_t *count)
{
	*count = sizeof(rules) / sizeof(rules[0]);
	if (!has_arena)
		*count -= ARENA_RULES;
	return rules;
}
