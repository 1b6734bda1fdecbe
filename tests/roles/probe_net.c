/* SPDX-License-Identifier: ISC */
#include "device/net/seccomp.h"
#include "probe.h"

/* All that it may be allowed: with outgoing connections. */
static const struct bh_seccomp_rule *rules(size_t *count)
{
	return net_seccomp_rules(true, count);
}

/* What it has beyond this is the host's network namespace. */
int main(int argc, char **argv)
{
	const struct probe_role role = {
	        .name = "net",
	        .rules = rules,
	        .sandbox =
	                {
	                        .root = true,
	                        .landlock = true,
	                        .keep_fds = 8,
	                },
	        .most = 19,
	};

	(void)argc;
	return probe_main(&role, argv);
}
