/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "abi/core.h"
#include "cell.h"
#include "clock.h"
#include "lib/sandbox.h"
#include "loop.h"
#include "seccomp.h"
#include "trace.h"

/*
 * The exokernel's main: read what to run, give up what is not needed, serve.
 * Order matters: nothing that an untrusted process can write to is looked at
 * before the last permission is gone.
 */

static struct cell cell;

static _Noreturn void fail(const char *what, int error)
{
	char text[BH_MESSAGE_TEXT];

	snprintf(text, sizeof(text), "the exokernel could not start: %s: %s",
	         what, strerror(error));
	launcher_send(BH_MESSAGE_ERROR, BH_MAX_DOMAINS, BH_MAX_VARIANTS, 0, 0, text);
	_exit(125);
}

static void read_configuration(void)
{
	ssize_t got = read(BH_EXO_FD_CELL, &cell.config, sizeof(cell.config));

	if (got != sizeof(cell.config))
		fail("its description of the cell", got < 0 ? errno : EINVAL);
	close(BH_EXO_FD_CELL);
}

static int highest_fd(void)
{
	int highest = BH_EXO_FD_FIRST;

	for (uint32_t d = 0; d < cell.config.domain_count; d++) {
		const struct bh_cell_domain *domain = &cell.config.domains[d];

		for (uint32_t v = 0; v < domain->variant_count; v++) {
			if (domain->variants[v].area_fd > highest)
				highest = domain->variants[v].area_fd;
			if (domain->variants[v].doorbell_fd > highest)
				highest = domain->variants[v].doorbell_fd;
			if (domain->variants[v].wake_fd > highest)
				highest = domain->variants[v].wake_fd;
		}
		if (domain->input_fd > highest)
			highest = domain->input_fd;
		for (uint32_t i = 0; i < BH_CONSOLE_STREAMS; i++)
			if (domain->output_fd[i] > highest)
				highest = domain->output_fd[i];
	}
	return highest;
}

/* The mappings stay; what is mapped cannot be mapped, resized or passed on. */
static void close_areas(void)
{
	for (uint32_t d = 0; d < cell.config.domain_count; d++)
		for (uint32_t v = 0;
		     v < cell.config.domains[d].variant_count; v++)
			close(cell.config.domains[d].variants[v].area_fd);
}

static void drop_privileges(void)
{
	struct bh_sandbox sandbox = {
	        .root = !(cell.config.sandbox & BH_CORE_NO_SANDBOX_ROOT),
	        .landlock = !(cell.config.sandbox & BH_CORE_NO_LANDLOCK),
	        .writes_files = true, /* trace, console output to a file */
	        .keep_fds = highest_fd(),
	};
	const char *stage;
	int r = bh_sandbox_enter(&sandbox, &stage);

	if (r)
		fail(stage, -r);
}

static void enter_seccomp(void)
{
	size_t count;
	const struct bh_seccomp_rule *rules = exo_seccomp_rules(&count);
	int r = bh_seccomp_enter(rules, count);

	if (r)
		fail("seccomp", -r);
}

int main(void)
{
	const char *problem;
	int r;

	/* A reader that goes away is a status for the guest, not our end. */
	signal(SIGPIPE, SIG_IGN);
	/* Ctrl-C goes to the launcher, which asks for an orderly end. */
	signal(SIGINT, SIG_IGN);
	/* A console in the background fails instead of stopping the cell. */
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);

	clock_start();
	read_configuration();
	r = cell_create(&cell, &problem);
	if (r)
		fail(problem, -r);
	drop_privileges();
	close_areas();
	r = loop_create(&cell);
	if (r)
		fail("epoll", -r);
	enter_seccomp();

	trace_start(&cell);
	if (!loop_run(&cell))
		_exit(125);
	trace_flush();
	launcher_send(BH_MESSAGE_FINISHED, 0, 0,
	              (uint64_t)cell.result << 32 | cell.status, 0, "");
	_exit(0);
}
