/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_SECCOMP_H
#define BH_EXO_SECCOMP_H

#include "lib/seccomp.h"

/* All that exo may ask of the kernel once it runs, and why. */
const struct bh_seccomp_rule *exo_seccomp_rules(size_t *count);

#endif
