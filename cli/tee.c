/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "tee.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"

/* After an error the stream is given up, the other one goes on. */
static bool write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		size -= (size_t)n;
	}
	return true;
}

static void copy(int input, int file)
{
	bool show = true, keep = true;
	char buffer[16384];
	ssize_t n;

	/* The descriptors of the cell are not ours to keep open. */
	input = dup2(input, 3);
	file = dup2(file, 4);
	close_range(5, ~0u, 0);
	while ((n = read(input, buffer, sizeof(buffer))) > 0 ||
	       (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		show = show && write_all(STDOUT_FILENO, buffer, (size_t)n);
		if (keep && !write_all(file, buffer, (size_t)n)) {
			keep = false;
			fprintf(stderr, "bh: --log: %s\n", strerror(errno));
		}
	}
	_exit(0);
}

int tee_start(struct tee *tee, int *output, const char *file,
              struct problem *problem)
{
	BH_AUTO_CLOSE int fd =
	        open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY,
	             0666);
	int ends[2], high;

	if (fd < 0)
		return problem_errno(problem, errno, "--log %s", file);
	if (pipe2(ends, O_CLOEXEC))
		return problem_errno(problem, errno, "pipe");
	tee->pid = fork();
	if (tee->pid == 0) {
		/* Out of the way of 3 and 4. */
		high = fcntl(ends[0], F_DUPFD_CLOEXEC, 10);
		copy(high, fcntl(fd, F_DUPFD_CLOEXEC, 10));
	}
	close(ends[0]);
	*output = ends[1];
	if (tee->pid > 0)
		return 0;
	tee->pid = 0;
	return problem_errno(problem, errno, "fork");
}

void tee_finish(struct tee *tee)
{
	if (tee->pid > 0)
		while (waitpid(tee->pid, NULL, 0) < 0 && errno == EINTR)
			;
	tee->pid = 0;
}
