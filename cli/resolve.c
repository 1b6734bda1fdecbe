/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "escape.h"
#include "helper.h"
#include "lib/cleanup.h"

/* Starts bh-resolve with its standard output in a pipe.  Returns our end. */
static int start(const char *name, pid_t *pid, struct problem *problem)
{
	BH_AUTO_FREE char *path = helper_path("bh-resolve", problem);
	char *argv[] = {path, (char *)(uintptr_t)name, NULL};
	posix_spawn_file_actions_t actions;
	int ends[2], r;

	if (!path)
		return -1;
	if (pipe2(ends, O_CLOEXEC))
		return problem_errno(problem, errno, "pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	r = posix_spawn(pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (r) {
		close(ends[0]);
		return problem_errno(problem, r, "%s", path);
	}
	return ends[0];
}

/* The lines: addresses, or "!" and why there are none. */
static void read_lines(int fd, struct plan_strings *numbers, char *why,
                       size_t size)
{
	FILE *in = fdopen(fd, "r");
	char line[256];

	if (!in) {
		close(fd);
		return;
	}
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = 0;
		if (line[0] == '!')
			escape_text(why, size, line + 1, strlen(line + 1));
		else
			plan_strings_add(numbers, line);
	}
	fclose(in);
}

int resolve_name(const char *name, struct plan_strings *numbers,
                 struct problem *problem)
{
	char why[256] = "it has no address";
	pid_t pid;
	int fd = start(name, &pid, problem);

	if (fd < 0)
		return -1;
	read_lines(fd, numbers, why, sizeof(why));
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return numbers->count
	               ? 0
	               : problem_set(problem, "--connect: %s: %s", name, why);
}
