/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "confine.h"

#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/sandbox.h"

/* A sanitizer's runtime needs more system calls than it says. */
#ifdef BH_SANITIZE
#define FILTERED false

/* Looking for leaks needs /proc, which Landlock has closed by then. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#else
#define FILTERED true
#endif

const char *confine(int last_fd, const struct bh_seccomp_rule *rules,
                    size_t count)
{
	struct bh_sandbox sandbox = {
	        .landlock =
	                syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0,
	        .writes_files = true,
	        .keep_fds = last_fd,
	};
	const char *stage;

	if (bh_sandbox_enter(&sandbox, &stage))
		return stage;
	if (FILTERED && bh_seccomp_enter(rules, count))
		return "seccomp";
	return NULL;
}
