/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>

#include "bh.h"
#include "control.h"
#include "descriptors.h"
#include "lib/cleanup.h"
#include "names.h"
#include "net.h"
#include "notice.h"
#include "options.h"
#include "reporting.h"

static const char help[] =
        "usage: bh run [OPTION]... TARGET [-- ARGUMENT...]\n"
        "       bh run [OPTION]... --variant ISA[:CORE]=FILE... "
        "[-- ARGUMENT...]\n"
        "\n"
        "Runs a program as several variants in lockstep.  TARGET is a set (a\n"
        "folder with x86_64.elf, aarch64.elf, riscv64.elf), one image, an image\n"
        "of a Linux program (bh-image(1); the arguments are its command), or a\n"
        "cell manifest (bh-cell(5)).\n"
        "\n"
        "  --isa ISA[:CORE]      pick this ISA from TARGET; may be repeated\n"
        "  --core KIND           native, kvm, xlate, interpret or unicorn for\n"
        "                        all variants that it can run; by default the\n"
        "                        best for each\n"
        "  --variant ISA[:CORE]=FILE\n"
        "                        one variant from this image\n"
        "  --response halt|restart|vote|vote+restart|report\n"
        "                        on divergence stop; start all again; go on\n"
        "                        without the minority; both; for research: go "
        "on\n"
        "                        with the first\n"
        "  --restart-limit N/SECONDS\n"
        "                        give up at the Nth verdict within that time "
        "(5/60)\n"
        "  --replace SIZE|off    vote: memory to bring a fresh variant to where\n"
        "                        the others are (256M)\n"
        "  --deadline MS         longest time for any step of a variant\n"
        "  --mem SIZE            heap of each variant (64M)\n"
        "  --stack SIZE          stack of each variant (1M)\n"
        "  --env NAME=VALUE      one environment variable of the guest\n"
        "  --volume HOSTFOLDER:GUESTFOLDER[:ro]\n"
        "                        a folder of the host for the guest; may be\n"
        "                        repeated\n"
        "  --workdir PATH        of a Linux program: where it starts\n"
        "  --user UID[:GID]|NAME of a Linux program (0:0)\n"
        "  --hostname NAME       of a Linux program\n"
        "  --diversify[=KIND[,KIND]...]\n"
        "                        make the variants of a Linux program more "
        "unlike:\n"
        "                        order, gaps, heap, allocator; by default all\n"
        "  --log FILE            a copy of what the program writes\n"
        "  --publish [ADDR:]PORT:GUESTPORT[/udp]\n"
        "                        let the world reach the guest's port\n"
        "  --connect HOST:PORT[/udp]\n"
        "                        let the guest reach that port (*: any)\n"
        "  --seed N              repeat a run: layouts and entropy from N\n"
        "  --report FILE         write how it ended as JSON\n"
        "  --trace FILE          write all agreed records (bh trace)\n"
        "  --summary             say at the end which variants agreed on how "
        "much\n"
        "  --json                say what happens and how it ended as JSON on\n"
        "                        stderr, a line each, instead of text\n"
        "\n"
        "Exit status: the guest's own (0 to 119), 120 divergence, 121 all\n"
        "variants faulted alike, 124 deadline, 125 usage or set-up error.\n";

static int exit_status(const struct outcome *outcome)
{
	switch (outcome->result) {
	case BH_RESULT_EXITED:
		if (outcome->status <= BH_EXIT_GUEST_MAX)
			return (int)outcome->status;
		fprintf(stderr,
		        "bh: the guest's exit status %u is reported as %d; "
		        "larger ones have a meaning of their own\n",
		        outcome->status, BH_EXIT_GUEST_MAX);
		return BH_EXIT_GUEST_MAX;
	case BH_RESULT_DIVERGENCE:
		return BH_EXIT_DIVERGENCE;
	case BH_RESULT_FAULT:
		return BH_EXIT_FAULT;
	case BH_RESULT_DEADLINE:
		return BH_EXIT_DEADLINE;
	default:
		return BH_EXIT_ERROR;
	}
}

/* One attempt; LAUNCH_REFUSED asks for another on a host that grants less. */
static int attempt(struct launch *launch, const struct plan *plan,
                   const struct host *host, int signals,
                   struct outcome *outcome, struct problem *problem)
{
	int r = launch_prepare(launch, plan, host, problem);

	if (!r)
		r = launch_start(launch, problem);
	if (!r)
		r = control_run(launch, signals, outcome, problem);
	launch_kill(launch);
	return r;
}

static void note_unfit(const struct plan *plan)
{
	for (unsigned d = 0; d < plan->domain_count; d++)
		if (plan->domains[d].kept_unfit)
			fprintf(stderr,
			        "bh: note: the translations kept in %s are not "
			        "used: %s (bh translate makes them anew)\n",
			        plan->domains[d].linux_image,
			        plan->domains[d].kept_unfit);
}

static int run_cell(const struct plan *plan, int signals,
                    struct outcome *outcome, struct problem *problem)
{
	struct launch launch;
	struct problem note;
	struct host host;
	int r;

	if (descriptors_raise(problem))
		return -1;
	if (net_is_short(plan, &note))
		notice_note(plan, note.text);
	note_unfit(plan);
	host_init(&host);
	r = attempt(&launch, plan, &host, signals, outcome, problem);
	if (r == LAUNCH_REFUSED) {
		launch_close(&launch);
		host_probe(&host);
		r = attempt(&launch, plan, &host, signals, outcome, problem);
	}
	if (launch_weaker(&launch, &note))
		notice_note(plan, note.text);
	if (!r && outcome->result == BH_RESULT_EXITED && !outcome->reports &&
	    (plan->json || plan->report))
		r = reporting_agreed(&launch, outcome, problem);
	launch_close(&launch);
	return r;
}

static void print_summary(const struct plan *plan,
                          const struct outcome *outcome)
{
	const struct plan_domain *domain = &plan->domains[plan->terminal];

	fprintf(stderr, "bh: %s:", domain->name);
	for (unsigned v = 0; v < domain->variant_count; v++)
		fprintf(stderr, "%s %s (%s)", v ? "," : "",
		        isa_name(domain->variants[v].isa),
		        core_name(domain->variants[v].core));
	fprintf(stderr, " agreed on %llu exchanges; exit status %u\n",
	        (unsigned long long)outcome->exchange, outcome->status);
}

int command_run(int argc, char **argv)
{
	BH_AUTO_CLOSE int signals = -1;
	static struct plan plan;
	struct problem problem;
	struct outcome outcome = {.signal = 0};
	bool help_wanted = false;
	int r;

	r = options_parse(argc, argv, &plan, &help_wanted, &problem);
	if (!r && help_wanted) {
		fputs(help, stdout);
		plan_free(&plan);
		return 0;
	}
	if (!r) {
		signals = control_signals(&plan);
		r = signals < 0 ? problem_errno(&problem, -signals, "signalfd")
		                : run_cell(&plan, signals, &outcome, &problem);
	}
	if (!r && plan.summary && !plan.json &&
	    outcome.result == BH_RESULT_EXITED)
		print_summary(&plan, &outcome);
	plan_free(&plan);
	if (outcome.signal)
		control_die(outcome.signal);
	return r ? bh_complain("%s", problem.text) : exit_status(&outcome);
}
