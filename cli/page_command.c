/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bh.h"
#include "lib/cleanup.h"
#include "memory.h"
#include "page.h"
#include "page_json.h"
#include "problem.h"

/* A report of eight variants with full payloads is a tenth of it. */
#define REPORT_MAX (64 << 20)

static const char help[] =
        "usage: bh report [-o FILE] REPORT\n"
        "\n"
        "Makes a page for a web browser from a report that `bh run --report\n"
        "REPORT` wrote: what was agreed before, what each variant did then,\n"
        "their code side by side, and the input that came last.  The page is\n"
        "one file that needs no other, no script and no network.\n"
        "\n"
        "  -o, --output FILE       where the page goes; - is the standard\n"
        "                          output (default: REPORT, its ending\n"
        "                          replaced by .html)\n";

static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
};

struct request {
	const char *report;
	const char *output; /* NULL: beside the report */
	bool help;
};

static int parse(int argc, char **argv, struct request *request,
                 struct problem *problem)
{
	int option;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) !=
	       -1) {
		if (option == 'o')
			request->output = optarg;
		else if (option == 'h')
			request->help = true;
		else
			return problem_option(problem, "report", option, argc,
			                      argv);
	}
	if (request->help)
		return 0;
	if (optind + 1 != argc)
		return problem_set(problem, "report: name one report (see bh "
		                            "report --help)");
	request->report = argv[optind];
	return 0;
}

static json_t *load(const char *path, struct problem *problem)
{
	BH_AUTO_FCLOSE FILE *file = fopen(path, "re");
	struct stat status;
	json_error_t error;
	json_t *report;

	if (!file || fstat(fileno(file), &status)) {
		problem_errno(problem, errno, "%s", path);
		return NULL;
	}
	if (!S_ISREG(status.st_mode) || status.st_size > REPORT_MAX) {
		problem_set(problem, "%s: no report of bh run --report", path);
		return NULL;
	}
	report = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	if (!report) {
		problem_set(problem,
		            "%s: line %d: %s; no report of bh run "
		            "--report",
		            path, error.line, error.text);
		return NULL;
	}
	if (!page_string(report, "verdict")[0] ||
	    !json_is_array(json_object_get(report, "variants"))) {
		problem_set(problem,
		            "%s: it has no verdict and no variants; a report "
		            "comes from bh run --report",
		            path);
		json_decref(report);
		return NULL;
	}
	return report;
}

/* "x.json" -> "x.html", "x" -> "x.html" */
static char *name_beside(const char *report)
{
	size_t length = strlen(report);

	if (length > 5 && strcmp(report + length - 5, ".json") == 0)
		length -= 5;
	return memory_format("%.*s.html", (int)length, report);
}

/* Whole or not at all: readers never see half a page. */
static int write_file(const char *path, const json_t *report,
                      struct problem *problem)
{
	BH_AUTO_FREE char *part = memory_format("%s.part", path);
	FILE *file = fopen(part, "we");

	if (!file)
		return problem_errno(problem, errno, "%s", part);
	page_write(file, report);
	/* fclose() has the last error; ferror() that of a write before it. */
	if (ferror(file) | fclose(file) || rename(part, path)) {
		int error = errno;

		unlink(part);
		return problem_errno(problem, error, "%s", path);
	}
	return 0;
}

static int write_page(const struct request *request, const json_t *report,
                      struct problem *problem)
{
	BH_AUTO_FREE char *beside = NULL;
	const char *path = request->output;

	if (path && strcmp(path, "-") == 0) {
		page_write(stdout, report);
		return fflush(stdout) ? problem_errno(problem, errno,
		                                      "standard output")
		                      : 0;
	}
	if (!path)
		path = beside = name_beside(request->report);
	if (write_file(path, report, problem))
		return -1;
	printf("%s\n", path);
	return 0;
}

int command_report(int argc, char **argv)
{
	struct request request = {0};
	struct problem problem;
	json_t *report;
	int r = parse(argc, argv, &request, &problem);

	if (!r && request.help) {
		fputs(help, stdout);
		return 0;
	}
	if (r)
		return bh_complain("%s", problem.text);
	report = load(request.report, &problem);
	if (!report)
		return bh_complain("%s", problem.text);
	r = write_page(&request, report, &problem);
	json_decref(report);
	return r ? bh_complain("%s", problem.text) : 0;
}
