/* SPDX-License-Identifier: ISC */
#include "probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void put(const char *text)
{
	size_t size = strlen(text);

	if (write(PROBE_FD, text, size) != (ssize_t)size)
		_exit(125);
}

void probe_say(const struct probe_role *role, const char *name, const char *why)
{
	char line[512];

	snprintf(line, sizeof(line), "%s %s-%s%s%s\n", why ? "not ok" : "ok",
	         role->name, name, why ? ": " : "", why ? why : "");
	put(line);
}

void probe_note(const char *format, ...)
{
	char line[512];
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	put(line);
}

int probe_main(const struct probe_role *role, char **argv)
{
	if (strcmp(argv[0], "sandbox") == 0)
		probe_sandbox(role);
	else if (strcmp(argv[0], "calls") == 0)
		probe_calls(role);
	else
		return 125;
	return 0;
}

int probe_core_main(const char *name,
                    const struct bh_seccomp_rule *(*rules)(size_t *count),
                    bool starts_threads, unsigned most, char **argv)
{
	const struct probe_role role = {
	        .name = name,
	        .rules = rules,
	        .sandbox = {
	                .root = true,
	                .landlock = true,
	                .writes_files = false,
	                .starts_threads = starts_threads,
	                .keep_fds = 8,
	        },
	        .most = most,
	};

	return probe_main(&role, argv);
}
