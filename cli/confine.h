/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_CONFINE_H
#define BH_CLI_CONFINE_H

/*
 * For helpers that look into what an attacker may have made: they give up
 * everything first.
 */

#include <stddef.h>

#include "lib/seccomp.h"

/*
 * Leaves descriptors up to LAST_FD, which may be written to, and COUNT system
 * calls.  NULL, or what has failed, with errno.
 */
const char *confine(int last_fd, const struct bh_seccomp_rule *rules,
                    size_t count);

#endif
