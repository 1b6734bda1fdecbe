/* SPDX-License-Identifier: ISC */
#include "exo/seccomp.h"
#include "probe.h"

int main(int argc, char **argv)
{
	const struct probe_role role = {
	        .name = "exo",
	        .rules = exo_seccomp_rules,
	        .sandbox = {
	                .root = true,
	                .landlock = true,
	                .writes_files = true,
	                .starts_threads = false,
	                .keep_fds = 63,
	        },
	        .most = 0,
	};

	(void)argc;
	return probe_main(&role, argv);
}
