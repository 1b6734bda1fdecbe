/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_NATIVE_SECCOMP_H
#define BH_CORE_NATIVE_SECCOMP_H

#include <stdbool.h>

#include "lib/seccomp.h"

/*
 * What the native core, and the guest within it, may still ask of the kernel.
 * A program that shows what the table forbids (tests) links this
 * file and lib/seccomp.o, calls bh_seccomp_enter() with it, and tries.
 */
const struct bh_seccomp_rule *native_seccomp_rules(bool has_arena,
                                                   size_t *count);

/* Whether the host lets a program change its thread pointer by itself; on
 * x86-64: rdfsbase and wrfsbase. */
bool native_has_fs_instructions(void);

#endif
