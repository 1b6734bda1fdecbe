/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "reporting.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper.h"
#include "json.h"
#include "lib/cleanup.h"
#include "memory.h"
#include "names.h"
#include "report.h"

#define RENDER_TIMEOUT_MS 20000
#define COLUMNS_DEFAULT   100u
#define REPORTS_MAX       99u

static unsigned terminal_columns(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	if (columns && atoi(columns) > 0)
		return (unsigned)atoi(columns);
	return COLUMNS_DEFAULT;
}

static void render_child(int helper, struct plan_strings *arguments,
                         const int *fds, unsigned count)
        __attribute__((noreturn));

static void render_child(int helper, struct plan_strings *arguments,
                         const int *fds, unsigned count)
{
	char *envp[] = {NULL};
	int high[REPORT_FD_IMAGE - REPORT_FD_RAW + BH_MAX_VARIANTS];
	sigset_t none;

	arguments->items = memory_resize(arguments->items, arguments->count + 1,
	                                 sizeof(char *));
	arguments->items[arguments->count] = NULL;
	helper = fcntl(helper, F_DUPFD_CLOEXEC, 400);
	for (unsigned i = 0; i < count; i++)
		high[i] = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, 400);
	for (unsigned i = 0; i < count; i++) {
		int target = REPORT_FD_RAW + (int)i;

		if (high[i] < 0)
			close(target);
		else if (dup2(high[i], target) < 0)
			_exit(125);
	}
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	syscall(SYS_execveat, helper, "", arguments->items, envp,
	        AT_EMPTY_PATH);
	_exit(125);
}

/* The renderer cannot hold up the cell for ever. */
static int wait_for(pid_t pid, struct problem *problem)
{
	BH_AUTO_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = {pidfd, POLLIN, 0};
	int status = 0;

	if (pidfd >= 0 && poll(&ended, 1, RENDER_TIMEOUT_MS) == 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return problem_set(problem,
		                   "there is a verdict, but the program that "
		                   "renders it (bh-report) was killed by "
		                   "signal %d",
		                   WTERMSIG(status));
	return problem_set(problem,
	                   "there is a verdict, but the program that renders "
	                   "it (bh-report) failed with status %d",
	                   WEXITSTATUS(status));
}

static void add_argument(struct plan_strings *arguments, char *text)
{
	plan_strings_add(arguments, text);
	free(text);
}

static void collect_arguments(const struct launch *launch, unsigned domain,
                              uint64_t size, const char *path,
                              struct plan_strings *arguments)
{
	const struct plan *plan = launch->plan;
	const struct plan_domain *from = &plan->domains[domain];
	bool colour = isatty(STDERR_FILENO) && !getenv("NO_COLOR");

	plan_strings_add(arguments, "bh-report");
	add_argument(arguments,
	             memory_format("--size=%llu", (unsigned long long)size));
	add_argument(arguments,
	             memory_format("--columns=%u", terminal_columns()));
	if (colour)
		plan_strings_add(arguments, "--colour");
	if (plan->json)
		plan_strings_add(arguments, "--json");
	if (path)
		add_argument(arguments, memory_format("--report=%s", path));
	if (plan->trace)
		add_argument(arguments,
		             memory_format("--trace=%s", plan->trace));
	for (unsigned c = 0; c < from->channel_count; c++)
		add_argument(arguments,
		             memory_format("--channel=%u:%u:%s",
		                           from->channels[c].protocol,
		                           from->channels[c].role,
		                           from->channels[c].name));
	for (unsigned v = 0; v < from->variant_count; v++)
		add_argument(arguments, memory_format("--image=%s",
		                                      from->variants[v].image));
}

/*
 * The file of the report with this number: --report FILE, then FILE.2, FILE.3.
 * An attacker can make many; the last one is written again and again.
 */
static int open_report(const struct launch *launch, unsigned number, char **path)
{
	int fd;

	if (!launch->plan->report)
		return -1;
	if (number > REPORTS_MAX)
		number = REPORTS_MAX;
	*path = number > 1 ? memory_format("%s.%u", launch->plan->report, number)
	                   : memory_string(launch->plan->report);
	fd = number > 1 ? open(*path,
	                       O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
	                               O_NOCTTY,
	                       0666)
	                : fcntl(launch->json, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		fprintf(stderr, "bh: --report %s: %s\n", *path,
		        strerror(errno));
	return fd;
}

int reporting_show(const struct launch *launch, unsigned domain, uint64_t size,
                   unsigned number, struct problem *problem)
{
	const struct plan *plan = launch->plan;
	BH_AUTO_CLOSE int json = -1;
	char *path = NULL;
	BH_AUTO_CLOSE int helper = helper_open("bh-report", problem);
	int fds[REPORT_FD_IMAGE - REPORT_FD_RAW + BH_MAX_VARIANTS];
	struct plan_strings arguments = {NULL, 0};
	unsigned count = 0;
	pid_t pid;

	if (helper < 0)
		return -1;
	if (domain >= plan->domain_count)
		return problem_set(problem,
		                   "a report for domain %u, which "
		                   "does not exist",
		                   domain);
	fds[count++] = launch->report;
	json = open_report(launch, number, &path);
	fds[count++] = json;
	for (unsigned v = 0; v < plan->domains[domain].variant_count; v++)
		fds[count++] = launch->domains[domain].cores[v].image;
	collect_arguments(launch, domain, size, path, &arguments);
	free(path);
	pid = fork();
	if (pid == 0)
		render_child(helper, &arguments, fds, count);
	plan_strings_release(&arguments);
	if (pid < 0)
		return problem_errno(problem, errno, "starting bh-report");
	return wait_for(pid, problem);
}

static json_t *describe_variants(const struct plan_domain *domain,
                                 const char *state)
{
	json_t *list = json_array();

	for (unsigned v = 0; v < domain->variant_count; v++)
		json_array_append_new(
		        list,
		        json_pack("{s:s, s:s, s:s, s:s, s:n, s:n, s:n, s:n, "
		                  "s:n}",
		                  "isa", isa_name(domain->variants[v].isa),
		                  "core", core_name(domain->variants[v].core),
		                  "image", domain->variants[v].image, "state",
		                  state, "fault", "pc", "symbol", "disassembly",
		                  "record"));
	return list;
}

int reporting_agreed(const struct launch *launch, const struct outcome *outcome,
                     struct problem *problem)
{
	const struct plan *plan = launch->plan;
	const struct plan_domain *domain = &plan->domains[plan->terminal];
	json_t *root;
	int r = 0;

	json_object_seed(1);
	root = json_pack("{s:s, s:s, s:I, s:i, s:o, s:n, s:n}", "verdict",
	                 "agreed", "domain", domain->name, "exchange",
	                 (json_int_t)outcome->exchange, "exit_status",
	                 (int)outcome->status, "variants",
	                 describe_variants(domain, "exited"), "last_input",
	                 "first_difference");
	if (launch->json >= 0 &&
	    (json_dumpfd(root, launch->json, JSON_INDENT(2)) ||
	     write(launch->json, "\n", 1) != 1))
		r = problem_set(problem, "--report %s: cannot write",
		                plan->report);
	if (plan->json)
		json_put_line(stderr, root);
	json_decref(root);
	return r;
}
