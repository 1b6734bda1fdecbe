/* SPDX-License-Identifier: ISC */
#ifndef BH_LIB_SECCOMP_H
#define BH_LIB_SECCOMP_H

/*
 * A seccomp filter from a table of what is allowed.  Everything else, every
 * other architecture and the x32 ABI included, kills the process.
 *
 * This is not libseccomp because exo links nothing but libc (its size is a
 * promise), and one mechanism for all roles is easier to audit than two.
 * Source: Linux Documentation/userspace-api/seccomp_filter.rst.
 */

#include <stddef.h>
#include <stdint.h>

#define BH_SECCOMP_CHECKS 4u
#define BH_SECCOMP_RULES_MAX 48u

/* argument[index] & mask == value */
struct bh_seccomp_check {
	unsigned index;
	uint64_t mask;
	uint64_t value;
};

#define BH_SECCOMP_ARG(i, v)                                                   \
	{                                                                      \
		.index = (i), .mask = UINT64_MAX, .value = (uint64_t)(v)       \
	}
#define BH_SECCOMP_ARG_MASKED(i, m, v)                                         \
	{                                                                      \
		.index = (i), .mask = (uint64_t)(m), .value = (uint64_t)(v)    \
	}

/*
 * Allows one system call if all its checks hold (a check with mask 0 is
 * absent).  Several rules may name the same call: any of them suffices.  The
 * reason is for the reader and for `bh doctor --roles`.
 */
struct bh_seccomp_rule {
	int number;
	const char *reason;
	struct bh_seccomp_check checks[BH_SECCOMP_CHECKS];
};

/*
 * Installs the filter for the calling process.  The process must already have
 * no_new_privs.  Returns 0 or -errno; -EINVAL for an impossible table.
 */
int bh_seccomp_enter(const struct bh_seccomp_rule *rules, size_t count);

#endif
