/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "memory.h"
#include "progress.h"

#define TICK_MS      200
#define LINE_SIZE    4096u
#define TOOLS_MAX    8u
#define SYSTEM_PATHS "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"

static volatile sig_atomic_t caught;

static void catch (int signal)
{
	caught = signal;
}

void tool_catch_signals(void)
{
	struct sigaction action = {.sa_handler = catch};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

bool tool_interrupted(void)
{
	return caught != 0;
}

void tool_end_interrupted(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	if (!caught)
		return;
	sigaction(caught, &action, NULL);
	raise(caught);
}

/* The path of a program, to be freed, or NULL. */
static char *find(const char *name)
{
	const char *path = getenv("PATH");
	BH_AUTO_FREE char *all =
	        memory_format("%s:%s", path ? path : "", SYSTEM_PATHS);
	char *rest = all, *folder;

	if (strchr(name, '/'))
		return memory_string(name);
	while ((folder = strsep(&rest, ":"))) {
		BH_AUTO_FREE char *file = memory_format("%s/%s", folder, name);

		if (folder[0] == '/' && access(file, X_OK) == 0)
			return bh_steal_ptr(&file);
	}
	return NULL;
}

int tool_need(const char *name, const char *package, struct problem *problem)
{
	BH_AUTO_FREE char *file = find(name);

	if (file)
		return 0;
	return problem_set(problem, "image: %s is missing: apt-get install %s",
	                   name, package);
}

/* One stream of a running program that is read line by line. */
struct stream {
	int fd;
	size_t used;
	char text[LINE_SIZE];
};

struct running {
	struct tool *tool;
	pid_t pid;
	struct stream output;
	struct stream errors;
};

static void redirect(int fd, int number)
{
	if (fd == number)
		fcntl(fd, F_SETFD, 0);
	else
		dup2(fd, number);
}

static void become(const struct tool *tool, const char *file, int output,
                   int errors)
{
	int none = open("/dev/null", O_RDWR);
	sigset_t all;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	redirect(tool->input ? tool->input : none, STDIN_FILENO);
	redirect(output, STDOUT_FILENO);
	redirect(errors, STDERR_FILENO);
	setenv("LC_ALL", "C", 1);
	setenv("DEBIAN_FRONTEND", "noninteractive", 1);
	if (tool->setting) {
		char *setting = memory_string(tool->setting);

		putenv(setting);
	}
	execv(file, (char *const *)(uintptr_t)tool->argv);
	dprintf(STDERR_FILENO, "%s: %s\n", file, strerror(errno));
	_exit(127);
}

static int start(struct running *running, struct problem *problem)
{
	struct tool *tool = running->tool;
	BH_AUTO_FREE char *file = find(tool->argv[0]);
	int output[2] = {-1, -1}, errors[2] = {-1, -1};

	tool->error[0] = 0;
	if (!file)
		return problem_set(problem, "image: %s is missing",
		                   tool->argv[0]);
	if (pipe2(errors, O_CLOEXEC) ||
	    (!tool->output && pipe2(output, O_CLOEXEC)))
		return problem_errno(problem, errno, "pipe");
	running->pid = fork();
	if (running->pid == 0)
		become(tool, file, tool->output ? tool->output : output[1],
		       errors[1]);
	close(errors[1]);
	bh_close(&output[1]);
	running->errors.fd = errors[0];
	running->output.fd = output[0];
	return running->pid < 0 ? problem_errno(problem, errno, "fork") : 0;
}

/* Keeps what is likely to be the reason: the first error, else the last line.
 */
static void note_error(struct tool *tool, const char *line)
{
	bool sure = strncmp(tool->error, "E: ", 3) == 0;

	if (line[0] && !sure)
		snprintf(tool->error, sizeof(tool->error), "%.*s",
		         (int)sizeof(tool->error) - 1, line);
}

static void take_lines(struct running *running, struct stream *stream)
{
	char *start = stream->text, *end;

	while ((end = strchr(start, '\n'))) {
		*end = 0;
		if (stream == &running->errors)
			note_error(running->tool, start);
		else if (running->tool->line)
			running->tool->line(running->tool->context, start);
		start = end + 1;
	}
	stream->used = strlen(start);
	memmove(stream->text, start, stream->used + 1);
}

static void read_stream(struct running *running, struct stream *stream)
{
	size_t room = sizeof(stream->text) - stream->used - 2;
	ssize_t n;

	if (!room) { /* a very long line comes in pieces */
		strcpy(stream->text + stream->used, "\n");
		take_lines(running, stream);
		return;
	}
	n = read(stream->fd, stream->text + stream->used, room);
	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		strcpy(stream->text + stream->used, stream->used ? "\n" : "");
		take_lines(running, stream);
		bh_close(&stream->fd);
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		if (!stream->text[stream->used + (size_t)i])
			stream->text[stream->used + (size_t)i] = ' ';
	stream->used += (size_t)n;
	stream->text[stream->used] = 0;
	take_lines(running, stream);
}

/* One look at all streams.  False when all have ended. */
static bool listen_once(struct running *running, unsigned count)
{
	struct pollfd polls[2 * TOOLS_MAX];
	bool open = false;

	for (unsigned i = 0; i < count; i++) {
		polls[2 * i] = (struct pollfd){running[i].output.fd, POLLIN, 0};
		polls[2 * i + 1] =
		        (struct pollfd){running[i].errors.fd, POLLIN, 0};
		open |= polls[2 * i].fd >= 0 || polls[2 * i + 1].fd >= 0;
	}
	if (!open)
		return false;
	if (poll(polls, 2 * count, TICK_MS) > 0)
		for (unsigned i = 0; i < count; i++) {
			if (polls[2 * i].revents)
				read_stream(&running[i], &running[i].output);
			if (polls[2 * i + 1].revents)
				read_stream(&running[i], &running[i].errors);
		}
	return true;
}

static void listen_all(struct running *running, unsigned count)
{
	bool told = false;

	while (listen_once(running, count)) {
		progress_tick();
		if (!caught || told)
			continue;
		told = true;
		for (unsigned i = 0; i < count; i++)
			if (running[i].pid > 0)
				kill(running[i].pid, SIGTERM);
	}
}

static int judge(const struct tool *tool, const char *what,
                 struct problem *problem)
{
	if (tool->status == 0)
		return 0;
	if (WIFSIGNALED(tool->status))
		return problem_set(problem, "image: %s: %s ended by signal %d",
		                   what, tool->argv[0], WTERMSIG(tool->status));
	return problem_set(problem, "image: %s: %s: %s", what, tool->argv[0],
	                   tool->error[0] ? tool->error : "it failed");
}

int tool_run(struct tool *tools, unsigned count, const char *what,
             struct problem *problem)
{
	BH_AUTO_FREE struct running *running =
	        memory_new(count, sizeof(struct running));
	int r = 0;

	for (unsigned i = 0; i < count; i++) {
		running[i].tool = &tools[i];
		running[i].output.fd = running[i].errors.fd = -1;
	}
	for (unsigned i = 0; i < count && !r; i++)
		r = start(&running[i], problem);
	for (unsigned i = 0; i < count; i++) {
		if (tools[i].input)
			close(tools[i].input);
		if (tools[i].output)
			close(tools[i].output);
	}
	listen_all(running, count);
	for (unsigned i = 0; i < count; i++)
		if (running[i].pid > 0)
			while (waitpid(running[i].pid, &tools[i].status, 0) <
			               0 &&
			       errno == EINTR)
				;
	if (caught)
		return problem_set(problem, "image: interrupted");
	for (unsigned i = 0; i < count && !r; i++)
		r = judge(&tools[i], what, problem);
	return r;
}
