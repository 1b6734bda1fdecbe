/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bh.h"
#include "confine.h"
#include "json.h"
#include "mapped.h"
#include "memory.h"
#include "report.h"
#include "report_json.h"
#include "report_text.h"

/*
 * bh-report: renders one raw report.  What it reads was written by processes
 * that an attacker may own, so it gives up everything before it looks: it is
 * started by `bh run` with the descriptors of report.h, which are all it ever
 * has.
 *
 *	--size=N         bytes of the raw report
 *	--columns=N      width of the terminal
 *	--colour         stderr understands colours
 *	--json           one line of JSON on stderr instead of text
 *	--report=PATH    where the JSON goes, --trace=PATH where the trace goes
 *	--channel=PROTOCOL:ROLE:NAME  the domain's channels, in order
 *	--image=PATH     the variants' images, in order; only to be named
 */

#define RAW_SIZE_MAX (UINT64_C(1) << 28)

static const struct bh_seccomp_rule permissions[] = {
        {SYS_write, "print the report", {{0}}},
        {SYS_brk, "allocate", {{0}}},
        {SYS_mmap, "allocate", {BH_SECCOMP_ARG_MASKED(2, 4, 0)}},
        {SYS_mremap, "allocate", {{0}}},
        {SYS_munmap, "free", {{0}}},
        {SYS_getrandom, "the allocator's own secret", {{0}}},
        {SYS_newfstatat, "stdio asks how to buffer", {{0}}},
        {SYS_fstat, "stdio asks how to buffer", {{0}}},
        {SYS_sysinfo, "qsort() asks how much memory there is", {{0}}},
        {SYS_exit_group, "end", {{0}}},
};

struct arguments {
	uint64_t size;
	struct style style;
	bool json;
	struct view view; /* what is known before the report is read */
	unsigned image_count;
	const char *images[BH_MAX_VARIANTS];
};

static void fail(const char *what) __attribute__((noreturn));

static void fail(const char *what)
{
	fprintf(stderr, "bh-report: %s\n", what);
	exit(BH_EXIT_ERROR);
}

static void parse_channel(struct decode_channels *channels, const char *text)
{
	struct bh_channel_info *info = &channels->info[channels->count];
	unsigned protocol, role;
	int used = 0;

	if (channels->count == BH_MAX_CHANNELS ||
	    sscanf(text, "%u:%u:%n", &protocol, &role, &used) != 2 || !used)
		fail("a channel that is none");
	info->protocol = (uint16_t)protocol;
	info->role = (uint16_t)role;
	snprintf(info->name, sizeof(info->name), "%s", text + used);
	channels->count++;
}

static void parse_one(struct arguments *arguments, int option, const char *text)
{
	switch (option) {
	case 's':
		arguments->size = strtoull(text, NULL, 10);
		break;
	case 'w':
		arguments->style.columns = (unsigned)strtoul(text, NULL, 10);
		break;
	case 'c':
		arguments->style.colour = true;
		break;
	case 'j':
		arguments->json = true;
		break;
	case 'R':
		arguments->view.report = text;
		break;
	case 'T':
		arguments->view.trace = text;
		break;
	case 'C':
		parse_channel(&arguments->view.channels, text);
		break;
	case 'i':
		if (arguments->image_count == BH_MAX_VARIANTS)
			fail("too many images");
		arguments->images[arguments->image_count++] = text;
		break;
	default:
		fail("it is started by bh run, not by people");
	}
}

static void parse(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
	        {"size", required_argument, NULL, 's'},
	        {"columns", required_argument, NULL, 'w'},
	        {"colour", no_argument, NULL, 'c'},
	        {"json", no_argument, NULL, 'j'},
	        {"report", required_argument, NULL, 'R'},
	        {"trace", required_argument, NULL, 'T'},
	        {"channel", required_argument, NULL, 'C'},
	        {"image", required_argument, NULL, 'i'},
	        {NULL, 0, NULL, 0},
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		parse_one(arguments, option, optarg);
	if (arguments->size == 0 || arguments->size > RAW_SIZE_MAX)
		fail("it is started by bh run, not by people");
	if (arguments->style.columns < 60)
		arguments->style.columns = 60;
	if (arguments->style.columns > 200)
		arguments->style.columns = 200;
}

/* A private copy: nobody changes it while it is read. */
static void *read_raw(uint64_t size)
{
	uint8_t *data = memory_new(1, (size_t)size);
	size_t got = 0;

	while (got < size) {
		ssize_t n = pread(REPORT_FD_RAW, data + got, (size_t)size - got,
		                  (off_t)got);

		if (n <= 0)
			fail("the raw report is shorter than announced");
		got += (size_t)n;
	}
	return data;
}

static void give_up_everything(unsigned image_count)
{
	const char *failed;

	for (unsigned i = 0; i < image_count; i++)
		close(REPORT_FD_IMAGE + (int)i);
	failed = confine(REPORT_FD_JSON, permissions,
	                 sizeof(permissions) / sizeof(permissions[0]));
	if (failed)
		fail(failed);
}

static void take_images(struct view *view, const struct arguments *arguments,
                        const struct mapped *files)
{
	struct bh_elf_problem problem;

	for (unsigned v = 0;
	     v < view->variant_count && v < arguments->image_count; v++) {
		struct view_variant *variant = &view->variants[v];

		variant->image = arguments->images[v];
		variant->has_elf = files[v].size &&
		                   bh_elf_open(&variant->elf, files[v].data,
		                               files[v].size, &problem);
	}
}

static void take_known(struct view *view, const struct view *known)
{
	if (known->channels.count)
		view->channels = known->channels;
	view->report = known->report;
	view->trace = known->trace;
}

static void write_json(const struct view *view, bool file, bool line)
{
	json_t *root = report_to_json(view);

	if (file && (json_dumpfd(root, REPORT_FD_JSON, JSON_INDENT(2)) ||
	             write(REPORT_FD_JSON, "\n", 1) != 1))
		fail("cannot write the JSON report");
	if (line)
		json_put_line(stderr, root);
	json_decref(root);
}

int main(int argc, char **argv)
{
	static struct arguments arguments;
	static struct view view;
	static char buffer[1 << 16];
	struct mapped files[BH_MAX_VARIANTS];
	struct problem problem;
	bool file;
	void *raw;

	parse(argc, argv, &arguments);
	arguments.style.stream = stderr;
	setvbuf(stderr, buffer, _IOFBF, sizeof(buffer));
	json_object_seed(1); /* else jansson opens /dev/urandom */
	raw = read_raw(arguments.size);
	for (unsigned i = 0; i < arguments.image_count; i++)
		if (mapped_fd(&files[i], REPORT_FD_IMAGE + (int)i))
			files[i] = (struct mapped){NULL, 0};
	file = fcntl(REPORT_FD_JSON, F_GETFD) >= 0;
	give_up_everything(arguments.image_count);

	if (view_open(&view, raw, arguments.size, &problem))
		fail(problem.text);
	take_known(&view, &arguments.view);
	take_images(&view, &arguments, files);
	if (!arguments.json)
		report_print_text(&arguments.style, &view);
	if (file || arguments.json)
		write_json(&view, file, arguments.json);
	free(raw);
	return fflush(stderr) ? BH_EXIT_ERROR : 0;
}
