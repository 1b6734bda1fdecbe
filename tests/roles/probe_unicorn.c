/* SPDX-License-Identifier: ISC */
#include "core/unicorn/unicorn.h"
#include "probe.h"

static const struct bh_seccomp_rule *rules(size_t *count)
{
	return unicorn_seccomp_rules(true, count);
}

int main(int argc, char **argv)
{
	(void)argc;
	return probe_core_main("unicorn", rules, false, 12, argv);
}
