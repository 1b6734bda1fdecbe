/* SPDX-License-Identifier: ISC */
#include "core/kvm/seccomp.h"
#include "probe.h"

/* All that it may be allowed. */
static const struct bh_seccomp_rule *rules(size_t *count)
{
	return kvm_seccomp_rules(true, count);
}

int main(int argc, char **argv)
{
	(void)argc;
	return probe_core_main("kvm", rules, true, 12, argv);
}
