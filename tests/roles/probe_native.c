/* SPDX-License-Identifier: ISC */
#include "core/native/seccomp.h"
#include "probe.h"

int main(int argc, char **argv)
{
	const struct probe_role role = {
	        .name = "native",
	        .rules = native_seccomp_rules,
	        .sandbox = {
	                .root = true,
	                .landlock = true,
	                .writes_files = false,
	                .starts_threads = false,
	                .keep_fds = 7,
	        },
	        .most = 12,
	};

	(void)argc;
	return probe_main(&role, argv);
}
