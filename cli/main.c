/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bh.h"

static const struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} subcommands[] = {
        {"run", command_run, "run a program as variants in lockstep"},
        {"image", command_image, "make an image of a Linux program"},
        {"translate", command_translate,
         "translate an image's code ahead of time"},
        {"inspect", command_inspect,
         "say what is in an image, set or manifest"},
        {"trace", command_trace, "print the records of a trace"},
        {"report", command_report, "make a page from a report"},
        {"doctor", command_doctor, "say what this host offers"},
        {"version", command_version, "print the version"},
};

#define SUBCOMMANDS (sizeof(subcommands) / sizeof(subcommands[0]))

int bh_complain(const char *format, ...)
{
	va_list list;

	fflush(stdout);
	fputs("bh: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	return BH_EXIT_ERROR;
}

static void print_help(FILE *stream)
{
	fputs("usage: bh COMMAND [OPTION]... [ARGUMENT]...\n\n", stream);
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		fprintf(stream, "  %-9s %s\n", subcommands[i].name,
		        subcommands[i].summary);
	fputs("\nbh COMMAND --help tells more; so does bh(1).\n", stream);
}

static int unknown_command(const char *name)
{
	fprintf(stderr, "bh: no such command: %s (there are:", name);
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		fprintf(stderr, " %s", subcommands[i].name);
	fputs(")\n", stderr);
	return BH_EXIT_ERROR;
}

int command_version(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		puts("usage: bh version\n\nPrints the version of bh.");
		return 0;
	}
	if (argc > 1) {
		fprintf(stderr, "bh: version takes no argument: %s\n", argv[1]);
		return BH_EXIT_ERROR;
	}
	printf("bh %s\n", BH_VERSION);
	return 0;
}

/* Nothing that is opened later may become a standard stream by accident. */
static void open_standard_streams(void)
{
	int fd = open("/dev/null", O_RDWR);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDWR);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	open_standard_streams();
	if (argc < 2) {
		print_help(stderr);
		return BH_EXIT_ERROR;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0)
		return command_version(1, argv);
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	return unknown_command(argv[1]);
}
