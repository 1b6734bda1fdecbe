/* SPDX-License-Identifier: ISC */
#include "core/xlate/seccomp.h"
#include "probe.h"

static const struct bh_seccomp_rule *rules(size_t *count)
{
	return xlate_seccomp_rules(true, count);
}

int main(int argc, char **argv)
{
	(void)argc;
	return probe_core_main("xlate", rules, false, 9, argv);
}
