/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bh.h"
#include "lib/cleanup.h"
#include "plan.h"
#include "trace_pcap.h"
#include "trace_print.h"
#include "trace_read.h"

static const char help[] =
        "usage: bh trace [OPTION]... FILE\n"
        "\n"
        "Prints the records of a trace that `bh run --trace FILE` wrote: what\n"
        "all variants agreed on, in order.  '>' leaves a domain, '<' comes "
        "in.\n"
        "\n"
        "  --domain NAME           only this domain\n"
        "  --exchange A[-B]        only these exchanges\n"
        "  --payload full|short|none\n"
        "                          how much of each payload (short: 64 bytes)\n"
        "  --json                  one JSON object a line\n"
        "  --pcap FILE             print nothing; write what came and left over\n"
        "                          the network as packets, for Wireshark\n";

enum option_code {
	OPTION_DOMAIN = 256,
	OPTION_EXCHANGE,
	OPTION_PAYLOAD,
	OPTION_JSON,
	OPTION_PCAP,
	OPTION_HELP,
};

static const struct option options[] = {
        {"domain", required_argument, NULL, OPTION_DOMAIN},
        {"exchange", required_argument, NULL, OPTION_EXCHANGE},
        {"payload", required_argument, NULL, OPTION_PAYLOAD},
        {"json", no_argument, NULL, OPTION_JSON},
        {"pcap", required_argument, NULL, OPTION_PCAP},
        {"help", no_argument, NULL, OPTION_HELP},
        {NULL, 0, NULL, 0},
};

static int parse_exchange(struct trace_filter *filter, const char *text,
                          struct problem *problem)
{
	char first[32];
	const char *dash = strchr(text, '-');
	size_t length = dash ? (size_t)(dash - text) : strlen(text);

	if (length >= sizeof(first))
		return problem_set(problem, "--exchange: '%s' is not A or A-B",
		                   text);
	memcpy(first, text, length);
	first[length] = 0;
	if (plan_parse_number(first, 0, UINT64_MAX, "--exchange",
	                      &filter->first, problem))
		return -1;
	filter->last = filter->first;
	if (!dash)
		return 0;
	if (!dash[1])
		filter->last = UINT64_MAX;
	else if (plan_parse_number(dash + 1, filter->first, UINT64_MAX,
	                           "--exchange", &filter->last, problem))
		return -1;
	return 0;
}

static int parse_payload(struct trace_filter *filter, const char *text,
                         struct problem *problem)
{
	if (strcmp(text, "full") == 0)
		filter->payload = SIZE_MAX;
	else if (strcmp(text, "short") == 0)
		filter->payload = TRACE_PAYLOAD_SHORT;
	else if (strcmp(text, "none") == 0)
		filter->payload = 0;
	else
		return problem_set(problem,
		                   "--payload: '%s' is not full, short or "
		                   "none",
		                   text);
	return 0;
}

static int parse(int argc, char **argv, struct trace_filter *filter,
                 struct problem *problem)
{
	int option, r = 0;

	optind = 0;
	opterr = 0;
	while (!r &&
	       (option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == OPTION_DOMAIN)
			filter->domain = optarg;
		else if (option == OPTION_EXCHANGE)
			r = parse_exchange(filter, optarg, problem);
		else if (option == OPTION_PAYLOAD)
			r = parse_payload(filter, optarg, problem);
		else if (option == OPTION_JSON)
			filter->json = true;
		else if (option == OPTION_PCAP)
			filter->pcap = optarg;
		else if (option == OPTION_HELP || option == 'h')
			filter->help = true;
		else
			r = problem_option(problem, "trace", option, argc,
			                   argv);
	}
	if (r || filter->help)
		return r;
	if (optind + 1 != argc)
		return problem_set(problem, "trace: name one trace file (see "
		                            "bh trace --help)");
	return 0;
}

static int print_trace(struct trace_reader *reader,
                       const struct trace_filter *filter,
                       struct problem *problem)
{
	struct trace_printer printer;
	int r = trace_printer_init(&printer, filter, reader, problem);

	while (!r && (r = trace_next(reader, problem)) > 0)
		r = trace_print(&printer, reader);
	if (!r && fflush(stdout))
		r = problem_errno(problem, errno, "standard output");
	return r;
}

static int write_pcap(struct trace_reader *reader,
                      const struct trace_filter *filter,
                      struct problem *problem)
{
	BH_AUTO_FCLOSE FILE *output = fopen(filter->pcap, "we");
	struct trace_pcap pcap;
	int r;

	if (!output)
		return problem_errno(problem, errno, "--pcap %s", filter->pcap);
	trace_pcap_start(&pcap, output);
	while ((r = trace_next(reader, problem)) > 0)
		trace_pcap_add(&pcap, reader, trace_is_wanted(filter, reader));
	trace_pcap_finish(&pcap);
	if (!r && (fflush(output) || ferror(output)))
		r = problem_errno(problem, errno, "--pcap %s", filter->pcap);
	return r;
}

static int show(const char *path, const struct trace_filter *filter,
                struct problem *problem)
{
	BH_AUTO_FCLOSE FILE *file = fopen(path, "re");
	struct trace_reader reader;
	int r;

	if (!file)
		return problem_errno(problem, errno, "%s", path);
	r = trace_open(&reader, file, path, problem);
	if (!r)
		r = filter->pcap ? write_pcap(&reader, filter, problem)
		                 : print_trace(&reader, filter, problem);
	trace_close(&reader);
	return r;
}

int command_trace(int argc, char **argv)
{
	struct trace_filter filter = {
	        .last = UINT64_MAX,
	        .payload = TRACE_PAYLOAD_SHORT,
	};
	struct problem problem;
	int r = parse(argc, argv, &filter, &problem);

	if (!r && filter.help) {
		fputs(help, stdout);
		return 0;
	}
	if (!r)
		r = show(argv[optind], &filter, &problem);
	return r ? bh_complain("%s", problem.text) : 0;
}
