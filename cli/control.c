/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/core.h"
#include "escape.h"
#include "lib/cleanup.h"
#include "notice.h"
#include "passthrough.h"
#include "reporting.h"

/* After a signal, exo has this long to end the cell in good order. */
#define STOP_GRACE_MS 1000

/* A guest that takes signals has this long to end after SIGTERM, and two
 * SIGINTs within this time stop the cell. */
#define TERM_GRACE_MS      10000
#define INTERRUPT_TWICE_MS 2000

struct control {
	struct launch *launch;
	struct outcome *outcome;
	struct problem *problem;
	bool finished;
	bool failed; /* problem says why */
	bool refused;
	uint64_t stop_at; /* ms; when patience ends after a signal, 0: none */
	uint64_t term_at; /* ms; a guest that was told to end must have, 0: none */
	uint64_t interrupted; /* ms; when the last SIGINT was passed on */
	/* Between a verdict and what follows, nobody takes signals. */
	bool judged[BH_MAX_DOMAINS];
	struct passthrough streams[BH_MAX_DOMAINS];
};

static const int handled[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/* The numbers of Linux, which enum bh_signal takes over. */
static const int passed_on[] = {SIGUSR1, SIGUSR2, SIGWINCH};

#define HANDLED (sizeof(handled) / sizeof(handled[0]))

static bool is_ignored(int signal)
{
	struct sigaction old;

	return sigaction(signal, NULL, &old) == 0 && old.sa_handler == SIG_IGN;
}

static bool takes_signals(const struct plan *plan)
{
	for (unsigned d = 0; d < plan->domain_count; d++)
		if (plan->domains[d].signals)
			return true;
	return false;
}

int control_signals(const struct plan *plan)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < HANDLED; i++)
		if (handled[i] == SIGCHLD || !is_ignored(handled[i]))
			sigaddset(&set, handled[i]);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		if (takes_signals(plan))
			sigaddset(&set, passed_on[i]);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

