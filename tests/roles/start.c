/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/spawn.h"

/*
 * start PROBE WHAT: starts a probe by the launcher's own code, and passes on
 * what it says.  Exit status: the probe's, 125 if it could not be started.
 */

#define PROBE_FD 3

static int pass_on(int fd)
{
	char text[4096];
	ssize_t got;

	while ((got = read(fd, text, sizeof(text))) > 0)
		if (write(STDOUT_FILENO, text, (size_t)got) != got)
			return 125;
	return 0;
}

static int fail(const char *what)
{
	perror(what);
	return 125;
}

int main(int argc, char **argv)
{
	int words[2], failures[2], status;
	struct process process;
	struct spawn_failure failure;
	struct host host;
	struct spawn spawn = {.fd_count = 1, .first = PROBE_FD};

	if (argc != 3)
		return 125;
	host_init(&host);
	if (pipe2(words, O_CLOEXEC) || pipe2(failures, O_CLOEXEC))
		return fail("pipe");
	spawn.title = argv[2];
	spawn.fds = &words[1];
	spawn.status = failures[1];
	spawn.executable = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (spawn.executable < 0)
		return fail(argv[1]);
	if (spawn_start(&spawn, &host, &process))
		return fail("starting it in its namespaces");
	close(words[1]);
	close(failures[1]);
	if (read(failures[0], &failure, sizeof(failure)) == sizeof(failure)) {
		fprintf(stderr, "%s: %s\n", spawn_stage_name(failure.stage),
		        strerror(failure.error));
		process_reap(&process);
		return 125;
	}
	pass_on(words[0]);
	if (waitpid(process.pid, &status, 0) != process.pid || !WIFEXITED(status))
		return 125;
	return WEXITSTATUS(status);
}
