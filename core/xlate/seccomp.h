/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_XLATE_SECCOMP_H
#define BH_CORE_XLATE_SECCOMP_H

#include <stdbool.h>

#include "lib/seccomp.h"

/* What the xlate core may still ask of the kernel while the guest runs. */
const struct bh_seccomp_rule *xlate_seccomp_rules(bool has_arena,
                                                  size_t *count);

#endif