void control_die(int number)
{
	sigset_t none;

	signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	raise(number);
	_exit(128 + number);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void fail(struct control *control)
{
	control->failed = true;
}

/* A message that cannot be delivered means that exo is gone, which its own
 * end will tell. */
static void tell(const struct control *control, enum bh_message_type type,
                 unsigned domain, unsigned variant, uint64_t value)
{
	struct bh_message message = {
	        .type = type,
	        .domain = (uint16_t)domain,
	        .variant = (uint16_t)variant,
	        .value = value,
	};
	ssize_t n;

	do
		n = send(control->launch->control, &message, sizeof(message),
		         MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
}

/* exo is trusted, but a wrong index would be a wrong kill. */
static struct core_slot *find_core(const struct control *control,
                                   const struct bh_message *message)
{
	struct launch *launch = control->launch;

	if (message->domain >= launch->plan->domain_count ||
	    message->variant >=
	            launch->plan->domains[message->domain].variant_count)
		return NULL;
	return &launch->domains[message->domain].cores[message->variant];
}

static void on_signal_request(const struct control *control,
                              const struct bh_message *message, int number)
{
	const struct core_slot *core = find_core(control, message);

	if (core)
		process_signal(&core->process, number);
}

static void on_spawn(struct control *control, const struct bh_message *message)
{
	if (message->domain >= control->launch->plan->domain_count)
		return;
	if (launch_restart(control->launch, message->domain, control->problem))
		fail(control);
}

static void on_error(struct control *control, const struct bh_message *message)
{
	const struct core_slot *core = find_core(control, message);
	const struct plan *plan = control->launch->plan;
	char safe[BH_MESSAGE_TEXT];

	escape_text(safe, sizeof(safe), message->text,
	            strnlen(message->text, sizeof(message->text)));
	if (core && !plan->domains[message->domain].device)
		problem_set(control->problem, "%s: %s",
		            plan->domains[message->domain]
		                    .variants[message->variant]
		                    .image,
		            safe);
	else if (message->domain < plan->domain_count && plan->domain_count > 1)
		problem_set(control->problem, "%s: %s",
		            plan->domains[message->domain].name, safe);
	else
		problem_set(control->problem, "%s", safe);
}

/* Told at 1, 10, 100, ... times, so that a flood does not bury the rest. */
static void on_restarted(struct control *control,
                         const struct bh_message *message)
{
	const struct plan *plan = control->launch->plan;
	uint64_t count = message->value;

	if (message->domain >= plan->domain_count)
		return;
	control->judged[message->domain] = false;
	/* Verdicts are told one by one, and so is what followed. */
	if (plan_restarts(&plan->domains[message->domain]))
		count = 1;
	while (count && count % 10 == 0)
		count /= 10;
	if (count != 1)
		return;
	notice_restarted(
	        plan, message->domain,
	        control->launch->domains[message->domain].cores[0].death,
	        message->value, message->detail);
}

static void on_replace(struct control *control,
                       const struct bh_message *message)
{
	const struct core_slot *core = find_core(control, message);

	if (core && core->process.pid <= 0 &&
	    launch_replace(control->launch, message->domain, message->variant,
	                   control->problem))
		fail(control);
}

static void on_replaced(const struct control *control,
                        const struct bh_message *message)
{
	if (find_core(control, message))
		notice_replaced(control->launch->plan, message->domain,
		                message->variant, message->value,
		                message->detail);
}

static void on_not_replaced(const struct control *control,
                            const struct bh_message *message)
{
	if (find_core(control, message))
		notice_not_replaced(control->launch->plan, message->domain,
		                    message->variant, message->value,
		                    message->detail);
}

static void on_dropped(struct control *control,
                       const struct bh_message *message)
{
	if (!find_core(control, message))
		return;
	control->judged[message->domain] = false;
	notice_dropped(control->launch->plan, message->domain, message->variant,
	               message->value);
}

static void on_given_up(const struct control *control,
                        const struct bh_message *message)
{
	const struct plan *plan = control->launch->plan;

	if (message->domain < plan->domain_count)
		notice_given_up(plan, message->domain, message->value,
		                message->detail);
}

/* The terminal's status is the cell's; how others end must be said. */
static void on_exited(const struct control *control,
                      const struct bh_message *message)
{
	const struct plan *plan = control->launch->plan;

	if (message->domain >= plan->domain_count)
		return;
	if (message->domain == plan->terminal)
		control->outcome->exchange = message->detail;
	else if (plan->domains[message->domain].service || message->value)
		notice_ended(plan, message->domain, (unsigned)message->value);
}

static void on_report(struct control *control, const struct bh_message *message)
{
	if (reporting_show(control->launch, message->domain, message->value,
	                   ++control->outcome->reports, control->problem))
		fprintf(stderr, "bh: %s\n", control->problem->text);
	if (message->domain < control->launch->plan->domain_count)
		control->judged[message->domain] = plan_restarts(
		        &control->launch->plan->domains[message->domain]);
	tell(control, BH_MESSAGE_REPORT_TAKEN, message->domain, 0, 0);
}

static void on_finished(struct control *control,
                        const struct bh_message *message)
{
	control->finished = true;
	control->outcome->result = (enum bh_cell_result)(message->value >> 32);
	control->outcome->status = (uint32_t)message->value;
	if (control->outcome->result == BH_RESULT_ERROR)
		fail(control);
}

static void on_message(struct control *control,
                       const struct bh_message *message)
{
	switch (message->type) {
	case BH_MESSAGE_REPORT:
		on_report(control, message);
		break;
	case BH_MESSAGE_SPAWN:
		on_spawn(control, message);
		break;
	case BH_MESSAGE_KILL:
		on_signal_request(control, message, SIGKILL);
		break;
	case BH_MESSAGE_INTERRUPT:
		on_signal_request(control, message, BH_CORE_SIGNAL_DESCRIBE);
		break;
	case BH_MESSAGE_ERROR:
		on_error(control, message);
		break;
	case BH_MESSAGE_EXITED:
		on_exited(control, message);
		break;
	case BH_MESSAGE_FINISHED:
		on_finished(control, message);
		break;
	case BH_MESSAGE_RESTARTED:
		on_restarted(control, message);
		break;
	case BH_MESSAGE_DROPPED:
		on_dropped(control, message);
		break;
	case BH_MESSAGE_REPLACE:
		on_replace(control, message);
		break;
	case BH_MESSAGE_REPLACED:
		on_replaced(control, message);
		break;
	case BH_MESSAGE_NOT_REPLACED:
		on_not_replaced(control, message);
		break;
	case BH_MESSAGE_GIVEN_UP:
		on_given_up(control, message);
		break;
	case BH_MESSAGE_TRACE_LOST:
		notice_trace_lost(control->launch->plan, (int)message->value);
		break;
	default: /* BH_MESSAGE_RUNNING and what a newer exo may add */
		break;
	}
}

static void receive_messages(struct control *control)
{
	struct bh_message message;
	ssize_t n;

	while (!control->finished && !control->failed) {
		n = recv(control->launch->control, &message, sizeof(message),
		         MSG_DONTWAIT);
		if (n != sizeof(message))
			return;
		on_message(control, &message);
	}
}

static bool has_ended(struct process *process, int *status)
{
	if (process->pid <= 0 ||
	    waitpid(process->pid, status, WNOHANG) != process->pid)
		return false;
	close(process->pidfd);
	*process = (struct process){0, -1};
	return true;
}

static void on_exo_end(struct control *control, int status)
{
	receive_messages(control); /* what it said before */
	if (control->finished || control->failed)
		return;
	if (WIFSIGNALED(status))
		problem_set(control->problem,
		            "the exokernel was killed by signal %d; the cell "
		            "was stopped",
		            WTERMSIG(status));
	else
		problem_set(control->problem,
		            "the exokernel ended unexpectedly with status %d; "
		            "the cell was stopped",
		            WEXITSTATUS(status));
	fail(control);
}

static void reap_core(struct control *control, unsigned domain,
                      unsigned variant)
{
	struct core_slot *slot =
	        &control->launch->domains[domain].cores[variant];

	if (has_ended(&slot->process, &slot->death))
		tell(control, BH_MESSAGE_DEAD, domain, variant,
		     (uint32_t)slot->death);
}

static void reap(struct control *control)
{
	struct launch *launch = control->launch;
	int status;

	for (unsigned d = 0; d < launch->plan->domain_count; d++)
		for (unsigned v = 0; v < launch->plan->domains[d].variant_count;
		     v++)
			reap_core(control, d, v);
	if (has_ended(&launch->exo, &status))
		on_exo_end(control, status);
}

static void on_stop_signal(struct control *control, int number)
{
	if (control->outcome->signal) {
		control->finished = true; /* asked twice: at once */
		return;
	}
	control->outcome->signal = number;
	control->stop_at = now_ms() + STOP_GRACE_MS;
	tell(control, BH_MESSAGE_STOP, 0, 0, 0);
}

/* False if all guests that take signals wait to be started again. */
static bool any_hears(const struct control *control)
{
	const struct plan *plan = control->launch->plan;

	for (unsigned d = 0; d < plan->domain_count; d++)
		if (plan->domains[d].signals && !control->judged[d])
			return true;
	return false;
}

/* True if the signal was for the guests, and need not stop the cell. */
static bool pass_on(struct control *control, int number)
{
	const struct plan *plan = control->launch->plan;
	uint64_t now = now_ms();

	if (!takes_signals(plan) || control->outcome->signal)
		return false;
	if (number == SIGINT) {
		if (control->interrupted &&
		    now - control->interrupted < INTERRUPT_TWICE_MS)
			return false;
		control->interrupted = now;
	}
	if (number == SIGTERM && !any_hears(control))
		return false;
	if (number == SIGTERM && !control->term_at)
		control->term_at = now + TERM_GRACE_MS;
	for (unsigned d = 0; d < plan->domain_count; d++)
		if (plan->domains[d].signals)
			tell(control, BH_MESSAGE_SIGNAL, d, 0,
			     (uint64_t)number);
	return true;
}

static void receive_signals(struct control *control, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(control);
		else if (!pass_on(control, (int)info.ssi_signo))
			on_stop_signal(control, (int)info.ssi_signo);
	}
}

/* A child that could not become a role. */
static void receive_failure(struct control *control)
{
	struct spawn_failure failure;

	if (read(control->launch->status_read, &failure, sizeof(failure)) !=
	    sizeof(failure))
		return;
	problem_errno(control->problem, failure.error,
	              "starting a process of the cell, while %s",
	              spawn_stage_name(failure.stage));
	control->refused = failure.stage == SPAWN_NAMESPACE;
	fail(control);
}

static unsigned collect_fds(const struct control *control, int signals,
                            struct pollfd *fds)
{
	const struct launch *launch = control->launch;
	unsigned count = 0;

	fds[count++] = (struct pollfd){signals, POLLIN, 0};
	fds[count++] = (struct pollfd){launch->control, POLLIN, 0};
	fds[count++] = (struct pollfd){launch->status_read, POLLIN, 0};
	for (unsigned d = 0; d < launch->plan->domain_count; d++)
		fds[count++] = (struct pollfd){launch->domains[d].output_read,
		                               POLLIN, 0};
	return count;
}

/* How long poll() may wait, in milliseconds. */
static int patience(const struct control *control)
{
	uint64_t at = control->stop_at ? control->stop_at : control->term_at;
	uint64_t now = now_ms();

	if (!at)
		return -1;
	return now < at ? (int)(at - now) : 0;
}

static void on_impatience(struct control *control)
{
	if (control->stop_at) {
		control->finished = true;
		return;
	}
	control->term_at = 0;
	on_stop_signal(control, SIGTERM);
}

static void step(struct control *control, int signals)
{
	struct pollfd fds[3 + BH_MAX_DOMAINS];
	unsigned count = collect_fds(control, signals, fds);
	struct launch *launch = control->launch;

	if (poll(fds, count, patience(control)) == 0)
		on_impatience(control);
	if (fds[2].revents)
		receive_failure(control);
	for (unsigned d = 0; d < launch->plan->domain_count; d++)
		if (fds[3 + d].revents &&
		    !passthrough_read(&control->streams[d], fds[3 + d].fd))
			bh_close(&launch->domains[d].output_read);
	if (fds[1].revents & POLLIN)
		receive_messages(control);
	if (fds[0].revents)
		receive_signals(control, signals);
	/* exo's end closes before its process can be reaped. */
	if (!(fds[1].revents & POLLIN) && (fds[1].revents & POLLHUP) &&
	    launch->exo.pid > 0)
		reap(control);
}

/* What services printed last is still in their pipes. */
static void drain_streams(struct control *control)
{
	struct launch *launch = control->launch;

	for (unsigned d = 0; d < launch->plan->domain_count; d++) {
		int fd = launch->domains[d].output_read;

		if (fd < 0)
			continue;
		launch_close_outputs(&launch->domains[d]);
		while (passthrough_read(&control->streams[d], fd))
			;
		passthrough_flush(&control->streams[d]);
	}
}

int control_run(struct launch *launch, int signals, struct outcome *outcome,
                struct problem *problem)
{
	struct control control = {
	        .launch = launch,
	        .outcome = outcome,
	        .problem = problem,
	};

	*outcome = (struct outcome){.result = BH_RESULT_STOPPED};
	for (unsigned d = 0; d < launch->plan->domain_count; d++)
		control.streams[d].name = launch->plan->domains[d].name;
	problem->text[0] = 0;
	bh_close(&launch->control_exo);
	while (!control.finished && !control.failed)
		step(&control, signals);
	launch_kill(launch);
	drain_streams(&control);
	if (control.refused)
		return LAUNCH_REFUSED;
	return control.failed ? -1 : 0;
}
