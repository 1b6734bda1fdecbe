/* SPDX-License-Identifier: ISC */
#include "device/volume/volume.h"
#include "probe.h"

static const struct bh_seccomp_rule *rules(size_t *count)
{
	return volume_seccomp_rules(false, count);
}

/* Its folder is tests/unit/test_sandbox.c's. */
int main(int argc, char **argv)
{
	const struct probe_role role = {
	        .name = "volume",
	        .rules = rules,
	        .sandbox =
	                {
	                        .root = true,
	                        .landlock = true,
	                        .writes_files = true,
	                        .keep_fds = 8,
	                },
	        .most = 28,
	};

	(void)argc;
	return probe_main(&role, argv);
}
