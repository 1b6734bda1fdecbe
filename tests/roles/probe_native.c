/* SPDX-License-Identifier: ISC */
#include "core/native/seccomp.h"
#include "probe.h"

/* All that it may be allowed. */
static const struct bh_seccomp_rule *rules(size_t *count)
{
	return native_seccomp_rules(true, count);
}

int main(int argc, char **argv)
{
	(void)argc;
	return probe_core_main("native", rules, false, 12, argv);
}
