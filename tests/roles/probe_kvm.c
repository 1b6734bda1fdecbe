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
	const struct probe_role role = {
	        .name = "kvm",
	        .rules = rules,
	        .sandbox = {
	                .root = true,
	                .landlock = true,
	                .writes_files = false,
	                .starts_threads = true,
	                .keep_fds = 8,
	        },
	        .most = 12,
	};

	(void)argc;
	return probe_main(&role, argv);
}
