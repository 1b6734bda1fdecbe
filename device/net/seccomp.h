/* SPDX-License-Identifier: ISC */
#ifndef BH_DEVICE_NET_SECCOMP_H
#define BH_DEVICE_NET_SECCOMP_H

#include <stdbool.h>

#include "lib/seccomp.h"

/* OUTGOING: the guest may speak to others than those that come to it. */
const struct bh_seccomp_rule *net_seccomp_rules(bool outgoing, size_t *count);

#endif
