/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "tee.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

/* What the process has open beside the standard descriptors. */
enum { FILE_FD = 3, INPUT_FD = 4 };

struct copy {
	struct pollfd inputs[BH_CONSOLE_STREAMS];
	bool show[BH_CONSOLE_STREAMS], keep;
};

static void copy_some(struct copy *copy, unsigned stream)
{
	static const int shown[] = {STDOUT_FILENO, STDERR_FILENO};
	char buffer[16384];
	ssize_t n = read(copy->inputs[stream].fd, buffer, sizeof(buffer));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		copy->inputs[stream].fd = -1;
		return;
	}
	if (copy->show[stream])
		copy->show[stream] = write_all(shown[stream], buffer, (size_t)n);
	if (copy->keep && !write_all(FILE_FD, buffer, (size_t)n)) {
		copy->keep = false;
		fprintf(stderr, "bh: --log: %s\n", strerror(errno));
	}
}

static void copy_all(void)
{
	struct copy copy = {
	        .inputs = {{INPUT_FD, POLLIN, 0}, {INPUT_FD + 1, POLLIN, 0}},
	        .show = {true, true},
	        .keep = true,
	};

	while (copy.inputs[0].fd >= 0 || copy.inputs[1].fd >= 0) {
		if (poll(copy.inputs, BH_CONSOLE_STREAMS, -1) < 0)
			continue;
		for (unsigned i = 0; i < BH_CONSOLE_STREAMS; i++)
			if (copy.inputs[i].fd >= 0 && copy.inputs[i].revents)
				copy_some(&copy, i);
	}
	_exit(0);
}

/* In the process: the descriptors of the cell are not ours to keep open. */
static void become_copier(int file, const int inputs[BH_CONSOLE_STREAMS])
{
	int high[BH_CONSOLE_STREAMS];

	file = fcntl(file, F_DUPFD_CLOEXEC, 10);
	for (unsigned i = 0; i < BH_CONSOLE_STREAMS; i++)
		high[i] = fcntl(inputs[i], F_DUPFD_CLOEXEC, 10);
	dup2(file, FILE_FD);
	close_range(INPUT_FD, 9, 0);
	for (unsigned i = 0; i < BH_CONSOLE_STREAMS; i++)
		dup2(high[i], INPUT_FD + (int)i);
	close_range(INPUT_FD + BH_CONSOLE_STREAMS, ~0u, 0);
	copy_all();
}

static bool is_one_file(int a, int b)
{
	struct stat first, second;

	return fstat(a, &first) == 0 && fstat(b, &second) == 0 &&
	       first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* A pipe for each stream, or one for both. */
static int make_pipes(int inputs[BH_CONSOLE_STREAMS],
                      int outputs[BH_CONSOLE_STREAMS])
{
	int ends[2];
	bool one = is_one_file(outputs[0], outputs[1]);

	for (unsigned i = 0; i < BH_CONSOLE_STREAMS; i++) {
		bh_close(&outputs[i]);
		if (one && i) {
			outputs[i] = fcntl(outputs[0], F_DUPFD_CLOEXEC, 3);
			continue;
		}
		if (pipe2(ends, O_CLOEXEC))
			return -errno;
		inputs[i] = ends[0];
		outputs[i] = ends[1];
	}
	return 0;
}

int tee_start(struct tee *tee, int outputs[BH_CONSOLE_STREAMS],
              const char *file, struct problem *problem)
{
	BH_AUTO_CLOSE int fd =
	        open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY,
	             0666);
	int inputs[BH_CONSOLE_STREAMS] = {-1, -1};
	int r;

	if (fd < 0)
		return problem_errno(problem, errno, "--log %s", file);
	r = make_pipes(inputs, outputs);
	if (!r) {
		tee->pid = fork();
		if (tee->pid == 0)
			become_copier(fd, inputs);
		r = tee->pid < 0 ? -errno : 0;
	}
	bh_close(&inputs[0]);
	bh_close(&inputs[1]);
	if (!r)
		return 0;
	tee->pid = 0;
	return problem_errno(problem, -r, "--log %s", file);
}

void tee_finish(struct tee *tee)
{
	if (tee->pid > 0)
		while (waitpid(tee->pid, NULL, 0) < 0 && errno == EINTR)
			;
	tee->pid = 0;
}
