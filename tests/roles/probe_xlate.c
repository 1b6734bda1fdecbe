/* SPDX-License-Identifier: ISC */
#include "core/xlate/seccomp.h"
#include "probe.h"

static const struct bh_seccomp_rule *rules(size_t *count)
{
	return xlate_seccomp_rules(true, count);
}

int main(int argc, char **argv)
{
	const struct probe_role role = {
	        .name = "xlate",
	        .rules = rules,
	        .sandbox = {
	                .root = true,
	                .landlock = true,
	                .writes_files = false,
	                .starts_threads = false,
	                .keep_fds = 8,
	        },
	        .most = 9,
	};

	(void)argc;
	return probe_main(&role, argv);
}
