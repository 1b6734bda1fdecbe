/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_KVM_SECCOMP_H
#define BH_CORE_KVM_SECCOMP_H

#include <stdbool.h>

#include "lib/seccomp.h"

/* What the kvm core may still ask of the kernel once its guest runs. */
const struct bh_seccomp_rule *kvm_seccomp_rules(bool has_arena, size_t *count);

#endif
